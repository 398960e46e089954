/* SPDX-License-Identifier: Apache-2.0 */
/* migrate_plan -- for those who fill a plan. */
#ifndef KNAMECTL_MIGRATE_PLAN_H
#define KNAMECTL_MIGRATE_PLAN_H

#include "migrate.h"

/* With final dot, lower case; the caller frees it. NULL: error. */
char *migrate_domain(const char *text, struct error *error);
bool migrate_add_host(struct migrate_host **hosts, size_t *count, const char *name,
		      const char *address, struct error *error);
/* One line of comment for the Corefile. */
void migrate_note(struct migrate_plan *plan, const char *what, const char *why);

#endif
