/* SPDX-License-Identifier: Apache-2.0 */
/* EndpointSlices are where the memory goes: a record per address, its strings in one pool per
 * slice.
 *
 * The strings of a slice repeat (three zones, host names that are pod names): the pool looks a new
 * string up among the ones it added last. */
#include "block.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct endpoint) <= 32, "150,000 of them");

enum { RECENT = 64 };

struct pool {
	struct text text;
	uint32_t recent[RECENT]; /* offsets by hash; 0: none */
};

static unsigned recent_slot(const char *string)
{
	uint32_t hash = 2166136261; /* FNV-1a: a collision only costs a second copy */

	for (; *string != '\0'; string++)
		hash = (hash ^ (uint8_t)*string) * 16777619;
	return (hash ^ hash >> 16) % RECENT;
}

static uint32_t pool_add(struct pool *pool, const char *string)
{
	if (string == NULL || string[0] == '\0')
		return 0;

	uint32_t *recent = &pool->recent[recent_slot(string)];
	if (*recent == 0 || strcmp(pool->text.data + *recent, string) != 0) {
		*recent = (uint32_t)pool->text.size;
		text_add_n(&pool->text, string, strlen(string) + 1);
	}
	return *recent;
}

static struct endpoint *endpoints_new(struct pool *pool, const struct endpoint_text *from, size_t count)
{
	struct endpoint *endpoints = mem_zalloc(count * sizeof(*endpoints));

	text_add_n(&pool->text, "", 1);
	for (size_t i = 0; i < count; i++) {
		endpoints[i].address = from[i].address;
		endpoints[i].ready = from[i].ready;
		endpoints[i].terminating = from[i].terminating;
		endpoints[i].hostname = pool_add(pool, from[i].hostname);
		endpoints[i].pod_name = pool_add(pool, from[i].pod_name);
		endpoints[i].zone = pool_add(pool, from[i].zone);
	}
	return endpoints;
}

static void lay_slice(struct block *block, const struct slice *fields, const struct text *strings)
{
	struct slice copy = *fields;
	void *place = block_take(block, sizeof(copy), _Alignof(struct slice));
	size_t endpoints_size = copy.endpoint_count * sizeof(*copy.endpoints);
	void *endpoints = block_take(block, endpoints_size, _Alignof(struct endpoint));

	block_put(endpoints, copy.endpoints, endpoints_size);
	copy.endpoints = endpoints;
	copy.ports = block_ports(block, copy.ports, copy.port_count);
	copy.head = (struct object){ .kind = OBJECT_SLICE, .references = 1 };
	copy.head.namespace_ = block_text(block, fields->head.namespace_);
	copy.head.name = block_text(block, fields->head.name);
	copy.service = block_text(block, copy.service);
	copy.import = block_text(block, copy.import);
	copy.cluster = block_text(block, copy.cluster);
	copy.strings = block_take(block, strings->size, 1);
	block_put((void *)copy.strings, strings->data, strings->size);
	block_put(place, &copy, sizeof(copy));
}

struct object *slice_new(const struct slice *fields, const struct endpoint_text *endpoints)
{
	struct pool pool = { 0 };
	struct slice slice = *fields;
	if (slice.port_count > SLICE_PORTS_MOST)
		slice.port_count = SLICE_PORTS_MOST;
	struct endpoint *records = endpoints_new(&pool, endpoints, slice.endpoint_count);
	struct block block = { 0 };

	slice.endpoints = records;
	lay_slice(&block, &slice, &pool.text);
	block = (struct block){ .start = mem_zalloc(block.size) };
	lay_slice(&block, &slice, &pool.text);
	mem_free(records);
	text_done(&pool.text);
	return (struct object *)block.start;
}
