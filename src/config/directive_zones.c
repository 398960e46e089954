/* SPDX-License-Identifier: Apache-2.0 */
/* file DB [ZONES...] { reload, reload_by_mtime, fallthrough } and auto [ZONES...] { directory, reload }: zone files. */
#include <string.h>

#include "directives.h"
#include "list.h"

enum { RELOAD_DEFAULT_MS = 60000, PATTERN_SIZE_MAX = 10000 };

/* reload DURATION; 0 is never. */
static bool read_reload(struct directive *directive, uint64_t *ret_ms, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail(directive, error, "reload duration value is expected");
	if (arguments.count > 1)
		return directive_fail_arguments(directive, error);
	return directive_duration(directive, argument(arguments, 0), ret_ms, error);
}

static bool skip_upstream(struct directive *directive)
{
	directive_note(directive, "upstream is an option of the past and has no effect");
	directive_arguments(directive);
	return true;
}

static bool read_file_option(struct directive *directive, struct config_file *file, struct error *error)
{
	if (directive_is_at(directive, "reload"))
		return read_reload(directive, &file->reload_ms, error);
	if (directive_is_at(directive, "reload_by_mtime")) {
		file->reload_by_mtime = true;
		return directive_expect_none(directive, error);
	}
	if (directive_is_at(directive, "fallthrough")) {
		file->falls_through = true;
		return directive_fallthrough(directive, &file->fallthrough, error);
	}
	if (directive_is_at(directive, "upstream"))
		return skip_upstream(directive);
	return directive_fail_option(directive, error);
}

static bool read_file(struct directive *directive, struct config_file *file, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail_arguments(directive, error);
	file->path = directive_path(directive, argument(arguments, 0));
	struct arguments zones = { .items = arguments.items + 1, .count = arguments.count - 1 };
	if (!directive_zones(directive, zones, directive->block_zones, &file->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_file_option(directive, file, error))
			return false;
	return true;
}

/* What a line says of what is not in its file is for all lines of the block, and its times are for
 * those that follow (CoreDNS). */
bool directive_file_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	struct config_file file = { .reload_ms = RELOAD_DEFAULT_MS };
	while (directive_next(directive)) {
		size_t first = directive->at - 1;
		if (!read_file(directive, &file, error))
			return false;
		file.said = directive_said(directive, first, &file.zones);
		block->files = list_grow(directive->config->arena, block->files, block->file_count,
					 sizeof(file));
		block->files[block->file_count++] = file;
	}
	for (size_t i = 0; i < block->file_count; i++) {
		block->files[i].falls_through = file.falls_through;
		block->files[i].fallthrough = file.fallthrough;
	}
	return true;
}

/* Whether parentheses match, and whether one pair is a group. The pattern itself is compiled by who uses it. */
static bool check_groups(const struct directive *directive, const char *pattern, struct error *error)
{
	size_t open = 0, groups = 0;
	bool in_set = false;
	for (const char *at = pattern; *at != 0; at++) {
		if (*at == '\\' && at[1] != 0) {
			at++;
		} else if (in_set) {
			in_set = *at != ']';
		} else if (*at == '[') {
			in_set = true;
			at += at[1] == '^';
			at += at[1] == ']'; /* first in a set it is a letter */
		} else if (*at == '(') {
			open++;
			groups += at[1] != '?' || at[2] == 'P' || at[2] == '<';
		} else if (*at == ')' && open-- == 0) {
			return directive_fail(directive, error,
					      "error parsing regexp: unexpected ): `%s`", pattern);
		}
	}
	if (open > 0)
		return directive_fail(directive, error,
				      "error parsing regexp: missing closing ): `%s`", pattern);
	return groups > 0 || directive_fail(directive, error, "Need at least one sub expression");
}

/* directory DIR [PATTERN TEMPLATE] */
static bool read_directory(struct directive *directive, struct config_auto *auto_, struct error *error)
{
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	auto_->directory = directive_path(directive, directive_text(directive));
	if (!directive_check_path(directive, auto_->directory, "Directory does not exist",
				  "Unable to access root path", error))
		return false;
	if (!directive_next_argument(directive))
		return true;
	auto_->pattern = directive_copy(directive, directive_text(directive));
	if (strlen(auto_->pattern) > PATTERN_SIZE_MAX)
		return directive_fail(directive, error, "regexp too large");
	if (!check_groups(directive, auto_->pattern, error))
		return false;
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	auto_->template_ = directive_copy(directive, directive_text(directive));
	return !directive_next_argument(directive) || directive_fail_arguments(directive, error);
}

static bool read_auto_option(struct directive *directive, struct config_auto *auto_, struct error *error)
{
	if (directive_is_at(directive, "directory"))
		return read_directory(directive, auto_, error);
	if (directive_is_at(directive, "reload"))
		return read_reload(directive, &auto_->reload_ms, error);
	if (directive_is_at(directive, "upstream"))
		return skip_upstream(directive);
	return directive_fail_option(directive, error);
}

static bool read_auto(struct directive *directive, struct config_auto *auto_, struct error *error)
{
	struct arguments zones = directive_arguments(directive);
	if (!directive_zones(directive, zones, directive->block_zones, &auto_->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_auto_option(directive, auto_, error))
			return false;
	return auto_->directory != NULL ||
	       directive_fail(directive, error, "auto needs `directory DIR`");
}

bool directive_auto_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		size_t first = directive->at - 1;
		struct config_auto auto_ = {
			.pattern = directive_copy(directive, "db\\.(.*)"),
			.template_ = directive_copy(directive, "{1}"),
			.reload_ms = RELOAD_DEFAULT_MS,
		};
		if (!read_auto(directive, &auto_, error))
			return false;
		auto_.said = directive_said(directive, first, &auto_.zones);
		block->autos = list_grow(directive->config->arena, block->autos, block->auto_count,
					 sizeof(auto_));
		block->autos[block->auto_count++] = auto_;
	}
	return true;
}
