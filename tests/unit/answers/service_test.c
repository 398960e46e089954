/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static const char *const set_zones[] = { "cluster.local.", "clusterset.local.", "in-addr.arpa." };

static struct house *open_multicluster(struct cluster_options options)
{
	options.zones = set_zones;
	options.zone_count = COUNT_OF(set_zones);
	options.multicluster = set_zones + 1;
	options.multicluster_count = 1;
	return house_open(&options);
}

/* names.md 3 */
static void a_cluster_ip_service_has_its_addresses_whatever_its_endpoints(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1 fd00::1 http=80/TCP\n"
		   "Service default/six ClusterIP fd00::2\nService default/none ClusterIP http=80/TCP\n"
		   "Slice default/w of=web http=8080/TCP 10.0.0.1\n");
	house_expect_all(house,
			 "web.default.svc A: 10.96.0.1\nweb.default.svc AAAA: fd00::1\n"
			 "web.default.svc SRV: 0 50 80 web.default.svc\n"
			 "web.default.svc CNAME: NODATA\nweb.default.svc HTTPS: NODATA\nweb.default.svc SOA: NODATA\n"
			 "web.default.svc NS: NODATA\nweb.default.svc TYPE65534: NODATA\n"
			 "six.default.svc A: NODATA\nsix.default.svc AAAA: fd00::2\nsix.default.svc SRV: NODATA\n"
			 "none.default.svc A: NODATA\nnone.default.svc CNAME: NODATA\n" /* D25 */
			 "default.svc A: NODATA\nnowhere.svc A: NXDOMAIN\n");
	house_close(house);
}

/* names.md 3: in clusterIPs order */
static void cluster_ips_keep_their_order(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/web ClusterIP 10.96.0.9 10.96.0.1 10.96.0.5");
	struct asked asked = house_ask(house, "web.default.svc A");
	static const uint8_t last[] = { 9, 1, 5 };
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ldns_rdf_data(ldns_rr_rdf(
					 ldns_rr_list_rr(ldns_pkt_answer(asked.packet), i), 0))[3],
				 last[i]);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 4: without an endpoint it does not exist, whatever the type. */
static void a_headless_service_exists_as_long_as_it_has_endpoints(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_put(house,
		  "Service default/db Headless x=1/TCP\nSlice default/a of=db x=1/TCP !10.0.0.1");
	answers_publish(house->answers);
	house_expect_all(house,
			 "db.default.svc A: NXDOMAIN\ndb.default.svc TXT: NXDOMAIN\n"
			 "_x._tcp.db.default.svc SRV: NXDOMAIN\n_tcp.db.default.svc SRV: NXDOMAIN\n");
	house_show(house, "Slice default/b of=db IPv6 fd00::1");
	house_expect_all(house,
			 "db.default.svc A: NODATA\ndb.default.svc AAAA: fd00::1\ndb.default.svc SRV: NODATA\n"
			 "_x._tcp.db.default.svc SRV: NXDOMAIN\n_tcp.db.default.svc SRV: NXDOMAIN\n");
	house_show(house, "Slice default/a of=db x=1/TCP 10.0.0.1");
	house_expect_all(house,
			 "db.default.svc A: 10.0.0.1\n_x._tcp.db.default.svc SRV: 0 100 1 10-0-0-1.db.default.svc\n"
			 "_tcp.db.default.svc SRV: NODATA\n");
	house_close(house);
}

/* names.md 2, D6: `_PROTO` exists iff an SRV name of that protocol does, of a headless service from its slices. */
static void protocols_exist_above_their_ports_only(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1 a=1/TCP b=2/UDP c=3/SCTP =4/TCP d=5/OTHER\n"
		   "Service default/one ClusterIP 10.96.0.2 =4/TCP\n"
		   "Service default/db Headless a=1/TCP\nSlice default/a of=db b=2/UDP c=-/TCP 10.0.0.1\n");
	house_expect_all(house,
			 "_tcp.web.default.svc A: NODATA\n_udp.web.default.svc A: NODATA\n_sctp.web.default.svc A: NODATA\n"
			 "_a._tcp.web.default.svc SRV: 0 100 1 web.default.svc\n"
			 "_a._tcp.web.default.svc A: NODATA\n_a._tcp.web.default.svc TXT: NODATA\n"
			 "_c._sctp.web.default.svc SRV: 0 100 3 web.default.svc\n"
			 "_d._other.web.default.svc SRV: NXDOMAIN\n"
			 "_tcp.one.default.svc A: NXDOMAIN\n_udp.one.default.svc A: NXDOMAIN\n"
			 "_tcp.db.default.svc A: NXDOMAIN\n_a._tcp.db.default.svc SRV: NXDOMAIN\n"
			 "_c._tcp.db.default.svc SRV: NXDOMAIN\n_udp.db.default.svc A: NODATA\n"
			 "_b._udp.db.default.svc SRV: 0 100 2 10-0-0-1.db.default.svc\n");
	house_show(house, "Service default/web ClusterIP 10.96.0.1 z=1/TCP");
	house_expect_all(
		house,
		"_a._tcp.web.default.svc SRV: NXDOMAIN\n_udp.web.default.svc A: NXDOMAIN\n"
		"_z._tcp.web.default.svc SRV: 0 100 1 web.default.svc\n_tcp.web.default.svc A: NODATA\n");
	house_close(house);
}

/* names.md 5.3 */
static void the_short_form_is_for_a_service_named_as_its_namespace(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Namespace etcd\nNamespace web\nNamespace other\n"
		   "Service etcd/etcd Headless\nSlice etcd/a of=etcd etcd-client=2379/TCP etcd-0@10.0.0.1 10.0.0.2\n"
		   "Service web/web ClusterIP 10.96.0.1 http=80/TCP http=80/UDP\nService other/etcd ClusterIP 10.96.0.2 y=1/TCP\n");
	house_expect_all(
		house,
		"_etcd-client._tcp.etcd.svc SRV: 0 50 2379 etcd-0.etcd.etcd.svc|0 50 2379 10-0-0-2.etcd.etcd.svc\n"
		"_etcd-client._tcp.etcd.svc A: NODATA\n"
		"_ETCD-Client._TCP.Etcd.svc SRV: 0 50 2379 etcd-0.etcd.etcd.svc|0 50 2379 10-0-0-2.etcd.etcd.svc\n"
		"_etcd-client-ssl._tcp.etcd.svc SRV: NXDOMAIN\n"
		"_tcp.etcd.svc SRV: NODATA\n_udp.etcd.svc SRV: NXDOMAIN\n"
		"etcd.svc SRV: NODATA\netcd-0.etcd.svc A: NXDOMAIN\n10-0-0-2.etcd.svc A: NXDOMAIN\n"
		"etcd-client._tcp.etcd.svc SRV: NXDOMAIN\n_etcd-client.tcp.etcd.svc SRV: NXDOMAIN\n"
		"_http._tcp.web.svc SRV: 0 100 80 web.web.svc\n_http._udp.web.svc SRV: 0 100 80 web.web.svc\n"
		"_y._tcp.other.svc SRV: NXDOMAIN\n_tcp.other.svc SRV: NXDOMAIN\n"
		"_etcd-client._tcp.etcd.svc.in-addr.arpa. SRV: NXDOMAIN\n");
	house_expect_glue(house, "_etcd-client._tcp.etcd.svc SRV",
			  "10-0-0-2.etcd.etcd.svc A 10.0.0.2|etcd-0.etcd.etcd.svc A 10.0.0.1");
	house_expect_glue(house, "_http._tcp.web.svc SRV", "web.web.svc A 10.96.0.1");
	house_hide(house, "Namespace etcd");
	house_expect_all(house,
			 "_etcd-client._tcp.etcd.svc SRV: NXDOMAIN\n_tcp.etcd.svc SRV: NXDOMAIN\n");
	house_show(house, "Namespace etcd");
	house_hide(house, "Slice etcd/a");
	house_expect_all(house,
			 "_etcd-client._tcp.etcd.svc SRV: NXDOMAIN\n_tcp.etcd.svc SRV: NXDOMAIN\n");
	house_close(house);
}

/* names.md 14 `shorthand off`, 17 "No shorthand" */
static void the_short_form_can_be_switched_off_and_is_not_for_imports(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = open_multicluster(options);
	house_show(house,
		   "Namespace db\nImport db/db ClusterSetIP 10.2.0.1 x=1/TCP\nService db/db ClusterIP 10.96.0.1 x=1/TCP");
	house_expect_all(
		house,
		"_x._tcp.db.svc.clusterset.local. SRV: NXDOMAIN\n_x._tcp.db.svc SRV: 0 100 1 db.db.svc\n");
	house_close(house);
	options.shorthand = false;
	house = house_open(&options);
	house_show(house, "Namespace db\nService db/db ClusterIP 10.96.0.1 x=1/TCP");
	house_expect_all(
		house,
		"_x._tcp.db.svc SRV: NXDOMAIN\n_tcp.db.svc SRV: NXDOMAIN\n_x._tcp.db.db.svc SRV: 0 100 1 db.db.svc\n");
	house_close(house);
}

/* names.md 6, D8 */
static void an_external_name_is_an_alias_as_it_is_spelled(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/far ExternalName Far.Example.COM\nService default/one ExternalName one\n"
		   "Service default/ports ExternalName far.example. http=80/TCP\n"
		   "Slice default/s of=far http=80/TCP h@10.0.0.1");
	house_expect_all(
		house,
		"far.default.svc CNAME: Far.Example.COM.\nfar.default.svc A: Far.Example.COM.\n"
		"far.default.svc SRV: Far.Example.COM.\nfar.default.svc SOA: Far.Example.COM.\n"
		"far.default.svc ANY: Far.Example.COM.\none.default.svc CNAME: one.\n"
		"x.far.default.svc A: NXDOMAIN\nh.far.default.svc A: NXDOMAIN\n"
		"_http._tcp.ports.default.svc SRV: NXDOMAIN\n_tcp.ports.default.svc SRV: NXDOMAIN\n");
	struct asked asked = house_ask(house, "far.default.svc A");
	assert_int_equal(asked.kind, ANSWER_ALIAS);
	ldns_pkt_free(asked.packet);
	asked = house_ask(house, "far.default.svc CNAME");
	assert_int_equal(asked.kind, ANSWER_FOUND);
	ldns_pkt_free(asked.packet);
	house_show(house, "Service default/far ExternalName other.example.");
	house_expect(house, "far.default.svc CNAME", "other.example.");
	house_show(house, "Service default/far ClusterIP 10.96.0.1"); /* section 19: no stale CNAME */
	house_expect_all(
		house,
		"far.default.svc A: 10.96.0.1\nfar.default.svc CNAME: NODATA\nh.far.default.svc A: 10.0.0.1\n");
	house_close(house);
}

/* names.md 6: an address, or nothing, is no alias. */
static void an_external_name_that_is_an_address_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = { "10.0.0.1",
					     "10.0.0.1.",
					     "10.0.0.011",
					     "fd00::1",
					     "::ffff:10.0.0.1",
					     "",
					     ".",
					     "2001:db8:0000:0000:0000:0000:0000:0001." };
	struct house *house = house_open_plain();
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct text line = { 0 };
		text_printf(&line, "Service default/far ExternalName %s", texts[i]);
		house_put(house, line.data);
		answers_publish(house->answers);
		house_expect_all(house,
				 "far.default.svc CNAME: NXDOMAIN\nfar.default.svc A: NXDOMAIN\n");
		text_done(&line);
	}
	house_show(house, "Service default/far ExternalName 10.0.0.1.example");
	house_expect(house, "far.default.svc CNAME", "10.0.0.1.example.");
	house_close(house);
}

/* names.md 14 */
static void empty_services_may_be_hidden(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.ignore_empty_service = true;
	struct house *house = open_multicluster(options);
	house_put(house,
		  "Namespace web\nService web/web ClusterIP 10.96.0.1 http=80/TCP\nService web/far ExternalName far.example.\n"
		  "Import web/imp ClusterSetIP 10.2.0.1 x=1/TCP\nSlice web/a of=web http=80/TCP !10.0.0.1");
	answers_publish(house->answers);
	house_expect_all(house,
			 "web.web.svc A: NXDOMAIN\nweb.web.svc TXT: NXDOMAIN\n_http._tcp.web.web.svc SRV: NXDOMAIN\n"
			 "_tcp.web.web.svc A: NXDOMAIN\n_http._tcp.web.svc SRV: NXDOMAIN\nfar.web.svc CNAME: far.example.\n"
			 "imp.web.svc.clusterset.local. A: NXDOMAIN\n");
	house_show(house, "Slice web/a of=web http=80/TCP 10.0.0.1");
	house_expect_all(house, "web.web.svc A: 10.96.0.1\n_http._tcp.web.svc SRV: 0 100 80 web.web.svc\n"
				"10.0.0.1 PTR: 10-0-0-1.web.web.svc\n");
	house_show(house, "Slice web/i import=imp cluster=east x=1/TCP 10.0.0.2");
	house_expect(house, "imp.web.svc.clusterset.local. A", "10.2.0.1");
	house_hide(house, "Slice web/a");
	house_expect_all(house, "web.web.svc A: NXDOMAIN\n_http._tcp.web.svc SRV: NXDOMAIN\n");
	house_show(house,
		   "Slice web/a of=web FQDN 10.0.0.1\nService web/web ClusterIP 10.96.0.1 unready\nSlice web/b of=web !10.0.0.1");
	house_expect(house, "web.web.svc A", "10.96.0.1");
	house_close(house);
}

/* names.md 17 */
static void imports_answer_in_their_zone_and_services_in_theirs(void **state)
{
	(void)state;
	struct house *house = open_multicluster(house_options());
	house_show(house,
		   "Import default/a ClusterSetIP 10.2.0.1 fd00::2 x=1/TCP =2/UDP\nImport default/none ClusterSetIP x=1/TCP\n"
		   "Import default/empty Headless\nService default/b ClusterIP 10.96.0.1\nImport nowhere/c ClusterSetIP 10.2.0.9");
	house_expect_all(
		house,
		"a.default.svc.clusterset.local. A: 10.2.0.1\na.default.svc.clusterset.local. AAAA: fd00::2\n"
		"_x._tcp.a.default.svc.clusterset.local. SRV: 0 50 1 a.default.svc.clusterset.local.\n"
		"_tcp.a.default.svc.clusterset.local. A: NODATA\n"
		"a.default.svc.clusterset.local. SRV: 0 25 1 a.default.svc.clusterset.local.|"
		"0 25 2 a.default.svc.clusterset.local.\n"
		"none.default.svc.clusterset.local. A: NODATA\n_x._tcp.none.default.svc.clusterset.local. SRV: NODATA\n"
		"empty.default.svc.clusterset.local. A: NXDOMAIN\n"
		"b.default.svc.clusterset.local. A: NXDOMAIN\na.default.svc A: NXDOMAIN\n"
		"c.nowhere.svc.clusterset.local. A: NXDOMAIN\n10.2.0.1 PTR: NXDOMAIN\n10.96.0.1 PTR: b.default.svc\n");
	house_expect_glue(
		house, "_x._tcp.a.default.svc.clusterset.local. SRV",
		"a.default.svc.clusterset.local. A 10.2.0.1|a.default.svc.clusterset.local. AAAA fd00::2");
	house_expect_denial_ttl(house, "empty.default.svc.clusterset.local. A", 1);
	house_show(house, "Slice default/s import=empty cluster=east x=7/TCP h@10.0.0.1");
	house_expect_all(
		house,
		"empty.default.svc.clusterset.local. A: 10.0.0.1\n"
		"_x._tcp.empty.default.svc.clusterset.local. SRV: 0 100 7 h.east.empty.default.svc.clusterset.local.\n");
	house_expect_glue(house, "_x._tcp.empty.default.svc.clusterset.local. SRV",
			  "h.east.empty.default.svc.clusterset.local. A 10.0.0.1");
	house_hide(house, "Import default/empty");
	house_expect_all(house, "empty.default.svc.clusterset.local. A: NXDOMAIN\n"
				"h.east.empty.default.svc.clusterset.local. A: NXDOMAIN\n"
				"east.empty.default.svc.clusterset.local. A: NXDOMAIN\n");
	house_close(house);
}

static void too_many_named_ports_are_told_of_the_object_that_has_them(void **state)
{
	(void)state;
	static const char *const objects[] = { "Service default/a ClusterIP 10.96.0.1",
					       "Import default/b ClusterSetIP 10.2.0.1" };
	static const char *const told[] = { "Service default/a: more than 256 named ports",
					    "ServiceImport default/b: more than 256 named ports" };
	struct house *house = open_multicluster(house_options());
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		struct text line = { 0 };
		text_add(&line, objects[i]);
		for (unsigned port = 1; port <= 257; port++)
			text_printf(&line, " p%u=%u/TCP", port, port);
		house_show(house, line.data);
		house_expect_complaint(house, told[i]);
		text_done(&line);
	}
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cluster_ip_service_has_its_addresses_whatever_its_endpoints),
		cmocka_unit_test(cluster_ips_keep_their_order),
		cmocka_unit_test(a_headless_service_exists_as_long_as_it_has_endpoints),
		cmocka_unit_test(protocols_exist_above_their_ports_only),
		cmocka_unit_test(the_short_form_is_for_a_service_named_as_its_namespace),
		cmocka_unit_test(the_short_form_can_be_switched_off_and_is_not_for_imports),
		cmocka_unit_test(an_external_name_is_an_alias_as_it_is_spelled),
		cmocka_unit_test(an_external_name_that_is_an_address_is_none),
		cmocka_unit_test(empty_services_may_be_hidden),
		cmocka_unit_test(imports_answer_in_their_zone_and_services_in_theirs),
		cmocka_unit_test(too_many_named_ports_are_told_of_the_object_that_has_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
