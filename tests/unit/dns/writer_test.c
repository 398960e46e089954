/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "inputs.h"

static const uint8_t name[] = "\3Www\7example";

static bool write_one(struct dns_writer *writer, int kind)
{
	switch (kind) {
	case 0:
		return write_u8(writer, 0x01);
	case 1:
		return write_u16(writer, 0x0203);
	case 2:
		return write_u32(writer, 0x04050607);
	case 3:
		return write_bytes(writer, "\x08\x09\x0a", 3);
	default:
		return write_name(writer, name);
	}
}

static const size_t sizes[] = { 1, 2, 4, 3, sizeof name };

static void values_are_written_in_network_order_one_after_the_other(void **state)
{
	(void)state;
	enum { ALL = 10 + sizeof name };
	uint8_t room[ALL] = { 0 }, *end = guarded(room, sizeof room);
	struct dns_writer writer = { end, end, end + sizeof room };
	for (int kind = 0; kind < 5; kind++)
		assert_true(write_one(&writer, kind));
	assert_ptr_equal(writer.at, writer.end);
	assert_memory_equal(writer.start, "\1\2\3\4\5\6\7\x08\x09\x0a\3Www\7example", ALL);
}

static void what_does_not_fit_leaves_no_trace(void **state)
{
	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		for (size_t room = 0; room < sizes[kind]; room++) {
			uint8_t filled[sizeof name];
			memset(filled, 0xee, sizeof filled);
			uint8_t *at = guarded(filled, room);
			struct dns_writer writer = { at, at, at + room };
			assert_false(write_one(&writer, kind));
			assert_ptr_equal(writer.at, at);
			assert_memory_equal(at, filled, room);
		}
	}
}

static void what_fits_exactly_is_written(void **state)
{
	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		uint8_t room[sizeof name] = { 0 }, *at = guarded(room, sizes[kind]);
		struct dns_writer writer = { at, at, at + sizes[kind] };
		assert_true(write_one(&writer, kind));
		assert_ptr_equal(writer.at, writer.end);
	}
}

static void nothing_fits_into_a_full_writer(void **state)
{
	(void)state;
	uint8_t octet;
	struct dns_writer writer = { &octet, &octet + 1, &octet + 1 };
	assert_true(write_bytes(&writer, NULL, 0));
	assert_false(write_u8(&writer, 1));
	assert_ptr_equal(writer.at, writer.end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_network_order_one_after_the_other),
		cmocka_unit_test(what_does_not_fit_leaves_no_trace),
		cmocka_unit_test(what_fits_exactly_is_written),
		cmocka_unit_test(nothing_fits_into_a_full_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
