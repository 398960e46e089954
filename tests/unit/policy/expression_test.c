/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expression.h"

/* "A www.Example.org." over UDP with EDNS, from 10.1.2.3:4711 to 192.0.2.1:53. */
struct asking {
	uint8_t packet[300];
	struct dns_query query;
	struct viewed question;
};

static void asking_init(struct asking *asking)
{
	static const uint8_t opt[] = { 0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0 };
	memset(asking, 0, sizeof(*asking));
	uint8_t size, *at = asking->packet + DNS_HEADER_SIZE;
	put_u16(asking->packet + 4, 1);
	put_u16(asking->packet + 10, 1);
	assert_true(name_parse("www.Example.org.", at, &size));
	put_u16(at + size, TYPE_A);
	put_u16(at + size + 2, CLASS_IN);
	memcpy(at + size + 4, opt, sizeof(opt));
	size_t whole = DNS_HEADER_SIZE + size + 4u + sizeof(opt);
	assert_int_equal(dns_query_read(asking->packet, whole, &asking->query), QUERY_GOOD);
	asking->question = (struct viewed){
		.query = &asking->query,
		.id = 4660,
		.size = (uint16_t)whole,
		.client_port = 4711,
		.local_port = 53,
		.proto = PROTO_UDP,
	};
	assert_true(ip_parse("10.1.2.3", &asking->question.client));
	assert_true(ip_parse("192.0.2.1", &asking->question.local));
}

static void assert_holds(const struct asking *asking, const char *text, bool expected)
{
	struct error error = { 0 };
	struct expression *expression = expression_new(text, &error);
	if (expression == NULL)
		fail_msg("%s: %s", text, error.text);
	if (expression_holds(expression, &asking->question) != expected)
		fail_msg("%s is not %s", text, expected ? "true" : "false");
	expression_free(expression);
}

struct claim {
	const char *text;
	bool is_true;
};
#define assert_claims(asking, table)                                                               \
	for (size_t i_ = 0; i_ < COUNT_OF(table); i_++)                                            \
	assert_holds(asking, (table)[i_].text, (table)[i_].is_true)

static void texts_and_numbers_are_made(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "'a' + 'b' + '' == 'ab'", true },
		{ "1 + 2 - 4 == -1", true },
		{ "1 + 2 > 2 and 3 - 1 < 3", true },
		{ "replace('a-b-c', '-', '.') == 'a.b.c'", true },
		{ "replace('aaa', 'aa', 'b') == 'ba'", true },
		{ "replace('ab', '', '-') == '-a-b-'", true },
		{ "replace('ab', 'abc', '-') == 'ab'", true },
		{ "hasPrefix(name(), 'www.') and hasSuffix(name(), '.org.')", true },
		{ "int('42') + 1 == 43 and int(-3) == int('-3')", true },
		{ "string(42) + string('x') == '42x'", true },
		{ "int('4x') == 4 or true", false }, /* it has no value */
		{ "int('') == 0", false },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

static void give_group(const void *context, const char *name, size_t size, struct worth *ret_group)
{
	(void)context;
	bool is_one = size == 1 && *name == '1';
	*ret_group =
		(struct worth){ KIND_TEXT, .text = is_one ? "first" : "", .size = is_one ? 5 : 0 };
}

static void variables_and_groups_are_those_given(void **state)
{
	(void)state;
	static const char *const names[] = { "a", "b", "c" };
	static const enum expression_kind kinds[] = { KIND_TEXT, KIND_NUMBER, KIND_BOOL };
	static const struct expression_names known = { names, kinds, 3 };
	static const struct worth variables[] = { { .kind = KIND_TEXT, .text = "x", .size = 1 },
						  { .kind = KIND_NUMBER, .number = 7 },
						  { .kind = KIND_BOOL, .is_true = true } };
	char room[16];
	struct asking asking;
	struct error error = { "" };
	struct worth worth;
	asking_init(&asking);
	struct expression_given given = {
		.variables = variables, .group = give_group, .room = room, .room_size = sizeof(room)
	};
	struct expression *expression =
		expression_new_of("c and b == 7 ? a + group(1) + group('1') + group('no') : ''",
				  &known, false, &error);
	assert_non_null(expression);
	assert_int_equal(expression_kind_of(expression), KIND_TEXT);
	assert_true(expression_evaluate(expression, &asking.question, &given, &worth));
	assert_int_equal(worth.size, 11);
	assert_memory_equal(worth.text, "xfirstfirst", 11);
	assert_false(expression_evaluate(expression, &asking.question, &given, &worth)); /* no room */
	expression_free(expression);
	assert_null(expression_new("group(1) == ''", &error));
	assert_string_equal(error.text, "unknown name group (1:1)");
	assert_null(expression_new_of("b", &known, true, &error));
}

static void facts_are_those_of_the_question(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "type() == 'A'", true },
		{ "name() == 'www.example.org.'", true },
		{ "name() == 'www.Example.org.'", false },
		{ "class() == 'IN'", true },
		{ "proto() == 'udp'", true },
		{ "client_ip() == '10.1.2.3'", true },
		{ "port() == '4711'", true },
		{ "server_ip() == '192.0.2.1'", true },
		{ "server_port() == '53'", true },
		{ "size() == 44", true },
		{ "bufsize() == 4096", true },
		{ "id() == 4660", true },
		{ "opcode() == 0", true },
		{ "do()", true },
		{ "metadata('view/name') == ''", true },
		{ "metadata('no/such/label') == ''", true },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
	asking.question.proto = PROTO_TCP;
	assert_holds(&asking, "proto() == 'tcp' && bufsize() == 65535", true);
	assert_true(ip_parse("2001:db8::1", &asking.question.client));
	assert_holds(&asking, "client_ip() == '2001:db8::1'", true);
	asking.query.type = 65280;
	assert_holds(&asking, "type() == 'TYPE65280'", true);
}

static void networks_hold_addresses(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "incidr(client_ip(), '10.0.0.0/8')", true },
		{ "incidr(client_ip(), '10.1.2.4/32')", false },
		{ "incidr(client_ip(), '10.1.2.255/24')", true },
		{ "incidr(client_ip(), '0.0.0.0/0')", true },
		{ "incidr(client_ip(), '::/0')", false },
		{ "incidr(server_ip(), '192.0.2.0/24')", true },
		{ "incidr(server_ip(), '10.0.0.0/8')", false },
		{ "incidr('2001:db8::1', '2001:db8::/32')", true },
		{ "incidr('::ffff:10.1.2.3', '10.0.0.0/8')", true },
		{ "incidr(true ? client_ip() : server_ip(), '10.0.0.0/8')", true },
		{ "incidr(false ? client_ip() : server_ip(), '10.0.0.0/8')", false },
		/* What is no address makes the whole false. */
		{ "incidr(name(), '10.0.0.0/8')", false },
		{ "not incidr(name(), '10.0.0.0/8')", false },
		{ "not incidr('', '10.0.0.0/8')", false },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

static void operators_bind_as_in_expr(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "true or true and false", true },
		{ "(true or true) and false", false },
		{ "true || false && false", true },
		{ "!false && !(true && false)", true },
		{ "not true == false", true },
		{ "1 < 2", true },
		{ "2 <= 1", false },
		{ "2 >= 2", true },
		{ "-1 < 0", true },
		{ "+1 == 1.0", true },
		{ "0x10 == 16", true },
		{ "1_000 == 1000", true },
		{ "0.5 < 0.75", true },
		{ "1 != 2", true },
		{ "'a' < 'b'", true },
		{ "'a' < 'aa'", true },
		{ "'b' <= 'aa'", false },
		{ "'b' > 'aa' == true", true },
		{ "true == true == true", true },
		{ "true ? false : true", false },
		{ "false ? true : true ? false : true", false },
		{ "true ? true ? false : true : true", false },
		{ "(false ? 'a' : 'b') == 'b'", true },
		{ "1 == 1 ? 2 == 2 : 3 == 4", true },
		{ "false and (1 == 1 or true)", false },
		{ "do() ? size() > 40 and id() > 1 : false", true },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

static void texts_are_looked_into(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "name() contains 'example'", true },
		{ "name() contains ''", true },
		{ "name() contains 'Example'", false },
		{ "name() startsWith 'www.'", true },
		{ "name() startsWith 'www.example.org.www'", false },
		{ "name() endsWith '.org.'", true },
		{ "name() endsWith 'org'", false },
		{ "name() not endsWith 'org'", true },
		{ "name() not contains 'w'", false },
		{ "name() matches '^www\\\\.[a-z]+\\\\.org\\\\.$'", true },
		{ "name() matches `^www\\.[a-z]+\\.org\\.$`", true },
		{ "name() matches 'net'", false },
		{ "name() not matches 'net'", true },
		{ "(false ? 'x' : name()) matches 'org'", true },
		{ "len(name()) == 16", true },
		{ "len('\\u00e4\\x41') == 2", true },
		{ "lower('A\\'Z') == \"a'z\"", true },
		{ "upper(name()) == 'WWW.EXAMPLE.ORG.'", true },
		{ "'\\\\' == `\\`", true },
		{ "'\\t' == '\\x09'", true },
		{ "lower(lower(upper(name()))) == name()", true },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

static void lists_hold_values(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "type() in ['A', 'AAAA']", true },
		{ "type() in ['AAAA', 'A']", true },
		{ "type() in ['MX']", false },
		{ "type() not in ['MX', 'TXT']", true },
		{ "type() in []", false },
		{ "type() not in []", true },
		{ "client_ip() in [server_ip(), '10.1.2.3']", true },
		{ "size() in [1, 44]", true },
		{ "true in [false, 1 == 1]", true },
		{ "'b' in ['a', true ? 'b' : 'c']", true },
		{ "not (type() in ['A'])", false },
		{ "type() in ['A'] && name() in ['www.example.org.'] || false", true },
		{ "'x' in ['y'] or 'z' in ['z']", true },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

/* The right side of `and` and `or` is not looked at if the left one decides: this one has no value. */
static void what_decides_ends_it(void **state)
{
	(void)state;
	static const struct claim table[] = {
		{ "true || incidr('x', '10.0.0.0/8')", true },
		{ "incidr('x', '10.0.0.0/8') || true", false },
		{ "false && incidr('x', '10.0.0.0/8') || true", true },
		{ "true ? true : incidr('x', '10.0.0.0/8')", true },
		{ "'a' in ['a', incidr('x', '10.0.0.0/8') ? 'b' : 'c']", true },
	};
	struct asking asking;
	asking_init(&asking);
	assert_claims(&asking, table);
}

static void what_cannot_be_compiled_is_named_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} table[] = {
		{ "", "unexpected end, expected a value (1:1)" },
		{ "name() ==", "unexpected end, expected a value (1:10)" },
		{ "name() == 'a' 'b'", "unexpected 'b', expected an operator or the end (1:15)" },
		{ "invalid expression", "unknown name invalid (1:1)" },
		{ "name == 'a'", "unexpected ==, expected ( behind the name of a function (1:6)" },
		{ "name('x') == 'a'",
		  "unexpected 'x', expected ), for this function takes nothing (1:6)" },
		{ "name() == 1", "invalid operation: == (mismatched types string and number) (1:8)" },
		{ "not name() == 'a'", "invalid operation: not (mismatched type string) (1:1)" },
		{ "-name() == 'a'", "invalid operation: - (mismatched type string) (1:1)" },
		{ "true < false", "invalid operation: < (mismatched types bool and bool) (1:6)" },
		{ "1 < 2 < 3", "invalid operation: < (mismatched types bool and number) (1:7)" },
		{ "1 and true", "invalid operation: and (mismatched types number and bool) (1:3)" },
		{ "true and 1", "invalid operation: and (mismatched types bool and number) (1:6)" },
		{ "1 contains 'a'",
		  "invalid operation: contains (mismatched types number and string) (1:3)" },
		{ "type() in ['A', 1]",
		  "invalid operation: in (mismatched types string and number) (1:8)" },
		{ "type() in 'A'", "unexpected 'A', expected [ behind in (1:11)" },
		{ "['A'] == ['A']", "unexpected [, expected a value (1:1)" },
		{ "type() in ['A'", "unexpected end, expected ] (1:15)" },
		{ "type() in ['A',]", "unexpected ], expected a value (1:16)" },
		{ "(true", "unexpected end, expected ) (1:6)" },
		{ "true)", "unexpected ), expected an operator or the end (1:5)" },
		{ "true ? false", "unexpected end, expected : (1:13)" },
		{ "true : false", "unexpected :, expected an operator or the end (1:6)" },
		{ "1 ? true : false", "non-bool expression used as condition (1:3)" },
		{ "(true ? 1 : 'a') == 1", "both sides of : must be of one type (1:11)" },
		{ "1", "the whole must be true or false, not a value (1:1)" },
		{ "name()", "the whole must be true or false, not a value (1:1)" },
		{ "1 + 'a' == 2", "invalid operation: + (mismatched types number and string) (1:3)" },
		{ "'a' - 'b' == ''", "invalid operation: - (mismatched types string and string) (1:5)" },
		{ "2 * 2 == 4", "unexpected *, expected an operator or the end (1:3)" },
		{ "replace('a', 'b') == ''", "not enough arguments to call replace (1:1)" },
		{ "int(true) == 1", "cannot use bool as argument (type string) to call int (1:1)" },
		{ "true not == false", "unexpected ==, expected in, matches, contains, startsWith or "
				       "endsWith behind not (1:10)" },
		{ "name() matches '('", "error parsing regexp: missing closing ): `(` (1:8)" },
		{ "name() matches name()", "matches takes its pattern as a text (1:8)" },
		{ "incidr(client_ip(), 'x')",
		  "incidr takes a network such as '10.0.0.0/8' behind an address (1:1)" },
		{ "incidr(client_ip(), name())",
		  "incidr takes its network as a text, such as '10.0.0.0/8' (1:1)" },
		{ "incidr(client_ip())", "not enough arguments to call incidr (1:1)" },
		{ "incidr(client_ip(), '::/0', 'x')", "too many arguments to call incidr (1:1)" },
		{ "incidr(1, '::/0')",
		  "cannot use number as argument (type string) to call incidr (1:1)" },
		{ "metadata(name()) == ''",
		  "metadata takes its label as a text, such as 'view/name' (1:1)" },
		{ "len() == 1", "unexpected ), expected a value (1:5)" },
		{ "name() == 'a", "literal not terminated (1:11)" },
		{ "name() == 'a\\q'", "invalid escape in a text (1:11)" },
		{ "1a == 1", "bad number syntax (1:1)" },
		{ "1.2.3 == 1", "bad number syntax (1:1)" },
		{ "name() ~ 'a'", "unexpected ~, expected an operator or the end (1:8)" },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct error error = { 0 };
		if (expression_new(table[i].text, &error) != NULL)
			fail_msg("was compiled: %s", table[i].text);
		assert_string_equal(error.text, table[i].sentence);
	}
}

static void what_is_too_deep_or_too_long_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *start, *piece, *end, *sentence;
		unsigned count;
	} table[] = {
		{ "", "(", "true", "expression is nested too deeply", 1000 },
		{ "", "not ", "true", "expression is nested too deeply", 1000 },
		{ "", "true ? true : ", "true", "expression is nested too deeply", 1000 },
		{ "", "'a' in [", "'a'", "expression is nested too deeply", 1000 },
		{ "", "true and ", "true", "expression is too long", 9000 },
		{ "", "            ", "true", "expression is too long", 9000 },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text text = { 0 };
		struct error error = { 0 };
		text_add(&text, table[i].start);
		for (unsigned n = 0; n < table[i].count; n++)
			text_add(&text, table[i].piece);
		text_add(&text, table[i].end);
		assert_null(expression_new(text.data, &error));
		assert_int_equal(strncmp(error.text, table[i].sentence, strlen(table[i].sentence)), 0);
		text_done(&text);
	}
}

static void a_long_list_is_searched(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct asking asking;
	asking_init(&asking);
	text_add(&text, "client_ip() in ['10.0.0.0'");
	for (unsigned i = 0; i < 2000; i++)
		text_printf(&text, ", '10.1.%u.%u'", i / 250, i % 250);
	text_add(&text, "]");
	assert_holds(&asking, text.data, true);
	assert_true(ip_parse("10.9.9.9", &asking.question.client));
	assert_holds(&asking, text.data, false);
	text_done(&text);
}

/* Each use of lower() takes room; when there is no more, the whole is false. */
static void texts_without_room_have_no_value(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct asking asking;
	asking_init(&asking);
	text_add(&text, "true");
	for (unsigned i = 0; i < 600; i++)
		text_add(&text, " and lower(name()) != ''");
	assert_holds(&asking, text.data, false);
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_and_numbers_are_made),
		cmocka_unit_test(variables_and_groups_are_those_given),
		cmocka_unit_test(facts_are_those_of_the_question),
		cmocka_unit_test(networks_hold_addresses),
		cmocka_unit_test(operators_bind_as_in_expr),
		cmocka_unit_test(texts_are_looked_into),
		cmocka_unit_test(lists_hold_values),
		cmocka_unit_test(what_decides_ends_it),
		cmocka_unit_test(what_cannot_be_compiled_is_named_with_its_place),
		cmocka_unit_test(what_is_too_deep_or_too_long_is_refused),
		cmocka_unit_test(a_long_list_is_searched),
		cmocka_unit_test(texts_without_room_have_no_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
