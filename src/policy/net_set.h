/* SPDX-License-Identifier: Apache-2.0 */
/* net_set -- addresses that are in some of many networks: sorted ranges that do not touch each other. */
#ifndef KNAMED_POLICY_NET_SET_H
#define KNAMED_POLICY_NET_SET_H

#include "knamed/config.h"

struct net_range {
	struct ip first, last;
};
struct net_set {
	struct net_range *ranges; /* NULL: none */
	size_t count;
};
void net_set_compile(const struct config_network *networks, size_t count, struct net_set *ret_set);
void net_set_done(struct net_set *set);
bool net_set_holds(const struct net_set *set, const struct ip *ip);

#endif
