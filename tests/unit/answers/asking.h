/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a catalog in process: a question through the three stages, the reply as text by ldns. */
#ifndef KNAMED_TESTS_ASKING_H
#define KNAMED_TESTS_ASKING_H

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knamed/answers.h"

struct asked {
	enum answer_kind kind;
	uint16_t rcode;
	bool truncated;
	ldns_pkt *packet;
};

static uint32_t asking_rotations[ANSWERS_ROTATIONS];
static bool asking_dnssec, asking_minimal; /* for a test to set */

/* limit 0: no limit but TCP's. The caller frees packet. */
static struct asked ask(struct answers *answers, struct catalog *catalog, const char *name, const char *type,
			uint32_t limit)
{
	static uint8_t packet[65536];
	struct dns_query query;
	uint8_t wire[DNS_NAME_MAX], size;
	uint16_t number;
	struct asked asked = { .kind = ANSWER_BROKEN };
	assert_true(name_parse(name, wire, &size));
	assert_true(dns_type_from_text(type, &number));
	memset(packet, 0, DNS_HEADER_SIZE);
	packet[5] = 1;
	memcpy(packet + DNS_HEADER_SIZE, wire, size);
	put_u16(packet + DNS_HEADER_SIZE + size, number);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + size + 4u, &query), QUERY_GOOD);

	const struct edition *edition = answers_edition(answers);
	const struct zone *zone = catalog_find_zone(catalog, edition, &query);
	assert_non_null(zone);
	struct lookup lookup;
	struct reply reply = { .packet = packet, .at = query.question_end, .limit = limit == 0 ? 65535 : limit,
			       .owner_at = DNS_HEADER_SIZE, .rotations = asking_rotations,
			       .minimal = asking_minimal };
	query.dnssec_ok = asking_dnssec;
	lookup_of_query(&lookup, catalog, zone, edition, &query);
	answers_probe(&lookup);
	answers_match(&lookup);
	asked.kind = answers_write(&lookup, &reply);
	asked.rcode = reply.rcode;
	asked.truncated = reply.truncated;
	put_u16(packet + 2, (uint16_t)(FLAG_QR | reply.rcode));
	put_u16(packet + 6, reply.answers);
	put_u16(packet + 8, reply.authorities);
	put_u16(packet + 10, reply.additionals);
	assert_true(reply.at <= reply.limit);
	assert_int_equal(ldns_wire2pkt(&asked.packet, packet, reply.at), LDNS_STATUS_OK);
	return asked;
}

/* The answer section's rdata, sorted, joined by "|"; of SRV and CNAME the whole rdata. Caller frees. */
static inline char *answer_text(const struct asked *asked)
{
	static char text[1 << 20];
	ldns_rr_list *answers = ldns_pkt_answer(asked->packet);
	ldns_rr_list_sort(answers);
	text[0] = '\0';
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		ldns_rr *rr = ldns_rr_list_rr(answers, i);
		for (size_t k = 0; k < ldns_rr_rd_count(rr); k++) {
			char *field = ldns_rdf2str(ldns_rr_rdf(rr, k));
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k > 0 ? " " : i > 0 ? "|" : "", field);
			free(field);
		}
	}
	return text;
}

#endif
