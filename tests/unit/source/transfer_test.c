/* SPDX-License-Identifier: Apache-2.0 */
/* What a primary may send, and what it may not. */
#include "transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ID = 0x4321 };

/* A message in the making, all names in full but for those that the test compresses. */
struct message {
	uint8_t bytes[DNS_MESSAGE_MAX];
	struct dns_writer writer;
};

static void begin(struct message *message, uint16_t id, unsigned flags, const char *asked, uint16_t type)
{
	uint8_t name[DNS_NAME_MAX], size;
	message->writer = (struct dns_writer){ message->bytes, message->bytes,
					       message->bytes + sizeof(message->bytes) };
	write_u16(&message->writer, id);
	write_u16(&message->writer, (uint16_t)(FLAG_QR | flags));
	write_u16(&message->writer, asked != NULL);
	write_u16(&message->writer, 0);
	write_u32(&message->writer, 0);
	if (asked == NULL)
		return;
	assert_true(name_parse(asked, name, &size));
	write_name(&message->writer, name);
	write_u16(&message->writer, type);
	write_u16(&message->writer, CLASS_IN);
}

static void add_rdata(struct message *message, const char *owner, uint16_t type, uint16_t class_,
		      const void *rdata, size_t rdata_size)
{
	uint8_t name[DNS_NAME_MAX], size;
	assert_true(name_parse(owner, name, &size));
	write_name(&message->writer, name);
	write_u16(&message->writer, type);
	write_u16(&message->writer, class_);
	write_u32(&message->writer, 60);
	write_u16(&message->writer, (uint16_t)rdata_size);
	assert_true(write_bytes(&message->writer, rdata, rdata_size));
	put_u16(message->bytes + 6, (uint16_t)(get_u16(message->bytes + 6) + 1));
}

static void add(struct message *message, const char *line)
{
	struct dns_line record;
	char owner[NAME_TEXT_SIZE];
	struct error error = { .text = "" };
	if (!dns_line_read(line, strlen(line), &record, &error))
		fail_msg("%s", error.text);
	name_print(record.owner, owner);
	add_rdata(message, owner, record.type, record.class_, record.rdata, record.rdata_size);
}

#define SOA "example. SOA ns.example. host.example. 7 3600 600 86400 60"

struct place {
	struct transfer *transfer;
	uint8_t zone[DNS_NAME_MAX];
	struct text taken; /* owners and types, in a row */
	bool refuses;
	struct message message;
	struct error error;
};

static bool take(void *context, const struct zone_record *record, struct error *error)
{
	struct place *place = context;
	char owner[NAME_TEXT_SIZE], type[16];
	name_print(record->owner, owner);
	dns_type_print(record->type, type);
	text_printf(&place->taken, "%s %s %u;", owner, type, (unsigned)record->rdata_size);
	return !place->refuses || error_set(error, "it is not wanted");
}

static int setup(void **state)
{
	struct place *place = mem_zalloc(sizeof(*place));
	uint8_t size;
	assert_true(name_parse("example.", place->zone, &size));
	place->transfer = mem_alloc(sizeof(*place->transfer));
	transfer_begin(place->transfer, place->zone, ID, take, place);
	text_add(&place->taken, "");
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	text_done(&place->taken);
	mem_free(place->transfer);
	mem_free(place);
	return 0;
}

/* The message as it is, in a block of just its size. */
static enum transfer_step hand_over(struct place *place)
{
	size_t size = (size_t)(place->message.writer.at - place->message.bytes);
	uint8_t *copy = mem_copy(place->message.bytes, size);
	enum transfer_step step = transfer_take(place->transfer, copy, size, &place->error);
	mem_free(copy);
	return step;
}

/* A message of these records, ended by NULL, with the right id. */
static enum transfer_step send_records(struct place *place, const char *asked,
				       const char *const *records)
{
	begin(&place->message, ID, FLAG_AA, asked, TYPE_AXFR);
	for (; *records != NULL; records++)
		add(&place->message, *records);
	return hand_over(place);
}
#define SEND(place, asked, ...)                                                                    \
	send_records(place, asked, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void assert_bad(struct place *place, enum transfer_step step, const char *problem)
{
	assert_int_equal(step, TRANSFER_BAD);
	assert_string_equal(place->error.text, problem);
}

static void a_zone_in_one_message_is_whole(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "EXAMPLE.", SOA, "a.example. A 192.0.2.1", SOA), TRANSFER_OVER);
	assert_string_equal(place->taken.data, "example. SOA 46;a.example. A 4;");
	assert_int_equal(soa_of(place->transfer->soa, place->transfer->soa_size).serial, 7);
}

static void messages_behind_the_first_may_be_without_a_question(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "example.", SOA), TRANSFER_MORE);
	assert_int_equal(SEND(place, NULL, "example. NS ns.example."), TRANSFER_MORE);
	assert_int_equal(SEND(place, "example.", "b.example. TXT text"), TRANSFER_MORE);
	assert_int_equal(SEND(place, NULL, SOA), TRANSFER_OVER);
	assert_string_equal(place->taken.data, "example. SOA 46;example. NS 12;b.example. TXT 5;");
}

static void names_in_data_are_written_out(void **state)
{
	struct place *place = *state;
	begin(&place->message, ID, 0, "example.", TYPE_AXFR);
	add(&place->message, SOA);
	add_rdata(&place->message, "example.", TYPE_MX, CLASS_IN, "\0\012\4mail\xc0\x0c", 9);
	assert_int_equal(hand_over(place), TRANSFER_MORE);
	assert_string_equal(place->taken.data, "example. SOA 46;example. MX 16;");
}

static void records_of_others_are_left_out(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "example.", SOA, "other. A 192.0.2.1", "notexample. A 192.0.2.1",
			      ". NS ns.example.", "other. SOA a. b. 1 1 1 1 1", SOA),
			 TRANSFER_OVER);
	assert_string_equal(place->taken.data, "example. SOA 46;");
}

static void the_last_soa_may_be_spelled_anew_but_says_the_same(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "example.", SOA,
			      "EXAMPLE. SOA NS.example. HOST.example. 7 3600 600 86400 60"),
			 TRANSFER_OVER);
	teardown(state);
	setup(state);
	place = *state;
	assert_bad(place,
		   SEND(place, "example.", SOA,
			"example. SOA ns.example. host.example. 8 3600 600 86400 60"),
		   "it ends with another SOA than it began with");
	teardown(state);
	setup(state);
	place = *state;
	assert_bad(place,
		   SEND(place, "example.", SOA,
			"example. SOA ns.example. nost.example. 7 3600 600 86400 60"),
		   "it ends with another SOA than it began with");
}

static void a_transfer_begins_with_the_soa_of_the_zone(void **state)
{
	struct place *place = *state;
	assert_bad(place, SEND(place, "example.", "example. NS ns.example."),
		   "it does not begin with the zone's SOA");
	assert_bad(place, SEND(place, "example.", "a.example. SOA a. b. 1 1 1 1 1"),
		   "it does not begin with the zone's SOA");
	assert_string_equal(place->taken.data, "");
}

static void what_is_for_somebody_else_is_refused(void **state)
{
	struct place *place = *state;
	static const struct {
		uint16_t id;
		unsigned flags;
		const char *asked;
		uint16_t type;
		const char *problem;
	} cases[] = {
		{ ID + 1, 0, "example.", TYPE_AXFR, "a message with another id" },
		{ ID, 0, "a.example.", TYPE_AXFR, "a message for another question" },
		{ ID, 0, "example.", TYPE_SOA, "a message for another question" },
		{ ID, 0, "example.", 0, "a message for another question" },
		{ ID, 0, NULL, 0, "a first message without a question" },
		{ ID, FLAG_TC, "example.", TYPE_AXFR, "a message that is cut" },
		{ ID, RCODE_REFUSED, "example.", TYPE_AXFR, "REFUSED" },
		{ ID, RCODE_NOTAUTH, NULL, 0, "NOTAUTH" },
		{ ID, 4 << 11, "example.", TYPE_AXFR, "a message that cannot be read" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		begin(&place->message, cases[i].id, cases[i].flags, cases[i].asked, cases[i].type);
		add(&place->message, SOA);
		assert_bad(place, hand_over(place), cases[i].problem);
	}
	assert_string_equal(place->taken.data, "");
}

static void a_message_brings_records_of_our_class(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "example.", SOA), TRANSFER_MORE);
	assert_bad(place, SEND(place, NULL), "a message without records");
	begin(&place->message, ID, 0, NULL, 0);
	add_rdata(&place->message, "a.example.", TYPE_A, CLASS_CH, "\1\2\3\4", 4);
	assert_bad(place, hand_over(place), "a record of another class");
}

static void nothing_stands_behind_the_last_soa(void **state)
{
	struct place *place = *state;
	assert_bad(place, SEND(place, "example.", SOA, SOA, "a.example. A 192.0.2.1"),
		   "records behind the last SOA");
}

static void who_takes_records_may_refuse_one(void **state)
{
	struct place *place = *state;
	place->refuses = true;
	assert_bad(place, SEND(place, "example.", SOA), "it is not wanted");
}

/* Whatever is cut or wrong in it, it is refused or taken, and nothing is read behind its end. */
static void a_message_that_is_cut_anywhere_is_bad(void **state)
{
	struct place *place = *state;
	begin(&place->message, ID, 0, "example.", TYPE_AXFR);
	add(&place->message, SOA);
	add(&place->message, "a.example. A 192.0.2.1");
	uint8_t *end = place->message.writer.at;
	for (; place->message.writer.at > place->message.bytes; place->message.writer.at--) {
		enum transfer_step step = hand_over(place);
		assert_int_equal(step, place->message.writer.at == end ? TRANSFER_MORE : TRANSFER_BAD);
		transfer_begin(place->transfer, place->zone, ID, take, place);
	}
}

static void records_are_bounded_in_number_and_size(void **state)
{
	struct place *place = *state;
	assert_int_equal(SEND(place, "example.", SOA), TRANSFER_MORE);
	place->transfer->records = TRANSFER_RECORDS_MOST - 1;
	assert_int_equal(SEND(place, NULL, "other. A 192.0.2.1"), TRANSFER_MORE);
	assert_bad(place, SEND(place, NULL, "other. A 192.0.2.1"), "more than 16777216 records");
	place->transfer->records = 0;
	place->transfer->octets = TRANSFER_OCTETS_MOST - 21;
	assert_int_equal(SEND(place, NULL, "other. A 192.0.2.1"), TRANSFER_MORE);
	assert_bad(place, SEND(place, NULL, "other. A 192.0.2.1"), "more than 1073741824 octets");
}

/* ---- the SOA alone ---- */

static bool read_soa(struct place *place, struct soa *ret_soa)
{
	size_t size = (size_t)(place->message.writer.at - place->message.bytes);
	return transfer_read_soa(place->zone, ID, place->message.bytes, size, ret_soa, &place->error);
}

static void the_soa_of_the_zone_is_read(void **state)
{
	struct place *place = *state;
	struct soa soa = { 0 };
	begin(&place->message, ID, 0, "example.", TYPE_SOA);
	add(&place->message, "other. SOA a. b. 1 2 3 4 5");
	assert_false(read_soa(place, &soa));
	assert_string_equal(place->error.text, "no SOA of the zone");
	add(&place->message, SOA);
	assert_true(read_soa(place, &soa));
	assert_int_equal(soa.serial, 7);
	assert_int_equal(soa.refresh, 3600);
	assert_int_equal(soa.retry, 600);
	assert_int_equal(soa.expire, 86400);
}

static void the_answer_to_something_else_is_no_soa(void **state)
{
	struct place *place = *state;
	struct soa soa = { 0 };
	begin(&place->message, ID, 0, "example.", TYPE_AXFR);
	add(&place->message, SOA);
	assert_false(read_soa(place, &soa));
	begin(&place->message, ID, 0, NULL, 0);
	add(&place->message, SOA);
	assert_false(read_soa(place, &soa));
	begin(&place->message, ID, RCODE_SERVFAIL, "example.", TYPE_SOA);
	add(&place->message, SOA);
	assert_false(read_soa(place, &soa));
	assert_string_equal(place->error.text, "SERVFAIL");
}

static void serials_wrap(void **state)
{
	(void)state;
	assert_true(serial_is_newer(2, 1));
	assert_true(serial_is_newer(0, UINT32_MAX));
	assert_true(serial_is_newer(UINT32_C(0x7fffffff), 0));
	assert_false(serial_is_newer(UINT32_C(0x80000000), 0)); /* nobody knows (RFC 1982 3.2) */
	assert_false(serial_is_newer(1, 1));
	assert_false(serial_is_newer(1, 2));
	assert_false(serial_is_newer(UINT32_MAX, 0));
}

static void a_question_is_what_is_answered(void **state)
{
	struct place *place = *state;
	uint8_t query[TRANSFER_QUERY_MAX];
	struct dns_query read;
	size_t size = transfer_query_write(place->zone, TYPE_AXFR, ID, query);
	assert_int_equal(dns_query_read(query, size, &read), QUERY_GOOD);
	assert_int_equal(get_u16(query), ID);
	assert_int_equal(read.type, TYPE_AXFR);
	assert_int_equal(read.class_, CLASS_IN);
	assert_true(name_equal_fold(read.lower, place->zone));
	assert_int_equal(read.flags, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_zone_in_one_message_is_whole),
		TEST(messages_behind_the_first_may_be_without_a_question),
		TEST(names_in_data_are_written_out),
		TEST(records_of_others_are_left_out),
		TEST(the_last_soa_may_be_spelled_anew_but_says_the_same),
		TEST(a_transfer_begins_with_the_soa_of_the_zone),
		TEST(what_is_for_somebody_else_is_refused),
		TEST(a_message_brings_records_of_our_class),
		TEST(nothing_stands_behind_the_last_soa),
		TEST(who_takes_records_may_refuse_one),
		TEST(a_message_that_is_cut_anywhere_is_bad),
		TEST(records_are_bounded_in_number_and_size),
		TEST(the_soa_of_the_zone_is_read),
		TEST(the_answer_to_something_else_is_no_soa),
		TEST(serials_wrap),
		TEST(a_question_is_what_is_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
