/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

enum { ROOM = 1 << 20 }; /* for whole answers of any size here */

static struct house *open_with(const char *lines)
{
	struct cluster_options options = house_options();
	options.zonal = true;
	struct house *house = house_open(&options);
	house_put(house, lines);
	return house;
}

/* Sees that A of db.default.svc are 10.1.0.0 + [from, to), each once, and that each has a target in SRV. */
static void expect_range(const struct house *house, unsigned from, unsigned to)
{
	uint8_t *seen = mem_zalloc(1 << 16);
	struct question question = { .type = TYPE_A };
	assert_true(name_parse("db.default.svc.cluster.local.", question.name, &question.size));
	struct asking asking = { .limit = ROOM };
	struct octets octets = ask_octets(house->answers, house->catalog, &question, &asking);
	assert_int_equal(octets.kind, to > from ? ANSWER_FOUND : ANSWER_NO_NAME);
	assert_int_equal(octets.reply.answers, to - from);
	for (unsigned i = 0; i < to - from; i++) {
		unsigned number =
			get_u32(octets.bytes + DNS_HEADER_SIZE + question.size + 4 + 16 * i + 12) -
			0x0a010000u;
		assert_true(number >= from && number < to && !seen[number]);
		seen[number] = 1;
	}
	mem_free(octets.bytes);
	mem_free(seen);
}

static size_t count_of(const struct house *house, const char *name, uint16_t type)
{
	struct question question = { .type = type };
	char text[NAME_TEXT_SIZE];
	snprintf(text, sizeof text, "%s.cluster.local.", name);
	assert_true(name_parse(text, question.name, &question.size));
	struct octets octets = ask_octets(house->answers, house->catalog, &question,
					  &(struct asking){ .limit = ROOM });
	assert_false(octets.reply.truncated);
	mem_free(octets.bytes);
	return octets.reply.answers;
}

/* 512 seats times ports: beyond, sets are kept in pieces. */
static void a_service_may_grow_and_shrink_across_the_bound(void **state)
{
	(void)state;
	static const unsigned counts[] = { 1, 511, 512, 513, 700, 512, 513, 1, 600, 0, 900, 900 };
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", "h", 0, 7 });
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		house_put_many(house,
			       &(struct many){ "default/b", "db", "a=1/TCP", NULL, 7, counts[i] });
		answers_publish(house->answers);
		expect_range(house, 0, 7 + counts[i]);
		assert_int_equal(count_of(house, "db.default.svc", TYPE_SRV), 7 + counts[i]);
		assert_int_equal(count_of(house, "_a._tcp.db.default.svc", TYPE_SRV), 7 + counts[i]);
		house_expect_all(house,
				 "h3.db.default.svc A: 10.1.0.3\n_tcp.db.default.svc A: NODATA\n"
				 "_b._tcp.db.default.svc SRV: NXDOMAIN\n10.1.0.3 PTR: h3.db.default.svc\n");
	}
	house_hide(house, "Slice default/b");
	house_hide(house, "Slice default/a");
	expect_range(house, 0, 0);
	house_close(house);
}

/* Ports multiply: 200 seats with 3 ports are as many records as 600 with one. */
static void ports_count_towards_the_bound(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house,
		       &(struct many){ "default/a", "db", "a=1/TCP b=2/UDP c=3/TCP", NULL, 0, 200 });
	answers_publish(house->answers);
	expect_range(house, 0, 200);
	assert_int_equal(count_of(house, "db.default.svc", TYPE_SRV), 600);
	assert_int_equal(count_of(house, "_b._udp.db.default.svc", TYPE_SRV), 200);
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 200 });
	answers_publish(house->answers);
	expect_range(house, 0, 200);
	assert_int_equal(count_of(house, "db.default.svc", TYPE_SRV), 200);
	house_expect_all(house,
			 "_b._udp.db.default.svc SRV: NXDOMAIN\n_udp.db.default.svc A: NXDOMAIN\n");
	house_close(house);
}

static void what_two_slices_have_is_told_once(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 400 });
	house_put_many(house, &(struct many){ "default/b", "db", "a=1/TCP", NULL, 200, 400 });
	house_put_many(house, &(struct many){ "default/c", "db", "a=2/TCP", NULL, 500, 200 });
	answers_publish(house->answers);
	expect_range(house, 0, 700);
	assert_int_equal(count_of(house, "_a._tcp.db.default.svc", TYPE_SRV), 800);
	house_hide(house, "Slice default/a"); /* what it told for both is now the other's to tell */
	expect_range(house, 200, 700);
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 400 });
	answers_publish(house->answers);
	house_hide(house, "Slice default/b");
	assert_int_equal(count_of(house, "db.default.svc", TYPE_A), 600);
	assert_int_equal(count_of(house, "_a._tcp.db.default.svc", TYPE_SRV), 600);
	house_close(house);
}

/* A port of one slice is renamed: the other slice, which has the same endpoints, must now tell of the old name. */
static void a_renamed_port_leaves_the_old_name_to_others(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 600 });
	house_put_many(house, &(struct many){ "default/b", "db", "a=1/TCP", NULL, 0, 600 });
	house_put_many(house, &(struct many){ "default/c", "db", "a=1/TCP", "h", 600, 60 });
	house_put_many(house, &(struct many){ "default/d", "db", "a=1/TCP", "h", 600, 60 });
	answers_publish(house->answers);
	assert_int_equal(count_of(house, "_a._tcp.db.default.svc", TYPE_SRV), 660);
	house_put_many(house, &(struct many){ "default/a", "db", "b=1/TCP", NULL, 0, 600 });
	house_put_many(house, &(struct many){ "default/c", "db", "a=1/UDP", "h", 600, 60 });
	answers_publish(house->answers);
	assert_int_equal(count_of(house, "_a._tcp.db.default.svc", TYPE_SRV), 660);
	assert_int_equal(count_of(house, "_b._tcp.db.default.svc", TYPE_SRV), 600);
	assert_int_equal(count_of(house, "_a._udp.db.default.svc", TYPE_SRV), 60);
	assert_int_equal(count_of(house, "db.default.svc", TYPE_SRV), 660);
	house_close(house);
}

/* An address in IPv6's mapped form is IPv4 (names.md 4 rule 3), whatever its slice is said to hold. */
static void families_are_those_of_the_addresses(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless\n"
					"Slice default/x of=db IPv6 a=1/TCP ::ffff:10.0.0.1 fd00::1\n"
					"Slice default/y of=db IPv4 a=1/TCP fd00::2 10.0.0.2");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 600 });
	answers_publish(house->answers);
	house_expect(house, "db.default.svc AAAA", "fd00::1|fd00::2");
	assert_int_equal(count_of(house, "db.default.svc", TYPE_A), 602);
	house_close(house);
}

/* names.md 9: the serial is the time of the last change that alters any answer. */
static void a_change_that_nobody_can_see_is_none(void **state)
{
	(void)state;
	struct house *house =
		open_with("Service default/db Headless\nSlice default/x of=db a=1/TCP 10.0.0.1");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 600 });
	answers_publish(house->answers);
	house_put(house, "Slice default/x of=db a=1/TCP 10.0.0.1 !10.0.0.2");
	assert_false(answers_publish(house->answers));
	house_put(house, "Service default/db Headless a=9/TCP");
	assert_false(answers_publish(house->answers));
	house_close(house);
}

/* names.md 5.1: the weight is that of the records selected, in a big service too. */
static void a_rare_port_of_a_big_service_has_its_own_weight(void **state)
{
	(void)state;
	struct house *house = open_with(
		"Service default/db Headless\nSlice default/x of=db a=1/TCP rare=7/TCP 10.0.0.1 10.0.0.2");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 600 });
	answers_publish(house->answers);
	house_expect(house, "_rare._tcp.db.default.svc SRV",
		     "0 50 7 10-0-0-1.db.default.svc|0 50 7 10-0-0-2.db.default.svc");
	house_close(house);
}

/* The number in a target "host-N..." or an address. */
static unsigned number_of(const ldns_rr *rr)
{
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_A)
		return get_u32(ldns_rdf_data(ldns_rr_rdf(rr, 0))) - 0x0a010000u;
	char label[64] = "";
	const uint8_t *target = ldns_rdf_data(ldns_rr_rdf(rr, 3));
	memcpy(label, target + 1, target[0]);
	return (unsigned)strtoul(label + strcspn(label, "0123456789"), NULL, 10);
}

static unsigned count_shown(struct house *house, const char *question, uint32_t limit,
			    unsigned questions)
{
	uint8_t *seen = mem_zalloc(1 << 16);
	unsigned shown = 0;
	house->asking.limit = limit;
	for (unsigned i = 0; i < questions; i++) {
		struct asked asked = house_ask(house, question);
		const ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
		for (size_t k = 0; k < ldns_rr_list_rr_count(answers); k++) {
			unsigned number = number_of(ldns_rr_list_rr(answers, k));
			shown += !seen[number];
			seen[number] = 1;
		}
		ldns_pkt_free(asked.packet);
	}
	house->asking.limit = 0;
	mem_free(seen);
	return shown;
}

/* names.md 12: windows of a cut answer move on, also where records differ in size. */
static void repeated_questions_show_every_record(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", "h", 0, 11 });
	house_put_many(house, &(struct many){ "default/b", "db", "a=1/TCP",
					      "a-rather-long-hostname-", 11, 600 });
	house_put_many(house, &(struct many){ "default/c", "db", "a=1/TCP", "h", 611, 389 });
	answers_publish(house->answers);
	static const uint32_t limits[] = { 512, 1232, 4096, 16000, 40000, 60000, 65535 };
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		unsigned width = (limits[i] - 60) / 80;
		assert_int_equal(count_shown(house, "_a._tcp.db.default.svc SRV", limits[i],
					     2000 / width + 2),
				 1000);
		assert_int_equal(count_shown(house, "db.default.svc A", limits[i],
					     1000 / ((limits[i] - 60) / 16) + 2),
				 1000);
	}
	house_close(house);
}

/* names.md 5.3, 15, 17 */
static void big_services_have_short_and_zonal_names_and_may_be_imported(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "clusterset.local." };
	struct cluster_options options = house_options();
	options.zonal = true;
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = zones + 1;
	options.multicluster_count = 1;
	struct house *house = house_open(&options);
	house_put(house,
		  "Namespace db\nService db/db Headless\nSlice db/z of=db a=1/TCP 10.0.0.1%east\nImport db/imp Headless");
	house_put_many(house, &(struct many){ "db/a", "db", "a=1/TCP", NULL, 0, 600 });
	house_put_many(house, &(struct many){ "db/i", "nothing",
					      "a=1/TCP import=imp cluster=far.away", "h", 0, 600 });
	answers_publish(house->answers);
	assert_int_equal(count_of(house, "_a._tcp.db.svc", TYPE_SRV), 601);
	house_expect_all(
		house,
		"east.pin._zone.db.db.svc A: 10.0.0.1\n_tcp.db.svc A: NODATA\n"
		"h7.far.away.imp.db.svc.clusterset.local. A: 10.1.0.7\n"
		"far.away.imp.db.svc.clusterset.local. A: NODATA\naway.imp.db.svc.clusterset.local. A: NODATA\n");
	struct asked asked = house_ask(house, "imp.db.svc.clusterset.local. A");
	assert_int_equal(ldns_pkt_ancount(asked.packet), 600);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

static void a_big_service_can_be_hidden_shown_and_changed_in_type(void **state)
{
	(void)state;
	struct house *house = open_with("Service default/db Headless");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", "h", 0, 600 });
	answers_publish(house->answers);
	house_hide(house, "Namespace default");
	house_expect_all(house, "db.default.svc A: NXDOMAIN\nh5.db.default.svc A: NXDOMAIN\n");
	house_show(house, "Namespace default");
	expect_range(house, 0, 600);
	house_show(house, "Service default/db ClusterIP 10.96.0.1");
	house_expect_all(house, "db.default.svc A: 10.96.0.1\nh5.db.default.svc A: 10.1.0.5\n");
	house_show(house, "Service default/db ExternalName far.example.");
	house_expect_all(house, "db.default.svc A: far.example.\nh5.db.default.svc A: NXDOMAIN\n");
	house_show(house, "Service default/db Headless");
	expect_range(house, 0, 600);
	house_hide(house, "Service default/db");
	house_expect_all(
		house,
		"db.default.svc A: NXDOMAIN\nh5.db.default.svc A: NXDOMAIN\n10.1.0.5 PTR: NXDOMAIN\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_may_grow_and_shrink_across_the_bound),
		cmocka_unit_test(ports_count_towards_the_bound),
		cmocka_unit_test(what_two_slices_have_is_told_once),
		cmocka_unit_test(a_renamed_port_leaves_the_old_name_to_others),
		cmocka_unit_test(families_are_those_of_the_addresses),
		cmocka_unit_test(a_change_that_nobody_can_see_is_none),
		cmocka_unit_test(a_rare_port_of_a_big_service_has_its_own_weight),
		cmocka_unit_test(repeated_questions_show_every_record),
		cmocka_unit_test(big_services_have_short_and_zonal_names_and_may_be_imported),
		cmocka_unit_test(a_big_service_can_be_hidden_shown_and_changed_in_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
