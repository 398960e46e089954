/* SPDX-License-Identifier: Apache-2.0 */
#include "host_file.h"

#include <string.h>

enum { SIZE_MOST = 1 << 20 };

static const char blanks[] = " \t\r\v\f";

char *host_file_word(char **at)
{
	char *word = *at + strspn(*at, blanks);
	size_t size = strcspn(word, blanks);
	*at = word + size;
	if (**at != '\0')
		*(*at)++ = '\0';
	return size > 0 ? word : NULL;
}

bool host_file_read(const char *path, void (*take)(void *context, char *line), void *context,
		    struct error *error)
{
	struct text text = { 0 };
	bool is_read = file_read(path, SIZE_MOST, &text, error);
	for (char *line = is_read ? text.data : NULL, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		take(context, line);
	}
	text_done(&text);
	return is_read;
}
