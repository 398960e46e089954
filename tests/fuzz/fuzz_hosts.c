/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts files. Whatever is in one, reading ends; each line that is complained of is there, and each
 * name that an address stands for has the address. Reading again gives the same.
 * Covers: src/policy/hosts_read.c src/policy/hosts_draft.c src/policy/hosts_table.c */
#include "../../src/policy/hosts.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { 3, 5 };
static uint8_t root[1][DNS_NAME_MAX + 1];
static const struct zone_list zones = { root, 1 };

struct source {
	const char *text;
	size_t size;
	unsigned last;
};

static void complain(void *context, unsigned line, const char *text)
{
	struct source *source = context;
	size_t lines = 1;
	for (size_t i = 0; i < source->size; i++)
		lines += source->text[i] == '\n';
	assert(line >= source->last && line > 0 && line <= lines);
	assert(strpbrk(text, "\r\n") == NULL);
	source->last = line;
}

static struct hosts_table *read_table(const char *text, size_t size)
{
	struct source source = { text, size, 0 };
	struct hosts_reading reading = {
		.zones = &zones,
		.complain = complain,
		.context = &source,
	};
	struct hosts_draft *draft = hosts_draft_new(&key);
	struct error error;
	assert(hosts_read(&reading, draft, text, size, &error)); /* inputs are small */
	return hosts_draft_end(draft, true);
}

static bool name_has(const struct hosts_table *table, const uint8_t *name, const struct ip *ip)
{
	struct dns_query query = { .name_size = (uint8_t)name_size(name) };
	struct hosts_found found;
	memcpy(query.lower, name, query.name_size);
	for (unsigned at = 0; name[at] != 0; at += 1u + name[at])
		query.labels[query.label_count++] = (uint8_t)at;
	hosts_find(table, &key, &query, &found);
	const struct hosts_addresses *addresses = &found.families[ip->family == 6];
	size_t size = ip->family == 6 ? 16 : 4;
	for (unsigned i = 0; i < addresses->count; i++)
		if (memcmp(addresses->octets + i * size, ip->bytes, size) == 0)
			return true;
	return false;
}

/* Each address at the beginning of a line, whoever it belongs to. */
static void check_addresses(const struct hosts_table *table, const char *text, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		char word[IP_TEXT_SIZE] = { 0 };
		struct ip ip;
		if (at > 0 && text[at - 1] != '\n')
			continue;
		size_t length = 0;
		while (length < sizeof(word) - 1 && at + length < size &&
		       strchr(" \t\r\n\v\f#%", text[at + length]) == NULL && text[at + length] != 0) {
			word[length] = text[at + length];
			length++;
		}
		if (!ip_parse(word, &ip))
			continue;
		struct hosts_names names = hosts_find_names(table, &key, &ip);
		const uint8_t *name;
		while ((name = hosts_next_name(&names)) != NULL)
			assert(name_has(table, name, &ip));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1);
	memcpy(text, data, size);
	struct hosts_table *table = read_table(text, size), *again = read_table(text, size);
	assert(hosts_table_entries(table) == hosts_table_entries(again));
	assert(hosts_table_memory(table) == hosts_table_memory(again));
	check_addresses(table, text, size);
	hosts_table_free(table);
	hosts_table_free(again);
	free(text);
	return 0;
}
