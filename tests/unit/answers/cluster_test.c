/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

/* A catalog for cluster.local and both reverse trees, and the model that feeds it. */
struct house {
	struct answers *answers;
	struct catalog *catalog;
	struct model *model;
};

static struct house open_house(const struct cluster_options *changes)
{
	static const char *const zones[] = { "cluster.local.", "in-addr.arpa.", "ip6.arpa." };
	struct cluster_options options = *changes;
	if (options.zone_count == 0) {
		options.zones = zones;
		options.zone_count = COUNT_OF(zones);
	}
	options.ttl = 5;
	options.denial_ttl = 5;
	options.shorthand = true;
	struct house house = { .answers = answers_new(), .model = model_new() };
	house.catalog = answers_add_cluster(house.answers, &options);
	model_listen(house.model, catalog_listener(house.catalog));
	model_put(house.model, namespace_new("default"));
	model_put(house.model, namespace_new("etcd"));
	answers_publish(house.answers);
	return house;
}

static void close_house(struct house *house)
{
	model_free(house->model);
	answers_free(house->answers);
}

static const struct port http = {
	.name = "http", .number = 80, .has_number = true, .protocol = PROTOCOL_TCP
};

static void put_service(struct house *house, const char *namespace_, const char *name,
			enum service_type type, const char *address)
{
	struct ip ip = { .family = 0 };
	struct service fields = { .head = { .namespace_ = namespace_, .name = name },
				  .type = type,
				  .external_name = "",
				  .ports = &http,
				  .port_count = 1 };
	if (address != NULL) {
		assert_true(ip_parse(address, &ip));
		fields.addresses = &ip;
		fields.address_count = fields.listed_count = 1;
	}
	model_put(house->model, service_new(&fields));
}

static void put_slice(struct house *house, const char *name, const char *service,
		      const struct endpoint_text *endpoints, uint32_t count)
{
	struct slice fields = { .head = { .namespace_ = "default", .name = name },
				.service = service,
				.import = "",
				.cluster = "",
				.address_type = ADDRESS_IPV4,
				.ports = &http,
				.port_count = 1,
				.endpoint_count = count };
	model_put(house->model, slice_new(&fields, endpoints));
}

static struct endpoint_text endpoint(unsigned number, const char *hostname)
{
	struct endpoint_text endpoint = { .ready = true, .hostname = hostname };
	endpoint.address.family = 4;
	put_u32(endpoint.address.bytes, 0x0a000000u + number);
	return endpoint;
}

static void expect_at(struct house *house, const char *name, const char *type, uint16_t rcode,
		      const char *text)
{
	struct asked asked = ask(house->answers, house->catalog, name, type, 0);
	char *got = answer_text(&asked);
	if (asked.rcode != rcode || strcmp(got, text) != 0)
		print_error("%s %s: rcode %u (%u), '%s'\n", name, type, asked.rcode, rcode, got);
	assert_int_equal(asked.rcode, rcode);
	assert_string_equal(got, text);
	ldns_pkt_free(asked.packet);
}

static void a_service_appears_with_the_publish_and_not_before(void **state)
{
	(void)state;
	struct house house = open_house(&(struct cluster_options){ .ttl = 0 });
	put_service(&house, "default", "web", SERVICE_CLUSTER_IP, "10.96.0.10");
	expect_at(&house, "web.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	answers_publish(house.answers);
	expect_at(&house, "web.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.96.0.10");
	expect_at(&house, "WEB.Default.svc.cluster.LOCAL.", "A", RCODE_NOERROR, "10.96.0.10");
	expect_at(&house, "web.default.svc.cluster.local.", "AAAA", RCODE_NOERROR, "");
	expect_at(&house, "_http._tcp.web.default.svc.cluster.local.", "SRV", RCODE_NOERROR,
		  "0 100 80 web.default.svc.cluster.local.");
	expect_at(&house, "_tcp.web.default.svc.cluster.local.", "TXT", RCODE_NOERROR, "");
	expect_at(&house, "10.0.96.10.in-addr.arpa.", "PTR", RCODE_NOERROR,
		  "web.default.svc.cluster.local.");
	expect_at(&house, "0.96.10.in-addr.arpa.", "PTR", RCODE_NOERROR, "");
	expect_at(&house, "1.96.10.in-addr.arpa.", "PTR", RCODE_NXDOMAIN, "");
	model_remove(house.model, OBJECT_SERVICE, "default", "web");
	answers_publish(house.answers);
	expect_at(&house, "web.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "_tcp.web.default.svc.cluster.local.", "TXT", RCODE_NXDOMAIN, "");
	expect_at(&house, "10.0.96.10.in-addr.arpa.", "PTR", RCODE_NXDOMAIN, "");
	expect_at(&house, "0.96.10.in-addr.arpa.", "PTR", RCODE_NXDOMAIN, "");
	close_house(&house);
}

static void endpoints_follow_their_slices(void **state)
{
	(void)state;
	struct house house = open_house(&(struct cluster_options){ .ttl = 0 });
	put_service(&house, "default", "db", SERVICE_HEADLESS, NULL);
	answers_publish(house.answers);
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	struct endpoint_text two[] = { endpoint(1, "db-0"), endpoint(2, NULL) };
	put_slice(&house, "db-a", "db", two, 2);
	answers_publish(house.answers);
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1|10.0.0.2");
	expect_at(&house, "db-0.db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1");
	expect_at(&house, "10-0-0-2.db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.2");
	expect_at(&house, "10-0-0-2.db.default.svc.cluster.local.", "SRV", RCODE_NOERROR,
		  "0 100 80 10-0-0-2.db.default.svc.cluster.local.");
	expect_at(&house, "10-0-0-1.db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "1.0.0.10.in-addr.arpa.", "PTR", RCODE_NOERROR,
		  "db-0.db.default.svc.cluster.local.");
	expect_at(&house, "2.0.0.10.in-addr.arpa.", "PTR", RCODE_NOERROR,
		  "10-0-0-2.db.default.svc.cluster.local.");
	/* One moves to another slice: never gone, never twice. */
	put_slice(&house, "db-b", "db", two, 1);
	answers_publish(house.answers);
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1|10.0.0.2");
	put_slice(&house, "db-a", "db", two + 1, 1);
	answers_publish(house.answers);
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1|10.0.0.2");
	expect_at(&house, "db-0.db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1");
	model_remove(house.model, OBJECT_SLICE, "default", "db-a");
	model_remove(house.model, OBJECT_SLICE, "default", "db-b");
	answers_publish(house.answers);
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "db-0.db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "2.0.0.10.in-addr.arpa.", "PTR", RCODE_NXDOMAIN, "");
	close_house(&house);
}

static void a_namespace_hides_and_shows_what_is_in_it(void **state)
{
	(void)state;
	struct house house = open_house(&(struct cluster_options){ .ttl = 0 });
	struct endpoint_text one[] = { endpoint(1, "h") };
	put_service(&house, "default", "db", SERVICE_HEADLESS, NULL);
	put_slice(&house, "db-a", "db", one, 1);
	answers_publish(house.answers);
	model_remove(house.model, OBJECT_NAMESPACE, "", "default");
	answers_publish(house.answers);
	expect_at(&house, "default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "h.db.default.svc.cluster.local.", "A", RCODE_NXDOMAIN, "");
	expect_at(&house, "1.0.0.10.in-addr.arpa.", "PTR", RCODE_NXDOMAIN, "");
	model_put(house.model, namespace_new("default"));
	answers_publish(house.answers);
	expect_at(&house, "h.db.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.0.1");
	expect_at(&house, "1.0.0.10.in-addr.arpa.", "PTR", RCODE_NOERROR,
		  "h.db.default.svc.cluster.local.");
	close_house(&house);
}

/* 10,000 endpoints in slices of 100, then one taken away and one given twice. */
static void a_big_service_shows_every_endpoint_by_repeated_questions(void **state)
{
	(void)state;
	enum { SLICES = 100, EACH = 100 };
	struct house house = open_house(&(struct cluster_options){ .ttl = 0 });
	put_service(&house, "default", "big", SERVICE_HEADLESS, NULL);
	for (unsigned s = 0; s < SLICES; s++) {
		struct endpoint_text endpoints[EACH];
		char name[32], host[EACH][32];
		for (unsigned i = 0; i < EACH; i++) {
			snprintf(host[i], sizeof host[i], "pod-%u", s * EACH + i);
			endpoints[i] = endpoint(s * EACH + i, i % 2 ? host[i] : NULL);
		}
		snprintf(name, sizeof name, "big-%u", s);
		put_slice(&house, name, "big", endpoints, EACH);
	}
	answers_publish(house.answers);
	expect_at(&house, "pod-4321.big.default.svc.cluster.local.", "A", RCODE_NOERROR, "10.0.16.225");
	expect_at(&house, "10-0-16-224.big.default.svc.cluster.local.", "A", RCODE_NOERROR,
		  "10.0.16.224");
	struct endpoint_text other[] = { endpoint(0, NULL), endpoint(20000, NULL) };
	put_slice(&house, "big-0", "big", other + 1, 1);
	put_slice(&house, "big-x", "big", other, 2); /* 20000 twice: said once */
	answers_publish(house.answers);
	static uint8_t seen[20001];
	memset(seen, 0, sizeof seen);
	size_t total = 0, per_answer = 0;
	for (int question = 0; question < 3; question++) {
		struct asked asked =
			ask(house.answers, house.catalog, "big.default.svc.cluster.local.", "A", 0);
		assert_true(asked.truncated);
		ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
		per_answer = ldns_rr_list_rr_count(answers);
		for (size_t i = 0; i < per_answer; i++) {
			uint32_t number =
				get_u32(ldns_rdf_data(ldns_rr_rdf(ldns_rr_list_rr(answers, i), 0))) &
				0xffffff;
			assert_true(number <= 20000);
			total += !seen[number];
			seen[number] = 1;
		}
		ldns_pkt_free(asked.packet);
	}
	assert_true(per_answer > 4080);
	assert_int_equal(total, SLICES * EACH - EACH + 2);
	struct asked srv = ask(house.answers, house.catalog,
			       "_http._tcp.big.default.svc.cluster.local.", "SRV", 1232);
	assert_true(srv.truncated);
	assert_true(ldns_rr_list_rr_count(ldns_pkt_answer(srv.packet)) > 10);
	ldns_pkt_free(srv.packet);
	close_house(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_appears_with_the_publish_and_not_before),
		cmocka_unit_test(endpoints_follow_their_slices),
		cmocka_unit_test(a_namespace_hides_and_shows_what_is_in_it),
		cmocka_unit_test(a_big_service_shows_every_endpoint_by_repeated_questions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
