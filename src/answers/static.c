/* SPDX-License-Identifier: Apache-2.0 */
/* Answers from zone files: what lies at a name, and who answers for a name that is not there: the delegation, DNAME or
 * wildcard at the closest name above it that is (RFC 1034 4.3.2, RFC 4592, RFC 6672). */
#include <assert.h>
#include <string.h>

#include "zone_load.h"

/* Where the name without its first `skip` labels begins; the apex has no label offset of its own in a root zone. */
static unsigned suffix_at(const struct lookup *lookup, unsigned skip)
{
	return skip < lookup->label_count ? lookup->labels[skip] : lookup->name_size - 1u;
}

static const struct entry *find_above(const struct lookup *lookup, unsigned skip)
{
	unsigned at = suffix_at(lookup, skip);
	return find_key(lookup, lookup->lower + at,
			(uint8_t)(lookup->name_size - lookup->zone->size - at));
}

/* No name is deeper than the zone's deepest, however many labels a question has. */
static const struct entry *closest_encloser(const struct lookup *lookup, uint8_t depth,
					    unsigned *ret_skip)
{
	unsigned apex = lookup->label_count - lookup->zone->labels;
	unsigned skip = apex > depth ? apex - depth : 1;
	const struct entry *entry;
	while ((entry = find_above(lookup, skip)) == NULL) { /* the apex is always there */
		assert(skip < apex);
		skip++;
	}
	*ret_skip = skip;
	return entry;
}

static const struct entry *find_wildcard(const struct lookup *lookup, unsigned skip)
{
	uint8_t key[DNS_NAME_MAX] = "\1*";
	unsigned at = suffix_at(lookup, skip);
	size_t size = lookup->name_size - lookup->zone->size - at;
	memcpy(key + 2, lookup->lower + at, size);
	return find_key(lookup, key, (uint8_t)(2 + size));
}

/* NS in authority, with their glue: a way in that is cut is no way in (RFC 9471). */
static enum answer_kind write_referral(const struct lookup *lookup, const struct entry *cut,
				       unsigned skip, struct reply *reply)
{
	const struct set *set = entry_set(cut, TYPE_NS);
	const struct extent *extent = (const void *)entry_data(cut, set);
	uint16_t owner_at = reply->owner_at, answers = reply->answers,
		 additionals = reply->additionals;
	bool minimal = reply->minimal;
	if (wants_signatures(lookup))
		write_cut_proof(lookup, cut, reply);
	reply->owner_at = (uint16_t)(owner_at + suffix_at(lookup, skip));
	reply->minimal = false;
	write_set(lookup, cut, set, reply);
	reply->owner_at = owner_at;
	reply->minimal = minimal;
	reply->authorities += reply->answers - answers;
	reply->answers = answers;
	reply->truncated |= (uint16_t)(reply->additionals - additionals) < extent->glue_count;
	reply->rcode = RCODE_NOERROR;
	return ANSWER_REFERRAL;
}

/* The question's name with the DNAME's owner replaced by its target. */
static bool substitute(const struct lookup *lookup, unsigned skip, const uint8_t *target,
		       uint8_t ret_name[DNS_NAME_MAX], size_t *ret_size)
{
	size_t front = suffix_at(lookup, skip), size = name_size(target);
	if (front + size > DNS_NAME_MAX)
		return false;
	memcpy(ret_name, lookup->lower, front);
	memcpy(ret_name + front, target, size);
	*ret_size = front + size;
	return true;
}

/* The DNAME, its signature, and the CNAME that it makes, which nobody signs (RFC 6672 3). */
static enum answer_kind write_dname(const struct lookup *lookup, const struct entry *entry,
				    unsigned skip, struct reply *reply)
{
	const struct set *set = entry_set(entry, TYPE_DNAME);
	const uint8_t *record =
		(const uint8_t *)((const struct extent *)(const void *)entry_data(entry, set) + 1);
	uint16_t owner_at = reply->owner_at;
	uint8_t target[DNS_NAME_MAX];
	size_t size;
	reply->owner_at = (uint16_t)(owner_at + suffix_at(lookup, skip));
	write_set(lookup, entry, set, reply);
	reply->owner_at = owner_at;
	if (wants_signatures(lookup))
		write_signatures(entry, TYPE_DNAME, suffix_at(lookup, skip), reply, &reply->answers);
	if (!substitute(lookup, skip, record + 12, target, &size)) {
		reply->rcode = RCODE_YXDOMAIN;
		return ANSWER_BROKEN;
	}
	reply->alias = NULL;
	reply->rcode = RCODE_NOERROR;
	enum answer_kind kind =
		lookup->type == TYPE_CNAME || lookup->type == TYPE_ANY ? ANSWER_FOUND : ANSWER_ALIAS;
	if (reply->truncated || 12 + size > reply_room(reply)) {
		reply->truncated = true;
		return kind;
	}
	uint8_t *at = reply->packet + reply->at;
	put_u16(at, (uint16_t)(0xc000 | owner_at));
	put_u16(at + 2, TYPE_CNAME);
	memcpy(at + 4, record + 4, 6); /* class and TTL */
	put_u16(at + 10, (uint16_t)size);
	memcpy(at + 12, target, size);
	reply->alias_at = (uint16_t)(reply->at + 12);
	reply->at += (uint32_t)(12 + size);
	reply->answers++;
	return kind;
}

/* Nothing lies at the name. */
static enum answer_kind write_absence(const struct lookup *lookup, struct reply *reply)
{
	const struct zone_state *state = &lookup->edition->states[lookup->zone->index];
	bool is_signed = wants_signatures(lookup);
	if (__builtin_expect(!state->has_cuts && !state->has_wildcards && !is_signed, 1))
		return write_denial(lookup, reply, false, false);
	unsigned skip;
	const struct entry *above = closest_encloser(lookup, state->depth, &skip);
	if (above->flags & ENTRY_CUT)
		return write_referral(lookup, above, skip, reply);
	if (entry_set(above, TYPE_DNAME) != NULL)
		return write_dname(lookup, above, skip, reply);
	const struct entry *wildcard = state->has_wildcards ? find_wildcard(lookup, skip) : NULL;
	if (wildcard == NULL)
		return is_signed ? write_signed_absence(lookup, suffix_at(lookup, skip), reply)
				 : write_denial(lookup, reply, false, false);
	if (reply->owner_at == DNS_HEADER_SIZE)
		reply->wildcard = (uint8_t)(skip + 1);
	return is_signed ? write_signed(lookup, wildcard, true, reply)
			 : write_entry(lookup, wildcard, reply);
}

enum answer_kind write_static(const struct lookup *lookup, const struct entry *entry,
			      struct reply *reply)
{
	if (entry == NULL)
		return write_absence(lookup, reply);
	/* The parent speaks of the delegation itself (RFC 4035 3.1.4.1). */
	bool is_of_parent = lookup->type == TYPE_DS || lookup->type == TYPE_NSEC;
	if (entry->flags & ENTRY_CUT && !is_of_parent)
		return write_referral(lookup, entry, 0, reply);
	if (wants_signatures(lookup))
		return write_signed(lookup, entry, false, reply);
	return write_entry(lookup, entry, reply);
}
