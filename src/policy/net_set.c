/* SPDX-License-Identifier: Apache-2.0 */
/* Networks overlap only as a whole: once they are sorted, one that begins inside the range before it ends there too. So
 * which prefix is the longest does not matter, and a binary search decides. */
#include "net_set.h"

#include <stdlib.h>

static struct net_range range_of(const struct config_network *network)
{
	struct net_range range = { network->ip, network->ip };
	unsigned size = network->ip.family == 4 ? 4 : 16;
	for (unsigned i = 0; i < size; i++) {
		unsigned fixed = network->bits > 8 * i ? network->bits - 8 * i : 0;
		if (fixed < 8)
			range.last.bytes[i] |= (uint8_t)(0xffu >> fixed);
	}
	return range;
}

/* Of those with the same beginning the widest comes first. */
static int compare_ranges(const void *a, const void *b)
{
	const struct net_range *one = a, *two = b;
	int order = ip_compare(&one->first, &two->first);
	return order != 0 ? order : -ip_compare(&one->last, &two->last);
}

void net_set_compile(const struct config_network *networks, size_t count, struct net_set *ret_set)
{
	struct net_set set = { 0 };
	if (count > 0)
		set.ranges = mem_alloc(count * sizeof(*set.ranges));
	for (size_t i = 0; i < count; i++)
		set.ranges[i] = range_of(&networks[i]);
	if (count > 0)
		qsort(set.ranges, count, sizeof(*set.ranges), compare_ranges);
	for (size_t i = 0; i < count; i++)
		if (set.count == 0 ||
		    ip_compare(&set.ranges[i].first, &set.ranges[set.count - 1].last) > 0)
			set.ranges[set.count++] = set.ranges[i];
	*ret_set = set;
}

void net_set_done(struct net_set *set)
{
	mem_free(set->ranges);
	*set = (struct net_set){ 0 };
}

bool net_set_holds(const struct net_set *set, const struct ip *ip)
{
	size_t first = 0, end = set->count; /* of the ranges that may hold it */
	while (first < end) {
		size_t middle = (first + end) / 2;
		if (ip_compare(ip, &set->ranges[middle].first) < 0)
			end = middle;
		else if (ip_compare(ip, &set->ranges[middle].last) > 0)
			first = middle + 1;
		else
			return true;
	}
	return false;
}
