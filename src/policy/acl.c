/* SPDX-License-Identifier: Apache-2.0 */
#include "acl.h"

#include <stdlib.h>
#include <string.h>

#include "net_set.h"
#include "rule_text.h"
#include "zone_list.h"

struct rule {
	enum acl_action action;
	bool all_types, all_networks;
	uint8_t few_types[256 / 8]; /* bits: types below 256 */
	uint16_t *types;	    /* all of them, sorted */
	size_t type_count;
	struct net_set networks;
	const struct config_at *at;
	char *text; /* for clients; NULL: they are told nothing */
};
struct part {
	struct zone_list zones;
	struct rule *rules;
	size_t rule_count;
	size_t first_zone; /* how many zones the parts before this one have */
};
struct acl {
	struct part *parts;
	size_t count, zone_count;
	struct counts *counts[ACL_DROP + 1]; /* by action; NULL: not counted */
};

/* ---- counting ---- */

/* what: the zone, counted over all parts. */
static void write_stopped_labels(void *context, uint64_t what, const struct counts_place *place,
				 struct text *labels)
{
	const struct acl *acl = context;
	const struct part *part = &acl->parts[acl->count - 1];
	char zone[NAME_TEXT_SIZE];
	while (part->first_zone > what)
		part--;
	name_print(part->zones.names[what - part->first_zone], zone);
	metrics_label(labels, "server", place->server);
	metrics_label(labels, "view", place->view);
	metrics_label(labels, "zone", zone);
}

static void write_allowed_labels(void *context, uint64_t what, const struct counts_place *place,
				 struct text *labels)
{
	(void)context;
	(void)what;
	metrics_label(labels, "server", place->server);
	metrics_label(labels, "view", place->view);
}

static void declare_counts(struct acl *acl, struct metrics *metrics)
{
	static const char *const words[][2] = {
		[ACL_ALLOW] = { "coredns_acl_allowed_requests_total",
				"Counter of DNS requests being allowed." },
		[ACL_BLOCK] = { "coredns_acl_blocked_requests_total",
				"Counter of DNS requests being blocked." },
		[ACL_FILTER] = { "coredns_acl_filtered_requests_total",
				 "Counter of DNS requests being filtered." },
		[ACL_DROP] = { "coredns_acl_dropped_requests_total",
			       "Counter of DNS requests being dropped." },
	};
	for (unsigned i = 0; i < COUNT_OF(words); i++)
		acl->counts[i] =
			metrics_counts(metrics, words[i][0], words[i][1],
				       i == ACL_ALLOW ? write_allowed_labels : write_stopped_labels,
				       acl);
}

/* ---- compiling ---- */

static int compare_types(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static char *text_of(const struct config_acl_rule *config)
{
	static const char *const texts[] = {
		[ACL_ALLOW] = NULL, [ACL_BLOCK] = "acl blocks this client", [ACL_FILTER] = "acl leaves the answer out", [ACL_DROP] = NULL
	};
	const char *text = texts[config->action];
	return text != NULL ? rule_text(text, &config->at) : NULL;
}

static void rule_compile(struct rule *rule, const struct config_acl_rule *config)
{
	*rule = (struct rule){
		.action = config->action,
		.all_types = config->all_types,
		.all_networks = config->all_networks,
		.type_count = config->type_count,
		.at = &config->at,
		.text = text_of(config),
	};
	net_set_compile(config->networks, config->network_count, &rule->networks);
	if (config->type_count == 0)
		return;
	rule->types = mem_copy(config->types, config->type_count * sizeof(*config->types));
	qsort(rule->types, rule->type_count, sizeof(*rule->types), compare_types);
	for (size_t i = 0; i < rule->type_count && rule->types[i] < 256; i++)
		rule->few_types[rule->types[i] / 8] |= (uint8_t)(1u << rule->types[i] % 8);
}

static bool part_compile(struct part *part, const struct config_acl *config, struct error *error)
{
	part->rules = mem_zalloc((config->rule_count + 1) * sizeof(*part->rules));
	for (; part->rule_count < config->rule_count; part->rule_count++)
		rule_compile(&part->rules[part->rule_count], &config->rules[part->rule_count]);
	return zone_list_compile(&config->zones, &part->zones, error);
}

bool acl_compile(const struct config_block *block, struct metrics *metrics, struct acl **ret_acl,
		 struct error *error)
{
	struct acl *acl = mem_zalloc(sizeof(*acl));
	acl->parts = mem_zalloc((block->acl_count + 1) * sizeof(*acl->parts));
	while (acl->count < block->acl_count) {
		struct part *part = &acl->parts[acl->count];
		part->first_zone = acl->zone_count;
		if (!part_compile(part, &block->acls[acl->count++], error)) {
			acl_free(acl);
			return false;
		}
		acl->zone_count += part->zones.count;
	}
	if (metrics != NULL)
		declare_counts(acl, metrics);
	*ret_acl = acl;
	return true;
}

void acl_free(struct acl *acl)
{
	if (acl == NULL)
		return;
	for (unsigned i = 0; i < COUNT_OF(acl->counts); i++)
		counts_free(acl->counts[i]);
	for (size_t i = 0; i < acl->count; i++) {
		for (size_t j = 0; j < acl->parts[i].rule_count; j++) {
			mem_free(acl->parts[i].rules[j].types);
			mem_free(acl->parts[i].rules[j].text);
			net_set_done(&acl->parts[i].rules[j].networks);
		}
		mem_free(acl->parts[i].rules);
		zone_list_done(&acl->parts[i].zones);
	}
	mem_free(acl->parts);
	mem_free(acl);
}

bool acl_touches(const struct acl *acl, const uint8_t *zone)
{
	for (size_t i = 0; i < acl->count; i++)
		if (acl->parts[i].rule_count > 0 && zone_list_meets(&acl->parts[i].zones, zone))
			return true;
	return false;
}

/* ---- judging ---- */

static bool has_type(const struct rule *rule, uint16_t type)
{
	if (rule->all_types)
		return true;
	if (type < 256)
		return (rule->few_types[type / 8] >> type % 8 & 1) != 0;
	return rule->types != NULL && bsearch(&type, rule->types, rule->type_count,
					      sizeof(*rule->types), compare_types) != NULL;
}

static const struct rule *find_rule(const struct part *part, uint16_t type, const struct ip *ip)
{
	for (size_t i = 0; i < part->rule_count; i++) {
		const struct rule *rule = &part->rules[i];
		if (has_type(rule, type) && (rule->all_networks || net_set_holds(&rule->networks, ip)))
			return rule;
	}
	return NULL;
}

/* Parts are looked at in order until a rule of one fits; where none does questions are let through. */
static const struct rule *decide(const struct acl *acl, const struct dns_query *query,
				 const struct ip *ip, size_t *ret_zone)
{
	for (size_t i = 0; i < acl->count; i++) {
		const struct part *part = &acl->parts[i];
		size_t zone;
		if (!zone_list_find(&part->zones, query->lower, &zone))
			continue;
		const struct rule *rule = find_rule(part, query->type, ip);
		if (rule == NULL)
			continue;
		*ret_zone = part->first_zone + zone;
		return rule;
	}
	return NULL;
}

static enum policy_verdict settle(enum acl_action action, struct reply *reply)
{
	switch (action) {
	case ACL_ALLOW:
		break;
	case ACL_BLOCK:
		reply->rcode = RCODE_REFUSED;
		reply->extended_error = EDE_BLOCKED;
		return POLICY_ANSWERED;
	case ACL_FILTER:
		reply->extended_error = EDE_FILTERED;
		return POLICY_ANSWERED;
	case ACL_DROP:
		return POLICY_DROPPED;
	}
	return POLICY_PASS;
}

enum policy_verdict acl_judge(const struct acl *acl, const struct dns_query *query,
			      const struct client *client, struct reply *reply)
{
	const struct ip *ip = &client->ip;
	size_t zone = 0;
	const struct rule *rule = ip->family != 0 ? decide(acl, query, ip, &zone) : NULL;
	/* Whose address is not known is not let in. */
	enum acl_action action = ip->family != 0 ? ACL_ALLOW : ACL_BLOCK;
	if (rule != NULL) {
		action = rule->action;
		reply->rule = rule->at;
		reply->extended_text = rule->text;
	} else if (action == ACL_BLOCK) {
		reply->extended_text = "acl blocks clients without an address";
	}
	if (client->meter != METER_NONE && acl->counts[action] != NULL)
		counts_add(acl->counts[action], client->meter, zone);
	return settle(action, reply);
}
