/* SPDX-License-Identifier: Apache-2.0 */
/* Names inside messages: where pointers may lead, and how long names may get. */
#include "knamed/dns.h"

#include "said.h"

/* A record of octets, in which a test puts what names can lead to. Its data start at OCTETS_AT. */
enum { OCTETS_AT = QUESTION_END + 11 };

static struct packet say_octets(struct bytes octets)
{
	struct packet packet = say(0, 2, 0, 0);
	add_said(&packet, B("\0"), TYPE_OPAQUE, CLASS_IN, octets);
	return packet;
}

/* Of a second record with this owner. */
static bool owner_is_read(struct packet packet, struct bytes owner, struct bytes expected)
{
	uint16_t at = (uint16_t)packet.size;
	add_said(&packet, owner, TYPE_A, CLASS_IN, B("\1\2\3\4"));
	struct dns_message message;
	if (!read_said(&packet, &message))
		return false;
	assert_walks(&message);
	uint8_t name[DNS_NAME_MAX + 1], size;
	dns_message_name(&message, at, name, &size);
	assert_int_equal(size, expected.size);
	assert_memory_equal(name, expected.at, size);
	return true;
}

static void pointers_lead_to_names_before(void **state)
{
	(void)state;
	struct packet packet = say_octets(B("\1a\xc0\x0c\xc0\x28\1b\xc0\x2c"));
	assert_int_equal(OCTETS_AT, 0x28);
	static const struct {
		struct bytes owner, expected;
	} cases[] = {
		{ { "\0", 1 }, { "\0", 1 } },
		{ { "\xc0\x0c", 2 }, { "\3wWw\7Example", 13 } },
		{ { "\xc0\x10", 2 }, { "\7Example", 9 } },
		{ { "\xc0\x18", 2 }, { "\0", 1 } },
		{ { "\2xy\xc0\x10", 5 }, { "\2xy\7Example", 12 } },
		{ { "\xc0\x28", 2 }, { "\1a\3wWw\7Example", 15 } },
		{ { "\1c\xc0\x2e", 4 }, { "\1c\1b\1a\3wWw\7Example", 19 } }, /* over four */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(owner_is_read(packet, cases[i].owner, cases[i].expected));
}

static void pointers_that_lead_elsewhere_are_refused(void **state)
{
	(void)state;
	/* Loops of one, of two, and one that comes back by its labels. The owner stands at 0x38. */
	struct packet packet = say_octets(B("\xc0\x28\xc0\x2c\xc0\x2a\1a\xc0\x2e\2bc\2de"));
	static const struct bytes owners[] = {
		{ "\xc0\x00", 2 },			 /* the header */
		{ "\xc0\x0b", 2 },    { "\xc0\x38", 2 }, /* itself */
		{ "\1x\xc0\x38", 4 }, { "\xc0\x3a", 2 }, /* forward */
		{ "\xff\xff", 2 },    { "\xc0\x28", 2 }, /* loops */
		{ "\xc0\x2a", 2 },    { "\xc0\x2c", 2 },
		{ "\xc0\x2e", 2 },    { "\xc0\x32", 2 }, /* back to itself, by labels */
		{ "\x40x\0", 3 },			 /* labels of kinds that are none */
		{ "\x80x\0", 3 },     { "\xbf\0", 2 },
	};
	assert_int_equal(packet.size, 0x38);
	for (size_t i = 0; i < COUNT_OF(owners); i++)
		assert_false(owner_is_read(packet, owners[i], B("")));
}

static void a_pointer_cut_in_two_is_refused(void **state)
{
	(void)state;
	struct packet packet = say(FLAG_TC, 1, 0, 0);
	add(&packet, "\xc0", 1);
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	assert_int_equal(message.counts[0], 0);
	packet.bytes[2] = 0x80;
	assert_false(is_good(packet));
}

static void names_end_at_255_octets_whatever_they_are_made_of(void **state)
{
	(void)state;
	static const struct {
		size_t before,
			last; /* labels of 63 octets before, and one more; then the owner adds a label */
		size_t own;
		bool is_good;
	} cases[] = {
		{ 3, 55, 5, true },  { 3, 55, 6, false }, { 3, 61, 0, true },
		{ 3, 61, 1, false }, { 2, 62, 61, true }, { 2, 62, 63, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet octets = { .size = 0 }, owner = { .size = 0 }, expected = { .size = 0 };
		add_labels(&octets, cases[i].before, 63);
		add_labels(&octets, 1, cases[i].last);
		add(&octets, "\0", 1);
		if (cases[i].own > 0)
			add_labels(&owner, 1, cases[i].own);
		expected = owner;
		add(&expected, octets.bytes, octets.size);
		add(&owner, "\xc0\x28", 2);
		struct packet packet = say_octets((struct bytes){ octets.bytes, octets.size });
		assert_int_equal(owner_is_read(packet, (struct bytes){ owner.bytes, owner.size },
					       (struct bytes){ expected.bytes, expected.size }),
				 cases[i].is_good);
	}
}

/* Pointers only, each to the one before: what a name of one label could be blown up with. */
static void chains_of_pointers_are_bounded(void **state)
{
	(void)state;
	for (unsigned count = 125; count <= 129; count++) {
		struct packet octets = { .size = 0 };
		add(&octets, TO_QUESTION, 2);
		for (unsigned i = 0; i + 2 < count; i++)
			add_u16(&octets, 0xc000 + OCTETS_AT + 2 * i);
		struct packet packet = say_octets((struct bytes){ octets.bytes, octets.size });
		uint8_t owner[2];
		put_u16(owner, (uint16_t)(0xc000 + OCTETS_AT + octets.size - 2));
		assert_int_equal(owner_is_read(packet, (struct bytes){ owner, 2 }, B(NAME)),
				 count <= 127);
	}
}

/* 127 labels, each with a pointer to the next. */
static void the_name_of_most_labels_may_be_all_pointers(void **state)
{
	(void)state;
	struct packet octets = { .size = 0 }, expected = { .size = 0 };
	add(&octets, "\1X\0", 3);
	for (unsigned i = 0; i < 125; i++) {
		add_labels(&octets, 1, 1);
		add_u16(&octets, 0xc000 + (i == 0 ? OCTETS_AT : OCTETS_AT + 3 + 4 * (i - 1)));
	}
	uint8_t owner[4] = "\1X";
	put_u16(owner + 2, (uint16_t)(0xc000 + OCTETS_AT + octets.size - 4));
	add_labels(&expected, 127, 1);
	add(&expected, "\0", 1);
	struct packet packet = say_octets((struct bytes){ octets.bytes, octets.size });
	assert_true(owner_is_read(packet, (struct bytes){ owner, 4 },
				  (struct bytes){ expected.bytes, expected.size }));
}

/* TTLs are changed where records stand; a name could have led through them. */
static void a_name_that_was_broken_later_is_the_root(void **state)
{
	(void)state;
	struct packet packet = say_octets(B(""));
	/* The first record's TTL is 0 0 1 44: a pointer to its first octet is the root. */
	uint8_t owner[2], name[DNS_NAME_MAX + 1], size;
	uint16_t at = (uint16_t)packet.size;
	put_u16(owner, 0xc000 + QUESTION_END + 5);
	add_said(&packet, (struct bytes){ owner, 2 }, TYPE_A, CLASS_IN, B("\1\2\3\4"));
	struct dns_message message;
	assert_true(read_said(&packet, &message));
	uint8_t *bytes = guarded(message.packet, packet.size);
	put_u32(bytes + QUESTION_END + 5, 0xffffffff);
	dns_message_name(&message, at, name, &size);
	assert_int_equal(size, 1);
	assert_int_equal(name[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_lead_to_names_before),
		cmocka_unit_test(pointers_that_lead_elsewhere_are_refused),
		cmocka_unit_test(a_pointer_cut_in_two_is_refused),
		cmocka_unit_test(names_end_at_255_octets_whatever_they_are_made_of),
		cmocka_unit_test(chains_of_pointers_are_bounded),
		cmocka_unit_test(the_name_of_most_labels_may_be_all_pointers),
		cmocka_unit_test(a_name_that_was_broken_later_is_the_root),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
