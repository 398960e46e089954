/* SPDX-License-Identifier: Apache-2.0 */
/* Values of metadata, as CoreDNS' kubernetes plugin makes them of names. */
#include <stdio.h>

#include "asking.h"

static struct config_zone zones[] = {
	{ (char[]){ "cluster.local." } },
	{ (char[]){ "set.local." } },
	{ (char[]){ "in-addr.arpa." } },
};
static struct config_zone root = { (char[]){ "." } };

struct asked {
	uint8_t packet[512];
	struct dns_query query;
	struct config_kubernetes kubernetes;
	struct config_block block;
	struct metadata metadata;
};

static void ask(struct asked *asked, const char *name)
{
	memset(asked, 0, sizeof(*asked));
	ask_question(asked->packet, name, TYPE_A, CLASS_IN, &asked->query);
	asked->kubernetes.zones = (struct config_zones){ zones, COUNT_OF(zones) };
	asked->kubernetes.multicluster = (struct config_zones){ zones + 1, 1 };
	asked->kubernetes.zonal = true;
	asked->block.kubernetes = &asked->kubernetes;
	asked->block.metadata = true;
	asked->block.metadata_zones = (struct config_zones){ &root, 1 };
	asked->metadata = (struct metadata){ .block = &asked->block, .query = &asked->query };
}

/* "?": not known. */
static void add_value(const struct asked *asked, const char *word, struct text *text)
{
	enum metadata_label label;
	char value[METADATA_ROOM];
	size_t size;
	assert_true(metadata_find(word, strlen(word), &label));
	if (metadata_write(&asked->metadata, label, value, &size))
		text_add_n(text, value, size);
	else
		text_add(text, "?");
}

/* Kind, namespace, service, endpoint, port, protocol, cluster, zone, error. */
static void assert_parts(const char *name, const char *expected)
{
	static const char *const labels[] = {
		"kind",	    "namespace", "service", "endpoint",	   "port-name",
		"protocol", "cluster",	 "zone",    "parse-error",
	};
	struct asked asked;
	struct text text = { 0 };
	ask(&asked, name);
	for (size_t i = 0; i < COUNT_OF(labels); i++) {
		char word[64];
		snprintf(word, sizeof(word), "kubernetes/%s", labels[i]);
		text_add(&text, i > 0 ? "|" : "");
		add_value(&asked, word, &text);
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static void names_of_the_cluster_have_parts(void **state)
{
	(void)state;
	assert_parts("cluster.local.", "|||||"
				       "|?||?");
	assert_parts("svc.cluster.local.", "||||||?||?");
	assert_parts("NS.svc.cluster.local.", "svc|ns|||||?||?");
	assert_parts("Shop.ns.svc.cluster.local.", "svc|ns|shop||||?||?");
	assert_parts("host.shop.ns.svc.cluster.local.", "svc|ns|shop|host|||?||?");
	assert_parts("_http._tcp.shop.ns.svc.cluster.local.", "svc|ns|shop||http|tcp|?||?");
	assert_parts("1-2-3-4.ns.pod.cluster.local.", "pod|ns|1-2-3-4||||?||?");
	assert_parts("eu.west.pin._zone.shop.ns.svc.cluster.local.", "svc|ns|shop||||?|eu.west|?");
	assert_parts("a\\.b.ns.svc.cluster.local.", "svc|ns|a\\.b||||?||?");
}

static void imports_have_a_cluster(void **state)
{
	(void)state;
	assert_parts("host.east.shop.ns.svc.set.local.", "svc|ns|shop|host|||east||?");
	assert_parts("_http._tcp.shop.ns.svc.set.local.", "svc|ns|shop||http|tcp|?||?");
	assert_parts("shop.ns.svc.set.local.", "svc|ns|shop||||?||?");
}

static void what_is_no_such_name_says_so(void **state)
{
	(void)state;
	static const char bad[] = "?|?|?|?|?|?|?|?|invalid query name";
	assert_parts("foo.cluster.local.", bad);
	assert_parts("a.b.c.shop.ns.svc.cluster.local.", bad);
	assert_parts("pin._zone.shop.ns.svc.cluster.local.", "svc|ns|shop||pin|zone|?||?");
	assert_parts("1.2.3.4.in-addr.arpa.", bad);
	assert_parts("example.org.", "?|?|?|?|?|?|?|?|?");
}

static void there_is_none_outside_the_zones_of_the_directive(void **state)
{
	(void)state;
	struct asked asked;
	struct text text = { 0 };
	ask(&asked, "a.b.svc.cluster.local.");
	asked.block.metadata_zones.zones = zones + 1;
	add_value(&asked, "kubernetes/service", &text);
	asked.block.metadata_zones.zones = zones;
	add_value(&asked, "kubernetes/service", &text);
	asked.block.metadata = false;
	add_value(&asked, "kubernetes/service", &text);
	assert_string_equal(text.data, "?a?");
	text_done(&text);
}

static void what_was_told_is_read_back(void **state)
{
	(void)state;
	struct asked asked;
	struct text text = { 0 };
	ask(&asked, "example.org.");
	add_value(&asked, "forward/upstream", &text);
	asked.metadata.told[METADATA_UPSTREAM] = "192.0.2.1:53";
	add_value(&asked, "forward/upstream", &text);
	add_value(&asked, "kubernetes/client-pod-name", &text);
	assert_string_equal(text.data, "?192.0.2.1:53?");
	text_done(&text);
}

static void unknown_labels_are_told_apart(void **state)
{
	(void)state;
	enum metadata_label label;
	assert_false(metadata_find("kubernetes/servic", 17, &label));
	assert_false(metadata_find("kubernetes/services", 19, &label));
	assert_false(metadata_find("", 0, &label));
	assert_true(metadata_find("view/name", 9, &label));
	assert_int_equal(label, METADATA_VIEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_cluster_have_parts),
		cmocka_unit_test(imports_have_a_cluster),
		cmocka_unit_test(what_is_no_such_name_says_so),
		cmocka_unit_test(there_is_none_outside_the_zones_of_the_directive),
		cmocka_unit_test(what_was_told_is_read_back),
		cmocka_unit_test(unknown_labels_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
