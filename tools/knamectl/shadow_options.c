/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of `knamectl shadow`. */
#include <string.h>

#include "command_words.h"
#include "shadow.h"

enum { RATE = 100, RATE_MOST = 10000 };

const char *shadow_usage(void)
{
	return "usage: knamectl shadow --to SERVER[,SERVER...] (--live | --pcap FILE | --names FILE) [OPTION...]\n"
	       "Asks our server and others the same questions and compares rcode, flags and records (as sets).\n"
	       "  --to SERVER[,SERVER]    ADDRESS[:PORT] of the others\n"
	       "  --server ADDRESS[:PORT] ours (127.0.0.1:53)\n"
	       "  --pcap FILE             questions of a capture, pcap or pcapng; -: standard input\n"
	       "  --names FILE            lines of NAME [TYPE]; -: standard input\n"
	       "  --live                  questions as our server is asked them, by its control socket\n"
	       "  --pid PID               by the socket of this process, if there are several servers\n"
	       "  --socket NAME           by this one (@knamed.control.<16 hex>)\n"
	       "  --admin HOST:PORT       by the `admin` there instead\n"
	       "  --count N               no more questions than that\n"
	       "  --rate R                at most that many in a second (100)\n"
	       "  --ignore WHAT[,WHAT]    ttl, flags, authority\n"
	       "A difference counts if it is there when both are asked once more. ^C ends it and prints what was found.\n"
	       "Exit: 0 no differences, 2 differences, 1 nothing could be compared.\n";
}

static bool servers_read(struct shadow_options *options, const char *text, struct error *error)
{
	char *copy = mem_text(text), *rest = copy, *word;
	bool good = true;
	while (good && (word = strsep(&rest, ",")) != NULL) {
		good = options->server_count < SHADOW_SERVERS_MOST ||
		       error_set(error, "more than %d servers", SHADOW_SERVERS_MOST);
		if (!good)
			break;
		struct server_address *server = &options->theirs[options->server_count++];
		server->port = SHADOW_PORT;
		good = server_address_read(word, server, error);
	}
	mem_free(copy);
	return good;
}

static bool ignored_read(struct shadow_options *options, const char *text, struct error *error)
{
	static const struct {
		const char *word;
		enum shadow_ignore bit;
	} known[] = { { "ttl", IGNORE_TTL },
		      { "flags", IGNORE_FLAGS },
		      { "authority", IGNORE_AUTHORITY } };
	char *copy = mem_text(text), *rest = copy, *word;
	bool good = true;
	while (good && (word = strsep(&rest, ",")) != NULL) {
		size_t i = 0;
		while (i < COUNT_OF(known) && strcmp(known[i].word, word) != 0)
			i++;
		good = i < COUNT_OF(known) ||
		       error_set(error,
				 "expected ttl, flags or authority, not '%s' (the order of "
				 "records is never compared)",
				 word);
		if (good)
			options->ignored |= known[i].bit;
	}
	mem_free(copy);
	return good;
}

static bool value_read(struct shadow_options *options, const char *word, const char *value,
		       struct error *error)
{
	if (strcmp(word, "-to") == 0)
		return servers_read(options, value, error);
	if (strcmp(word, "-server") == 0)
		return server_address_read(value, &options->ours, error);
	if (strcmp(word, "-ignore") == 0)
		return ignored_read(options, value, error);
	if (strcmp(word, "-pcap") == 0)
		options->pcap = value;
	else if (strcmp(word, "-names") == 0)
		options->names = value;
	else if (strcmp(word, "-count") == 0)
		return text_to_number(value, 1, UINT64_MAX, &options->count_most) ||
		       error_set(error, "expected a number, not '%s'", value);
	else if (strcmp(word, "-rate") == 0)
		return text_to_number(value, 1, RATE_MOST, &options->rate) ||
		       error_set(error, "expected 1 to %d questions in a second, not '%s'",
				 RATE_MOST, value);
	else
		return error_set(error, "no option '%s'", word);
	return true;
}

static bool read_own(void *context, int argc, char **argv, int *index, struct error *error)
{
	struct shadow_options *options = context;
	const char *word = option_word(argv[*index]);
	if (strcmp(word, "-live") == 0) {
		options->is_live = true;
		return true;
	}
	if (*index + 1 == argc)
		return error_set(error, "no option '%s', or its value is missing", argv[*index]);
	return value_read(options, word, argv[++*index], error);
}

bool shadow_options_read(int argc, char **argv, struct shadow_options *ret_options, struct error *error)
{
	*ret_options = (struct shadow_options){ .ours.port = SHADOW_PORT,
						.count_most = UINT64_MAX,
						.rate = RATE };
	ip_parse("127.0.0.1", &ret_options->ours.ip);
	if (!live_options_read(&ret_options->live, argc, argv, read_own, ret_options, error))
		return false;
	int sources =
		ret_options->is_live + (ret_options->pcap != NULL) + (ret_options->names != NULL);
	if (ret_options->server_count == 0)
		return error_set(error, "expected --to SERVER");
	return sources == 1 || error_set(error, "expected one of --live, --pcap and --names");
}
