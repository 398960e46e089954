/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf: `nameserver ADDRESS` and what else resolvers of C libraries read there, which does not matter here. */
#include <string.h>

#include "knamed/config.h"

enum { SIZE_MOST = 1 << 20 };

static const char blanks[] = " \t\r\v\f";

/* The next word of a line; NULL: none. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, blanks);
	size_t size = strcspn(word, blanks);
	*at = word + size;
	if (**at != '\0')
		*(*at)++ = '\0';
	return size > 0 ? word : NULL;
}

/* A zone id says over which interface a link-local address is reached; nobody here can tell. */
static void take_line(char *line, struct resolv_conf *conf)
{
	char *word = next_word(&line);
	struct ip ip;
	if (word == NULL || strcmp(word, "nameserver") != 0 || conf->count == RESOLV_CONF_MOST)
		return;
	word = next_word(&line);
	if (word == NULL)
		return;
	word[strcspn(word, "%")] = '\0';
	if (ip_parse(word, &ip))
		conf->nameservers[conf->count++] = ip;
}

bool resolv_conf_read(const char *path, struct resolv_conf *ret_conf, struct error *error)
{
	struct text text = { 0 };
	struct resolv_conf conf = { .count = 0 };
	if (!file_read(path, SIZE_MOST, &text, error)) {
		text_done(&text);
		return false;
	}
	for (char *line = text.data, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		take_line(line, &conf);
	}
	text_done(&text);
	*ret_conf = conf;
	return true;
}
