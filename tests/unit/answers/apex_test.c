/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static struct house *open_at(const char *address, const char *more)
{
	struct cluster_options options = house_options();
	static struct ip local[2];
	assert_true(ip_parse(address, &local[0]));
	options.local_addresses = local;
	options.local_address_count = 1;
	if (more != NULL) {
		assert_true(ip_parse(more, &local[1]));
		options.local_address_count = 2;
	}
	return house_open(&options);
}

/* names.md 9, 10 */
static void the_apex_has_one_soa_whose_ttl_is_at_most_300(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.ttl = 3600;
	clock_set(0, 1700000000);
	struct house *house = house_open(&options);
	struct asked asked = house_ask(house, "cluster.local. SOA");
	const ldns_rr *soa = ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0);
	assert_int_equal(ldns_rr_ttl(soa), 300);
	ldns_pkt_free(asked.packet);
	house->asking.limit = 0;
	asked = house_ask(house, "cluster.local. SOA");
	char *text = answer_text(&asked);
	assert_non_null(strstr(text, "ns.dns.cluster.local. hostmaster.cluster.local. "));
	assert_non_null(strstr(text, " 7200 1800 86400 5"));
	ldns_pkt_free(asked.packet);
	house_close(house);
	options.ttl = 30;
	house = house_open(&options);
	asked = house_ask(house, "cluster.local. SOA");
	assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0)), 30);
	ldns_pkt_free(asked.packet);
	house_close(house);
	clock_release();
}

/* names.md 9: SOA of a reverse zone has the same shape, and that zone as its owner. */
static void each_zone_has_a_soa_of_its_own(void **state)
{
	(void)state;
	static const char *const zones[] = { "a.example.", "b.example.", "96.10.in-addr.arpa.",
					     "d.f.ip6.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	clock_set(0, 1234567890);
	struct house *house = house_open(&options);
	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		struct asked asked = ask(house->answers, house->catalog, zones[i], "SOA", 0);
		char told[200];
		snprintf(told, sizeof told, "ns.dns.%s hostmaster.%s 1234567891 7200 1800 86400 5",
			 zones[i], zones[i]);
		assert_string_equal(answer_text(&asked), told);
		ldns_pkt_free(asked.packet);
	}
	house_close(house);
	clock_release();
}

/* names.md 9, D1, D5 */
static void fixed_names_answer_in_every_case_of_letters(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", NULL);
	house_expect_all(house, "dns-version TXT: \"1.1.0\"\n"
				"DNS-Version.Cluster.LOCAL. TXT: \"1.1.0\"\n"
				"dns-version A: NODATA\n"
				"dns A: NODATA\n"
				"dns TXT: NODATA\n"
				"svc A: NODATA\n"
				"svc TXT: NODATA\n"
				"pod A: NODATA\n"
				"cluster.local. A: NODATA\n"
				"cluster.local. TXT: NODATA\n"
				"CLUSTER.LOCAL. NS: ns.dns\n"
				"NS.DNS.CLUSTER.LOCAL. A: 10.0.0.53\n"
				"ns.dns AAAA: NODATA\n"
				"ns.dns TXT: NODATA\n"
				"a.ns.dns A: NXDOMAIN\n"
				"a.dns-version TXT: NXDOMAIN\n"
				"other A: NXDOMAIN\n"
				"*.svc A: NXDOMAIN\n");
	struct asked asked = house_ask(house, "dns-version TXT");
	assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0)), 28800);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 8, 9, D30 */
static void a_reverse_zone_has_ns_dns_but_no_services_and_no_version(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", NULL);
	house_expect_all(house, "in-addr.arpa. NS: ns.dns\n"
				"ns.dns.in-addr.arpa. A: 10.0.0.53\n"
				"dns.in-addr.arpa. A: NODATA\n"
				"svc.in-addr.arpa. A: NXDOMAIN\n"
				"pod.in-addr.arpa. A: NXDOMAIN\n"
				"dns-version.in-addr.arpa. TXT: NXDOMAIN\n"
				"in-addr.arpa. PTR: NODATA\n");
	house_close(house);
}

/* names.md 9, D31 */
static void without_a_service_the_server_is_ns_dns_with_its_own_addresses(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", "fd00::53");
	house_expect(house, "cluster.local. NS", "ns.dns");
	house_expect_glue(house, "cluster.local. NS", "ns.dns A 10.0.0.53|ns.dns AAAA fd00::53");
	house_expect(house, "ns.dns AAAA", "fd00::53");
	house->asking.minimal = true;
	house_expect_glue(house, "cluster.local. NS", "");
	house_close(house);
	struct cluster_options options = house_options();
	house = house_open(&options);
	house_expect_all(house, "cluster.local. NS: NODATA\nns.dns A: NODATA\ndns A: NODATA\n");
	house_close(house);
}

/* names.md 9, D32: the service must expose the port that we listen on. */
static void the_name_server_is_the_service_that_stands_before_us(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", NULL);
	house_show(house,
		   "Service default/kube-dns ClusterIP 10.96.0.10 fd00::10 dns=53/UDP\n"
		   "Service default/metrics ClusterIP 10.96.0.11 http=80/TCP\n"
		   "Slice default/m of=metrics http=9153/TCP 10.0.0.53\n"
		   "Slice default/s of=kube-dns dns=53/UDP dns-tcp=53/TCP 10.0.0.53 10.0.0.54\n");
	house_expect(house, "cluster.local. NS", "kube-dns.default.svc");
	house_expect_glue(house, "cluster.local. NS",
			  "kube-dns.default.svc A 10.96.0.10|kube-dns.default.svc AAAA fd00::10");
	house_expect_all(house, "ns.dns A: 10.96.0.10\nns.dns AAAA: fd00::10\n"
				"in-addr.arpa. NS: kube-dns.default.svc\n");
	house_show(house, "Service default/kube-dns ClusterIP 10.96.0.20 dns=53/UDP");
	house_expect_all(house, "ns.dns A: 10.96.0.20\nns.dns AAAA: NODATA\n");
	house_show(house, "Slice default/s of=kube-dns dns=5353/UDP 10.0.0.53 10.0.0.54");
	house_expect_all(house, "cluster.local. NS: ns.dns\nns.dns A: 10.0.0.53\n");
	house_show(house, "Slice default/s of=kube-dns dns=53/UDP 10.0.0.53");
	house_expect(house, "cluster.local. NS", "kube-dns.default.svc");
	house_hide(house, "Namespace default");
	house_expect(house, "cluster.local. NS", "ns.dns");
	house_close(house);
}

/* names.md 9: of a headless service the endpoints are the name servers. */
static void the_endpoints_of_a_headless_service_are_name_servers(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", NULL);
	house_show(house, "Service default/dns Headless\n"
			  "Slice default/s of=dns dns=53/UDP 10.0.0.53 b@10.0.0.54\n");
	house_expect(house, "cluster.local. NS", "b.dns.default.svc|10-0-0-53.dns.default.svc");
	house_expect_glue(house, "cluster.local. NS",
			  "10-0-0-53.dns.default.svc A 10.0.0.53|b.dns.default.svc A 10.0.0.54");
	house_expect(house, "ns.dns A", "10.0.0.53|10.0.0.54");
	house_show(house, "Slice default/t of=dns dns=53/UDP c@10.0.0.55\n");
	house_expect(house, "ns.dns A", "10.0.0.53|10.0.0.54|10.0.0.55");
	house_show(house, "Slice default/s of=dns dns=53/UDP !10.0.0.53 b@10.0.0.54\n");
	house_expect(house, "cluster.local. NS", "ns.dns");
	house_show(house, "Service default/dns Headless unready");
	house_expect(house, "ns.dns A", "10.0.0.53|10.0.0.54|10.0.0.55");
	house_show(house, "Service default/dns ClusterIP 10.96.0.10 unready");
	house_expect_all(house, "cluster.local. NS: dns.default.svc\nns.dns A: 10.96.0.10\n");
	house_hide(house, "Service default/dns");
	house_expect(house, "ns.dns A", "10.0.0.53");
	house_close(house);
}

/* names.md 9: several services may hold our address. */
static void every_service_before_us_is_told_once(void **state)
{
	(void)state;
	struct house *house = open_at("10.0.0.53", "fd00::53");
	house_show(house,
		   "Service default/a ClusterIP 10.96.0.1\nService default/b ClusterIP 10.96.0.2\n"
		   "Slice default/a4 of=a dns=53/UDP 10.0.0.53\nSlice default/a6 of=a IPv6 dns=53/UDP fd00::53\n"
		   "Slice default/b4 of=b dns=53/TCP 10.0.0.53\n");
	house_expect_all(house,
			 "cluster.local. NS: a.default.svc|b.default.svc\nns.dns A: 10.96.0.1|10.96.0.2\n");
	house_expect_glue(house, "cluster.local. NS",
			  "a.default.svc A 10.96.0.1|b.default.svc A 10.96.0.2");
	house_close(house);
}

/* names.md 17, D21 */
static void a_multicluster_zone_tells_its_own_version_and_names_servers_in_ours(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "clusterset.local." };
	struct cluster_options options = house_options();
	struct ip local;
	options.zones = zones;
	options.zone_count = 2;
	options.multicluster = zones + 1;
	options.multicluster_count = 1;
	assert_true(ip_parse("10.0.0.53", &local));
	options.local_addresses = &local;
	options.local_address_count = 1;
	struct house *house = house_open(&options);
	house_expect_all(house, "dns-version.clusterset.local. TXT: \"1.0.0\"\n"
				"svc.clusterset.local. A: NODATA\n"
				"default.svc.clusterset.local. A: NODATA\n"
				"ns.dns.clusterset.local. A: 10.0.0.53\n");
	house_show(house,
		   "Service default/dns ClusterIP 10.96.0.10\nSlice default/s of=dns dns=53/UDP 10.0.0.53\n");
	house_expect_all(house,
			 "clusterset.local. NS: dns.default.svc\ncluster.local. NS: dns.default.svc\n"
			 "dns.default.svc.clusterset.local. A: NXDOMAIN\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_apex_has_one_soa_whose_ttl_is_at_most_300),
		cmocka_unit_test(each_zone_has_a_soa_of_its_own),
		cmocka_unit_test(fixed_names_answer_in_every_case_of_letters),
		cmocka_unit_test(a_reverse_zone_has_ns_dns_but_no_services_and_no_version),
		cmocka_unit_test(without_a_service_the_server_is_ns_dns_with_its_own_addresses),
		cmocka_unit_test(the_name_server_is_the_service_that_stands_before_us),
		cmocka_unit_test(the_endpoints_of_a_headless_service_are_name_servers),
		cmocka_unit_test(every_service_before_us_is_told_once),
		cmocka_unit_test(a_multicluster_zone_tells_its_own_version_and_names_servers_in_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
