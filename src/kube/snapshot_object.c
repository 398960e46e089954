/* SPDX-License-Identifier: Apache-2.0 */
/* One object of a snapshot. What the file's digest covers is believed no more than any other file:
 * every size and number is checked. */
#include <string.h>

#include "snapshot_form.h"

/* ---- octets ---- */

/* Once something is missing or wrong, it stays bad and gives zeros. */
struct cursor {
	const uint8_t *at, *end;
	bool is_bad;
};

static bool has(struct cursor *cursor, size_t size)
{
	cursor->is_bad |= (size_t)(cursor->end - cursor->at) < size;
	return !cursor->is_bad;
}

static uint64_t take_number(struct cursor *cursor, unsigned size)
{
	uint64_t number = 0;

	if (!has(cursor, size))
		return 0;
	for (unsigned i = 0; i < size; i++)
		number = number << 8 | cursor->at[i];
	cursor->at += size;
	return number;
}

/* A number that must be below `bound`. */
static unsigned take_below(struct cursor *cursor, unsigned size, unsigned bound)
{
	uint64_t number = take_number(cursor, size);

	cursor->is_bad |= number >= bound;
	return cursor->is_bad ? 0 : (unsigned)number;
}

static const char *take_text(struct cursor *cursor)
{
	size_t size = take_number(cursor, 2);
	const char *text = (const char *)cursor->at;

	if (!has(cursor, size + 1) || memchr(text, '\0', size + 1) != text + size) {
		cursor->is_bad = true;
		return "";
	}
	cursor->at += size + 1;
	return text;
}

static void take_address(struct cursor *cursor, struct ip *ret_ip)
{
	unsigned family = take_below(cursor, 1, 7), size = family == 4 ? 4 : 16;

	*ret_ip = (struct ip){ .family = (uint8_t)family };
	cursor->is_bad |= family != 4 && family != 6;
	if (!has(cursor, size))
		return;
	memcpy(ret_ip->bytes, cursor->at, size);
	cursor->at += size;
}

/* Room for all that a count promises is taken only if so many octets are there. */
static struct ip *take_addresses(struct cursor *cursor, uint8_t *ret_count)
{
	size_t count = take_number(cursor, 1);

	*ret_count = 0;
	if (!has(cursor, count * 5))
		return NULL;
	struct ip *list = mem_zalloc((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++)
		take_address(cursor, &list[i]);
	*ret_count = (uint8_t)count;
	return list;
}

static struct port *take_ports(struct cursor *cursor, uint16_t *ret_count)
{
	size_t count = take_number(cursor, 2);

	*ret_count = 0;
	if (!has(cursor, count * 7))
		return NULL;
	struct port *list = mem_zalloc((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i].name = take_text(cursor);
		list[i].number = (uint16_t)take_number(cursor, 2);
		list[i].has_number = take_below(cursor, 1, 2);
		list[i].protocol = (uint8_t)take_below(cursor, 1, PROTOCOL_OTHER + 1);
	}
	*ret_count = (uint16_t)count;
	return list;
}

static struct external *take_externals(struct cursor *cursor, uint16_t *ret_count)
{
	size_t count = take_below(cursor, 2, EXTERNALS_MOST + 1);

	*ret_count = 0;
	if (!has(cursor, count * 4))
		return NULL;
	struct external *list = mem_zalloc((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		if (take_below(cursor, 1, 2) == 1)
			take_address(cursor, &list[i].ip);
		list[i].hostname = take_text(cursor);
	}
	*ret_count = (uint16_t)count;
	return list;
}

/* ---- objects ---- */

static bool is_whole(const struct cursor *cursor)
{
	return !cursor->is_bad && cursor->at == cursor->end;
}

static struct object *take_service(struct cursor *cursor, const struct object *head)
{
	struct service service = { .head = *head };

	service.type = take_below(cursor, 1, SERVICE_EXTERNAL_NAME + 1);
	service.publish_not_ready = take_below(cursor, 1, 2);
	service.has_selector = take_below(cursor, 1, 2);
	service.listed_count = (uint8_t)take_number(cursor, 1);
	struct ip *addresses = take_addresses(cursor, &service.address_count);
	struct port *ports = take_ports(cursor, &service.port_count);
	service.external_name = take_text(cursor);
	struct external *externals = take_externals(cursor, &service.external_count);
	service.externals = externals;
	service.addresses = addresses;
	service.ports = ports;
	cursor->is_bad |= service.listed_count < service.address_count;
	struct object *object = is_whole(cursor) ? service_new(&service) : NULL;
	mem_free(addresses);
	mem_free(ports);
	mem_free(externals);
	return object;
}

static struct endpoint_text *take_endpoints(struct cursor *cursor, uint32_t *ret_count)
{
	size_t count = take_number(cursor, 4);

	*ret_count = 0;
	if (!has(cursor, count * 16))
		return NULL;
	struct endpoint_text *list = mem_zalloc((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count && !cursor->is_bad; i++) {
		cursor->is_bad |= take_number(cursor, 1) != 1;
		take_address(cursor, &list[i].address);
		uint64_t state = take_below(cursor, 1, 4);
		list[i].ready = state & 1;
		list[i].terminating = state >> 1;
		list[i].hostname = take_text(cursor);
		list[i].pod_name = take_text(cursor);
		list[i].zone = take_text(cursor);
	}
	*ret_count = (uint32_t)count;
	return list;
}

static struct object *take_slice(struct cursor *cursor, const struct object *head)
{
	struct slice slice = { .head = *head };

	slice.service = take_text(cursor);
	slice.import = take_text(cursor);
	slice.cluster = take_text(cursor);
	slice.address_type = take_below(cursor, 1, ADDRESS_OTHER + 1);
	struct port *ports = take_ports(cursor, &slice.port_count);
	struct endpoint_text *endpoints = take_endpoints(cursor, &slice.endpoint_count);
	slice.ports = ports;
	struct object *object = is_whole(cursor) ? slice_new(&slice, endpoints) : NULL;
	mem_free(ports);
	mem_free(endpoints);
	return object;
}

static struct object *take_pod(struct cursor *cursor, const struct object *head)
{
	struct pod pod = { .head = *head };
	struct ip *addresses = take_addresses(cursor, &pod.address_count);

	pod.addresses = addresses;
	struct object *object = is_whole(cursor) ? pod_new(&pod) : NULL;
	mem_free(addresses);
	return object;
}

static struct object *take_import(struct cursor *cursor, const struct object *head)
{
	struct import import = { .head = *head };

	import.type = take_below(cursor, 1, IMPORT_HEADLESS + 1);
	import.listed_count = (uint8_t)take_number(cursor, 1);
	struct ip *addresses = take_addresses(cursor, &import.address_count);
	struct port *ports = take_ports(cursor, &import.port_count);
	import.addresses = addresses;
	import.ports = ports;
	cursor->is_bad |= import.listed_count < import.address_count;
	struct object *object = is_whole(cursor) ? import_new(&import) : NULL;
	mem_free(addresses);
	mem_free(ports);
	return object;
}

struct object *snapshot_object_read(const uint8_t *bytes, size_t size)
{
	struct cursor all = { .at = bytes, .end = bytes + size }, *cursor = &all;
	struct object head = { .kind = take_below(cursor, 1, OBJECT_KINDS) }, *object = NULL;
	uint64_t version = take_number(cursor, 8);

	head.namespace_ = take_text(cursor);
	head.name = take_text(cursor);
	if (head.name[0] == '\0')
		return NULL;
	switch (head.kind) {
	case OBJECT_NAMESPACE:
		object = is_whole(cursor) ? namespace_new(head.name) : NULL;
		break;
	case OBJECT_SERVICE:
		object = take_service(cursor, &head);
		break;
	case OBJECT_SLICE:
		object = take_slice(cursor, &head);
		break;
	case OBJECT_POD:
		object = take_pod(cursor, &head);
		break;
	case OBJECT_IMPORT:
		object = take_import(cursor, &head);
		break;
	case OBJECT_KINDS:
		break;
	}
	if (object != NULL)
		object->version = version;
	return object;
}
