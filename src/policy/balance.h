/* SPDX-License-Identifier: Apache-2.0 */
/* balance -- which of several addresses comes first: `loadbalance` with networks or weights (private to the stage). */
#ifndef KNAMED_POLICY_BALANCE_H
#define KNAMED_POLICY_BALANCE_H

#include "policy.h"

bool balance_open(const struct policy_options *options, struct balance **ret_balance,
		  struct error *error);
void balance_close(struct balance *balance);

bool balance_is_weighted(const struct balance *balance);
/* The place of an address among the networks that are preferred: 0 is first. */
unsigned balance_rank(const struct balance *balance, const struct ip *ip);
unsigned balance_weight(const struct balance *balance, const uint8_t *name, const struct ip *ip);

#endif
