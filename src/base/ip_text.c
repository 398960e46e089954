/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses as text. Reading is as lenient as the API server's reading of stored objects: groups may have any
 * number of leading zeros, and they are decimal (IPv4) or hexadecimal (IPv6). Writing is RFC 5952. */
#include "knamed/base.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, NO_GAP = GROUPS + 1 };

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Digits of `base` up to the value `most`. Returns what follows, or NULL. */
static const char *read_group(const char *text, int base, unsigned most, unsigned *ret_value)
{
	unsigned value = 0;
	const char *start = text;
	for (int digit; (digit = digit_of(*text)) < base; text++) {
		value = value * (unsigned)base + (unsigned)digit;
		if (value > most)
			return NULL;
	}
	if (text == start)
		return NULL;
	*ret_value = value;
	return text;
}

static bool parse_v4(const char *text, uint8_t ret_bytes[4])
{
	uint8_t bytes[4];
	for (size_t i = 0; i < 4; i++) {
		unsigned value;
		if (i > 0 && *text++ != '.')
			return false;
		text = read_group(text, 10, 255, &value);
		if (text == NULL)
			return false;
		bytes[i] = (uint8_t)value;
	}
	if (*text != '\0')
		return false;
	memcpy(ret_bytes, bytes, 4);
	return true;
}

/* The two groups of an IPv4 tail such as ::ffff:1.2.3.4. */
static bool parse_v4_tail(const char *text, size_t count, unsigned groups[GROUPS])
{
	uint8_t bytes[4];
	if (count > GROUPS - 2 || !parse_v4(text, bytes))
		return false;
	groups[count] = (unsigned)bytes[0] << 8 | bytes[1];
	groups[count + 1] = (unsigned)bytes[2] << 8 | bytes[3];
	return true;
}

/* Reads groups; *ret_gap is how many stand before "::", or NO_GAP. */
static bool read_groups(const char *text, unsigned groups[GROUPS], size_t *ret_count, size_t *ret_gap)
{
	size_t count = 0, gap = NO_GAP;
	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (*text != '\0') {
		if (count == GROUPS)
			return false;
		const char *after = read_group(text, 16, 0xffff, &groups[count]);
		bool is_tail = text[strspn(text, "0123456789")] == '.';
		if (is_tail) {
			if (!parse_v4_tail(text, count, groups))
				return false;
			count += 2;
			break;
		}
		if (after == NULL)
			return false;
		count++;
		text = after;
		if (*text == '\0')
			break;
		if (*text != ':' || text[1] == '\0')
			return false;
		text++;
		if (*text == ':') {
			if (gap != NO_GAP)
				return false;
			gap = count;
			text++;
		}
	}
	*ret_count = count;
	*ret_gap = gap;
	return true;
}

static bool parse_v6(const char *text, uint8_t ret_bytes[16])
{
	unsigned groups[GROUPS] = { 0 };
	size_t count, gap;
	if (!read_groups(text, groups, &count, &gap))
		return false;
	if (gap == NO_GAP ? count != GROUPS : count >= GROUPS)
		return false;
	size_t zeros = GROUPS - count;
	for (size_t i = 0; i < GROUPS; i++) {
		unsigned group = 0;
		if (i < gap)
			group = groups[i];
		else if (i >= gap + zeros)
			group = groups[i - zeros];
		ret_bytes[2 * i] = (uint8_t)(group >> 8);
		ret_bytes[2 * i + 1] = (uint8_t)group;
	}
	return true;
}

bool ip_parse(const char *text, struct ip *ret_ip)
{
	static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct ip ip = { 0 };
	if (strchr(text, ':') == NULL) {
		ip.family = 4;
		if (!parse_v4(text, ip.bytes))
			return false;
	} else {
		ip.family = 6;
		if (!parse_v6(text, ip.bytes))
			return false;
		if (memcmp(ip.bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
			ip.family = 4;
			memmove(ip.bytes, ip.bytes + 12, 4);
			memset(ip.bytes + 4, 0, 12);
		}
	}
	*ret_ip = ip;
	return true;
}

bool ip_parse_cidr(const char *text, struct ip *ret_ip, unsigned *ret_bits)
{
	const char *slash = strchr(text, '/');
	char address[64];
	size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (size >= sizeof(address))
		return false;
	memcpy(address, text, size);
	address[size] = '\0';

	struct ip ip;
	if (!ip_parse(address, &ip))
		return false;
	unsigned most = ip.family == 4 ? 32 : 128;
	uint64_t bits = most;
	if (slash != NULL) {
		bool is_mapped = ip.family == 4 && strchr(address, ':') != NULL;
		unsigned skipped = is_mapped ? 96 : 0; /* ::ffff:10.0.0.0/104 is 10.0.0.0/8 */
		if (!text_to_number(slash + 1, skipped, most + skipped, &bits))
			return false;
		bits -= skipped;
	}
	*ret_ip = ip;
	*ret_bits = (unsigned)bits;
	return true;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 4.2). */
static void find_zeros(const unsigned groups[GROUPS], size_t *ret_start, size_t *ret_count)
{
	size_t best = GROUPS, best_count = 1;
	for (size_t i = 0, run = 0; i < GROUPS; i++) {
		run = groups[i] == 0 ? run + 1 : 0;
		if (run > best_count) {
			best_count = run;
			best = i + 1 - run;
		}
	}
	*ret_start = best;
	*ret_count = best_count;
}

static void print_v6(const uint8_t bytes[16], char ret_text[IP_TEXT_SIZE])
{
	unsigned groups[GROUPS];
	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	size_t start, count, at = 0;
	find_zeros(groups, &start, &count);
	for (size_t i = 0; i < GROUPS; i++) {
		if (i == start) {
			at += (size_t)snprintf(ret_text + at, IP_TEXT_SIZE - at, "::");
			i += count - 1;
			continue;
		}
		bool needs_colon = i > 0 && ret_text[at - 1] != ':';
		at += (size_t)snprintf(ret_text + at, IP_TEXT_SIZE - at, "%s%x",
				       needs_colon ? ":" : "", groups[i]);
	}
}

void ip_print(const struct ip *ip, char ret_text[IP_TEXT_SIZE])
{
	const uint8_t *b = ip->bytes;
	if (ip->family == 4)
		snprintf(ret_text, IP_TEXT_SIZE, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (ip->family == 6)
		print_v6(b, ret_text);
	else
		ret_text[0] = '\0';
}
