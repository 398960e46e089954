/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports: the same in every kind that has them. */
#include "decode.h"

#include <string.h>

enum protocol decode_protocol(const char *text)
{
	if (text[0] == '\0' || text_equal_fold(text, "TCP")) /* the API's default */
		return PROTOCOL_TCP;
	if (text_equal_fold(text, "UDP"))
		return PROTOCOL_UDP;
	return text_equal_fold(text, "SCTP") ? PROTOCOL_SCTP : PROTOCOL_OTHER;
}

/* More than 255 addresses of one object cannot be meant: the rest is left out. */
void addresses_add(struct addresses *addresses, const char *text)
{
	struct ip ip;

	if (addresses->count == UINT8_MAX || !ip_parse(text, &ip))
		return;
	addresses->listed += addresses->listed < UINT8_MAX;
	for (unsigned i = 0; i < addresses->count; i++)
		if (ip_equal(&addresses->list[i], &ip))
			return;
	addresses->list = mem_realloc(addresses->list, (addresses->count + 1u) * sizeof(ip));
	addresses->list[addresses->count++] = ip;
}

static bool read_address(struct fields *fields, const json_t *list, size_t index, const char *inner,
			 const char **ret_text)
{
	const json_t *object;

	if (inner == NULL)
		return item_text(fields, list, index, ret_text);
	if (!item_object(fields, list, index, &object))
		return false;
	field_enter_item(fields, index);
	if (!field_text(fields, object, inner, ret_text))
		return false;
	field_leave(fields);
	return true;
}

bool decode_addresses(struct fields *fields, const json_t *object, const char *key,
		      const char *inner, struct addresses *addresses)
{
	const json_t *list;
	const char *text;

	if (!field_list(fields, object, key, &list))
		return false;
	field_enter(fields, key);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_address(fields, list, i, inner, &text))
			return false;
		addresses_add(addresses, text);
	}
	field_leave(fields);
	return true;
}

static bool decode_port(struct fields *fields, const json_t *object, bool may_lack_number,
			struct port *ret_port)
{
	const char *protocol;

	if (!field_text(fields, object, "name", &ret_port->name) ||
	    !field_text(fields, object, "protocol", &protocol) ||
	    !field_port(fields, object, "port", &ret_port->number, &ret_port->has_number))
		return false;
	if (!ret_port->has_number && !may_lack_number)
		return field_expected(fields, "port", "a number 0..65535", NULL);
	ret_port->protocol = decode_protocol(protocol);
	return true;
}

bool decode_ports(struct fields *fields, const json_t *object, bool may_lack_number,
		  struct ports *ret_ports)
{
	const json_t *list, *item;

	if (!field_list(fields, object, "ports", &list))
		return false;
	field_enter(fields, "ports");
	size_t count = json_array_size(list);
	if (count > PORTS_MOST)
		return field_wrong(fields, "expected at most %d ports", PORTS_MOST);
	struct port *ports = mem_zalloc(count * sizeof(*ports));
	for (size_t i = 0; i < count; i++) {
		bool good = item_object(fields, list, i, &item);
		if (good) {
			field_enter_item(fields, i);
			good = decode_port(fields, item, may_lack_number, &ports[i]);
		}
		if (!good) {
			mem_free(ports);
			return false;
		}
		field_leave(fields);
	}
	field_leave(fields);
	*ret_ports = (struct ports){ ports, count };
	return true;
}
