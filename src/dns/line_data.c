/* SPDX-License-Identifier: Apache-2.0 */
/* Record data from words. What a type consists of is a row of letters, each of which reads a word. */
#include "line.h"

#include <arpa/inet.h>
#include <string.h>

/* 4 and 6: addresses; n: name; b, h, w: number of 8, 16, 32 bits; t: TTL; s: string; o: string that
 * may be missing; S: strings up to the end; g: tag; v: the rest is one value. */
static const struct form {
	uint16_t type;
	const char *parts;
} forms[] = {
	{ TYPE_A, "4" },    { TYPE_NS, "n" },	  { TYPE_CNAME, "n" }, { TYPE_SOA, "nnwtttt" },
	{ TYPE_PTR, "n" },  { TYPE_HINFO, "so" }, { TYPE_MX, "hn" },   { TYPE_TXT, "S" },
	{ TYPE_AAAA, "6" }, { TYPE_SRV, "hhhn" }, { TYPE_CAA, "bgv" },
};

static const char *parts_of(uint16_t type)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (forms[i].type == type)
			return forms[i].parts;
	return NULL;
}

bool dns_line_has_type(uint16_t type)
{
	return parts_of(type) != NULL;
}

static bool refuse(const struct line_reader *reader, const char *what)
{
	return error_set(reader->error, "\"%s\" is no %s", reader->word.text, what);
}

static bool refuse_long(const struct line_reader *reader)
{
	return error_set(reader->error, "the data of a record are longer than %d octets",
			 DNS_LINE_RDATA_MAX);
}

static bool put_address(struct line_reader *reader, char part, struct dns_writer *writer)
{
	uint8_t address[16];
	if (inet_pton(part == '4' ? AF_INET : AF_INET6, reader->word.text, address) != 1)
		return refuse(reader, part == '4' ? "IPv4 address" : "IPv6 address");
	return write_bytes(writer, address, part == '4' ? 4 : 16) || refuse_long(reader);
}

static bool put_name(struct line_reader *reader, struct dns_writer *writer)
{
	uint8_t name[DNS_NAME_MAX], size;
	const char *text = strcmp(reader->word.text, "@") == 0 ? "." : reader->word.text;
	if (!name_parse(text, name, &size))
		return refuse(reader, "domain name");
	return write_name(writer, name) || refuse_long(reader);
}

static bool put_number(struct line_reader *reader, char part, struct dns_writer *writer)
{
	static const struct {
		uint64_t most;
		const char *what;
	} sizes[] = {
		['b'] = { UINT8_MAX, "number of 0 to 255" },
		['h'] = { UINT16_MAX, "number of 0 to 65535" },
		['w'] = { UINT32_MAX, "number of 0 to 4294967295" },
	};
	uint64_t number;
	if (!text_to_number(reader->word.text, 0, sizes[(unsigned char)part].most, &number))
		return refuse(reader, sizes[(unsigned char)part].what);
	bool has_room = part == 'b'   ? write_u8(writer, (uint8_t)number)
			: part == 'h' ? write_u16(writer, (uint16_t)number)
				      : write_u32(writer, (uint32_t)number);
	return has_room || refuse_long(reader);
}

static bool put_ttl(struct line_reader *reader, struct dns_writer *writer)
{
	uint32_t ttl;
	if (!dns_ttl_from_text(reader->word.text, &ttl))
		return refuse(reader, "number of seconds");
	return write_u32(writer, ttl) || refuse_long(reader);
}

/* One octet of a word, escaped or not. */
static bool take_octet(const char **at, uint8_t *ret_octet)
{
	const char *text = *at;
	if (text[0] != '\\') {
		*ret_octet = (uint8_t)text[0];
		*at = text + 1;
		return true;
	}
	if (text[1] < '0' || text[1] > '9') {
		*ret_octet = (uint8_t)text[1];
		*at = text + 2;
		return text[1] != '\0';
	}
	unsigned value = 0;
	for (int i = 1; i <= 3; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*ret_octet = (uint8_t)value;
	*at = text + 4;
	return value <= UINT8_MAX;
}

/* Character strings of at most 255 octets; a longer word becomes several where that is meant. */
static bool put_string(struct line_reader *reader, bool may_split, struct dns_writer *writer)
{
	const char *at = reader->word.text;
	do {
		uint8_t *length = writer->at;
		if (!write_u8(writer, 0))
			return refuse_long(reader);
		for (; *at != '\0' && *length < UINT8_MAX; ++*length) {
			uint8_t octet;
			if (!take_octet(&at, &octet))
				return refuse(reader,
					      "string: \\ is followed by three digits up to 255, or by a character");
			if (!write_u8(writer, octet))
				return refuse_long(reader);
		}
	} while (*at != '\0' && may_split);
	return *at == '\0' || refuse(reader, "string of at most 255 octets");
}

static bool put_value(struct line_reader *reader, struct dns_writer *writer)
{
	for (const char *at = reader->word.text; *at != '\0';) {
		uint8_t octet;
		if (!take_octet(&at, &octet))
			return refuse(reader, "value");
		if (!write_u8(writer, octet))
			return refuse_long(reader);
	}
	return true;
}

static bool put_tag(struct line_reader *reader, struct dns_writer *writer)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t size = strlen(reader->word.text);
	if (size == 0 || strspn(reader->word.text, letters) != size)
		return refuse(reader, "tag of letters and digits");
	return put_string(reader, false, writer);
}

static bool put_part(struct line_reader *reader, char part, struct dns_writer *writer)
{
	switch (part) {
	case '4':
	case '6':
		return put_address(reader, part, writer);
	case 'n':
		return put_name(reader, writer);
	case 't':
		return put_ttl(reader, writer);
	case 'g':
		return put_tag(reader, writer);
	case 'v':
		return put_value(reader, writer);
	case 's':
	case 'o':
	case 'S':
		return put_string(reader, part == 'S', writer);
	default:
		return put_number(reader, part, writer);
	}
}

/* The strings of TXT behind the first; and HINFO's second one. */
static bool put_more_strings(struct line_reader *reader, struct dns_writer *writer)
{
	enum line_step step;
	while ((step = line_next(reader)) == LINE_WORD)
		if (!put_string(reader, true, writer))
			return false;
	return step == LINE_END;
}

static bool put_last_string(struct line_reader *reader, struct dns_writer *writer)
{
	enum line_step step = line_next(reader);
	if (step == LINE_END)
		reader->word.text[0] = '\0';
	return step != LINE_BAD && put_string(reader, false, writer);
}

bool line_read_data(struct line_reader *reader, struct dns_line *line)
{
	struct dns_writer writer = { line->rdata, line->rdata, line->rdata + sizeof(line->rdata) };
	for (const char *part = parts_of(line->type); *part != '\0'; part++) {
		if (*part == 'o') {
			if (!put_last_string(reader, &writer))
				return false;
		} else if (!line_take(reader) || !put_part(reader, *part, &writer) ||
			   (*part == 'S' && !put_more_strings(reader, &writer))) {
			return false;
		}
	}
	line->rdata_size = (uint16_t)(writer.at - writer.start);
	return true;
}
