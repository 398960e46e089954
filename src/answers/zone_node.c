/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a load, read back from its spool in order: a node is all that the file says at one name. */
#include <stdlib.h>
#include <string.h>

#include "zone_load.h"

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
		node->rrs[node->count] = (struct rr){ .type = head.type,
						      .size = head.size,
						      .ttl = head.ttl,
						      .order = (uint32_t)node->count,
						      .rdata = at };
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

bool node_has(const struct node *node, uint16_t type)
{
	for (size_t i = 0; i < node->count; i++)
		if (node->rrs[i].type == type)
			return true;
	return false;
}
