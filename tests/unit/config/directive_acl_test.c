/* SPDX-License-Identifier: Apache-2.0 */
/* acl and header. */
#include "reading.h"

#include "knamed/dns.h"

#define AT(line) "plugin/acl: Corefile:" #line " - Error during parsing: "
#define IN_HEADER(line)                                                                            \
	"plugin/header: Corefile:" #line " - Error during parsing: setting up rule: "
#define WRONG "Wrong argument count or unexpected line ending after "

/* "block A TXT net 10.0.0.0/8" */
static void print_rule(const struct config_acl_rule *rule, struct text *text)
{
	static const char *const words[] = { "allow", "block", "filter", "drop" };
	char word[IP_TEXT_SIZE];

	text_add(text, words[rule->action]);
	for (size_t i = 0; i < rule->type_count; i++) {
		dns_type_print(rule->types[i], word);
		text_printf(text, " %s", word);
	}
	text_add(text, rule->all_types ? " all" : "");
	for (size_t i = 0; i < rule->network_count; i++) {
		ip_print(&rule->networks[i].ip, word);
		text_printf(text, " %s/%u", word, rule->networks[i].bits);
	}
	text_add(text, rule->all_networks ? " everybody" : "");
}

static void assert_rules(const struct config_acl *acl, const char *expected)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < acl->rule_count; i++) {
		text_add(&text, i > 0 ? "; " : "");
		print_rule(&acl->rules[i], &text);
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static void a_rule_names_types_and_networks_in_any_order(void **state)
{
	(void)state;
	struct config *config = read_body("acl {\n"
					  "allow net 10.1.2.3/8 fd00::/8 type A AAAA\n"
					  "BLOCK TYPE TYPE65280 net 192.0.2.1\n"
					  "filter net 2001:db8::1\n"
					  "drop type MX type TXT net 0.0.0.0/0\n"
					  "block\n"
					  "}");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->acl_count, 1);
	assert_zones(&block->acls[0].zones, "example.org.");
	assert_rules(&block->acls[0], "allow A AAAA 10.0.0.0/8 fd00::/8; "
				      "block TYPE65280 192.0.2.1/32; "
				      "filter all 2001:db8::1/128; "
				      "drop MX TXT 0.0.0.0/0; "
				      "block all everybody");
	assert_directives(block, "acl");
	config_free(config);
}

static void a_star_is_all_and_ends_its_section(void **state)
{
	(void)state;
	struct config *config = read_body("acl a.example.org b.example.org {\n"
					  "block type A * nonsense net 10.0.0.0/8 * nonsense\n"
					  "}\n"
					  "acl {\nallow\n}");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->acl_count, 2);
	assert_zones(&block->acls[0].zones, "a.example.org. b.example.org.");
	assert_rules(&block->acls[0], "block A all 10.0.0.0/8 everybody");
	assert_zones(&block->acls[1].zones, "example.org.");
	config_free(config);
}

static void what_is_inside_ipv6_is_ipv4(void **state)
{
	(void)state;
	struct config *config = read_body("acl {\nblock net ::ffff:10.0.0.0/104\n}");

	assert_rules(&config->blocks[0].acls[0], "block all 10.0.0.0/8");
	config_free(config);
}

static void what_acl_cannot_read_is_named(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "acl {\ndeny\n}",
		  AT(3) "unexpected token \"deny\"; expect 'allow', 'block', 'filter' or 'drop'" },
		{ "acl {\nblock from 10.0.0.0/8\n}",
		  AT(3) "unexpected token \"from\"; expect 'type | net'" },
		{ "acl {\nblock type\n}", AT(3) "no token specified in \"type\" section" },
		{ "acl {\nblock net type A\n}", AT(3) "no token specified in \"net\" section" },
		{ "acl {\nblock type a\n}", AT(3) "unexpected token \"a\"; expect legal QTYPE" },
		{ "acl {\nblock type FOO\n}", AT(3) "unexpected token \"FOO\"; expect legal QTYPE" },
		{ "acl {\nblock net 10.0.0.0/33\n}", AT(3) "illegal CIDR notation \"10.0.0.0/33\"" },
		{ "acl {\nblock net 10.0.0\n}", AT(3) "illegal CIDR notation \"10.0.0/32\"" },
		{ "acl {\nblock net 010.0.0.0/8\n}", AT(3) "illegal CIDR notation \"010.0.0.0/8\"" },
		{ "acl {\nblock net 10.0.0.01\n}", AT(3) "illegal CIDR notation \"10.0.0.01/32\"" },
		{ "acl {\nblock net ::ffff:010.0.0.1/128\n}",
		  AT(3) "illegal CIDR notation \"::ffff:010.0.0.1/128\"" },
		{ "acl {\nblock net fe80::1%eth0/64\n}",
		  AT(3) "illegal CIDR notation \"fe80::1%eth0/64\"" },
		{ "acl {\nblock net 00001::/16\n}", AT(3) "illegal CIDR notation \"00001::/16\"" },
	};

	assert_all_bad_bodies(table);
}

/* ---- header ---- */

static void later_flags_take_back_earlier_ones(void **state)
{
	(void)state;
	struct config *config = read_body("header {\n"
					  "query set rd\n"
					  "query clear RD\n"
					  "response set aa ra\n"
					  "response clear aa\n"
					  "}");
	const struct config_header *header = config->blocks[0].header;

	assert_int_equal(header->query.set, 0);
	assert_int_equal(header->query.clear, FLAG_RD);
	assert_int_equal(header->reply.set, FLAG_RA);
	assert_int_equal(header->reply.clear, FLAG_AA);
	config_free(config);
}

static void of_several_headers_the_first_counts(void **state)
{
	(void)state;
	struct config *config = read_body("header {\n}\nheader {\nresponse set ra\n}\n"
					  "header {\nresponse set aa\n}");

	assert_int_equal(config->blocks[0].header->reply.set, FLAG_RA);
	assert_words(&config->notes, "Corefile:7 - header was named before, this one has no effect");
	config_free(config);
}

static void what_header_cannot_read_is_named(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "header", "plugin/header: Corefile:2 - Error during parsing: " WRONG "'header'" },
		{ "header x", "plugin/header: Corefile:2 - Error during parsing: " WRONG "'x'" },
		{ "header {\n}", "plugin/header: Corefile:3 - Error during parsing: " WRONG "'}'" },
		{ "header {\nreply set aa\n}",
		  IN_HEADER(3) "invalid selector=reply should be query or response" },
		{ "header {\nquery\n}", IN_HEADER(3) "no flag action provided" },
		{ "header {\nquery set\n}",
		  IN_HEADER(3) "invalid length for flags, at least one should be provided" },
		{ "header {\nquery keep aa\n}",
		  IN_HEADER(3) "unknown flag action=keep, should be set or clear" },
		{ "header {\nquery set ad\n}", IN_HEADER(3) "unknown/unsupported flag=ad" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_names_types_and_networks_in_any_order),
		cmocka_unit_test(a_star_is_all_and_ends_its_section),
		cmocka_unit_test(what_is_inside_ipv6_is_ipv4),
		cmocka_unit_test(what_acl_cannot_read_is_named),
		cmocka_unit_test(later_flags_take_back_earlier_ones),
		cmocka_unit_test(of_several_headers_the_first_counts),
		cmocka_unit_test(what_header_cannot_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
