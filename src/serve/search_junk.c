/* SPDX-License-Identifier: Apache-2.0 */
/* Only labels in front of the zone that is forwarded count: what a block or a `forward` is for by
 * name may well have such names. */
#include "search_junk.h"

#include <string.h>

enum {
	ZONES_MOST = 32,
	SOA_SERIAL = 1,
	SOA_REFRESH = 7200,
	SOA_RETRY = 1800,
	SOA_EXPIRE = 86400,
};

struct search_junk {
	struct zone_name zones[ZONES_MOST]; /* of services, whose junk is denied */
	size_t zone_count;
	struct zone_name speaker; /* the zone that denials come from */
	uint32_t denial_ttl;
	bool has_ipv6_auto;
	const struct catalog **clusters; /* all of them: with `ipv6 auto`, none of them may have IPv6 */
	size_t cluster_count;
};

/* ---- compiling ---- */

static void add_zones(struct search_junk *junk, const struct config_kubernetes *config)
{
	for (size_t i = 0; i < config->zones.count && junk->zone_count < ZONES_MOST; i++) {
		struct zone_name *zone = &junk->zones[junk->zone_count];
		if (!zone_name_read(config->zones.zones[i].text, zone) || name_is_reverse(zone->name))
			continue;
		if (junk->speaker.size == 0) {
			junk->speaker = *zone;
			junk->denial_ttl = config->denial_ttl;
		}
		junk->zone_count += config->denies_junk;
	}
}

struct search_junk *search_junk_compile(const struct block *blocks, size_t count)
{
	struct search_junk *junk = mem_zalloc(sizeof(*junk));
	junk->clusters = mem_zalloc((count + 1) * sizeof(*junk->clusters));
	for (size_t i = 0; i < count; i++) {
		const struct config_kubernetes *config = blocks[i].config->kubernetes;
		if (config == NULL)
			continue;
		add_zones(junk, config);
		junk->has_ipv6_auto |= config->ipv6_auto;
		if (blocks[i].kubernetes != NULL)
			junk->clusters[junk->cluster_count++] = blocks[i].kubernetes;
	}
	if (junk->zone_count > 0 || junk->has_ipv6_auto)
		return junk;
	search_junk_free(junk);
	return NULL;
}

void search_junk_free(struct search_junk *junk)
{
	if (junk != NULL)
		mem_free(junk->clusters);
	mem_free(junk);
}

/* ---- judging ---- */

/* svc.ZONE begins at label i and ends before label `end`, with something behind it. */
static bool has_services_at(const struct search_junk *junk, const struct dns_query *query,
			    unsigned i, unsigned end)
{
	const uint8_t *at = query->lower + query->labels[i];
	if (at[0] != 3 || memcmp(at + 1, "svc", 3) != 0)
		return false;
	for (size_t z = 0; z < junk->zone_count; z++) {
		const struct zone_name *zone = &junk->zones[z];
		unsigned behind = i + 1 + zone->label_count, size = zone->size - 1u;
		if (behind <= end && behind < query->label_count &&
		    query->labels[i] + 4 + size < query->name_size &&
		    memcmp(at + 4, zone->name, size) == 0)
			return true;
	}
	return false;
}

/* _PORT._PROTO.NAME */
static bool is_bare_port(const struct dns_query *query)
{
	return query->label_count == 3 && query->lower[1] == '_' &&
	       query->lower[query->labels[1] + 1] == '_' && query->lower[0] > 1 &&
	       query->lower[query->labels[1]] > 1;
}

/* What a block or a forward is for by name is not looked at: `corp` may well have _ldap._tcp.corp. */
static bool is_junk(const struct search_junk *junk, const struct dns_query *query, unsigned zone_labels)
{
	if (junk->zone_count == 0)
		return false;
	if (zone_labels == 0 && is_bare_port(query))
		return true;
	unsigned end = query->label_count - zone_labels;
	for (unsigned i = 0; i + 1 < end; i++)
		if (has_services_at(junk, query, i, end))
			return true;
	return false;
}

/* ---- denying ---- */

/* The SOA of the zone that is forwarded, in our name. */
static void write_soa(const struct search_junk *junk, const struct zone_name *from, struct reply *reply)
{
	static const uint8_t server[] = "\2ns\3dns", mailbox[] = "\12hostmaster";
	struct dns_writer writer = { reply->packet, reply->packet + reply->at,
				     reply->packet + reply->limit };
	unsigned zone = junk->speaker.size;
	unsigned size = (unsigned)(sizeof(server) + sizeof(mailbox)) - 2 + 2 * zone + 20;
	if (from->size + 10u + size > reply->limit - reply->at)
		return;
	write_bytes(&writer, from->name, from->size);
	write_u16(&writer, TYPE_SOA);
	write_u16(&writer, CLASS_IN);
	write_u32(&writer, junk->denial_ttl);
	write_u16(&writer, (uint16_t)size);
	write_bytes(&writer, server, sizeof(server) - 1);
	write_bytes(&writer, junk->speaker.name, zone);
	write_bytes(&writer, mailbox, sizeof(mailbox) - 1);
	write_bytes(&writer, junk->speaker.name, zone);
	write_u32(&writer, SOA_SERIAL);
	write_u32(&writer, SOA_REFRESH);
	write_u32(&writer, SOA_RETRY);
	write_u32(&writer, SOA_EXPIRE);
	write_u32(&writer, junk->denial_ttl);
	reply->at = (uint32_t)(writer.at - reply->packet);
	reply->authorities++;
}

static bool lacks_ipv6(const struct search_junk *junk, const struct asker *asker,
		       const struct question *question, const struct dns_query *wanted)
{
	if (wanted->type != TYPE_AAAA || !junk->has_ipv6_auto || question->info->client.family != 4)
		return false;
	for (size_t i = 0; i < junk->cluster_count; i++)
		if (catalog_may_have_ipv6(junk->clusters[i], asker->edition))
			return false;
	return junk->cluster_count > 0;
}

bool search_junk_answer(const struct search_junk *junk, const struct asker *asker,
			const struct question *question, const struct junk_question *asked,
			struct reply *reply, struct outcome *outcome)
{
	const struct dns_query *wanted = asked->wanted;
	const struct zone_name *zone = &question->route->zone_name;
	unsigned labels = zone->label_count;
	if (wanted->class_ != CLASS_IN)
		return false;
	if (asked->from->label_count > labels)
		labels = asked->from->label_count;
	bool is_denied = asked->is_whole && is_junk(junk, wanted, labels);
	if (!is_denied && !lacks_ipv6(junk, asker, question, wanted))
		return false;
	write_soa(junk, asked->from, reply);
	reply->flags |= FLAG_RA;
	outcome->by = BY_KUBERNETES;
	outcome->rcode = is_denied ? RCODE_NXDOMAIN : RCODE_NOERROR;
	outcome->extended_error = EDE_SYNTHESIZED;
	return true;
}
