/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static bool in_a_zone(const struct house *house, const char *name)
{
	struct dns_query query = { .label_count = 0 };
	uint8_t packet[DNS_HEADER_SIZE + DNS_NAME_MAX + 4] = { [5] = 1 }, size;
	assert_true(name_parse(name, packet + DNS_HEADER_SIZE, &size));
	put_u16(packet + DNS_HEADER_SIZE + size, TYPE_A);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + size + 4u, &query), QUERY_GOOD);
	return catalog_find_zone(house->catalog, answers_edition(house->answers), &query) != NULL;
}

/* names.md 12 */
static void a_zone_begins_at_a_label(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	assert_true(in_a_zone(house, "cluster.local."));
	assert_true(in_a_zone(house, "CLUSTER.Local."));
	assert_true(in_a_zone(house, "a.b.c.d.cluster.local."));
	assert_true(in_a_zone(house, "1.in-addr.arpa."));
	assert_false(in_a_zone(house, "xcluster.local."));
	assert_false(in_a_zone(house, "local."));
	assert_false(in_a_zone(house, "cluster\\.local."));
	assert_false(in_a_zone(house, "cluster.local.example."));
	assert_false(in_a_zone(house, "."));
	house_close(house);
}

static void the_longest_zone_answers(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "inner.cluster.local.",
					     "10.in-addr.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	struct house *house = house_open(&options);
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	house_expect_all(house, "web.default.svc A: 10.96.0.1\n"
				"web.default.svc.inner A: 10.96.0.1\n"
				"inner TXT: NODATA\n"
				"default.svc.inner A: NODATA\n"
				"10.96.0.1 PTR: web.default.svc\n");
	house_close(house);
}

/* names.md 2, 10: labels hidden in a label, too many, too few, wildcards, the wrong shape. */
static void what_has_not_the_shape_of_a_name_does_not_exist(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/web ClusterIP 10.96.0.1 http=80/TCP\n"
			  "Slice default/web of=web http=80/TCP h@10.0.0.1\n");
	house_expect_all(house,
			 "web.default.svc A: 10.96.0.1\n"
			 "web\\.default.svc A: NXDOMAIN\n"
			 "web.default.svc\\.x A: NXDOMAIN\n"
			 "x.web\\.default.svc A: NXDOMAIN\n"
			 "*.default.svc A: NXDOMAIN\n"
			 "any.default.svc A: NXDOMAIN\n"
			 "web.*.svc A: NXDOMAIN\n"
			 "*.web.default.svc A: NXDOMAIN\n"
			 "web.default A: NXDOMAIN\n"
			 "web.default.svc.svc A: NXDOMAIN\n"
			 "x.h.web.default.svc A: NXDOMAIN\n"
			 "x._http._tcp.web.default.svc SRV: NXDOMAIN\n"
			 "_http.web.default.svc SRV: NXDOMAIN\n"
			 "http.tcp.web.default.svc SRV: NXDOMAIN\n"
			 "_http.tcp.web.default.svc SRV: NXDOMAIN\n"
			 "http._tcp.web.default.svc SRV: NXDOMAIN\n"
			 "_80._tcp.web.default.svc SRV: NXDOMAIN\n"
			 "_http._udp.web.default.svc SRV: NXDOMAIN\n"
			 "_._tcp.web.default.svc SRV: NXDOMAIN\n"
			 "_http._.web.default.svc SRV: NXDOMAIN\n"
			 "\\000.default.svc A: NXDOMAIN\n"
			 "default A: NXDOMAIN\n"
			 "svc.default A: NXDOMAIN\n"
			 "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.svc A: NXDOMAIN\n");
	house_close(house);
}

static void letters_are_folded_everywhere_but_not_in_targets(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/web Headless\n"
			  "Slice default/web of=web http=80/TCP Pod-A@10.0.0.1 IPv6 2001:db8::a\n");
	house_expect_all(house,
			 "WEB.Default.SVC.Cluster.Local. A: 10.0.0.1\n"
			 "POD-a.WEB.Default.SVC.Cluster.Local. A: 10.0.0.1\n"
			 "2001-DB8--A.web.default.svc AAAA: 2001:db8::a\n"
			 "_HTTP._TCP.Web.Default.Svc.CLUSTER.LOCAL. SRV: 0 50 80 pod-a.web.default.svc|"
			 "0 50 80 2001-db8--a.web.default.svc\n"
			 "A.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.IP6.ARPA. PTR: "
			 "2001-db8--a.web.default.svc\n");
	house_close(house);
}

/* names.md 8, D4, D19 */
static void only_whole_addresses_have_a_ptr_and_what_is_above_them_exists(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/web ClusterIP 10.96.0.1 2001:db8::1");
	house_expect_all(
		house,
		"10.96.0.1 PTR: web.default.svc\n"
		"10.96.0.1 A: NODATA\n"
		"10.96.0.1 TXT: NODATA\n"
		"10.96.0.1 ANY: web.default.svc\n"
		"2001:db8::1 PTR: web.default.svc\n"
		"2001:db8::1 AAAA: NODATA\n"
		"0.96.10.in-addr.arpa. PTR: NODATA\n"
		"96.10.in-addr.arpa. PTR: NODATA\n"
		"10.in-addr.arpa. ANY: NODATA\n"
		"95.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"01.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"001.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"1.0.96.010.in-addr.arpa. PTR: NXDOMAIN\n"
		"1.1.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"256.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"-1.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"1\\.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n"
		"x.in-addr.arpa. PTR: NXDOMAIN\n"
		"2.ip6.arpa. PTR: NODATA\n"
		"8.b.d.0.1.0.0.2.ip6.arpa. PTR: NODATA\n"
		"9.b.d.0.1.0.0.2.ip6.arpa. PTR: NXDOMAIN\n"
		"db8.2001.ip6.arpa. PTR: NXDOMAIN\n"
		"1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR: NXDOMAIN\n"
		"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR: NXDOMAIN\n");
	house_close(house);
}

/* names.md 16, D2, D23 */
static void before_the_first_sync_only_names_that_need_no_store_are_answered(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "in-addr.arpa.", "ip6.arpa.",
					     "clusterset.local." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = zones + 3;
	options.multicluster_count = 1;
	options.pods = CLUSTER_PODS_INSECURE;
	struct house *house = house_open(&options);
	house_put(house, "Service default/web ClusterIP 10.96.0.1 http=80/TCP");
	catalog_set_synced(house->catalog, false);
	assert_true(answers_publish(house->answers));
	house_expect_all(house, "web.default.svc A: NOT_READY\n"
				"web.default.svc SOA: NOT_READY\n"
				"web.default.svc TXT: NOT_READY\n"
				"nothing.default.svc A: NOT_READY\n"
				"default.svc A: NOT_READY\n"
				"default.svc SOA: NOT_READY\n"
				"h.web.default.svc A: NOT_READY\n"
				"_http._tcp.web.default.svc SRV: NOT_READY\n"
				"_http._tcp.web.svc SRV: NOT_READY\n"
				"a.b.c.d.e.svc A: NOT_READY\n"
				"10-0-0-1.default.pod A: NOT_READY\n"
				"default.pod A: NOT_READY\n"
				"10.96.0.1 PTR: NOT_READY\n"
				"10.96.0.2 PTR: NOT_READY\n"
				"96.10.in-addr.arpa. PTR: NOT_READY\n"
				"2001:db8::1 A: NOT_READY\n"
				"web.default.svc.clusterset.local. A: NOT_READY\n"
				"cluster.local. NS: NOT_READY\n"
				"ns.dns A: NOT_READY\n"
				"ns.dns.in-addr.arpa. A: NOT_READY\n"
				"svc A: NODATA\n"
				"svc SOA: NODATA\n"
				"pod A: NODATA\n"
				"dns A: NODATA\n"
				"dns-version TXT: \"1.1.0\"\n"
				"dns-version A: NODATA\n"
				"cluster.local. A: NODATA\n"
				"in-addr.arpa. PTR: NODATA\n"
				"elsewhere A: NXDOMAIN\n"
				"x.in-addr.arpa. PTR: NXDOMAIN\n");
	struct asked asked = house_ask(house, "web.default.svc A");
	assert_int_equal(asked.size,
			 DNS_HEADER_SIZE + sizeof "\3web\7default\3svc\7cluster\5local" + 4);
	ldns_pkt_free(asked.packet);
	asked = house_ask(house, "cluster.local. SOA");
	assert_int_equal(asked.kind, ANSWER_FOUND);
	ldns_pkt_free(asked.packet);
	catalog_set_synced(house->catalog, true);
	assert_true(answers_publish(house->answers));
	house_expect_all(house, "web.default.svc A: 10.96.0.1\nnothing.default.svc A: NXDOMAIN\n"
				"10.96.0.2 PTR: NXDOMAIN\n");
	house_close(house);
}

/* Being in step is part of an edition, as everything that is shown. */
static void sync_is_shown_by_publishing(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	catalog_set_synced(house->catalog, false);
	house_expect(house, "default.svc A", "NODATA");
	assert_true(answers_publish(house->answers));
	house_expect(house, "default.svc A", "NOT_READY");
	catalog_set_synced(house->catalog, false);
	assert_false(answers_publish(house->answers));
	house_close(house);
}

static void a_zone_of_one_address_is_its_ptr_too(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "1.0.96.10.in-addr.arpa.",
					     "2.0.96.10.in-addr.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	struct house *house = house_open(&options);
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	house_expect_all(house,
			 "10.96.0.1 PTR: web.default.svc\n10.96.0.1 A: NODATA\n10.96.0.2 PTR: NODATA\n"
			 "x.2.0.96.10.in-addr.arpa. PTR: NXDOMAIN\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_begins_at_a_label),
		cmocka_unit_test(the_longest_zone_answers),
		cmocka_unit_test(what_has_not_the_shape_of_a_name_does_not_exist),
		cmocka_unit_test(letters_are_folded_everywhere_but_not_in_targets),
		cmocka_unit_test(only_whole_addresses_have_a_ptr_and_what_is_above_them_exists),
		cmocka_unit_test(before_the_first_sync_only_names_that_need_no_store_are_answered),
		cmocka_unit_test(sync_is_shown_by_publishing),
		cmocka_unit_test(a_zone_of_one_address_is_its_ptr_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
