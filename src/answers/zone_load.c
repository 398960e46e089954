/* SPDX-License-Identifier: Apache-2.0 */
/* The spool of a load: records as they come, in runs of one owner, 8 bytes beside what they say. Files may name their
 * owners in any order, so the runs are sorted before they are read again. */
#include <assert.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "static.h"

enum {
	TTL_MAX = 0x7fffffff, /* RFC 2181 8 */
	TRIM_FROM = 1 << 20,  /* a spool that is worth telling the system that it is gone */
};

struct spooled { uint16_t type, size; uint32_t ttl; };

struct zone_load *zone_load_begin(struct catalog *catalog, const char *origin)
{
	struct zone_load *load = mem_zalloc(sizeof *load);
	bool is_name = name_parse(origin, load->origin, &load->origin_size);
	assert(is_name && catalog->table == NULL);
	(void)is_name;
	name_lower(load->origin, load->origin_size);
	load->catalog = catalog;
	load->origin_text = mem_text(origin);
	load->is_sorted = true;
	return load;
}

static void node_done(struct node *node)
{
	mem_free(node->rrs);
}

void load_free(struct zone_load *load)
{
	if (load == NULL)
		return;
	text_done(&load->spool);
	mem_free(load->runs);
	node_done(&load->node);
	node_done(&load->other);
	mem_free(load->origin_text);
	mem_free(load);
}

void zone_load_abandon(struct zone_load *load)
{
	load_free(load);
}

void load_close_run(struct zone_load *load)
{
	if (load->run_count > 0)
		text_add_n(&load->spool, &(uint16_t){ 0 }, sizeof(uint16_t));
}

static void open_run(struct zone_load *load, const uint8_t *path, size_t size)
{
	load_close_run(load);
	if (load->run_count > 0)
		load->is_sorted &= path_compare(load->last, path) < 0;
	if (load->run_count == load->run_room) {
		load->run_room = load->run_room == 0 ? 256 : load->run_room * 2;
		load->runs = mem_realloc(load->runs, load->run_room * sizeof *load->runs);
	}
	load->runs[load->run_count++] = (uint32_t)load->spool.size;
	text_add_n(&load->spool, path, size);
	memcpy(load->last, path, size);
}

bool zone_load_add(struct zone_load *load, const uint8_t *owner, uint16_t type, uint32_t ttl, const uint8_t *rdata,
		   uint16_t rdata_size, struct error *error)
{
	struct rr rr = { .type = type, .size = rdata_size, .rdata = rdata };
	uint8_t path[PATH_MAX_SIZE];
	if (!name_is_under(owner, load->origin)) {
		char text[NAME_TEXT_SIZE];
		name_print(owner, text);
		return error_set(error, "%s is not in the zone %s", text, load->origin_text);
	}
	if (!rules_check_record(&rr, error))
		return false;
	if (load->spool.size + PATH_MAX_SIZE + sizeof(struct spooled) + rdata_size > UINT32_MAX)
		return error_set(error, "%s: a zone of more than 4 GB", load->origin_text);
	size_t size = path_of_name(owner, name_size(owner), load->origin_size, path);
	if (load->run_count == 0 || path_compare(load->last, path) != 0)
		open_run(load, path, size);
	struct spooled head = { .type = type, .size = rdata_size, .ttl = ttl < TTL_MAX ? ttl : TTL_MAX };
	text_add_n(&load->spool, &head, sizeof head);
	text_add_n(&load->spool, rdata, rdata_size);
	return true;
}

static const uint8_t *run_path(const struct zone_load *load, size_t run)
{
	return (const uint8_t *)load->spool.data + load->runs[run];
}

/* Runs of one name stay in the order of the file. */
static int by_path(const void *a, const void *b, void *context)
{
	const uint8_t *spool = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = path_compare(spool + left, spool + right);
	return order != 0 ? order : (left > right) - (left < right);
}

void load_sort(struct zone_load *load)
{
	if (!load->is_sorted)
		qsort_r(load->runs, load->run_count, sizeof *load->runs, by_path, load->spool.data);
}

/* ---- reading names again ---- */

int rdata_name_at(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		return 0;
	case TYPE_MX:
		return 2;
	case TYPE_SRV:
		return 6;
	}
	return -1;
}

static int by_bytes(const uint8_t *a, const uint8_t *b, size_t size, bool fold)
{
	if (!fold)
		return memcmp(a, b, size);
	uint8_t left[DNS_NAME_MAX], right[DNS_NAME_MAX];
	memcpy(left, a, size);
	memcpy(right, b, size);
	name_lower(left, size);
	name_lower(right, size);
	return memcmp(left, right, size);
}

/* By type and data; a name in the data that differs in case is the same name. */
static int by_content(const void *a, const void *b)
{
	const struct rr *left = a, *right = b;
	if (left->type != right->type)
		return (int)left->type - (int)right->type;
	if (left->size != right->size)
		return (int)left->size - (int)right->size;
	int name_at = rdata_name_at(left->type);
	size_t fixed = name_at < 0 ? left->size : (size_t)name_at;
	int order = by_bytes(left->rdata, right->rdata, fixed, false);
	if (order == 0)
		order = by_bytes(left->rdata + fixed, right->rdata + fixed, left->size - fixed, true);
	return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static bool is_twice(const struct rr *a, const struct rr *b)
{
	struct rr same = *b;
	same.order = a->order;
	return by_content(a, &same) == 0;
}

static int by_order(const void *a, const void *b)
{
	const struct rr *left = a, *right = b;
	if (left->type != right->type)
		return (int)left->type - (int)right->type;
	return (left->order > right->order) - (left->order < right->order);
}

/* A set has one TTL, the lowest (RFC 2181 5.2). Signatures of different sets are sets of their own. */
static void settle_ttl(struct rr *rrs, size_t count)
{
	uint32_t ttl = rrs[0].ttl;
	for (size_t i = 1; i < count; i++)
		ttl = rrs[i].ttl < ttl ? rrs[i].ttl : ttl;
	for (size_t i = 0; i < count && rrs[0].type != TYPE_RRSIG; i++)
		rrs[i].ttl = ttl;
}

static void node_settle(struct node *node)
{
	if (node->count < 2)
		return;
	qsort(node->rrs, node->count, sizeof *node->rrs, by_content);
	for (size_t from = 0, end; from < node->count; from = end) {
		for (end = from + 1; end < node->count && node->rrs[end].type == node->rrs[from].type;)
			end++;
		settle_ttl(node->rrs + from, end - from);
	}
	size_t kept = 1;
	for (size_t i = 1; i < node->count; i++)
		if (!is_twice(&node->rrs[kept - 1], &node->rrs[i]))
			node->rrs[kept++] = node->rrs[i];
	node->count = kept;
	qsort(node->rrs, node->count, sizeof *node->rrs, by_order);
}

static void node_add_run(struct node *node, const uint8_t *at)
{
	struct spooled head;
	for (;; at += head.size) {
		memcpy(&head.type, at, sizeof head.type);
		if (head.type == 0)
			return;
		memcpy(&head, at, sizeof head);
		at += sizeof head;
		if (node->count == node->room) {
			node->room = node->room == 0 ? 16 : node->room * 2;
			node->rrs = mem_realloc(node->rrs, node->room * sizeof *node->rrs);
		}
		node->rrs[node->count] = (struct rr){ .type = head.type, .size = head.size, .ttl = head.ttl,
						      .order = (uint32_t)node->count, .rdata = at };
		node->count++;
	}
}

bool load_next(struct zone_load *load, size_t *position, struct node *ret_node)
{
	if (*position == load->run_count)
		return false;
	const uint8_t *path = run_path(load, *position);
	size_t size = path_size(path);
	ret_node->path = path;
	ret_node->count = 0;
	do
		node_add_run(ret_node, run_path(load, (*position)++) + size);
	while (*position < load->run_count && path_compare(path, run_path(load, *position)) == 0);
	node_settle(ret_node);
	return true;
}

bool load_find(struct zone_load *load, const uint8_t *path, struct node *ret_node)
{
	size_t low = 0, high = load->run_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (path_compare(run_path(load, middle), path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < load->run_count && path_compare(run_path(load, low), path) == 0 &&
	       load_next(load, &low, ret_node);
}

/* ---- the end of a load ---- */

static struct zone *zone_called(const struct catalog *catalog, const uint8_t *name)
{
	for (uint32_t i = 0; i < catalog->zone_count; i++)
		if (name_equal_fold(catalog->zones[i]->name, name))
			return (struct zone *)(uintptr_t)catalog->zones[i];
	return NULL;
}

bool zone_load_end(struct zone_load *load, struct error *error)
{
	load_close_run(load);
	load_sort(load);
	bool good = rules_check(load, error);
	if (good) {
		struct answers *answers = load->catalog->answers;
		struct zone *zone = zone_called(load->catalog, load->origin);
		if (zone == NULL) {
			zone = zone_new(answers, ZONE_STATIC, load->origin_text);
			catalog_add_zone(load->catalog, zone);
		}
		answers->touched |= load_compile(load, zone);
	}
	bool is_large = load->spool.size > TRIM_FROM;
	load_free(load);
	if (is_large)
		malloc_trim(0);
	return good;
}

void catalog_remove_zone(struct catalog *catalog, const char *origin)
{
	uint8_t name[DNS_NAME_MAX], size;
	struct zone *zone = name_parse(origin, name, &size) ? zone_called(catalog, name) : NULL;
	if (zone == NULL)
		return;
	struct answers *answers = catalog->answers;
	const struct zone_state *state = &answers->states[zone->index];
	retire_pooled(answers, (void *)(uintptr_t)state->soa, state->soa->class_);
	if (state->chain != NULL)
		retire_memory(answers, (void *)(uintptr_t)state->chain);
	retire_table(answers, zone->table);
	catalog_drop_zone(catalog, zone);
}
