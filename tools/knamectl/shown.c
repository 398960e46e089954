/* SPDX-License-Identifier: Apache-2.0 */
#include "shown.h"

#include <stdio.h>

void shown_text(const json_t *object, const char *name, char *ret_text, size_t room)
{
	const char *value = json_string_value(json_object_get(object, name));
	size_t size = 0;
	for (; value != NULL && value[size] != '\0' && size + 1 < room; size++)
		ret_text[size] = value[size] >= ' ' && value[size] <= '~' ? value[size] : '?';
	ret_text[size] = '\0';
}

double shown_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

void shown_time(double seconds, char ret_text[24])
{
	if (seconds >= 1)
		snprintf(ret_text, 24, "%.2f s", seconds);
	else if (seconds >= 1e-3)
		snprintf(ret_text, 24, "%.1f ms", seconds * 1e3);
	else
		snprintf(ret_text, 24, "%.0f us", seconds * 1e6);
}
