/* SPDX-License-Identifier: Apache-2.0 */
/* The reply to a question that was changed: records of what was heard, their names and TTLs as
 * rules make them, behind the question as it came. Names point to the question and to targets of
 * CNAMEs before them, so that most replies are no longer than what they are made of. */
#include "rewrite.h"

#include <string.h>

enum { KNOWN_NAMES = 16, POINTER = 0xc000, POINTER_MOST = 0x3fff };

struct copying {
	const struct rewrite_way *way;
	struct dns_writer *writer;
	struct {
		uint16_t at;
		uint8_t size;
	} known[KNOWN_NAMES]; /* names in the reply, written out */
	unsigned known_count;
	uint16_t counts[3];
	bool is_cut, is_broken;
	uint8_t owner[DNS_NAME_MAX + 1], owner_size; /* as it was heard last, and what became of it */
	struct subject mapped;
};

/* ---- names ---- */

static void name_know(struct copying *copying, const uint8_t *at, uint8_t size)
{
	size_t offset = (size_t)(at - copying->writer->start);
	if (copying->known_count == KNOWN_NAMES || offset > POINTER_MOST - DNS_NAME_MAX)
		return;
	copying->known[copying->known_count].at = (uint16_t)offset;
	copying->known[copying->known_count++].size = size;
}

/* As a pointer to the same name, or to the end of one below it. */
static bool write_pointer(struct copying *copying, const struct subject *name)
{
	for (unsigned i = 0; i < copying->known_count && name->size > 1; i++) {
		unsigned at = copying->known[i].at, size = copying->known[i].size;
		if (size < name->size || !name_is_under(copying->writer->start + at, name->wire))
			continue;
		return write_u16(copying->writer, (uint16_t)(POINTER | (at + size - name->size)));
	}
	return false;
}

static bool write_short(struct copying *copying, const struct subject *name)
{
	const uint8_t *at = copying->writer->at;
	if (write_pointer(copying, name))
		return true;
	if (!write_bytes(copying->writer, name->wire, name->size))
		return false;
	name_know(copying, at, name->size);
	return true;
}

/* ---- record data ---- */

/* Where the name stands that may be changed: behind these octets, and NAPTR's three texts. */
static bool find_value(const struct dns_message *message, const struct dns_record *record,
		       uint16_t *ret_at)
{
	uint16_t at = record->rdata_at;
	switch (record->type) {
	case TYPE_CNAME:
	case TYPE_NS:
	case TYPE_PTR:
	case TYPE_DNAME:
	case TYPE_SOA:
		break;
	case TYPE_MX:
		at += 2;
		break;
	case TYPE_SRV:
		at += 6;
		break;
	case TYPE_NAPTR:
		at += 4;
		for (unsigned i = 0; i < 3; i++)
			at = (uint16_t)(at + message->packet[at] + 1);
		break;
	default:
		return false;
	}
	*ret_at = at;
	return record->type != TYPE_SRV || record->class_ == CLASS_IN;
}

static bool write_value(struct copying *copying, uint16_t type, const struct subject *name)
{
	return dns_type_may_point(type) ? write_short(copying, name)
					: write_bytes(copying->writer, name->wire, name->size);
}

/* Behind the first name of a SOA: another one, and its numbers. */
static bool write_soa_rest(struct copying *copying, const struct dns_message *message,
			   const struct dns_record *record)
{
	enum { NUMBERS = 20 };
	const uint8_t *packet = message->packet;
	uint16_t at = record->rdata_at;
	struct subject mailbox = { .size = 0 };
	while (packet[at] != 0 && packet[at] <= DNS_LABEL_MAX)
		at = (uint16_t)(at + packet[at] + 1);
	at = (uint16_t)(at + (packet[at] == 0 ? 1 : 2));
	dns_message_name(message, at, mailbox.wire, &mailbox.size);
	return write_short(copying, &mailbox) &&
	       write_bytes(copying->writer, packet + record->end - NUMBERS, NUMBERS);
}

static bool write_data(struct copying *copying, const struct dns_message *message,
		       const struct dns_record *record, bool is_own)
{
	struct subject value = { .size = 0 };
	uint8_t alias[DNS_NAME_MAX + 1], alias_size;
	uint16_t at;
	if (!find_value(message, record, &at))
		return dns_rdata_write(message, record, copying->writer);
	dns_message_name(message, at, value.wire, &value.size);
	bool is_alias = record->type == TYPE_CNAME && record->section == 0;
	if (is_own && way_map_value(copying->way, &value, is_alias, alias, &alias_size) == CHANGE_BROKEN)
		copying->is_broken = true;
	return write_bytes(copying->writer, message->packet + record->rdata_at, at - record->rdata_at) &&
	       write_value(copying, record->type, &value) &&
	       (record->type != TYPE_SOA || write_soa_rest(copying, message, record));
}

/* ---- records ---- */

static uint32_t ttl_of(const struct rewrite_way *way, uint32_t ttl)
{
	for (unsigned i = way->step_count; i-- > 0;) {
		const struct rule *rule = step_rule(way, i);
		if (rule->field != REWRITE_TTL)
			continue;
		ttl = ttl < rule->ttl_least ? rule->ttl_least : ttl;
		ttl = ttl > rule->ttl_most ? rule->ttl_most : ttl;
	}
	return ttl;
}

/* Most records have the owner of the one before. */
static bool write_owner(struct copying *copying, const struct dns_message *message,
			const struct dns_record *record, bool is_own)
{
	uint8_t owner[DNS_NAME_MAX + 1], size;
	dns_message_name(message, record->at, owner, &size);
	if (!is_own) {
		copying->owner_size = 0;
		subject_set(&copying->mapped, owner);
	} else if (size != copying->owner_size || memcmp(owner, copying->owner, size) != 0) {
		memcpy(copying->owner, owner, size);
		copying->owner_size = size;
		subject_set(&copying->mapped, owner);
		if (way_map_owner(copying->way, &copying->mapped) == CHANGE_BROKEN)
			copying->is_broken = true;
	}
	return write_short(copying, &copying->mapped);
}

static bool write_parts(struct copying *copying, const struct dns_message *message,
			const struct dns_record *record, bool is_own)
{
	struct dns_writer *writer = copying->writer;
	uint32_t ttl = is_own ? ttl_of(copying->way, record->ttl) : record->ttl;
	if (!write_owner(copying, message, record, is_own) || !write_u16(writer, record->type) ||
	    !write_u16(writer, record->class_) || !write_u32(writer, ttl) || !write_u16(writer, 0))
		return false;
	uint8_t *data = writer->at;
	if (!write_data(copying, message, record, is_own))
		return false;
	put_u16(data - 2, (uint16_t)(writer->at - data));
	return true;
}

/* is_own: rules have their say in it. What does not fit ends the reply. */
static bool copy_record(struct copying *copying, const struct dns_message *message,
			const struct dns_record *record, bool is_own)
{
	uint8_t *start = copying->writer->at;
	unsigned known_count = copying->known_count;
	if (write_parts(copying, message, record, is_own)) {
		copying->counts[record->section]++;
		return true;
	}
	copying->writer->at = start;
	copying->known_count = known_count;
	copying->is_cut = true;
	return false;
}

static bool is_given_away(const struct rewrite_way *way, const struct dns_message *message,
			  const struct dns_record *record, uint8_t ret_target[DNS_NAME_MAX + 1])
{
	uint8_t size = 0;
	struct subject target = { .size = 0 };
	if (record->type != TYPE_CNAME || record->section != 0)
		return false;
	dns_message_name(message, record->rdata_at, target.wire, &target.size);
	return way_map_value(way, &target, true, ret_target, &size) != CHANGE_BROKEN && size > 0;
}

bool rewrite_alias(const struct rewrite_way *way, const struct dns_message *heard,
		   uint8_t ret_target[DNS_NAME_MAX + 1])
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	if (!way->maps_aliases || way->type == TYPE_CNAME || way->type == TYPE_ANY)
		return false;
	while (dns_message_next(heard, &walk, &record))
		if (is_given_away(way, heard, &record, ret_target))
			return true;
	return false;
}

/* ---- the message ---- */

/* All records; with an alias only those up to it. */
static void copy_heard(struct copying *copying, const struct dns_message *heard, bool has_alias)
{
	uint8_t target[DNS_NAME_MAX + 1];
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (!copying->is_broken && dns_message_next(heard, &walk, &record))
		if (!copy_record(copying, heard, &record, true) ||
		    (has_alias && is_given_away(copying->way, heard, &record, target)))
			return;
}

static void copy_found(struct copying *copying, const struct dns_message *found)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (!copying->is_cut && dns_message_next(found, &walk, &record))
		copy_record(copying, found, &record, false);
}

static bool write_head(struct copying *copying)
{
	const struct dns_query *query = copying->way->query;
	static const uint8_t nothing[DNS_HEADER_SIZE];
	if (!write_bytes(copying->writer, nothing, DNS_HEADER_SIZE) ||
	    !write_bytes(copying->writer, query->packet + DNS_HEADER_SIZE,
			 query->question_end - DNS_HEADER_SIZE))
		return false;
	name_know(copying, copying->writer->start + DNS_HEADER_SIZE, query->name_size);
	return true;
}

/* AD stays where all of it was checked; whether something is missing says who was asked last. */
static uint16_t flags_of(const struct dns_message *heard, const struct dns_message *found, bool is_cut)
{
	unsigned flags = heard->flags;
	if (found != NULL)
		flags = (flags & ~(unsigned)FLAG_TC & (found->flags | ~(unsigned)FLAG_AD)) |
			(found->flags & FLAG_TC);
	return (uint16_t)(flags | (is_cut ? FLAG_TC : 0));
}

bool rewrite_reply(const struct rewrite_way *way, const struct dns_message *heard,
		   const struct dns_message *found, struct dns_writer *writer)
{
	struct copying copying = { .way = way, .writer = writer };
	uint8_t *head = writer->start;
	if (!write_head(&copying))
		return false;
	copy_heard(&copying, heard, found != NULL);
	if (found != NULL && !copying.is_broken)
		copy_found(&copying, found);
	put_u16(head + 2, flags_of(heard, found, copying.is_cut));
	put_u16(head + 4, 1);
	for (unsigned i = 0; i < 3; i++)
		put_u16(head + 6 + 2 * i, copying.counts[i]);
	return !copying.is_broken;
}
