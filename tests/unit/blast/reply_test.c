/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "query.h"
#include "reply.h"

#include <string.h>

/* A reply is written into an exact heap block, so that a reader past its end is seen. */
struct packet {
	uint8_t bytes[1024];
	size_t size;
};

static const uint8_t question[] = "\3Web\1z\0\0\1\0\1"; /* Web.z A IN, and one byte too many */
static const uint8_t address[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 1 };
static const uint8_t other_address[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 2 };
static const uint8_t stranger[] = { 0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 1 };
static const uint8_t alias[] = { 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, 2, 0xc0, 16 };
static const uint8_t soa[] = { 0xc0, 16, 0, 6, 0, 1, 0, 0, 0, 5, 0, 24, 0xc0, 16, 0xc0, 16, 0, 0,
			       0,    1,	 0, 0, 0, 1, 0, 0, 0, 1, 0, 0,	0,    1,  0,	0,  0, 5 };
static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
static const uint8_t one_address[] = { 4, 0, 10, 0, 0, 1 };
static const uint8_t two_addresses[] = { 4, 0, 10, 0, 0, 1, 4, 0, 10, 0, 0, 2 };

static void put(struct packet *packet, const void *bytes, size_t size)
{
	memcpy(packet->bytes + packet->size, bytes, size);
	packet->size += size;
}

static struct packet begin(uint8_t flags, uint8_t rcode, const uint8_t counts[3])
{
	struct packet packet = { .size = 0 };
	put(&packet,
	    (uint8_t[]){ 0x47, 0x11, flags, rcode, 0, 1, 0, counts[0], 0, counts[1], 0, counts[2] },
	    12);
	put(&packet, question, sizeof question - 1);
	return packet;
}

static struct packet query(void)
{
	struct packet packet = begin(1, 0, (uint8_t[]){ 0, 0, 1 });
	put(&packet, opt, sizeof opt);
	return packet;
}

/* What reply_fault says, the reply lying in a block of its own size. */
static const char *fault_with(const struct packet *reply, const struct expectation *expectation)
{
	struct packet asked = query();
	struct expectation complete = *expectation;
	uint8_t *exact = test_malloc(reply->size + 1);
	memcpy(exact + 1, reply->bytes, reply->size);
	complete.query = asked.bytes;
	complete.query_size = asked.size;
	const char *fault = reply_fault(&complete, exact + 1, reply->size);
	test_free(exact);
	return fault;
}

static const char *fault(const struct packet *reply)
{
	return fault_with(reply, &(struct expectation){ .rcode = REPLY_ANY_RCODE,
							.answers = REPLY_ANY_COUNT });
}

static struct packet hit(void)
{
	struct packet reply = begin(0x85, 0, (uint8_t[]){ 1, 0, 1 });
	put(&reply, address, sizeof address);
	put(&reply, opt, sizeof opt);
	return reply;
}

static struct packet denial(void)
{
	struct packet reply = begin(0x85, 3, (uint8_t[]){ 0, 1, 1 });
	put(&reply, soa, sizeof soa);
	put(&reply, opt, sizeof opt);
	return reply;
}

static void sound_replies_have_no_fault(void **state)
{
	(void)state;
	struct packet reply = hit();
	assert_null(fault(&reply));
	reply = denial();
	assert_null(fault(&reply));
	reply = begin(0x85, 0, (uint8_t[]){ 2, 0, 1 }); /* Web.z CNAME z, z A */
	put(&reply, alias, sizeof alias);
	put(&reply, stranger, sizeof stranger);
	put(&reply, opt, sizeof opt);
	assert_null(fault(&reply));
}

static void the_header_is_compared(void **state)
{
	(void)state;
	struct packet reply = hit();
	assert_string_equal(fault_with(&reply, &(struct expectation){ .rcode = 3, .answers = 0 }),
			    "unexpected rcode");
	assert_string_equal(fault_with(&reply, &(struct expectation){ .rcode = 0, .answers = 2 }),
			    "unexpected number of answers");
	assert_null(fault_with(&reply, &(struct expectation){ .rcode = 0, .answers = 1 }));
	reply.bytes[2] &= 0x7f;
	assert_string_equal(fault(&reply), "QR is not set");
	reply.size = 11;
	assert_string_equal(fault(&reply), "shorter than a header");
}

static void the_question_comes_back_byte_for_byte(void **state)
{
	(void)state;
	struct packet reply = hit();
	reply.bytes[13] = 'w';
	assert_string_equal(fault(&reply), "the question is not echoed byte for byte");
	reply = hit();
	reply.bytes[0] ^= 1;
	assert_string_equal(fault(&reply), "another id");
}

static void a_reply_cut_anywhere_is_seen(void **state)
{
	(void)state;
	struct packet replies[] = { hit(), denial() };
	for (size_t i = 0; i < 2; i++) {
		for (size_t size = 0; size < replies[i].size; size++) {
			struct packet cut = replies[i];
			cut.size = size;
			assert_non_null(fault(&cut));
		}
		replies[i].bytes[replies[i].size++] = 0;
		assert_string_equal(fault(&replies[i]), "bytes behind the last record");
	}
}

static void names_that_loop_do_not_parse(void **state)
{
	(void)state;
	struct packet reply = hit();
	size_t owner = 12 + sizeof question - 1;
	reply.bytes[owner + 1] = (uint8_t)owner; /* points at itself */
	assert_string_equal(fault(&reply), "an owner name does not parse");
	reply.bytes[owner] = 0x80;
	assert_string_equal(fault(&reply), "an owner name does not parse");
}

static void answers_for_others_are_faults(void **state)
{
	(void)state;
	struct packet reply = begin(0x85, 0, (uint8_t[]){ 1, 0, 1 });
	put(&reply, stranger, sizeof stranger);
	put(&reply, opt, sizeof opt);
	assert_string_equal(fault(&reply), "an answer for another name");
	reply = begin(0x85, 0, (uint8_t[]){ 1, 0, 1 });
	put(&reply, soa, sizeof soa);
	put(&reply, opt, sizeof opt);
	reply.bytes[12 + sizeof question - 1 + 1] = 12;
	assert_string_equal(fault(&reply), "an answer of another type");
}

static void opt_answers_opt(void **state)
{
	(void)state;
	struct packet reply = hit();
	reply.size -= sizeof opt;
	reply.bytes[11] = 0;
	assert_string_equal(fault(&reply), "an OPT too many or too few");
}

static void a_denial_has_one_soa(void **state)
{
	(void)state;
	struct packet reply = begin(0x85, 3, (uint8_t[]){ 0, 0, 1 });
	put(&reply, opt, sizeof opt);
	assert_string_equal(fault(&reply), "a denial without its SOA");
	reply.bytes[2] |= 2;
	assert_null(fault(&reply));
}

static void the_expected_answers_are_all_there_and_no_others(void **state)
{
	(void)state;
	struct expectation one = { .rcode = 0, .answers = REPLY_ANY_COUNT, .set = { one_address, 1 } };
	struct expectation two = { .rcode = 0, .answers = REPLY_ANY_COUNT, .set = { two_addresses, 2 } };
	struct packet reply = hit();
	assert_null(fault_with(&reply, &one));
	assert_string_equal(fault_with(&reply, &two), "not every expected answer");
	reply = begin(0x85, 0, (uint8_t[]){ 2, 0, 1 });
	put(&reply, other_address, sizeof other_address);
	put(&reply, address, sizeof address);
	put(&reply, opt, sizeof opt);
	assert_null(fault_with(&reply, &two));
	assert_string_equal(fault_with(&reply, &one), "an answer that was not expected");
	reply = begin(0x85, 0, (uint8_t[]){ 2, 0, 1 });
	put(&reply, address, sizeof address);
	put(&reply, address, sizeof address);
	put(&reply, opt, sizeof opt);
	assert_string_equal(fault_with(&reply, &two), "an answer stands twice");
	reply = hit();
	reply.bytes[2] |= 2; /* cut: some of them are enough */
	assert_null(fault_with(&reply, &two));
}

static void of_an_echo_only_the_question_is_compared(void **state)
{
	(void)state;
	struct packet reply = query();
	reply.bytes[2] |= 0x80;
	reply.size += 16; /* as many bytes more as an answer has */
	assert_null(fault_with(&reply, &(struct expectation){ .echo = true }));
	assert_non_null(fault(&reply));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_replies_have_no_fault),
		cmocka_unit_test(the_header_is_compared),
		cmocka_unit_test(the_question_comes_back_byte_for_byte),
		cmocka_unit_test(a_reply_cut_anywhere_is_seen),
		cmocka_unit_test(names_that_loop_do_not_parse),
		cmocka_unit_test(answers_for_others_are_faults),
		cmocka_unit_test(opt_answers_opt),
		cmocka_unit_test(a_denial_has_one_soa),
		cmocka_unit_test(the_expected_answers_are_all_there_and_no_others),
		cmocka_unit_test(of_an_echo_only_the_question_is_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
