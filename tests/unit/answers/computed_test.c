/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static struct house *open_pods(enum cluster_pods pods)
{
	struct cluster_options options = house_options();
	options.pods = pods;
	return house_open(&options);
}

/* names.md 7 */
static void pods_are_denied_unless_asked_for(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_DISABLED);
	house_put(house, "Pod default/p 10.0.0.1");
	answers_publish(house->answers);
	house_expect_all(house,
			 "pod A: NODATA\ndefault.pod A: NXDOMAIN\n10-0-0-1.default.pod A: NXDOMAIN\n");
	house_close(house);
}

/* names.md 7, D14, D15 */
static void insecure_pods_are_whatever_the_name_says(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_INSECURE);
	house_expect_all(house, "10-0-0-1.default.pod A: 10.0.0.1\n"
				"10-0-0-1.DEFAULT.Pod.cluster.local. A: 10.0.0.1\n"
				"10-0-0-1.default.pod AAAA: NODATA\n"
				"10-0-0-1.default.pod SRV: NODATA\n"
				"10-0-0-1.default.pod TXT: NODATA\n"
				"10-0-0-1.default.pod ANY: 10.0.0.1\n"
				"2001-db8--6.default.pod AAAA: 2001:db8::6\n"
				"2001-DB8-0-0-0-0-0-6.default.pod AAAA: 2001:db8::6\n"
				"2001-db8--6.default.pod A: NODATA\n"
				"fd00-6--.default.pod AAAA: fd00:6::\n"
				"fd00-6--0.default.pod AAAA: fd00:6::\n"
				"--1.default.pod AAAA: ::1\n"
				"default.pod A: NODATA\n"
				"pod A: NODATA\n"
				"10-0-0-1.nowhere.pod A: NXDOMAIN\n"
				"nowhere.pod A: NXDOMAIN\n"
				"x.10-0-0-1.default.pod A: NXDOMAIN\n"
				"y.x.10-0-0-1.default.pod A: NXDOMAIN\n");
	house_close(house);
}

/* names.md 7: exactly four decimal groups, else IPv6. */
static void what_is_no_address_is_no_pod(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_INSECURE);
	house_expect_all(
		house,
		"10-0-0.default.pod A: NXDOMAIN\n"
		"10-0-0-1-2.default.pod A: NXDOMAIN\n"
		"10-0-0-01.default.pod A: NXDOMAIN\n"
		"10-0-0-256.default.pod A: NXDOMAIN\n"
		"10-0-0-.default.pod A: NXDOMAIN\n"
		"10\\.0\\.0\\.1.default.pod A: NXDOMAIN\n"
		"2001\\:db8\\:\\:6.default.pod AAAA: NXDOMAIN\n"
		"web.default.pod A: NXDOMAIN\n"
		"12345--1.default.pod AAAA: NXDOMAIN\n"
		"1--2--3.default.pod AAAA: NXDOMAIN\n"
		"-.default.pod AAAA: NXDOMAIN\n"
		"a.default.pod AAAA: NXDOMAIN\n"
		"1-2-3-4-5-6-7-8-9.default.pod AAAA: NXDOMAIN\n"
		"0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-000.default.pod AAAA: NXDOMAIN\n");
	house_close(house);
}

/* names.md 7, D16: addresses are compared, not texts; host network pods share one. */
static void verified_pods_are_those_that_are_there(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_VERIFIED);
	house_show(house,
		   "Namespace other\nPod default/p 10.0.0.1 2001:db8::6\n"
		   "Pod default/h1 192.0.2.1\nPod default/h2 192.0.2.1\nPod other/h3 192.0.2.1");
	house_expect_all(house, "10-0-0-1.default.pod A: 10.0.0.1\n"
				"10-0-0-1.other.pod A: NXDOMAIN\n"
				"10-0-0-2.default.pod A: NXDOMAIN\n"
				"2001-db8-0-0-0-0-0-6.default.pod AAAA: 2001:db8::6\n"
				"2001-db8--6.default.pod AAAA: 2001:db8::6\n"
				"192-0-2-1.default.pod A: 192.0.2.1\n"
				"192-0-2-1.other.pod A: 192.0.2.1\n"
				"10.0.0.1 PTR: NXDOMAIN\n");
	house_take(house, "Pod default/h1");
	answers_publish(house->answers);
	house_expect(house, "192-0-2-1.default.pod A", "192.0.2.1");
	house_hide(house, "Pod default/h2");
	house_expect_all(house,
			 "192-0-2-1.default.pod A: NXDOMAIN\n192-0-2-1.other.pod A: 192.0.2.1\n");
	house_show(house, "Pod default/p 10.0.0.7 2001:db8::6");
	house_expect_all(house, "10-0-0-1.default.pod A: NXDOMAIN\n10-0-0-7.default.pod A: 10.0.0.7\n"
				"2001-db8--6.default.pod AAAA: 2001:db8::6\n");
	house_close(house);
}

static void a_verified_pod_needs_its_namespace(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_VERIFIED);
	house_put(house, "Pod late/p 10.0.0.1");
	answers_publish(house->answers);
	house_expect(house, "10-0-0-1.late.pod A", "NXDOMAIN");
	house_show(house, "Namespace late");
	house_expect(house, "10-0-0-1.late.pod A", "10.0.0.1");
	house_hide(house, "Namespace late");
	house_expect_all(house, "10-0-0-1.late.pod A: NXDOMAIN\nlate.pod A: NXDOMAIN\n");
	house_take(house, "Pod late/p");
	answers_publish(house->answers);
	house_show(house, "Namespace late");
	house_expect_all(house, "10-0-0-1.late.pod A: NXDOMAIN\nlate.pod A: NODATA\n");
	house_close(house);
}

/* names.md 4: the dashed form has one spelling; "." and ":" become "-", a final "-" gets a "0". */
static void endpoints_without_hostname_are_called_by_their_address(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_DISABLED);
	house_show(house, "Service default/db Headless\nSlice default/a of=db http=80/TCP 10.0.0.1\n"
			  "Slice default/b of=db IPv6 http=80/TCP 2001:db8:: 2001:db8::1:2\n");
	house_expect_all(house, "10-0-0-1.db.default.svc A: 10.0.0.1\n"
				"10-0-0-1.db.default.svc AAAA: NODATA\n"
				"10-0-0-1.db.default.svc SRV: 0 100 80 10-0-0-1.db.default.svc\n"
				"10-0-0-1.db.default.svc MX: NODATA\n"
				"2001-db8--0.db.default.svc AAAA: 2001:db8::\n"
				"2001-db8--.db.default.svc AAAA: NXDOMAIN\n"
				"2001-db8--1-2.db.default.svc AAAA: 2001:db8::1:2\n"
				"2001-db8-0-0-0-0-1-2.db.default.svc AAAA: NXDOMAIN\n"
				"10-0-0-2.db.default.svc A: NXDOMAIN\n"
				"10-0-0-1.other.default.svc A: NXDOMAIN\n"
				"10-0-0-1.db.other.svc A: NXDOMAIN\n"
				"x.10-0-0-1.db.default.svc A: NXDOMAIN\n");
	house_expect_glue(house, "10-0-0-1.db.default.svc SRV", "10-0-0-1.db.default.svc A 10.0.0.1");
	house_expect_glue(house, "2001-db8--0.db.default.svc SRV",
			  "2001-db8--0.db.default.svc AAAA 2001:db8::");
	house->asking.minimal = true;
	house_expect_glue(house, "10-0-0-1.db.default.svc SRV", "");
	house_close(house);
}

/* names.md 4: an endpoint with a hostname has no dashed name. */
static void a_hostname_takes_the_place_of_the_dashed_name(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_DISABLED);
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db http=80/TCP db-0@10.0.0.1\n");
	house_expect_all(house,
			 "db-0.db.default.svc A: 10.0.0.1\n10-0-0-1.db.default.svc A: NXDOMAIN\n");
	house_show(house, "Slice default/a of=db http=80/TCP 10.0.0.1");
	house_expect_all(house,
			 "db-0.db.default.svc A: NXDOMAIN\n10-0-0-1.db.default.svc A: 10.0.0.1\n");
	house_close(house);
}

/* names.md 5: weights count (address, port) pairs before duplicates go. */
static void srv_at_a_dashed_name_has_each_port_once(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_DISABLED);
	house_show(house,
		   "Service default/db Headless\n"
		   "Slice default/a of=db a=80/TCP b=80/UDP c=81/TCP d=-/TCP 10.0.0.1\n"
		   "Slice default/b of=db a=80/TCP 10.0.0.1 10.0.0.2\nSlice default/c of=db 10.0.0.3\n"
		   "Slice default/d of=db x=-/TCP 10.0.0.4\n");
	house_expect_all(house, "10-0-0-1.db.default.svc SRV: 0 20 80 10-0-0-1.db.default.svc|"
				"0 20 81 10-0-0-1.db.default.svc\n"
				"10-0-0-2.db.default.svc SRV: 0 100 80 10-0-0-2.db.default.svc\n"
				"10-0-0-3.db.default.svc SRV: NODATA\n"
				"10-0-0-3.db.default.svc A: 10.0.0.3\n"
				"10-0-0-4.db.default.svc SRV: NODATA\n");
	house_close(house);
}

/* names.md 10 */
static void denials_at_endpoints_of_a_headless_service_are_short(void **state)
{
	(void)state;
	struct house *house = open_pods(CLUSTER_PODS_DISABLED);
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db 10.0.0.1\n"
		   "Service default/web ClusterIP 10.96.0.1\nSlice default/b of=web 10.0.0.2\n");
	house_expect_denial_ttl(house, "10-0-0-1.db.default.svc AAAA", 1);
	house_expect_denial_ttl(house, "10-0-0-9.db.default.svc A", 1);
	house_expect_denial_ttl(house, "10-0-0-2.web.default.svc AAAA", 5);
	house_expect_denial_ttl(house, "10-0-0-9.web.default.svc A", 5);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_are_denied_unless_asked_for),
		cmocka_unit_test(insecure_pods_are_whatever_the_name_says),
		cmocka_unit_test(what_is_no_address_is_no_pod),
		cmocka_unit_test(verified_pods_are_those_that_are_there),
		cmocka_unit_test(a_verified_pod_needs_its_namespace),
		cmocka_unit_test(endpoints_without_hostname_are_called_by_their_address),
		cmocka_unit_test(a_hostname_takes_the_place_of_the_dashed_name),
		cmocka_unit_test(srv_at_a_dashed_name_has_each_port_once),
		cmocka_unit_test(denials_at_endpoints_of_a_headless_service_are_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
