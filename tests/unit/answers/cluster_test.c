/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster's options, and clusters of some size. */
#include "house.h"

/* Zones are presentation text in any spelling; those of the reverse tree are known by their names. */
static void zones_may_be_spelled_in_any_way(void **state)
{
	(void)state;
	static const char *const zones[] = { "Cluster.LOCAL", "10.IN-ADDR.arpa",
					     "ClusterSet.Local.", "IP6.ARPA" };
	static const char *const imports[] = { "clusterset.local." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = imports;
	options.multicluster_count = 1;
	struct house *house = house_open(&options);
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1 fd00::1\nImport default/imp ClusterSetIP 10.2.0.1");
	house_expect_all(house,
			 "web.default.svc A: 10.96.0.1\n10.96.0.1 PTR: web.default.svc\nfd00::1 PTR: web.default.svc\n"
			 "imp.default.svc.clusterset.local. A: 10.2.0.1\nweb.default.svc.clusterset.local. A: NXDOMAIN\n"
			 "svc.10.in-addr.arpa. A: NXDOMAIN\n");
	house_close(house);
}

/* names.md 13 */
static void the_ttl_is_that_of_every_record(void **state)
{
	(void)state;
	static const uint32_t ttls[] = { 0, 1, 30, 3600 };
	static const char *const questions[] = { "web.default.svc A",
						 "web.default.svc SRV",
						 "db.default.svc A",
						 "_a._tcp.db.default.svc SRV",
						 "h.db.default.svc SRV",
						 "10.0.0.1 PTR",
						 "10-0-0-2.db.default.svc SRV",
						 "far.default.svc CNAME",
						 "1-2-3-4.default.pod A",
						 "cluster.local. NS",
						 "ns.dns A" };
	for (size_t i = 0; i < COUNT_OF(ttls); i++) {
		struct cluster_options options = house_options();
		struct ip local = { .family = 4, .bytes = { 10, 0, 0, 53 } };
		options.ttl = ttls[i];
		options.pods = CLUSTER_PODS_INSECURE;
		options.local_addresses = &local;
		options.local_address_count = 1;
		struct house *house = house_open(&options);
		house_show(house,
			   "Service default/web ClusterIP 10.96.0.1 http=80/TCP\nService default/db Headless\n"
			   "Slice default/s of=db a=1/TCP h@10.0.0.1 10.0.0.2\nService default/far ExternalName far.example.");
		for (size_t q = 0; q < COUNT_OF(questions); q++) {
			struct asked asked = house_ask(house, questions[q]);
			ldns_rr_list *lists[] = { ldns_pkt_answer(asked.packet),
						  ldns_pkt_additional(asked.packet) };
			assert_int_equal(asked.kind, ANSWER_FOUND);
			for (size_t l = 0; l < 2; l++)
				for (size_t r = 0; r < ldns_rr_list_rr_count(lists[l]); r++)
					assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(lists[l], r)),
							 ttls[i]);
			ldns_pkt_free(asked.packet);
		}
		house_close(house);
	}
}

static void options_are_not_needed_once_the_catalog_is_there(void **state)
{
	(void)state;
	char *zones[] = { mem_text("cluster.local."), mem_text("clusterset.local.") };
	char *space = mem_text("Web");
	struct ip *local = mem_zalloc(sizeof *local);
	struct cluster_options options = house_options();
	*local = (struct ip){ .family = 4, .bytes = { 10, 0, 0, 53 } };
	options.zones = (const char *const *)zones;
	options.zone_count = 2;
	options.multicluster = (const char *const *)&zones[1];
	options.multicluster_count = 1;
	options.namespaces = (const char *const *)&space;
	options.namespace_count = 1;
	options.local_addresses = local;
	options.local_address_count = 1;
	struct answers *answers = answers_new();
	struct house house = { .answers = answers,
			       .catalog = answers_add_cluster(answers, &options),
			       .model = model_new(),
			       .ttl = 30,
			       .denial_ttl = 5 };
	mem_free(zones[0]);
	mem_free(zones[1]);
	mem_free(space);
	mem_free(local);
	model_listen(house.model, catalog_listener(house.catalog));
	house_show(&house, "Namespace web\nService web/a ClusterIP 10.96.0.1");
	house_expect_all(
		&house,
		"a.web.svc A: 10.96.0.1\nns.dns A: 10.0.0.53\nweb.svc.clusterset.local. A: NODATA\n");
	model_free(house.model);
	answers_free(answers);
}

static void an_empty_cluster_answers(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct answers *answers = answers_new();
	struct house house = { .answers = answers,
			       .catalog = answers_add_cluster(answers, &options),
			       .ttl = 30,
			       .denial_ttl = 5 };
	assert_true(answers_publish(answers));
	house_expect_all(&house,
			 "svc A: NODATA\nx.svc A: NXDOMAIN\na.x.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n"
			 "::1 PTR: NXDOMAIN\ncluster.local. TXT: NODATA\n");
	answers_free(answers);
}

/* Tables grow while the cluster does; every name stays to be found. */
static void thousands_of_services_are_all_found(void **state)
{
	(void)state;
	enum { SERVICES = 5000 };
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	char line[200], told[64];
	for (unsigned i = 0; i < SERVICES; i++) {
		snprintf(line, sizeof line, "Service default/s%u ClusterIP 10.96.%u.%u http=80/TCP",
			 i, i >> 8, i & 255);
		house_put(house, line);
		if (i % 1000 == 0)
			answers_publish(house->answers);
	}
	answers_publish(house->answers);
	for (unsigned i = 0; i < SERVICES; i++) {
		snprintf(line, sizeof line, "s%u.default.svc A", i);
		snprintf(told, sizeof told, "10.96.%u.%u", i >> 8, i & 255);
		house_expect(house, line, told);
		snprintf(line, sizeof line, "_http._tcp.s%u.default.svc TXT", i);
		house_expect(house, line, "NODATA");
	}
	house_hide(house, "Namespace default");
	for (unsigned i = 0; i < SERVICES; i++) {
		snprintf(line, sizeof line, "s%u.default.svc A", i);
		house_expect(house, line, "NXDOMAIN");
	}
	house_close(house);
}

/* 10,000 endpoints in slices of 100, then one taken away and one given twice. */
static void a_service_of_ten_thousand_endpoints_shows_each_of_them(void **state)
{
	(void)state;
	enum { SLICES = 100, EACH = 100 };
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_put(house, "Service default/big Headless");
	for (unsigned s = 0; s < SLICES; s++) {
		char name[32];
		snprintf(name, sizeof name, "default/big-%u", s);
		house_put_many(house, &(struct many){ name, "big", "http=80/TCP",
						      s % 2 ? "pod-" : NULL, s * EACH, EACH });
	}
	answers_publish(house->answers);
	house_expect_all(
		house,
		"pod-4321.big.default.svc A: 10.1.16.225\n10-1-16-124.big.default.svc A: 10.1.16.124\n");
	house_show(house,
		   "Slice default/big-0 of=big http=80/TCP 10.9.0.1\nSlice default/big-x of=big http=80/TCP 10.1.0.0 10.9.0.1");
	static uint8_t seen[1 << 24];
	size_t total = 0;
	for (int question = 0; question < 3; question++) {
		struct asked asked = house_ask(house, "big.default.svc A");
		ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
		size_t count = ldns_rr_list_rr_count(answers);
		assert_true(asked.truncated);
		assert_true(count > 4080);
		for (size_t i = 0; i < count; i++) {
			uint32_t number =
				get_u32(ldns_rdf_data(ldns_rr_rdf(ldns_rr_list_rr(answers, i), 0))) &
				0xffffff;
			total += !seen[number];
			seen[number] = 1;
		}
		ldns_pkt_free(asked.packet);
	}
	assert_int_equal(total, SLICES * EACH - EACH + 2);
	house->asking.limit = 1232;
	struct asked srv = house_ask(house, "_http._tcp.big.default.svc SRV");
	assert_true(srv.truncated);
	assert_true(ldns_pkt_ancount(srv.packet) > 10);
	ldns_pkt_free(srv.packet);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_may_be_spelled_in_any_way),
		cmocka_unit_test(the_ttl_is_that_of_every_record),
		cmocka_unit_test(options_are_not_needed_once_the_catalog_is_there),
		cmocka_unit_test(an_empty_cluster_answers),
		cmocka_unit_test(thousands_of_services_are_all_found),
		cmocka_unit_test(a_service_of_ten_thousand_endpoints_shows_each_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
