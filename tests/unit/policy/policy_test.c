/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "asking.h"

/* A question and the reply that policies write, as it is in a server: behind the question. */
struct asked {
	uint8_t packet[512];
	struct dns_query query;
	struct reply reply;
	enum answerer by;
};

static void ask(struct asked *asked, const char *name, uint16_t type, uint16_t class_)
{
	memset(asked, 0, sizeof(*asked));
	ask_question(asked->packet, name, type, class_, &asked->query);
	asked->reply = (struct reply){
		.packet = asked->packet,
		.at = asked->query.question_end,
		.limit = sizeof(asked->packet),
		.owner_at = DNS_HEADER_SIZE,
	};
}

static void assert_records(const struct asked *asked, const char *expected)
{
	assert_reply(&asked->reply, expected);
}

static struct policy *compile(const struct config_block *block, const char *version)
{
	struct policy_options options = { .block = block, .version = version };
	struct policy *policy;
	struct error error;
	assert_true(policy_compile(&options, &policy, &error));
	return policy;
}

static void before(const struct config_block *block, struct asked *asked, enum policy_verdict expected)
{
	struct policy *policy = compile(block, "knamed-1.0");
	assert_int_equal(policy_before(policy, &asked->query, &asked->reply, &asked->by), expected);
	policy_free(policy);
}

/* ---- none ---- */

static void a_block_that_asks_for_nothing_has_no_policy(void **state)
{
	(void)state;
	struct config_block block = { .minimal = true, .loadbalance = true, .nsid = (char *)"x" };
	assert_null(compile(&block, "v"));
	policy_free(NULL);
}

/* ---- local ---- */

#define SOA "604800 IN SOA localhost. root.localhost. 1 0 0 0 604800;"

static void local_answers_for_localhost_and_the_loopback(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		uint16_t rcode;
		const char *records;
	} table[] = {
		{ "localhost.", TYPE_A, 0, "localhost. 604800 IN A 127.0.0.1;//" },
		{ "LocalHost.", TYPE_AAAA, 0, "LocalHost. 604800 IN AAAA ::1;//" },
		{ "localhost.", TYPE_NS, 0, "localhost. 604800 IN NS localhost.;//" },
		{ "localhost.", TYPE_SOA, 0, "localhost. " SOA "//" },
		{ "localhost.", TYPE_MX, 0, "/localhost. " SOA "/" },
		{ "a.localhost.", TYPE_A, 0, "a.localhost. 604800 IN A 127.0.0.1;//" },
		{ "a.b.localhost.", TYPE_TXT, 0, "/a.b.localhost. " SOA "/" },
		{ "127.in-addr.arpa.", TYPE_A, 0, "/127.in-addr.arpa. " SOA "/" },
		{ "127.in-addr.arpa.", TYPE_SOA, 0, "127.in-addr.arpa. " SOA "//" },
		{ "1.0.0.127.in-addr.arpa.", TYPE_PTR, 0,
		  "1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.;//" },
		{ "1.0.0.127.in-addr.arpa.", TYPE_A, 0, "/127.in-addr.arpa. " SOA "/" },
		{ "0.0.127.in-addr.arpa.", TYPE_PTR, 0, "/127.in-addr.arpa. " SOA "/" },
		{ "2.0.0.127.in-addr.arpa.", TYPE_PTR, RCODE_NXDOMAIN, "/127.in-addr.arpa. " SOA "/" },
		{ "7.1.0.0.127.in-addr.arpa.", TYPE_PTR, RCODE_NXDOMAIN, "/127.in-addr.arpa. " SOA "/" },
		{ "0.in-addr.arpa.", TYPE_NS, 0, "0.in-addr.arpa. 604800 IN NS localhost.;//" },
		{ "5.0.in-addr.arpa.", TYPE_PTR, RCODE_NXDOMAIN, "/0.in-addr.arpa. " SOA "/" },
		{ "255.255.255.255.in-addr.arpa.", TYPE_PTR, RCODE_NXDOMAIN,
		  "/255.in-addr.arpa. " SOA "/" },
	};
	(void)state;
	struct config_block block = { .local = true };
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct asked asked;
		ask(&asked, table[i].name, table[i].type, CLASS_IN);
		before(&block, &asked, POLICY_ANSWERED);
		assert_records(&asked, table[i].records);
		assert_int_equal(asked.reply.rcode, table[i].rcode);
		assert_int_equal(asked.by, BY_LOCAL);
		assert_true(asked.reply.authoritative);
	}
}

static void local_answers_for_the_ipv6_loopback(void **state)
{
	(void)state;
	static const char name[] =
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.";
	struct config_block block = { .local = true };
	struct asked asked;
	ask(&asked, name, TYPE_PTR, CLASS_IN);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
			       "ip6.arpa. 604800 IN PTR "
			       "localhost.;//");
	ask(&asked, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
	    TYPE_PTR, CLASS_IN);
	before(&block, &asked, POLICY_PASS);
}

static void local_passes_on_what_is_not_local(void **state)
{
	static const char *const names[] = {
		".",
		"a.",
		"notlocalhost.",
		"local.host.",
		"localhost.example.org.",
		"127.10.in-addr.arpa.",
		"x127.in-addr.arpa.",
		"in-addr.arpa.",
		"128.in-addr.arpa.",
	};
	(void)state;
	struct config_block block = { .local = true };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct asked asked;
		ask(&asked, names[i], TYPE_A, CLASS_IN);
		before(&block, &asked, POLICY_PASS);
		assert_int_equal(asked.reply.at, asked.query.question_end);
	}
}

static void the_prefix_localhost_is_local_when_it_is_on(void **state)
{
	(void)state;
	struct config_block block = { .local = true, .local_prefix = true };
	struct asked asked;
	ask(&asked, "Localhost.default.svc.cluster.local.", TYPE_A, CLASS_IN);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "Localhost.default.svc.cluster.local. 604800 IN A 127.0.0.1;//");
	ask(&asked, "localhostess.default.svc.cluster.local.", TYPE_A, CLASS_IN);
	before(&block, &asked, POLICY_PASS);
}

static void names_made_of_localhost_are_counted(void **state)
{
	(void)state;
	struct config_block block = { .local = true, .local_prefix = true };
	struct policy *policy = compile(&block, "v");
	static const char *const names[] = { "localhost.", "a.localhost.", "localhost.a.",
					     "127.in-addr.arpa." };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct asked asked;
		ask(&asked, names[i], TYPE_A, CLASS_IN);
		assert_int_equal(policy_before(policy, &asked.query, &asked.reply, &asked.by),
				 POLICY_ANSWERED);
	}
	assert_int_equal(policy_localhost_requests(policy), 2);
	policy_free(policy);
}

/* ---- chaos ---- */

static void chaos_tells_version_host_and_authors(void **state)
{
	(void)state;
	char *authors[] = { (char *)"a b", (char *)"cc" }, host[256] = "", expected[600];
	struct config_chaos chaos = { .version = (char *)"KN",
				      .authors = { .words = authors, .count = 2 } };
	struct config_block block = { .chaos = &chaos };
	struct asked asked;
	gethostname(host, sizeof(host) - 1);

	ask(&asked, "version.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "version.bind. 0 CH TXT \"KN\";//");
	assert_int_equal(asked.by, BY_CHAOS);
	assert_false(asked.reply.authoritative);
	ask(&asked, "Version.Server.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "Version.Server. 0 CH TXT \"KN\";//");
	ask(&asked, "authors.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "authors.bind. 0 CH TXT \"a b\";authors.bind. 0 CH TXT \"cc\";//");
	ask(&asked, "id.server.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	snprintf(expected, sizeof(expected), "id.server. 0 CH TXT \"%s\";//", host);
	assert_records(&asked, expected);
	ask(&asked, "hostname.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	snprintf(expected, sizeof(expected), "hostname.bind. 0 CH TXT \"%s\";//", host);
	assert_records(&asked, expected);
}

static void chaos_without_arguments_tells_the_servers_version(void **state)
{
	(void)state;
	struct config_chaos chaos = { 0 };
	struct config_block block = { .chaos = &chaos };
	struct asked asked;
	ask(&asked, "version.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_records(&asked, "version.bind. 0 CH TXT \"knamed-1.0\";//");
	ask(&asked, "authors.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_int_equal(asked.reply.answers, 1);
}

static void chaos_cuts_what_is_longer_than_a_character_string(void **state)
{
	(void)state;
	char version[400];
	memset(version, 'v', sizeof(version) - 1);
	version[sizeof(version) - 1] = '\0';
	struct config_chaos chaos = { .version = version };
	struct config_block block = { .chaos = &chaos };
	struct asked asked;
	ask(&asked, "version.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_ANSWERED);
	assert_int_equal(asked.packet[asked.query.question_end + 12], 255);
	assert_int_equal(asked.reply.at, asked.query.question_end + 12 + 256);
}

static void chaos_knows_no_other_name_type_or_class(void **state)
{
	(void)state;
	struct config_chaos chaos = { 0 };
	struct config_block block = { .chaos = &chaos };
	struct asked asked;
	ask(&asked, "other.bind.", TYPE_TXT, CLASS_CH);
	before(&block, &asked, POLICY_PASS);
	ask(&asked, "version.bind.", TYPE_A, CLASS_CH);
	before(&block, &asked, POLICY_PASS);
	ask(&asked, "version.bind.", TYPE_TXT, CLASS_IN);
	before(&block, &asked, POLICY_PASS);
	ask(&asked, "version.bind.", TYPE_TXT, CLASS_HS);
	before(&block, &asked, POLICY_PASS);
}

/* ---- whoami and any ---- */

static void after(const struct config_block *block, const char *client_ip, enum proto proto,
		  struct asked *asked, enum policy_verdict expected)
{
	struct policy *policy = compile(block, "v");
	struct client client = { .port = 4711, .proto = proto };
	assert_true(ip_parse(client_ip, &client.ip));
	assert_int_equal(policy_after(policy, &asked->query, &client, &asked->reply, &asked->by),
			 expected);
	policy_free(policy);
}

static void whoami_tells_address_port_and_protocol(void **state)
{
	(void)state;
	struct config_block block = { .whoami = true };
	struct asked asked;
	ask(&asked, "x.Test.", TYPE_A, CLASS_IN);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_records(&asked, "//x.Test. 0 IN A 192.0.2.7;_udp.x.Test. 0 IN SRV 0 0 4711 .;");
	assert_int_equal(asked.by, BY_WHOAMI);
	assert_true(asked.reply.authoritative);
	ask(&asked, ".", TYPE_NS, CLASS_IN);
	after(&block, "2001:db8::7", PROTO_TCP, &asked, POLICY_ANSWERED);
	assert_records(&asked, "//. 0 IN AAAA 2001:db8::7;_tcp. 0 IN SRV 0 0 4711 .;");
}

static void whoami_leaves_the_port_out_where_its_name_would_be_too_long(void **state)
{
	(void)state;
	char name[256];
	for (size_t i = 0; i < 252; i += 2)
		memcpy(name + i, "a.", 3);
	struct config_block block = { .whoami = true };
	struct asked asked;
	ask(&asked, name, TYPE_A, CLASS_IN);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_int_equal(asked.reply.additionals, 1);
}

static void minimal_takes_all_of_whoami(void **state)
{
	(void)state;
	struct config_block block = { .whoami = true, .minimal = true };
	struct asked asked;
	ask(&asked, "x.test.", TYPE_A, CLASS_IN);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_records(&asked, "//");
}

static void any_is_answered_with_a_hint(void **state)
{
	(void)state;
	struct config_block block = { .any = true, .whoami = true };
	struct asked asked;
	ask(&asked, "x.test.", TYPE_ANY, CLASS_IN);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_records(&asked, "x.test. 8482 IN HINFO \"ANY obsoleted\" \"See RFC 8482\";//");
	assert_int_equal(asked.by, BY_ANY);
	ask(&asked, "x.test.", TYPE_A, CLASS_IN);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_int_equal(asked.by, BY_WHOAMI);
}

static void other_classes_pass(void **state)
{
	(void)state;
	struct config_block block = { .any = true, .whoami = true, .local = true, .local_prefix = true };
	struct asked asked;
	ask(&asked, "localhost.", TYPE_ANY, CLASS_HS);
	before(&block, &asked, POLICY_PASS);
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_PASS);
}

/* ---- room ---- */

static void what_does_not_fit_is_marked_as_cut(void **state)
{
	(void)state;
	struct config_block block = { .local = true, .any = true };
	struct asked asked;
	ask(&asked, "localhost.", TYPE_A, CLASS_IN);
	asked.reply.limit = asked.reply.at + 15;
	before(&block, &asked, POLICY_ANSWERED);
	assert_true(asked.reply.truncated);
	assert_int_equal(asked.reply.answers, 0);
	assert_int_equal(asked.reply.at, asked.query.question_end);
	ask(&asked, "localhost.", TYPE_MX, CLASS_IN);
	asked.reply.limit = asked.reply.at + 15;
	before(&block, &asked, POLICY_ANSWERED);
	assert_true(asked.reply.truncated);
	ask(&asked, "x.", TYPE_ANY, CLASS_IN);
	asked.reply.limit = asked.reply.at + 15;
	after(&block, "192.0.2.7", PROTO_UDP, &asked, POLICY_ANSWERED);
	assert_true(asked.reply.truncated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_asks_for_nothing_has_no_policy),
		cmocka_unit_test(local_answers_for_localhost_and_the_loopback),
		cmocka_unit_test(local_answers_for_the_ipv6_loopback),
		cmocka_unit_test(local_passes_on_what_is_not_local),
		cmocka_unit_test(the_prefix_localhost_is_local_when_it_is_on),
		cmocka_unit_test(names_made_of_localhost_are_counted),
		cmocka_unit_test(chaos_tells_version_host_and_authors),
		cmocka_unit_test(chaos_without_arguments_tells_the_servers_version),
		cmocka_unit_test(chaos_cuts_what_is_longer_than_a_character_string),
		cmocka_unit_test(chaos_knows_no_other_name_type_or_class),
		cmocka_unit_test(whoami_tells_address_port_and_protocol),
		cmocka_unit_test(whoami_leaves_the_port_out_where_its_name_would_be_too_long),
		cmocka_unit_test(minimal_takes_all_of_whoami),
		cmocka_unit_test(any_is_answered_with_a_hint),
		cmocka_unit_test(other_classes_pass),
		cmocka_unit_test(what_does_not_fit_is_marked_as_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
