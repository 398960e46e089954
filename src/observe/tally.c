/* SPDX-License-Identifier: Apache-2.0 */
/* Which counter a query goes to. */
#include "knamed/observe.h"

#include "tally.h"

const char *const tally_type_names[TYPE_SLOTS] = {
	"A",  "AAAA", "ANY",   "AXFR", "CNAME", "DNSKEY", "DS",	 "HTTPS", "IXFR", "MX",
	"NS", "NSEC", "NSEC3", "PTR",  "RRSIG", "SOA",	  "SRV", "SVCB",  "TXT",  "other",
};

#define OTHER (TYPE_SLOTS - 1)
/* clang-format off */
const uint8_t tally_type_slots[256] = {
	OTHER, [1] = 0, [2] = 10, [3 ... 4] = OTHER, [5] = 4, [6] = 15, [7 ... 11] = OTHER, [12] = 13,
	[13 ... 14] = OTHER, [15] = 9, [16] = 18, [17 ... 27] = OTHER, [28] = 1, [29 ... 32] = OTHER, [33] = 16,
	[34 ... 42] = OTHER, [43] = 6, [44 ... 45] = OTHER, [46] = 14, [47] = 11, [48] = 5, [49] = OTHER,
	[50] = 12, [51 ... 63] = OTHER, [64] = 17, [65] = 7, [66 ... 250] = OTHER, [251] = 8, [252] = 3,
	[253 ... 254] = OTHER, [255] = 2,
};
/* clang-format on */

const uint32_t tally_size_bounds[SIZE_BUCKETS - 1] = {
	0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16000, 32000, 48000, 64000,
};

const char *tally_type_name(unsigned slot)
{
	return tally_type_names[slot];
}

unsigned tally_size_slot(size_t size)
{
	unsigned slot = 0;
	while (slot < SIZE_BUCKETS - 1 && size > tally_size_bounds[slot])
		slot++;
	return slot;
}

unsigned tally_duration_slot(uint64_t ns)
{
	unsigned slot = 0;
	while (slot < DURATION_BUCKETS - 1 && ns > TALLY_FIRST_DURATION_NS << slot)
		slot++;
	return slot;
}

const uint8_t answerer_sources[ANSWERER_COUNT] = {
	[BY_KUBERNETES] = SOURCE_CLUSTER,
	[BY_EXTERNAL] = SOURCE_CLUSTER,
	[BY_CACHE] = SOURCE_EXTERNAL,
	[BY_FORWARD] = SOURCE_EXTERNAL,
};

const char *answerer_name(enum answerer answerer)
{
	static const char *const names[ANSWERER_COUNT] = {
		[BY_NONE] = "",
		[BY_KUBERNETES] = "kubernetes",
		[BY_FILE] = "file",
		[BY_AUTO] = "auto",
		[BY_ANY] = "any",
		[BY_CHAOS] = "chaos",
		[BY_LOCAL] = "local",
		[BY_WHOAMI] = "whoami",
		[BY_CACHE] = "cache",
		[BY_FORWARD] = "forward",
		[BY_SERVER] = "server",
		[BY_ACL] = "acl",
		[BY_HOSTS] = "hosts",
		[BY_DNS64] = "dns64",
		[BY_TEMPLATE] = "template",
		[BY_EXTERNAL] = "k8s_external",
		[BY_SECONDARY] = "secondary",
		[BY_TRANSFER] = "transfer",
	};
	return names[answerer];
}
