/* SPDX-License-Identifier: Apache-2.0 */
/* names.md 15: Services as they are seen from outside. */
#include "house.h"

struct outside {
	struct house *house; /* asks the outside catalog */
	struct catalog *inside;
};

static const char *const zones[] = { "example.org.", "192.in-addr.arpa.", "ip6.arpa." };

static struct outside open_with(const struct outside_options *options, const char *address)
{
	struct cluster_options inside = house_options();
	static struct ip local;
	if (address != NULL) {
		assert_true(ip_parse(address, &local));
		inside.local_addresses = &local;
		inside.local_address_count = 1;
	}
	struct outside outside = { .house = house_open(&inside) };
	struct house *house = outside.house;
	outside.inside = house->catalog;
	house->catalog = answers_add_outside(outside.inside, options);
	house->ttl = options->ttl;
	house->denial_ttl = options->ttl < 5 ? options->ttl : 5;
	model_listen(house->model, catalog_listener(house->catalog));
	house_take(house, "Namespace default"); /* that it was not told of */
	house_show(house, "Namespace default\nNamespace web\nNamespace dns\nNamespace pod");
	return outside;
}

static struct outside_options options_of(bool headless)
{
	return (struct outside_options){
		.zones = zones, .zone_count = COUNT_OF(zones), .apex = "dns", .ttl = 60, .headless = headless
	};
}

static void a_service_has_its_addresses_from_outside(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, NULL).house;
	house_show(house,
		   "Service web/shop ClusterIP 10.96.0.10 http=80/TCP =9/UDP out=192.0.2.1 out=2001:db8::1 "
		   "out=192.0.2.2 out=192.0.2.1\nService web/plain ClusterIP 10.96.0.11 http=80/TCP\n"
		   "Service web/bare Headless out=192.0.2.9\nService web/far ExternalName x.example.");
	house_expect_all(house, "shop.web.example.org. A: 192.0.2.1|192.0.2.2\n"
				"SHOP.Web.EXAMPLE.org. AAAA: 2001:db8::1\n"
				"shop.web.example.org. TXT: NODATA\n"
				"bare.web.example.org. A: 192.0.2.9\n"
				"bare.web.example.org. SRV: NODATA\n"
				"plain.web.example.org. A: NXDOMAIN\n"
				"far.web.example.org. A: NXDOMAIN\n"
				"gone.web.example.org. A: NXDOMAIN\n"
				"shop.none.example.org. A: NXDOMAIN\n"
				"x.shop.web.example.org. A: NXDOMAIN\n"
				"shop.web.svc.example.org. A: NXDOMAIN\n"
				"web.example.org. A: NODATA\n"
				"web.example.org. SOA: NODATA\n"
				"none.example.org. A: NXDOMAIN\n"
				"10-0-0-1.shop.pod.example.org. A: NXDOMAIN\n"
				"pod.example.org. A: NODATA\n"
				"svc.example.org. A: NXDOMAIN");
	house_close(house);
}

static void ports_are_found_at_the_service_and_at_their_names(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, NULL).house;
	house_show(house, "Service web/shop ClusterIP http=80/TCP =9/UDP out=192.0.2.1\n"
			  "Service web/dual ClusterIP http=80/TCP out=192.0.2.2 out=2001:db8::2");
	house_expect_all(house,
			 "shop.web.example.org. SRV: 0 50 9 shop.web.example.org.|0 50 80 shop.web.example.org.\n"
			 "_http._tcp.shop.web.example.org. SRV: 0 100 80 shop.web.example.org.\n"
			 "_http._tcp.dual.web.example.org. SRV: 0 50 80 dual.web.example.org.\n"
			 "_http._tcp.shop.web.example.org. A: NODATA\n"
			 "_tcp.shop.web.example.org. SRV: NODATA\n"
			 "_udp.shop.web.example.org. SRV: NXDOMAIN\n"
			 "_http._udp.shop.web.example.org. SRV: NXDOMAIN\n"
			 "_x._tcp.shop.web.example.org. SRV: NXDOMAIN");
	house_expect_glue(house, "_http._tcp.dual.web.example.org. SRV",
			  "dual.web.example.org. A 192.0.2.2|dual.web.example.org. AAAA 2001:db8::2");
	house_close(house);
}

static void a_load_balancer_with_a_name_is_an_alias(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, NULL).house;
	house_show(house, "Service web/a ClusterIP http=80/TCP out=LB.example.net out=lb2.example.net.\n"
			  "Service web/b ClusterIP http=80/TCP out=lb.example.net out=192.0.2.1\n"
			  "Service web/c ClusterIP http=80/TCP out=in.web.example.org\n"
			  "Service web/in ClusterIP out=192.0.2.7");
	house_expect_all(
		house,
		"a.web.example.org. A: LB.example.net.\n"
		"a.web.example.org. CNAME: LB.example.net.\n"
		"a.web.example.org. TXT: LB.example.net.\n"
		"_http._tcp.a.web.example.org. SRV: 0 50 80 LB.example.net.|0 50 80 lb2.example.net.\n"
		"b.web.example.org. A: 192.0.2.1\n"
		"_http._tcp.b.web.example.org. SRV: 0 50 80 b.web.example.org.|0 50 80 lb.example.net.");
	house_expect_glue(house, "_http._tcp.b.web.example.org. SRV", "b.web.example.org. A 192.0.2.1");
	house->asking.chase = true;
	house_expect(house, "c.web.example.org. A", "in.web.example.org.|192.0.2.7");
	house_show(house, "Service web/d ClusterIP out=not..a.name");
	house_expect_complaint(house, "the load balancer's hostname is no DNS name");
	house_expect(house, "d.web.example.org. A", "NXDOMAIN");
	house_close(house);
}

static void an_address_leads_back_to_its_service(void **state)
{
	(void)state;
	struct outside_options options = options_of(true);
	struct house *house = open_with(&options, NULL).house;
	house_show(house,
		   "Service web/shop ClusterIP 10.96.0.10 http=80/TCP out=192.0.2.1 out=2001:db8::1\n"
		   "Service web/db Headless\nSlice web/db-a of=db http=80/TCP 192.0.2.3");
	house_expect_all(house, "192.0.2.1 PTR: shop.web.example.org.\n"
				"2001:db8::1 PTR: shop.web.example.org.\n"
				"192.0.2.1 A: NODATA\n"
				"2.0.192.in-addr.arpa. PTR: NODATA\n"
				"192.0.2.3 PTR: NXDOMAIN\n"
				"192.0.2.2 PTR: NXDOMAIN\n"
				"192.in-addr.arpa. NS: ns1.dns.example.org.");
	house_show(house, "Service web/shop ClusterIP 10.96.0.10 http=80/TCP out=192.0.2.2");
	house_expect_all(house, "192.0.2.1 PTR: NXDOMAIN\n"
				"192.0.2.2 PTR: shop.web.example.org.");
	house_hide(house, "Service web/shop");
	house_expect_all(house, "192.0.2.2 PTR: NXDOMAIN\n"
				"2.0.192.in-addr.arpa. PTR: NXDOMAIN");
	house_close(house);
}

static void headless_services_are_seen_by_their_endpoints_where_that_is_asked_for(void **state)
{
	(void)state;
	static const char objects[] =
		"Service web/db Headless\nSlice web/db-a of=db http=80/TCP db-0@10.0.0.1 10.0.0.2 !10.0.0.3\n"
		"Service web/out Headless out=192.0.2.1\nSlice web/out-a of=out http=80/TCP x@10.0.0.4\n"
		"Service web/cip ClusterIP 10.96.0.1\nSlice web/cip-a of=cip http=80/TCP y@10.0.0.5\n"
		"Service web/empty Headless";
	struct outside_options options = options_of(true);
	struct house *house = open_with(&options, NULL).house;
	house_show(house, objects);
	house_expect_all(house,
			 "db.web.example.org. A: 10.0.0.1|10.0.0.2\n"
			 "db-0.db.web.example.org. A: 10.0.0.1\n"
			 "10-0-0-2.db.web.example.org. A: 10.0.0.2\n"
			 "10-0-0-1.db.web.example.org. A: NXDOMAIN\n"
			 "db-0.db.web.example.org. SRV: 0 100 80 db-0.db.web.example.org.\n"
			 "_http._tcp.db.web.example.org. SRV: 0 50 80 db-0.db.web.example.org.|0 50 80 "
			 "10-0-0-2.db.web.example.org.\n"
			 "out.web.example.org. A: 192.0.2.1\n"
			 "x.out.web.example.org. A: NXDOMAIN\n"
			 "cip.web.example.org. A: NXDOMAIN\n"
			 "y.cip.web.example.org. A: NXDOMAIN\n"
			 "empty.web.example.org. A: NXDOMAIN");
	house_show(house, "Slice web/db-a of=db http=80/TCP db-0@10.0.0.9");
	house_expect_all(house, "db.web.example.org. A: 10.0.0.9\n"
				"10-0-0-2.db.web.example.org. A: NXDOMAIN");
	house_show(house, "Service web/db Headless out=192.0.2.4");
	house_expect_all(house, "db.web.example.org. A: 192.0.2.4\n"
				"db-0.db.web.example.org. A: NXDOMAIN");
	house_close(house);
	options = options_of(false);
	house = open_with(&options, NULL).house;
	house_show(house, objects);
	house_expect_all(house, "db.web.example.org. A: NXDOMAIN\n"
				"out.web.example.org. A: 192.0.2.1");
	house_close(house);
}

static void big_headless_services_are_seen_whole(void **state)
{
	(void)state;
	struct outside_options options = options_of(true);
	struct house *house = open_with(&options, NULL).house;
	struct many many = { "default/big-a", "big", "http=80/TCP", NULL, 0, 700 };
	house_put(house, "Service default/big Headless");
	house_put_many(house, &many);
	many.slice = "default/big-b"; /* some are in both */
	many.from = 600;
	house_put_many(house, &many);
	assert_true(answers_publish(house->answers));
	struct asked asked = house_ask(house, "big.default.example.org. A");
	assert_int_equal(ldns_pkt_ancount(asked.packet), 1300);
	ldns_pkt_free(asked.packet);
	house_expect(house, "10-1-2-3.big.default.example.org. A", "10.1.2.3");
	house_close(house);
}

static void the_apex_names_a_server_that_is_found_from_outside(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, "10.0.0.53").house;
	house_expect_all(house, "example.org. NS: ns1.dns.example.org.\n"
				"NS1.dns.example.org. A: 10.0.0.53\n"
				"ns1.dns.example.org. AAAA: NODATA\n"
				"dns.example.org. A: NODATA\n"
				"ns2.dns.example.org. A: NXDOMAIN\n"
				"a.ns1.dns.example.org. A: NXDOMAIN\n"
				"dns-version.example.org. TXT: NXDOMAIN\n"
				"example.org. A: NODATA");
	house_expect_glue(house, "example.org. NS", "ns1.dns.example.org. A 10.0.0.53");
	house_show(house, "Service default/kube-dns ClusterIP 10.96.0.10 dns=53/UDP out=192.0.2.53\n"
			  "Slice default/kube-dns-a of=kube-dns dns=53/UDP 10.0.0.53");
	house_expect_all(house, "example.org. NS: ns1.dns.example.org.\n"
				"ns1.dns.example.org. A: 192.0.2.53");
	house_show(house, "Service default/kube-dns ClusterIP 10.96.0.10 dns=53/UDP out=192.0.2.54");
	house_expect(house, "ns1.dns.example.org. A", "192.0.2.54");
	house_show(house, "Service default/kube-dns ClusterIP 10.96.0.10 dns=53/UDP");
	house_expect_all(house, "example.org. NS: ns1.dns.example.org.\n"
				"ns1.dns.example.org. A: NODATA");
	house_close(house);
}

static void the_soa_has_the_names_of_the_apex(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	options.apex = "Sub.names";
	struct house *house = open_with(&options, "10.0.0.53").house;
	struct asked asked = house_ask(house, "example.org. SOA");
	char *text = answer_text(&asked);
	assert_non_null(strstr(text, "ns1.sub.names.example.org. hostmaster.sub.names.example.org. "));
	assert_non_null(strstr(text, " 7200 1800 86400 5"));
	ldns_pkt_free(asked.packet);
	house_expect_all(house, "example.org. NS: ns1.sub.names.example.org.\n"
				"ns1.sub.names.example.org. A: 10.0.0.53\n"
				"sub.names.example.org. A: NODATA\n"
				"names.example.org. A: NODATA\n"
				"dns.example.org. A: NODATA"); /* a namespace */
	house_close(house);
}

static void a_namespace_called_as_the_apex_is_not_seen(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, "10.0.0.53").house;
	house_show(house,
		   "Service dns/ns1 ClusterIP out=192.0.2.66\nService web/ns1 ClusterIP out=192.0.2.67");
	house_expect_all(house, "ns1.dns.example.org. A: 10.0.0.53\n"
				"dns.example.org. A: NODATA\n"
				"192.0.2.66 PTR: NXDOMAIN\n"
				"ns1.web.example.org. A: 192.0.2.67");
	house_hide(house, "Namespace dns");
	house_expect_all(house, "dns.example.org. A: NODATA\n"
				"ns1.dns.example.org. A: 10.0.0.53");
	house_close(house);
}

/* names.md 16 */
static void before_the_cluster_is_read_names_of_it_are_not_denied(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, "10.0.0.53").house;
	catalog_set_synced(house->catalog, false);
	answers_publish(house->answers);
	house_expect_all(house, "gone.web.example.org. A: NOT_READY\n"
				"web.example.org. A: NOT_READY\n"
				"gone.example.org. A: NOT_READY\n"
				"ns1.dns.example.org. A: NOT_READY\n"
				"example.org. NS: NOT_READY\n"
				"192.0.2.66 PTR: NOT_READY\n"
				"dns.example.org. A: NODATA\n"
				"example.org. A: NODATA");
	house_close(house);
}

static void only_what_is_seen_moves_the_serial(void **state)
{
	(void)state;
	struct outside_options options = options_of(false);
	struct house *house = open_with(&options, NULL).house;
	house_show(house, "Service web/shop ClusterIP 10.96.0.10 out=192.0.2.1");
	uint32_t serial = house_serial(house, "example.org.");
	house_show(house, "Service web/shop ClusterIP 10.96.0.12 out=192.0.2.1");
	assert_int_equal(house_serial(house, "example.org."), serial);
	house_show(house, "Service web/shop ClusterIP 10.96.0.12 out=192.0.2.2");
	assert_true(house_serial(house, "example.org.") > serial);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_has_its_addresses_from_outside),
		cmocka_unit_test(ports_are_found_at_the_service_and_at_their_names),
		cmocka_unit_test(a_load_balancer_with_a_name_is_an_alias),
		cmocka_unit_test(an_address_leads_back_to_its_service),
		cmocka_unit_test(headless_services_are_seen_by_their_endpoints_where_that_is_asked_for),
		cmocka_unit_test(big_headless_services_are_seen_whole),
		cmocka_unit_test(the_apex_names_a_server_that_is_found_from_outside),
		cmocka_unit_test(the_soa_has_the_names_of_the_apex),
		cmocka_unit_test(a_namespace_called_as_the_apex_is_not_seen),
		cmocka_unit_test(before_the_cluster_is_read_names_of_it_are_not_denied),
		cmocka_unit_test(only_what_is_seen_moves_the_serial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
