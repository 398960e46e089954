/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams: what goes out, what is let in. */
#include "world.h"

static void a_question_is_asked_and_answered(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "www.Example.org.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(stub->asked, 1);
	assert_int_equal(stub->last.type, TYPE_A);
	assert_int_equal(stub->last.flags, FLAG_RD);
	assert_true(stub->last.has_opt);
	assert_memory_equal(stub->last.packet + 12, "\3www\7Example\3org", 17);
	world_free(world);
}

static void flags_of_the_client_are_kept(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world_open(world);
	world_question("a.", PROTO_UDP, &asked.question);
	asked.question.recursion = false;
	asked.question.checking_disabled = asked.question.authentic_data = true;
	asked.question.dnssec_ok = true;
	asked.question.type = TYPE_MX;
	asked.question.class_ = CLASS_CH;
	world_ask_question(world, &asked);
	world_wait_done(world, &asked);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(stub->last.flags, FLAG_CD | FLAG_AD);
	assert_int_equal(stub->last.type, TYPE_MX);
	const uint8_t opt[] = { 0, 0, TYPE_OPT, 1232 >> 8, 1232 & 255, 0, 0, 0x80, 0, 0, 0 };
	assert_int_equal(stub->last.size, stub->last.question_end + sizeof(opt));
	assert_memory_equal(stub->last.packet + stub->last.question_end, opt, sizeof(opt));
	assert_memory_equal(stub->last.packet + stub->last.question_end - 2, "\0\3", 2);
	world_free(world);
}

static void equal_questions_are_asked_once(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	static struct asked asked[1000];
	world_open(world);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		world_ask(world, &asked[i], i % 2 == 0 ? "www.example.org." : "WWW.example.oRg.",
			  PROTO_UDP);
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		world_wait_done(world, &asked[i]);
		assert_answered(&asked[i], RCODE_NOERROR, 1);
	}
	assert_int_equal(stub->asked, 1);
	world_free(world);
}

static void questions_that_differ_are_asked_apart(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked[9];
	world_open(world);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		world_question(i == 0 ? "b." : "a.", i == 8 ? PROTO_TCP : PROTO_UDP,
			       &asked[i].question);
	asked[1].question.type = TYPE_AAAA;
	asked[2].question.class_ = CLASS_CH;
	asked[3].question.dnssec_ok = true;
	asked[4].question.checking_disabled = true;
	asked[5].question.authentic_data = true;
	asked[6].question.recursion = false;
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		world_ask_question(world, &asked[i]);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		world_wait_done(world, &asked[i]);
	assert_int_equal(stub->asked, COUNT_OF(asked));
	world_free(world);
}

struct seen {
	uint16_t ids[512], ports[512];
	unsigned count;
};

static void note_and_answer(struct stub *stub, struct stub_query *query)
{
	struct seen *seen = stub->context;
	if (seen->count < COUNT_OF(seen->ids)) {
		seen->ids[seen->count] = query->id;
		seen->ports[seen->count++] = query->port;
	}
	stub_reply(query, 0, 1);
}

static unsigned count_different(const uint16_t *numbers, unsigned count)
{
	unsigned different = 0;
	for (unsigned i = 0; i < count; i++) {
		bool is_new = true;
		for (unsigned j = 0; j < i; j++)
			is_new &= numbers[j] != numbers[i];
		different += is_new;
	}
	return different;
}

static void ids_and_ports_are_drawn_for_each_question(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, note_and_answer);
	static struct seen seen;
	stub->context = &seen;
	world_open(world);
	for (unsigned i = 0; i < COUNT_OF(seen.ids); i++) {
		struct asked asked;
		char name[32];
		snprintf(name, sizeof(name), "n%u.example.", i);
		world_ask_and_wait(world, &asked, name, PROTO_UDP);
	}
	assert_int_equal(seen.count, COUNT_OF(seen.ids));
	assert_true(count_different(seen.ids, seen.count) > 480);
	/* 512 draws from 256 sockets leave out some 35 of them */
	assert_true(count_different(seen.ports, seen.count) > 180);
	world_free(world);
}

/* ---- what is not the answer ---- */

static void send_changed(struct stub_query *query, size_t at, uint8_t bits)
{
	uint8_t bytes[512];
	size_t size = stub_message(query, 0, 1, bytes);
	bytes[at] ^= bits;
	stub_send(query, bytes, size);
}

static void send_junk_first(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	uint8_t noise[600];
	memset(noise, 0x5a, sizeof(noise));
	for (size_t size = 0; size < 40; size++)
		stub_send(query, noise, size);
	stub_send(query, noise, sizeof(noise));
	for (uint8_t bit = 1; bit != 0; bit = (uint8_t)(bit << 1)) {
		send_changed(query, 0, bit); /* id */
		send_changed(query, 1, bit);
	}
	send_changed(query, 2, 0x80);			 /* a query */
	send_changed(query, 13, 1);			 /* name */
	send_changed(query, query->question_end - 3, 1); /* type */
	send_changed(query, query->question_end - 1, 2); /* class */
	stub_reply(query, 0, 3);
}

static void junk_before_the_answer_changes_nothing(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, send_junk_first);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "www.example.org.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 3);
	assert_int_equal(stub->asked, 1);
	world_free(world);
}

static struct stub *other;

static void answer_from_another_port(struct stub *stub, struct stub_query *query)
{
	struct stub_query from_other = *query;
	from_other.stub = other;
	for (int i = 0; i < 10000; i++)
		stub_reply(&from_other, 0, 5);
	stub_answers(stub, query);
}

static void another_port_is_not_heard(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_stub(world, answer_from_another_port);
	other = stub_new(world->events, stub_says_nothing);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "www.example.org.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	stub_free(other);
	world_free(world);
}

/* ---- what only TCP can tell ---- */

static void overfill_udp(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, 0, query->is_tcp ? 400 : 300);
}

static void garble_udp(struct stub *stub, struct stub_query *query)
{
	uint8_t bytes[512];
	(void)stub;
	size_t size = stub_message(query, 0, 2, bytes);
	stub_send(query, bytes, query->is_tcp ? size : size - 3);
}

static void point_in_circles(struct stub *stub, struct stub_query *query)
{
	uint8_t bytes[512];
	(void)stub;
	size_t size = stub_message(query, 0, 2, bytes);
	if (!query->is_tcp)
		put_u16(bytes + query->question_end, (uint16_t)(0xc000 | query->question_end));
	stub_send(query, bytes, size);
}

static void ask_for_tcp(stub_call call, unsigned answers)
{
	struct world *world = world_new();
	struct stub *stub = world_stub(world, call);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "www.example.org.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, answers);
	assert_int_equal(stub->asked, 2);
	assert_int_equal(stub->asked_tcp, 1);
	world_free(world);
}

static void what_is_too_long_or_broken_is_asked_for_over_tcp(void **state)
{
	(void)state;
	ask_for_tcp(overfill_udp, 400);
	ask_for_tcp(garble_udp, 2);
	ask_for_tcp(point_in_circles, 2);
}

/* ---- EDNS ---- */

static void dislike_opt(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, query->has_opt ? RCODE_FORMERR : 0, query->has_opt ? 0 : 1);
}

static void dislike_opt_barely(struct stub *stub, struct stub_query *query)
{
	uint8_t bytes[512] = { 0 };
	if (!query->has_opt) {
		stub_answers(stub, query);
		return;
	}
	put_u16(bytes, query->id);
	put_u16(bytes + 2, FLAG_QR | RCODE_NOTIMP);
	stub_send(query, bytes, DNS_HEADER_SIZE);
}

static void who_knows_no_opt_is_asked_without(void **state)
{
	(void)state;
	const stub_call calls[] = { dislike_opt, dislike_opt_barely };
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct world *world = world_new();
		struct stub *stub = world_stub(world, calls[i]);
		struct asked asked;
		world_open(world);
		world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
		assert_answered(&asked, RCODE_NOERROR, 1);
		assert_int_equal(stub->asked, 2);
		world_free(world);
	}
}

/* ---- 0x20 ---- */

static void lower_letters(struct stub *stub, struct stub_query *query)
{
	if (!query->is_tcp)
		name_lower(query->packet + 12, name_size(query->packet + 12));
	stub_answers(stub, query);
}

static void letters_drawn_by_chance_must_come_back(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world->config.random_case = true;
	world_open(world);
	const char *name = "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.";
	world_ask_and_wait(world, &asked, name, PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_memory_not_equal(stub->last.packet + 12, asked.question.name, 55);
	assert_true(name_equal_fold(stub->last.packet + 12, asked.question.name));
	stub->call = lower_letters;
	world_ask_and_wait(world, &asked, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ.",
			   PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(stub->asked_tcp, 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_asked_and_answered),
		cmocka_unit_test(flags_of_the_client_are_kept),
		cmocka_unit_test(equal_questions_are_asked_once),
		cmocka_unit_test(questions_that_differ_are_asked_apart),
		cmocka_unit_test(ids_and_ports_are_drawn_for_each_question),
		cmocka_unit_test(junk_before_the_answer_changes_nothing),
		cmocka_unit_test(another_port_is_not_heard),
		cmocka_unit_test(what_is_too_long_or_broken_is_asked_for_over_tcp),
		cmocka_unit_test(who_knows_no_opt_is_asked_without),
		cmocka_unit_test(letters_drawn_by_chance_must_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
