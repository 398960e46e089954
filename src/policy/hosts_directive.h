/* SPDX-License-Identifier: Apache-2.0 */
/* hosts_directive -- one `hosts` with what it has read (private to hosts.c and hosts_answer.c). */
#ifndef KNAMED_POLICY_HOSTS_DIRECTIVE_H
#define KNAMED_POLICY_HOSTS_DIRECTIVE_H

#include "hosts.h"
#include "policy.h"

struct followed;

struct hosts {
	const struct config_hosts *config;
	struct zone_list zones, falls;
	uint32_t ttl;
	bool leaves_any; /* the block has `any` */
	struct hash_key key;
	struct hosts_table *inline_;	    /* NULL: none */
	_Atomic(struct hosts_table *) file; /* NULL: not read yet */
	_Atomic size_t entries;
	_Atomic uint64_t modified_ns; /* of the file */
	struct followed *followed;
	struct metrics *metrics;
	char *denial; /* what clients are told where nothing falls through */
};
/* Whether one of the zones holds the name. */
static inline bool zones_hold(const struct zone_list *list, const uint8_t *name)
{
	size_t index;
	return zone_list_find(list, name, &index);
}

#endif
