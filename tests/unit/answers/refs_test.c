/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

/* The targets in the order of the reply. */
static void expect_in_order(const struct house *house, const char *question, const char *told)
{
	struct asked asked = house_ask(house, question);
	const ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
	struct text got = { 0 };
	text_add(&got, "");
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		char *target = ldns_rdf2str(ldns_rr_rdf(ldns_rr_list_rr(answers, i), 0));
		text_printf(&got, "%s%s", i > 0 ? " " : "", target);
		free(target);
	}
	assert_string_equal(got.data, told);
	text_done(&got);
	ldns_pkt_free(asked.packet);
}

/* names.md 8 */
static void a_cluster_ip_wins_over_endpoints_with_the_same_address(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/db Headless\nSlice default/a of=db h@10.0.0.1");
	house_expect(house, "10.0.0.1 PTR", "h.db.default.svc");
	house_show(house, "Service default/web ClusterIP 10.0.0.1");
	house_expect(house, "10.0.0.1 PTR", "web.default.svc");
	house_show(house, "Service default/web ClusterIP 10.0.0.2");
	house_expect_all(house, "10.0.0.1 PTR: h.db.default.svc\n10.0.0.2 PTR: web.default.svc\n");
	house_close(house);
}

/* names.md 8, D27: one PTR per service, explicit hostnames first. */
static void each_service_that_holds_an_address_has_a_ptr(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1\nSlice default/w of=web x=1/TCP 10.0.0.1");
	house_show(house, "Service default/db Headless\nSlice default/d of=db x=1/TCP db-0@10.0.0.1");
	expect_in_order(house, "10.0.0.1 PTR",
			"db-0.db.default.svc.cluster.local. 10-0-0-1.web.default.svc.cluster.local.");
	house_show(house,
		   "Slice default/d2 of=db x=2/TCP db-0@10.0.0.1\nSlice default/w2 of=web x=1/TCP 10.0.0.1");
	house_expect(house, "10.0.0.1 PTR", "db-0.db.default.svc|10-0-0-1.web.default.svc");
	house_take(house, "Slice default/d");
	house_hide(house, "Slice default/w");
	house_expect(house, "10.0.0.1 PTR", "db-0.db.default.svc|10-0-0-1.web.default.svc");
	house_take(house, "Slice default/d2");
	house_hide(house, "Slice default/w2");
	house_expect(house, "10.0.0.1 PTR", "NXDOMAIN");
	house_close(house);
}

/* names.md 4, 8: a hostname may spell the address of its endpoint; the PTR is told once, where hostnames stand. */
static void a_hostname_that_spells_the_address_has_one_ptr(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/db Headless\nSlice default/d of=db x=1/TCP 10.0.0.1");
	house_show(house, "Service default/a Headless\nSlice default/a of=a x=1/TCP 10.0.0.1");
	house_show(house, "Slice default/d2 of=db x=2/TCP 10-0-0-1@10.0.0.1");
	expect_in_order(house, "10.0.0.1 PTR",
			"10-0-0-1.db.default.svc.cluster.local. 10-0-0-1.a.default.svc.cluster.local.");
	house_close(house);
}

/* names.md 8 with endpoint_pod_names: a hostname of the endpoint itself stands before the name of a pod. */
static void hostnames_stand_before_names_of_pods(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.endpoint_pod_names = true;
	struct house *house = house_open(&options);
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1\nSlice default/w of=web 10.0.0.1#pod");
	house_show(house, "Service default/db Headless\nSlice default/d of=db db-0@10.0.0.1#pod");
	house_show(house, "Service default/x Headless\nSlice default/x of=x 10.0.0.1");
	expect_in_order(house, "10.0.0.1 PTR",
			"db-0.db.default.svc.cluster.local. pod.web.default.svc.cluster.local. "
			"10-0-0-1.x.default.svc.cluster.local.");
	house_close(house);
}

/* names.md 8, RFC 8020: above an address that has a PTR every prefix exists, and only there. */
static void prefixes_exist_as_long_as_an_address_is_below_them(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/a ClusterIP 10.96.0.1 2001:db8::1\nService default/b ClusterIP 10.96.7.1");
	house_expect_all(house,
			 "0.96.10.in-addr.arpa. A: NODATA\n7.96.10.in-addr.arpa. A: NODATA\n"
			 "96.10.in-addr.arpa. A: NODATA\n10.in-addr.arpa. A: NODATA\n2.ip6.arpa. A: NODATA\n"
			 "0.2.ip6.arpa. A: NODATA\n");
	house_hide(house, "Service default/a");
	house_expect_all(house,
			 "0.96.10.in-addr.arpa. A: NXDOMAIN\n7.96.10.in-addr.arpa. A: NODATA\n"
			 "10.in-addr.arpa. A: NODATA\n2.ip6.arpa. A: NXDOMAIN\n0.2.ip6.arpa. A: NXDOMAIN\n");
	house_hide(house, "Service default/b");
	house_expect_all(house, "96.10.in-addr.arpa. A: NXDOMAIN\n10.in-addr.arpa. A: NXDOMAIN\n");
	house_show(house, "Service default/a ClusterIP 10.96.0.1");
	house_expect_all(house, "96.10.in-addr.arpa. A: NODATA\n10.96.0.1 PTR: a.default.svc\n");
	house_close(house);
}

/* names.md 8, D18, D26 */
static void an_address_without_a_service_has_no_ptr(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.pods = CLUSTER_PODS_VERIFIED;
	struct house *house = house_open(&options);
	house_put(house,
		  "Slice default/a of=gone 10.0.0.1\nSlice default/b 10.0.0.2\nPod default/p 10.0.0.3\n"
		  "Slice default/c import=db cluster=x 10.0.0.4\nService default/far ExternalName far.example.\n"
		  "Slice default/d of=far 10.0.0.5\n");
	answers_publish(house->answers);
	house_expect_all(house, "10.0.0.1 PTR: NXDOMAIN\n10.0.0.2 PTR: NXDOMAIN\n10.0.0.3 PTR: NXDOMAIN\n"
				"10.0.0.4 PTR: NXDOMAIN\n10.0.0.5 PTR: NXDOMAIN\n");
	house_close(house);
}

/* names.md 8: targets are below the first zone that is not reverse. */
static void targets_are_in_the_first_forward_zone(void **state)
{
	(void)state;
	static const char *const zones[] = { "in-addr.arpa.", "first.example.", "second.example." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	struct house *house = house_open(&options);
	house_show(house,
		   "Service default/a ClusterIP 10.96.0.1\nService default/db Headless\nSlice default/s of=db h@10.0.0.1");
	house_expect_all(house,
			 "10.96.0.1 PTR: a.default.svc.first.example.\n10.0.0.1 PTR: h.db.default.svc.first.example.\n"
			 "a.default.svc.second.example. A: 10.96.0.1\n");
	house_close(house);
}

/* names.md 2, D20 */
static void hidden_namespaces_do_not_show_in_reverse(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	static const char *const namespaces[] = { "default" };
	options.namespaces = namespaces;
	options.namespace_count = 1;
	struct house *house = house_open(&options);
	house_put(house,
		  "Namespace other\nService other/a ClusterIP 10.96.0.1\nService other/db Headless\n"
		  "Slice other/s of=db h@10.0.0.1\nService default/a ClusterIP 10.96.0.2");
	answers_publish(house->answers);
	house_expect_all(house,
			 "10.96.0.1 PTR: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n0.0.10.in-addr.arpa. A: NXDOMAIN\n"
			 "10.96.0.2 PTR: a.default.svc\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cluster_ip_wins_over_endpoints_with_the_same_address),
		cmocka_unit_test(each_service_that_holds_an_address_has_a_ptr),
		cmocka_unit_test(a_hostname_that_spells_the_address_has_one_ptr),
		cmocka_unit_test(hostnames_stand_before_names_of_pods),
		cmocka_unit_test(prefixes_exist_as_long_as_an_address_is_below_them),
		cmocka_unit_test(an_address_without_a_service_has_no_ptr),
		cmocka_unit_test(targets_are_in_the_first_forward_zone),
		cmocka_unit_test(hidden_namespaces_do_not_show_in_reverse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
