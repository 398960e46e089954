/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of `knamectl explain`. */
#include <string.h>

#include "command_words.h"
#include "explain.h"
#include "knamed/dns.h"

enum { WAIT_S = 10, WAIT_MOST_S = 600 };

const char *explain_usage(void)
{
	return "usage: knamectl explain NAME [TYPE] [CLASS] [--from NAMESPACE/POD | NAMESPACE | ADDRESS] [OPTION...]\n"
	       "Walks the search list of who asks and tells for each name which block, rule, object or\n"
	       "upstream gave or denied the answer, and what the live server says.\n"
	       "  --from WHO              a pod, a namespace, or an address (its pod is looked for);\n"
	       "                          else a pod of namespace default\n"
	       "  -conf FILE              the Corefile (/etc/coredns/Corefile, else ./Corefile)\n"
	       "  -dns.port PORT          the port of blocks that name none (53)\n"
	       "  --server ADDRESS[:PORT] the live server; else where the Corefile says\n"
	       "  --offline               ask no live server\n"
	       "  --wait TIME             for the API server (10s)\n"
	       "  --json                  print it as JSON\n"
	       "Exit: 0 explained, 2 the live server says something else, 1 it cannot be explained.\n";
}

static bool word_read(struct explain_options *options, const char *word, struct error *error)
{
	if (options->name == NULL) {
		options->name = word;
		return true;
	}
	if (dns_type_from_text(word, &options->type) || dns_class_from_text(word, &options->class_))
		return true;
	return error_set(error, "no type '%s'", word);
}

static bool value_read(struct explain_options *options, const char *word, const char *value,
		       struct error *error)
{
	uint64_t ms;
	if (strcmp(word, "-from") == 0) {
		options->from = value;
		return true;
	}
	if (corefile_option_take(&options->flags, word, value))
		return true;
	if (strcmp(word, "-server") == 0)
		return server_address_read(value, &options->server, error);
	if (strcmp(word, "-wait") == 0) {
		bool good = text_to_duration_ms(value, &ms) && ms >= 1000 && ms <= WAIT_MOST_S * 1000;
		options->wait_s = good ? (unsigned)(ms / 1000) : 0;
		return good || error_set(error, "expected a time like 10s, not '%s'", value);
	}
	return error_set(error, "no option '%s'", word);
}

static bool question_check(const struct explain_options *options, struct error *error)
{
	uint8_t wire[DNS_NAME_MAX], size;
	if (options->name == NULL)
		return error_set(error, "expected a name");
	if (dns_type_is_transfer(options->type))
		return error_set(error,
				 "answers are explained, not transfers: `knamectl query` asks for one");
	return name_parse(options->name, wire, &size) ||
	       error_set(error, "'%s' is no domain name", options->name);
}

enum explain_verdict explain_options_read(int argc, char **argv,
					  struct explain_options *ret_options, struct error *error)
{
	struct explain_options options = { .flags = { .port = "53" },
					   .type = TYPE_A,
					   .class_ = CLASS_IN,
					   .server = { .port = 53 },
					   .wait_s = WAIT_S };
	for (int i = 1; i < argc; i++) {
		const char *word = option_word(argv[i]);
		if (word_is_help(word))
			return EXPLAIN_HELP;
		if (strcmp(word, "-json") == 0)
			options.is_json = true;
		else if (strcmp(word, "-offline") == 0)
			options.is_offline = true;
		else if (*word != '-' ? !word_read(&options, word, error)
			 : i + 1 == argc
				 ? !error_set(error, "no option '%s', or its value is missing", argv[i])
				 : !value_read(&options, word, argv[++i], error))
			return EXPLAIN_WRONG;
	}
	if (!question_check(&options, error))
		return EXPLAIN_WRONG;
	corefile_option_default(&options.flags);
	*ret_options = options;
	return EXPLAIN_GO;
}
