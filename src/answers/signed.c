/* SPDX-License-Identifier: Apache-2.0 */
/* What a signed zone says to who asks with DO: signatures beside the records, and NSEC that prove
 * what is not there (RFC 4035 3.1). Signing is the file's; here is only looked up what it holds. */
#include <string.h>

#include "zone_load.h"

enum { AS_STORED = UINT32_MAX, RECORD_HEAD = 12 };

/* A name as it goes in front of a record. */
struct owner_name {
	uint16_t size;
	uint8_t bytes[DNS_NAME_MAX + 2];
};

static const struct zone_state *state_of(const struct lookup *lookup)
{
	return &lookup->edition->states[lookup->zone->index];
}

bool wants_signatures(const struct lookup *lookup)
{
	return lookup->dnssec_ok && state_of(lookup)->has_signatures;
}

static struct owner_name owner_asked(const struct reply *reply, unsigned offset)
{
	struct owner_name owner = { .size = 2 };
	put_u16(owner.bytes, (uint16_t)(0xc000 | (reply->owner_at + offset)));
	return owner;
}

/* The labels of its key, then a pointer to the zone in the question. */
static struct owner_name owner_of(const struct lookup *lookup, const struct entry *entry,
				  const struct reply *reply)
{
	struct owner_name owner;
	unsigned zone_at = reply->owner_at + lookup->name_size - lookup->zone->size;
	memcpy(owner.bytes, entry_key(entry), entry->key_size);
	put_u16(owner.bytes + entry->key_size, (uint16_t)(0xc000 | zone_at));
	owner.size = entry->key_size + 2u;
	return owner;
}

static void add_record(const uint8_t *record, const struct owner_name *owner, uint32_t ttl_max,
		       struct reply *reply, uint16_t *section)
{
	size_t size = RECORD_HEAD - 2u + get_u16(record + 10);
	if (owner->size + size > reply_room(reply)) {
		reply->truncated = true;
		return;
	}
	uint8_t *at = reply->packet + reply->at;
	memcpy(at, owner->bytes, owner->size);
	at += owner->size;
	memcpy(at, record + 2, size);
	if (get_u32(at + 4) > ttl_max)
		put_u32(at + 4, ttl_max);
	reply->at += (uint32_t)(owner->size + size);
	++*section;
}

/* The records of a type, or if `covered` is not 0 those signatures that cover it. */
static void add_records(const struct entry *entry, uint16_t type, uint16_t covered,
			const struct owner_name *owner, uint32_t ttl_max, struct reply *reply,
			uint16_t *section)
{
	const struct set *set = entry_set(entry, type);
	if (set == NULL)
		return;
	const struct extent *extent = (const void *)entry_data(entry, set);
	const uint8_t *record =
		(const uint8_t *)(extent + 1) + extent->group_count * sizeof(struct glue_group);
	const uint8_t *end = record + extent->records_size;
	for (; record < end; record += RECORD_HEAD + get_u16(record + 10))
		if (covered == 0 || get_u16(record + RECORD_HEAD) == covered)
			add_record(record, owner, ttl_max, reply, section);
}

void write_signatures(const struct entry *entry, uint16_t type, unsigned offset,
		      struct reply *reply, uint16_t *section)
{
	struct owner_name owner = owner_asked(reply, offset);
	add_records(entry, TYPE_RRSIG, type, &owner, AS_STORED, reply, section);
}

static void add_proof(const struct lookup *lookup, const struct entry *entry, uint16_t type,
		      struct reply *reply)
{
	struct owner_name owner = owner_of(lookup, entry, reply);
	add_records(entry, type, 0, &owner, AS_STORED, reply, &reply->authorities);
	add_records(entry, TYPE_RRSIG, type, &owner, AS_STORED, reply, &reply->authorities);
}

void write_cut_proof(const struct lookup *lookup, const struct entry *cut, struct reply *reply)
{
	add_proof(lookup, cut, entry_set(cut, TYPE_DS) != NULL ? TYPE_DS : TYPE_NSEC, reply);
}

static const uint8_t *chain_path(const struct chain *chain, uint32_t i)
{
	return (const uint8_t *)chain + chain->offsets[i];
}

/* Adds the NSEC of the last name that is not behind the path: it says that nothing is between it and the next. */
static const struct entry *add_cover(const struct lookup *lookup, const uint8_t *path,
				     const struct entry *known, struct reply *reply)
{
	const struct chain *chain = state_of(lookup)->chain;
	uint32_t low = 0, high = chain == NULL ? 0 : chain->count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (path_compare(chain_path(chain, middle), path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	uint8_t key[DNS_NAME_MAX], size = key_of_path(chain_path(chain, low - 1), key);
	const struct entry *entry = find_key(lookup, key, size);
	if (entry != NULL && entry != known)
		add_proof(lookup, entry, TYPE_NSEC, reply);
	return entry;
}

static const struct entry *cover_name(const struct lookup *lookup, const struct entry *known,
				      struct reply *reply)
{
	uint8_t path[PATH_MAX_SIZE];
	path_of_name(lookup->lower, lookup->name_size, lookup->zone->size, path);
	return add_cover(lookup, path, known, reply);
}

static void cover_wildcard(const struct lookup *lookup, unsigned encloser_at,
			   const struct entry *known, struct reply *reply)
{
	uint8_t path[PATH_MAX_SIZE];
	const struct zone *zone = lookup->zone;
	size_t size = path_of_name(lookup->lower + encloser_at, lookup->name_size - encloser_at,
				   zone->size, path);
	memcpy(path + size - 1, "\1*", 3);
	add_cover(lookup, path, known, reply);
}

/* The SOA is there already; its signature lives no longer than it. */
static void sign_denial(const struct lookup *lookup, struct reply *reply)
{
	const struct entry *apex = find_key(lookup, lookup->lower, 0);
	struct owner_name owner = owner_of(lookup, apex, reply);
	add_records(apex, TYPE_RRSIG, TYPE_SOA, &owner, state_of(lookup)->soa->denial_ttl, reply,
		    &reply->authorities);
}

enum answer_kind write_signed_absence(const struct lookup *lookup, unsigned encloser_at,
				      struct reply *reply)
{
	enum answer_kind kind = write_denial(lookup, reply, false, false);
	sign_denial(lookup, reply);
	const struct entry *known = cover_name(lookup, NULL, reply);
	cover_wildcard(lookup, encloser_at, known, reply);
	return kind;
}

static void sign_no_data(const struct lookup *lookup, const struct entry *entry, bool is_wildcard,
			 struct reply *reply)
{
	const struct entry *known = NULL;
	sign_denial(lookup, reply);
	if (entry_set(entry, TYPE_NSEC) != NULL) {
		add_proof(lookup, entry, TYPE_NSEC, reply);
		known = entry;
	}
	if (is_wildcard || known == NULL) /* an empty name has no NSEC: the one before it covers it */
		cover_name(lookup, known, reply);
}

static uint16_t type_written(const struct lookup *lookup, const struct entry *entry)
{
	bool is_own = lookup->type != TYPE_ANY && entry_set(entry, lookup->type) != NULL;
	return is_own ? lookup->type : entry->sets[0].type;
}

enum answer_kind write_signed(const struct lookup *lookup, const struct entry *entry,
			      bool is_wildcard, struct reply *reply)
{
	bool minimal = reply->minimal;
	reply->minimal = true; /* glue would stand in front of the signatures */
	enum answer_kind kind = write_entry(lookup, entry, reply);
	reply->minimal = minimal;
	if (reply->truncated)
		return kind;
	if (kind == ANSWER_NO_DATA) {
		sign_no_data(lookup, entry, is_wildcard, reply);
		return kind;
	}
	write_signatures(entry, type_written(lookup, entry), 0, reply, &reply->answers);
	if (!is_wildcard)
		return kind;
	cover_name(lookup, NULL, reply);
	return ANSWER_FOUND; /* an alias ends here: the proof stands behind it, who asked goes on alone */
}
