/* SPDX-License-Identifier: Apache-2.0 */
/* `dns64`: clients without IPv4 get addresses inside a prefix, behind which somebody translates (RFC 6147, 6052). */
#include "policy.h"

#include <string.h>

/* Where a zone says nothing of how long its denials last (RFC 6147 5.1.7). */
enum { TTL_WITHOUT_SOA = 600 };

bool policy_dns64_wants(const struct policy *policy, const struct dns_query *query,
			const struct client *client)
{
	const struct config_dns64 *dns64 = policy->dns64;
	return dns64 != NULL && query->type == TYPE_AAAA && query->class_ == CLASS_IN &&
	       (dns64->allows_ipv4 || client->ip.family == 6);
}

/* IPv4 inside IPv6, which means nothing on the wire, counts as no address (RFC 6147 5.1.4). */
static bool is_excluded(const struct dns_message *message, const struct dns_record *record)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	return record->rdata_size == 16 &&
	       memcmp(message->packet + record->rdata_at, mapped, sizeof(mapped)) == 0;
}

bool policy_dns64_replaces(const struct policy *policy, const struct dns_message *message)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	if (message->rcode == RCODE_NXDOMAIN)
		return false;
	if (policy->dns64->translates_all)
		return true;
	while (dns_message_next(message, &walk, &record) && record.section == 0)
		if (record.type == TYPE_AAAA && !is_excluded(message, &record))
			return false;
	return true;
}

static uint32_t denial_ttl(const struct dns_message *message)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint32_t ttl = TTL_WITHOUT_SOA;
	while (dns_message_next(message, &walk, &record) && record.section < 2)
		if (record.section == 1 && record.type == TYPE_SOA)
			ttl = record.ttl;
	return ttl;
}

/* RFC 6052 2.2: octet 8 stays zero, whatever the prefix. */
static void translate(const struct config_network *prefix, const uint8_t *ipv4, uint8_t ret_ipv6[16])
{
	unsigned at = prefix->bits / 8;
	memcpy(ret_ipv6, prefix->ip.bytes, 16);
	for (unsigned i = 0; i < 4; i++) {
		at += at == 8;
		ret_ipv6[at++] = ipv4[i];
	}
}

static bool write_address(const struct config_network *prefix, const struct dns_message *a,
			  const struct dns_record *record, uint32_t ttl_most,
			  struct dns_writer *writer, struct compress *compress)
{
	uint8_t name[DNS_NAME_MAX + 1], size, address[16];
	dns_message_name(a, record->at, name, &size);
	translate(prefix, a->packet + record->rdata_at, address);
	return compress_write(compress, writer, name) && write_u16(writer, TYPE_AAAA) &&
	       write_u16(writer, record->class_) &&
	       write_u32(writer, record->ttl < ttl_most ? record->ttl : ttl_most) &&
	       write_u16(writer, sizeof(address)) && write_bytes(writer, address, sizeof(address));
}

static bool write_record(const struct config_network *prefix, const struct dns_message *a,
			 const struct dns_record *record, uint32_t ttl_most,
			 struct dns_writer *writer, struct compress *compress)
{
	if (record->section == 0 && record->type == TYPE_A && record->rdata_size == 4)
		return write_address(prefix, a, record, ttl_most, writer, compress);
	return dns_record_write(a, record, record->ttl, writer, compress);
}

size_t policy_dns64_write(const struct policy *policy, const struct dns_query *query,
			  const struct client *client, const struct dns_message *aaaa,
			  const struct dns_message *a, uint8_t *ret_packet)
{
	struct made_message made;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint32_t ttl_most = denial_ttl(aaaa);
	/* AA and RA are those of the addresses that it is made of; nobody vouches for what we made (AD). */
	made_begin(&made, query, a, FLAG_AA | FLAG_RA | FLAG_TC, ret_packet);
	while (dns_message_next(a, &walk, &record)) {
		const struct dns_writer before = made.writer;
		if (!write_record(&policy->dns64->prefix, a, &record, ttl_most, &made.writer,
				  &made.compress)) {
			made.writer = before;
			made_cut(&made, record.section);
			break;
		}
		made.counts[record.section]++;
	}
	if (client->meter != METER_NONE && policy->translated != NULL)
		counts_add(policy->translated, client->meter, 0);
	return made_end(&made);
}

static void write_labels(void *context, uint64_t what, const struct counts_place *place,
			 struct text *labels)
{
	(void)context;
	(void)what;
	metrics_label(labels, "server", place->server);
}

void dns64_compile(struct policy *policy, const struct config_dns64 *config, struct metrics *metrics)
{
	policy->dns64 = config;
	if (metrics != NULL)
		policy->translated = metrics_counts(metrics, "coredns_dns64_requests_translated_total",
						    "Counter of DNS requests translated by dns64.",
						    write_labels, policy);
}
