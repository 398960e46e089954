/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of names follows compression pointers only backwards, so it always ends. */
#include "rdata.h"

#include "query.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool rdata_name(const uint8_t *packet, size_t size, size_t *at, uint8_t *out, size_t *ret_size)
{
	size_t place = *at, end = 0, limit = size, used = 0;

	for (;;) {
		if (place >= limit)
			return false;
		size_t label = packet[place];
		if (label >= 0xc0) {
			if (place + 2 > size)
				return false;
			size_t target = (label & 0x3f) << 8 | packet[place + 1];
			if (end == 0)
				end = place + 2;
			if (target >= place)
				return false;
			limit = place;
			place = target;
			continue;
		}
		if (label > 63 || place + 1 + label > limit || used + 1 + label > QUERY_NAME_MAX)
			return false;
		out[used++] = (uint8_t)label;
		for (size_t i = 0; i < label; i++)
			out[used++] = lower(packet[place + 1 + i]);
		place += 1 + label;
		if (label == 0)
			break;
	}
	*at = end != 0 ? end : place;
	*ret_size = used;
	return true;
}

static bool read_name(const uint8_t *packet, size_t data_end, size_t at, uint8_t *out, size_t *ret_size)
{
	return rdata_name(packet, data_end, &at, out, ret_size) && at == data_end;
}

static bool read_srv(const uint8_t *packet, size_t data_end, size_t at, uint8_t *out, size_t *ret_size)
{
	size_t target;

	if (data_end - at < 7 || !read_name(packet, data_end, at + 6, out + 2, &target))
		return false;
	memcpy(out, packet + at + 4, 2);
	*ret_size = 2 + target;
	return true;
}

bool rdata_read(const uint8_t *packet, size_t size, size_t at, size_t data_size, uint16_t type,
		uint8_t *out, size_t *ret_size)
{
	if (at + data_size > size)
		return false;
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		return read_name(packet, at + data_size, at, out, ret_size);
	case TYPE_SRV:
		return read_srv(packet, at + data_size, at, out, ret_size);
	case TYPE_A:
		if (data_size != 4)
			return false;
		break;
	case TYPE_AAAA:
		if (data_size != 16)
			return false;
		break;
	}
	*ret_size = data_size < RDATA_MAX ? data_size : RDATA_MAX;
	memcpy(out, packet + at, *ret_size);
	return true;
}

static bool srv_from_text(const char *text, size_t text_size, uint8_t *out, size_t *ret_size)
{
	char *colon;
	unsigned long port = strtoul(text, &colon, 10);
	size_t used = (size_t)(colon - text) + 1;

	if (*text < '0' || *text > '9' || *colon != ':' || port > UINT16_MAX || used > text_size)
		return false;
	out[0] = (uint8_t)(port >> 8);
	out[1] = (uint8_t)port;
	size_t target = query_name(text + used, text_size - used, out + 2);
	*ret_size = 2 + target;
	return target > 0;
}

bool rdata_from_text(uint16_t type, const char *text, size_t text_size, uint8_t *out, size_t *ret_size)
{
	char word[64];

	if (type == TYPE_SRV)
		return srv_from_text(text, text_size, out, ret_size);
	if (type == TYPE_NS || type == TYPE_CNAME || type == TYPE_PTR) {
		*ret_size = query_name(text, text_size, out);
		return *ret_size > 0;
	}
	if ((type != TYPE_A && type != TYPE_AAAA) || text_size >= sizeof word)
		return false;
	memcpy(word, text, text_size);
	word[text_size] = '\0';
	*ret_size = type == TYPE_A ? 4 : 16;
	return inet_pton(type == TYPE_A ? AF_INET : AF_INET6, word, out) == 1;
}
