/* SPDX-License-Identifier: Apache-2.0 */
/* The command line by the rules of Go's flag package: one dash or two, a value behind "=" or in the next word, a
 * switch takes "=true" or "=false" but no next word, and the first word that is no flag ends them. */
#include <stddef.h>
#include <string.h>

#include "knamed/config.h"

enum { EXIT_BAD_START = 1, EXIT_BAD_FLAG = 2 };

static const struct flag {
	const char *name;
	bool is_switch;
	size_t offset; /* of a bool or a string in struct flags */
} known[] = {
	{ "conf", false, offsetof(struct flags, conf) },
	{ "dns.port", false, offsetof(struct flags, port) },
	{ "log-format", false, SIZE_MAX }, /* kept apart until it is checked */
	{ "p", false, offsetof(struct flags, port) },
	{ "pidfile", false, offsetof(struct flags, pidfile) },
	{ "plugins", true, offsetof(struct flags, plugins) },
	{ "quiet", true, offsetof(struct flags, quiet) },
	{ "version", true, offsetof(struct flags, version) },
};

struct reading {
	int argc, at; /* at: the next word */
	char **argv;
	struct flags *flags;
	const char *log_format;
	struct error *error;
};

static const struct flag *flag_named(const char *name, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strlen(known[i].name) == size && memcmp(known[i].name, name, size) == 0)
			return &known[i];
	return NULL;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool read_switch(struct reading *reading, const struct flag *flag, const char *value)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True" };
	static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False" };
	bool *target = (bool *)((char *)reading->flags + flag->offset);
	bool is_yes = value == NULL || is_one_of(value, yes, COUNT_OF(yes));
	if (!is_yes && !is_one_of(value, no, COUNT_OF(no)))
		return error_set(reading->error, "invalid boolean value \"%s\" for -%s: parse error",
				 value, flag->name);
	*target = is_yes;
	return true;
}

static bool read_value(struct reading *reading, const struct flag *flag, const char *value)
{
	if (value == NULL) {
		if (reading->at == reading->argc)
			return error_set(reading->error, "flag needs an argument: -%s", flag->name);
		value = reading->argv[reading->at++];
	}
	const char **target = flag->offset == SIZE_MAX
				      ? &reading->log_format
				      : (const char **)((char *)reading->flags + flag->offset);
	*target = value;
	return true;
}

/* True if the next word is a flag; it is taken. "--" alone is taken as well and ends them. */
static bool next_flag(struct reading *reading, const char **ret_word)
{
	if (reading->at == reading->argc)
		return false;
	const char *word = reading->argv[reading->at];
	if (word[0] != '-' || word[1] == 0)
		return false;
	reading->at++;
	*ret_word = word;
	return strcmp(word, "--") != 0;
}

static enum flags_verdict read_flag(struct reading *reading, const char *word)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	if (name[0] == 0 || name[0] == '-' || name[0] == '=') {
		error_set(reading->error, "bad flag syntax: %s", word);
		return FLAGS_BAD;
	}
	size_t size = strcspn(name, "=");
	const char *value = name[size] == '=' ? name + size + 1 : NULL;
	const struct flag *flag = flag_named(name, size);
	if (flag == NULL) {
		bool is_help = (size == 1 && name[0] == 'h') ||
			       (size == 4 && memcmp(name, "help", 4) == 0);
		error_set(reading->error, "flag provided but not defined: -%.*s", (int)size, name);
		return is_help ? FLAGS_HELP : FLAGS_BAD;
	}
	bool good = flag->is_switch ? read_switch(reading, flag, value)
				    : read_value(reading, flag, value);
	return good ? FLAGS_GOOD : FLAGS_BAD;
}

static bool refuse_extra(struct reading *reading)
{
	struct text words = { 0 };
	for (int i = reading->at; i < reading->argc; i++)
		text_printf(&words, i > reading->at ? " %s" : "%s", reading->argv[i]);
	bool good = reading->at == reading->argc;
	if (!good)
		error_set(reading->error, "extra command line arguments: [%s]", words.data);
	text_done(&words);
	return good;
}

static bool read_log_format(struct reading *reading)
{
	const char *format = reading->log_format;
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return error_set(reading->error, "unknown log format \"%s\": expected text or json",
				 format);
	reading->flags->log_json = strcmp(format, "json") == 0;
	return true;
}

enum flags_verdict flags_read(int argc, char **argv, struct flags *ret_flags, int *ret_exit,
			      struct error *error)
{
	struct flags flags = { .port = "53" };
	struct reading reading = {
		.argc = argc,
		.at = 1,
		.argv = argv,
		.flags = &flags,
		.log_format = "text",
		.error = error,
	};
	for (const char *word; next_flag(&reading, &word);) {
		enum flags_verdict verdict = read_flag(&reading, word);
		if (verdict == FLAGS_GOOD)
			continue;
		*ret_exit = verdict == FLAGS_HELP ? 0 : EXIT_BAD_FLAG;
		return verdict;
	}
	if (!read_log_format(&reading) || !refuse_extra(&reading)) {
		*ret_exit = EXIT_BAD_START;
		return FLAGS_BAD;
	}
	*ret_flags = flags;
	*ret_exit = 0;
	return FLAGS_GOOD;
}

const char *flags_usage(void)
{
	return "Usage of knamed:\n"
	       "  -conf FILE\n"
	       "    \tCorefile to read, \"stdin\" for standard input (default: ./Corefile if it is "
	       "there, else whoami "
	       "and log)\n"
	       "  -dns.port PORT, -p PORT\n"
	       "    \tport of server blocks that name none (default 53)\n"
	       "  -log-format text|json\n"
	       "    \tform of log lines (default text)\n"
	       "  -pidfile FILE\n"
	       "    \tfile to write the process id to\n"
	       "  -plugins\n"
	       "    \tlist the directives that are built in, and end\n"
	       "  -quiet\n"
	       "    \tno lines at start\n"
	       "  -version\n"
	       "    \tshow the version, and end\n";
}
