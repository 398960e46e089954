/* SPDX-License-Identifier: Apache-2.0 */
/* A random object in protobuf. Things that mean nothing stand between the fields: others that
 * nobody knows, values that a later one replaces, messages in two parts. */
#include "given.h"

#include <string.h>

void put_varint(struct text *text, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		text_add_n(text, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

void put_number(struct text *text, unsigned field, uint64_t value)
{
	put_varint(text, (uint64_t)field << 3);
	put_varint(text, value);
}

void put_bytes(struct text *text, unsigned field, const void *bytes, size_t size)
{
	put_varint(text, (uint64_t)field << 3 | 2);
	put_varint(text, size);
	text_add_n(text, bytes, size);
}

void put_word(struct text *text, unsigned field, const char *word)
{
	if (word != NULL)
		put_bytes(text, field, word, strlen(word));
}

void put_message(struct text *text, unsigned field, struct text message)
{
	put_bytes(text, field, message.data, message.size);
	text_done(&message);
}

static void put_noise(struct dice *dice, struct text *text)
{
	switch (dice_throw(dice, 8)) {
	case 0:
		put_number(text, 200, UINT64_MAX);
		break;
	case 1:
		put_bytes(text, 536870911, "\0\xff", 2);
		break;
	case 2:
		put_varint(text, 300 << 3 | 1);
		text_add_n(text, "12345678", 8);
		break;
	case 3:
		put_varint(text, 300 << 3 | 5);
		text_add_n(text, "1234", 4);
		break;
	}
}

static void put_text(struct dice *dice, struct text *text, unsigned field, const char *word)
{
	put_noise(dice, text);
	if (word != NULL && dice_throw(dice, 8) == 0)
		put_word(text, field, "replaced");
	put_word(text, field, word);
}

/* One time in four, what stands so far becomes a message of its own. */
static void maybe_part(struct dice *dice, struct text *text, unsigned field, struct text *message)
{
	if (dice_throw(dice, 4) > 0)
		return;
	put_bytes(text, field, message->data, message->size);
	text_clear(message);
}

static void put_pairs(struct dice *dice, struct text *text, unsigned field,
		      const struct given_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		struct text entry = { 0 };
		bool has_key = pairs->list[i].key[0] != '\0' || dice_throw(dice, 2) == 0;
		bool has_value = pairs->list[i].value[0] != '\0' || dice_throw(dice, 2) == 0;
		bool is_turned = dice_throw(dice, 4) == 0;
		if (is_turned && has_value)
			put_text(dice, &entry, 2, pairs->list[i].value);
		if (has_key)
			put_text(dice, &entry, 1, pairs->list[i].key);
		if (!is_turned && has_value)
			put_text(dice, &entry, 2, pairs->list[i].value);
		put_message(text, field, entry);
	}
}

static void put_texts(struct dice *dice, struct text *text, unsigned field,
		      const struct given_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		put_noise(dice, text);
		put_word(text, field, texts->list[i]);
	}
}

static void put_ports(struct dice *dice, struct text *text, unsigned field, const struct given *given)
{
	for (size_t i = 0; i < given->port_count; i++) {
		struct text port = { 0 };
		put_text(dice, &port, 1, given->ports[i].name);
		put_text(dice, &port, 2, given->ports[i].protocol);
		if (given->ports[i].number >= 0)
			put_number(&port, 3, (uint64_t)given->ports[i].number);
		put_noise(dice, &port);
		put_message(text, field, port);
	}
}

static void put_metadata(struct dice *dice, struct text *text, const struct given *given)
{
	struct text metadata = { 0 };

	put_text(dice, &metadata, 1, given->name);
	put_text(dice, &metadata, 3, given->namespace_);
	maybe_part(dice, text, 1, &metadata);
	put_text(dice, &metadata, 5, given->uid);
	put_text(dice, &metadata, 6, given->version);
	if (given->is_deleted)
		put_bytes(&metadata, 9, "\x08\x01", 2);
	put_pairs(dice, &metadata, 11, &given->labels);
	maybe_part(dice, text, 1, &metadata);
	put_pairs(dice, &metadata, 12, &given->annotations);
	put_bytes(&metadata, 17, "\xff\xff\xff", 3); /* managedFields are not looked into */
	put_message(text, 1, metadata);
}

static void put_ingress(struct dice *dice, struct text *text, const struct given *given)
{
	struct text status = { 0 }, balancer = { 0 };

	for (size_t i = 0; i < given->ingress_count; i++) {
		struct text ingress = { 0 };
		put_text(dice, &ingress, 1, given->ingress[i].ip);
		put_text(dice, &ingress, 2, given->ingress[i].hostname);
		put_number(&ingress, 3, 1);
		put_message(&balancer, 1, ingress);
		maybe_part(dice, &status, 1, &balancer);
	}
	put_message(&status, 1, balancer);
	put_message(text, 3, status);
}

static void put_service(struct dice *dice, struct text *text, const struct given *given)
{
	struct text spec = { 0 };
	bool is_status_first = dice_throw(dice, 4) == 0;

	if (is_status_first)
		put_ingress(dice, text, given);
	put_ports(dice, &spec, 1, given);
	put_pairs(dice, &spec, 2, &given->selector);
	put_text(dice, &spec, 3, given->cluster_ip);
	maybe_part(dice, text, 2, &spec);
	put_text(dice, &spec, 4, given->type);
	put_texts(dice, &spec, 5, &given->external_ips);
	put_text(dice, &spec, 10, given->external_name);
	if (given->publish >= 0)
		put_number(&spec, 13, given->publish == 0 ? 0 : 1 + dice_throw(dice, 300));
	put_texts(dice, &spec, 18, &given->cluster_ips);
	put_message(text, 2, spec);
	if (!is_status_first)
		put_ingress(dice, text, given);
}

static void put_endpoint(struct dice *dice, struct text *text, const struct given_endpoint *endpoint)
{
	struct text message = { 0 }, conditions = { 0 }, target = { 0 };

	if (dice_throw(dice, 4) == 0)
		put_text(dice, &message, 7, endpoint->zone);
	put_texts(dice, &message, 1, &endpoint->addresses);
	if (endpoint->has_conditions && endpoint->ready >= 0)
		put_number(&conditions, 1, (uint64_t)endpoint->ready);
	maybe_part(dice, &message, 2, &conditions);
	put_number(&conditions, 2, 1);
	if (endpoint->has_conditions && endpoint->terminating >= 0)
		put_number(&conditions, 3, (uint64_t)endpoint->terminating);
	put_message(&message, 2, conditions);
	put_text(dice, &message, 3, endpoint->hostname);
	put_word(&target, 1, "Pod");
	put_text(dice, &target, 3, endpoint->pod_name);
	put_message(&message, 4, target);
	put_bytes(&message, 5, "\x0a\x01z", 3);
	put_word(&message, 6, "node");
	put_text(dice, &message, 7, endpoint->zone);
	put_message(text, 2, message);
}

static void put_slice(struct dice *dice, struct text *text, const struct given *given)
{
	for (size_t i = 0; i < given->endpoint_count; i++)
		put_endpoint(dice, text, &given->endpoints[i]);
	put_ports(dice, text, 3, given);
	put_text(dice, text, 4, given->address_type);
}

static void put_pod(struct dice *dice, struct text *text, const struct given *given)
{
	struct text status = { 0 };

	put_text(dice, &status, 1, given->phase);
	put_text(dice, &status, 6, given->pod_ip);
	maybe_part(dice, text, 3, &status);
	for (size_t i = 0; i < given->pod_ips.count; i++) {
		struct text ip = { 0 };
		put_text(dice, &ip, 1, given->pod_ips.list[i]);
		put_message(&status, 12, ip);
	}
	put_message(text, 3, status);
}

void given_print_protobuf(const struct given *given, struct dice *dice, struct text *ret_text)
{
	bool is_turned = dice_throw(dice, 4) == 0;

	if (!is_turned)
		put_metadata(dice, ret_text, given);
	put_noise(dice, ret_text);
	if (given->kind == OBJECT_SERVICE)
		put_service(dice, ret_text, given);
	if (given->kind == OBJECT_SLICE)
		put_slice(dice, ret_text, given);
	if (given->kind == OBJECT_POD)
		put_pod(dice, ret_text, given);
	if (is_turned)
		put_metadata(dice, ret_text, given);
}
