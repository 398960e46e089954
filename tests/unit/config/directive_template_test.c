/* SPDX-License-Identifier: Apache-2.0 */
/* template. */
#include "reading.h"

#include "knamed/dns.h"

#define AT(line) "plugin/template: Corefile:" #line " - Error during parsing: "

static void all_options_are_read(void **state)
{
	(void)state;
	struct config *config =
		read_body("template ANY AAAA a.example B.example {\n"
			  "  match ^a$ (?P<n>b)\n"
			  "  match c\n"
			  "  additional \"{{ .Name }} A 10.0.0.1\"\n"
			  "  authority \"{{ .Zone }} NS a.\"\n"
			  "  answer \"{{ .Name }} A 10.0.0.1\" \"{{ .Name }} A 10.0.0.2\"\n"
			  "  rcode NXDOMAIN\n"
			  "  ederror 21 \"not here\"\n"
			  "  fallthrough b.example\n"
			  "}\n"
			  "template IN A\n"
			  "whoami");
	assert_int_equal(config->blocks[0].template_count, 2);
	const struct config_template *template = &config->blocks[0].templates[0];
	assert_int_equal(template->class_, CLASS_ANY);
	assert_int_equal(template->type, TYPE_AAAA);
	assert_zones(&template->zones, "a.example. b.example.");
	assert_words(&template->patterns, "^a$|(?P<n>b)|c");
	assert_int_equal(template->rcode, RCODE_NXDOMAIN);
	assert_true(template->has_extended_error);
	assert_int_equal(template->extended_error, 21);
	assert_string_equal(template->extended_text, "not here");
	assert_true(template->falls_through);
	assert_zones(&template->fallthrough, "b.example.");
	static const struct {
		enum template_section section;
		uint16_t type;
	} records[] = { { TEMPLATE_ANSWER, TYPE_A },
			{ TEMPLATE_ANSWER, TYPE_A },
			{ TEMPLATE_AUTHORITY, TYPE_NS },
			{ TEMPLATE_ADDITIONAL, TYPE_A } };
	assert_int_equal(template->record_count, COUNT_OF(records));
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		assert_int_equal(template->records[i].section, records[i].section);
		assert_int_equal(template->records[i].type, records[i].type);
	}
	assert_zones(&config->blocks[0].templates[1].zones, "example.org.");
	assert_false(config->blocks[0].templates[1].falls_through);
	config_free(config);
}

static void mistakes_are_told_with_their_line(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "template", AT(2) "Wrong argument count or unexpected line ending after 'template'" },
		{ "template X A", AT(2) "invalid query class X" },
		{ "template in A", AT(2) "invalid query class in" },
		{ "template CLASS1 A", AT(2) "invalid query class CLASS1" },
		{ "template IN", AT(2) "Wrong argument count or unexpected line ending after 'IN'" },
		{ "template IN X", AT(2) "invalid RR class X" },
		{ "template IN A {\nmatch\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'match'" },
		{ "template IN A {\nmatch (a\n}",
		  AT(3) "could not parse regex: (a, error parsing regexp: missing closing ): `(a`" },
		{ "template IN A {\nmatch a(?=b)\n}",
		  AT(3) "could not parse regex: a(?=b), error parsing regexp: invalid or unsupported Perl "
			"syntax: `(?=`" },
		{ "template IN A {\nanswer\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'answer'" },
		{ "template IN A {\nanswer \"{{\"\n}",
		  AT(3) "could not compile template: {{, template: answer:1: unclosed action" },
		{ "template IN A {\n\nauthority \"a. A x\"\n}",
		  AT(4) "template \"a. A x\" makes no record: \"x\" is no IPv4 address" },
		{ "template IN A {\nrcode\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'rcode'" },
		{ "template IN A {\nrcode NOPE\n}", AT(3) "unknown rcode NOPE" },
		{ "template IN A {\nederror x\n}",
		  AT(3) "error parsing extended DNS error code x, expected a number of 0 to 65535" },
		{ "template IN A {\nederror 1 a b\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'b'" },
		{ "template IN A {\nvar a\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'a'" },
		{ "template IN A {\nvar 1a 1\n}", AT(3) "invalid variable name \"1a\"" },
		{ "template IN A {\nvar a-b 1\n}", AT(3) "invalid variable name \"a-b\"" },
		{ "template IN A {\nvar len 1\n}", AT(3) "variable name \"len\" is reserved" },
		{ "template IN A {\nvar a 1\nvar a 2\n}", AT(4) "variable name \"a\" is reserved" },
		{ "template IN A {\nexpr\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'expr'" },
		{ "template IN A {\nnope\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'nope'" },
	};
	assert_all_bad_bodies(table);
}

static void conditions_keep_their_order_and_place(void **state)
{
	(void)state;
	struct config *config = read_body("template IN A {\n"
					  "  var a group(1) + 'x'\n"
					  "  expr a == 'b' and\ttrue\n"
					  "}");
	const struct config_template *template = &config->blocks[0].templates[0];
	assert_int_equal(template->condition_count, 2);
	assert_string_equal(template->conditions[0].name, "a");
	assert_string_equal(template->conditions[0].expression.text, "group(1) + 'x'");
	assert_string_equal(template->conditions[0].expression.complaint,
			    AT(3) "could not compile expression: a, ");
	assert_null(template->conditions[1].name);
	assert_string_equal(template->conditions[1].expression.text, "a == 'b' and true");
	config_free(config);
}

static void what_will_not_be_as_written_is_noted(void **state)
{
	(void)state;
	struct config *config =
		read_body("template IN A {\n"
			  "  match (?P<a>x)(?P<b>y)\n"
			  "  answer \"{{ .Name }} A {{ .Group.a }}{{ .Group.b }}{{ .Group.c }}\"\n"
			  "}\n"
			  "template IN A {\n"
			  "  answer \"{{ .Name }} CNAME a.\"\n"
			  "  authority \"a. NS b.\"\n"
			  "}");
	assert_words(&config->notes,
		     "Corefile:5 - template: no pattern has the group c of \"{{ .Name }} A {{ .Group.a }}{{ "
		     ".Group.b }}{{ .Group.c }}\"|Corefile:9 - template: authority and additional are left out "
		     "of replies whose CNAME is followed (A, AAAA)");
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_options_are_read),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(conditions_keep_their_order_and_place),
		cmocka_unit_test(what_will_not_be_as_written_is_noted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
