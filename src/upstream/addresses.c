/* SPDX-License-Identifier: Apache-2.0 */
/* A reply lists addresses in another order each time, and perhaps more than are taken: those that
 * are in use already are preferred, so that a target lives as long as its name has it. */
#include "addresses.h"

#include <string.h>

enum {
	READ_MOST = 64, /* of one reply */
	ALIASES_MOST = 16,
};

/* ---- choosing ---- */

/* Nobody is there: "this host", multicast, reserved, and what needs an interface to be told. */
static bool can_be_asked(const struct ip *ip)
{
	static const struct ip none = { .family = 6 };
	const uint8_t *bytes = ip->bytes;
	if (ip->family == 4)
		return bytes[0] != 0 && bytes[0] < 224;
	bool is_mapped = memcmp(bytes, none.bytes, 10) == 0 && bytes[10] == 0xff && bytes[11] == 0xff;
	bool is_link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
	return !is_mapped && !is_link_local && bytes[0] != 0xff && !ip_equal(ip, &none);
}

static bool contains(const struct ip *ips, size_t count, const struct ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&ips[i], ip))
			return true;
	return false;
}

static void add(struct addresses *addresses, const struct ip *ip)
{
	if (addresses->count < ADDRESSES_MOST && can_be_asked(ip) &&
	    !contains(addresses->ips, addresses->count, ip))
		addresses->ips[addresses->count++] = *ip;
}

void addresses_choose(const struct ip *found, size_t count, const struct addresses *before,
		      struct addresses *ret_addresses)
{
	ret_addresses->count = 0;
	for (size_t i = 0; i < before->count; i++)
		if (contains(found, count, &before->ips[i]))
			add(ret_addresses, &before->ips[i]);
	for (size_t i = 0; i < count; i++)
		add(ret_addresses, &found[i]);
}

bool addresses_are_equal(const struct addresses *a, const struct addresses *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!ip_equal(&a->ips[i], &b->ips[i]))
			return false;
	return a->count == b->count;
}

/* ---- reading ---- */

struct reading {
	const struct dns_message *message;
	uint8_t name[DNS_NAME_MAX + 1]; /* where the chain is now */
	uint32_t ttl_s;
};

/* The next answer of this type at the name. */
static bool next_record(struct reading *reading, uint16_t type, struct dns_walk *walk,
			struct dns_record *ret_record)
{
	uint8_t owner[DNS_NAME_MAX + 1], size;
	while (dns_message_next(reading->message, walk, ret_record)) {
		if (ret_record->section != 0)
			return false;
		if (ret_record->type != type || ret_record->class_ != CLASS_IN)
			continue;
		dns_message_name(reading->message, ret_record->at, owner, &size);
		if (!name_equal_fold(owner, reading->name))
			continue;
		if (ret_record->ttl < reading->ttl_s)
			reading->ttl_s = ret_record->ttl;
		return true;
	}
	return false;
}

static void follow_aliases(struct reading *reading)
{
	for (unsigned i = 0; i < ALIASES_MOST; i++) {
		struct dns_walk walk = { 0 };
		struct dns_record record;
		uint8_t size;
		if (!next_record(reading, TYPE_CNAME, &walk, &record))
			return;
		dns_message_name(reading->message, record.rdata_at, reading->name, &size);
	}
}

void addresses_of_reply(const struct dns_message *message, const struct addresses *before,
			struct addresses *ret_addresses)
{
	struct reading reading = { .message = message, .ttl_s = UINT32_MAX };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	struct ip found[READ_MOST];
	size_t count = 0;
	uint8_t size;
	dns_message_name(message, DNS_HEADER_SIZE, reading.name, &size);
	follow_aliases(&reading);
	size_t octets = message->type == TYPE_A ? 4 : 16;
	while (count < READ_MOST && next_record(&reading, message->type, &walk, &record)) {
		if (record.rdata_size != octets)
			continue;
		found[count] = (struct ip){ .family = octets == 4 ? 4 : 6 };
		memcpy(found[count++].bytes, message->packet + record.rdata_at, octets);
	}
	addresses_choose(found, count, before, ret_addresses);
	ret_addresses->ttl_s = reading.ttl_s;
}
