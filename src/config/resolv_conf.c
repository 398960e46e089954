/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf: `nameserver ADDRESS` and what else resolvers of C libraries read there, which does not matter here. */
#include <string.h>

#include "knamed/config.h"
#include "host_file.h"

/* A zone id says over which interface a link-local address is reached; nobody here can tell. */
static void take_line(void *context, char *line)
{
	struct resolv_conf *conf = context;
	char *word = host_file_word(&line);
	struct ip ip;
	if (word == NULL || strcmp(word, "nameserver") != 0 || conf->count == RESOLV_CONF_MOST)
		return;
	word = host_file_word(&line);
	if (word == NULL)
		return;
	word[strcspn(word, "%")] = '\0';
	if (ip_parse(word, &ip))
		conf->nameservers[conf->count++] = ip;
}

bool resolv_conf_read(const char *path, struct resolv_conf *ret_conf, struct error *error)
{
	struct resolv_conf conf = { .count = 0 };
	if (!host_file_read(path, take_line, &conf, error))
		return false;
	*ret_conf = conf;
	return true;
}
