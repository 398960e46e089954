/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

/* names.md 5.1: max(1, floor(100 / n)), n being the (address, port) pairs before duplicates go. */
static void weights_share_a_hundred_between_the_pairs_selected(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/one ClusterIP 10.96.0.1 a=1/TCP\nService default/two ClusterIP 10.96.0.2 fd00::2 a=1/TCP b=2/TCP\n"
		   "Service default/same ClusterIP 10.96.0.3 10.96.0.3 a=1/TCP\nService default/dns ClusterIP 10.96.0.4 u=53/UDP t=53/TCP\n"
		   "Service default/db Headless\nSlice default/a of=db a=1/TCP b=2/TCP 10.0.0.1 10.0.0.2 10.0.0.3\n");
	house_expect_all(
		house,
		"one.default.svc SRV: 0 100 1 one.default.svc\n_a._tcp.one.default.svc SRV: 0 100 1 one.default.svc\n"
		"two.default.svc SRV: 0 25 1 two.default.svc|0 25 2 two.default.svc\n"
		"_a._tcp.two.default.svc SRV: 0 50 1 two.default.svc\n"
		"_a._tcp.same.default.svc SRV: 0 50 1 same.default.svc\n"
		"dns.default.svc SRV: 0 50 53 dns.default.svc\n_u._udp.dns.default.svc SRV: 0 100 53 dns.default.svc\n"
		"_a._tcp.db.default.svc SRV: 0 33 1 10-0-0-1.db.default.svc|0 33 1 10-0-0-2.db.default.svc|"
		"0 33 1 10-0-0-3.db.default.svc\n");
	house_put_many(house, &(struct many){ "default/a", "db", "a=1/TCP", NULL, 0, 101 });
	answers_publish(house->answers);
	struct asked asked = house_ask(house, "_a._tcp.db.default.svc SRV");
	assert_int_equal(ldns_pkt_ancount(asked.packet), 101);
	assert_int_equal(ldns_rdf2native_int16(
				 ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0), 1)),
			 1);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 5.1: an endpoint without ports counts as a pair of the bare name. */
static void endpoints_without_ports_count_at_the_bare_name(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db a=1/TCP 10.0.0.1\nSlice default/b of=db 10.0.0.2 10.0.0.3\n");
	house_expect_all(house, "db.default.svc SRV: 0 33 1 10-0-0-1.db.default.svc\n"
				"_a._tcp.db.default.svc SRV: 0 100 1 10-0-0-1.db.default.svc\n");
	house_close(house);
}

/* names.md 4, 5: ports may differ from slice to slice. */
static void each_target_has_the_number_of_its_slice(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/db Headless a=9/TCP\nSlice default/a of=db a=1/TCP 10.0.0.1\n"
			  "Slice default/b of=db a=2/TCP A=3/TCP a=2/UDP 10.0.0.2\n");
	house_expect_all(house,
			 "_a._tcp.db.default.svc SRV: 0 33 1 10-0-0-1.db.default.svc|0 33 2 10-0-0-2.db.default.svc|"
			 "0 33 3 10-0-0-2.db.default.svc\n"
			 "_a._udp.db.default.svc SRV: 0 100 2 10-0-0-2.db.default.svc\n");
	house_close(house);
}

/* names.md 5.1: (target, port) once; the weight tells of the pairs before. */
static void a_pair_that_is_there_twice_is_told_once(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db a=1/TCP 10.0.0.1 10.0.0.1 h@10.0.0.2\n"
		   "Slice default/b of=db a=1/TCP 10.0.0.1 h@10.0.0.3\n");
	house_expect_all(
		house,
		"_a._tcp.db.default.svc SRV: 0 20 1 h.db.default.svc|0 20 1 10-0-0-1.db.default.svc\n"
		"db.default.svc A: 10.0.0.1|10.0.0.2|10.0.0.3\n10.0.0.1 PTR: 10-0-0-1.db.default.svc\n");
	house_expect_glue(house, "_a._tcp.db.default.svc SRV",
			  "10-0-0-1.db.default.svc A 10.0.0.1|h.db.default.svc A 10.0.0.2|"
			  "h.db.default.svc A 10.0.0.3");
	house_close(house);
}

/* names.md 5.1: every address of a target, of both families. */
static void glue_has_all_addresses_of_each_target(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/web ClusterIP fd00::1 10.96.0.1 10.96.0.2 http=80/TCP\nService default/db Headless\n"
		   "Slice default/a of=db a=1/TCP h@10.0.0.1\nSlice default/b of=db IPv6 b=2/TCP h@fd00::2 fd00::3\n");
	house_expect_glue(house, "_http._tcp.web.default.svc SRV",
			  "web.default.svc A 10.96.0.1|web.default.svc A 10.96.0.2|"
			  "web.default.svc AAAA fd00::1");
	house_expect_glue(house, "web.default.svc SRV",
			  "web.default.svc A 10.96.0.1|web.default.svc A 10.96.0.2|"
			  "web.default.svc AAAA fd00::1");
	house_expect_glue(house, "_a._tcp.db.default.svc SRV",
			  "h.db.default.svc A 10.0.0.1|h.db.default.svc AAAA fd00::2");
	house_expect_glue(house, "db.default.svc SRV",
			  "fd00--3.db.default.svc AAAA fd00::3|h.db.default.svc A 10.0.0.1|"
			  "h.db.default.svc AAAA fd00::2");
	house->asking.minimal = true;
	house_expect_glue(house, "db.default.svc SRV", "");
	house_close(house);
}

/* The target stays where glue points to it, behind a long name too. */
static void glue_follows_a_host_that_changes(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db a=1/TCP h@10.0.0.1\nSlice default/b of=db b=1/TCP h@10.0.0.2");
	house_expect_glue(house, "_a._tcp.db.default.svc SRV",
			  "h.db.default.svc A 10.0.0.1|h.db.default.svc A 10.0.0.2");
	house_show(house, "Slice default/b of=db b=1/TCP h@10.0.0.3");
	house_expect_glue(house, "_a._tcp.db.default.svc SRV",
			  "h.db.default.svc A 10.0.0.1|h.db.default.svc A 10.0.0.3");
	house_hide(house, "Slice default/b");
	house_expect_glue(house, "_a._tcp.db.default.svc SRV", "h.db.default.svc A 10.0.0.1");
	house_close(house);
}

/* names.md 5.1 "Target spelled in stored (lower) case throughout": etcd hashes the text. */
static void targets_are_lower_case_whatever_is_asked(void **state)
{
	(void)state;
	static const char *const zones[] = { "Cluster.LOCAL." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = 1;
	struct house *house = house_open(&options);
	house_show(house, "Service default/db Headless\nSlice default/a of=db A=1/TCP Host-A@10.0.0.1");
	house_expect_all(house,
			 "_A._TCP.DB.DEFAULT.SVC.CLUSTER.LOCAL. SRV: 0 100 1 host-a.db.default.svc\n"
			 "HOST-A.DB.DEFAULT.SVC.CLUSTER.LOCAL. SRV: 0 100 1 host-a.db.default.svc\n");
	house_expect_glue(house, "_A._TCP.DB.DEFAULT.SVC.CLUSTER.LOCAL. SRV",
			  "host-a.db.default.svc A 10.0.0.1");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_share_a_hundred_between_the_pairs_selected),
		cmocka_unit_test(endpoints_without_ports_count_at_the_bare_name),
		cmocka_unit_test(each_target_has_the_number_of_its_slice),
		cmocka_unit_test(a_pair_that_is_there_twice_is_told_once),
		cmocka_unit_test(glue_has_all_addresses_of_each_target),
		cmocka_unit_test(glue_follows_a_host_that_changes),
		cmocka_unit_test(targets_are_lower_case_whatever_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
