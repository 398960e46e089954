/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pthread.h>

#include <cmocka.h>
#include <event2/event.h>
#include <ldns/ldns.h>

#include "policy.h"

enum { DEADLINE_S = 30 };

/* A directive with a file of its own, set up and asked. */
struct desk {
	char path[64];
	struct config_hosts config;
	struct config_cache cache;
	struct config_block block;
	struct config_zone zones[4], falls[4];
	struct event_base *events;
	struct metrics *metrics;
	struct policy *policy;
	char said[4096];
	uint32_t rotations[ANSWERS_ROTATIONS];
	bool rotates;
	size_t room;
};

static void put_file(const struct desk *desk, const char *text)
{
	char aside[80];
	snprintf(aside, sizeof(aside), "%s.new", desk->path);
	FILE *file = fopen(aside, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(aside, desk->path), 0);
}

static void desk_prepare(struct desk *desk, const char *text)
{
	*desk = (struct desk){ .path = "/tmp/knamed-hosts-XXXXXX", .room = 4096 };
	int fd = mkstemp(desk->path);
	assert_true(fd >= 0);
	close(fd);
	if (text != NULL)
		put_file(desk, text);
	else
		unlink(desk->path);
	desk->zones[0].text = (char *)".";
	desk->config = (struct config_hosts){
		.path = desk->path,
		.zones = { desk->zones, 1 },
		.ttl = 3600,
		.reverse = true,
		.reload_ms = 100,
		.fallthrough = { desk->falls, 0 },
	};
	desk->block.hosts = &desk->config;
	desk->metrics = metrics_new();
}

static void desk_open(struct desk *desk)
{
	struct error error;
	struct policy_options options = {
		.block = &desk->block, .version = "v", .events = desk->events, .metrics = desk->metrics
	};
	if (!policy_compile(&options, &desk->policy, &error))
		fail_msg("%s", error.text);
}

static void desk_close(struct desk *desk)
{
	policy_free(desk->policy);
	metrics_free(desk->metrics);
	if (desk->events != NULL)
		event_base_free(desk->events);
	unlink(desk->path);
}

static const char *record_text(ldns_rr *rr)
{
	static _Thread_local char text[2048];
	char *line = ldns_rr2str(rr);
	line[strcspn(line, "\n")] = 0;
	for (char *at = line; *at != 0; at++)
		*at = *at == '\t' ? ' ' : *at;
	snprintf(text, sizeof(text), "%s", line);
	free(line);
	return text;
}

static void say_records(struct desk *desk, uint8_t *packet, const struct reply *reply)
{
	ldns_pkt *message = NULL;
	put_u16(packet + 6, reply->answers);
	assert_int_equal(ldns_wire2pkt(&message, packet, reply->at), LDNS_STATUS_OK);
	const ldns_rr_list *records = ldns_pkt_answer(message);
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		size_t used = strlen(desk->said);
		snprintf(desk->said + used, sizeof(desk->said) - used, " | %s",
			 record_text(ldns_rr_list_rr(records, i)));
	}
	ldns_pkt_free(message);
}

/* "NOERROR aa | record | record", or "PASS". */
static const char *ask(struct desk *desk, const char *name, uint16_t type)
{
	static const char *const verdicts[] = { "PASS", "", "ALIAS", "FAILED", "DROPPED" };
	uint8_t packet[8192] = { 0 }, size;
	struct dns_query query;
	enum answerer by = BY_NONE;
	char rcode[16];
	put_u16(packet + 4, 1);
	assert_true(name_parse(name, packet + DNS_HEADER_SIZE, &size));
	put_u16(packet + DNS_HEADER_SIZE + size, type);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + size + 4u, &query), QUERY_GOOD);
	struct reply reply = { .packet = packet,
			       .at = query.question_end,
			       .limit = (uint32_t)desk->room,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotations = desk->rotations,
			       .rotate = desk->rotates };
	enum policy_verdict verdict = policy_front(desk->policy, &query, NULL, &reply, &by);
	snprintf(desk->said, sizeof(desk->said), "%s", verdicts[verdict]);
	if (verdict != POLICY_ANSWERED)
		return desk->said;
	dns_rcode_print(reply.rcode, rcode);
	assert_int_equal(by, reply.rcode == RCODE_NOERROR ? BY_HOSTS : BY_NONE);
	snprintf(desk->said, sizeof(desk->said), "%s%s%s", rcode, reply.authoritative ? " aa" : "",
		 reply.truncated ? " tc" : "");
	say_records(desk, packet, &reply);
	return desk->said;
}

struct expectation {
	const char *name;
	uint16_t type;
	const char *said;
};
#define expect_all(desk, table)                                                                    \
	for (size_t i_ = 0; i_ < COUNT_OF(table); i_++)                                            \
	assert_string_equal(ask(desk, (table)[i_].name, (table)[i_].type), (table)[i_].said)

/* ---- what is answered ---- */

static void names_addresses_and_wildcards_are_answered(void **state)
{
	(void)state;
	static const struct expectation table[] = {
		{ "a.example.", TYPE_A, "NOERROR aa | a.example. 3600 IN A 10.0.0.1" },
		{ "A.Example.", TYPE_A, "NOERROR aa | A.Example. 3600 IN A 10.0.0.1" },
		{ "a.example.", TYPE_AAAA, "NOERROR aa | a.example. 3600 IN AAAA fd00::1" },
		{ "a.example.", TYPE_TXT, "NOERROR aa" },
		{ "a.example.", TYPE_ANY, "NOERROR aa" },
		{ "four.example.", TYPE_AAAA, "NOERROR aa" },
		{ "mapped.example.", TYPE_A, "NOERROR aa | mapped.example. 3600 IN A 10.0.0.4" },
		{ "link.example.", TYPE_AAAA, "NOERROR aa | link.example. 3600 IN AAAA fe80::1" },
		{ "x.wild.example.", TYPE_A, "NOERROR aa | x.wild.example. 3600 IN A 10.0.0.7" },
		{ "x.wild.example.", TYPE_AAAA, "NOERROR aa" },
		{ "own.wild.example.", TYPE_A, "NOERROR aa | own.wild.example. 3600 IN A 10.0.0.8" },
		{ "six.wild.example.", TYPE_A, "NOERROR aa | six.wild.example. 3600 IN A 10.0.0.7" },
		{ "six.wild.example.", TYPE_AAAA,
		  "NOERROR aa | six.wild.example. 3600 IN AAAA fd00::9" },
		{ "wild.example.", TYPE_A, "SERVFAIL" },
		{ "x.y.wild.example.", TYPE_A, "SERVFAIL" },
		{ "b.example.", TYPE_A, "SERVFAIL" },
		{ "b.example.", TYPE_TXT, "SERVFAIL" },
		{ "1.0.0.10.in-addr.arpa.", TYPE_PTR,
		  "NOERROR aa | 1.0.0.10.in-addr.arpa. 3600 IN PTR a.example. | "
		  "1.0.0.10.in-addr.arpa. 3600 IN PTR alias.example." },
		{ "7.0.0.10.in-addr.arpa.", TYPE_PTR, "PASS" }, /* of a wildcard */
		{ "9.9.9.9.in-addr.arpa.", TYPE_PTR, "PASS" },
		{ "0.10.in-addr.arpa.", TYPE_PTR, "PASS" },
		{ "a.example.", TYPE_PTR, "PASS" },
		{ "1.0.0.10.in-addr.arpa.", TYPE_A, "SERVFAIL" },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.", TYPE_PTR,
		  "NOERROR aa | "
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. 3600 "
		  "IN PTR a.example." },
	};
	struct desk desk;
	desk_prepare(&desk, "# remark\n"
			    "10.0.0.1\ta.example alias.example # x.example\r\n"
			    "FD00::1 A.EXAMPLE.\n"
			    "10.0.0.1 a.example\n"
			    "10.0.0.2 four.example\n"
			    "::ffff:10.0.0.4 mapped.example\n"
			    "fe80::1%eth0 link.example\n"
			    "10.0.0.7 *.wild.example\n"
			    "10.0.0.8 own.wild.example\n"
			    "fd00::9 six.wild.example");
	desk_open(&desk);
	expect_all(&desk, table);
	desk_close(&desk);
}

static void lines_of_the_corefile_come_behind_those_of_the_file(void **state)
{
	(void)state;
	static const struct expectation table[] = {
		{ "both.example.", TYPE_A,
		  "NOERROR aa | both.example. 60 IN A 10.0.0.1 | both.example. 60 IN A 10.0.0.2 | "
		  "both.example. 60 IN A 10.0.0.3" },
		{ "x.wild.example.", TYPE_A,
		  "NOERROR aa | x.wild.example. 60 IN A 10.0.0.5 | x.wild.example. 60 IN A 10.0.0.6" },
		{ "2.0.0.10.in-addr.arpa.", TYPE_PTR,
		  "NOERROR aa | 2.0.0.10.in-addr.arpa. 60 IN PTR both.example." },
	};
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 both.example\n10.0.0.2 both.example\n10.0.0.5 x.wild.example\n");
	desk.config.lines =
		(char *)"10.0.0.2 both.example\n10.0.0.3 both.example\n10.0.0.6 *.wild.example\n";
	desk.config.ttl = 60;
	desk_open(&desk);
	expect_all(&desk, table);
	desk_close(&desk);
}

static void names_outside_of_the_zones_are_not_ours(void **state)
{
	(void)state;
	static const struct expectation table[] = {
		{ "a.example.", TYPE_A, "NOERROR aa | a.example. 3600 IN A 10.0.0.1" },
		{ "no.example.", TYPE_A, "SERVFAIL" },
		{ "a.other.", TYPE_A, "PASS" },
		{ "1.0.0.10.in-addr.arpa.", TYPE_PTR,
		  "NOERROR aa | 1.0.0.10.in-addr.arpa. 3600 IN PTR a.example." },
		{ "1.0.0.10.in-addr.arpa.", TYPE_A, "PASS" },
	};
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.example a.other\n");
	desk.zones[0].text = (char *)"Example.";
	desk_open(&desk);
	expect_all(&desk, table);
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)"\7cluster\5local"), 0);
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)"\7example"), TOUCH_FRONT);
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)"\1x\7example"), TOUCH_FRONT);
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)""), TOUCH_FRONT);
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)"\00210\7in-addr\4arpa"),
			 TOUCH_FRONT);
	desk_close(&desk);
}

static void what_is_not_known_falls_through_in_the_zones_named(void **state)
{
	(void)state;
	static const struct expectation everywhere[] = {
		{ "no.example.", TYPE_A, "PASS" },
		{ "a.example.", TYPE_AAAA, "NOERROR aa" },
		{ "a.example.", TYPE_TXT, "NOERROR aa" },
	};
	static const struct expectation in_zone[] = {
		{ "no.example.", TYPE_A, "PASS" },
		{ "no.other.", TYPE_A, "SERVFAIL" },
	};
	static const struct expectation unsupported[] = {
		{ "a.example.", TYPE_TXT, "PASS" },
		{ "a.example.", TYPE_AAAA, "NOERROR aa" },
		{ "b.other.", TYPE_TXT, "NOERROR aa" },
	};
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.example b.other\n");
	desk.config.falls_through = true;
	desk_open(&desk);
	expect_all(&desk, everywhere);
	policy_free(desk.policy);
	desk.falls[0].text = (char *)"example.";
	desk.config.fallthrough.count = 1;
	desk_open(&desk);
	expect_all(&desk, in_zone);
	policy_free(desk.policy);
	desk.config.falls_unsupported = true;
	desk_open(&desk);
	expect_all(&desk, unsupported);
	desk_close(&desk);
}

static void without_reverse_addresses_are_not_ours(void **state)
{
	(void)state;
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.example\n");
	desk.zones[0].text = (char *)"example.";
	desk.config.reverse = false;
	desk_open(&desk);
	assert_string_equal(ask(&desk, "1.0.0.10.in-addr.arpa.", TYPE_PTR), "PASS");
	assert_int_equal(policy_touches(desk.policy, (const uint8_t *)"\7in-addr\4arpa"), 0);
	desk_close(&desk);
}

static void addresses_take_turns(void **state)
{
	(void)state;
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.b\n10.0.0.2 a.b\n10.0.0.3 a.b\n");
	desk.rotates = true;
	desk_open(&desk);
	bool was_first[4] = { false };
	for (unsigned i = 0; i < 3; i++) {
		const char *address = strstr(ask(&desk, "a.b.", TYPE_A), " A 10.0.0.");
		assert_non_null(address);
		unsigned first = (unsigned)(address[strlen(" A 10.0.0.")] - '0');
		assert_in_range(first, 1, 3);
		was_first[first] = true;
	}
	assert_true(was_first[1] && was_first[2] && was_first[3]);
	desk_close(&desk);
}

static void what_does_not_fit_is_cut_and_told(void **state)
{
	(void)state;
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.b\n10.0.0.2 a.b\n10.0.0.3 a.b\n");
	desk.room = 12 + 5 + 4 + 2 * 16;
	desk_open(&desk);
	assert_string_equal(ask(&desk, "a.b.", TYPE_A),
			    "NOERROR aa tc | a.b. 3600 IN A 10.0.0.1 | a.b. 3600 IN A 10.0.0.2");
	desk_close(&desk);
}

static void a_cache_in_front_bounds_the_ttl(void **state)
{
	(void)state;
	struct config_zone root = { (char *)"." };
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.b\n");
	desk.cache.zones = (struct config_zones){ &root, 1 };
	desk.cache.success.most_s = 30;
	desk.cache.success.least_s = 5;
	desk.block.cache = &desk.cache;
	desk_open(&desk);
	assert_string_equal(ask(&desk, "a.b.", TYPE_A), "NOERROR aa | a.b. 30 IN A 10.0.0.1");
	policy_free(desk.policy);
	desk.cache.zones.count = 0;
	desk_open(&desk);
	assert_string_equal(ask(&desk, "a.b.", TYPE_A), "NOERROR aa | a.b. 3600 IN A 10.0.0.1");
	desk_close(&desk);
}

/* ---- files that change ---- */

static void ignore(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

/* Runs the loop until the name is answered like this. */
static void await(struct desk *desk, const char *name, const char *said)
{
	struct timeval turn = { 0, 10000 };
	struct event *timer = event_new(desk->events, -1, EV_PERSIST, ignore, NULL);
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_S * 1000000000ull;
	event_add(timer, &turn);
	while (strcmp(ask(desk, name, TYPE_A), said) != 0) {
		if (clock_now_ns() > deadline_ns)
			fail_msg("still: %s", desk->said);
		event_base_loop(desk->events, EVLOOP_ONCE);
	}
	event_free(timer);
}

static void a_file_is_read_again_when_it_changes(void **state)
{
	(void)state;
	struct desk desk;
	desk_prepare(&desk, "10.0.0.1 a.b\n");
	desk.events = event_base_new();
	desk_open(&desk);
	await(&desk, "a.b.", "NOERROR aa | a.b. 3600 IN A 10.0.0.1");
	put_file(&desk, "10.0.0.2 a.b\nthis is no line\n10.0.0.3 b.b\n");
	await(&desk, "a.b.", "NOERROR aa | a.b. 3600 IN A 10.0.0.2");
	await(&desk, "b.b.", "NOERROR aa | b.b. 3600 IN A 10.0.0.3");
	desk_close(&desk);
}

static void a_file_that_is_not_there_yet_is_read_when_it_comes_and_kept_when_it_goes(void **state)
{
	(void)state;
	struct desk desk;
	desk_prepare(&desk, NULL);
	desk.events = event_base_new();
	desk.config.lines = (char *)"10.0.0.9 line.b\n";
	desk_open(&desk);
	assert_string_equal(ask(&desk, "line.b.", TYPE_A), "NOERROR aa | line.b. 3600 IN A 10.0.0.9");
	assert_string_equal(ask(&desk, "a.b.", TYPE_A), "SERVFAIL");
	put_file(&desk, "10.0.0.1 a.b\n");
	await(&desk, "a.b.", "NOERROR aa | a.b. 3600 IN A 10.0.0.1");
	unlink(desk.path);
	for (unsigned i = 0; i < 10; i++) {
		struct timeval turn = { 0, 30000 };
		event_base_loopexit(desk.events, &turn);
		event_base_dispatch(desk.events);
		assert_string_equal(ask(&desk, "a.b.", TYPE_A), "NOERROR aa | a.b. 3600 IN A 10.0.0.1");
	}
	put_file(&desk, "10.0.0.2 a.b\n");
	await(&desk, "a.b.", "NOERROR aa | a.b. 3600 IN A 10.0.0.2");
	desk_close(&desk);
}

struct reader {
	struct desk *desk;
	_Atomic bool stop;
	_Atomic unsigned answers;
	_Atomic bool was_wrong;
};

static void *read_on(void *context)
{
	struct reader *reader = context;
	answers_reader_start();
	while (!reader->stop) {
		const char *said = ask(reader->desk, "a.b.", TYPE_A);
		if (strncmp(said, "NOERROR aa | a.b. 3600 IN A 10.0.0.", 35) != 0)
			reader->was_wrong = true;
		reader->answers++;
		answers_reader_offline();
		answers_reader_online();
	}
	answers_reader_end();
	return NULL;
}

static void readers_always_see_a_whole_file(void **state)
{
	(void)state;
	struct desk desk;
	pthread_t thread;
	desk_prepare(&desk, "10.0.0.1 a.b\n");
	desk.events = event_base_new();
	desk_open(&desk);
	struct reader reader = { .desk = mem_copy(&desk, sizeof(desk)) };
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
	for (unsigned i = 2; i < 8; i++) {
		char line[64], said[64];
		snprintf(line, sizeof(line), "10.0.0.%u a.b\n", i);
		snprintf(said, sizeof(said), "NOERROR aa | a.b. 3600 IN A 10.0.0.%u", i);
		put_file(&desk, line);
		await(&desk, "a.b.", said);
	}
	reader.stop = true;
	pthread_join(thread, NULL);
	mem_free(reader.desk);
	assert_false(reader.was_wrong);
	assert_true(reader.answers > 0);
	desk_close(&desk);
}

static void entries_and_the_time_of_the_file_are_counted(void **state)
{
	(void)state;
	struct desk desk;
	struct text page = { 0 };
	char line[128];
	desk_prepare(&desk, "10.0.0.1 a.b c.b\nfd00::1 a.b\n10.0.0.2 *.b\n");
	desk.config.lines = (char *)"10.0.0.9 line.b\n";
	desk_open(&desk);
	metrics_print(desk.metrics, &page);
	snprintf(line, sizeof(line), "coredns_hosts_entries{hostsfile=\"%s\"} 9\n", desk.path);
	assert_non_null(strstr(page.data, line));
	assert_non_null(strstr(page.data, "\ncoredns_hosts_reload_timestamp_seconds 1"));
	text_done(&page);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_addresses_and_wildcards_are_answered),
		cmocka_unit_test(lines_of_the_corefile_come_behind_those_of_the_file),
		cmocka_unit_test(names_outside_of_the_zones_are_not_ours),
		cmocka_unit_test(what_is_not_known_falls_through_in_the_zones_named),
		cmocka_unit_test(without_reverse_addresses_are_not_ours),
		cmocka_unit_test(addresses_take_turns),
		cmocka_unit_test(what_does_not_fit_is_cut_and_told),
		cmocka_unit_test(a_cache_in_front_bounds_the_ttl),
		cmocka_unit_test(a_file_is_read_again_when_it_changes),
		cmocka_unit_test(
			a_file_that_is_not_there_yet_is_read_when_it_comes_and_kept_when_it_goes),
		cmocka_unit_test(readers_always_see_a_whole_file),
		cmocka_unit_test(entries_and_the_time_of_the_file_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
