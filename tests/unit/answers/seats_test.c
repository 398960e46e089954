/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

/* names.md 4, rules 1 and 2 */
static void an_endpoint_counts_when_it_is_ready(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db x=1/TCP 10.0.0.1 !10.0.0.2 !h@10.0.0.3\n");
	house_expect_all(house,
			 "db.default.svc A: 10.0.0.1\n10-0-0-2.db.default.svc A: NXDOMAIN\n"
			 "h.db.default.svc A: NXDOMAIN\n10.0.0.2 PTR: NXDOMAIN\n10.0.0.3 PTR: NXDOMAIN\n"
			 "_x._tcp.db.default.svc SRV: 0 100 1 10-0-0-1.db.default.svc\n");
	house_show(house, "Slice default/a of=db x=1/TCP !10.0.0.1 10.0.0.2 h@10.0.0.3");
	house_expect_all(house, "db.default.svc A: 10.0.0.2|10.0.0.3\nh.db.default.svc A: 10.0.0.3\n"
				"10-0-0-1.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n"
				"10.0.0.3 PTR: h.db.default.svc\n");
	house_close(house);
}

/* names.md 4 rule 2, D13 */
static void a_service_may_publish_endpoints_that_are_not_ready(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless unready\nSlice default/a of=db x=1/TCP 10.0.0.1 !h@10.0.0.2");
	house_expect_all(house, "db.default.svc A: 10.0.0.1|10.0.0.2\nh.db.default.svc A: 10.0.0.2\n");
	house_show(house, "Service default/db Headless");
	house_expect_all(
		house,
		"db.default.svc A: 10.0.0.1\nh.db.default.svc A: NXDOMAIN\n10.0.0.2 PTR: NXDOMAIN\n");
	house_show(house,
		   "Service default/db Headless unready\nSlice default/a of=db x=1/TCP !10.0.0.1 !h@10.0.0.2");
	house_expect_all(house, "db.default.svc A: 10.0.0.1|10.0.0.2\nh.db.default.svc A: 10.0.0.2\n");
	house_close(house);
}

/* names.md 4 rule 1, D12 */
static void slices_of_names_are_ignored(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_put(house, "Service default/db Headless\nSlice default/a of=db FQDN x=1/TCP 10.0.0.1");
	answers_publish(house->answers);
	house_expect(house, "db.default.svc A", "NXDOMAIN");
	house_show(house, "Slice default/a of=db IPv4 x=1/TCP 10.0.0.1");
	house_expect(house, "db.default.svc A", "10.0.0.1");
	house_show(house, "Slice default/a of=db FQDN x=1/TCP 10.0.0.1");
	house_expect_all(
		house,
		"db.default.svc A: NXDOMAIN\n10-0-0-1.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n");
	house_close(house);
}

/* names.md 4 rules 4 and 5 */
static void each_endpoint_has_the_ports_of_its_own_slice(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db x=1/TCP h@10.0.0.1\n"
		   "Slice default/b of=db x=2/TCP y=3/UDP h@10.0.0.1\nSlice default/c of=db 10.0.0.3\n"
		   "Slice default/d of=db x=-/TCP 10.0.0.4\n");
	house_expect_all(house,
			 "db.default.svc A: 10.0.0.1|10.0.0.3|10.0.0.4\n"
			 "h.db.default.svc A: 10.0.0.1\n"
			 "h.db.default.svc SRV: 0 33 1 h.db.default.svc|0 33 2 h.db.default.svc|0 33 3 h.db.default.svc\n"
			 "_y._udp.db.default.svc SRV: 0 100 3 h.db.default.svc\n"
			 "_x._tcp.db.default.svc SRV: 0 33 1 h.db.default.svc|0 33 2 h.db.default.svc\n"
			 "db.default.svc SRV: 0 20 1 h.db.default.svc|0 20 2 h.db.default.svc|0 20 3 h.db.default.svc\n"
			 "10-0-0-4.db.default.svc SRV: NODATA\n");
	house_close(house);
}

/* names.md 4: hostname, else the pod's name if asked for and one label, else the address. D34 */
static void endpoint_pod_names_are_used_where_they_are_labels(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.endpoint_pod_names = true;
	struct house *house = house_open(&options);
	house_show(house,
		   "Service default/db Headless\n"
		   "Slice default/a of=db x=1/TCP h@10.0.0.1#pod-1 10.0.0.2#pod-2 10.0.0.3#my.pod 10.0.0.4 "
		   "10.0.0.5#a23456789012345678901234567890123456789012345678901234567890123 "
		   "10.0.0.6#a234567890123456789012345678901234567890123456789012345678901234\n");
	house_expect_all(house,
			 "h.db.default.svc A: 10.0.0.1\npod-1.db.default.svc A: NXDOMAIN\n"
			 "pod-2.db.default.svc A: 10.0.0.2\n10-0-0-2.db.default.svc A: NXDOMAIN\n"
			 "my.pod.db.default.svc A: NXDOMAIN\nmy\\.pod.db.default.svc A: NXDOMAIN\n"
			 "10-0-0-3.db.default.svc A: 10.0.0.3\n10-0-0-4.db.default.svc A: 10.0.0.4\n"
			 "a23456789012345678901234567890123456789012345678901234567890123.db.default.svc A: 10.0.0.5\n"
			 "10-0-0-6.db.default.svc A: 10.0.0.6\n10.0.0.2 PTR: pod-2.db.default.svc\n"
			 "10.0.0.3 PTR: 10-0-0-3.db.default.svc\n");
	house_show(house, "Slice default/a of=db x=1/TCP 10.0.0.1#pod-1");
	house_expect_all(house, "pod-1.db.default.svc A: 10.0.0.1\nh.db.default.svc A: NXDOMAIN\n");
	house_close(house);
	options.endpoint_pod_names = false;
	house = house_open(&options);
	house_show(house, "Service default/db Headless\nSlice default/a of=db x=1/TCP 10.0.0.2#pod-2");
	house_expect_all(house,
			 "pod-2.db.default.svc A: NXDOMAIN\n10-0-0-2.db.default.svc A: 10.0.0.2\n");
	house_close(house);
}

static void an_endpoint_may_move_from_slice_to_slice(void **state)
{
	(void)state;
	static const char all[] =
		"db.default.svc A: 10.0.0.1|10.0.0.2\nh.db.default.svc A: 10.0.0.1\n"
		"10-0-0-2.db.default.svc A: 10.0.0.2\n10.0.0.1 PTR: h.db.default.svc\n"
		"_x._tcp.db.default.svc SRV: 0 50 1 h.db.default.svc|0 50 1 10-0-0-2.db.default.svc\n";
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\nSlice default/a of=db x=1/TCP h@10.0.0.1 10.0.0.2");
	house_expect_all(house, all);
	house_put(house,
		  "Slice default/a of=db x=1/TCP 10.0.0.2\nSlice default/b of=db x=1/TCP h@10.0.0.1");
	answers_publish(house->answers);
	house_expect_all(house, all);
	house_put(house, "Slice default/c of=db x=1/TCP h@10.0.0.1 10.0.0.2");
	house_take(house, "Slice default/a");
	house_take(house, "Slice default/b");
	answers_publish(house->answers);
	house_expect_all(house, all);
	house_close(house);
}

/* A slice's label may come to name another service. */
static void a_slice_may_move_from_service_to_service(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/a Headless\nService default/b Headless\nSlice default/s of=a x=1/TCP h@10.0.0.1");
	house_show(house, "Slice default/s of=b x=1/TCP h@10.0.0.1");
	house_expect_all(house,
			 "a.default.svc A: NXDOMAIN\nh.a.default.svc A: NXDOMAIN\nb.default.svc A: 10.0.0.1\n"
			 "h.b.default.svc A: 10.0.0.1\n10.0.0.1 PTR: h.b.default.svc\n");
	house_show(house, "Slice default/s x=1/TCP h@10.0.0.1");
	house_expect_all(house,
			 "b.default.svc A: NXDOMAIN\nh.b.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n");
	house_show(house, "Slice default/s of=A x=1/TCP h@10.0.0.1");
	house_expect(house, "a.default.svc A", "10.0.0.1");
	house_close(house);
}

/* names.md 14 */
static void noendpoints_leaves_only_cluster_ips(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.no_endpoints = true;
	struct house *house = house_open(&options);
	house_put(house,
		  "Service default/web ClusterIP 10.96.0.1 http=80/TCP\nService default/db Headless\n"
		  "Slice default/a of=db x=1/TCP h@10.0.0.1\nSlice default/b of=web x=1/TCP i@10.0.0.2\n");
	answers_publish(house->answers);
	house_expect_all(house,
			 "web.default.svc A: 10.96.0.1\n_http._tcp.web.default.svc SRV: 0 100 80 web.default.svc\n"
			 "i.web.default.svc A: NXDOMAIN\ndb.default.svc A: NXDOMAIN\nh.db.default.svc A: NXDOMAIN\n"
			 "10.0.0.1 PTR: NXDOMAIN\n10.96.0.1 PTR: web.default.svc\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_counts_when_it_is_ready),
		cmocka_unit_test(a_service_may_publish_endpoints_that_are_not_ready),
		cmocka_unit_test(slices_of_names_are_ignored),
		cmocka_unit_test(each_endpoint_has_the_ports_of_its_own_slice),
		cmocka_unit_test(endpoint_pod_names_are_used_where_they_are_labels),
		cmocka_unit_test(an_endpoint_may_move_from_slice_to_slice),
		cmocka_unit_test(a_slice_may_move_from_service_to_service),
		cmocka_unit_test(noendpoints_leaves_only_cluster_ips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
