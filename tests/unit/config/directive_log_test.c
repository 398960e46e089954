/* SPDX-License-Identifier: Apache-2.0 */
/* log. */
#include "reading.h"

#define COMMON                                                                                     \
	"{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" "       \
	"{rcode} {>rflags} {rsize} "                                                               \
	"{duration}"

static void assert_log(const char *line, const char *names, const char *format, unsigned classes)
{
	struct config *config = read_body(line);
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->log_count, 1);
	assert_zones(&block->logs[0].names, names);
	assert_string_equal(block->logs[0].format, format);
	assert_int_equal(block->logs[0].classes, classes);
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

static void log_takes_names_and_a_format(void **state)
{
	(void)state;
	assert_log("log", ".", COMMON, LOG_CLASS_ALL);
	assert_log("log .", ".", COMMON, LOG_CLASS_ALL);
	assert_log("log Example.org b", "example.org. b.", COMMON, LOG_CLASS_ALL);
	assert_log("log . \"{name} {/log/type}\"", ".", "{name} {/log/type}", LOG_CLASS_ALL);
	assert_log("log a b {common}", "a. b.", COMMON, LOG_CLASS_ALL);
	assert_log("log a \"<{combined}|{common}>\"", "a.", "<" COMMON " \"{>opcode}\"|" COMMON ">",
		   LOG_CLASS_ALL);
}

static void log_classes_add_up(void **state)
{
	(void)state;
	assert_log("log {\nclass error\n}", ".", COMMON, LOG_CLASS_ERROR);
	assert_log("log . {\nclass denial error\nclass success\n}", ".", COMMON, LOG_CLASS_ALL);
	assert_log("log . {\nclass denial error\n}", ".", COMMON, LOG_CLASS_DENIAL | LOG_CLASS_ERROR);
	assert_log("log . {\nclass all\n}", ".", COMMON, LOG_CLASS_ALL);
	assert_log("log {\n}", ".", COMMON, LOG_CLASS_ALL);
}

static void log_lines_stay_apart(void **state)
{
	(void)state;
	struct config *config = read_body("log a {\nclass error\n}\nlog b");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->log_count, 2);
	assert_zones(&block->logs[0].names, "a.");
	assert_int_equal(block->logs[0].classes, LOG_CLASS_ERROR);
	assert_zones(&block->logs[1].names, "b.");
	assert_int_equal(block->logs[1].classes, LOG_CLASS_ALL);
	config_free(config);
}

static void a_single_argument_is_a_name_even_if_it_looks_like_a_format(void **state)
{
	(void)state;
	struct config *config = read_body("log {common}\nlog a..b");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->log_count, 1);
	assert_zones(&block->logs[0].names, "{common}.");
	assert_words(&config->notes, "Corefile:2 - log takes '{common}' for a name, no query has it|"
				     "Corefile:3 - log takes 'a..b' for a name, no query has it");
	config_free(config);
}

static void assert_notes(const char *body, const char *notes)
{
	struct config *config = read_body(body);
	assert_words(&config->notes, notes);
	config_free(config);
}

static void words_that_are_never_known_are_noted(void **state)
{
	(void)state;
	assert_notes("log . \"{/view/name} {/kubernetes/kind}\"",
		     "Corefile:2 - {/view/name} reads '-': the block has no metadata");
	assert_notes("metadata\nlog . \"{/view/name}\"", "");
	assert_notes("metadata\nlog . \"{/kubernetes/client-label/app}\"",
		     "Corefile:3 - labels of pods are not kept: {/kubernetes/client-label/NAME} reads '-'");
	assert_notes("metadata\nlog . \"{/kubernetes/client-namespace}\"\n"
		     "kubernetes a {\nendpoint http://192.0.2.1\n}",
		     "Corefile:6 - kubernetes/client-... is not known: it needs pods verified");
	assert_notes("metadata\nlog . \"{/kubernetes/client-namespace}\"\n"
		     "kubernetes a {\npods verified\nendpoint http://192.0.2.1\n}",
		     "");
}

static void bad_log_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "log {\nclass\n}", "plugin/log: Corefile:3 - Error during parsing: Wrong "
				     "argument count or unexpected line "
				     "ending after 'class'" },
		{ "log {\nclass all foo\n}",
		  "plugin/log: Corefile:3 - Error during parsing: invalid Class: foo" },
		{ "log {\nfoo\n}",
		  "plugin/log: Corefile:3 - Error during parsing: unknown property 'foo'" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_takes_names_and_a_format),
		cmocka_unit_test(log_classes_add_up),
		cmocka_unit_test(log_lines_stay_apart),
		cmocka_unit_test(a_single_argument_is_a_name_even_if_it_looks_like_a_format),
		cmocka_unit_test(words_that_are_never_known_are_noted),
		cmocka_unit_test(bad_log_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
