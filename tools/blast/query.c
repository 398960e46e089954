/* SPDX-License-Identifier: Apache-2.0 */
/* Queries are built once, before the load starts; sending one is a copy and a new id. */
#include "query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct word {
	const char *text;
	uint16_t number;
};

static const struct word types[] = {
	{ "A", TYPE_A },     { "NS", TYPE_NS },	  { "CNAME", TYPE_CNAME }, { "SOA", TYPE_SOA },
	{ "PTR", TYPE_PTR }, { "TXT", TYPE_TXT }, { "AAAA", TYPE_AAAA },   { "SRV", TYPE_SRV },
	{ "ANY", TYPE_ANY }, { "MX", 15 },	  { "HTTPS", 65 },
};

static const struct word rcodes[] = {
	{ "NOERROR", 0 }, { "FORMERR", 1 }, { "SERVFAIL", 2 }, { "NXDOMAIN", RCODE_NXDOMAIN },
	{ "NOTIMP", 4 },  { "REFUSED", 5 },
};

bool query_number(const char *text, unsigned long limit, unsigned long *ret_number)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || number > limit)
		return false;
	*ret_number = number;
	return true;
}

bool query_type(const char *word, uint16_t *ret_type)
{
	unsigned long number;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcasecmp(word, types[i].text) == 0) {
			*ret_type = types[i].number;
			return true;
		}
	}
	if (strncasecmp(word, "TYPE", 4) != 0 || !query_number(word + 4, UINT16_MAX, &number))
		return false;
	*ret_type = (uint16_t)number;
	return true;
}

bool query_rcode(const char *word, uint8_t *ret_rcode)
{
	unsigned long number;

	for (size_t i = 0; i < sizeof rcodes / sizeof *rcodes; i++) {
		if (strcasecmp(word, rcodes[i].text) == 0) {
			*ret_rcode = (uint8_t)rcodes[i].number;
			return true;
		}
	}
	if (!query_number(word, 15, &number))
		return false;
	*ret_rcode = (uint8_t)number;
	return true;
}

size_t query_name(const char *text, size_t text_size, uint8_t *out)
{
	size_t size = 0;

	if (text_size == 1 && *text == '.')
		text_size = 0;
	while (text_size > 0) {
		const char *dot = memchr(text, '.', text_size);
		size_t label = dot != NULL ? (size_t)(dot - text) : text_size;
		if (label == 0 || label > 63 || size + label + 2 > QUERY_NAME_MAX)
			return 0;
		out[size++] = (uint8_t)label;
		memcpy(out + size, text, label);
		size += label;
		label += dot != NULL;
		text += label;
		text_size -= label;
	}
	out[size++] = 0;
	return size;
}

size_t query_build(const char *text, size_t text_size, uint16_t type, uint16_t edns_size, uint8_t *out)
{
	static const uint8_t header[QUERY_HEADER] = { [2] = 1, [5] = 1 };
	size_t size = QUERY_HEADER;

	memcpy(out, header, sizeof header);
	size_t name = query_name(text, text_size, out + size);
	if (name == 0)
		return 0;
	size += name;
	memcpy(out + size, (uint8_t[]){ (uint8_t)(type >> 8), (uint8_t)type, 0, 1 }, 4);
	size += 4;
	if (edns_size > 0) {
		const uint8_t opt[11] = {
			[2] = TYPE_OPT, [3] = (uint8_t)(edns_size >> 8), [4] = (uint8_t)edns_size
		};
		out[11] = 1;
		memcpy(out + size, opt, sizeof opt);
		size += sizeof opt;
	}
	return size;
}
