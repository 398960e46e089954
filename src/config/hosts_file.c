/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/hosts: lines of an address and its names, and what stands behind # is not read. */
#include <string.h>
#include <strings.h>

#include "knamed/config.h"

enum { SIZE_MOST = 1 << 20 };

static const char blanks[] = " \t\r\v\f";

/* Among the words, separated by blanks; one final dot counts for nothing. */
static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word);
	for (;;) {
		words += strspn(words, blanks);
		size_t found = strcspn(words, blanks);
		if (found == 0)
			return false;
		size_t bare = found - (words[found - 1] == '.');
		if (bare == size && strncasecmp(words, word, size) == 0)
			return true;
		words += found;
	}
}

static bool take_line(char *line, const char *name, struct ip *ret_ip)
{
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, blanks);
	char *words = line + strcspn(line, blanks);
	if (*words != '\0')
		*words++ = '\0';
	line[strcspn(line, "%")] = '\0';
	return has_word(words, name) && ip_parse(line, ret_ip);
}

size_t hosts_file_find(const char *path, const char *name, struct ip *ret_ips, size_t most)
{
	struct text text = { 0 };
	struct error error;
	size_t count = 0;
	char *line = file_read(path, SIZE_MOST, &text, &error) ? text.data : NULL;
	for (char *end; line != NULL && count < most; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		count += take_line(line, name, &ret_ips[count]);
	}
	text_done(&text);
	return count;
}
