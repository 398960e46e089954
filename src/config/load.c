/* SPDX-License-Identifier: Apache-2.0 */
/* Which Corefile: the one of -conf, standard input, ./Corefile, or none, which is an empty one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

#include "fingerprint.h"
#include "list.h"
#include "path.h"

static bool check_text(const struct corefile_text *corefile, struct error *error)
{
	const char *zero = memchr(corefile->text.data, 0, corefile->text.size);
	return zero == NULL ||
	       error_set(error, "%s:%u - Error during parsing: a zero byte is not text",
			 corefile->name, 1 + text_line_breaks(corefile->text.data));
}

static bool load_file(const char *path, const char *prefix, struct corefile_text *ret_corefile,
		      struct error *error)
{
	ret_corefile->name = path;
	if (!file_read(path, COREFILE_SIZE_MAX, &ret_corefile->text, error))
		return error_prefix(error, "%s", prefix);
	return check_text(ret_corefile, error);
}

static bool is_there(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 || errno != ENOENT;
}

/* Who had a ./Corefile does not take its absence for an empty one. */
static bool load_default(bool is_again, struct corefile_text *ret_corefile, struct error *error)
{
	if (is_again || is_there("Corefile"))
		return load_file("Corefile", "", ret_corefile, error);
	ret_corefile->name = "Corefile";
	text_add(&ret_corefile->text, "");
	return true;
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
static bool load_stdin(bool is_again, struct corefile_text *ret_corefile, struct error *error)
{
	struct stat status;
	if (fstat(STDIN_FILENO, &status) != 0 || S_ISCHR(status.st_mode))
		return load_default(is_again, ret_corefile, error);
	if (is_again)
		return error_set(error, "standard input cannot be read again");
	ret_corefile->name = "/dev/stdin";
	return read_stdin(&ret_corefile->text, error) && check_text(ret_corefile, error);
}

bool corefile_load(const struct flags *flags, bool is_again, struct corefile_text *ret_corefile,
		   struct error *error)
{
	*ret_corefile = (struct corefile_text){ 0 };
	if (flags->conf == NULL || flags->conf[0] == 0)
		return load_default(is_again, ret_corefile, error);
	if (strcmp(flags->conf, "stdin") == 0)
		return load_stdin(is_again, ret_corefile, error);
	return load_file(flags->conf, is_again ? "" : "loading Caddyfile via flag: ", ret_corefile,
			 error);
}

static struct config *load(const struct flags *flags, bool is_again, struct error *error)
{
	struct corefile_text corefile;
	struct config *config = NULL;
	if (corefile_load(flags, is_again, &corefile, error))
		config = config_read(corefile.name, corefile.text.data, flags->port, error);
	text_done(&corefile.text);
	return config;
}

struct config *config_load(const struct flags *flags, struct error *error)
{
	return load(flags, false, error);
}

struct config *config_load_again(const struct flags *flags, struct error *error)
{
	return load(flags, true, error);
}

char *config_fingerprint_again(const struct flags *flags, struct error *error)
{
	struct corefile_text text;
	struct corefile corefile;
	struct arena *arena = arena_new();
	char *sha512 = NULL;
	if (corefile_load(flags, true, &text, error) &&
	    corefile_parse(arena, text.name, text.text.data, text.text.size, &corefile, error))
		sha512 = mem_text(corefile_sha512(arena, &corefile));
	text_done(&text.text);
	arena_free(arena);
	return sha512;
}
