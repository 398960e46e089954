/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence: what went wrong, and where. Kept on one line, because it ends up in a log. */
#include "knamed/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void keep_on_one_line(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\n' || *text == '\r')
			*text = ' ';
}

void error_fill(struct error *error, const char *format, ...)
{
	if (error == NULL)
		return;
	struct error fresh; /* the arguments may point into error->text */
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(fresh.text, sizeof(fresh.text), format, arguments);
	va_end(arguments);
	keep_on_one_line(fresh.text);
	memcpy(error->text, fresh.text, strlen(fresh.text) + 1);
}

void error_fill_front(struct error *error, const char *format, ...)
{
	if (error == NULL)
		return;
	struct error fresh;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(fresh.text, sizeof(fresh.text), format, arguments);
	va_end(arguments);
	keep_on_one_line(fresh.text);

	size_t prefix = strlen(fresh.text), rest = strlen(error->text);
	if (rest > sizeof(error->text) - 1 - prefix)
		rest = sizeof(error->text) - 1 - prefix;
	memmove(error->text + prefix, error->text, rest);
	memcpy(error->text, fresh.text, prefix);
	error->text[prefix + rest] = '\0';
}
