/* SPDX-License-Identifier: Apache-2.0 */
/* `local`: localhost and the loopback's reverse zones, which must never be asked of anybody else
 * (RFC 6303, RFC 6761 6.3), and "localhost." in front of any search domain. */
#include "policy.h"

#include <assert.h>
#include <string.h>

enum { LOCAL_TTL = 604800 };

/* A zone, its PTR if it has one, and so the names between the two, which exist without records. */
struct local_zone {
	const char *name, *ptr;
};
static const struct local_zone zones[] = {
	{ "\11localhost", NULL },
	{ "\1"
	  "0\7in-addr\4arpa",
	  NULL },
	{ "\3"
	  "127\7in-addr\4arpa",
	  "\1"
	  "1\1"
	  "0\1"
	  "0\3"
	  "127\7in-addr\4arpa" },
	{ "\3"
	  "255\7in-addr\4arpa",
	  NULL },
#define ZEROS                                                                                      \
	"\1"                                                                                       \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0\1"                                                                                      \
	"0"
	{ "\1"
	  "1" ZEROS ZEROS ZEROS "\1"
	  "0\3ip6\4arpa",
	  "\1"
	  "1" ZEROS ZEROS ZEROS "\1"
	  "0\3ip6\4arpa" },
};
static const uint8_t localhost[] = "\11localhost";

static size_t size_of(const char *name)
{
	return strlen(name) + 1;
}

static const struct local_zone *zone_of(const struct dns_query *query)
{
	for (size_t i = 0; i < COUNT_OF(zones); i++)
		if (name_is_under(query->lower, (const uint8_t *)zones[i].name))
			return &zones[i];
	return NULL;
}

/* a.localhost. and localhost.default.svc.cluster.local., not localhost. itself. */
static bool is_about_localhost(const struct policy *policy, const struct dns_query *query)
{
	if (query->name_size <= sizeof(localhost))
		return false;
	size_t tail = query->name_size - sizeof(localhost);
	bool is_below = query->label_count > 1 && query->labels[query->label_count - 1] == tail &&
			memcmp(query->lower + tail, localhost, sizeof(localhost)) == 0;
	bool is_prefix =
		policy->local_prefix && memcmp(query->lower, localhost, sizeof(localhost) - 1) == 0;
	return is_below || is_prefix;
}

static void write_answer(const struct dns_query *query, struct reply *reply, const void *data,
			 size_t size)
{
	const struct record record = {
		.type = query->type,
		.class_ = CLASS_IN,
		.ttl = LOCAL_TTL,
		.data = data,
		.data_size = (uint16_t)size,
	};
	record_answer(query, reply, record);
}

static const uint8_t soa_data[] = "\11localhost\0\4root\11localhost\0"
				  "\0\0\0\1"
				  "\0\0\0\0"
				  "\0\0\0\0"
				  "\0\0\0\0"
				  "\0\x09\x3a\x80"; /* serial, three timers, minimum = LOCAL_TTL */

static void write_denial(const struct dns_query *query, struct reply *reply, size_t zone_size,
			 enum dns_rcode rcode)
{
	struct owner_pointer owner = owner_at_question(query, zone_size);
	struct record record = {
		.owner = owner.octets,
		.owner_size = sizeof(owner.octets),
		.type = TYPE_SOA,
		.class_ = CLASS_IN,
		.ttl = LOCAL_TTL,
		.data = soa_data,
		.data_size = sizeof(soa_data) - 1,
	};
	reply->rcode = (uint16_t)rcode;
	if (record_write(reply, &record))
		reply->authorities++;
	else
		reply->truncated = true;
}

/* The addresses of localhost, under whatever name. */
static bool write_loopback(const struct dns_query *query, struct reply *reply)
{
	static const uint8_t loopback4[4] = { 127, 0, 0, 1 }, loopback6[16] = { [15] = 1 };
	if (query->type == TYPE_A)
		write_answer(query, reply, loopback4, sizeof(loopback4));
	else if (query->type == TYPE_AAAA)
		write_answer(query, reply, loopback6, sizeof(loopback6));
	else
		return false;
	return true;
}

static bool name_is(const struct dns_query *query, const char *name)
{
	return query->name_size == size_of(name) && memcmp(query->lower, name, query->name_size) == 0;
}

static bool apex_answer(const struct dns_query *query, struct reply *reply)
{
	if (query->type == TYPE_SOA)
		write_answer(query, reply, soa_data, sizeof(soa_data) - 1);
	else if (query->type == TYPE_NS)
		write_answer(query, reply, localhost, sizeof(localhost));
	else
		return name_is(query, zones[0].name) && write_loopback(query, reply);
	return true;
}

static bool zone_answer(const struct local_zone *zone, const struct dns_query *query,
			struct reply *reply)
{
	if (name_is(query, zone->name) && apex_answer(query, reply))
		return true;
	if (zone->ptr == NULL || !name_is(query, zone->ptr) || query->type != TYPE_PTR)
		return false;
	write_answer(query, reply, localhost, sizeof(localhost));
	return true;
}

enum policy_verdict local_answer(const struct policy *policy, const struct dns_query *query,
				 struct reply *reply)
{
	if (is_about_localhost(policy, query)) {
		atomic_fetch_add_explicit(policy->localhost_requests, 1, memory_order_relaxed);
		if (!write_loopback(query, reply))
			write_denial(query, reply, query->name_size, RCODE_NOERROR);
		reply->authoritative = true;
		return POLICY_ANSWERED;
	}
	const struct local_zone *zone = zone_of(query);
	if (zone == NULL)
		return POLICY_PASS;
	reply->authoritative = true;
	if (zone_answer(zone, query, reply))
		return POLICY_ANSWERED;
	bool exists = name_is(query, zone->name) ||
		      (zone->ptr != NULL && name_is_under((const uint8_t *)zone->ptr, query->lower));
	write_denial(query, reply, size_of(zone->name), exists ? RCODE_NOERROR : RCODE_NXDOMAIN);
	return POLICY_ANSWERED;
}
