/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of capture files; numbers are in the order of octets of whoever wrote them. */
#include "capture.h"

#include <string.h>

enum {
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_NS = 0xa1b23c4d,
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
	ORDER_MAGIC = 0x1a2b3c4d,
	INTERFACES_MOST = 64,
	BLOCK_MOST = CAPTURE_PACKET_MOST + 4096,
};

struct reader {
	const struct capture_calls *calls;
	uint16_t port;
	bool is_swapped, is_over;
	unsigned link_types[INTERFACES_MOST], link_count;
	uint8_t *block;
	struct error *error;
};

static uint32_t number(const struct reader *reader, const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof(value));
	return reader->is_swapped ? __builtin_bswap32(value) : value;
}

static unsigned short_number(const struct reader *reader, const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof(value));
	return reader->is_swapped ? __builtin_bswap16(value) : value;
}

static bool take(struct reader *reader, uint8_t *bytes, size_t size)
{
	return reader->calls->read(reader->calls->context, bytes, size) == size;
}

static void hand_over(struct reader *reader, const uint8_t *packet, size_t size, unsigned link_type)
{
	size_t payload_size;
	const uint8_t *payload = capture_payload(packet, size, link_type, reader->port, &payload_size);
	if (payload != NULL)
		reader->is_over = !reader->calls->take(reader->calls->context, payload, payload_size);
}

/* ---- pcap ---- */

static bool read_pcap(struct reader *reader)
{
	uint8_t head[20], packet[16];
	if (!take(reader, head, sizeof(head)))
		return error_set(reader->error, "the capture ends within its head");
	unsigned link_type = number(reader, head + 16) & 0xffff;
	while (!reader->is_over && take(reader, packet, sizeof(packet))) {
		uint32_t size = number(reader, packet + 8);
		if (size > CAPTURE_PACKET_MOST)
			return error_set(reader->error, "the capture is broken: a packet of %u octets",
					 (unsigned)size);
		if (!take(reader, reader->block, size))
			break; /* whoever wrote it was stopped */
		hand_over(reader, reader->block, size, link_type);
	}
	return true;
}

/* ---- pcapng ---- */

static void take_block(struct reader *reader, uint32_t type, const uint8_t *body, size_t size)
{
	if (type == BLOCK_INTERFACE && size >= 8 && reader->link_count < INTERFACES_MOST) {
		reader->link_types[reader->link_count++] = short_number(reader, body);
	} else if (type == BLOCK_ENHANCED && size >= 20) {
		uint32_t interface = number(reader, body), captured = number(reader, body + 12);
		if (interface < reader->link_count && captured <= size - 20)
			hand_over(reader, body + 20, captured, reader->link_types[interface]);
	} else if (type == BLOCK_SIMPLE && size >= 4 && reader->link_count > 0) {
		uint32_t original = number(reader, body);
		size_t captured = original < size - 4 ? original : size - 4;
		hand_over(reader, body + 4, captured, reader->link_types[0]);
	}
}

static bool set_order(struct reader *reader, const uint8_t *magic)
{
	reader->is_swapped = false;
	if (number(reader, magic) == ORDER_MAGIC)
		return true;
	reader->is_swapped = true;
	return number(reader, magic) == ORDER_MAGIC ||
	       error_set(reader->error, "the capture is broken: no order of octets");
}

/* head: type and length; of a section the order of octets follows, which the length is already written in. */
static bool read_block(struct reader *reader, uint8_t head[8])
{
	size_t had = 0;
	uint32_t type;
	memcpy(&type, head, sizeof(type)); /* a palindrome for sections */
	if (type == BLOCK_SECTION) {
		if (!take(reader, reader->block, 4) || !set_order(reader, reader->block))
			return error_set(reader->error, "the capture is broken: a bad section");
		had = 4;
		reader->link_count = 0;
	}
	type = number(reader, head);
	uint32_t size = number(reader, head + 4);
	if (size < 12 + had || size > BLOCK_MOST || size % 4 != 0)
		return error_set(reader->error, "the capture is broken: a block of %u octets",
				 (unsigned)size);
	size -= 8;
	if (!take(reader, reader->block + had, size - had)) {
		reader->is_over = true;
		return true;
	}
	take_block(reader, type, reader->block, size - 4);
	return true;
}

static bool read_pcapng(struct reader *reader, uint8_t head[8])
{
	bool good = read_block(reader, head);
	while (good && !reader->is_over && take(reader, head, 8))
		good = read_block(reader, head);
	return good;
}

/* ---- either ---- */

bool capture_read(const struct capture_calls *calls, uint16_t port, struct error *error)
{
	struct reader reader = { .calls = calls, .port = port, .error = error };
	uint8_t head[8];
	bool good = false;
	if (!take(&reader, head, 4))
		return error_set(error, "it is no capture: too short");
	reader.block = mem_zalloc(BLOCK_MOST);
	uint32_t magic = number(&reader, head);
	reader.is_swapped =
		magic == __builtin_bswap32(MAGIC_US) || magic == __builtin_bswap32(MAGIC_NS);
	if (magic == BLOCK_SECTION)
		good = (take(&reader, head + 4, 4) && read_pcapng(&reader, head)) ||
		       (error != NULL && error->text[0] != '\0'
				? error_is_false()
				: error_set(error, "the capture ends within its head"));
	else if (reader.is_swapped || magic == MAGIC_US || magic == MAGIC_NS)
		good = read_pcap(&reader);
	else
		error_set(error, "it is no capture: neither pcap nor pcapng");
	mem_free(reader.block);
	return good;
}
