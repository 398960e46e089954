/* SPDX-License-Identifier: Apache-2.0 */
/* ldns reads the data of a record, so that every type it knows is known here. It is given one
 * record at a time, with placeholders for owner and TTL: those are read before, because ldns takes
 * the class only behind the TTL. */
#include "zone_rdata.h"

#include <string.h>

#include "knamed/dns.h"

enum { RDATA_MAX = 65535 };

void zone_rdata_init(struct zone_rdata *rdata)
{
	*rdata = (struct zone_rdata){ .buffer = ldns_buffer_new(RDATA_MAX) };
}

void zone_rdata_done(struct zone_rdata *rdata)
{
	text_done(&rdata->text);
	ldns_buffer_free(rdata->buffer);
	ldns_rdf_deep_free(rdata->origin);
}

void zone_rdata_set_origin(struct zone_rdata *rdata, const uint8_t *origin)
{
	ldns_rdf_deep_free(rdata->origin);
	rdata->origin = ldns_dname_new_frm_data((uint16_t)name_size(origin), origin);
}

/* Types that only exist in messages are no types of records. */
static bool read_type(const char *type, size_t size, uint16_t *ret_type, struct error *error)
{
	char name[32];
	unsigned number = 0;

	if (size < sizeof(name)) {
		memcpy(name, type, size);
		name[size] = '\0';
		number = ldns_get_rr_type_by_name(name);
	}
	if (number == 0 || number == TYPE_OPT || (number >= 128 && number <= 255) || number > UINT16_MAX)
		return error_set(error, "no type '%.*s'", (int)(size < 40 ? size : 40), type);
	*ret_type = (uint16_t)number;
	return true;
}

static ldns_status to_wire(struct zone_rdata *rdata)
{
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, rdata->text.data, 0, rdata->origin, NULL);

	if (status != LDNS_STATUS_OK)
		return status;
	ldns_buffer_clear(rdata->buffer);
	status = ldns_rr_rdata2buffer_wire(rdata->buffer, rr);
	ldns_rr_free(rr);
	return status;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\# ": a length and that many octets in hex (RFC 3597 5). */
static bool read_octets(struct zone_rdata *rdata, const char *text)
{
	size_t digits = 0, length = 0;

	text += strspn(text, " \t");
	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9' && length <= RDATA_MAX; text++)
		length = length * 10 + (size_t)(*text - '0');
	if ((*text != ' ' && *text != '\t' && *text != '\0') || length > RDATA_MAX)
		return false;
	uint8_t *octets = ldns_buffer_begin(rdata->buffer);
	for (; *text != '\0'; text++) {
		int digit = hex_digit(*text);
		if (*text == ' ' || *text == '\t')
			continue;
		if (digit < 0 || digits == 2 * length)
			return false;
		octets[digits / 2] =
			(uint8_t)(digits % 2 == 0 ? digit << 4 : octets[digits / 2] | digit);
		digits++;
	}
	ldns_buffer_set_position(rdata->buffer, length);
	return digits == 2 * length;
}

/* What was read must be what ldns reads from a message and writes again: in text it lets names of
 * any length pass, and octets are anything. */
static bool is_sound(const struct zone_rdata *rdata)
{
	const ldns_rr_descriptor *known = ldns_rr_descript(rdata->type);
	size_t size = ldns_buffer_position(rdata->buffer), at = 0;

	if (known == NULL || known == ldns_rr_descript(0))
		return true;
	uint8_t *wire = mem_alloc(size + 2);
	put_u16(wire, (uint16_t)size);
	memcpy(wire + 2, ldns_buffer_begin(rdata->buffer), size);
	ldns_rr *rr = ldns_rr_new();
	ldns_buffer *again = ldns_buffer_new(size + 1);
	ldns_rr_set_type(rr, (ldns_rr_type)rdata->type);
	bool good = ldns_wire2rdf(rr, wire, size + 2, &at) == LDNS_STATUS_OK && at == size + 2 &&
		    ldns_rr_rd_count(rr) >= ldns_rr_descriptor_minimum(known) &&
		    ldns_rr_rdata2buffer_wire(again, rr) == LDNS_STATUS_OK &&
		    ldns_buffer_position(again) == size &&
		    memcmp(ldns_buffer_begin(again), wire + 2, size) == 0;
	ldns_rr_free(rr);
	ldns_buffer_free(again);
	mem_free(wire);
	return good;
}

static bool is_generic(const char *text)
{
	return strncmp(text, "\\#", 2) == 0 && strchr(" \t", text[2]) != NULL;
}

/* "\#" as a word further on: ldns would begin the data anew there. */
static bool has_generic_word(const char *text)
{
	bool in_quotes = false, at_word = true;

	for (; *text != '\0'; text++) {
		if (at_word && !in_quotes && is_generic(text))
			return true;
		at_word = *text == ' ' || *text == '\t';
		if (*text == '"')
			in_quotes = !in_quotes;
		if (*text == '\\' && text[1] != '\0')
			text++;
	}
	return false;
}

bool zone_rdata_read(struct zone_rdata *rdata, const char *type, size_t type_size, const char *text,
		     struct error *error)
{
	if (!read_type(type, type_size, &rdata->type, error))
		return false;
	int size = (int)type_size;
	if (is_generic(text)) {
		ldns_buffer_clear(rdata->buffer);
		if (!read_octets(rdata, text + 2))
			return error_set(error, "%.*s: expected a length and as many octets", size,
					 type);
	} else {
		text_clear(&rdata->text);
		text_printf(&rdata->text, ". 0 IN %.*s %s", size, type, text);
		ldns_status status =
			has_generic_word(text) ? LDNS_STATUS_SYNTAX_RDATA_ERR : to_wire(rdata);
		if (status != LDNS_STATUS_OK)
			return error_set(error, "%.*s: %s", size, type,
					 ldns_get_errorstr_by_id(status));
	}
	if (ldns_buffer_position(rdata->buffer) > RDATA_MAX)
		return error_set(error, "%.*s: the data is too long", size, type);
	if (!is_sound(rdata))
		return error_set(error, "%.*s: this is no data of that type", size, type);
	rdata->wire = ldns_buffer_begin(rdata->buffer);
	rdata->size = (uint16_t)ldns_buffer_position(rdata->buffer);
	return true;
}
