/* SPDX-License-Identifier: Apache-2.0 */
/* policy -- what the Corefile asks per query beside the data: any, chaos, local, whoami.
 *
 * A block without such a directive has no policy at all (NULL), and its queries pay nothing. A policy is compiled
 * once from the config and never changes; query threads read it. */
#ifndef KNAMED_POLICY_H
#define KNAMED_POLICY_H

#include "knamed/answers.h"
#include "knamed/config.h"
#include "knamed/observe.h"

struct policy;
/* NULL if the block asks for nothing. version: what `chaos` says without an argument. */
struct policy *policy_compile(const struct config_block *block, const char *version);
void policy_free(struct policy *policy);

/* Who asks. */
struct client { struct ip ip; uint16_t port; enum proto proto; };

enum policy_verdict {
	POLICY_PASS,     /* not ours: go on */
	POLICY_ANSWERED, /* reply is complete; by says who */
};
/* Directives that stand before the data (local, chaos), in chain order. */
enum policy_verdict policy_before(const struct policy *policy, const struct dns_query *query, struct reply *reply,
				  enum answerer *ret_by);
/* Directives behind the data (any, whoami): for names that no data handler of the block holds. */
enum policy_verdict policy_after(const struct policy *policy, const struct dns_query *query,
				 const struct client *client, struct reply *reply, enum answerer *ret_by);
/* What `any` says of a name that has records, in their place. */
void policy_write_any(const struct dns_query *query, struct reply *reply);

/* How often `local` answered for names made of localhost and more, as CoreDNS counts. Any thread. */
uint64_t policy_localhost_requests(const struct policy *policy);

#endif
