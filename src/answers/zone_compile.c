/* SPDX-License-Identifier: Apache-2.0 */
/* From sorted names to the entries of a zone. Names come as a walk of the tree, parents first: what stands below a
 * delegation or a DNAME is left out on the way (it is glue at most), empty names between are put in (RFC 4592 2.2). */
#include <assert.h>
#include <string.h>

#include "zone_load.h"

static struct pool *pool_of(const struct compile *compile)
{
	return compile->load->catalog->pool;
}

static void put(struct compile *compile)
{
	struct entry *entry = draft_entry(&compile->draft);
	assert(entry != NULL); /* the rules have seen to it */
	table_put(compile->zone->table, entry, &compile->changed);
}

static bool is_delegation(const struct node *node)
{
	const uint8_t *leaf = node->path;
	while (*leaf != 0 && leaf[1 + *leaf] != 0)
		leaf += 1 + *leaf;
	return *leaf != 0 && !is_wildcard_label(leaf) && node_has(node, TYPE_NS);
}

/* Of a delegated name this zone has the way to it, and signs for what it says about it (RFC 4035 2.2). */
static bool is_said_at_cut(const struct rr *rr)
{
	uint16_t type = rr->type == TYPE_RRSIG ? get_u16(rr->rdata) : rr->type;
	return type == TYPE_DS || type == TYPE_NSEC || rr->type == TYPE_NS;
}

static void keep_said_at_cut(struct node *node)
{
	size_t kept = 0;
	for (size_t i = 0; i < node->count; i++)
		if (is_said_at_cut(&node->rrs[i]))
			node->rrs[kept++] = node->rrs[i];
	node->count = kept;
}

static void put_node(struct compile *compile, struct node *node)
{
	uint8_t key[DNS_NAME_MAX], key_size = key_of_path(node->path, key), flags = 0;
	if (is_delegation(node)) {
		keep_said_at_cut(node);
		flags = ENTRY_CUT;
	} else if (node_has(node, TYPE_CNAME)) {
		flags = ENTRY_ALIAS;
	}
	if (flags == ENTRY_CUT || node_has(node, TYPE_DNAME))
		compile->cut = node->path;
	draft_start(&compile->draft, pool_of(compile), key, key_size, flags);
	for (size_t from = 0, end; from < node->count; from = end) {
		for (end = from + 1; end < node->count && node->rrs[end].type == node->rrs[from].type;)
			end++;
		compile_set(compile, node->rrs + from, end - from);
	}
	put(compile);
}

static void put_empty(struct compile *compile, const uint8_t *path, unsigned depth)
{
	uint8_t above[PATH_MAX_SIZE], key[DNS_NAME_MAX];
	size_t size = path_skip(path, depth);
	memcpy(above, path, size);
	above[size] = 0;
	draft_start(&compile->draft, pool_of(compile), key, 0, 0);
	compile->draft.key_size = key_of_path(above, compile->draft.key);
	put(compile);
}

static void note_proof(struct compile *compile, const struct node *node)
{
	uint32_t offset = (uint32_t)compile->proof_paths.size;
	if (!node_has(node, TYPE_NSEC))
		return;
	text_add_n(&compile->proof_offsets, &offset, sizeof offset);
	text_add_n(&compile->proof_paths, node->path, path_size(node->path));
}

static void take_node(struct compile *compile, struct node *node)
{
	if (compile->cut != NULL && path_common(compile->cut, node->path) == path_depth(compile->cut))
		return;
	unsigned depth = path_depth(node->path);
	unsigned known = compile->before == NULL ? 0 : path_common(compile->before, node->path);
	for (unsigned above = known + 1; above < depth; above++)
		put_empty(compile, node->path, above);
	compile->before = node->path;
	note_proof(compile, node);
	put_node(compile, node);
}

/* ---- the zone as a whole ---- */

static const struct rr *soa_record(struct zone_load *load)
{
	load_find(load, (const uint8_t *)"", &load->node);
	const struct rr *rr = load->node.rrs;
	while (rr->type != TYPE_SOA)
		rr++;
	return rr;
}

static struct soa *soa_new(struct pool *pool, const struct rr *rr)
{
	uint8_t class_;
	uint32_t minimum = get_u32(rr->rdata + rr->size - 4);
	struct soa *soa = pool_take(pool, sizeof *soa + 10 + rr->size, &class_);
	soa->class_ = class_;
	soa->size = (uint16_t)(10 + rr->size);
	soa->ttl = rr->ttl;
	soa->denial_ttl = minimum < rr->ttl ? minimum : rr->ttl; /* RFC 2308 5 */
	put_u16(soa->bytes, TYPE_SOA);
	put_u16(soa->bytes + 2, CLASS_IN);
	put_u16(soa->bytes + 8, rr->size);
	memcpy(soa->bytes + 10, rr->rdata, rr->size);
	return soa;
}

static const struct soa *settle_soa(struct compile *compile, const struct soa *old)
{
	struct answers *answers = compile->load->catalog->answers;
	struct soa *soa = soa_new(compile->load->catalog->pool, soa_record(compile->load));
	if (old != NULL && old->size == soa->size && memcmp(old, soa, sizeof *soa + soa->size) == 0) {
		pool_give(compile->load->catalog->pool, soa, soa->class_);
		return old;
	}
	if (old != NULL)
		retire_pooled(answers, compile->load->catalog->pool, (void *)(uintptr_t)old,
			      old->class_);
	compile->changed = true;
	return soa;
}

static struct chain *chain_new(const struct compile *compile)
{
	const struct text *offsets = &compile->proof_offsets, *paths = &compile->proof_paths;
	if (offsets->size == 0)
		return NULL;
	struct chain *chain = mem_alloc(sizeof *chain + offsets->size + paths->size);
	chain->count = (uint32_t)(offsets->size / sizeof chain->offsets[0]);
	chain->size = (uint32_t)(sizeof *chain + offsets->size + paths->size);
	memcpy(chain->offsets, offsets->data, offsets->size);
	memcpy(chain->offsets + chain->count, paths->data, paths->size);
	for (uint32_t i = 0; i < chain->count; i++)
		chain->offsets[i] += (uint32_t)(sizeof *chain + offsets->size);
	return chain;
}

static const struct chain *settle_chain(struct compile *compile, const struct chain *old)
{
	struct chain *chain = chain_new(compile);
	bool is_same = old != NULL && chain != NULL && old->size == chain->size &&
		       memcmp(old, chain, old->size) == 0;
	if (is_same || old == chain) {
		mem_free(chain);
		return old;
	}
	if (old != NULL)
		retire_memory(compile->load->catalog->answers, (void *)(uintptr_t)old);
	compile->changed = true;
	return chain;
}

static void settle_state(struct compile *compile)
{
	struct zone_state *state = &compile->load->catalog->answers->states[compile->zone->index];
	struct zone_state next = compile->load->state;
	next.soa = settle_soa(compile, state->soa);
	next.chain = settle_chain(compile, state->chain);
	compile->changed |= next.depth != state->depth || next.has_cuts != state->has_cuts ||
			    next.has_wildcards != state->has_wildcards ||
			    next.has_signatures != state->has_signatures;
	*state = next;
}

bool load_compile(struct zone_load *load, struct zone *zone)
{
	struct compile compile = { .load = load, .zone = zone };
	size_t position = 0;
	table_reserve(zone->table, load->name_count);
	table_sweep_begin(zone->table);
	while (load_next(load, &position, &load->node))
		take_node(&compile, &load->node);
	compile.changed |= table_sweep_end(zone->table);
	settle_state(&compile);
	draft_done(&compile.draft);
	text_done(&compile.records);
	text_done(&compile.glue);
	text_done(&compile.groups);
	text_done(&compile.proof_offsets);
	text_done(&compile.proof_paths);
	return compile.changed;
}
