/* SPDX-License-Identifier: Apache-2.0 */
/* A random object in JSON. */
#include "given.h"

#include <string.h>

struct printer {
	struct text *text;
	struct dice *dice;
};

static void put_string(struct printer *printer, const char *string)
{
	text_add(printer->text, "\"");
	for (; *string != '\0'; string++) {
		bool is_plain = (uint8_t)*string >= 0x80 || dice_throw(printer->dice, 8) > 0;
		if (is_plain)
			text_add_n(printer->text, string, 1);
		else
			text_printf(printer->text, "\\u%04x", (unsigned)*string);
	}
	text_add(printer->text, "\"");
}

/* Every member has a comma behind it; what closes the mapping is a member of no meaning. */
static void put_key(struct printer *printer, const char *key)
{
	put_string(printer, key);
	text_add(printer->text, ":");
}

static void put_text(struct printer *printer, const char *key, const char *value)
{
	if (value == NULL && dice_throw(printer->dice, 2) == 0)
		return;
	put_key(printer, key);
	if (value == NULL)
		text_add(printer->text, "null");
	else
		put_string(printer, value);
	text_add(printer->text, ",");
}

static void put_bool(struct printer *printer, const char *key, int value)
{
	static const char *const words[] = { "null", "false", "true" };

	if (value >= 0 || dice_throw(printer->dice, 2) == 0) {
		put_key(printer, key);
		text_printf(printer->text, "%s,", words[value + 1]);
	}
}

static void put_integer(struct printer *printer, const char *key, int64_t value)
{
	if (value < 0 && dice_throw(printer->dice, 2) == 0)
		return;
	put_key(printer, key);
	if (value < 0)
		text_add(printer->text, "null,");
	else
		text_printf(printer->text, "%lld,", (long long)value);
}

static void open_mapping(struct printer *printer, const char *key)
{
	if (key != NULL)
		put_key(printer, key);
	text_add(printer->text, "{");
}

static void close_mapping(struct printer *printer)
{
	text_add(printer->text, "\"zz\":[{\"a\":[]},0.5,null]}");
}

static void put_pairs(struct printer *printer, const char *key, const struct given_pairs *pairs)
{
	put_key(printer, key);
	text_add(printer->text, "{");
	for (size_t i = 0; i < pairs->count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		put_key(printer, pairs->list[i].key);
		put_string(printer, pairs->list[i].value);
	}
	text_add(printer->text, "},");
}

static void put_texts(struct printer *printer, const char *key, const struct given_texts *texts)
{
	put_key(printer, key);
	text_add(printer->text, "[");
	for (size_t i = 0; i < texts->count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		put_string(printer, texts->list[i]);
	}
	text_add(printer->text, "],");
}

static void put_ports(struct printer *printer, const struct given *given)
{
	put_key(printer, "ports");
	text_add(printer->text, "[");
	for (size_t i = 0; i < given->port_count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		open_mapping(printer, NULL);
		put_text(printer, "name", given->ports[i].name);
		put_text(printer, "protocol", given->ports[i].protocol);
		put_integer(printer, "port", given->ports[i].number);
		close_mapping(printer);
	}
	text_add(printer->text, "],");
}

static void put_metadata(struct printer *printer, const struct given *given)
{
	open_mapping(printer, "metadata");
	put_text(printer, "name", given->name);
	put_text(printer, "namespace", given->namespace_);
	put_text(printer, "uid", given->uid);
	put_text(printer, "resourceVersion", given->version);
	put_pairs(printer, "labels", &given->labels);
	put_pairs(printer, "annotations", &given->annotations);
	put_text(printer, "deletionTimestamp", given->is_deleted ? "2024-02-29T00:00:00Z" : NULL);
	close_mapping(printer);
	text_add(printer->text, ",");
}

static void put_ingress(struct printer *printer, const struct given *given)
{
	open_mapping(printer, "status");
	open_mapping(printer, "loadBalancer");
	put_key(printer, "ingress");
	text_add(printer->text, "[");
	for (size_t i = 0; i < given->ingress_count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		open_mapping(printer, NULL);
		put_text(printer, "hostname", given->ingress[i].hostname);
		put_text(printer, "ip", given->ingress[i].ip);
		close_mapping(printer);
	}
	text_add(printer->text, "],");
	close_mapping(printer);
	text_add(printer->text, ",");
	close_mapping(printer);
	text_add(printer->text, ",");
}

static void put_service(struct printer *printer, const struct given *given)
{
	open_mapping(printer, "spec");
	put_text(printer, "type", given->type);
	put_text(printer, "externalName", given->external_name);
	put_text(printer, "clusterIP", given->cluster_ip);
	put_texts(printer, "clusterIPs", &given->cluster_ips);
	put_texts(printer, "externalIPs", &given->external_ips);
	put_pairs(printer, "selector", &given->selector);
	put_bool(printer, "publishNotReadyAddresses", given->publish);
	put_ports(printer, given);
	close_mapping(printer);
	text_add(printer->text, ",");
}

static void put_endpoint(struct printer *printer, const struct given_endpoint *endpoint)
{
	open_mapping(printer, NULL);
	put_texts(printer, "addresses", &endpoint->addresses);
	if (endpoint->has_conditions) {
		open_mapping(printer, "conditions");
		put_bool(printer, "ready", endpoint->ready);
		put_bool(printer, "serving", 1);
		put_bool(printer, "terminating", endpoint->terminating);
		close_mapping(printer);
		text_add(printer->text, ",");
	}
	put_text(printer, "hostname", endpoint->hostname);
	open_mapping(printer, "targetRef");
	put_text(printer, "kind", "Pod");
	put_text(printer, "name", endpoint->pod_name);
	close_mapping(printer);
	text_add(printer->text, ",");
	put_text(printer, "zone", endpoint->zone);
	close_mapping(printer);
}

static void put_slice(struct printer *printer, const struct given *given)
{
	put_text(printer, "addressType", given->address_type);
	put_key(printer, "endpoints");
	text_add(printer->text, "[");
	for (size_t i = 0; i < given->endpoint_count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		put_endpoint(printer, &given->endpoints[i]);
	}
	text_add(printer->text, "],");
	put_ports(printer, given);
}

static void put_pod(struct printer *printer, const struct given *given)
{
	open_mapping(printer, "status");
	put_text(printer, "phase", given->phase);
	put_text(printer, "podIP", given->pod_ip);
	put_key(printer, "podIPs");
	text_add(printer->text, "[");
	for (size_t i = 0; i < given->pod_ips.count; i++) {
		text_add(printer->text, i > 0 ? "," : "");
		open_mapping(printer, NULL);
		put_text(printer, "ip", given->pod_ips.list[i]);
		close_mapping(printer);
	}
	text_add(printer->text, "],");
	close_mapping(printer);
	text_add(printer->text, ",");
}

void given_print_json(const struct given *given, struct dice *dice, struct text *ret_text)
{
	struct printer printer = { ret_text, dice };

	open_mapping(&printer, NULL);
	if (dice_throw(dice, 2) == 0)
		put_text(&printer, "kind", object_kind_name(given->kind));
	put_metadata(&printer, given);
	if (given->kind == OBJECT_SERVICE) {
		put_service(&printer, given);
		if (given->ingress_count > 0 || dice_throw(dice, 2) == 0)
			put_ingress(&printer, given);
	}
	if (given->kind == OBJECT_SLICE)
		put_slice(&printer, given);
	if (given->kind == OBJECT_POD)
		put_pod(&printer, given);
	close_mapping(&printer);
}
