/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

/* names.md 4: several endpoints may share a hostname. */
static void a_hostname_has_all_addresses_that_bear_it(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db x=1/TCP h@10.0.0.1 h@10.0.0.2\n"
		   "Slice default/b of=db IPv6 x=1/TCP H@fd00::1\nSlice default/c of=db x=2/TCP h@10.0.0.1\n");
	house_expect_all(house,
			 "h.db.default.svc A: 10.0.0.1|10.0.0.2\nh.db.default.svc AAAA: fd00::1\n"
			 "h.db.default.svc SRV: 0 25 1 h.db.default.svc|0 25 2 h.db.default.svc\n"
			 "h.db.default.svc MX: NODATA\nx.h.db.default.svc A: NXDOMAIN\n");
	house_expect_glue(house, "h.db.default.svc SRV",
			  "h.db.default.svc A 10.0.0.1|h.db.default.svc A 10.0.0.2|"
			  "h.db.default.svc AAAA fd00::1");
	house_show(house, "Slice default/a of=db x=1/TCP h@10.0.0.2");
	house_expect(house, "h.db.default.svc A", "10.0.0.1|10.0.0.2");
	house_hide(house, "Slice default/c");
	house_expect_all(house,
			 "h.db.default.svc A: 10.0.0.2\nh.db.default.svc SRV: 0 50 1 h.db.default.svc\n");
	house_hide(house, "Slice default/a");
	house_expect_all(house, "h.db.default.svc A: NODATA\nh.db.default.svc AAAA: fd00::1\n");
	house_hide(house, "Slice default/b");
	house_expect(house, "h.db.default.svc AAAA", "NXDOMAIN");
	house_close(house);
}

/* names.md 4: endpoints of a ClusterIP service have names too; those of an ExternalName have none. */
static void hosts_follow_the_type_of_their_service(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db ClusterIP 10.96.0.1\nSlice default/a of=db x=1/TCP h@10.0.0.1 10.0.0.2");
	house_expect_all(house,
			 "h.db.default.svc A: 10.0.0.1\n10-0-0-2.db.default.svc A: 10.0.0.2\n"
			 "10.0.0.1 PTR: h.db.default.svc\n_x._tcp.db.default.svc SRV: NXDOMAIN\n");
	house_expect_denial_ttl(house, "h.db.default.svc MX", 5);
	house_show(house, "Service default/db Headless");
	house_expect(house, "h.db.default.svc A", "10.0.0.1");
	house_expect_denial_ttl(house, "h.db.default.svc MX", 1);
	house_show(house, "Service default/db ExternalName far.example.");
	house_expect_all(
		house,
		"h.db.default.svc A: NXDOMAIN\n10-0-0-2.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n");
	house_show(house, "Service default/db ClusterIP 10.96.0.1");
	house_expect_all(house,
			 "h.db.default.svc A: 10.0.0.1\n10.0.0.2 PTR: 10-0-0-2.db.default.svc\n");
	house_expect_denial_ttl(house, "h.db.default.svc MX", 5);
	house_hide(house, "Service default/db");
	house_expect_all(
		house,
		"h.db.default.svc A: NXDOMAIN\n10-0-0-2.db.default.svc A: NXDOMAIN\n10.0.0.2 PTR: NXDOMAIN\n");
	house_show(house, "Service default/db Headless");
	house_expect(house, "h.db.default.svc A", "10.0.0.1");
	house_close(house);
}

/* A hostname that is spelled as another endpoint's address: both are behind the name. */
static void a_hostname_may_spell_the_address_of_another(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db x=1/TCP 10-0-0-2@10.0.0.1 10.0.0.2");
	house_expect(house, "10-0-0-2.db.default.svc A", "10.0.0.1|10.0.0.2");
	house_show(house, "Slice default/a of=db x=1/TCP 10-0-0-2@10.0.0.1");
	house_expect(house, "10-0-0-2.db.default.svc A", "10.0.0.1");
	house_show(house, "Slice default/b of=db x=1/TCP 10.0.0.2");
	house_expect(house, "10-0-0-2.db.default.svc A", "10.0.0.1|10.0.0.2");
	house_show(house, "Slice default/a of=db x=1/TCP");
	house_expect_all(house,
			 "10-0-0-2.db.default.svc A: 10.0.0.2\n10-0-0-1.db.default.svc A: NXDOMAIN\n");
	house_close(house);
}

/* names.md 17: HOST.CLUSTER.SVC.NS.svc.CS, and CLUSTER may be several labels. */
static void hosts_of_imports_stand_below_their_cluster(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "clusterset.local.", "in-addr.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = zones + 1;
	options.multicluster_count = 1;
	struct house *house = house_open(&options);
	house_show(house,
		   "Import default/db Headless\nSlice default/e import=db cluster=east x=1/TCP h@10.0.0.1 10.0.0.2\n"
		   "Slice default/w import=db cluster=west.eu x=1/TCP h@10.0.0.1 h@10.0.0.3\n"
		   "Slice default/n import=db x=1/TCP 10.0.0.4\n");
	house_expect_all(house,
			 "db.default.svc.clusterset.local. A: 10.0.0.1|10.0.0.2|10.0.0.3|10.0.0.4\n"
			 "h.east.db.default.svc.clusterset.local. A: 10.0.0.1\n"
			 "10-0-0-2.east.db.default.svc.clusterset.local. A: 10.0.0.2\n"
			 "h.west.eu.db.default.svc.clusterset.local. A: 10.0.0.1|10.0.0.3\n"
			 "west.eu.db.default.svc.clusterset.local. A: NODATA\n"
			 "eu.db.default.svc.clusterset.local. A: NODATA\n"
			 "east.db.default.svc.clusterset.local. A: NODATA\n"
			 "west.db.default.svc.clusterset.local. A: NXDOMAIN\n"
			 "h.db.default.svc.clusterset.local. A: NXDOMAIN\n"
			 "10-0-0-2.db.default.svc.clusterset.local. A: NXDOMAIN\n"
			 "10-0-0-4.db.default.svc.clusterset.local. A: NXDOMAIN\n"
			 "db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n");
	house_show(house, "Slice default/e import=db cluster=south x=1/TCP h@10.0.0.1 10.0.0.2");
	house_expect_all(house, "east.db.default.svc.clusterset.local. A: NXDOMAIN\n"
				"h.east.db.default.svc.clusterset.local. A: NXDOMAIN\n"
				"h.south.db.default.svc.clusterset.local. A: 10.0.0.1\n"
				"10-0-0-2.south.db.default.svc.clusterset.local. A: 10.0.0.2\n");
	house_show(house, "Import default/db ClusterSetIP 10.2.0.1"); /* D21 */
	house_expect_all(house, "db.default.svc.clusterset.local. A: 10.2.0.1\n"
				"south.db.default.svc.clusterset.local. A: NXDOMAIN\n"
				"h.south.db.default.svc.clusterset.local. A: NXDOMAIN\n");
	house_close(house);
}

/* The host "a" of cluster "b" is where the cluster "a.b" has an empty name: the host is told. */
static void a_host_of_an_import_wins_over_an_empty_name(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "clusterset.local." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = zones + 1;
	options.multicluster_count = 1;
	struct house *house = house_open(&options);
	house_show(house,
		   "Import default/db Headless\nSlice default/x import=db cluster=a.b x=1/TCP h@10.0.0.1");
	house_expect(house, "a.b.db.default.svc.clusterset.local. A", "NODATA");
	house_show(house, "Slice default/y import=db cluster=b x=1/TCP a@10.0.0.2");
	house_expect(house, "a.b.db.default.svc.clusterset.local. A", "10.0.0.2");
	house_hide(house, "Slice default/x");
	house_expect(house, "a.b.db.default.svc.clusterset.local. A", "10.0.0.2");
	house_show(house, "Slice default/x import=db cluster=a.b x=1/TCP h@10.0.0.1");
	house_hide(house, "Slice default/y");
	house_expect(house, "a.b.db.default.svc.clusterset.local. A", "NODATA");
	house_close(house);
}

static void hosts_with_limits_beyond_reason_tell_what_they_can(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	struct text line = { 0 };
	text_add(&line, "Slice default/a of=db x=1/TCP");
	for (unsigned i = 0; i < 700; i++)
		text_printf(&line, " h@10.0.%u.%u", i / 250, i % 250);
	house_put(house, "Service default/db Headless");
	house_show(house, line.data);
	text_done(&line);
	struct asked asked = house_ask(house, "h.db.default.svc A");
	assert_true(ldns_pkt_ancount(asked.packet) >= 256);
	ldns_pkt_free(asked.packet);
	house_expect(house, "h.db.default.svc SRV", "0 1 1 h.db.default.svc");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostname_has_all_addresses_that_bear_it),
		cmocka_unit_test(hosts_follow_the_type_of_their_service),
		cmocka_unit_test(a_hostname_may_spell_the_address_of_another),
		cmocka_unit_test(hosts_of_imports_stand_below_their_cluster),
		cmocka_unit_test(a_host_of_an_import_wins_over_an_empty_name),
		cmocka_unit_test(hosts_with_limits_beyond_reason_tell_what_they_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
