/* SPDX-License-Identifier: Apache-2.0 */
/* Slices are written by many: whoever may write some must not take more from the server than their size. */
#include <sys/resource.h>

#include "cluster.h"
#include "house.h"

enum { CROWD = 8000 };

static long peak_kb(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* Slices of 1,000 endpoints, all of one address; names: each has one of its own. */
static void put_masks(struct house *house, const char *ports, bool names)
{
	for (unsigned from = 0; from < CROWD; from += 1000) {
		struct text line = { 0 };
		text_printf(&line, "Slice evil/masks-%u of=masks %s", from, ports);
		for (unsigned i = from; i < from + 1000; i++)
			text_printf(&line, names ? " mask-%u@10.0.0.1" : " 10.0.0.1", i);
		house_put(house, line.data);
		text_done(&line);
	}
}

static struct house *open_evil(const struct cluster_options *options)
{
	struct house *house = house_open(options);
	house_put(house, "Namespace evil\nService evil/masks Headless dns=53/UDP");
	return house;
}

static void an_address_with_thousands_of_names_takes_no_more_memory_than_they_do(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	long before = peak_kb();
	put_masks(house, "dns=53/UDP", true);
	assert_true(answers_publish(house->answers));
	assert_true(peak_kb() - before < 64 * 1024);
	house_expect(house, "mask-7999.masks.evil.svc A", "10.0.0.1");
	for (unsigned from = 0; from < CROWD; from += 1000) {
		char line[64];
		snprintf(line, sizeof line, "Slice evil/masks-%u", from);
		house_take(house, line);
	}
	assert_true(answers_publish(house->answers));
	assert_true(peak_kb() - before < 64 * 1024);
	house_expect_all(house, "10.0.0.1 PTR: NXDOMAIN\nmask-7999.masks.evil.svc A: NXDOMAIN\n");
	house_close(house);
}

static void thousands_of_pods_on_one_address_take_no_more_memory_than_they_do(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.pods = CLUSTER_PODS_VERIFIED;
	struct house *house = open_evil(&options);
	long before = peak_kb();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < CROWD; i++) {
			char line[64];
			snprintf(line, sizeof line, "Pod evil/p%u 10.0.0.1", i);
			(round == 0 ? house_put : house_take)(house, line);
		}
		assert_true(answers_publish(house->answers));
		assert_true(peak_kb() - before < 64 * 1024);
		house_expect(house, "10-0-0-1.evil.pod A", round == 0 ? "10.0.0.1" : "NXDOMAIN");
	}
	house_close(house);
}

/* Questions that take long enough to be felt would be a way to stop the server. */
static void an_address_with_thousands_of_names_is_asked_for_at_no_cost(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	put_masks(house, "dns=53/UDP", true);
	assert_true(answers_publish(house->answers));
	for (unsigned i = 0; i < 300; i++)
		house_expect(house, "10.0.0.1 A", "NODATA");
	house->asking.limit = 512;
	for (unsigned i = 0; i < 300; i++) {
		struct asked asked = house_ask(house, "10.0.0.1 PTR");
		assert_true(asked.truncated && ldns_pkt_ancount(asked.packet) > 5);
		ldns_pkt_free(asked.packet);
	}
	house_close(house);
}

static void a_plain_endpoint_that_is_listed_thousands_of_times_is_one(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	struct text ports = { 0 };
	for (unsigned i = 0; i < 60; i++)
		text_printf(&ports, "p%u=%u/TCP ", i, 1000 + i);
	put_masks(house, ports.data, false);
	assert_true(answers_publish(house->answers));
	house_expect_all(house,
			 "10.0.0.1 PTR: 10-0-0-1.masks.evil.svc\n10-0-0-1.masks.evil.svc A: 10.0.0.1\n"
			 "10-0-0-1.masks.evil.svc AAAA: NODATA\n");
	struct asked asked = house_ask(house, "10-0-0-1.masks.evil.svc SRV");
	assert_int_equal(ldns_pkt_ancount(asked.packet), 60);
	ldns_pkt_free(asked.packet);
	text_done(&ports);
	house_close(house);
}

/* names.md 9 */
static void an_apex_names_some_of_thousands_of_servers(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct ip local;
	assert_true(ip_parse("10.1.0.0", &local));
	options.local_addresses = &local;
	options.local_address_count = 1;
	struct house *house = open_evil(&options);
	house_put_many(house, &(struct many){ .slice = "evil/many",
					      .service = "masks",
					      .ports = "dns=53/UDP",
					      .count = 9000 });
	assert_true(answers_publish(house->answers));
	struct asked asked = house_ask(house, "cluster.local. NS");
	assert_int_equal(asked.kind, ANSWER_FOUND);
	assert_false(asked.truncated);
	assert_in_range(ldns_pkt_ancount(asked.packet), 1, 1000);
	assert_int_equal(ldns_pkt_arcount(asked.packet), ldns_pkt_ancount(asked.packet));
	ldns_pkt_free(asked.packet);
	asked = house_ask(house, "ns.dns A");
	assert_int_equal(asked.kind, ANSWER_FOUND);
	ldns_pkt_free(asked.packet);
	house_hide(house, "Slice evil/many");
	house_expect(house, "cluster.local. NS", "ns.dns");
	house_close(house);
}

static const struct group *group_called(const struct house *house, const char *name)
{
	size_t position = 0, key_size;
	const void *key;
	void *value;
	while (map_next(house->catalog->cluster->groups, &position, &key, &key_size, &value))
		if (strcmp(((const struct group *)value)->name, name) == 0)
			return value;
	return NULL;
}

static void a_slice_that_changes_its_ports_takes_no_more_memory_each_time(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	house_show(house, "Slice evil/steady of=masks p=9/TCP h@10.0.0.2 10.0.0.3");
	for (unsigned i = 1; i <= 500; i++) {
		char line[100];
		snprintf(line, sizeof line, "Slice evil/a of=masks p=%u/TCP h@10.0.0.1 10.0.0.4", i);
		house_show(house, line);
		assert_int_equal(group_called(house, "masks")->port_list_count, i == 9 ? 1 : 2);
	}
	house_expect_all(house,
			 "10-0-0-4.masks.evil.svc SRV: 0 100 500 10-0-0-4.masks.evil.svc\n"
			 "10-0-0-3.masks.evil.svc SRV: 0 100 9 10-0-0-3.masks.evil.svc\n"
			 "h.masks.evil.svc SRV: 0 50 9 h.masks.evil.svc|0 50 500 h.masks.evil.svc\n");
	house_hide(house, "Slice evil/a");
	assert_int_equal(group_called(house, "masks")->port_list_count, 1);
	house_expect(house, "h.masks.evil.svc SRV", "0 100 9 h.masks.evil.svc");
	house_close(house);
}

static void put_ports(struct house *house, const char *slice, unsigned ports, unsigned endpoints)
{
	struct text words = { 0 };
	for (unsigned i = 0; i < ports; i++)
		text_printf(&words, "p%u=%u/TCP ", i, 1 + i);
	house_put_many(house, &(struct many){ .slice = slice,
					      .service = "masks",
					      .ports = words.data,
					      .count = endpoints });
	text_done(&words);
}

static unsigned answers_to(const struct house *house, const char *question)
{
	struct asked asked = house_ask(house, question);
	assert_int_equal(asked.kind, ANSWER_FOUND);
	unsigned count = ldns_pkt_ancount(asked.packet);
	ldns_pkt_free(asked.packet);
	return count;
}

/* What does not fit into the largest piece is left out, not all of it. */
static void thousands_of_endpoints_with_a_hundred_ports_have_srv_records(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	put_ports(house, "evil/a", 100, 1000);
	assert_true(answers_publish(house->answers));
	house_expect_complaint(house, "Service evil/masks: ports of endpoints of a slice are too many");
	assert_true(answers_to(house, "masks.evil.svc SRV") > 500);
	assert_true(answers_to(house, "_p99._tcp.masks.evil.svc SRV") > 500);
	assert_int_equal(answers_to(house, "masks.evil.svc A"), 1000);
	house_close(house);
}

/* Each port was held against each. */
static void slices_of_thousands_of_ports_do_not_hold_the_server_up(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.zonal = true;
	struct house *house = open_evil(&options);
	put_ports(house, "evil/a", 20000, 200);
	assert_true(answers_publish(house->answers));
	assert_true(answers_to(house, "masks.evil.svc SRV") > 500);
	assert_int_equal(answers_to(house, "_p7._tcp.masks.evil.svc SRV"), 200);
	house_close(house);
}

static void many_complaints_are_a_few_lines(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_evil(&options);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			char line[64];
			snprintf(line, sizeof line, "Service evil/far-%u ExternalName a..%u", i, round);
			house_put(house, line);
		}
		answers_publish(house->answers);
		unsigned lines = 0;
		for (const char *at = house->complaints.data; *at != '\0'; at++)
			lines += *at == '\n';
		assert_in_range(lines, 2, 50);
		house_expect_complaint(house, "\n980 more like these\n");
	}
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_with_thousands_of_names_takes_no_more_memory_than_they_do),
		cmocka_unit_test(thousands_of_pods_on_one_address_take_no_more_memory_than_they_do),
		cmocka_unit_test(an_address_with_thousands_of_names_is_asked_for_at_no_cost),
		cmocka_unit_test(a_plain_endpoint_that_is_listed_thousands_of_times_is_one),
		cmocka_unit_test(an_apex_names_some_of_thousands_of_servers),
		cmocka_unit_test(a_slice_that_changes_its_ports_takes_no_more_memory_each_time),
		cmocka_unit_test(thousands_of_endpoints_with_a_hundred_ports_have_srv_records),
		cmocka_unit_test(slices_of_thousands_of_ports_do_not_hold_the_server_up),
		cmocka_unit_test(many_complaints_are_a_few_lines),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
