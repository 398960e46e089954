/* SPDX-License-Identifier: Apache-2.0 */
/* One block example.org, read as far as its first directive and no further. */
#ifndef TESTS_CONFIG_DIRECTIVE_READING_H
#define TESTS_CONFIG_DIRECTIVE_READING_H

#include "directives.h"
#include "parser.h"
#include "reading.h"

struct reading {
	struct config config;
	struct config_block block;
	struct error error;
	bool is_good;
};

static inline struct reading *reading_of(const char *name, directive_read read, const char *lines)
{
	static struct config_zone zone = { NULL };
	struct reading *reading = mem_zalloc(sizeof(*reading));
	struct text text = { 0 };
	struct corefile corefile;
	size_t zones_left = 100;
	reading->config.arena = arena_new();
	zone.text = arena_text(reading->config.arena, "example.org.", 12);
	text_printf(&text, "example.org {\n%s\n}\n", lines);
	assert_true(corefile_parse(reading->config.arena, "Corefile", text.data, text.size,
				   &corefile, &reading->error));
	struct config_zones zones = { &zone, 1 };
	struct directive directive = {
		.name = name,
		.corefile = "Corefile",
		.lines = &corefile.blocks[0],
		.tokens = &corefile.blocks[0].directives[0].tokens,
		.config = &reading->config,
		.block = &reading->block,
		.block_zones = &zones,
		.zones_left = &zones_left,
	};
	reading->is_good = read(&directive, &reading->error);
	text_done(&text);
	return reading;
}

static inline struct reading *reading_that_is_good(struct reading *reading)
{
	if (!reading->is_good)
		fail_msg("%s", reading->error.text);
	return reading;
}

static inline void done(struct reading *reading)
{
	arena_free(reading->config.arena);
	mem_free(reading);
}

#endif
