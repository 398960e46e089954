/* SPDX-License-Identifier: Apache-2.0 */
/* Whole messages: what makes one, what is told of it, and where it ends. */
#include "knamed/dns.h"

#include "said.h"

#define ADDRESS B("\x0a\0\0\1")

/* A CNAME, its address, the zone's SOA and a name server's address. */
static struct packet usual(unsigned flags)
{
	struct packet packet = say(flags, 2, 1, 1);
	add_said(&packet, B(TO_QUESTION), TYPE_CNAME, CLASS_IN, B("\3cdn\xc0\x10"));
	add_said(&packet, B("\xc0\x29"), TYPE_A, CLASS_IN, ADDRESS);
	add_said(&packet, B("\xc0\x10"), TYPE_SOA, CLASS_IN,
		 B("\2ns\xc0\x10\4root\xc0\x10"
		   "aaaabbbbccccddddeeee"));
	add_said(&packet, B("\2ns\xc0\x10"), TYPE_AAAA, CLASS_IN, B("0123456789abcdef"));
	return packet;
}

static void a_usual_reply_is_read_and_walked(void **state)
{
	(void)state;
	struct packet packet = usual(FLAG_AA | FLAG_RA | RCODE_NXDOMAIN);
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_walks(&message);
	assert_int_equal(message.size, packet.size);
	assert_int_equal(message.id, 0x1234);
	assert_int_equal(message.flags, FLAG_QR | FLAG_AA | FLAG_RA | RCODE_NXDOMAIN);
	assert_int_equal(message.rcode, RCODE_NXDOMAIN);
	assert_int_equal(message.question_end, QUESTION_END);
	assert_int_equal(message.end, packet.size);
	assert_int_equal(message.type, TYPE_AAAA);
	assert_int_equal(message.class_, CLASS_IN);
	assert_false(message.opt_size > 0);
	assert_int_equal(message.extended_error, 0);

	static const struct {
		uint16_t type, rdata_size;
		uint8_t section;
		struct bytes owner;
	} expected[] = {
		{ TYPE_CNAME, 6, 0, { "\3wWw\7Example", 13 } },
		{ TYPE_A, 4, 0, { "\3cdn\7Example", 13 } },
		{ TYPE_SOA, 32, 1, { "\7Example", 9 } },
		{ TYPE_AAAA, 16, 2, { "\2ns\7Example", 12 } },
	};
	struct dns_walk walk = { 0 };
	struct dns_record record;
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		uint8_t name[DNS_NAME_MAX + 1], size;
		assert_true(dns_message_next(&message, &walk, &record));
		assert_int_equal(record.type, expected[i].type);
		assert_int_equal(record.class_, CLASS_IN);
		assert_int_equal(record.ttl, 300);
		assert_int_equal(get_u32(message.packet + record.ttl_at), 300);
		assert_int_equal(record.rdata_size, expected[i].rdata_size);
		assert_int_equal(record.section, expected[i].section);
		dns_message_name(&message, record.at, name, &size);
		assert_int_equal(size, expected[i].owner.size);
		assert_memory_equal(name, expected[i].owner.at, size);
	}
	assert_false(dns_message_next(&message, &walk, &record));
	assert_false(dns_message_next(&message, &walk, &record));
}

static void only_replies_with_one_question_are_read(void **state)
{
	(void)state;
	static const struct {
		unsigned flags, questions;
		bool is_good;
	} cases[] = {
		{ FLAG_QR, 1, true },
		{ 0x87ff, 1, true }, /* QR and all but the opcode */
		{ 0, 1, false },
		{ FLAG_QR | 1 << 11, 1, false },
		{ FLAG_QR | 4 << 11, 1, false },
		{ FLAG_QR | 8 << 11, 1, false },
		{ FLAG_QR, 0, false },
		{ FLAG_QR, 2, false },
		{ FLAG_QR, 256, false },
		{ FLAG_QR | FLAG_TC, 2, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(cases[i].flags, cases[i].questions, 0, 0, 0);
		add_question(&packet);
		add_question(&packet);
		assert_int_equal(is_good(packet), cases[i].is_good);
	}
}

static void a_question_is_whole_and_has_no_pointers(void **state)
{
	(void)state;
	static const struct {
		struct bytes question;
		bool is_good;
	} cases[] = {
		{ { "\0\0\1\0\1", 5 }, true },
		{ { "\0\0\1\0", 4 }, false },
		{ { "\1a\0\0\1\0\1", 7 }, true },
		{ { "\1a", 2 }, false },
		{ { "\xc0\x0c\0\1\0\1", 6 }, false },
		{ { "\1a\xc0\x0c\0\1\0\1", 8 }, false },
		{ { "\xc0\x0d\0\1\0\1", 6 }, false },
		{ { "\xc0\0\0\1\0\1", 6 }, false },
		{ { "\x40"
		    "a\0\0\1\0\1",
		    7 },
		  false },
		{ { "", 0 }, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (unsigned flags = 0; flags <= FLAG_TC; flags += FLAG_TC) {
			struct packet packet = begin(FLAG_QR | flags, 1, 0, 0, 0);
			add(&packet, cases[i].question.at, cases[i].question.size);
			assert_int_equal(is_good(packet), cases[i].is_good);
		}
	}
}

static void nothing_is_told_of_what_is_refused(void **state)
{
	(void)state;
	struct dns_message message, before;
	memset(&message, 0xa5, sizeof(message));
	before = message;
	struct packet packet = usual(0);
	packet.size--;
	assert_false(read_said(&packet, &message));
	assert_memory_equal(&message, &before, sizeof(message));
}

static void records_that_are_counted_must_be_there(void **state)
{
	(void)state;
	for (size_t count = 7; count <= 11; count += 2) {
		struct packet packet = usual(0);
		packet.bytes[count]++;
		assert_false(is_good(packet));
		packet.bytes[count - 1] = 0xff;
		assert_false(is_good(packet));
	}
}

static void a_reply_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct packet packet = usual(0);
	assert_true(is_good(packet));
	while (packet.size-- > 0)
		assert_false(is_good(packet));
}

static void of_a_truncated_reply_the_whole_records_are_there(void **state)
{
	(void)state;
	struct packet packet = usual(FLAG_TC);
	struct dns_message message, whole;
	assert_true(read_said(&packet, &whole));
	unsigned most = 4;
	while (packet.size-- > QUESTION_END) {
		assert_true(read_said(&packet, &message));
		assert_walks(&message);
		unsigned count = 0u + message.counts[0] + message.counts[1] + message.counts[2];
		assert_true(count <= most && count + 1 >= most && count < 4);
		most = count;
	}
	assert_int_equal(most, 0);
	assert_false(is_good(packet));
}

static void a_truncated_reply_ends_at_a_record_that_is_wrong(void **state)
{
	(void)state;
	struct packet packet = say(FLAG_TC, 3, 0, 1);
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, B("\1\2\3"));
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
	add_opt(&packet, (struct opt){ 1232, 0, 0, "", 0 });
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_walks(&message);
	assert_int_equal(message.counts[0], 1);
	assert_false(message.opt_size > 0);
}

static void octets_behind_the_last_record_do_not_matter(void **state)
{
	(void)state;
	struct packet packet = usual(0);
	size_t size = packet.size;
	add_opt(&packet, (struct opt){ 1232, 0, 0, "", 0 }); /* not counted */
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_walks(&message);
	assert_int_equal(message.end, size);
	assert_false(message.opt_size > 0);
}

static void a_ttl_with_the_top_bit_is_none(void **state)
{
	(void)state;
	static const struct {
		const char *octets;
		uint32_t ttl;
	} cases[] = { { "\x7f\xff\xff\xff", 0x7fffffff },
		      { "\x80\0\0\0", 0 },
		      { "\xff\xff\xff\xff", 0 } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = say(0, 1, 0, 0);
		add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS);
		memcpy(packet.bytes + packet.size - 10, cases[i].octets, 4);
		struct dns_message message;
		struct dns_walk walk = { 0 };
		struct dns_record record;
		assert_true(read_said(&packet, &message));
		assert_true(dns_message_next(&message, &walk, &record));
		assert_int_equal(record.ttl, cases[i].ttl);
	}
}

static void questions_are_compared_by_name_type_and_class(void **state)
{
	(void)state;
	struct packet packet = usual(0);
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	static const struct {
		const char *name;
		uint16_t type, class_;
		bool is_it, is_it_exactly;
	} cases[] = {
		{ NAME, TYPE_AAAA, CLASS_IN, true, true },
		{ "\3www\7example", TYPE_AAAA, CLASS_IN, true, false },
		{ "\3WwW\7eXAMPLE", TYPE_AAAA, CLASS_IN, true, false },
		{ NAME, TYPE_A, CLASS_IN, false, false },
		{ NAME, TYPE_AAAA, CLASS_CH, false, false },
		{ "\7Example", TYPE_AAAA, CLASS_IN, false, false },
		{ "\3wWw\7Example\3com", TYPE_AAAA, CLASS_IN, false, false },
		{ "\3wWx\7Example", TYPE_AAAA, CLASS_IN, false, false },
		{ "", TYPE_AAAA, CLASS_IN, false, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const uint8_t *name = (const uint8_t *)cases[i].name;
		uint16_t type = cases[i].type, class_ = cases[i].class_;
		assert_int_equal(dns_message_asks(&message, name, false, type, class_), cases[i].is_it);
		assert_int_equal(dns_message_asks(&message, name, true, type, class_),
				 cases[i].is_it_exactly);
	}
}

static void the_longest_message_is_read(void **state)
{
	(void)state;
	static uint8_t bytes[DNS_MESSAGE_MAX + 1];
	struct packet packet = say(0, 1, 0, 0);
	add_said(&packet, B(TO_QUESTION), TYPE_TXT, CLASS_IN, B(""));
	memcpy(bytes, packet.bytes, packet.size);
	put_u16(bytes + packet.size - 2, (uint16_t)(DNS_MESSAGE_MAX - packet.size));
	struct dns_message message;
	size_t size = DNS_MESSAGE_MAX;
	assert_true(dns_message_read(guarded(bytes, size), size, &message));
	assert_walks(&message);
	assert_int_equal(message.end, size);
	assert_false(dns_message_read(guarded(bytes, size - 1), size - 1, &message));
	assert_false(dns_message_read(guarded(bytes, size + 1), size + 1, &message));
}

static void broken_messages_never_lead_outside(void **state)
{
	(void)state;
	uint64_t random = 0x2545f4914f6cdd1d;
	unsigned good = 0, count = 100000;
	for (unsigned i = 0; i < count; i++) {
		struct packet packet = usual(random_below(&random, 4) == 0 ? FLAG_TC : 0);
		for (uint64_t hits = 1 + random_below(&random, 4); hits > 0; hits--)
			packet.bytes[6 + random_below(&random, packet.size - 6)] =
				(uint8_t)random_below(&random, 256);
		packet.size -= random_below(&random, 4) == 0 ? random_below(&random, packet.size) : 0;
		struct dns_message message;
		if (read_said(&packet, &message)) {
			assert_walks(&message);
			good++;
		}
	}
	assert_in_range(good, count / 20, count / 20 * 19); /* both ways were taken */
}

static bool read_part(const struct packet *packet, struct dns_message *ret_message)
{
	return dns_message_read_part(guarded(packet->bytes, packet->size), packet->size, ret_message);
}

static void a_part_of_a_transfer_may_be_without_a_question(void **state)
{
	(void)state;
	struct packet packet = begin(FLAG_QR, 0, 2, 0, 0);
	struct dns_message message;
	add_said(&packet, B("\1a\0"), TYPE_A, CLASS_IN, ADDRESS);
	add_said(&packet, B(TO_QUESTION), TYPE_A, CLASS_IN, ADDRESS); /* to the first record */
	assert_false(read_said(&packet, &message));
	assert_true(read_part(&packet, &message));
	assert_walks(&message);
	assert_int_equal(message.question_end, DNS_HEADER_SIZE);
	assert_int_equal(message.type, 0);
	assert_int_equal(message.counts[0], 2);
	for (packet.size--; packet.size > 0; packet.size--)
		assert_false(read_part(&packet, &message));
	packet = usual(0);
	assert_true(read_part(&packet, &message));
	assert_int_equal(message.question_end, QUESTION_END);
	packet = begin(FLAG_QR, 2, 0, 0, 0);
	add_question(&packet);
	add_question(&packet);
	assert_false(read_part(&packet, &message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_reply_is_read_and_walked),
		cmocka_unit_test(only_replies_with_one_question_are_read),
		cmocka_unit_test(a_part_of_a_transfer_may_be_without_a_question),
		cmocka_unit_test(a_question_is_whole_and_has_no_pointers),
		cmocka_unit_test(nothing_is_told_of_what_is_refused),
		cmocka_unit_test(records_that_are_counted_must_be_there),
		cmocka_unit_test(a_reply_cut_anywhere_is_refused),
		cmocka_unit_test(of_a_truncated_reply_the_whole_records_are_there),
		cmocka_unit_test(a_truncated_reply_ends_at_a_record_that_is_wrong),
		cmocka_unit_test(octets_behind_the_last_record_do_not_matter),
		cmocka_unit_test(a_ttl_with_the_top_bit_is_none),
		cmocka_unit_test(questions_are_compared_by_name_type_and_class),
		cmocka_unit_test(the_longest_message_is_read),
		cmocka_unit_test(broken_messages_never_lead_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
