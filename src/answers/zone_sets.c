/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of a name, laid out as they are sent, and the addresses that go with them: in groups of
 * one target and type, which a short reply leaves out whole. */
#include <string.h>

#include "zone_load.h"

enum { GLUE_MAX = 16 << 10, POINTER_MAX = 0x4000 };

static void add_glue_set(struct compile *compile, const struct node *node, uint16_t type,
			 size_t target_at)
{
	struct glue_group group = { 0 };
	size_t from = compile->glue.size;
	for (size_t i = 0; i < node->count; i++) {
		const struct rr *rr = &node->rrs[i];
		if (rr->type != type || compile->glue.size > GLUE_MAX)
			continue;
		size_t at = compile->glue.size;
		record_add(&compile->glue, type, rr->ttl, rr->rdata, rr->size);
		put_u16((uint8_t *)compile->glue.data + at, (uint16_t)(0xc000 | target_at));
		group.count++;
	}
	group.size = (uint16_t)(compile->glue.size - from);
	if (group.count > 0)
		text_add_n(&compile->groups, &group, sizeof group);
}

static bool is_earlier_target(const struct rr *first, const struct rr *rr, size_t name_at)
{
	for (; first < rr; first++)
		if (name_equal_fold(first->rdata + name_at, rr->rdata + name_at))
			return true;
	return false;
}

/* Addresses of a target in the zone, occluded or not: with a name server below its own cut they are the way in. */
static void add_glue(struct compile *compile, const struct rr *first, const struct rr *rr,
		     size_t record_at)
{
	const struct zone *zone = compile->zone;
	size_t name_at = (size_t)rdata_name_at(rr->type);
	size_t target_at = DNS_HEADER_SIZE + compile->draft.key_size + zone->size + 4u + record_at +
			   12 + name_at;
	const uint8_t *target = rr->rdata + name_at;
	uint8_t path[PATH_MAX_SIZE];
	if (target_at >= POINTER_MAX || !name_is_under(target, zone->name) ||
	    is_earlier_target(first, rr, name_at))
		return;
	path_of_name(target, name_size(target), zone->size, path);
	if (!load_find(compile->load, path, &compile->load->other))
		return;
	add_glue_set(compile, &compile->load->other, TYPE_A, target_at);
	add_glue_set(compile, &compile->load->other, TYPE_AAAA, target_at);
}

static bool has_glue(uint16_t type)
{
	return type == TYPE_NS || type == TYPE_MX || type == TYPE_SRV;
}

static void add_records(struct compile *compile, const struct rr *rrs, size_t count)
{
	text_clear(&compile->records);
	text_clear(&compile->glue);
	text_clear(&compile->groups);
	for (size_t i = 0; i < count; i++) {
		size_t record_at = compile->records.size;
		record_add(&compile->records, rrs[i].type, rrs[i].ttl, rrs[i].rdata, rrs[i].size);
		if (has_glue(rrs[i].type))
			add_glue(compile, rrs, &rrs[i], record_at);
	}
}

void compile_set(struct compile *compile, const struct rr *rrs, size_t count)
{
	struct draft *draft = &compile->draft;
	uint16_t type = rrs[0].type;
	if (type == TYPE_SOA) {
		draft_raw(draft, TYPE_SOA, SET_TYPE_SOA, 1, "", 0);
		return;
	}
	add_records(compile, rrs, count);
	if (type == TYPE_A || type == TYPE_AAAA) {
		draft_fixed(draft, type, (uint16_t)count,
			    record_address_size(type == TYPE_A ? 4 : 6), compile->records.data);
		return;
	}
	const struct glue_group *groups = (const void *)compile->groups.data;
	size_t group_count = compile->groups.size / sizeof *groups, glue_count = 0;
	for (size_t i = 0; i < group_count; i++)
		glue_count += groups[i].count;
	draft_extent(draft, type, (uint16_t)count, &compile->records, groups, (uint16_t)group_count,
		     (uint16_t)glue_count, &compile->glue);
}
