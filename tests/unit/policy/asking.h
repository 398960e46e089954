/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of policies share: a config of one block, a question, and what a reply has. */
#ifndef TESTS_POLICY_ASKING_H
#define TESTS_POLICY_ASKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "knamed/policy.h"

/* Of the block "." with these lines. */
static inline struct config *config_of(const char *lines)
{
	struct text text = { 0 };
	struct error error = { "" };
	text_printf(&text, ".:53 {\n%s\n}\n", lines);
	struct config *config = config_read("Corefile", text.data, "53", &error);
	text_done(&text);
	if (config == NULL)
		fail_msg("%s", error.text);
	return config;
}

/* Writes it behind the header in the packet, which counts it, and reads it from there. */
static inline void ask_question(uint8_t *packet, const char *name, uint16_t type, uint16_t class_,
				struct dns_query *ret_query)
{
	uint8_t size;
	put_u16(packet + 4, 1);
	assert_true(name_parse(name, packet + DNS_HEADER_SIZE, &size));
	put_u16(packet + DNS_HEADER_SIZE + size, type);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, class_);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + size + 4u, ret_query), QUERY_GOOD);
}

/* All records in one line, each with a ";" behind it, sections separated by "/". */
static inline void assert_reply(const struct reply *reply, const char *expected)
{
	uint8_t *packet = reply->packet;
	ldns_pkt *read = NULL;
	struct text text = { 0 };
	put_u16(packet + 6, reply->answers);
	put_u16(packet + 8, reply->authorities);
	put_u16(packet + 10, reply->additionals);
	assert_int_equal(ldns_wire2pkt(&read, packet, reply->at), LDNS_STATUS_OK);
	const ldns_rr_list *sections[] = { ldns_pkt_answer(read), ldns_pkt_authority(read),
					   ldns_pkt_additional(read) };
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		text_add(&text, i > 0 ? "/" : "");
		for (size_t j = 0; j < ldns_rr_list_rr_count(sections[i]); j++) {
			char *line = ldns_rr2str(ldns_rr_list_rr(sections[i], j));
			for (char *at = line; *at != '\0'; at++)
				*at = *at == '\t' ? ' ' : *at == '\n' ? ';' : *at;
			text_add(&text, line);
			free(line);
		}
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
	ldns_pkt_free(read);
}

#endif
