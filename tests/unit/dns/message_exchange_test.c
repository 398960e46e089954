/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are about the exchange: OPT, TSIG, SIG(0). What they say is told, they are not handed on. */
#include "knamed/dns.h"

#include "said.h"

#define ADDRESS B("\x0a\0\0\1")
#define SIGNATURE                                                                                  \
	"aaaabbbbccccdddd\1x\0signature" /* behind the type that is covered: 16 octets, signer, rest */

static struct packet say_with_opt(unsigned rcode, struct opt opt)
{
	struct packet packet = say(rcode, 0, 0, 1);
	add_opt(&packet, opt);
	return packet;
}

static void an_opt_extends_the_rcode_and_tells_an_error(void **state)
{
	(void)state;
	static const struct {
		unsigned rcode;
		struct opt opt;
		uint16_t expected, extended_error;
	} cases[] = {
		{ 0, { 1232, 0, 0, "", 0 }, 0, 0 },
		{ 0, { 1232, 0x100, 0, "", 0 }, RCODE_BADVERS, 0 },
		{ 15, { 1232, 0xff00, 0x8000, "", 0 }, 4095, 0 },
		{ 3, { 1232, 1, 0, "", 0 }, 3, 0 }, /* of another version */
		{ 2, { 1232, 0, 0, "\0\x0f\0\2\0\x16", 6 }, 2, 22 },
		{ 2, { 1232, 0, 0, "\0\x0f\0\6\1\2text", 10 }, 2, 258 },
		{ 2, { 1232, 0, 0, "\0\x0a\0\1.\0\x0f\0\2\0\6", 11 }, 2, 6 },
		{ 2, { 1232, 0, 0, "\0\x0f\0\2\0\6\0\x0f\0\2\0\7", 12 }, 2, 6 },
		{ 2, { 1232, 0, 0, "\0\x0f\0\1\6", 5 }, 2, 0 }, /* too short to be one */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = say_with_opt(cases[i].rcode, cases[i].opt);
		struct dns_message message;
		assert_true(read_said(&packet, &message));
		assert_walks(&message);
		assert_true(message.opt_size > 0);
		assert_int_equal(message.rcode, cases[i].expected);
		assert_int_equal(message.extended_error, cases[i].extended_error);
		assert_int_equal(message.end, message.question_end);
		assert_int_equal(message.counts[2], 0);
	}
}

static void malformed_options_are_refused(void **state)
{
	(void)state;
	static const struct bytes cases[] = {
		{ "\0", 1 },	       { "\0\x0f\0", 3 },	  { "\0\x0f\0\1", 4 },
		{ "\0\x0f\0\3ab", 6 }, { "\0\x0f\xff\xffxx", 6 }, { "\0\x0a\0\0\0\x0f\0", 7 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct opt opt = { 1232, 0, 0, cases[i].at, cases[i].size };
		assert_false(is_good(say_with_opt(0, opt)));
	}
}

static void an_opt_belongs_to_the_root_and_the_additional_section_and_is_one(void **state)
{
	(void)state;
	static const struct {
		unsigned answers, authorities, additional;
		struct bytes owner;
		bool is_good;
	} cases[] = {
		{ 0, 0, 1, { "\0", 1 }, true },	       { 0, 0, 1, { "\1a\0", 3 }, false },
		{ 0, 0, 1, { "\xc0\x18", 2 }, false }, /* the question's root */
		{ 1, 0, 0, { "\0", 1 }, false },       { 0, 1, 0, { "\0", 1 }, false },
		{ 0, 0, 2, { "\0", 1 }, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet =
			say(0, cases[i].answers, cases[i].authorities, cases[i].additional);
		for (int n = 0; n < 2; n++)
			add_said(&packet, cases[i].owner, TYPE_OPT, 1232, B(""));
		assert_int_equal(is_good(packet), cases[i].is_good);
	}
}

/* Of four additional records, one of them `special` at the place `nth`. */
static void assert_left_out(unsigned nth, struct bytes owner, unsigned type, unsigned class_,
			    struct bytes data)
{
	struct packet packet = say(0, 1, 0, 4);
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
	size_t end = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (i == nth) {
			end = packet.size;
			add_said(&packet, owner, type, class_, data);
		} else {
			add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
		}
	}
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_walks(&message);
	assert_int_equal(message.end, end);
	assert_int_equal(message.counts[0], 1);
	assert_int_equal(message.counts[2], nth);
	assert_int_equal(message.opt_size > 0, type == TYPE_OPT);
}

static void they_are_left_out_and_what_stands_behind_them(void **state)
{
	(void)state;
	for (unsigned nth = 0; nth < 4; nth++) {
		assert_left_out(nth, B("\0"), TYPE_OPT, 1232, B("\0\x0f\0\2\0\1"));
		assert_left_out(nth, B("\3key\0"), TYPE_TSIG_RECORD, CLASS_ANY, B("any octets"));
		assert_left_out(nth, B("\0"), TYPE_SIG_OLD, CLASS_ANY, B("\0\0" SIGNATURE));
	}
}

static void an_opt_behind_a_signature_is_still_told(void **state)
{
	(void)state;
	struct packet packet = say(0, 0, 0, 3);
	add_said(&packet, B("\3key\0"), TYPE_TSIG_RECORD, CLASS_ANY, B("any octets"));
	add_opt(&packet, (struct opt){ 1232, 0x100, 0, "", 0 });
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_true(message.opt_size > 0);
	assert_int_equal(message.rcode, RCODE_BADVERS);
	packet.size--; /* what is left out is checked all the same */
	assert_false(is_good(packet));
}

static void signatures_of_the_exchange_stand_in_the_additional_section(void **state)
{
	(void)state;
	static const struct {
		unsigned type;
		struct bytes data;
		bool is_good;
	} cases[] = {
		{ TYPE_TSIG_RECORD, { "any octets", 10 }, false },
		{ TYPE_SIG_OLD, { "\0\0" SIGNATURE, sizeof("\0\0" SIGNATURE) - 1 }, false },
		/* one of a record, as there were before RRSIG */
		{ TYPE_SIG_OLD, { "\0\1" SIGNATURE, sizeof("\0\1" SIGNATURE) - 1 }, true },
		{ TYPE_SIG_OLD, { "\0", 1 }, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (unsigned section = 0; section < 2; section++) {
			struct packet packet = say(0, section == 0, section == 1, 0);
			add_said(&packet, B("\0"), cases[i].type, CLASS_IN, cases[i].data);
			assert_int_equal(is_good(packet), cases[i].is_good);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_opt_extends_the_rcode_and_tells_an_error),
		cmocka_unit_test(malformed_options_are_refused),
		cmocka_unit_test(an_opt_belongs_to_the_root_and_the_additional_section_and_is_one),
		cmocka_unit_test(they_are_left_out_and_what_stands_behind_them),
		cmocka_unit_test(an_opt_behind_a_signature_is_still_told),
		cmocka_unit_test(signatures_of_the_exchange_stand_in_the_additional_section),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
