/* SPDX-License-Identifier: Apache-2.0 */
/* health, ready, prometheus. */
#include "reading.h"

static void assert_place(const struct config_place *place, const char *address, unsigned port)
{
	assert_string_equal(place->address, address);
	assert_int_equal(place->port, port);
}

static void each_has_its_usual_place(void **state)
{
	(void)state;
	struct config *config = read_body("prometheus\nready\nhealth");
	const struct config_block *block = &config->blocks[0];

	assert_place(&block->health->place, "", 8080);
	assert_int_equal(block->health->lameduck_ms, 0);
	assert_place(&block->ready->place, "", 8181);
	assert_false(block->ready->continuously);
	assert_place(&block->prometheus->place, "127.0.0.1", 9153);
	assert_directives(block, "ready|health|prometheus");
	assert_int_equal(config->notes.count, 0);
	config_free(config);
	config = read_body("whoami");
	block = &config->blocks[0];
	assert_true(block->health == NULL && block->ready == NULL && block->prometheus == NULL);
	config_free(config);
}

static void each_is_where_it_is_told(void **state)
{
	(void)state;
	struct config *config =
		read_body("prometheus 0.0.0.0:9253\nready [::1]:8282 {\nmonitor continuously\n}\n"
			  "health localhost:8081 {\nlameduck 5s\n}");
	const struct config_block *block = &config->blocks[0];

	assert_place(&block->health->place, "127.0.0.1", 8081);
	assert_int_equal(block->health->lameduck_ms, 5000);
	assert_place(&block->ready->place, "::1", 8282);
	assert_true(block->ready->continuously);
	assert_place(&block->prometheus->place, "", 9253);
	config_free(config);
	config = read_body(
		"ready {\nmonitor continuously\nmonitor until-ready\n}\nprometheus { }\nhealth { }");
	assert_false(config->blocks[0].ready->continuously);
	config_free(config);
}

static void health_may_stand_more_than_once_in_a_block(void **state)
{
	(void)state;
	struct config *config =
		read_body("health :8081 {\nlameduck 5s\n}\nhealth {\nlameduck 1500ms\n}\nhealth");
	const struct config_health *health = config->blocks[0].health;

	assert_place(&health->place, "", 8081);
	assert_int_equal(health->lameduck_ms, 1500);
	assert_directives(&config->blocks[0], "health");
	config_free(config);
}

static void blocks_may_share_a_place(void **state)
{
	(void)state;
	struct config *config =
		read_good("a {\nhealth\nready\nprometheus\n}\nb {\nhealth\nready\nprometheus\n}\n"
			  "c {\nhealth :9153\nready :9153\nprometheus :9153\n}\n");

	for (size_t i = 0; i < 2; i++) {
		assert_place(&config->blocks[i].health->place, "", 8080);
		assert_place(&config->blocks[i].ready->place, "", 8181);
		assert_place(&config->blocks[i].prometheus->place, "127.0.0.1", 9153);
	}
	assert_place(&config->blocks[2].health->place, "", 9153);
	config_free(config);
}

static void series_of_another_runtime_are_noted(void **state)
{
	(void)state;
	struct config *config = read_body("prometheus :9153 {\nruntime_metrics\n}");

	assert_words(&config->notes,
		     "Corefile:3 - runtime_metrics: the series of Go's runtime do not exist here, "
		     "nothing is added");
	config_free(config);
}

static void bad_lines_are_refused(void **state)
{
	(void)state;
#define AT(name, line) "plugin/" name ": Corefile:" line " - Error during parsing: "
	static const struct bad table[] = {
		{ "health 8080", AT("health", "2") "expected :PORT or ADDRESS:PORT, got \"8080\"" },
		{ "ready\nhealth a:80",
		  AT("health", "3") "expected :PORT or ADDRESS:PORT, got \"a:80\"" },
		{ "ready ::1:80", AT("ready", "2") "expected :PORT or ADDRESS:PORT, got \"::1:80\"" },
		{ "prometheus :0", AT("prometheus", "2") "expected :PORT or ADDRESS:PORT, got \":0\"" },
		{ "health :1 :2",
		  AT("health", "2") "Wrong argument count or unexpected line ending after ':2'" },
		{ "ready :1 :2",
		  AT("ready", "2") "Wrong argument count or unexpected line ending after ':2'" },
		{ "prometheus :1 :2",
		  AT("prometheus", "2") "Wrong argument count or unexpected line ending after ':2'" },
		{ "health {\nlameduck\n}",
		  AT("health", "3") "Wrong argument count or unexpected line ending after 'lameduck'" },
		{ "health {\nlameduck 5s 6s\n}",
		  AT("health", "3") "Wrong argument count or unexpected line ending after '6s'" },
		{ "health {\nlameduck 5\n}",
		  AT("health",
		     "3") "unable to parse lameduck duration value: '5' : time: missing unit in duration \"5\"" },
		{ "health {\nfoo\n}", AT("health", "3") "unknown property 'foo'" },
		{ "ready {\nfoo\n}", AT("ready", "3") "unknown property 'foo'" },
		{ "ready {\nmonitor\n}",
		  AT("ready", "3") "Wrong argument count or unexpected line ending after 'monitor'" },
		{ "ready {\nmonitor x\n}",
		  AT("ready", "3") "monitor type 'x' not supported, must be one of: until-ready, "
				   "continuously" },
		{ "ready\nready",
		  AT("ready", "3") "this plugin can only be used once per Server Block" },
		{ "prometheus\nprometheus",
		  AT("prometheus", "3") "this plugin can only be used once per Server Block" },
		{ "prometheus {\nfoo\n}", AT("prometheus", "3") "unknown option: foo" },
		{ "prometheus {\nruntime_metrics x\n}",
		  AT("prometheus", "3") "Wrong argument count or unexpected line ending after 'x'" },
		{ "prometheus {\ntls web.yml\n}",
		  AT("prometheus",
		     "3") "tls is not built into knamed: metrics are served over plain HTTP" },
	};
#undef AT

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_usual_place),
		cmocka_unit_test(each_is_where_it_is_told),
		cmocka_unit_test(health_may_stand_more_than_once_in_a_block),
		cmocka_unit_test(blocks_may_share_a_place),
		cmocka_unit_test(series_of_another_runtime_are_noted),
		cmocka_unit_test(bad_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
