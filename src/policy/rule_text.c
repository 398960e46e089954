/* SPDX-License-Identifier: Apache-2.0 */
#include "rule_text.h"

#include <string.h>

char *rule_text(const char *what, const struct config_at *at)
{
	struct text text = { 0 };
	const char *file = at->file != NULL ? at->file : "Corefile";
	const char *slash = strrchr(file, '/');
	text_printf(&text, "%s, %s:%u", what, slash != NULL ? slash + 1 : file, at->line);
	return text.data;
}
