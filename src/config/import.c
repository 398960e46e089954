/* SPDX-License-Identifier: Apache-2.0 */
/* `import NAME`: the tokens of a snippet, of a file or of all files that a pattern names, put where the line was.
 * Relative names are relative to the file that imports. Circles are stopped by counting, as nothing nests. */
#include <assert.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "parser.h"
#include "path.h"

static size_t occurrences(const char *text, char c)
{
	size_t count = 0;
	for (; *text != 0; text++)
		count += *text == c;
	return count;
}

static bool ends_in_escape(const char *pattern)
{
	size_t escapes = 0;
	for (size_t at = strlen(pattern); at > 0 && pattern[at - 1] == '\\'; at--)
		escapes++;
	return escapes % 2 == 1;
}

static bool refuse_wild_pattern(struct parser *parser, const char *name, const char *pattern)
{
	bool has_set = strchr(pattern, '[') != NULL && strchr(pattern, ']') != NULL;
	if (ends_in_escape(pattern))
		return parser_fail(parser,
				   "Error during parsing: Failed to use import pattern %s: syntax error in pattern",
				   name);
	if (occurrences(pattern, '*') <= 1 && occurrences(pattern, '?') <= 1 && !has_set)
		return true;
	return parser_fail(parser,
			   "Error during parsing: Glob pattern may only contain one wildcard (*), but has "
			   "others: %s",
			   pattern);
}

/* The pattern from the root, or NULL and the error. */
static const char *full_pattern(struct parser *parser, const char *pattern)
{
	if (pattern[0] == '/')
		return pattern;
	const struct token *token = stream_token(parser);
	const char *importer =
		path_absolute(parser->arena,
			      token->file != NULL ? token->file : parser->corefile->name);
	if (importer != NULL)
		return path_under(parser->arena, path_directory(parser->arena, importer), pattern);
	parser_fail(parser, "Error during parsing: Failed to get absolute path of file: %s",
		    parser->corefile->name);
	return NULL;
}

/* The next part of a path, and moves *path behind it. Its size; 0 at the end. */
static size_t next_part(const char **path, const char **ret_part)
{
	*ret_part = *path + strspn(*path, "/");
	size_t size = strcspn(*ret_part, "/");
	*path = *ret_part + size;
	return size;
}

/* True if a wildcard stands for "." or "..": asked for hidden files as well, glob() finds these too. */
static bool is_dots_by_wildcard(const char *path, const char *pattern)
{
	const char *part, *wild;
	for (size_t size; (size = next_part(&path, &part)) > 0;) {
		size_t wild_size = next_part(&pattern, &wild);
		bool is_dots = size <= 2 && memcmp(part, "..", size) == 0;
		if (is_dots && (wild_size != size || memcmp(wild, part, size) != 0))
			return true;
	}
	return false;
}

/* Files that match, by name. */
static struct words find_files(struct parser *parser, const char *pattern)
{
	struct words files = { 0 };
	glob_t found = { 0 };
	int verdict = glob(pattern, GLOB_PERIOD | GLOB_NOSORT, NULL, &found);
	assert(verdict != GLOB_NOSPACE);
	for (size_t i = 0; verdict == 0 && i < found.gl_pathc; i++)
		if (!is_dots_by_wildcard(found.gl_pathv[i], pattern))
			words_add(parser->arena, &files, found.gl_pathv[i]);
	globfree(&found);
	if (files.count > 1)
		qsort(files.words, files.count, sizeof(files.words[0]), text_compare);
	return files;
}

static bool count_bytes(struct parser *parser, size_t bytes)
{
	if (bytes > parser->import_left)
		return parser_fail(parser,
				   "Error during parsing: imports add up to more than %d bytes",
				   COREFILE_IMPORT_MAX);
	parser->import_left -= bytes;
	return true;
}

static bool count_tokens(struct parser *parser, size_t count)
{
	if (count > parser->tokens_left)
		return parser_fail(parser,
				   "Error during parsing: imports add up to more than %d words",
				   COREFILE_TOKENS_MAX);
	parser->tokens_left -= count;
	return true;
}

/* Adds the tokens of one file. */
static bool file_add(struct parser *parser, const char *path, struct tokens *tokens)
{
	struct text text = { 0 };
	struct error reason;
	if (!file_read(path, COREFILE_SIZE_MAX, &text, &reason))
		return parser_fail(parser, "Error during parsing: Could not import %s: %s", path,
				   reason.text);

	const char *file = path_clean(parser->arena, path);
	struct lexer_input input = {
		.name = file, .file = file, .text = text.data, .size = text.size, .most = parser->tokens_left
	};
	struct tokens fresh = { 0 };
	bool good = count_bytes(parser, text.size) &&
		    lexer_read(parser->arena, &input, &fresh, parser->error) &&
		    count_tokens(parser, fresh.count);
	text_done(&text);
	for (size_t i = 0; good && i < fresh.count; i++) {
		tokens->items = list_grow(parser->arena, tokens->items, tokens->count,
					  sizeof(tokens->items[0]));
		tokens->items[tokens->count++] = fresh.items[i];
	}
	return good;
}

static bool files_add(struct parser *parser, const char *name, struct tokens *tokens)
{
	if (parser->file_expansions >= FILE_EXPANSIONS_MAX)
		return parser_fail(parser,
				   "Error during parsing: maximum file import depth (%d) exceeded",
				   FILE_EXPANSIONS_MAX);
	parser->file_expansions++;
	const char *pattern = full_pattern(parser, name);
	if (pattern == NULL || !refuse_wild_pattern(parser, name, pattern))
		return false;
	if (strlen(pattern) >= PATH_MAX)
		return parser_fail(parser, "Error during parsing: File to import not found: %s", name);
	struct words files = find_files(parser, pattern);
	if (files.count == 0 && strpbrk(pattern, "*?[]") == NULL)
		return parser_fail(parser, "Error during parsing: File to import not found: %s", name);
	if (files.count == 0) {
		struct text warning = { 0 };
		text_printf(&warning, "No files matching import glob pattern: %s", name);
		words_add(parser->arena, &parser->corefile->warnings, warning.data);
		text_done(&warning);
	}
	for (size_t i = 0; i < files.count; i++)
		if (!file_add(parser, files.words[i], tokens))
			return false;
	return true;
}

static bool snippet_add(struct parser *parser, const struct snippet *snippet, struct tokens *tokens)
{
	if (parser->snippet_expansions >= SNIPPET_EXPANSIONS_MAX)
		return parser_fail(parser,
				   "Error during parsing: maximum snippet import depth (%d) exceeded",
				   SNIPPET_EXPANSIONS_MAX);
	parser->snippet_expansions++;
	*tokens = snippet->tokens;
	return count_bytes(parser, snippet->bytes) && count_tokens(parser, tokens->count);
}

bool parser_import(struct parser *parser)
{
	if (!stream_next_on_line(parser))
		return parser_fail_arguments(parser);
	const char *name = parser_fill(parser, stream_text(parser));
	if (name == NULL)
		return false;
	if (*name == 0)
		return parser_fail(parser,
				   "Error during parsing: Import requires a non-empty filepath");
	if (stream_next_on_line(parser))
		return parser_fail(parser, "Error during parsing: Import takes only one argument "
					   "(glob pattern or file)");

	struct tokens imported = { 0 };
	const struct snippet *snippet = map_get(parser->snippets, name, strlen(name));
	bool good = snippet != NULL ? snippet_add(parser, snippet, &imported)
				    : files_add(parser, name, &imported);
	if (!good)
		return false;
	stream_remove(parser); /* the name */
	stream_remove(parser); /* the word `import` */
	stream_insert(parser, &imported);
	return true;
}
