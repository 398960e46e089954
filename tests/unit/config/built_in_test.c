/* SPDX-License-Identifier: Apache-2.0 */
/* What serves in a cluster whose Corefile cannot be used. */
#include "reading.h"

static struct config *built_in(const char *corefile)
{
	write_file("Corefile", corefile);
	return config_built_in(&(struct flags){ .port = "1053" });
}

static void assert_none(const char *corefile)
{
	struct config *config = built_in(corefile);
	config_free(config);
	if (config != NULL)
		fail_msg("serves for: %s", corefile);
}

/* A cluster, and a resolv.conf that its Corefile need not have. */
static int cluster_setup(void **state)
{
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	return directory_setup(state);
}

static void outside_of_a_cluster_there_is_none(void **state)
{
	(void)state;
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_none(".:53 {\n");
	setenv("KUBERNETES_SERVICE_HOST", "", 1);
	assert_none(".:53 {\n");
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
}

static void nothing_readable_gives_what_is_usual(void **state)
{
	(void)state;
	struct config *config = built_in("");
	assert_non_null(config);
	assert_int_equal(config->block_count, 1);
	const struct config_block *block = &config->blocks[0];
	assert_addresses(block, "dns://.:1053");
	assert_zones(&block->kubernetes->zones, "cluster.local. in-addr.arpa. ip6.arpa.");
	assert_int_equal(block->kubernetes->pods, PODS_INSECURE);
	assert_int_equal(block->health->place.port, 8080);
	assert_int_equal(block->ready->place.port, 8181);
	assert_int_equal(block->prometheus->place.port, 9153);
	assert_int_equal(block->forward_count, 1);
	assert_non_null(block->cache);
	assert_non_null(config->reload);
	config_free(config);
}

static void what_can_be_read_is_kept(void **state)
{
	(void)state;
	struct config *config = built_in(
		"(snippet) {\n errors\n}\n# x.:99 {\n.:5353 {\n bind 127.0.0.1 nowhere9\n"
		" health 127.0.0.2:8081\n ready :8182 { }\n prometheus \"127.0.0.1:9154\"\n"
		" kubernetes in-addr.arpa corp.example cluster.local {\n  pods sometimes\n }\n}\n");
	assert_non_null(config);
	const struct config_block *block = &config->blocks[0];
	assert_addresses(block, "dns://.:5353");
	assert_words(&block->bind, "127.0.0.1");
	assert_zones(&block->kubernetes->zones, "corp.example. in-addr.arpa. ip6.arpa.");
	assert_int_equal(block->health->place.port, 8081);
	assert_int_equal(block->ready->place.port, 8182);
	assert_int_equal(block->prometheus->place.port, 9154);
	config_free(config);
}

static void places_that_are_wrong_are_the_usual_ones(void **state)
{
	(void)state;
	struct config *config = built_in(".:53 {\n health nowhere:x\n prometheus 127.0.0.1:9154\n}\n");
	assert_non_null(config);
	assert_int_equal(config->blocks[0].health->place.port, 8080);
	assert_int_equal(config->blocks[0].prometheus->place.port, 9153);
	config_free(config);
}

static void what_restricts_is_not_left_out(void **state)
{
	(void)state;
	assert_none(".:53 {\n acl {\n block\n");
	assert_none(".:53 {\nview v {\n expr true\n}\n}");
	assert_none(".:53 { acl { block } }\n");
	setenv("KNAMED_TEST_WORD", "acl", 1);
	assert_none(".:53 {\n {$KNAMED_TEST_WORD} {\n block\n }\n}\n");
	write_file("more", "import deeper\n");
	write_file("deeper", "acl {\n}\n");
	assert_none(".:53 {\n import mor*\n}\n");
	write_file("more", "import more\n");
	assert_none(".:53 {\n import more\n}\n"); /* without an end */
	write_file("more", "errors\n");
	struct config *config =
		built_in("# acl\n.:53 {\n import more nonsense\n import nowhere\n log acls\n");
	assert_non_null(config);
	config_free(config);
}

static void addresses_are_not_widened(void **state)
{
	(void)state;
	assert_none(".:53 {\n bind nowhere9\n}\n");
	assert_none(".:53 {\n bind\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_of_a_cluster_there_is_none),
		cmocka_unit_test(nothing_readable_gives_what_is_usual),
		cmocka_unit_test(what_can_be_read_is_kept),
		cmocka_unit_test(places_that_are_wrong_are_the_usual_ones),
		cmocka_unit_test(what_restricts_is_not_left_out),
		cmocka_unit_test(addresses_are_not_widened),
	};

	return cmocka_run_group_tests(tests, cluster_setup, directory_teardown);
}
