/* SPDX-License-Identifier: Apache-2.0 */
/* Names below a headless service that gather some of its endpoints: by topology zone (names.md 15)
 * and by the cluster that exported them (17). */
#include "cluster.h"

/* ZONE.pin._zone and ZONE.prefer._zone for zones that have endpoints; others are computed (names.md 15). */
void put_zonal(struct group *group, const struct wire *base, const struct zone *zone,
	       const struct seat *seats, size_t count)
{
	struct seat *chosen = mem_alloc(count * sizeof *chosen);
	size_t chosen_count;
	for (size_t i = 0; i < count; i++) {
		const char *topology = seats[i].topology;
		bool is_first = *topology != '\0';
		for (size_t k = 0; k < i && is_first; k++)
			is_first = !text_equal_fold(topology, seats[k].topology);
		if (!is_first)
			continue;
		chosen_count = 0;
		for (size_t k = i; k < count; k++)
			if (text_equal_fold(topology, seats[k].topology))
				chosen[chosen_count++] = seats[k];
		uint8_t labels[DNS_NAME_MAX], size;
		if (!name_parse(topology, labels, &size))
			continue;
		name_lower(labels, size);
		for (const char *const *verb = (const char *const[]){ "\3pin", "\6prefer", NULL };
		     *verb != NULL; verb++) {
			struct wire name;
			if (!wire_add_front("\5_zone", 6, base, &name) ||
			    !wire_add_front(*verb, 1u + (uint8_t)(*verb)[0], &name, &name) ||
			    !wire_add_front(labels, size - 1u, &name, &name)) {
				group_complain_name(group, "a topology zone");
				break;
			}
			group_start(group, &name, ENTRY_SOON);
			draft_addresses(group->cluster, &chosen[0].ip, sizeof *chosen, chosen_count);
			srv_of_seats(group, zone, chosen, chosen_count, &(struct port_filter){ 0 });
			group_put(group);
		}
	}
	mem_free(chosen);
}

/* Is there no earlier seat of the same cluster that has a name? */
static bool is_first_of_cluster(const struct seat *seats, size_t i)
{
	struct host_name host;
	for (size_t k = 0; k < i; k++)
		if (text_equal_fold(seats[k].cluster, seats[i].cluster) && seat_host(&seats[k], &host))
			return false;
	return true;
}

/* CLUSTER.SVC above HOST.CLUSTER.SVC is an empty name; a dotted CLUSTER gives one per label
 * (names.md 17). One of them may be the name of a host, which stays. */
void put_clusters(struct group *group, const struct wire *base, const struct seat *seats, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct host_name host;
		if (!seat_host(&seats[i], &host) || !is_first_of_cluster(seats, i))
			continue;
		for (unsigned at = host.labels[0] + 1u; at < host.size; at += host.labels[at] + 1u) {
			struct wire name;
			if (host_get(group, host.labels + at, host.size - at) != NULL ||
			    !wire_add_front(host.labels + at, host.size - at, base, &name))
				continue;
			group_start(group, &name, ENTRY_SOON);
			group_put(group);
		}
	}
}
