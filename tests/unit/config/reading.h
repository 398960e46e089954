/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this stage share: Corefiles from text, good ones and bad ones, and files for them. */
#ifndef TESTS_CONFIG_READING_H
#define TESTS_CONFIG_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "knamed/config.h"

static inline struct config *read_named(const char *name, const char *text)
{
	struct error error = { 0 };
	struct config *config = config_read(name, text, "53", &error);

	if (config == NULL)
		fail_msg("%s", error.text);
	return config;
}

static inline struct config *read_good(const char *text)
{
	return read_named("Corefile", text);
}

/* A good Corefile whose one block has the lines `body`. */
static inline struct config *read_body(const char *body)
{
	struct text text = { 0 };

	text_printf(&text, "example.org {\n%s\n}\n", body);
	struct config *config = read_good(text.data);
	text_done(&text);
	return config;
}

static inline void assert_bad(const char *text, const char *sentence)
{
	struct error error = { 0 };
	struct config *config = config_read("Corefile", text, "53", &error);

	config_free(config);
	if (config != NULL)
		fail_msg("was read: %s", text);
	assert_string_equal(error.text, sentence);
}

/* The body of a block that begins on line 1 is bad. */
static inline void assert_bad_body(const char *body, const char *sentence)
{
	struct text text = { 0 };

	text_printf(&text, "example.org {\n%s\n}\n", body);
	assert_bad(text.data, sentence);
	text_done(&text);
}

struct bad {
	const char *text, *sentence;
};
#define assert_all_bad(table)                                                                      \
	for (size_t i_ = 0; i_ < COUNT_OF(table); i_++)                                            \
	assert_bad((table)[i_].text, (table)[i_].sentence)
#define assert_all_bad_bodies(table)                                                               \
	for (size_t i_ = 0; i_ < COUNT_OF(table); i_++)                                            \
	assert_bad_body((table)[i_].text, (table)[i_].sentence)

/* All of a list in one line. */
static inline void assert_zones(const struct config_zones *zones, const char *expected)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < zones->count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", zones->zones[i].text);
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static inline void assert_words(const struct words *words, const char *expected)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < words->count; i++)
		text_printf(&text, i > 0 ? "|%s" : "%s", words->words[i]);
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static inline void assert_directives(const struct config_block *block, const char *expected)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < block->directive_count; i++)
		text_printf(&text, i > 0 ? "|%s" : "%s", block->directives[i].name);
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static inline void assert_addresses(const struct config_block *block, const char *expected)
{
	struct text text = { 0 };

	text_add(&text, "");
	for (size_t i = 0; i < block->address_count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", block->addresses[i].text);
	assert_string_equal(text.data, expected);
	text_done(&text);
}

/* A directory of its own, and files in it; it is the working directory until it is removed. */
static inline int directory_setup(void **state)
{
	char *directory = mem_text("/tmp/knamed-config-XXXXXX");

	if (mkdtemp(directory) == NULL || chdir(directory) != 0)
		return -1;
	*state = directory;
	return 0;
}

static inline int directory_teardown(void **state)
{
	struct text command = { 0 };

	text_printf(&command, "rm -r '%s'", (char *)*state);
	int result = chdir("/") != 0 || system(command.data) != 0;
	text_done(&command);
	mem_free(*state);
	return result;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

#endif
