/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

/* A block from text, its policy, and a question for it. */
struct asked {
	struct config *config;
	struct policy *policy;
	struct metrics *metrics;
	struct client client;
	uint8_t packet[512];
	struct dns_query query;
};

static struct asked *asked_new(const char *body)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));
	struct error error;
	asked->config = config_of(body);
	asked->metrics = metrics_new();
	asked->client.meter = metrics_meter(asked->metrics, "dns://:53", ".", "");
	assert_true(ip_parse("2001:db8::1", &asked->client.ip));
	const struct policy_options options = { .block = &asked->config->blocks[0],
						.metrics = asked->metrics };
	assert_true(policy_compile(&options, &asked->policy, &error));
	return asked;
}

static void asked_free(struct asked *asked)
{
	policy_free(asked->policy);
	metrics_free(asked->metrics);
	config_free(asked->config);
	mem_free(asked);
}

static void ask(struct asked *asked, const char *name, uint16_t type, uint16_t class_)
{
	ask_question(asked->packet, name, type, class_, &asked->query);
}

/* A reply with answers from text, one a line; a line that begins with "@" is of the authority section. */
struct said {
	uint8_t *wire;
	struct dns_message message;
};

static struct said say(const char *name, ldns_rr_type type, unsigned rcode, const char *lines)
{
	struct said said = { 0 };
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), type, LDNS_RR_CLASS_IN,
					      LDNS_QR | LDNS_RA | LDNS_AA | LDNS_AD);
	ldns_pkt_set_rcode(packet, (uint8_t)rcode);
	char *copy = mem_text(lines), *rest = copy;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		ldns_rr *rr = NULL;
		bool is_authority = line[0] == '@';
		if (line[0] == '\0')
			continue;
		assert_int_equal(ldns_rr_new_frm_str(&rr, line + is_authority, 60, NULL, NULL),
				 LDNS_STATUS_OK);
		ldns_pkt_push_rr(packet,
				 is_authority ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ANSWER, rr);
	}
	size_t size;
	assert_int_equal(ldns_pkt2wire(&said.wire, packet, &size), LDNS_STATUS_OK);
	assert_true(dns_message_read(said.wire, size, &said.message));
	mem_free(copy);
	ldns_pkt_free(packet);
	return said;
}

static bool replaces(const struct asked *asked, unsigned rcode, const char *lines)
{
	struct said aaaa = say("a.example.", LDNS_RR_TYPE_AAAA, rcode, lines);
	bool is_replaced = policy_dns64_replaces(asked->policy, &aaaa.message);
	free(aaaa.wire);
	return is_replaced;
}

/* What is made of both, in one line: flags, then answers and authorities. */
static void assert_made(struct asked *asked, const char *aaaa_lines, const char *a_lines,
			const char *expected)
{
	static uint8_t made[DNS_MESSAGE_MAX];
	struct said aaaa = say("a.example.", LDNS_RR_TYPE_AAAA, 0, aaaa_lines),
		    a = say("a.example.", LDNS_RR_TYPE_A, 0, a_lines);
	ldns_pkt *packet = NULL;
	struct text text = { 0 };
	ask(asked, "a.example.", TYPE_AAAA, CLASS_IN);
	size_t size = policy_dns64_write(asked->policy, &asked->query, &asked->client,
					 &aaaa.message, &a.message, made);
	assert_int_equal(ldns_wire2pkt(&packet, made, size), LDNS_STATUS_OK);
	text_printf(&text, "%s%s%s", ldns_pkt_aa(packet) ? "aa " : "",
		    ldns_pkt_ra(packet) ? "ra " : "", ldns_pkt_ad(packet) ? "ad " : "");
	ldns_rr_list *all = ldns_pkt_all_noquestion(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
		char *line = ldns_rr2str(ldns_rr_list_rr(all, i));
		for (char *at = line; *at != '\0'; at++)
			*at = *at == '\t' ? ' ' : *at == '\n' ? ';' : *at;
		text_add(&text, line);
		free(line);
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
	ldns_rr_list_deep_free(all);
	ldns_pkt_free(packet);
	free(aaaa.wire);
	free(a.wire);
}

#define SOA "@example. 30 IN SOA ns.example. host.example. 1 2 3 4 5"

static void only_aaaa_by_ipv6_is_of_interest(void **state)
{
	(void)state;
	struct asked *asked = asked_new("dns64");
	ask(asked, "a.example.", TYPE_AAAA, CLASS_IN);
	assert_true(policy_dns64_wants(asked->policy, &asked->query, &asked->client));
	ask(asked, "a.example.", TYPE_A, CLASS_IN);
	assert_false(policy_dns64_wants(asked->policy, &asked->query, &asked->client));
	ask(asked, "a.example.", TYPE_AAAA, CLASS_CH);
	assert_false(policy_dns64_wants(asked->policy, &asked->query, &asked->client));
	ask(asked, "a.example.", TYPE_AAAA, CLASS_IN);
	assert_true(ip_parse("192.0.2.1", &asked->client.ip));
	assert_false(policy_dns64_wants(asked->policy, &asked->query, &asked->client));
	asked_free(asked);
	asked = asked_new("dns64 {\nallow_ipv4\n}");
	assert_true(ip_parse("192.0.2.1", &asked->client.ip));
	ask(asked, "a.example.", TYPE_AAAA, CLASS_IN);
	assert_true(policy_dns64_wants(asked->policy, &asked->query, &asked->client));
	asked_free(asked);
}

static void addresses_are_made_where_there_are_none_and_the_name_exists(void **state)
{
	(void)state;
	struct asked *asked = asked_new("dns64");
	assert_true(replaces(asked, RCODE_NOERROR, SOA));
	assert_true(replaces(asked, RCODE_SERVFAIL, ""));
	assert_true(replaces(asked, RCODE_REFUSED, ""));
	assert_false(replaces(asked, RCODE_NXDOMAIN, SOA));
	assert_false(replaces(asked, RCODE_NOERROR, "a.example. 60 IN AAAA 2001:db8::2"));
	assert_false(replaces(asked, RCODE_NOERROR,
			      "a.example. 60 IN CNAME b.example.\nb.example. 60 IN AAAA 2001:db8::2"));
	assert_true(replaces(asked, RCODE_NOERROR, "a.example. 60 IN CNAME b.example.\n" SOA));
	assert_true(replaces(asked, RCODE_NOERROR, "a.example. 60 IN AAAA ::ffff:192.0.2.1"));
	assert_false(replaces(asked, RCODE_NOERROR,
			      "a.example. 60 IN AAAA ::ffff:192.0.2.1\n"
			      "a.example. 60 IN AAAA 2001:db8::2"));
	asked_free(asked);
	asked = asked_new("dns64 {\ntranslate_all\n}");
	assert_true(replaces(asked, RCODE_NOERROR, "a.example. 60 IN AAAA 2001:db8::2"));
	assert_false(replaces(asked, RCODE_NXDOMAIN, SOA));
	asked_free(asked);
}

/* The table of RFC 6052 2.4. */
static void addresses_stand_in_the_prefix_as_rfc_6052_says(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{ "2001:db8::/32", "2001:db8:c000:221::" },
		{ "2001:db8:100::/40", "2001:db8:1c0:2:21::" },
		{ "2001:db8:122::/48", "2001:db8:122:c000:2:2100::" },
		{ "2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::" },
		{ "2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0" },
		{ "2001:db8:122:344::/96", "2001:db8:122:344::c000:221" },
		{ "64:ff9b::/96", "64:ff9b::c000:221" },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text body = { 0 }, expected = { 0 };
		text_printf(&body, "dns64 %s", table[i][0]);
		text_printf(&expected, "aa ra a.example. 5 IN AAAA %s;", table[i][1]);
		struct asked *asked = asked_new(body.data);
		assert_made(asked, SOA, "a.example. 5 IN A 192.0.2.33", expected.data);
		asked_free(asked);
		text_done(&body);
		text_done(&expected);
	}
}

static void ttls_are_no_longer_than_the_denial_lasts(void **state)
{
	(void)state;
	struct asked *asked = asked_new("dns64");
	assert_made(asked, SOA, "a.example. 60 IN A 192.0.2.1\na.example. 20 IN A 192.0.2.2",
		    "aa ra a.example. 30 IN AAAA 64:ff9b::c000:201;"
		    "a.example. 20 IN AAAA 64:ff9b::c000:202;");
	assert_made(asked, "", "a.example. 86400 IN A 192.0.2.1",
		    "aa ra a.example. 600 IN AAAA 64:ff9b::c000:201;");
	asked_free(asked);
}

static void what_is_no_address_is_handed_on(void **state)
{
	(void)state;
	struct asked *asked = asked_new("dns64");
	assert_made(asked, SOA,
		    "a.example. 300 IN CNAME b.example.\nb.example. 60 IN A 192.0.2.1\n"
		    "@example. 300 IN NS ns.example.",
		    "aa ra a.example. 300 IN CNAME b.example.;"
		    "b.example. 30 IN AAAA 64:ff9b::c000:201;example. 300 IN NS ns.example.;");
	assert_made(asked, SOA, SOA, "aa ra example. 30 IN SOA ns.example. host.example. 1 2 3 4 5;");
	asked_free(asked);
}

static void what_does_not_fit_is_cut(void **state)
{
	(void)state;
	static uint8_t made[DNS_MESSAGE_MAX];
	struct text lines = { 0 };
	struct dns_message message;
	for (unsigned i = 0; i < 4000; i++)
		text_printf(&lines, "a.example. 60 IN A 10.0.%u.%u\n", i / 250, i % 250);
	struct asked *asked = asked_new("dns64");
	struct said aaaa = say("a.example.", LDNS_RR_TYPE_AAAA, 0, SOA),
		    a = say("a.example.", LDNS_RR_TYPE_A, 0, lines.data);
	ask(asked, "a.example.", TYPE_AAAA, CLASS_IN);
	size_t size = policy_dns64_write(asked->policy, &asked->query, &asked->client,
					 &aaaa.message, &a.message, made);
	assert_true(dns_message_read(made, size, &message));
	assert_true((message.flags & FLAG_TC) != 0);
	assert_in_range(message.counts[0], 2300, 2399);
	free(aaaa.wire);
	free(a.wire);
	text_done(&lines);
	asked_free(asked);
}

static void each_translation_is_counted(void **state)
{
	(void)state;
	struct asked *asked = asked_new("dns64");
	struct text text = { 0 };
	assert_made(asked, SOA, SOA, "aa ra example. 30 IN SOA ns.example. host.example. 1 2 3 4 5;");
	assert_made(asked, SOA, SOA, "aa ra example. 30 IN SOA ns.example. host.example. 1 2 3 4 5;");
	metrics_print(asked->metrics, &text);
	assert_non_null(strstr(text.data,
			       "coredns_dns64_requests_translated_total{server=\"dns://:53\"} 2\n"));
	text_done(&text);
	asked_free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_aaaa_by_ipv6_is_of_interest),
		cmocka_unit_test(addresses_are_made_where_there_are_none_and_the_name_exists),
		cmocka_unit_test(addresses_stand_in_the_prefix_as_rfc_6052_says),
		cmocka_unit_test(ttls_are_no_longer_than_the_denial_lasts),
		cmocka_unit_test(what_is_no_address_is_handed_on),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(each_translation_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
