/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines of a zone file, printed by ldns. */
#include <assert.h>
#include <ldns/ldns.h>
#include <string.h>

#include "dump.h"

void lines_start(struct dump_lines *lines, const uint8_t *name, size_t size)
{
	struct dns_query *query = &lines->query;
	memcpy(query->lower, name, size);
	query->name_size = (uint8_t)size;
	query->label_count = 0;
	for (size_t at = 0; name[at] != 0; at += 1u + name[at])
		query->labels[query->label_count++] = (uint8_t)at;
	memcpy(lines->packet + DNS_HEADER_SIZE, name, size);
	lines->records_at = (uint32_t)(DNS_HEADER_SIZE + size + 4);
}

static bool is_wanted(const struct dump_lines *lines, const ldns_rr *rr)
{
	if (lines->only == NULL || name_is_under(lines->query.lower, lines->only))
		return true;
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_PTR &&
	       name_is_under(ldns_rdf_data(ldns_rr_rdf(rr, 0)), lines->only);
}

static void emit(struct dump_lines *lines, const uint8_t *owner, const char *rest)
{
	char text[NAME_TEXT_SIZE];
	name_print(owner, text);
	text_clear(&lines->text);
	text_add(&lines->text, text);
	text_add_n(&lines->text, rest, strcspn(rest, "\n"));
	lines->line(lines->context, lines->text.data);
}

/* ldns prints all but the owner, whose '@' and '"' it would leave as they are. */
static void emit_rr(struct dump_lines *lines, const ldns_rr *rr)
{
	char *line = ldns_rr2str(rr);
	emit(lines, ldns_rdf_data(ldns_rr_owner(rr)), line + strcspn(line, "\t"));
	mem_free(line);
}

/* Data that its type does not allow: a file gave them as octets (RFC 3597 5). */
static void emit_octets(struct dump_lines *lines, const uint8_t *record)
{
	struct text rest = { 0 };
	unsigned size = get_u16(record + 10);
	text_printf(&rest, "\t%u\tIN\tTYPE%u\t\\# %u ", (unsigned)get_u32(record + 6),
		    get_u16(record + 2), size);
	for (unsigned i = 0; i < size; i++)
		text_printf(&rest, "%02x", record[12 + i]);
	emit(lines, lines->query.lower, rest.data);
	text_done(&rest);
}

void lines_of_packet(struct dump_lines *lines, size_t end)
{
	for (size_t at = lines->records_at, from = at; at < end; from = at) {
		ldns_rr *rr = NULL;
		if (ldns_wire2rr(&rr, lines->packet, end, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK) {
			if (is_wanted(lines, rr))
				emit_rr(lines, rr);
			ldns_rr_free(rr);
			continue;
		}
		const uint8_t *record = lines->packet + from;
		emit_octets(lines, record);
		at = from + 12u + get_u16(record + 10);
	}
}

static void emit_below(struct dump_lines *lines, size_t *at, size_t end)
{
	ldns_rr *rr = NULL;
	ldns_status status = ldns_wire2rr(&rr, lines->packet, end, at, LDNS_SECTION_ANSWER);
	assert(status == LDNS_STATUS_OK);
	(void)status;
	if (name_is_under(ldns_rdf_data(ldns_rr_owner(rr)), lines->query.lower))
		emit_rr(lines, rr);
	ldns_rr_free(rr);
}

void lines_of_glue(struct dump_lines *lines, const uint8_t *records, size_t records_size,
		   size_t glue_size)
{
	size_t at = lines->records_at + records_size, end = at + glue_size;
	if (records_size + glue_size > RECORDS_MAX)
		return;
	memcpy(lines->packet + lines->records_at, records, records_size + glue_size);
	while (at < end)
		emit_below(lines, &at, end);
}

void lines_of_records(struct dump_lines *lines, const uint8_t *records, size_t size)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = 12u + get_u16(records + at + 10);
		memcpy(lines->packet + lines->records_at, records + at, length);
		lines_of_packet(lines, lines->records_at + length);
	}
}
