/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

/* Guarded where nothing else guards: the address sanitizer sees the end of the block itself. */
#if defined(__SANITIZE_ADDRESS__)
enum { GUARD = 0 };
#else
enum { GUARD = 64 };
#endif
enum { GUARD_OCTET = 0xa5, CHAIN_MAX = 12 };

bool asking_dnssec, asking_minimal;
static uint32_t shared_rotations[ANSWERS_ROTATIONS];

static enum answer_kind ask_once(const struct catalog *catalog, const struct edition *edition,
				 const struct dns_query *query, struct reply *reply)
{
	const struct zone *zone = catalog_find_zone(catalog, edition, query);
	struct lookup lookup;
	assert_non_null(zone);
	lookup_of_query(&lookup, catalog, zone, edition, query);
	answers_probe(&lookup);
	answers_match(&lookup);
	return answers_write(&lookup, reply);
}

/* Turns the query into one for the alias's target; false if that is outside of the catalog. */
static bool query_follow(const struct catalog *catalog, const struct edition *edition,
			 const struct reply *reply, struct dns_query *query)
{
	const uint8_t *target = reply->packet + reply->alias_at;
	query->name_size = (uint8_t)name_size(target);
	memcpy(query->lower, target, query->name_size);
	name_lower(query->lower, query->name_size);
	query->label_count = 0;
	for (uint8_t at = 0; query->lower[at] != 0; at = (uint8_t)(at + 1 + query->lower[at]))
		query->labels[query->label_count++] = at;
	return catalog_find_zone(catalog, edition, query) != NULL;
}

static uint8_t *packet_new(uint32_t limit)
{
	uint8_t *packet = mem_alloc(limit + GUARD);
	memset(packet + limit, GUARD_OCTET, GUARD);
	return packet;
}

static void check_guard(const uint8_t *packet, uint32_t limit)
{
	for (uint32_t i = limit; i < limit + GUARD; i++)
		assert_int_equal(packet[i], GUARD_OCTET);
}

struct octets ask_octets(struct answers *answers, struct catalog *catalog,
			 const struct question *question, const struct asking *asking)
{
	uint32_t limit = asking->limit == 0 ? DNS_MESSAGE_MAX : asking->limit;
	uint8_t *packet = packet_new(limit);
	struct dns_query query;
	memset(packet, 0, DNS_HEADER_SIZE);
	packet[5] = 1;
	memcpy(packet + DNS_HEADER_SIZE, question->name, question->size);
	put_u16(packet + DNS_HEADER_SIZE + question->size, question->type);
	put_u16(packet + DNS_HEADER_SIZE + question->size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + question->size + 4u, &query),
			 QUERY_GOOD);
	query.dnssec_ok = asking->dnssec;

	const struct edition *edition =
		asking->edition != NULL ? asking->edition : answers_edition(answers);
	struct reply reply = { .packet = packet,
			       .at = query.question_end,
			       .limit = limit,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotate = asking->rotate,
			       .minimal = asking->minimal,
			       .rotations = asking->rotations == NULL ? shared_rotations
								      : asking->rotations };
	enum answer_kind kind = ask_once(catalog, edition, &query, &reply);
	for (int links = 1; asking->chase && kind == ANSWER_ALIAS && links < CHAIN_MAX &&
			    !reply.truncated && query_follow(catalog, edition, &reply, &query);
	     links++) {
		reply.owner_at = reply.alias_at;
		kind = ask_once(catalog, edition, &query, &reply);
	}
	assert_true(reply.at <= limit);
	check_guard(packet, limit);
	put_u16(packet + 2, (uint16_t)(FLAG_QR | (reply.truncated ? FLAG_TC : 0) | reply.rcode));
	put_u16(packet + 6, reply.answers);
	put_u16(packet + 8, reply.authorities);
	put_u16(packet + 10, reply.additionals);
	return (struct octets){ .bytes = packet, .size = reply.at, .reply = reply, .kind = kind };
}

struct asked ask_with(struct answers *answers, struct catalog *catalog, const char *name,
		      const char *type, const struct asking *asking)
{
	struct question question;
	assert_true(name_parse(name, question.name, &question.size));
	assert_true(dns_type_from_text(type, &question.type));
	struct octets octets = ask_octets(answers, catalog, &question, asking);
	struct asked asked = { .kind = octets.kind,
			       .rcode = octets.reply.rcode,
			       .truncated = octets.reply.truncated,
			       .size = octets.size };
	assert_int_equal(ldns_wire2pkt(&asked.packet, octets.bytes, octets.size), LDNS_STATUS_OK);
	mem_free(octets.bytes);
	return asked;
}

struct asked ask(struct answers *answers, struct catalog *catalog, const char *name,
		 const char *type, uint32_t limit)
{
	struct asking asking = { .limit = limit, .minimal = asking_minimal, .dnssec = asking_dnssec };
	return ask_with(answers, catalog, name, type, &asking);
}

char *answer_text(const struct asked *asked)
{
	static char text[1 << 20];
	size_t used = 0;
	ldns_rr_list *answers = ldns_pkt_answer(asked->packet);
	ldns_rr_list_sort(answers);
	text[0] = '\0';
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		ldns_rr *rr = ldns_rr_list_rr(answers, i);
		for (size_t k = 0; k < ldns_rr_rd_count(rr); k++) {
			char *field = ldns_rdf2str(ldns_rr_rdf(rr, k));
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
						 k > 0	 ? " "
						 : i > 0 ? "|"
							 : "",
						 field);
			assert_true(used < sizeof text);
			free(field);
		}
	}
	return text;
}
