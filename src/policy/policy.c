/* SPDX-License-Identifier: Apache-2.0 */
/* A block's policy: compiled from its directives, asked in the order of CoreDNS' chain. */
#include "policy.h"

#include <string.h>

#include "acl.h"
#include "balance.h"
#include "rewrite.h"
#include "template.h"

static bool asks_for_something(const struct config_block *block)
{
	return block->any || block->local || block->whoami || block->chaos != NULL ||
	       block->acl_count > 0 || block->header != NULL || block->rewrite_count > 0 ||
	       block->hosts != NULL || block->dns64 != NULL || block->template_count > 0 ||
	       block->balance != NULL || block->autopath != NULL;
}

static bool parts_compile(struct policy *policy, const struct policy_options *options,
			  struct error *error)
{
	const struct config_block *block = options->block;
	return (block->acl_count == 0 || acl_compile(block, options->metrics, &policy->acl, error)) &&
	       (block->template_count == 0 ||
		templates_compile(block, options->metrics, &policy->templates, error)) &&
	       (block->autopath == NULL || autopath_compile(options, &policy->autopath, error)) &&
	       (block->hosts == NULL || hosts_open(options, &policy->hosts, error)) &&
	       (block->balance == NULL || balance_open(options, &policy->balance, error)) &&
	       rewrite_compile(block, &policy->rewrite, error);
}

void policy_declare(struct metrics *metrics, void *context)
{
	hosts_declare(metrics, context);
}

bool policy_compile(const struct policy_options *options, struct policy **ret_policy,
		    struct error *error)
{
	const struct config_block *block = options->block;
	*ret_policy = NULL;
	if (!asks_for_something(block))
		return true;
	struct policy *policy = mem_zalloc(sizeof(*policy));
	policy->any = block->any;
	policy->local = block->local;
	policy->local_prefix = block->local_prefix;
	policy->whoami = block->whoami;
	policy->minimal = block->minimal;
	policy->localhost_requests = mem_zalloc(sizeof(*policy->localhost_requests));
	if (block->chaos != NULL)
		chaos_compile(policy, block->chaos, options->version);
	policy->header = block->header;
	if (block->dns64 != NULL)
		dns64_compile(policy, block->dns64, options->metrics);
	if (!parts_compile(policy, options, error)) {
		policy_free(policy);
		return false;
	}
	*ret_policy = policy;
	return true;
}

void policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	acl_free(policy->acl);
	rewrite_free(policy->rewrite);
	hosts_close(policy->hosts);
	autopath_free(policy->autopath);
	counts_free(policy->translated);
	templates_free(policy->templates);
	balance_close(policy->balance);
	mem_free(policy->chaos_authors);
	mem_free(policy->localhost_requests);
	mem_free(policy);
}

enum policy_verdict policy_before(const struct policy *policy, const struct dns_query *query,
				  struct reply *reply, enum answerer *ret_by)
{
	if (policy->local && query->class_ == CLASS_IN &&
	    local_answer(policy, query, reply) == POLICY_ANSWERED) {
		*ret_by = BY_LOCAL;
		return POLICY_ANSWERED;
	}
	if (policy->chaos && query->class_ == CLASS_CH &&
	    chaos_answer(policy, query, reply) == POLICY_ANSWERED) {
		*ret_by = BY_CHAOS;
		return POLICY_ANSWERED;
	}
	return POLICY_PASS;
}

enum policy_verdict policy_after(const struct policy *policy, const struct dns_query *query,
				 const struct client *client, struct reply *reply,
				 enum answerer *ret_by)
{
	if (query->class_ != CLASS_IN)
		return POLICY_PASS;
	if (policy->any && query->type == TYPE_ANY) {
		policy_write_any(query, reply);
		*ret_by = BY_ANY;
		return POLICY_ANSWERED;
	}
	if (policy->whoami) {
		*ret_by = BY_WHOAMI;
		return whoami_answer(policy, query, client, reply);
	}
	return POLICY_PASS;
}

unsigned policy_touches(const struct policy *policy, const uint8_t *zone)
{
	unsigned touches = 0;
	if (policy->header != NULL || (policy->acl != NULL && acl_touches(policy->acl, zone)))
		touches |= TOUCH_GATE;
	if (rewrite_touches(policy->rewrite, zone) || policy->dns64 != NULL ||
	    (policy->autopath != NULL && autopath_touches(policy->autopath, zone)))
		touches |= TOUCH_ABOVE;
	if ((policy->templates != NULL && templates_touch(policy->templates, zone)) ||
	    (policy->hosts != NULL && hosts_touches(policy->hosts, zone)))
		touches |= TOUCH_FRONT;
	return touches;
}

static void apply_header(const struct config_header *header, struct dns_query *query,
			 struct reply *reply)
{
	query->flags = (uint16_t)((query->flags | header->query.set) & ~header->query.clear);
	reply->set_flags = header->reply.set;
	reply->clear_flags = header->reply.clear;
}

enum policy_verdict policy_gate(const struct policy *policy, struct dns_query *query,
				const struct client *client, struct reply *reply,
				enum answerer *ret_by)
{
	enum policy_verdict verdict = POLICY_PASS;
	if (policy->acl != NULL)
		verdict = acl_judge(policy->acl, query, client, reply);
	if (verdict == POLICY_ANSWERED)
		*ret_by = BY_ACL;
	if (verdict == POLICY_PASS && policy->header != NULL)
		apply_header(policy->header, query, reply);
	return verdict;
}

enum policy_verdict policy_front(const struct policy *policy, const struct dns_query *query,
				 const struct client *client, struct reply *reply,
				 enum answerer *ret_by)
{
	enum policy_verdict verdict = POLICY_PASS;
	if (policy->templates != NULL)
		verdict = templates_answer(policy->templates, query, client, reply, ret_by);
	if (verdict == POLICY_PASS && policy->hosts != NULL)
		verdict = hosts_answer(policy->hosts, query, reply, ret_by);
	return verdict;
}

uint64_t policy_localhost_requests(const struct policy *policy)
{
	return atomic_load_explicit(policy->localhost_requests, memory_order_relaxed);
}
