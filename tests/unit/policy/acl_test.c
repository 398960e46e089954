/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

/* A block from text, its policy, and what it says to one question. */
struct gate {
	struct config *config;
	struct policy *policy;
	struct metrics *metrics;
	unsigned meter;
};

static struct gate *gate_new(const char *body)
{
	struct gate *gate = mem_zalloc(sizeof(*gate));
	struct error error;
	gate->config = config_of(body);
	gate->metrics = metrics_new();
	gate->meter = metrics_meter(gate->metrics, "dns://:53", ".", "");
	const struct policy_options options = { .block = &gate->config->blocks[0],
						.metrics = gate->metrics };
	assert_true(policy_compile(&options, &gate->policy, &error));
	return gate;
}

static void gate_free(struct gate *gate)
{
	policy_free(gate->policy);
	metrics_free(gate->metrics);
	config_free(gate->config);
	mem_free(gate);
}

struct judged {
	enum policy_verdict verdict;
	struct reply reply;
	enum answerer by;
	struct dns_query query;
};

static struct judged judge(const struct gate *gate, const char *ip, const char *name, uint16_t type)
{
	struct judged judged = { 0 };
	struct client client = { .meter = gate->meter };
	uint8_t packet[DNS_HEADER_SIZE + DNS_NAME_MAX + 4] = { 0 };
	if (ip[0] != '\0')
		assert_true(ip_parse(ip, &client.ip));
	put_u16(packet + 2, FLAG_RD);
	ask_question(packet, name, type, CLASS_IN, &judged.query);
	judged.verdict = policy_gate(gate->policy, &judged.query, &client, &judged.reply, &judged.by);
	return judged;
}

enum said { PASSES, BLOCKED, FILTERED, DROPPED };

static void assert_said(const struct gate *gate, const char *ip, const char *name, uint16_t type,
			enum said expected)
{
	struct judged judged = judge(gate, ip, name, type);
	static const struct {
		enum policy_verdict verdict;
		uint16_t rcode, extended_error;
	} table[] = {
		[PASSES] = { POLICY_PASS, RCODE_NOERROR, 0 },
		[BLOCKED] = { POLICY_ANSWERED, RCODE_REFUSED, 15 },
		[FILTERED] = { POLICY_ANSWERED, RCODE_NOERROR, 17 },
		[DROPPED] = { POLICY_DROPPED, RCODE_NOERROR, 0 },
	};
	if (judged.verdict != table[expected].verdict)
		fail_msg("%s asks for %s, type %u: %d", ip, name, type, (int)judged.verdict);
	assert_int_equal(judged.reply.rcode, table[expected].rcode);
	assert_int_equal(judged.reply.extended_error, table[expected].extended_error);
	bool is_answered = expected == BLOCKED || expected == FILTERED;
	assert_int_equal(judged.by, is_answered ? BY_ACL : BY_NONE);
}

static void the_first_rule_that_fits_decides(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl {\n"
				     "allow net 10.0.0.0/8 type A\n"
				     "block type TXT HTTPS TYPE65280\n"
				     "filter net 10.1.0.0/16\n"
				     "drop net 192.0.2.0/24 2001:db8::/32\n"
				     "}");
	assert_said(gate, "10.1.2.3", "a.example.", TYPE_A, PASSES);
	assert_said(gate, "10.1.2.3", "a.example.", TYPE_TXT, BLOCKED);
	assert_said(gate, "198.51.100.1", "a.example.", TYPE_HTTPS, BLOCKED);
	assert_said(gate, "198.51.100.1", "a.example.", 65280, BLOCKED);
	assert_said(gate, "198.51.100.1", "a.example.", 65281, PASSES);
	assert_said(gate, "10.1.2.3", "a.example.", TYPE_AAAA, FILTERED);
	assert_said(gate, "10.2.2.3", "a.example.", TYPE_AAAA, PASSES);
	assert_said(gate, "192.0.2.255", "a.example.", TYPE_A, DROPPED);
	assert_said(gate, "2001:db8::7", "a.example.", TYPE_A, DROPPED);
	assert_said(gate, "2001:db9::7", "a.example.", TYPE_A, PASSES);
	gate_free(gate);
}

static void zones_are_told_apart_whatever_the_letters(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl secret.example {\nblock\n}\n"
				     "acl open.secret.example other.example {\nfilter\n}\n"
				     "acl {\ndrop type MX\n}");
	assert_said(gate, "192.0.2.1", "secret.example.", TYPE_A, BLOCKED);
	assert_said(gate, "192.0.2.1", "a.SECRET.example.", TYPE_A, BLOCKED);
	assert_said(gate, "192.0.2.1", "open.secret.example.", TYPE_A, BLOCKED);
	assert_said(gate, "192.0.2.1", "a.OTHER.EXAMPLE.", TYPE_A, FILTERED);
	assert_said(gate, "192.0.2.1", "notsecret.example.", TYPE_A, PASSES);
	assert_said(gate, "192.0.2.1", "example.", TYPE_A, PASSES);
	assert_said(gate, "192.0.2.1", "example.", TYPE_MX, DROPPED);
	assert_said(gate, "192.0.2.1", "secret\\.example.", TYPE_A, PASSES);
	gate_free(gate);
}

/* An acl whose rules do not fit leaves the question to the next one; `allow` ends it. */
static void an_allowed_question_is_not_judged_again(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl a.example {\nallow net 127.0.0.1\nfilter net 127.0.0.2\n}\n"
				     "acl {\nblock\n}");
	assert_said(gate, "127.0.0.1", "a.example.", TYPE_A, PASSES);
	assert_said(gate, "127.0.0.2", "a.example.", TYPE_A, FILTERED);
	assert_said(gate, "127.0.0.3", "a.example.", TYPE_A, BLOCKED);
	assert_said(gate, "127.0.0.1", "b.example.", TYPE_A, BLOCKED);
	gate_free(gate);
}

static void whose_address_is_not_known_is_blocked(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl {\nallow\n}");
	assert_said(gate, "", "a.example.", TYPE_A, BLOCKED);
	assert_said(gate, "192.0.2.1", "a.example.", TYPE_A, PASSES);
	gate_free(gate);
}

/* Compared with a search through all networks. */
static void many_networks_are_as_good_as_each_alone(void **state)
{
	(void)state;
	enum { NETWORKS = 300, ASKED = 3000 };
	struct text body = { 0 };
	struct config_network networks[NETWORKS];
	char text[IP_TEXT_SIZE];
	unsigned seed = 7;
	text_add(&body, "acl {\nblock net");
	for (size_t i = 0; i < NETWORKS; i++) {
		struct config_network *network = &networks[i];
		*network = (struct config_network){ .ip.family = i % 2 == 0 ? 4 : 6 };
		unsigned size = network->ip.family == 4 ? 4 : 16;
		for (unsigned b = 0; b < size; b++)
			network->ip.bytes[b] = (uint8_t)(rand_r(&seed) % 4);
		network->bits = 8 + (unsigned)rand_r(&seed) % (8 * size - 7);
		ip_print(&network->ip, text);
		text_printf(&body, " %s/%u", text, network->bits);
	}
	text_add(&body, "\n}");
	struct gate *gate = gate_new(body.data);
	for (unsigned i = 0; i < ASKED; i++) {
		struct ip ip = { .family = i % 2 == 0 ? 4 : 6 };
		bool is_blocked = false;
		for (unsigned b = 0; b < (ip.family == 4 ? 4 : 16); b++)
			ip.bytes[b] = (uint8_t)(rand_r(&seed) % 5);
		for (size_t n = 0; n < NETWORKS; n++)
			is_blocked |= ip_in_cidr(&ip, &networks[n].ip, networks[n].bits);
		ip_print(&ip, text);
		assert_said(gate, text, "a.example.", TYPE_A, is_blocked ? BLOCKED : PASSES);
	}
	gate_free(gate);
	text_done(&body);
}

static void only_zones_that_meet_an_acl_are_touched(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl secret.example {\nblock\n}\nacl {\n}");
	static const uint8_t root[] = "", above[] = "\7example", same[] = "\6secret\7example",
			     below[] = "\1a\6secret\7example", beside[] = "\5other\7example";
	assert_int_equal(policy_touches(gate->policy, root), TOUCH_GATE);
	assert_int_equal(policy_touches(gate->policy, above), TOUCH_GATE);
	assert_int_equal(policy_touches(gate->policy, same), TOUCH_GATE);
	assert_int_equal(policy_touches(gate->policy, below), TOUCH_GATE);
	assert_int_equal(policy_touches(gate->policy, beside), 0);
	gate_free(gate);
}

static void what_is_stopped_and_let_through_is_counted_as_coredns_does(void **state)
{
	(void)state;
	struct gate *gate = gate_new("acl a.example b.example {\nblock type A\nfilter type TXT\n"
				     "drop type MX\n}");
	judge(gate, "192.0.2.1", "a.example.", TYPE_A);
	judge(gate, "192.0.2.1", "x.b.example.", TYPE_A);
	judge(gate, "192.0.2.1", "b.example.", TYPE_A);
	judge(gate, "192.0.2.1", "b.example.", TYPE_TXT);
	judge(gate, "192.0.2.1", "a.example.", TYPE_MX);
	judge(gate, "192.0.2.1", "a.example.", TYPE_AAAA);
	judge(gate, "192.0.2.1", "c.example.", TYPE_A);
	struct text text = { 0 };
	metrics_print(gate->metrics, &text);
#define LABELS(zone) "{server=\"dns://:53\",view=\"\",zone=\"" zone "\"} "
	assert_non_null(
		strstr(text.data, "coredns_acl_blocked_requests_total" LABELS("a.example.") "1\n"));
	assert_non_null(
		strstr(text.data, "coredns_acl_blocked_requests_total" LABELS("b.example.") "2\n"));
	assert_non_null(strstr(text.data,
			       "coredns_acl_filtered_requests_total" LABELS("b.example.") "1\n"));
	assert_non_null(
		strstr(text.data, "coredns_acl_dropped_requests_total" LABELS("a.example.") "1\n"));
	assert_non_null(
		strstr(text.data,
		       "coredns_acl_allowed_requests_total{server=\"dns://:53\",view=\"\"} 2\n"));
	text_done(&text);
	gate_free(gate);
}

static void header_changes_the_flags_of_what_passes(void **state)
{
	(void)state;
	struct gate *gate =
		gate_new("acl {\nblock type TXT\n}\n"
			 "header {\nquery clear rd\nresponse set ra\nresponse clear aa\n}");
	struct judged judged = judge(gate, "192.0.2.1", "a.example.", TYPE_A);
	assert_int_equal(judged.verdict, POLICY_PASS);
	assert_int_equal(judged.query.flags & FLAG_RD, 0);
	assert_int_equal(judged.reply.set_flags, FLAG_RA);
	assert_int_equal(judged.reply.clear_flags, FLAG_AA);
	judged = judge(gate, "192.0.2.1", "a.example.", TYPE_TXT);
	assert_int_equal(judged.verdict, POLICY_ANSWERED);
	assert_int_equal(judged.query.flags & FLAG_RD, FLAG_RD);
	assert_int_equal(judged.reply.set_flags, 0);
	gate_free(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_fits_decides),
		cmocka_unit_test(zones_are_told_apart_whatever_the_letters),
		cmocka_unit_test(an_allowed_question_is_not_judged_again),
		cmocka_unit_test(whose_address_is_not_known_is_blocked),
		cmocka_unit_test(many_networks_are_as_good_as_each_alone),
		cmocka_unit_test(only_zones_that_meet_an_acl_are_touched),
		cmocka_unit_test(what_is_stopped_and_let_through_is_counted_as_coredns_does),
		cmocka_unit_test(header_changes_the_flags_of_what_passes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
