/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"
#include "store.h"
#include "zones.h"

/* names.md 14 "several zones: same data under each" */
static void every_forward_zone_has_the_same_names(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "k8s.example.", "example.",
					     "in-addr.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.pods = CLUSTER_PODS_INSECURE;
	struct house *house = house_open(&options);
	house_show(house,
		   "Namespace db\nService default/web ClusterIP 10.96.0.1 http=80/TCP\nService db/db Headless\n"
		   "Slice db/s of=db a=1/TCP h@10.0.0.1 10.0.0.2\n");
	for (size_t i = 0; i < 3; i++) {
		char lines[2000];
		const char *z = zones[i], *t = i == 0 ? "" : z, *dot = i == 0 ? "" : ".";
		snprintf(lines, sizeof lines,
			 "web.default.svc.%s A: 10.96.0.1\n_http._tcp.web.default.svc.%s SRV: 0 100 80 web.default.svc%s%s\n"
			 "h.db.db.svc.%s A: 10.0.0.1\n10-0-0-2.db.db.svc.%s A: 10.0.0.2\n"
			 "_a._tcp.db.svc.%s SRV: 0 50 1 h.db.db.svc%s%s|0 50 1 10-0-0-2.db.db.svc%s%s\n"
			 "dns-version.%s TXT: \"1.1.0\"\n10-0-0-9.db.pod.%s A: 10.0.0.9\nno.svc.%s A: NXDOMAIN\n",
			 z, z, dot, t, z, z, z, dot, t, dot, t, z, z, z);
		house_expect_all(house, lines);
	}
	house_expect(house, "10.96.0.1 PTR", "web.default.svc");
	house_close(house);
}

/* A catalog is a directive's: two of them, of which each knows its own options and objects. */
static void catalogs_do_not_know_of_each_other(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local." };
	struct cluster_options options = house_options();
	struct answers *answers = answers_new();
	options.zones = zones;
	options.zone_count = 1;
	struct catalog *first = answers_add_cluster(answers, &options);
	options.ttl = 7;
	struct catalog *second = answers_add_cluster(answers, &options);
	struct model *models[] = { model_new(), model_new() };
	model_listen(models[0], catalog_listener(first));
	model_listen(models[1], catalog_listener(second));
	for (int i = 0; i < 2; i++) {
		model_put(models[i], object_of_line("Namespace default"));
		model_put(models[i],
			  object_of_line(i == 0 ? "Service default/web ClusterIP 10.96.0.1"
						: "Service default/web ClusterIP 10.96.0.2"));
	}
	assert_true(answers_publish(answers));
	struct asked asked = ask(answers, first, "web.default.svc.cluster.local.", "A", 0);
	assert_string_equal(answer_text(&asked), "10.96.0.1");
	assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0)), 30);
	ldns_pkt_free(asked.packet);
	catalog_set_synced(first, false);
	assert_true(answers_publish(answers));
	asked = ask(answers, first, "web.default.svc.cluster.local.", "A", 0);
	assert_int_equal(asked.kind, ANSWER_NOT_READY);
	ldns_pkt_free(asked.packet);
	asked = ask(answers, second, "web.default.svc.cluster.local.", "A", 0);
	assert_string_equal(answer_text(&asked), "10.96.0.2");
	assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0)), 7);
	ldns_pkt_free(asked.packet);
	model_free(models[0]);
	model_free(models[1]);
	answers_free(answers);
}

static struct catalog *add_cluster(struct answers *answers, struct model *model)
{
	struct cluster_options options = house_options();
	struct catalog *catalog = answers_add_cluster(answers, &options);
	model_listen(model, catalog_listener(catalog));
	return catalog;
}

/* Directives come and go while the others answer; the places of the gone ones are used again. */
static void a_catalog_is_removed_and_the_others_answer_on(void **state)
{
	(void)state;
	enum { ROUNDS = 50 };
	struct answers *answers = answers_new();
	struct model *kept_model = model_new();
	struct catalog *kept = add_cluster(answers, kept_model);
	model_put(kept_model, object_of_line("Namespace default"));
	model_put(kept_model, object_of_line("Service default/web ClusterIP 10.96.0.1"));
	answers_publish(answers);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct model *model = model_new();
		struct catalog *catalog = add_cluster(answers, model);
		struct catalog *files = answers_add_static(answers);
		model_put(model, object_of_line("Namespace default"));
		model_put(model, object_of_line("Service default/db Headless"));
		model_put(model, object_of_line("Slice default/db-1 of=db http=80/TCP 10.1.1.1"));
		struct zone_load *load = zone_load_begin(files, "example.");
		assert_true(load_text(load, "example.", SOA "a A 10.0.0.1\n", NULL) &&
			    zone_load_end(load, NULL));
		answers_publish(answers);
		struct asked asked = ask(answers, catalog, "db.default.svc.cluster.local.", "A", 0);
		assert_string_equal(answer_text(&asked), "10.1.1.1");
		ldns_pkt_free(asked.packet);
		model_remove(model, OBJECT_SERVICE, "default", "db");
		answers_publish(answers);
		model_free(model);
		answers_remove(catalog);
		answers_remove(files);
		asked = ask(answers, kept, "web.default.svc.cluster.local.", "A", 0);
		assert_string_equal(answer_text(&asked), "10.96.0.1");
		ldns_pkt_free(asked.packet);
	}
	assert_in_range(answers->catalog_count, 1, 3);
	assert_in_range(answers->zone_count, 1, 8);
	model_free(kept_model);
	answers_free(answers);
}

static bool is_set(void *context)
{
	return *(bool *)context;
}

static void half_of_a_list_is_not_shown_whoever_publishes(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	bool is_held = false;
	catalog_hold_while(house->catalog, is_set, &is_held);
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	is_held = true;
	house_put(house, "Service default/web ClusterIP 10.96.0.2\n"
			 "Service default/new ClusterIP 10.96.0.3");
	assert_false(answers_publish(house->answers));
	house_expect(house, "web.default.svc A", "10.96.0.1");
	house_expect(house, "new.default.svc A", "NXDOMAIN");
	is_held = false;
	assert_true(answers_publish(house->answers));
	house_expect(house, "web.default.svc A", "10.96.0.2");
	house_expect(house, "new.default.svc A", "10.96.0.3");
	house_close(house);
}

static void what_is_prepared_is_shown_when_it_is_published(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	house_put(house, "Service default/web ClusterIP 10.96.0.2");
	catalog_prepare(house->catalog);
	house_expect(house, "web.default.svc A", "10.96.0.1");
	house_expect(house, "10.96.0.2 PTR", "NXDOMAIN");
	house_put(house, "Service default/web ClusterIP 10.96.0.3\nService default/new Headless\n"
			 "Slice default/new-1 of=new 10.1.1.1");
	catalog_prepare(house->catalog);
	house_expect(house, "web.default.svc A", "10.96.0.1");
	house_expect(house, "new.default.svc A", "NXDOMAIN");
	assert_true(answers_publish(house->answers));
	house_expect(house, "web.default.svc A", "10.96.0.3");
	house_expect(house, "new.default.svc A", "10.1.1.1");
	house_expect(house, "10.96.0.2 PTR", "NXDOMAIN");
	house_close(house);
}

static void two_catalogs_may_hear_the_same_model(void **state)
{
	(void)state;
	static const char *const others[] = { "other.example." };
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	options.zones = others;
	options.zone_count = 1;
	struct catalog *second = answers_add_cluster(house->answers, &options);
	model_listen(house->model, catalog_listener(second));
	house_show(house, "Namespace late\nService late/web ClusterIP 10.96.0.1");
	house_expect(house, "web.late.svc A", "10.96.0.1");
	struct asked asked = ask(house->answers, second, "web.late.svc.other.example.", "A", 0);
	assert_string_equal(answer_text(&asked), "10.96.0.1");
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 8: a catalog of reverse zones alone has no name that a PTR could tell. */
static void without_a_forward_zone_there_are_no_ptrs(void **state)
{
	(void)state;
	static const char *const zones[] = { "in-addr.arpa." };
	struct cluster_options options = house_options();
	struct ip local;
	assert_true(ip_parse("10.0.0.53", &local));
	options.local_addresses = &local;
	options.local_address_count = 1;
	options.zones = zones;
	options.zone_count = 1;
	struct house *house = house_open(&options);
	house_put(house, "Service default/web ClusterIP 10.96.0.1");
	answers_publish(house->answers);
	house_expect_all(house, "10.96.0.1 PTR: NXDOMAIN\nin-addr.arpa. NS: ns.dns.in-addr.arpa.\n"
				"ns.dns.in-addr.arpa. A: 10.0.0.53\n");
	house_close(house);
}

/* names.md 8: of an address outside of the reverse zones nothing is asked here. */
static void reverse_zones_may_be_parts_of_the_tree(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "96.10.in-addr.arpa.",
					     "8.b.d.0.1.0.0.2.ip6.arpa." };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	struct house *house = house_open(&options);
	house_show(house, "Service default/web ClusterIP 10.96.0.1 2001:db8::1 10.97.0.1");
	house_expect_all(
		house,
		"10.96.0.1 PTR: web.default.svc\n2001:db8::1 PTR: web.default.svc\n0.96.10.in-addr.arpa. A: NODATA\n"
		"96.10.in-addr.arpa. PTR: NODATA\n1.96.10.in-addr.arpa. A: NXDOMAIN\n"
		"0.8.b.d.0.1.0.0.2.ip6.arpa. A: NODATA\n1.8.b.d.0.1.0.0.2.ip6.arpa. A: NXDOMAIN\n");
	struct asked asked = house_ask(house, "9.96.10.in-addr.arpa. A");
	char *owner =
		ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_authority(asked.packet), 0)));
	assert_string_equal(owner, "96.10.in-addr.arpa.");
	free(owner);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

static void what_was_never_published_is_freed(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct answers *answers = answers_new();
	struct catalog *catalog = answers_add_cluster(answers, &options);
	struct model *model = model_new();
	model_listen(model, catalog_listener(catalog));
	model_put(model, object_of_line("Service default/web Headless"));
	model_put(model, object_of_line("Slice default/s of=web a=1/TCP h@10.0.0.1"));
	model_free(model);
	answers_free(answers);
	answers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_catalog_is_removed_and_the_others_answer_on),
		cmocka_unit_test(every_forward_zone_has_the_same_names),
		cmocka_unit_test(catalogs_do_not_know_of_each_other),
		cmocka_unit_test(half_of_a_list_is_not_shown_whoever_publishes),
		cmocka_unit_test(what_is_prepared_is_shown_when_it_is_published),
		cmocka_unit_test(two_catalogs_may_hear_the_same_model),
		cmocka_unit_test(without_a_forward_zone_there_are_no_ptrs),
		cmocka_unit_test(reverse_zones_may_be_parts_of_the_tree),
		cmocka_unit_test(what_was_never_published_is_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
