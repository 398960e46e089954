/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"
#include "zones.h"

static void add_line(void *context, const char *line)
{
	text_add(context, line);
	text_add(context, "\n");
}

static struct text dump(struct catalog *catalog, const char *only)
{
	struct text text = { 0 };
	uint8_t name[DNS_NAME_MAX], size;
	assert_true(only == NULL || name_parse(only, name, &size));
	text_add(&text, "");
	catalog_dump(catalog, only == NULL ? NULL : name, add_line, &text);
	return text;
}

/* Blanks for tabs. */
static void expect_dump(struct catalog *catalog, const char *only, const char *expected)
{
	struct text text = dump(catalog, only);
	for (size_t i = 0; i < text.size; i++)
		text.data[i] = text.data[i] == '\t' ? ' ' : text.data[i];
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static size_t count_lines(const struct text *text, const char *with)
{
	size_t count = 0;
	for (const char *line = text->data; *line != '\0'; line = strchr(line, '\n') + 1) {
		char *end = strchr(line, '\n');
		*end = '\0';
		count += strstr(line, with) != NULL;
		*end = '\n';
	}
	return count;
}

static void a_zone_is_told_in_order_with_its_soa_first(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA "@ A 10.0.0.9\nz A 10.0.0.1\nb.a TXT \"x \\\"y\" z\n*.a MX 10 z\nz AAAA fd00::1\n"
		    "z A 10.0.0.2\nsub NS ns.sub\nns.sub A 10.0.0.3\nZ.b CNAME Z\n");
	expect_dump(shop.catalog, NULL,
		    "example. 600 IN SOA ns.example. host.example. 7 7200 1800 86400 60\n"
		    "example. 300 IN A 10.0.0.9\n"
		    "*.a.example. 300 IN MX 10 z.example.\n"
		    "b.a.example. 300 IN TXT \"x \\\"y\" \"z\"\n"
		    "z.b.example. 300 IN CNAME Z.example.\n"
		    "sub.example. 300 IN NS ns.sub.example.\n"
		    "ns.sub.example. 300 IN A 10.0.0.3\n"
		    "z.example. 300 IN A 10.0.0.1\n"
		    "z.example. 300 IN A 10.0.0.2\n"
		    "z.example. 300 IN AAAA fd00::1\n");
	expect_dump(shop.catalog, "a.example.",
		    "*.a.example. 300 IN MX 10 z.example.\n"
		    "b.a.example. 300 IN TXT \"x \\\"y\" \"z\"\n");
	expect_dump(shop.catalog, "nowhere.", "");
	close_shop(&shop);
}

static void what_was_told_is_the_zone_again(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA
		"@ NS ns\n\\@ TXT at\n\\\"q\\\" TXT \"\\\\ \\;\" \"\\007\"\n\\$x A 10.0.0.1\na\\.b\\032c A 10.0.0.2\n"
		"\\000\\255 A 10.0.0.3\n_s._tcp SRV 1 2 3 a\\.b\\032c\nm MX 5 \\@\nt TYPE65534 \\# 3 010203\n"
		"c CAA 0 issue \"ca.example.net\"\nh HINFO \"a b\" \"\"\nl LOC 42 21 54 N 71 06 18 W -24m 30m\n"
		"n NAPTR 100 50 \"s\" \"http\" \"!^.*$!x!\" rep\nk DNSKEY 257 3 13 "
		"mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==\n"
		"q PTR *.example.\nd DNAME other.\nsub NS ns.sub\nns.sub A 10.0.0.3\nns.sub AAAA ::1\n");
	struct text text = dump(shop.catalog, NULL);
	struct error error = { 0 };
	if (!load_zone(shop.catalog, "example.", text.data, &error))
		fail_msg("%s", error.text);
	assert_false(answers_publish(shop.answers));
	text_done(&text);
	close_shop(&shop);
}

static void data_that_ldns_cannot_read_are_told_as_octets(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	struct zone_load *load = zone_load_begin(shop.catalog, "example.");
	assert_true(load_text(load, "example.", SOA, NULL));
	assert_true(zone_load_add(load, (const uint8_t *)"\1t\7example", TYPE_TXT, 5,
				  (const uint8_t *)"\5ab", 3, NULL));
	assert_true(zone_load_end(load, NULL));
	answers_publish(shop.answers);
	expect_dump(shop.catalog, "t.example.", "t.example. 5 IN TYPE16 \\# 3 056162\n");
	close_shop(&shop);
}

static void a_zone_below_another_is_told_by_itself(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "sub NS ns.sub\nns.sub A 10.0.0.1\nsuc A 10.0.0.2\n");
	expect_load(&shop, "sub.example.", "@ SOA ns host 1 2 3 4 5\nwww A 10.0.0.3\n");
	answers_publish(shop.answers);
	expect_dump(shop.catalog, NULL,
		    "example. 600 IN SOA ns.example. host.example. 7 7200 1800 86400 60\n"
		    "suc.example. 300 IN A 10.0.0.2\n"
		    "sub.example. 300 IN SOA ns.sub.example. host.sub.example. 1 2 3 4 5\n"
		    "www.sub.example. 300 IN A 10.0.0.3\n");
	close_shop(&shop);
}

static void a_catalog_that_was_never_shown_is_silent(void **state)
{
	(void)state;
	struct answers *answers = answers_new();
	expect_dump(answers_add_static(answers), NULL, "");
	answers_free(answers);
}

/* ---- clusters ---- */

static void a_cluster_is_told_with_what_is_computed(void **state)
{
	(void)state;
	clock_set(0, 1000000000);
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, "Namespace web\n"
			  "Service web/shop ClusterIP 10.96.0.10 http=80/TCP\n"
			  "Service web/db Headless pg=5432/TCP\n"
			  "Slice web/db-a of=db IPv4 pg=5432/TCP db-0@10.0.0.2 10.0.0.3\n"
			  "Service web/far ExternalName Far.Example.\n");
	char expected[4096];
	unsigned serial = house_serial(house, "cluster.local."),
		 reverse = house_serial(house, "in-addr.arpa.");
	snprintf(expected, sizeof expected,
		 "cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. %u 7200 1800 86400 5\n"
		 "dns-version.cluster.local. 28800 IN TXT \"1.1.0\"\n"
		 "db.web.svc.cluster.local. 30 IN A 10.0.0.2\n"
		 "db.web.svc.cluster.local. 30 IN A 10.0.0.3\n"
		 "db.web.svc.cluster.local. 30 IN SRV 0 50 5432 db-0.db.web.svc.cluster.local.\n"
		 "db.web.svc.cluster.local. 30 IN SRV 0 50 5432 10-0-0-3.db.web.svc.cluster.local.\n"
		 "10-0-0-3.db.web.svc.cluster.local. 30 IN A 10.0.0.3\n"
		 "10-0-0-3.db.web.svc.cluster.local. 30 IN SRV 0 100 5432 10-0-0-3.db.web.svc.cluster.local.\n"
		 "_pg._tcp.db.web.svc.cluster.local. 30 IN SRV 0 50 5432 db-0.db.web.svc.cluster.local.\n"
		 "_pg._tcp.db.web.svc.cluster.local. 30 IN SRV 0 50 5432 10-0-0-3.db.web.svc.cluster.local.\n"
		 "db-0.db.web.svc.cluster.local. 30 IN A 10.0.0.2\n"
		 "db-0.db.web.svc.cluster.local. 30 IN SRV 0 100 5432 db-0.db.web.svc.cluster.local.\n"
		 "far.web.svc.cluster.local. 30 IN CNAME Far.Example.\n"
		 "shop.web.svc.cluster.local. 30 IN A 10.96.0.10\n"
		 "shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n"
		 "_http._tcp.shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n"
		 "in-addr.arpa. 30 IN SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. %u 7200 1800 86400 5\n"
		 "2.0.0.10.in-addr.arpa. 30 IN PTR db-0.db.web.svc.cluster.local.\n"
		 "3.0.0.10.in-addr.arpa. 30 IN PTR 10-0-0-3.db.web.svc.cluster.local.\n"
		 "10.0.96.10.in-addr.arpa. 30 IN PTR shop.web.svc.cluster.local.\n"
		 "ip6.arpa. 30 IN SOA ns.dns.ip6.arpa. hostmaster.ip6.arpa. %u 7200 1800 86400 5\n",
		 serial, reverse, reverse);
	expect_dump(house->catalog, NULL, expected);
	expect_dump(house->catalog, "shop.web.svc.cluster.local.",
		    "shop.web.svc.cluster.local. 30 IN A 10.96.0.10\n"
		    "shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n"
		    "_http._tcp.shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n"
		    "10.0.96.10.in-addr.arpa. 30 IN PTR shop.web.svc.cluster.local.\n");
	house_close(house);
	clock_release();
}

/* Asks for the record of a line and sees it in the answer. */
static void expect_said(struct house *house, const char *line)
{
	ldns_rr *rr = NULL;
	assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
	char *owner = ldns_rdf2str(ldns_rr_owner(rr)), *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	struct asked asked = ask(house->answers, house->catalog, owner, type, 0);
	ldns_rr_list *answer = ldns_pkt_answer(asked.packet);
	bool is_said = false;
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++)
		is_said |= ldns_rr_compare(ldns_rr_list_rr(answer, i), rr) == 0 &&
			   ldns_rr_ttl(ldns_rr_list_rr(answer, i)) == ldns_rr_ttl(rr);
	if (!is_said)
		fail_msg("not answered: %s", line);
	ldns_pkt_free(asked.packet);
	ldns_rr_free(rr);
	free(owner);
	free(type);
}

static void every_line_is_what_is_answered(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "other.", "clusterset.local.",
					     "in-addr.arpa.", "ip6.arpa." };
	struct cluster_options options = house_options();
	struct ip local;
	assert_true(ip_parse("10.0.0.53", &local));
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = &zones[2];
	options.multicluster_count = 1;
	options.pods = CLUSTER_PODS_VERIFIED;
	options.zonal = true;
	options.local_addresses = &local;
	options.local_address_count = 1;
	struct house *house = house_open(&options);
	house_show(house,
		   "Namespace kube\nNamespace etcd\n"
		   "Service kube/dns ClusterIP 10.96.0.10 fd00::10 dns=53/UDP dns-tcp=53/TCP\n"
		   "Slice kube/dns-a of=dns IPv4 dns=53/UDP dns-tcp=53/TCP 10.0.0.53 10.0.0.54\n"
		   "Service etcd/etcd Headless etcd-client=2379/TCP\n"
		   "Slice etcd/etcd-a of=etcd IPv4 etcd-client=2379/TCP etcd-0@10.0.1.1 10.0.1.2%west 10.0.1.2\n"
		   "Slice etcd/etcd-b of=etcd IPv6 etcd-client=2379/TCP fd00::2 etcd-0@fd00::1 2001:db8::\n"
		   "Service etcd/also Headless =7/TCP\n"
		   "Slice etcd/also-a of=also IPv4 =7/TCP 10.0.1.2\n"
		   "Pod etcd/p 10.0.2.1\nPod kube/q 10.0.2.1\nPod etcd/r 10.0.2.1\n"
		   "Import etcd/db ClusterSetIP 10.2.0.1 pg=5432/TCP\nImport etcd/far Headless pg=5432/TCP\n"
		   "Slice etcd/far-a import=far cluster=east IPv4 pg=5432/TCP 10.3.0.1 h@10.3.0.2\n");
	struct text text = dump(house->catalog, NULL);
	char *rest = text.data, *line, *before = NULL;
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		expect_said(house, line);
		assert_true(before == NULL || strcmp(before, line) != 0);
		before = line;
	}
	text_done(&text);
	text = dump(house->catalog, NULL);
	assert_int_equal(count_lines(&text, ".pod.cluster.local.\t"), 2);
	assert_int_equal(count_lines(&text, "10-0-1-2.etcd.etcd.svc.cluster.local.\t30\tIN\tA\t"), 1);
	assert_int_equal(count_lines(&text, "10-0-1-2.also.etcd.svc.other.\t30\tIN\tA\t"), 1);
	assert_int_equal(count_lines(&text, "2.1.0.10.in-addr.arpa.\t30\tIN\tPTR\t"), 2);
	assert_int_equal(count_lines(&text,
				     "2001-db8--0.etcd.etcd.svc.cluster.local.\t30\tIN\tAAAA\t2001:db8::"),
			 1);
	assert_int_equal(count_lines(&text,
				     "h.east.far.etcd.svc.clusterset.local.\t30\tIN\tA\t10.3.0.2"),
			 1);
	assert_int_equal(count_lines(&text, "\tSOA\t"), COUNT_OF(zones));
	text_done(&text);
	house_close(house);
}

static void a_service_of_many_endpoints_is_told_whole(void **state)
{
	(void)state;
	enum { COUNT = 6000 };
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_put(house, "Service default/big Headless http=80/TCP\n");
	for (unsigned from = 0; from < COUNT; from += 1000) {
		char slice[32];
		snprintf(slice, sizeof slice, "default/big-%u", from);
		house_put_many(house, &(struct many){ .slice = slice,
						      .service = "big",
						      .ports = "http=80/TCP",
						      .from = from,
						      .count = 1000 });
	}
	answers_publish(house->answers);
	struct text text = dump(house->catalog, "big.default.svc.cluster.local.");
	assert_int_equal(count_lines(&text, "\tA\t"), 2 * COUNT); /* of the service, and each its own */
	assert_int_equal(count_lines(&text, "\tSRV\t"), 3 * COUNT); /* and of its port */
	assert_int_equal(count_lines(&text, "\tPTR\t"), COUNT);
	text_done(&text);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_told_in_order_with_its_soa_first),
		cmocka_unit_test(what_was_told_is_the_zone_again),
		cmocka_unit_test(data_that_ldns_cannot_read_are_told_as_octets),
		cmocka_unit_test(a_zone_below_another_is_told_by_itself),
		cmocka_unit_test(a_catalog_that_was_never_shown_is_silent),
		cmocka_unit_test(a_cluster_is_told_with_what_is_computed),
		cmocka_unit_test(every_line_is_what_is_answered),
		cmocka_unit_test(a_service_of_many_endpoints_is_told_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
