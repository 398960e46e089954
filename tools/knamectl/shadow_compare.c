/* SPDX-License-Identifier: Apache-2.0 */
/* Two replies: records are compared as sets, names in lower case, times where both speak for themselves. */
#include <stdlib.h>
#include <string.h>

#include "shadow.h"

enum { RECORDS_MOST = 4096, RECORD_SIZE = DNS_NAME_MAX + 4 };

struct set_record {
	uint8_t *bytes; /* owner, type, class and data */
	size_t size;
	uint32_t ttl;
};
struct record_set {
	struct set_record *list;
	size_t count;
};

/* Names within data, where the letters' case says nothing. */
static void lower_data(uint16_t type, uint8_t *data, size_t size)
{
	size_t from = type == TYPE_SRV ? 6 : type == TYPE_MX ? 2 : 0;
	bool is_name = type == TYPE_CNAME || type == TYPE_NS || type == TYPE_PTR ||
		       type == TYPE_DNAME || type == TYPE_SRV || type == TYPE_MX;
	if (is_name && from < size)
		name_lower(data + from, size - from);
}

static int compare_records(const void *a, const void *b)
{
	const struct set_record *first = a, *second = b;
	size_t size = first->size < second->size ? first->size : second->size;
	int order = memcmp(first->bytes, second->bytes, size);
	return order != 0 ? order : (first->size > second->size) - (first->size < second->size);
}

/* Of an SOA only whose it is: serials and times are of the server that made it. */
static bool take_record(const struct dns_message *message, const struct dns_record *record,
			struct set_record *ret_record)
{
	static uint8_t room[RECORD_SIZE + DNS_MESSAGE_MAX];
	struct dns_writer writer = { room, room, room + sizeof(room) };
	uint8_t size;
	dns_message_name(message, record->at, room, &size);
	name_lower(room, size);
	writer.at += size;
	write_u16(&writer, record->type);
	write_u16(&writer, record->class_);
	const size_t data_at = (size_t)(writer.at - room);
	if (record->type != TYPE_SOA && !dns_rdata_write(message, record, &writer))
		return false;
	ret_record->size = (size_t)(writer.at - room);
	lower_data(record->type, room + data_at, ret_record->size - data_at);
	ret_record->bytes = mem_copy(room, ret_record->size);
	ret_record->ttl = record->ttl;
	return true;
}

static void set_done(struct record_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		mem_free(set->list[i].bytes);
	mem_free(set->list);
}

static void set_of(const struct dns_message *message, unsigned section, struct record_set *ret_set)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	size_t kept = 0;
	*ret_set = (struct record_set){ .list = mem_zalloc((message->counts[section] + 1u) *
							   sizeof(*ret_set->list)) };
	while (ret_set->count < RECORDS_MOST && dns_message_next(message, &walk, &record))
		if (record.section == section &&
		    take_record(message, &record, &ret_set->list[ret_set->count]))
			ret_set->count++;
	qsort(ret_set->list, ret_set->count, sizeof(*ret_set->list), compare_records);
	for (size_t i = 0; i < ret_set->count; i++) {
		if (kept > 0 && compare_records(&ret_set->list[kept - 1], &ret_set->list[i]) == 0)
			mem_free(ret_set->list[i].bytes);
		else
			ret_set->list[kept++] = ret_set->list[i];
	}
	ret_set->count = kept;
}

static bool is_same_set(const struct record_set *a, const struct record_set *b)
{
	bool is_same = a->count == b->count;
	for (size_t i = 0; is_same && i < a->count; i++)
		is_same = compare_records(&a->list[i], &b->list[i]) == 0;
	return is_same;
}

/* Whether a section differs; ret_ours and ret_theirs get the first time that does, if records are the same. */
static bool differs(const struct dns_message *ours, const struct dns_message *theirs,
		    unsigned section, uint32_t *ret_ours, uint32_t *ret_theirs)
{
	struct record_set a, b;
	set_of(ours, section, &a);
	set_of(theirs, section, &b);
	bool is_same = is_same_set(&a, &b);
	*ret_ours = *ret_theirs = 0;
	for (size_t i = 0; is_same && i < a.count && *ret_ours == *ret_theirs; i++) {
		*ret_ours = a.list[i].ttl;
		*ret_theirs = b.list[i].ttl;
	}
	set_done(&a);
	set_done(&b);
	return !is_same;
}

static void say_flags(uint16_t flags, char ret_text[16])
{
	snprintf(ret_text, 16, "%s%s%s", (flags & FLAG_AA) != 0 ? " aa" : "",
		 (flags & FLAG_TC) != 0 ? " tc" : "", (flags & FLAG_AD) != 0 ? " ad" : "");
}

void shadow_compare(const struct dns_message *ours, const struct dns_message *theirs,
		    unsigned ignored, char ret_difference[DIFFERENCE_SIZE])
{
	const uint16_t mattering = FLAG_AA | FLAG_TC | FLAG_AD;
	char a[16], b[16];
	uint32_t our_ttl, their_ttl, unused;
	bool speak_for_themselves = (ours->flags & theirs->flags & FLAG_AA) != 0;
	ret_difference[0] = '\0';
	if (ours->rcode != theirs->rcode) {
		dns_rcode_print(ours->rcode, a);
		dns_rcode_print(theirs->rcode, b);
		snprintf(ret_difference, DIFFERENCE_SIZE, "rcode: ours %s, theirs %s", a, b);
	} else if (differs(ours, theirs, 0, &our_ttl, &their_ttl)) {
		snprintf(ret_difference, DIFFERENCE_SIZE, "answer: ours has %s records than theirs",
			 ours->counts[0] > theirs->counts[0]   ? "more"
			 : ours->counts[0] < theirs->counts[0] ? "fewer"
							       : "other");
	} else if ((ignored & IGNORE_FLAGS) == 0 && ((ours->flags ^ theirs->flags) & mattering) != 0) {
		say_flags(ours->flags, a);
		say_flags(theirs->flags, b);
		snprintf(ret_difference, DIFFERENCE_SIZE, "flags: ours%s, theirs%s",
			 a[0] != '\0' ? a : " none", b[0] != '\0' ? b : " none");
	} else if ((ignored & IGNORE_AUTHORITY) == 0 && ours->counts[0] == 0 &&
		   differs(ours, theirs, 1, &unused, &unused)) {
		snprintf(ret_difference, DIFFERENCE_SIZE, "authority: another zone denies it");
	} else if ((ignored & IGNORE_TTL) == 0 && speak_for_themselves && our_ttl != their_ttl) {
		snprintf(ret_difference, DIFFERENCE_SIZE, "ttl: ours %u, theirs %u",
			 (unsigned)our_ttl, (unsigned)their_ttl);
	}
}
