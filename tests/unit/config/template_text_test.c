/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of templates: what is refused, and what is known of a record before there is a question. */
#include "reading.h"

#include "knamed/dns.h"

static void assert_refused(const char *source, const char *sentence)
{
	struct arena *arena = arena_new();
	struct template_text text;
	struct error error = { "" };
	if (template_text_read(arena, "answer", source, &text, &error))
		fail_msg("was read: %s", source);
	assert_string_equal(error.text, sentence);
	arena_free(arena);
}

/* The type that the record certainly has; or why there can be none. */
static void assert_checked(const char *source, const char *expected)
{
	struct arena *arena = arena_new();
	struct template_text text;
	struct error error = { "" };
	uint16_t type;
	char word[16] = "-";
	if (!template_text_read(arena, "answer", source, &text, &error))
		fail_msg("%s", error.text);
	bool is_good = template_text_check(&text, &type, &error);
	if (is_good && type != 0)
		dns_type_print(type, word);
	assert_string_equal(is_good ? word : error.text, expected);
	arena_free(arena);
}

static void go_s_mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused("{{", "template: answer:1: unclosed action");
	assert_refused("{{ .Name", "template: answer:1: unclosed action");
	assert_refused("{{ .Name }", "template: answer:1: unexpected \"}\" in operand");
	assert_refused("{{ }}", "template: answer:1: missing value for command");
	assert_refused("{{ notAFunction }}",
		       "template: answer:1: function \"notAFunction\" not defined");
	assert_refused("{{ parseInt }}",
		       "template: answer:1: wrong number of args for parseInt: want 3 got 0");
	assert_refused("{{ .Group.1 }}", "template: answer:1: unexpected \".1\" in operand");
	assert_refused("{{ .Name .Zone }}", "template: answer:1: can't give argument to non-function");
	assert_refused("{{ .Name | .Zone }}", "template: answer:1: non executable command in pipeline");
	assert_refused("{{ .Name | }}", "template: answer:1: missing value for command");
	assert_refused("{{ (.Name }}", "template: answer:1: unclosed left paren");
	assert_refused("{{ .Name) }}", "template: answer:1: unexpected right paren");
	assert_refused("{{ $x }}", "template: answer:1: undefined variable \"$x\"");
	assert_refused("{{ $x = 1 }}", "template: answer:1: undefined variable \"$x\"");
	assert_refused("{{ \"a }}", "template: answer:1: unterminated quoted string");
	assert_refused("{{ `a }}", "template: answer:1: unterminated raw quoted string");
	assert_refused("{{ 09 }}", "template: answer:1: bad number syntax: \"09 }}\"");
	assert_refused("{{ 1.5 }}", "template: answer:1: bad number syntax: \"1.5 }}\"");
	assert_refused("{{ if true }}", "template: answer:1: unexpected EOF: {{end}} is missing");
	assert_refused("{{ end }}", "template: answer:1: unexpected {{end}}");
	assert_refused("{{ else }}", "template: answer:1: unexpected {{else}}");
	assert_refused("{{ if true }}{{ else }}{{ else }}{{ end }}",
		       "template: answer:1: unexpected {{else}}");
	assert_refused("{{/* }}", "template: answer:1: unclosed comment");
}

static void what_is_not_built_is_refused_by_name(void **state)
{
	(void)state;
	assert_refused("{{ range .Match }}{{ end }}",
		       "template: answer:1: {{range}} is not built into knamed");
	assert_refused("{{ html .Name }}", "template: answer:1: html is not built into knamed");
	assert_refused("{{ .Message.Id }}",
		       "template: answer:1: .Message.Id is not built into knamed: .Name .Zone .Class .Type "
		       ".Match .Group .Var .Remote .Regex .Meta .Question.Name .Question.Qtype "
		       ".Question.Qclass are");
	assert_refused("{{ .Match }}",
		       "template: answer:1: .Match stands for many texts: `index .Match ...` takes one");
	assert_refused("{{ printf .Name }}",
		       "template: answer:1: printf: its first argument must be a string that stands here");
	assert_refused("{{ printf \"%s\" }}",
		       "template: answer:1: printf: its format and its arguments are not of the same number");
	assert_refused("{{ printf \"%e\" 1 }}",
		       "template: answer:1: printf: %s %v %d %x %X %o %b %t and %q with a width up to 99 are "
		       "built into knamed");
	assert_refused("{{ (index .Match 1).x }}",
		       "template: answer:1: what parentheses give has no fields");
}

static void nesting_has_bounds(void **state)
{
	(void)state;
	struct text text = { 0 };
	for (int i = 0; i < 9; i++)
		text_add(&text, "{{ if true }}");
	assert_refused(text.data, "template: answer:1: more than 8 {{if}} in each other");
	text_clear(&text);
	text_add(&text, "{{ ");
	for (int i = 0; i < 9; i++)
		text_add(&text, "(not ");
	assert_refused(text.data, "template: answer:1: more than 7 parentheses in each other");
	text_clear(&text);
	for (int i = 0; i < 9; i++)
		text_printf(&text, "{{ $x%d := 1 }}", i);
	assert_refused(text.data, "template: answer:1: more than 8 variables");
	text_clear(&text);
	for (int i = 0; i < 5000; i++)
		text_add(&text, "x");
	assert_refused(text.data, "template: answer:1: longer than 4096 octets");
	text_done(&text);
	assert_refused("{{ and 1 2 3 4 5 6 7 (and 1 2 3 4 5 6 7 (and 1 2 3 4 5)) }}",
		       "template: answer:1: more than 16 values at once");
}

static void texts_are_printed_as_go_does(void **state)
{
	static const struct {
		const char *source, *printed;
	} table[] = {
		{ "{{ .Name }} A {{  index   .Match 1 }}", "{{.Name}} A {{index .Match 1}}" },
		{ "a {{- .Name|print  -}} b", "a{{.Name | print}}b" },
		{ "a{{/* no */}}b", "ab" },
		{ "{{ if eq .Type \"a  b\\\" |\" }}x{{ else }}y{{ end }}",
		  "{{if eq .Type \"a  b\\\" |\"}}x{{else}}y{{end}}" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct arena *arena = arena_new();
		struct template_text text;
		struct error error = { "" };
		if (!template_text_read(arena, "answer", table[i].source, &text, &error))
			fail_msg("%s", error.text);
		assert_string_equal(text.printed, table[i].printed);
		arena_free(arena);
	}
}

static void fixed_parts_of_records_are_checked(void **state)
{
	(void)state;
	assert_checked("{{ .Name }} 60 IN A {{ .Group.a }}.0.0.1", "A");
	assert_checked("{{ .Name }} 60 {{ .Class }} SOA a. b. (1 2 3 4 5)", "SOA");
	assert_checked("{{ .Name }} IN {{ .Type }} 10.0.0.1", "-");
	assert_checked("{{ .Name }} {{ index .Match 1 }} IN A x", "-");
	assert_checked("{{ if eq .Type `A` }}a A x{{ end }}", "-");
	assert_checked("{{ .Name }}{{ .Zone }}", "the record ends too early");
	assert_checked("a. 60 IN CNAME b.", "CNAME");
	assert_checked("{{ .Name }} 60 IN A 10.0.0.256", "\"10.0.0.256\" is no IPv4 address");
	assert_checked("{{ .Name }} 60 IN AA 10.0.0.1", "\"AA\" is no type of a record");
	assert_checked("{{ .Name }} 60 IN NAPTR {{ .Name }}",
		       "records of type NAPTR cannot be made: A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, "
		       "SRV and CAA can");
	assert_checked("", "the record ends too early");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(go_s_mistakes_are_refused),
		cmocka_unit_test(what_is_not_built_is_refused_by_name),
		cmocka_unit_test(nesting_has_bounds),
		cmocka_unit_test(texts_are_printed_as_go_does),
		cmocka_unit_test(fixed_parts_of_records_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
