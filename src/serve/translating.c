/* SPDX-License-Identifier: Apache-2.0 */
/* `dns64`: where there is no IPv6 address, IPv4 addresses are asked for and translated. */
#include "translating.h"

/* An inner question for the same name, answered by what stands below. */
static bool ask(struct asker *asker, const struct question *question, uint16_t type,
		struct inner_answer *ret_answer)
{
	const struct inner_question inner = {
		.outer = question,
		.below = ABOVE_DNS64 + 1,
		.name = question->query.packet + DNS_HEADER_SIZE,
		.type = type,
		.class_ = CLASS_IN,
	};
	return inner_ask(asker, &inner, ret_answer);
}

enum above_verdict translating_step(struct asker *asker, struct question *question,
				    struct reply *reply, struct outcome *outcome)
{
	const struct policy *policy = question->route->block->policy;
	struct client client = client_of(asker, question);
	struct inner_answer aaaa, a;
	if (!policy_dns64_wants(policy, &question->query, &client))
		return ABOVE_PASS;
	if (!ask(asker, question, TYPE_AAAA, &aaaa))
		return ABOVE_LATER;
	if (aaaa.outcome.is_dropped || !policy_dns64_replaces(policy, &aaaa.message)) {
		inner_relay(question, &aaaa, reply, outcome);
		return ABOVE_KNOWN;
	}
	if (!ask(asker, question, TYPE_A, &a))
		return ABOVE_LATER;
	uint8_t *draft = inner_draft(asker);
	client.meter = asker->client_question->route->meter; /* only now there is something to count */
	size_t size = policy_dns64_write(policy, &question->query, &client, &aaaa.message,
					 &a.message, draft);
	if (dns_message_read(draft, size, &a.message)) {
		a.message.rcode = a.outcome.rcode;
		a.outcome.by = BY_DNS64;
	}
	inner_relay(question, &a, reply, outcome);
	return ABOVE_KNOWN;
}
