/* SPDX-License-Identifier: Apache-2.0 */
/* Record data: what each type must hold, and records written out. */
#include "knamed/dns.h"

#include "said.h"

#define PTR_NAME "\xc0\x10" /* "Example." of the question */
#define OUT_NAME "\7Example\0"
#define TWENTY "aaaabbbbccccddddeeee"
#define EIGHTEEN "aaaabbbbccccddddee"

/* Reads a reply with this record alone, and writes the record. ret_room is as large as what is
 * expected: that all of it is needed is a test of its own. */
static bool is_written(unsigned type, unsigned class_, struct bytes data, struct bytes expected)
{
	struct packet packet = say(0, 1, 0, 0);
	add_said(&packet, B(TO_QUESTION), type, class_, data);
	struct dns_message message;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	if (!read_said(&packet, &message))
		return false;
	assert_walks(&message);
	assert_true(dns_message_next(&message, &walk, &record));

	struct packet whole = { .size = 0 };
	add(&whole, NAME, NAME_SIZE);
	add_u16(&whole, type);
	add_u16(&whole, class_);
	add(&whole, "\0\0\0\7", 4);
	add_u16(&whole, (unsigned)expected.size);
	add(&whole, expected.at, expected.size);
	uint8_t room[512];
	struct dns_writer writer = { room, room + 3, room + 3 };
	for (; writer.end < room + 3 + whole.size; writer.end++) {
		assert_false(dns_record_write(&message, &record, 7, &writer, NULL));
		assert_ptr_equal(writer.at, room + 3);
	}
	assert_true(dns_record_write(&message, &record, 7, &writer, NULL));
	assert_int_equal(writer.at - room - 3, whole.size);
	assert_memory_equal(room + 3, whole.bytes, whole.size);
	return true;
}

/* clang-format off */
#define SAME(type, data) { type, { data, sizeof(data) - 1 }, { data, sizeof(data) - 1 } }
#define OUT(type, data, out) { type, { data, sizeof(data) - 1 }, { out, sizeof(out) - 1 } }
static const struct {
	unsigned type;
	struct bytes data, expected;
} written[] = {
	SAME(TYPE_A, "\1\2\3\4"),
	SAME(TYPE_AAAA, "aaaabbbbccccdddd"),
	OUT(TYPE_NS, PTR_NAME, OUT_NAME),
	SAME(TYPE_NS, "\2ns\0"),
	OUT(3, PTR_NAME, OUT_NAME),
	OUT(4, PTR_NAME, OUT_NAME),
	OUT(TYPE_CNAME, "\3cdn" PTR_NAME, "\3cdn" OUT_NAME),
	OUT(TYPE_SOA, "\2ns" PTR_NAME "\4root" PTR_NAME TWENTY, "\2ns" OUT_NAME "\4root" OUT_NAME TWENTY),
	OUT(7, PTR_NAME, OUT_NAME),
	OUT(8, PTR_NAME, OUT_NAME),
	OUT(9, PTR_NAME, OUT_NAME),
	OUT(TYPE_PTR, PTR_NAME, OUT_NAME),
	OUT(14, PTR_NAME "\1a" PTR_NAME, OUT_NAME "\1a" OUT_NAME),
	OUT(TYPE_MX, "\0\5" PTR_NAME, "\0\5" OUT_NAME),
	OUT(17, PTR_NAME "\0", OUT_NAME "\0"),
	OUT(18, "\0\1" PTR_NAME, "\0\1" OUT_NAME),
	OUT(21, "\0\1" PTR_NAME, "\0\1" OUT_NAME),
	OUT(24, "\0\1ccddddeeeeffffgg" PTR_NAME "signature", "\0\1ccddddeeeeffffgg" OUT_NAME "signature"),
	OUT(26, "\0\1" PTR_NAME PTR_NAME, "\0\1" OUT_NAME OUT_NAME),
	OUT(30, PTR_NAME "bits", OUT_NAME "bits"),
	OUT(TYPE_SRV, "\0\1\0\2\0\3" PTR_NAME, "\0\1\0\2\0\3" OUT_NAME),
	OUT(TYPE_NAPTR, "\0\1\0\2\1u\0\4!x!y" PTR_NAME, "\0\1\0\2\1u\0\4!x!y" OUT_NAME),
	SAME(TYPE_NAPTR, "\0\1\0\2\0\0\0\0"),
	OUT(36, "\0\1" PTR_NAME, "\0\1" OUT_NAME),
	OUT(TYPE_DNAME, PTR_NAME, OUT_NAME),
	SAME(TYPE_RRSIG, EIGHTEEN OUT_NAME "signature"),
	SAME(TYPE_RRSIG, EIGHTEEN "\0"),
	SAME(TYPE_NSEC, OUT_NAME "\0\1\x40"),
	SAME(TYPE_SVCB, "\0\0" OUT_NAME),
	SAME(TYPE_HTTPS, "\0\1\0\0\1\0\3\2h2"),
	/* Octets, whatever they look like. */
	SAME(TYPE_TXT, "\3txt"),
	SAME(TYPE_TXT, ""),
	SAME(TYPE_HINFO, PTR_NAME),
	SAME(TYPE_DS, "\xff\xff"),
	SAME(TYPE_OPAQUE, PTR_NAME "\1"),
	SAME(65535, ""),
	SAME(0, PTR_NAME),
};

#define BAD(type, data) { type, { data, sizeof(data) - 1 } }
static const struct {
	unsigned type;
	struct bytes data;
} malformed[] = {
	BAD(TYPE_A, ""), BAD(TYPE_A, "\1\2\3"), BAD(TYPE_A, "\1\2\3\4\5"),
	BAD(TYPE_AAAA, "aaaabbbbccccddd"), BAD(TYPE_AAAA, "aaaabbbbccccdddde"),
	BAD(TYPE_NS, ""), BAD(TYPE_NS, "\2n"), BAD(TYPE_NS, "\2ns"), BAD(TYPE_NS, "\2ns\0x"),
	BAD(TYPE_NS, "\xc0"), BAD(TYPE_NS, PTR_NAME "\0"), BAD(TYPE_NS, "\xc0\x29"), BAD(TYPE_NS, "\x80\0"),
	BAD(TYPE_CNAME, "\3cdn\xc0\x29"), BAD(TYPE_PTR, "\1a"), BAD(TYPE_DNAME, ""),
	BAD(TYPE_SOA, PTR_NAME PTR_NAME "aaaabbbbccccddddeee"), BAD(TYPE_SOA, PTR_NAME PTR_NAME TWENTY "x"),
	BAD(TYPE_SOA, PTR_NAME), BAD(TYPE_SOA, ""),
	BAD(TYPE_MX, "\0"), BAD(TYPE_MX, "\0\1"), BAD(TYPE_MX, "\0\1\0x"),
	BAD(TYPE_SRV, "\0\1\0\2\0"), BAD(TYPE_SRV, "\0\1\0\2\0\3"), BAD(TYPE_SRV, "\0\1\0\2\0\3\1a"),
	BAD(TYPE_NAPTR, "\0\1\0"), BAD(TYPE_NAPTR, "\0\1\0\2\1u\0\4!x!"), BAD(TYPE_NAPTR, "\0\1\0\2\1u\0\4!x!y"),
	BAD(TYPE_NAPTR, "\0\1\0\2\0\0\0\0x"), BAD(TYPE_NAPTR, "\0\1\0\2\xff"),
	BAD(17, PTR_NAME), BAD(14, PTR_NAME PTR_NAME "\0"),
	BAD(TYPE_RRSIG, EIGHTEEN), BAD(TYPE_RRSIG, "short"), BAD(TYPE_RRSIG, EIGHTEEN PTR_NAME "signature"),
	BAD(TYPE_RRSIG, EIGHTEEN "\3cdn" PTR_NAME "signature"), BAD(24, EIGHTEEN "\1a"),
	BAD(TYPE_NSEC, PTR_NAME "\0\1\x40"), BAD(TYPE_NSEC, ""),
	BAD(TYPE_SVCB, "\0\0" PTR_NAME), BAD(TYPE_SVCB, "\0\0"), BAD(TYPE_HTTPS, "\0"), BAD(TYPE_HTTPS, "\0\1\1"),
};
/* clang-format on */

static void records_are_written_with_their_names_in_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		if (!is_written(written[i].type, CLASS_IN, written[i].data, written[i].expected))
			fail_msg("case %zu: type %u is refused", i, written[i].type);
	}
}

static void malformed_data_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		if (is_written(malformed[i].type, CLASS_IN, malformed[i].data, B("")))
			fail_msg("case %zu: type %u is taken", i, malformed[i].type);
	}
}

static void data_that_run_out_of_the_message_are_refused(void **state)
{
	(void)state;
	static const unsigned types[] = { TYPE_A, TYPE_NS, TYPE_TXT, TYPE_OPAQUE };
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct packet packet = say(0, 1, 0, 0);
		add_said(&packet, B("\0"), types[i], CLASS_IN, B("\1\2\3\4"));
		put_u16(packet.bytes + packet.size - 6, 5);
		assert_false(is_good(packet));
		put_u16(packet.bytes + packet.size - 6, 0xffff);
		assert_false(is_good(packet));
	}
}

/* Servers compress NS and SOA of version.bind in CH too; an address there is a name and a number. */
static void names_are_written_in_full_in_all_classes(void **state)
{
	(void)state;
	assert_true(is_written(TYPE_NS, CLASS_CH, B(PTR_NAME), B(OUT_NAME)));
	assert_true(is_written(TYPE_SOA, CLASS_HS, B("\0" PTR_NAME TWENTY), B("\0" OUT_NAME TWENTY)));
	assert_false(is_written(TYPE_CNAME, CLASS_NONE, B("\1a"), B("")));
	assert_true(is_written(TYPE_A, CLASS_CH, B("\2ch\0\1\1"), B("\2ch\0\1\1")));
	assert_true(is_written(TYPE_SRV, CLASS_CH, B("\1"), B("\1")));
	assert_true(is_written(TYPE_AAAA, CLASS_CH, B(""), B("")));
}

/* A name that reads the same octets twice: from 14 on up to a pointer to 13, and from there on over
 * that pointer to the question's root. So an old signature with a pointer to it, of `size` octets,
 * grows by more than the question, and by more than a message leaves of what a length can say. */
static bool is_long_signature_written(uint16_t size)
{
	static uint8_t bytes[DNS_MESSAGE_MAX], room[2 * DNS_MESSAGE_MAX];
	struct packet packet = begin(FLAG_QR, 1, 1, 0, 0);
	add_labels(&packet, 1, 63);
	packet.bytes[13] = 62;
	packet.bytes[14] = 58;
	put_u16(packet.bytes + 73, 0xc000 + 13);
	add(&packet, "\0\0\1\0\1", 5);
	add(&packet, "\0\0\x18\0\1\0\0\0\1", 9);
	add_u16(&packet, size);
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, packet.bytes, packet.size);
	put_u16(bytes + packet.size + 18, 0xc000 + 14);

	size_t whole = packet.size + size, grown = size + 59 + 63 + 1 - 2;
	struct dns_message message;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	struct dns_writer writer = { room, room, room + sizeof(room) };
	assert_true(whole <= sizeof(bytes));
	assert_true(dns_message_read(guarded(bytes, whole), whole, &message));
	assert_true(dns_message_next(&message, &walk, &record));
	bool is_written = dns_record_write(&message, &record, 1, &writer, NULL);
	assert_int_equal(writer.at - room, is_written ? 11 + grown : 0);
	assert_true(!is_written || get_u16(room + 9) == grown);
	return is_written;
}

static void data_that_would_get_too_long_are_not_written(void **state)
{
	(void)state;
	assert_true(is_long_signature_written(300));
	assert_true(is_long_signature_written(UINT16_MAX - 121));
	assert_false(is_long_signature_written(UINT16_MAX - 120));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_written_with_their_names_in_full),
		cmocka_unit_test(malformed_data_are_refused),
		cmocka_unit_test(data_that_run_out_of_the_message_are_refused),
		cmocka_unit_test(names_are_written_in_full_in_all_classes),
		cmocka_unit_test(data_that_would_get_too_long_are_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
