/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives: what is built, what is refused, in which order. */
#include "directives.h"
#include "reading.h"

/* All that CoreDNS 1.15 knows. */
static const char *const built[] = {
	"acl",	      "any",	     "auto",	  "autopath",	"bind",	    "bufsize",
	"cache",      "cancel",	     "chaos",	  "debug",	"dns64",    "errors",
	"file",	      "forward",     "header",	  "health",	"hosts",    "k8s_external",
	"kubernetes", "loadbalance", "local",	  "log",	"loop",	    "metadata",
	"minimal",    "multisocket", "nsid",	  "prometheus", "ready",    "reload",
	"rewrite",    "root",	     "secondary", "template",	"timeouts", "transfer",
	"view",	      "whoami",
};
static const char *const unbuilt[] = {
	"geoip", "proxyproto", "quic", "grpc_server", "https",	 "https3", "trace",	"pprof",
	"shed",	 "dnstap",     "siit", "tsig",	      "dnssec",	 "tls",	   "dynupdate", "route53",
	"azure", "clouddns",   "etcd", "grpc",	      "erratic", "on",	   "sign",	"nomad",
};

static void what_coredns_knows_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(built); i++)
		assert_true(directive_is_known(built[i]));
	for (size_t i = 0; i < COUNT_OF(unbuilt); i++)
		assert_true(directive_is_known(unbuilt[i]));
	assert_false(directive_is_known("Forward"));
	assert_false(directive_is_known(""));
}

static void what_is_not_built_is_refused_with_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(unbuilt); i++) {
		char text[64], start[96];
		struct error error = { 0 };
		snprintf(text, sizeof(text), "a {\n whoami\n %s x {\n y\n }\n}\n", unbuilt[i]);
		snprintf(start, sizeof(start),
			 "plugin/%s: Corefile:3 - Error during parsing: %s, which ", unbuilt[i],
			 unbuilt[i]);
		assert_null(config_read("Corefile", text, "53", &error));
		assert_memory_equal(error.text, start, strlen(start));
		assert_non_null(strstr(error.text, ", is not built into knamed"));
	}
}

static void the_built_ones_are_listed_by_name(void **state)
{
	(void)state;
	struct text text = { 0 };
	char before[64] = "", name[64];

	config_directives_print(&text);
	for (const char *at = text.data; *at != '\0'; at = strchr(at, '\n') + 1) {
		assert_int_equal(sscanf(at, "%63s", name), 1);
		assert_true(strcmp(before, name) < 0);
		snprintf(before, sizeof(before), "%s", name);
	}
	for (size_t i = 0; i < COUNT_OF(unbuilt); i++) {
		snprintf(name, sizeof(name), "\n%s\n", unbuilt[i]);
		assert_null(strstr(text.data, name));
	}
	assert_non_null(strstr(text.data, "\nkubernetes\n"));
	text_done(&text);
}

static void directives_of_a_block_are_in_the_order_of_the_chain(void **state)
{
	(void)state;
	struct config *config = read_body(
		"whoami\nauto {\ndirectory /\n}\nfile x\nkubernetes {\nmanifests m\n}\nminimal\n"
		"prometheus\nhealth\nready\nloadbalance\nchaos\nany\nlocal\nlog\nerrors\nbind lo\nbufsize\nnsid\n"
		"multisocket 1\nroot /\nlog");

	assert_directives(&config->blocks[0],
			  "root|multisocket|nsid|bufsize|bind|ready|health|prometheus|errors|log|local|any|chaos|"
			  "loadbalance|minimal|kubernetes|file|auto|whoami");
	config_free(config);
}

/* What CoreDNS 1.15 shows of these as coredns_plugin_enabled. */
static void what_sets_something_up_is_not_in_the_chain(void **state)
{
	(void)state;
	static const char *const handlers[] = {
		"nsid",	 "bufsize", "prometheus",  "errors", "log",	   "local", "any",
		"chaos", "minimal", "loadbalance", "whoami", "kubernetes", "file",  "auto",
	};
	static const char *const others[] = { "root", "multisocket", "bind", "ready", "health" };

	for (size_t i = 0; i < COUNT_OF(handlers); i++)
		assert_true(config_directive_is_in_chain(handlers[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(config_directive_is_in_chain(others[i]));
}

static void of_several_mistakes_the_first_in_the_chain_is_told(void **state)
{
	(void)state;
	static const struct bad table[] = {
		/* Grammar before addresses, addresses before directives, directives before overlap. */
		{ "a..b {\n any x\n}\nb {\n bogus\n}\n",
		  "Corefile:5 - Error during parsing: Unknown directive 'bogus'" },
		{ "a {\n any x\n}\nb..c {\n}\n", "Corefile:4 - error inspecting server blocks: "
						 "zone is not a valid domain name: b..c" },
		{ "a {\n}\na {\n errors x\n}\n",
		  "plugin/errors: Corefile:4 - Error during parsing: invalid log file: x" },
		/* By directive first, by block second. */
		{ "a {\n forward\n whoami x\n}\nb {\n errors x\n}\n",
		  "plugin/errors: Corefile:6 - Error during parsing: invalid log file: x" },
	};

	assert_all_bad(table);
}

static void blocks_are_read_apart(void **state)
{
	(void)state;
	struct config *config = read_good("a {\n errors\n}\nb c {\n whoami\n}\n");

	assert_int_equal(config->block_count, 2);
	assert_non_null(config->blocks[0].errors);
	assert_false(config->blocks[0].whoami);
	assert_null(config->blocks[1].errors);
	assert_true(config->blocks[1].whoami);
	config_free(config);
	config_free(NULL);
}

static void options_end_where_coredns_ends_them(void **state)
{
	(void)state;
	/* Braces inside braces belong to the option in front of them, and what follows a body begins anew. */
	static const struct bad table[] = {
		{ "a {\n errors {\n stacktrace {\n foo\n }\n }\n}\n",
		  "plugin/errors: Corefile:4 - Syntax error: Unexpected token 'foo', expecting "
		  "'Unknown field foo'" },
		{ "a {\n errors {\n } x\n}\n",
		  "plugin/errors: Corefile:3 - Error during parsing: this plugin can only be used "
		  "once per Server Block" },
		{ "a {\n errors {\n {\n stacktrace\n }\n }\n}\n",
		  "plugin/errors: Corefile:3 - Syntax error: Unexpected token '{', expecting "
		  "'Unknown field {'" },
		/* A brace on a line of its own does not open the options of the line before. */
		{ "a {\n errors {\n stacktrace\n {\n x\n }\n }\n}\n",
		  "plugin/errors: Corefile:4 - Error during parsing: this plugin can only be used "
		  "once per Server Block" },
	};

	assert_all_bad(table);
	config_free(read_good("a {\n errors { }\n}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_coredns_knows_is_known),
		cmocka_unit_test(what_is_not_built_is_refused_with_a_sentence_of_its_own),
		cmocka_unit_test(the_built_ones_are_listed_by_name),
		cmocka_unit_test(directives_of_a_block_are_in_the_order_of_the_chain),
		cmocka_unit_test(what_sets_something_up_is_not_in_the_chain),
		cmocka_unit_test(of_several_mistakes_the_first_in_the_chain_is_told),
		cmocka_unit_test(blocks_are_read_apart),
		cmocka_unit_test(options_end_where_coredns_ends_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
