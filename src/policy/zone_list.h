/* SPDX-License-Identifier: Apache-2.0 */
/* zone_list -- the zones that a directive is for. */
#ifndef KNAMED_POLICY_ZONE_LIST_H
#define KNAMED_POLICY_ZONE_LIST_H

#include "knamed/config.h"
#include "knamed/dns.h"

struct zone_list {
	uint8_t (*names)[DNS_NAME_MAX + 1]; /* lower case, in the order of the config */
	size_t count;
};
/* False: one of them is no domain name. */
bool zone_list_compile(const struct config_zones *zones, struct zone_list *ret_list,
		       struct error *error);
void zone_list_done(struct zone_list *list);
/* The longest zone that holds the name. */
bool zone_list_find(const struct zone_list *list, const uint8_t *lower, size_t *ret_index);
/* Whether some name is both below `zone` and in the list. */
bool zone_list_meets(const struct zone_list *list, const uint8_t *zone);

#endif
