/* SPDX-License-Identifier: Apache-2.0 */
/* acl [ZONES...] { allow|block|filter|drop [type TYPES...] [net NETWORKS...] }: the first rule that fits decides. */
#include <stdio.h>
#include <string.h>

#include "knamed/dns.h"
#include "directives.h"
#include "list.h"
#include "network.h"

static bool read_action(const struct directive *directive, enum acl_action *ret_action,
			struct error *error)
{
	static const char *const words[] = {
		[ACL_ALLOW] = "allow",
		[ACL_BLOCK] = "block",
		[ACL_FILTER] = "filter",
		[ACL_DROP] = "drop",
	};
	for (unsigned i = 0; i < COUNT_OF(words); i++) {
		if (text_equal_fold(directive_text(directive), words[i])) {
			*ret_action = (enum acl_action)i;
			return true;
		}
	}
	return directive_fail(directive, error,
			      "unexpected token \"%s\"; expect 'allow', 'block', 'filter' or 'drop'",
			      directive_text(directive));
}

static bool is_section(const char *word)
{
	return text_equal_fold(word, "type") || text_equal_fold(word, "net");
}

/* A type as it is usually spelled: no other spelling is taken. */
static bool read_type(const struct directive *directive, const char *word,
		      struct config_acl_rule *rule, struct error *error)
{
	char text[16];
	uint16_t type = 0;
	bool is_known = dns_type_from_text(word, &type);
	dns_type_print(type, text);
	if (!is_known || strcmp(text, word) != 0)
		return directive_fail(directive, error,
				      "unexpected token \"%s\"; expect legal QTYPE", word);
	rule->types = list_grow(directive->config->arena, rule->types, rule->type_count,
				sizeof(rule->types[0]));
	rule->types[rule->type_count++] = type;
	return true;
}

static bool read_network(const struct directive *directive, const char *word,
			 struct config_acl_rule *rule, struct error *error)
{
	struct config_network network;
	char whole[64];
	const char *length = strchr(word, ':') != NULL ? "/128" : "/32";
	snprintf(whole, sizeof(whole), "%s%s", word, strchr(word, '/') == NULL ? length : "");
	if (strlen(word) + sizeof("/128") > sizeof(whole) || !network_read(whole, &network))
		return directive_fail(directive, error, "illegal CIDR notation \"%s\"", whole);
	rule->networks = list_grow(directive->config->arena, rule->networks, rule->network_count,
				   sizeof(rule->networks[0]));
	rule->networks[rule->network_count++] = network;
	return true;
}

/* One section: `type` or `net` and what follows it. `*` stands for all, whatever is named beside it. */
static bool read_section(const struct directive *directive, struct arguments section,
			 struct config_acl_rule *rule, struct error *error)
{
	bool is_type = text_equal_fold(argument(section, 0), "type");
	if (section.count == 1)
		return directive_fail(directive, error, "no token specified in \"%s\" section",
				      is_type ? "type" : "net");
	for (size_t i = 1; i < section.count; i++) {
		const char *word = argument(section, i);
		if (strcmp(word, "*") == 0) {
			*(is_type ? &rule->all_types : &rule->all_networks) = true;
			return true;
		}
		if (!(is_type ? read_type(directive, word, rule, error)
			      : read_network(directive, word, rule, error)))
			return false;
	}
	return true;
}

static bool read_sections(const struct directive *directive, struct arguments words,
			  struct config_acl_rule *rule, struct error *error)
{
	for (size_t first = 0, end; first < words.count; first = end) {
		if (!is_section(argument(words, first)))
			return directive_fail(directive, error,
					      "unexpected token \"%s\"; expect 'type | net'",
					      argument(words, first));
		for (end = first + 1; end < words.count && !is_section(argument(words, end));)
			end++;
		const struct arguments section = { words.items + first, end - first };
		if (!read_section(directive, section, rule, error))
			return false;
	}
	rule->all_types |= rule->type_count == 0;
	rule->all_networks |= rule->network_count == 0;
	return true;
}

static bool read_rule(struct directive *directive, struct config_acl *acl, struct error *error)
{
	struct config_acl_rule rule = { .at = directive_at(directive) };
	if (!read_action(directive, &rule.action, error) ||
	    !read_sections(directive, directive_arguments(directive), &rule, error))
		return false;
	acl->rules = list_grow(directive->config->arena, acl->rules, acl->rule_count,
			       sizeof(acl->rules[0]));
	acl->rules[acl->rule_count++] = rule;
	return true;
}

bool directive_acl_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_acl acl = { 0 };
		if (!directive_zones(directive, directive_arguments(directive),
				     directive->block_zones, &acl.zones, error))
			return false;
		while (directive_next_option(directive))
			if (!read_rule(directive, &acl, error))
				return false;
		block->acls = list_grow(directive->config->arena, block->acls, block->acl_count,
					sizeof(block->acls[0]));
		block->acls[block->acl_count++] = acl;
	}
	return true;
}
