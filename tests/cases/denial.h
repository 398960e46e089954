/* SPDX-License-Identifier: Apache-2.0 */
/* How long a denial may be kept: the rule itself, written anew for the tests. */
#ifndef TESTS_DENIAL_H
#define TESTS_DENIAL_H

#include "knamed/config.h"
#include "knamed/model.h"

/* TTLs that the SOA may have in a denial of `name` (presentation text) in `zone`. [OWN 10] */
struct denial_ttls {
	uint32_t low, high;
};
struct denial_ttls denial_ttls(const struct model *model, const struct config_kubernetes *kubernetes,
			       const char *zone, const char *name);

#endif
