/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static const char *const objects[] = {
	"Namespace web",
	"Service web/db Headless",
	"Slice web/s of=db a=1/TCP h@10.0.0.1 10.0.0.2",
	"Service web/shop ClusterIP 10.96.0.1 http=80/TCP",
};
static const char whole[] =
	"db.web.svc A: 10.0.0.1|10.0.0.2\nh.db.web.svc A: 10.0.0.1\n10-0-0-2.db.web.svc A: 10.0.0.2\n"
	"_a._tcp.db.web.svc SRV: 0 50 1 h.db.web.svc|0 50 1 10-0-0-2.db.web.svc\n"
	"10.0.0.1 PTR: h.db.web.svc\nshop.web.svc A: 10.96.0.1\n_http._tcp.shop.web.svc SRV: 0 100 80 shop.web.svc\n"
	"10.96.0.1 PTR: shop.web.svc\n";
static const char nothing[] =
	"db.web.svc A: NXDOMAIN\nh.db.web.svc A: NXDOMAIN\n10-0-0-2.db.web.svc A: NXDOMAIN\n"
	"_a._tcp.db.web.svc SRV: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\nshop.web.svc A: NXDOMAIN\n"
	"10.96.0.1 PTR: NXDOMAIN\nweb.svc A: NXDOMAIN\n10.in-addr.arpa. A: NXDOMAIN\n";

static void put_in_order(struct house *house, unsigned order, bool each)
{
	unsigned left = 15;
	for (unsigned n = 4; n > 0; order /= n, n--) {
		unsigned pick = order % n, i = 0;
		while (!(left >> i & 1) || pick-- > 0)
			i++;
		left &= ~(1u << i);
		house_put(house, objects[i]);
		if (each)
			answers_publish(house->answers);
	}
	answers_publish(house->answers);
}

/* Watches of different kinds are not in step: objects come and go in any order. */
static void objects_may_come_in_any_order(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 24; order++) {
		for (int each = 0; each <= 1; each++) {
			struct house *house = house_open_plain();
			put_in_order(house, order, each);
			house_expect_all(house, whole);
			house_close(house);
		}
	}
}

static void objects_may_go_in_any_order_and_come_back(void **state)
{
	(void)state;
	static const char *const names[] = { "Namespace web", "Service web/db", "Slice web/s",
					     "Service web/shop" };
	struct house *house = house_open_plain();
	for (unsigned order = 0; order < 24; order++) {
		put_in_order(house, 23 - order, order % 2);
		house_expect_all(house, whole);
		unsigned left = 15, rest = order;
		for (unsigned n = 4; n > 0; rest /= n, n--) {
			unsigned pick = rest % n, i = 0;
			while (!(left >> i & 1) || pick-- > 0)
				i++;
			left &= ~(1u << i);
			house_take(house, names[i]);
			if (order % 3 != 0)
				answers_publish(house->answers);
		}
		answers_publish(house->answers);
		house_expect_all(house, nothing);
	}
	house_close(house);
}

/* Between two publishes a thing may change many times. */
static void only_the_last_of_many_changes_counts(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/db Headless\nSlice default/s of=db a=1/TCP h@10.0.0.1");
	house_put(house,
		  "Slice default/s of=other a=1/TCP h@10.0.0.1\nSlice default/s of=db a=2/TCP i@10.0.0.2\n"
		  "Service default/db ClusterIP 10.96.0.1\nService default/db ExternalName far.example.");
	house_take(house, "Slice default/s");
	house_put(house, "Slice default/s of=db a=1/TCP j@10.0.0.3");
	house_take(house, "Service default/db");
	house_put(house, "Service default/db Headless");
	house_take(house, "Namespace default");
	house_put(house, "Namespace default");
	assert_true(answers_publish(house->answers));
	house_expect_all(house,
			 "db.default.svc A: 10.0.0.3\nj.db.default.svc A: 10.0.0.3\nh.db.default.svc A: NXDOMAIN\n"
			 "i.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n10.0.0.2 PTR: NXDOMAIN\n"
			 "10.0.0.3 PTR: j.db.default.svc\n10.96.0.1 PTR: NXDOMAIN\n"
			 "_a._tcp.db.default.svc SRV: 0 100 1 j.db.default.svc\n");
	house_close(house);
}

static void a_relist_takes_away_what_is_gone(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/a ClusterIP 10.96.0.1\nService default/b ClusterIP 10.96.0.2\n"
			  "Service default/c ClusterIP 10.96.0.3");
	model_relist_begin(house->model, OBJECT_SERVICE);
	house_put(house,
		  "Service default/a ClusterIP 10.96.0.1\nService default/c ClusterIP 10.96.0.4");
	house_expect(house, "b.default.svc A", "10.96.0.2");
	assert_int_equal(model_relist_end(house->model, OBJECT_SERVICE), 1);
	assert_true(answers_publish(house->answers));
	house_expect_all(house,
			 "a.default.svc A: 10.96.0.1\nb.default.svc A: NXDOMAIN\nc.default.svc A: 10.96.0.4\n"
			 "10.96.0.2 PTR: NXDOMAIN\n10.96.0.3 PTR: NXDOMAIN\n");
	house_close(house);
}

/* names.md 14, 2 */
static void only_listed_namespaces_are_exposed(void **state)
{
	(void)state;
	static const char *const namespaces[] = { "web", "Never" };
	struct cluster_options options = house_options();
	options.namespaces = namespaces;
	options.namespace_count = COUNT_OF(namespaces);
	options.pods = CLUSTER_PODS_INSECURE;
	struct house *house = house_open(&options);
	house_show(house,
		   "Namespace web\nNamespace other\nService web/a ClusterIP 10.96.0.1\nService other/a ClusterIP 10.96.0.2");
	house_expect_all(house,
			 "web.svc A: NODATA\nweb.pod A: NODATA\na.web.svc A: 10.96.0.1\nother.svc A: NXDOMAIN\n"
			 "other.pod A: NXDOMAIN\n1-2-3-4.other.pod A: NXDOMAIN\n1-2-3-4.web.pod A: 1.2.3.4\n"
			 "a.other.svc A: NXDOMAIN\ndefault.svc A: NXDOMAIN\nnever.svc A: NXDOMAIN\n");
	house_close(house);
}

/* The same address is a clusterIP of one service, then of another, in one step. */
static void an_address_may_pass_from_service_to_service(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/a ClusterIP 10.96.0.1\nService default/b ClusterIP 10.96.0.2");
	house_show(house,
		   "Service default/a ClusterIP 10.96.0.2\nService default/b ClusterIP 10.96.0.1");
	house_expect_all(house, "10.96.0.1 PTR: b.default.svc\n10.96.0.2 PTR: a.default.svc\n");
	house_take(house, "Service default/a");
	house_show(house, "Service default/c ClusterIP 10.96.0.2");
	house_expect(house, "10.96.0.2 PTR", "c.default.svc");
	house_close(house);
}

/* Everything that an endpoint has beside its service: its names and its PTR. */
static void expect_endpoint(const struct house *house, const char *address, const char *host)
{
	char lines[512];
	snprintf(lines, sizeof lines,
		 "db.default.svc A: %s\n%s.db.default.svc A: %s\n%s PTR: %s.db.default.svc\n"
		 "_a._tcp.db.default.svc SRV: 0 100 1 %s.db.default.svc\n",
		 address, host, address, address, host, host);
	house_expect_all(house, lines);
}

/* Slices are cut anew by writing the one that takes and the one that gives, in either order. */
static void an_endpoint_may_move_between_slices(void **state)
{
	(void)state;
	static const char *const steps[][2] = {
		{ "Slice default/to of=db IPv4 a=1/TCP e@10.0.0.1",
		  "Slice default/from of=db IPv4 a=1/TCP" },
		{ "Slice default/to of=db IPv4 a=1/TCP 10.0.0.1",
		  "Slice default/from of=db IPv4 a=1/TCP" },
	};
	for (unsigned i = 0; i < 2 * COUNT_OF(steps); i++) {
		const char *const *step = steps[i / 2], *host = i / 2 == 0 ? "e" : "10-0-0-1";
		bool gives_first = i % 2;
		struct house *house = house_open_plain();
		house_put(house, "Service default/db Headless");
		house_show(house, i / 2 == 0 ? "Slice default/from of=db IPv4 a=1/TCP e@10.0.0.1"
					     : "Slice default/from of=db IPv4 a=1/TCP 10.0.0.1");
		expect_endpoint(house, "10.0.0.1", host);
		house_put(house, step[gives_first]);
		if (!gives_first) { /* in both for a while: told once, though weights count it twice */
			answers_publish(house->answers);
			house_expect_all(house, "db.default.svc A: 10.0.0.1\n");
			char line[128];
			snprintf(line, sizeof line, "10.0.0.1 PTR: %s.db.default.svc\n", host);
			house_expect_all(house, line);
		}
		house_put(house, step[!gives_first]);
		answers_publish(house->answers);
		expect_endpoint(house, "10.0.0.1", host);
		house_take(house, "Slice default/from");
		answers_publish(house->answers);
		expect_endpoint(house, "10.0.0.1", host);
		house_close(house);
	}
}

/* Each type follows each other: nothing is left of the one before. */
static void a_service_may_become_any_other_type(void **state)
{
	(void)state;
	static const struct {
		const char *service, *told;
	} types[] = {
		{ "Service default/db ClusterIP 10.96.0.1 a=1/TCP",
		  "db.default.svc A: 10.96.0.1\ndb.default.svc CNAME: NODATA\n10.96.0.1 PTR: db.default.svc\n"
		  "_a._tcp.db.default.svc SRV: 0 100 1 db.default.svc\n_tcp.db.default.svc A: NODATA\n"
		  "h.db.default.svc A: 10.0.0.1\n10.0.0.1 PTR: h.db.default.svc\n" },
		{ "Service default/db Headless",
		  "db.default.svc A: 10.0.0.1\ndb.default.svc CNAME: NODATA\n10.96.0.1 PTR: NXDOMAIN\n"
		  "_a._tcp.db.default.svc SRV: 0 100 1 h.db.default.svc\n_tcp.db.default.svc A: NODATA\n"
		  "h.db.default.svc A: 10.0.0.1\n10.0.0.1 PTR: h.db.default.svc\n" },
		{ "Service default/db ExternalName far.example.",
		  "db.default.svc CNAME: far.example.\n10.96.0.1 PTR: NXDOMAIN\n_a._tcp.db.default.svc SRV: NXDOMAIN\n"
		  "_tcp.db.default.svc A: NXDOMAIN\nh.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n" },
	};
	struct house *house = house_open_plain();
	house_put(house, "Slice default/s of=db IPv4 a=1/TCP h@10.0.0.1");
	for (unsigned i = 0; i < COUNT_OF(types) * COUNT_OF(types); i++) {
		house_put(house, types[i / COUNT_OF(types)].service);
		answers_publish(house->answers);
		house_expect_all(house, types[i / COUNT_OF(types)].told);
		house_put(house, types[i % COUNT_OF(types)].service);
		answers_publish(house->answers);
		house_expect_all(house, types[i % COUNT_OF(types)].told);
	}
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_may_come_in_any_order),
		cmocka_unit_test(objects_may_go_in_any_order_and_come_back),
		cmocka_unit_test(only_the_last_of_many_changes_counts),
		cmocka_unit_test(a_relist_takes_away_what_is_gone),
		cmocka_unit_test(only_listed_namespaces_are_exposed),
		cmocka_unit_test(an_address_may_pass_from_service_to_service),
		cmocka_unit_test(an_endpoint_may_move_between_slices),
		cmocka_unit_test(a_service_may_become_any_other_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
