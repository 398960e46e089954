/* SPDX-License-Identifier: Apache-2.0 */
/* Which zone a secondary says it has: the SOA behind the question for changes (RFC 1995 3). */
#include "packet.h"

static void add_soa(struct packet *packet, const void *names, size_t names_size, uint32_t serial)
{
	uint8_t numbers[20] = { 0 };
	put_u32(numbers, serial);
	add(packet, "\300\14", 2);
	add_u16(packet, TYPE_SOA);
	add_u16(packet, CLASS_IN);
	add(packet, "\0\0\0\5", 4);
	add_u16(packet, (unsigned)(names_size + sizeof numbers));
	add(packet, names, names_size);
	add(packet, numbers, sizeof numbers);
}

static bool serial_of(const struct packet *packet, uint32_t *ret_serial)
{
	struct dns_query query;
	assert_int_equal(read_packet(packet, &query), QUERY_GOOD);
	return dns_query_serial(&query, ret_serial);
}

static struct packet question_with_soa(const void *names, size_t names_size, uint32_t serial)
{
	struct packet packet = begin(0, 1, 0, 1, 0);
	add_question(&packet);
	add_soa(&packet, names, names_size, serial);
	return packet;
}

static void the_serial_is_the_first_number(void **state)
{
	(void)state;
	uint32_t serial = 0;
	struct packet plain = question_with_soa("\2ns\0\4host\0", 10, 0xfedcba98);
	assert_true(serial_of(&plain, &serial));
	assert_int_equal(serial, 0xfedcba98);
	struct packet compressed = question_with_soa("\300\14\300\14", 4, 7);
	assert_true(serial_of(&compressed, &serial));
	assert_int_equal(serial, 7);
	struct packet of_roots = question_with_soa("\0\0", 2, 8);
	assert_true(serial_of(&of_roots, &serial));
	assert_int_equal(serial, 8);
}

static void without_one_soa_there_is_no_serial(void **state)
{
	(void)state;
	uint32_t serial;
	struct packet bare = begin(0, 1, 0, 0, 0);
	add_question(&bare);
	assert_false(serial_of(&bare, &serial));
	struct packet other = begin(0, 1, 0, 1, 0);
	add_question(&other);
	add_record(&other, "\0", 1, TYPE_A, 30);
	assert_false(serial_of(&other, &serial));
	struct packet cut = begin(0, 1, 0, 1, 0);
	add_question(&cut);
	add_record(&cut, "\0", 1, TYPE_SOA, 21);
	assert_false(serial_of(&cut, &serial));
	struct packet answer = begin(0, 1, 1, 0, 0);
	add_question(&answer);
	add_soa(&answer, "\0\0", 2, 9);
	assert_false(serial_of(&answer, &serial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_serial_is_the_first_number),
		cmocka_unit_test(without_one_soa_there_is_no_serial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
