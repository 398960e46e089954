/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/hosts: lines of an address and its names, and what stands behind # is not read. */
#include <string.h>
#include <strings.h>

#include "knamed/config.h"
#include "host_file.h"

struct search {
	const char *name;
	struct ip *ips;
	size_t count, most;
};

/* Among the words; one final dot counts for nothing. */
static bool has_word(char *words, const char *word)
{
	size_t size = strlen(word);
	for (char *found; (found = host_file_word(&words)) != NULL;) {
		size_t bare = strlen(found);
		bare -= found[bare - 1] == '.';
		if (bare == size && strncasecmp(found, word, size) == 0)
			return true;
	}
	return false;
}

static void take_line(void *context, char *line)
{
	struct search *search = context;
	line[strcspn(line, "#")] = '\0';
	char *words = line, *address = host_file_word(&words);
	if (address == NULL || search->count == search->most)
		return;
	address[strcspn(address, "%")] = '\0';
	if (has_word(words, search->name) && ip_parse(address, &search->ips[search->count]))
		search->count++;
}

size_t hosts_file_find(const char *path, const char *name, struct ip *ret_ips, size_t most)
{
	struct search search = { name, ret_ips, 0, most };
	struct error error;
	host_file_read(path, take_line, &search, &error);
	return search.count;
}
