/* SPDX-License-Identifier: Apache-2.0 */
/* name -- names in wire form: to and from text, compare, put together.
 *
 * Wire names given to these functions are well formed: they come from name_parse(), name_prepend(),
 * dns_query_read() or another checked place. Text is not trusted. */
#include "knamed/dns.h"

#include <string.h>

#include "fold.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads one octet of a label, escaped or not, and moves *text behind it. */
static bool octet_parse(const char **text, uint8_t *ret_octet)
{
	const char *at = *text;
	if (at[0] != '\\') {
		*ret_octet = (uint8_t)at[0];
		*text = at + 1;
		return true;
	}
	if (at[1] == 0)
		return false;
	if (!is_digit(at[1])) {
		*ret_octet = (uint8_t)at[1];
		*text = at + 2;
		return true;
	}
	if (!is_digit(at[2]) || !is_digit(at[3]))
		return false;
	int value = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
	*ret_octet = (uint8_t)value;
	*text = at + 4;
	return value <= 255;
}

bool name_parse(const char *text, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	uint8_t wire[DNS_NAME_MAX];
	size_t label = 0, at = 1; /* where the label's length goes; where its next octet goes */

	if (text[0] == 0)
		return false;
	if (text[0] == '.' && text[1] == 0)
		text++;
	while (*text != 0) {
		if (*text == '.') {
			if (at == label + 1)
				return false;
			wire[label] = (uint8_t)(at - label - 1);
			label = at++;
			text++;
			continue;
		}
		/* Behind this octet there must be room for the root's 0. */
		if (at - label > DNS_LABEL_MAX || at > DNS_NAME_MAX - 2 ||
		    !octet_parse(&text, &wire[at]))
			return false;
		at++;
	}
	if (at > label + 1) {
		wire[label] = (uint8_t)(at - label - 1);
		label = at;
	}
	wire[label] = 0;
	memcpy(ret_name, wire, label + 1);
	*ret_size = (uint8_t)(label + 1);
	return true;
}

/* '"', '@' and '$' mean something to readers of zone files, blanks to readers of logs. */
static char *octet_print(uint8_t octet, char *text)
{
	if (octet <= ' ' || octet > '~') {
		*text++ = '\\';
		*text++ = (char)('0' + octet / 100);
		*text++ = (char)('0' + octet / 10 % 10);
		*text++ = (char)('0' + octet % 10);
		return text;
	}
	if (strchr(".\\;()\"@$", octet) != NULL)
		*text++ = '\\';
	*text++ = (char)octet;
	return text;
}

void name_print(const uint8_t *name, char ret_text[NAME_TEXT_SIZE])
{
	char *text = ret_text;
	if (*name == 0)
		*text++ = '.';
	while (*name != 0) {
		for (uint8_t left = *name++; left > 0; left--)
			text = octet_print(*name++, text);
		*text++ = '.';
	}
	*text = 0;
}

size_t name_size(const uint8_t *name)
{
	size_t at = 0;
	while (name[at] != 0)
		at += name[at] + 1u;
	return at + 1;
}

unsigned name_label_count(const uint8_t *name)
{
	unsigned count = 0;
	for (; *name != 0; name += *name + 1)
		count++;
	return count;
}

void name_lower(uint8_t *name, size_t size)
{
	for (size_t i = 0; i < size; i++)
		name[i] = octet_lower(name[i]);
}

static bool octets_equal_fold(const uint8_t *a, const uint8_t *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (octet_lower(a[i]) != octet_lower(b[i]))
			return false;
	return true;
}

bool name_equal_fold(const uint8_t *a, const uint8_t *b)
{
	size_t size = name_size(a);
	return size == name_size(b) && octets_equal_fold(a, b, size);
}

bool name_is_under(const uint8_t *name, const uint8_t *zone)
{
	size_t left = name_size(name), size = name_size(zone);
	while (left > size) {
		left -= *name + 1u;
		name += *name + 1;
	}
	return left == size && octets_equal_fold(name, zone, size);
}

bool name_prepend(const void *label, size_t label_size, const uint8_t *parent,
		  uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	size_t parent_size = name_size(parent);
	if (label_size == 0 || label_size > DNS_LABEL_MAX || 1 + label_size + parent_size > DNS_NAME_MAX)
		return false;
	/* The parent first and by memmove: ret_name may be the parent itself. */
	memmove(ret_name + 1 + label_size, parent, parent_size);
	memcpy(ret_name + 1, label, label_size);
	ret_name[0] = (uint8_t)label_size;
	*ret_size = (uint8_t)(1 + label_size + parent_size);
	return true;
}
