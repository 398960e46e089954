/* SPDX-License-Identifier: Apache-2.0 */
/* Which Corefile: the one of -conf, standard input, ./Corefile, or none, which is an empty one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knamed/config.h"
#include "list.h"
#include "parser.h"
#include "path.h"

static struct config *read_text(const char *name, const struct text *text, const char *port,
				struct error *error)
{
	const char *zero = memchr(text->data, 0, text->size);
	if (zero == NULL)
		return config_read(name, text->data, port, error);
	error_set(error, "%s:%u - Error during parsing: a zero byte is not text", name,
		  1 + text_line_breaks(text->data));
	return NULL;
}

static struct config *load_file(const char *path, const char *prefix, const char *port,
				struct error *error)
{
	struct text text = { 0 };
	if (!file_read(path, COREFILE_SIZE_MAX, &text, error)) {
		error_prefix(error, "%s", prefix);
		return NULL;
	}
	struct config *config = read_text(path, &text, port, error);
	text_done(&text);
	return config;
}

static bool is_there(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 || errno != ENOENT;
}

static struct config *load_default(const char *port, struct error *error)
{
	if (is_there("Corefile"))
		return load_file("Corefile", "", port, error);
	return config_read("Corefile", "", port, error);
}

static bool fail_stdin(int number, struct error *error)
{
	struct arena *arena = arena_new();
	error_set(error, "loading Caddyfile via flag: read /dev/stdin: %s",
		  errno_words(arena, number));
	arena_free(arena);
	return false;
}

static bool read_stdin(struct text *text, struct error *error)
{
	char step[16 * 1024];
	text_add(text, "");
	for (;;) {
		ssize_t got = read(STDIN_FILENO, step, sizeof(step));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_stdin(errno, error);
		if (got == 0)
			return true;
		if (text->size + (size_t)got > COREFILE_SIZE_MAX)
			return error_set(error,
					 "loading Caddyfile via flag: read /dev/stdin: larger than %d bytes",
					 COREFILE_SIZE_MAX);
		text_add_n(text, step, (size_t)got);
	}
}

/* A terminal is no Corefile: then it is as if -conf had not been given. */
static struct config *load_stdin(const char *port, struct error *error)
{
	struct stat status;
	if (fstat(STDIN_FILENO, &status) != 0 || S_ISCHR(status.st_mode))
		return load_default(port, error);
	struct text text = { 0 };
	struct config *config = NULL;
	if (read_stdin(&text, error))
		config = read_text("/dev/stdin", &text, port, error);
	text_done(&text);
	return config;
}

struct config *config_load(const struct flags *flags, struct error *error)
{
	if (flags->conf == NULL || flags->conf[0] == 0)
		return load_default(flags->port, error);
	if (strcmp(flags->conf, "stdin") == 0)
		return load_stdin(flags->port, error);
	return load_file(flags->conf, "loading Caddyfile via flag: ", flags->port, error);
}
