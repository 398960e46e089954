/* SPDX-License-Identifier: Apache-2.0 */
/* transfer [ZONES...] { to ADDRESS...|*, source ADDRESS }: whole zones to other servers. */
#include <stdio.h>
#include <string.h>

#include "directives.h"
#include "knamed/dns.h"
#include "list.h"

static bool read_to(struct directive *directive, struct config_transfer *transfer, struct error *error)
{
	struct config_peers *peers = &transfer->to;
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 0; i < arguments.count; i++) {
		const char *text = argument(arguments, i);
		struct config_peer peer;
		if (strcmp(text, "*") == 0) {
			transfer->to_all = true;
			continue;
		}
		if (!directive_peer(directive, text, &peer, error))
			return false;
		peers->list =
			list_grow(directive->config->arena, peers->list, peers->count, sizeof(peer));
		peers->list[peers->count++] = peer;
	}
	return true;
}

/* CoreDNS says its name twice here. */
static bool fail_twice(const struct directive *directive, struct error *error, const char *sentence)
{
	struct error inner;
	directive_fail(directive, &inner, "%s", sentence);
	return error_set(error, "plugin/%s: %s", directive->name, inner.text);
}

static bool read_source(struct directive *directive, struct config_transfer *transfer,
			struct error *error)
{
	const char *text = directive_argument(directive, error);
	char sentence[160];
	if (text == NULL)
		return false;
	if (transfer->source.family != 0)
		return fail_twice(directive, error, "source already specified");
	if (ip_parse(text, &transfer->source))
		return true;
	snprintf(sentence, sizeof(sentence), "invalid source address \"%.100s\"", text);
	return fail_twice(directive, error, sentence);
}

static bool read_transfer_option(struct directive *directive, struct config_transfer *transfer,
				 struct error *error)
{
	char sentence[160];
	if (directive_is_at(directive, "to"))
		return read_to(directive, transfer, error);
	if (directive_is_at(directive, "source"))
		return read_source(directive, transfer, error);
	snprintf(sentence, sizeof(sentence), "unknown property \"%.100s\"", directive_text(directive));
	return fail_twice(directive, error, sentence);
}

static bool read_transfer(struct directive *directive, struct config_transfer *transfer,
			  struct error *error)
{
	struct arguments zones = directive_arguments(directive);
	if (!directive_zones(directive, zones, directive->block_zones, &transfer->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_transfer_option(directive, transfer, error))
			return false;
	return transfer->to_all || transfer->to.count > 0 ||
	       fail_twice(directive, error, "'to' is required");
}

bool directive_transfer_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_transfer transfer = { 0 };
		if (!read_transfer(directive, &transfer, error))
			return false;
		block->transfers = list_grow(directive->config->arena, block->transfers,
					     block->transfer_count, sizeof(transfer));
		block->transfers[block->transfer_count++] = transfer;
	}
	return true;
}

/* ---- which one ---- */

/* By labels: of two zones that hold a name the one with more of them is the longer one. */
static int labels_held(const struct config_zone *zone, const uint8_t *lower)
{
	uint8_t name[DNS_NAME_MAX], size;
	if (!name_parse(zone->text, name, &size) || !name_is_under(lower, name))
		return -1;
	return (int)name_label_count(name);
}

const struct config_transfer *config_transfer_find(const struct config_block *block,
						   const uint8_t *lower)
{
	const struct config_transfer *found = NULL;
	int most = -1;
	for (size_t i = 0; i < block->transfer_count; i++) {
		const struct config_transfer *transfer = &block->transfers[i];
		for (size_t k = 0; k < transfer->zones.count; k++) {
			int labels = labels_held(&transfer->zones.zones[k], lower);
			if (labels <= most)
				continue;
			most = labels;
			found = transfer;
		}
	}
	return found;
}
