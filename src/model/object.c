/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: made, held and dropped.
 *
 * All that an object points to lives behind it in the same block. A lay_ function is run twice over
 * the same fields: first without memory, to measure, then with a block of that size, to copy. */
#include "knamed/model.h"

#include <assert.h>

#include "block.h"

const char *object_kind_name(enum object_kind kind)
{
	static const char *const names[OBJECT_KINDS] = {
		[OBJECT_NAMESPACE] = "Namespace",  [OBJECT_SERVICE] = "Service",
		[OBJECT_SLICE] = "EndpointSlice",  [OBJECT_POD] = "Pod",
		[OBJECT_IMPORT] = "ServiceImport",
	};
	return names[kind];
}

static void lay_head(struct block *block, struct object *head, enum object_kind kind)
{
	head->kind = kind;
	head->references = 1;
	head->sweep = 0;
	head->mark = 0;
	head->namespace_ = block_text(block, head->namespace_);
	head->name = block_text(block, head->name);
}

static void lay_namespace(struct block *block, const void *fields)
{
	struct namespace_ copy = *(const struct namespace_ *)fields;
	void *place = block_take(block, sizeof(copy), _Alignof(struct namespace_));

	lay_head(block, &copy.head, OBJECT_NAMESPACE);
	block_put(place, &copy, sizeof(copy));
}

static const struct external *lay_externals(struct block *block, const struct external *externals,
					    size_t count)
{
	struct external *place =
		block_take(block, count * sizeof(*externals), _Alignof(struct external));

	for (size_t i = 0; i < count; i++) {
		struct external copy = externals[i];
		copy.hostname = block_text(block, copy.hostname);
		block_put(place == NULL ? NULL : &place[i], &copy, sizeof(copy));
	}
	return place;
}

static void lay_service(struct block *block, const void *fields)
{
	struct service copy = *(const struct service *)fields;
	void *place = block_take(block, sizeof(copy), _Alignof(struct service));

	copy.ports = block_ports(block, copy.ports, copy.port_count);
	copy.addresses = block_addresses(block, copy.addresses, copy.address_count);
	if (copy.external_count > EXTERNALS_MOST)
		copy.external_count = EXTERNALS_MOST;
	copy.externals = copy.external_count == 0
				 ? NULL
				 : lay_externals(block, copy.externals, copy.external_count);
	lay_head(block, &copy.head, OBJECT_SERVICE);
	copy.external_name = block_text(block, copy.external_name);
	block_put(place, &copy, sizeof(copy));
}

static void lay_pod(struct block *block, const void *fields)
{
	struct pod copy = *(const struct pod *)fields;
	void *place = block_take(block, sizeof(copy), _Alignof(struct pod));

	copy.addresses = block_addresses(block, copy.addresses, copy.address_count);
	lay_head(block, &copy.head, OBJECT_POD);
	block_put(place, &copy, sizeof(copy));
}

static void lay_import(struct block *block, const void *fields)
{
	struct import copy = *(const struct import *)fields;
	void *place = block_take(block, sizeof(copy), _Alignof(struct import));

	copy.ports = block_ports(block, copy.ports, copy.port_count);
	copy.addresses = block_addresses(block, copy.addresses, copy.address_count);
	lay_head(block, &copy.head, OBJECT_IMPORT);
	block_put(place, &copy, sizeof(copy));
}

static struct object *object_lay(void (*lay)(struct block *, const void *), const void *fields)
{
	struct block block = { 0 };

	lay(&block, fields);
	size_t size = block.size;
	block = (struct block){ .start = mem_zalloc(size) };
	lay(&block, fields);
	assert(block.size == size);
	return (struct object *)block.start;
}

struct object *namespace_new(const char *name)
{
	return object_lay(lay_namespace, &(struct namespace_){ .head.name = name });
}

struct object *service_new(const struct service *fields)
{
	return object_lay(lay_service, fields);
}

struct object *pod_new(const struct pod *fields)
{
	return object_lay(lay_pod, fields);
}

struct object *import_new(const struct import *fields)
{
	return object_lay(lay_import, fields);
}

struct object *object_hold(const struct object *object)
{
	struct object *held = (struct object *)object; /* only the count changes */

	held->references++;
	return held;
}

void object_drop(const struct object *object)
{
	struct object *held = (struct object *)object;

	if (held == NULL)
		return;
	assert(held->references > 0);
	if (--held->references == 0)
		mem_free(held);
}
