/* SPDX-License-Identifier: Apache-2.0 */
/* What a zone file may not say. Here every error of a load is found, so that nothing is changed by a bad one. */
#include <string.h>

#include "zone_load.h"

enum { TYPE_NSEC3PARAM = 51, SOA_NUMBERS = 20, RRSIG_FIXED = 18 };

/* Where a name in rdata ends; 0: it is none, or too long. */
static size_t name_end(const struct rr *rr, size_t at)
{
	size_t start = at;
	while (at < rr->size && rr->rdata[at] != 0) {
		if (rr->rdata[at] > DNS_LABEL_MAX)
			return 0;
		at += 1u + rr->rdata[at];
	}
	return at < rr->size && at + 1 - start <= DNS_NAME_MAX ? at + 1 : 0;
}

static bool is_whole(const struct rr *rr)
{
	int name_at = rdata_name_at(rr->type);
	if (name_at >= 0)
		return rr->size > 0 && name_end(rr, (size_t)name_at) == rr->size;
	switch (rr->type) {
	case TYPE_A:
		return rr->size == 4;
	case TYPE_AAAA:
		return rr->size == 16;
	case TYPE_SOA: {
		size_t rname = name_end(rr, 0), numbers = rname == 0 ? 0 : name_end(rr, rname);
		return numbers != 0 && numbers + SOA_NUMBERS == rr->size;
	}
	case TYPE_RRSIG:
		return rr->size > RRSIG_FIXED && name_end(rr, RRSIG_FIXED) != 0;
	}
	return true;
}

bool rules_check_record(const struct rr *rr, struct error *error)
{
	char type[16];
	dns_type_print(rr->type, type);
	if (rr->type == TYPE_NSEC3 || rr->type == TYPE_NSEC3PARAM)
		return error_set(error, "NSEC3 is not supported: sign the zone with NSEC");
	if (rr->type == 0 || rr->type == TYPE_OPT || (rr->type >= 128 && rr->type <= 255))
		return error_set(error, "%s is no type of records", type);
	return is_whole(rr) || error_set(error, "%s: malformed data", type);
}

bool is_wildcard_label(const uint8_t *label)
{
	return label[0] == 1 && label[1] == '*';
}

static bool fail(const struct zone_load *load, const uint8_t *path, struct error *error,
		 const char *what)
{
	uint8_t name[DNS_NAME_MAX];
	char text[NAME_TEXT_SIZE];
	size_t size = key_of_path(path, name);
	memcpy(name + size, load->origin, load->origin_size);
	name_print(name, text);
	return error_set(error, "%.600s: %s", text, what);
}

static size_t count_of(const struct node *node, uint16_t type)
{
	size_t count = 0;
	for (size_t i = 0; i < node->count; i++)
		count += node->rrs[i].type == type;
	return count;
}

/* Types that stand at a name beside whatever is there (RFC 4034 3, 4). */
static size_t count_proofs(const struct node *node)
{
	return count_of(node, TYPE_RRSIG) + count_of(node, TYPE_NSEC);
}

static const char *check_kinds(const struct node *node, bool is_apex)
{
	size_t aliases = count_of(node, TYPE_CNAME), soas = count_of(node, TYPE_SOA);
	if (aliases > 1)
		return "more than one CNAME";
	if (aliases == 1 && node->count > 1 + count_proofs(node))
		return "a CNAME and other records";
	if (count_of(node, TYPE_DNAME) > 1)
		return "more than one DNAME";
	if (soas > 0 && !is_apex)
		return "a SOA that is not at the top of the zone";
	return soas > 1 ? "more than one SOA" : NULL;
}

static const char *check_size(const struct node *node)
{
	size_t bytes = 0, sets = 0;
	for (size_t i = 0; i < node->count; i++) {
		bytes += 12u + node->rrs[i].size;
		sets += i == 0 || node->rrs[i].type != node->rrs[i - 1].type;
	}
	if (sets > COUNT_OF(((struct draft *)NULL)->sets))
		return "too many types at one name";
	return bytes > NODE_BYTES_MAX ? "too many records at one name" : NULL;
}

/* What queries must know of the zone as a whole. */
static void note(struct zone_load *load, const struct node *node)
{
	struct zone_state *state = &load->state;
	unsigned depth = 0;
	bool is_wildcard = false;
	for (const uint8_t *label = node->path; *label != 0; label += 1 + *label) {
		is_wildcard = is_wildcard_label(label);
		state->has_wildcards |= is_wildcard;
		depth++;
	}
	if (depth > state->depth)
		state->depth = (uint8_t)depth;
	state->has_cuts |= count_of(node, TYPE_DNAME) > 0 ||
			   (depth > 0 && !is_wildcard && count_of(node, TYPE_NS) > 0);
	state->has_signatures |= count_of(node, TYPE_RRSIG) > 0;
	load->name_count++;
}

bool rules_check(struct zone_load *load, struct error *error)
{
	size_t position = 0;
	bool has_soa = false;
	while (load_next(load, &position, &load->node)) {
		const struct node *node = &load->node;
		const char *problem = check_kinds(node, node->path[0] == 0);
		if (problem == NULL)
			problem = check_size(node);
		if (problem != NULL)
			return fail(load, node->path, error, problem);
		has_soa |= count_of(node, TYPE_SOA) > 0;
		note(load, node);
	}
	return has_soa || fail(load, (const uint8_t *)"", error, "no SOA");
}
