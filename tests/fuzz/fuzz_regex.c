/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: the first line is the pattern, the rest is searched. Whatever was read,
 * searching ends, and what it finds lies within the text. */
#include "knamed/base.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_found(const struct regex *regex, const char *text, size_t size)
{
	struct regex_match match;
	if (!regex_find(regex, text, size, &match))
		return;
	assert(match.start[0] <= match.end[0]);
	for (unsigned i = 0; i < REGEX_GROUPS; i++) {
		bool set = match.start[i] != UINT32_MAX;
		assert(!set || i < regex_group_count(regex));
		assert(!set || (match.start[i] <= match.end[i] && match.end[i] <= size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
	size_t pattern_size = line == NULL ? size : (size_t)(line - data);
	size_t text_size = line == NULL ? 0 : size - pattern_size - 1;
	char *pattern = strndup((const char *)data, pattern_size);
	char *text = malloc(text_size + 1); /* exact but for one */
	memcpy(text, line == NULL ? data : line + 1, text_size);
	struct error error = { "" };
	struct regex *regex = regex_new(pattern, &error);
	assert(regex != NULL || error.text[0] != 0);
	if (regex != NULL)
		check_found(regex, text, text_size < 2048 ? text_size : 2048);
	regex_free(regex);
	free(text);
	free(pattern);
	return 0;
}
