/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

/* A block of the zone "." with templates, and what it says of one question. */
struct place {
	struct config *config;
	struct metrics *metrics;
	struct policy *policy;
	unsigned meter;
	uint8_t packet[1232];
	struct dns_query query;
	struct reply reply;
	uint32_t rotations[ANSWERS_ROTATIONS];
	enum answerer by;
	enum policy_verdict verdict;
};

static struct place *place_of(const char *lines)
{
	struct place *place = mem_zalloc(sizeof(*place));
	struct error error = { "" };
	place->config = config_of(lines);
	place->metrics = metrics_new();
	place->meter = metrics_meter(place->metrics, "dns://:53", ".", "");
	struct policy_options options = { .block = &place->config->blocks[0],
					  .version = "v",
					  .metrics = place->metrics };
	assert_true(policy_compile(&options, &place->policy, &error));
	return place;
}

static void place_free(struct place *place)
{
	policy_free(place->policy);
	metrics_free(place->metrics);
	config_free(place->config);
	mem_free(place);
}

static void ask_within(struct place *place, const char *name, uint16_t type, uint16_t class_,
		       uint32_t limit)
{
	struct viewed viewed = { .query = &place->query, .proto = PROTO_UDP };
	struct client client = { .port = 1, .meter = place->meter, .viewed = &viewed };
	assert_true(ip_parse("192.0.2.7", &client.ip));
	viewed.client = client.ip;
	memset(place->packet, 0, DNS_HEADER_SIZE);
	ask_question(place->packet, name, type, class_, &place->query);
	bool rotate = place->reply.rotate;
	place->reply = (struct reply){
		.packet = place->packet,
		.at = place->query.question_end,
		.limit = limit,
		.owner_at = DNS_HEADER_SIZE,
		.rotations = place->rotations,
		.rotate = rotate,
	};
	place->by = BY_SERVER;
	place->verdict =
		policy_front(place->policy, &place->query, &client, &place->reply, &place->by);
}

static void ask(struct place *place, const char *name, uint16_t type)
{
	ask_within(place, name, type, CLASS_IN, sizeof(place->packet));
}

static void assert_records(const struct place *place, const char *expected)
{
	assert_reply(&place->reply, expected);
}

static void assert_answered(struct place *place, uint16_t rcode, const char *records)
{
	if (place->verdict == POLICY_FAILED)
		print_error("%s\n", place->reply.problem);
	assert_int_equal(place->verdict, POLICY_ANSWERED);
	assert_int_equal(place->by, BY_TEMPLATE);
	assert_int_equal(place->reply.rcode, rcode);
	assert_true(place->reply.authoritative);
	assert_records(place, records);
}

static void assert_failed(struct place *place, const char *problem)
{
	assert_int_equal(place->verdict, POLICY_FAILED);
	assert_int_equal(place->by, BY_NONE);
	assert_int_equal(place->reply.answers, 0);
	if (problem == NULL)
		assert_null(place->reply.problem);
	else
		assert_string_equal(place->reply.problem, problem);
}

/* What one text of TXT becomes for the name "a-b.test.". */
static void assert_expands(const char *text, const char *expected)
{
	struct text lines = { 0 }, records = { 0 };
	text_printf(&lines,
		    "template IN TXT test {\nmatch ^(?P<x>a)-(?P<y>b)(?P<z>c)?[.]test[.]$\n"
		    "answer \"n. 1 IN TXT \\\"%s\\\"\"\n}",
		    text);
	struct place *place = place_of(lines.data);
	ask(place, "A-b.test.", TYPE_TXT);
	text_printf(&records, "n. 1 IN TXT \"%s\";//", expected);
	assert_answered(place, RCODE_NOERROR, records.data);
	place_free(place);
	text_done(&lines);
	text_done(&records);
}

/* ---- who answers ---- */

static void templates_of_aks_answer_their_names_alone(void **state)
{
	(void)state;
	struct place *place = place_of("template ANY ANY internal.cloudapp.net {\n"
				       "match \"^(?:[^.]+\\.){4,}internal\\.cloudapp\\.net\\.$\"\n"
				       "rcode NXDOMAIN\nfallthrough\n}\n"
				       "template ANY ANY reddog.microsoft.com {\nrcode NXDOMAIN\n}");
	ask(place, "a.b.c.d.internal.cloudapp.net.", TYPE_A);
	assert_answered(place, RCODE_NXDOMAIN, "//");
	ask(place, "vm.x.internal.cloudapp.net.", TYPE_A);
	assert_int_equal(place->verdict, POLICY_PASS);
	ask(place, "a.reddog.microsoft.com.", TYPE_HTTPS);
	assert_answered(place, RCODE_NXDOMAIN, "//");
	ask(place, "microsoft.com.", TYPE_A);
	assert_int_equal(place->verdict, POLICY_PASS);

	const uint8_t cluster[] = "\7cluster\5local", cloud[] = "\3net",
		      below[] = "\1a\10internal\10cloudapp\3net";
	assert_int_equal(policy_touches(place->policy, cluster) & TOUCH_FRONT, 0);
	assert_int_equal(policy_touches(place->policy, cloud) & TOUCH_FRONT, TOUCH_FRONT);
	assert_int_equal(policy_touches(place->policy, below) & TOUCH_FRONT, TOUCH_FRONT);
	place_free(place);
}

static void aaaa_can_be_denied_to_all(void **state)
{
	(void)state;
	struct place *place = place_of("template IN AAAA {\nrcode NOERROR\n}");
	ask(place, "any.example.", TYPE_AAAA);
	assert_answered(place, RCODE_NOERROR, "//");
	ask(place, "any.example.", TYPE_A);
	assert_int_equal(place->verdict, POLICY_PASS);
	ask_within(place, "any.example.", TYPE_AAAA, CLASS_CH, 1232);
	assert_int_equal(place->verdict, POLICY_PASS);
	ask(place, "any.example.", TYPE_ANY); /* ANY is for every template */
	assert_answered(place, RCODE_NOERROR, "//");
	place_free(place);
}

static void a_name_that_no_pattern_fits_is_nobody_s_unless_it_falls(void **state)
{
	(void)state;
	struct place *place = place_of("template IN A example {\nmatch ^a\nrcode NXDOMAIN\n"
				       "fallthrough sub.example\n}\n"
				       "template IN A example {\nmatch ^b\nrcode REFUSED\n}");
	ask(place, "b.example.", TYPE_A);
	assert_failed(place, NULL);
	ask(place, "b.sub.example.", TYPE_A);
	assert_answered(place, RCODE_REFUSED, "//");
	ask(place, "c.sub.example.", TYPE_A);
	assert_failed(place, NULL);
	ask(place, "a.example.", TYPE_A);
	assert_answered(place, RCODE_NXDOMAIN, "//");
	place_free(place);
}

static void servfail_is_said_without_records(void **state)
{
	(void)state;
	struct place *place = place_of("template IN A {\nanswer \"a. A 10.0.0.1\"\nrcode SERVFAIL\n}");
	ask(place, "a.example.", TYPE_A);
	assert_failed(place, NULL);
	place_free(place);
}

static void conditions_are_part_of_the_match(void **state)
{
	(void)state;
	struct place *place =
		place_of("template IN A example {\nmatch ^(?P<ip>[0-9-]+)[.](.*)[.]example[.]$\n"
			 "var ip replace(group('ip'), '-', '.')\n"
			 "var next int(group(2)) + 1\n"
			 "expr \"incidr(ip, '10.0.0.0/8') || incidr(ip, '192.168.0.0/16')\"\n"
			 "expr next < 10 and type() == 'A' and client_ip() startsWith '192.'\n"
			 "answer \"{{ .Name }} {{ .Var.next }} IN A {{ .Var.ip }}\"\n"
			 "fallthrough\n}");
	ask(place, "10-1-2-3.4.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, "10-1-2-3.4.example. 5 IN A 10.1.2.3;//");
	ask(place, "192-168-2-3.4.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, "192-168-2-3.4.example. 5 IN A 192.168.2.3;//");
	ask(place, "11-1-2-3.4.example.", TYPE_A);
	assert_int_equal(place->verdict, POLICY_PASS);
	ask(place, "10-1-2-3.9.example.", TYPE_A);
	assert_int_equal(place->verdict, POLICY_PASS);
	ask(place, "10-1-2.4.example.", TYPE_A); /* what has no value does not fall through */
	assert_failed(place, NULL);
	ask(place, "10-1-2-3.x.example.", TYPE_A);
	assert_failed(place, NULL);
	place_free(place);
}

static void conditions_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *line, *sentence;
	} table[] = {
		{ "expr nope()", "could not compile expression: unknown name nope (1:1)" },
		{ "var a 1 +",
		  "could not compile expression: a, unexpected end, expected a value (1:4)" },
		{ "expr a\nvar a true", "could not compile expression: unknown name a (1:1)" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct error error = { "" };
		char text[200];
		snprintf(text, sizeof(text), ". {\ntemplate IN A {\n%s\n}\n}\n", table[i].line);
		struct config *config = config_read("Corefile", text, "53", &error);
		assert_non_null(config);
		struct policy_options options = { .block = &config->blocks[0] };
		struct policy *policy;
		assert_false(policy_compile(&options, &policy, &error));
		snprintf(text, sizeof(text),
			 "plugin/template: Corefile:3 - Error during parsing: %s", table[i].sentence);
		assert_string_equal(error.text, text);
		config_free(config);
	}
}

/* ---- what is answered ---- */

static void records_are_made_of_groups(void **state)
{
	(void)state;
	struct place *place = place_of(
		"template IN A example {\n"
		"match (^|[.])ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]example[.]$\n"
		"match ^ip0a(?P<b>[a-f0-9]{2})(?P<c>[a-f0-9]{2})(?P<d>[a-f0-9]{2})[.]example[.]$\n"
		"answer \"{{ .Name }} 60 IN A {{ if eq (slice .Name 0 4) `ip0a` }}10.{{ parseInt .Group.b 16 8 "
		"}}.{{ parseInt .Group.c 16 8 }}.{{ parseInt .Group.d 16 8 }}{{ else }}{{ .Group.a }}.{{ "
		".Group.b }}.{{ .Group.c }}.{{ .Group.d }}{{ end }}\"\n}");
	ask(place, "W.ip-1-2-3-4.Example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, "W.ip-1-2-3-4.Example. 60 IN A 1.2.3.4;//");
	ask(place, "ip0a0b0c0d.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, "ip0a0b0c0d.example. 60 IN A 10.11.12.13;//");
	ask(place, "ip-300-2-3-4.example.", TYPE_A);
	assert_failed(place, "\"300.2.3.4\" is no IPv4 address");
	place_free(place);
}

static void sections_and_extended_errors_are_written(void **state)
{
	(void)state;
	struct place *place = place_of(
		"template ANY ANY invalid {\nrcode NXDOMAIN\n"
		"authority \"invalid. 60 {{ .Class }} SOA ns.invalid. hostmaster.invalid. (1 60 60 60 60)\"\n"
		"ederror 21 \"Blocked\"\n}\n"
		"template IN MX example {\nanswer \"{{ .Name }} 60 IN MX 10 {{ .Name }}\"\n"
		"additional \"{{ .Name }} 60 IN A 10.0.0.1\"\nauthority \"example. 60 IN NS ns0.example.\"\n}");
	ask(place, "x.invalid.", TYPE_A);
	assert_answered(place, RCODE_NXDOMAIN,
			"/invalid. 60 IN SOA ns.invalid. hostmaster.invalid. 1 60 60 60 60;/");
	assert_int_equal(place->reply.extended_error, 21);
	assert_string_equal(place->reply.extended_text, "Blocked");
	ask(place, "a.example.", TYPE_MX);
	assert_answered(place, RCODE_NOERROR,
			"a.example. 60 IN MX 10 a.example.;/example. 60 IN NS ns0.example.;/a.example. 60 IN A "
			"10.0.0.1;");
	assert_null(place->reply.extended_text);
	place_free(place);
}

static void minimal_leaves_out_what_stands_behind_answers(void **state)
{
	(void)state;
	struct place *place =
		place_of("minimal\ntemplate IN A example {\nanswer \"{{ .Name }} 60 IN A 10.0.0.1\"\n"
			 "authority \"example. 60 IN NS ns.\"\n}");
	ask(place, "a.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, "a.example. 60 IN A 10.0.0.1;//");
	place_free(place);
}

static void an_alias_is_to_be_followed_for_addresses(void **state)
{
	(void)state;
	struct place *place = place_of("template IN ANY foogle.com {\nmatch ^foogle\\.com\\.$\n"
				       "answer \"foogle.com 60 IN CNAME google.com\"\n}");
	ask(place, "foogle.com.", TYPE_AAAA);
	assert_int_equal(place->verdict, POLICY_ALIAS);
	assert_int_equal(place->by, BY_TEMPLATE);
	assert_memory_equal(place->packet + place->reply.alias_at, "\6google\3com", 12);
	ask(place, "foogle.com.", TYPE_TXT);
	assert_answered(place, RCODE_NOERROR, "foogle.com. 60 IN CNAME google.com.;//");
	place_free(place);
}

static void what_does_not_fit_is_cut(void **state)
{
	(void)state;
	struct place *place = place_of(
		"template IN A example {\nanswer \"{{ .Name }} 60 IN A 10.0.0.1\" \"{{ .Name }} "
		"60 IN A 10.0.0.2\"\nadditional \"x. A 10.0.0.3\"\n}");
	ask_within(place, "a.example.", TYPE_A, CLASS_IN, 12 + 15 + 16 + 15);
	assert_answered(place, RCODE_NOERROR, "a.example. 60 IN A 10.0.0.1;//");
	assert_true(place->reply.truncated);
	ask_within(place, "a.example.", TYPE_A, CLASS_IN, 12 + 15 + 16 + 16 + 10);
	assert_false(place->reply.truncated);
	place_free(place);
}

static void addresses_take_turns_where_that_is_asked_for(void **state)
{
	(void)state;
	struct place *place = place_of(
		"template IN A example {\nanswer \"{{ .Name }} 60 IN A 10.0.0.1\" \"{{ .Name }} "
		"60 IN A 10.0.0.2\"\n}");
	static const char first[] = "a.example. 60 IN A 10.0.0.1;a.example. 60 IN A 10.0.0.2;//",
			  second[] = "a.example. 60 IN A 10.0.0.2;a.example. 60 IN A 10.0.0.1;//";
	for (int i = 0; i < 2; i++) {
		ask(place, "a.example.", TYPE_A);
		assert_answered(place, RCODE_NOERROR, first);
	}
	place->reply.rotate = true;
	ask(place, "a.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, first);
	ask(place, "a.example.", TYPE_A);
	assert_answered(place, RCODE_NOERROR, second);
	place_free(place);
}

/* ---- texts ---- */

static void fields_stand_for_the_question(void **state)
{
	(void)state;
	assert_expands("{{ .Name }} {{ .Zone }} {{ .Class }} {{ .Type }}", "a-b.test. test. IN TXT");
	assert_expands("{{ $.Name }} {{ .Question.Name }} {{ .Question.Qtype }}",
		       "a-b.test. A-b.test. 16");
	assert_expands("{{ .Remote }}", "192.0.2.7");
	assert_expands("{{ .Group.x }}{{ .Group.y }}{{ index .Group `1` }}{{ .Group.z }}", "aba");
	assert_expands("{{ .Group.nope }}", "<no value>");
	assert_expands("{{ index .Match 0 }} {{ index .Match 2 }} {{ index .Group `x` }}{{ index .Group `no` }}",
		       "a-b.test. b a");
	assert_expands("{{ len .Match }} {{ len .Group }} {{ len .Name }}", "4 7 9");
	assert_expands("[{{ .Meta `kubernetes/client-namespace` }}]", "[]");
}

static void blanks_and_comments_are_trimmed(void **state)
{
	(void)state;
	assert_expands("a {{- .Group.x -}} b", "aab");
	assert_expands("a {{- /* no */ -}} b{{/* no */}}", "ab");
	assert_expands("a {{ .Group.x }} b", "a a b");
	assert_expands("{{-3}}", "-3");
}

static void functions_are_go_s(void **state)
{
	(void)state;
	assert_expands("{{ parseInt `ff` 16 8 }} {{ parseInt `0x1f` 0 64 }} {{ 64 | parseInt `7f` 16 }}",
		       "255 31 127");
	assert_expands("{{ slice .Name 2 3 }}{{ slice .Name 4 | printf `%s` }}", "btest.");
	assert_expands("{{ print `a` 1 2 `b` }} {{ print 1 true }}", "a1 2b 1 true");
	assert_expands("{{ printf `%03d|%-3s|%3s|%x|%X|%%` 7 `a` `b` 255 `az` }}",
		       "007|a  |  b|ff|617A|%");
	assert_expands("{{ printf `%o %b %t %v %05d` 8 5 true -3 -42 }}", "10 101 true -3 -0042");
	assert_expands("{{ eq .Type `A` `TXT` }} {{ ne 1 2 }} {{ lt `a` `b` }} {{ ge 1 2 }}",
		       "true true true false");
	assert_expands("{{ le -1 1 }} {{ gt 0x10 0b11 }} {{ eq true false }}", "true true false");
	assert_expands("{{ and .Name `` }}|{{ or `` 0 `x` }}|{{ not 0 }}|{{ and 1 2 }}", "|x|true|2");
	assert_expands("{{ or 1 (index .Match 9) }}", "1"); /* what is not needed does not fail */
}

static void conditions_choose(void **state)
{
	(void)state;
	assert_expands("{{ if false }}a{{ else if eq 1 2 }}b{{ else if .Name }}c{{ else }}d{{ end }}",
		       "c");
	assert_expands("{{ if .Group.z }}a{{ else }}d{{ end }}{{ if 1 }}e{{ if `` }}f{{ end }}g{{ end }}",
		       "deg");
	assert_expands("{{ $v := `a` }}{{ if true }}{{ $v = `b` }}{{ $w := 1 }}{{ end }}{{ $v }}", "b");
}

static void what_fails_while_it_is_made_is_counted_and_said(void **state)
{
	(void)state;
	struct place *place = place_of(
		"template IN A a.test {\nanswer \"{{ .Name }} A {{ index .Match 5 }}\"\n}\n"
		"template IN A b.test {\nanswer \"{{ .Name }} A {{ parseInt .Name 10 8 }}\"\n}\n"
		"template IN A c.test {\nanswer \"{{ .Name }} A {{ .Zone }}\"\n}\n"
		"template IN A d.test {\nanswer \"{{ .Name }} TXT {{ lt .Name 1 }}\"\n}\n");
	ask(place, "a.test.", TYPE_A);
	assert_failed(place, "template: index: index out of range");
	ask(place, "b.test.", TYPE_A);
	assert_failed(place, "template: parseInt: parsing \"b.test.\": invalid syntax");
	ask(place, "x.c.test.", TYPE_A);
	assert_failed(place, "\"c.test.\" is no IPv4 address");
	ask(place, "d.test.", TYPE_A);
	assert_failed(place, "template: incompatible types for comparison");

	struct text text = { 0 };
	metrics_print(place->metrics, &text);
	assert_non_null(strstr(text.data, "coredns_template_matches_total{class=\"IN\",server=\"dns://:53\","
					  "type=\"A\",view=\"\",zone=\"a.test.\"} 1\n"));
	assert_non_null(
		strstr(text.data,
		       "coredns_template_template_failures_total{class=\"IN\",section=\"answer\","
		       "server=\"dns://:53\",template=\"{{.Name}} A {{index .Match 5}}\",type=\"A\","
		       "view=\"\",zone=\"a.test.\"} 1\n"));
	assert_non_null(strstr(text.data,
			       "coredns_template_rr_failures_total{class=\"IN\",section=\"answer\","
			       "server=\"dns://:53\",template=\"{{.Name}} A {{.Zone}}\",type=\"A\","
			       "view=\"\",zone=\"c.test.\"} 1\n"));
	text_done(&text);
	place_free(place);
}

static void texts_that_grow_too_long_fail(void **state)
{
	(void)state;
	struct text lines = { 0 };
	text_add(&lines, "template IN TXT test {\nanswer \"n. TXT ");
	for (int i = 0; i < 300; i++)
		text_add(&lines, "{{.Name}}");
	text_add(&lines, "\"\n}");
	struct place *place = place_of(lines.data);
	ask(place, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test.", TYPE_TXT);
	assert_failed(place, "template: more than 4096 octets");
	place_free(place);
	text_done(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_of_aks_answer_their_names_alone),
		cmocka_unit_test(aaaa_can_be_denied_to_all),
		cmocka_unit_test(a_name_that_no_pattern_fits_is_nobody_s_unless_it_falls),
		cmocka_unit_test(servfail_is_said_without_records),
		cmocka_unit_test(conditions_are_part_of_the_match),
		cmocka_unit_test(conditions_are_refused_with_their_line),
		cmocka_unit_test(records_are_made_of_groups),
		cmocka_unit_test(sections_and_extended_errors_are_written),
		cmocka_unit_test(minimal_leaves_out_what_stands_behind_answers),
		cmocka_unit_test(an_alias_is_to_be_followed_for_addresses),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(addresses_take_turns_where_that_is_asked_for),
		cmocka_unit_test(fields_stand_for_the_question),
		cmocka_unit_test(blanks_and_comments_are_trimmed),
		cmocka_unit_test(functions_are_go_s),
		cmocka_unit_test(conditions_choose),
		cmocka_unit_test(what_fails_while_it_is_made_is_counted_and_said),
		cmocka_unit_test(texts_that_grow_too_long_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
