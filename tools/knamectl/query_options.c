/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of `knamectl query`; the short ones are dig's. */
#include "query.h"

#include <string.h>

#include "command_words.h"
#include "knamed/dns.h"
#include "server_address.h"

const char *query_usage(void)
{
	return "usage: knamectl query [@SERVER[:PORT]] NAME [TYPE] [OPTION...]\n"
	       "       knamectl query [@SERVER[:PORT]] -x ADDRESS [OPTION...]\n"
	       "  @SERVER[:PORT]  an address; [2001:db8::1]:5353 for IPv6 with a port; default: "
	       "/etc/resolv.conf\n"
	       "  -p PORT         the same port\n"
	       "  -x ADDRESS      ask for the name of an address\n"
	       "  --class CLASS   IN, CH, HS or ANY\n"
	       "  --short         print the data of the answer alone\n"
	       "  --tcp           ask over TCP at once (else UDP, and TCP after a truncated "
	       "reply)\n"
	       "  --ignore        keep a truncated reply\n"
	       "  --edns SIZE     UDP size to offer (1232); --no-edns: none\n"
	       "  --dnssec        set DO; --nsid: ask for the server's identity\n"
	       "  --no-recurse    clear RD; --cd: set CD\n"
	       "  --timeout TIME  of one try (2s); --tries N: 3\n"
	       "Exit: 0 after a reply with any rcode, 1 for a wrong command, 9 without a reply.\n";
}

static bool port_read(struct query_options *options, const char *text, struct error *error)
{
	uint64_t port;
	if (!text_to_number(text, 1, 65535, &port))
		return error_set(error, "expected a port, not '%s'", text);
	options->port = (uint16_t)port;
	return true;
}

static bool server_read(struct query_options *options, const char *text, struct error *error)
{
	struct server_address server = { .port = options->port };
	if (!server_address_read(text, &server, error))
		return strncmp(error->text, "expected a port", 15) == 0
			       ? error_is_false()
			       : error_set(error, "expected an address behind @, not '%s'", text);
	options->server = server.ip;
	options->port = server.port;
	return true;
}

static bool server_from_resolv_conf(struct query_options *options, struct error *error)
{
	ldns_resolver *resolver = NULL;
	struct ip server = { 0 };
	if (ldns_resolver_new_frm_file(&resolver, NULL) == LDNS_STATUS_OK &&
	    ldns_resolver_nameserver_count(resolver) > 0) {
		char *text = ldns_rdf2str(ldns_resolver_nameservers(resolver)[0]);
		ip_parse(text, &server);
		mem_free(text);
	}
	ldns_resolver_deep_free(resolver);
	options->server = server;
	return server.family != 0 ||
	       error_set(error, "no nameserver in /etc/resolv.conf: name one with @ADDRESS");
}

/* NAME, TYPE: the first word is the name, the second its type. */
static bool word_read(struct query_options *options, const char *word, struct error *error)
{
	if (options->name == NULL) {
		options->name = word;
		return true;
	}
	uint16_t type;
	if (!dns_type_from_text(word, &type))
		return error_set(error, "no type '%s'", word);
	options->type = (ldns_rr_type)type;
	return true;
}

/* Is there a name that can be asked for? */
static bool name_check(const struct query_options *options, struct error *error)
{
	struct ip ip;
	uint8_t wire[DNS_NAME_MAX], size;
	if (options->name == NULL)
		return error_set(error, "expected a name");
	if (options->reverse)
		return ip_parse(options->name, &ip) ||
		       error_set(error, "expected an address, not '%s'", options->name);
	return name_parse(options->name, wire, &size) ||
	       error_set(error, "'%s' is no domain name", options->name);
}

/* Options that stand alone. False if it is none. */
static bool switch_read(struct query_options *options, const char *word)
{
	const char *option = option_word(word);
	if (strcmp(option, "-tcp") == 0)
		return options->tcp = true;
	if (strcmp(option, "-short") == 0)
		return options->brief = true;
	if (strcmp(option, "-ignore") == 0)
		return options->ignore_truncation = true;
	if (strcmp(option, "-no-recurse") == 0)
		return options->no_recursion = true;
	if (strcmp(option, "-cd") == 0)
		return options->checking_disabled = true;
	if (strcmp(option, "-dnssec") == 0)
		return options->edns = options->dnssec = true;
	if (strcmp(option, "-nsid") == 0)
		return options->edns = options->nsid = true;
	if (strcmp(option, "-no-edns") == 0)
		return !(options->edns = false);
	return false;
}

static bool value_read(struct query_options *options, const char *word, const char *value,
		       struct error *error)
{
	const char *option = option_word(word);
	uint64_t number;
	if (strcmp(option, "-p") == 0)
		return port_read(options, value, error);
	if (strcmp(option, "-x") == 0) {
		options->name = value;
		options->reverse = true;
		options->type = LDNS_RR_TYPE_PTR;
		return true;
	}
	if (strcmp(option, "-class") == 0) {
		options->class_ = strcasecmp(value, "ANY") == 0 ? LDNS_RR_CLASS_ANY
								: ldns_get_rr_class_by_name(value);
		return options->class_ != 0 || error_set(error, "no class '%s'", value);
	}
	if (strcmp(option, "-edns") == 0) {
		options->edns = text_to_number(value, 0, 65535, &number);
		options->edns_size = (uint16_t)(options->edns ? number : 0);
		return options->edns || error_set(error, "expected a size, not '%s'", value);
	}
	if (strcmp(option, "-tries") == 0) {
		options->tries = text_to_number(value, 1, 100, &number) ? (unsigned)number : 0;
		return options->tries > 0 ||
		       error_set(error, "expected 1 to 100 tries, not '%s'", value);
	}
	if (strcmp(option, "-timeout") == 0) {
		options->timeout_ms = text_to_duration_ms(value, &number) && number <= 3600000
					      ? (unsigned)number
					      : 0;
		return options->timeout_ms > 0 ||
		       error_set(error, "expected a time like 2s, not '%s'", value);
	}
	return error_set(error, "no option '%s'", word);
}

enum query_verdict query_options_read(int argc, char **argv, struct query_options *ret_options,
				      struct error *error)
{
	struct query_options options = { .port = LDNS_PORT,
					 .type = LDNS_RR_TYPE_A,
					 .class_ = LDNS_RR_CLASS_IN,
					 .edns = true,
					 .edns_size = 1232,
					 .tries = 3,
					 .timeout_ms = 2000 };
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		bool good = true;
		if (word_is_help(word))
			return QUERY_HELP;
		if (*word == '@')
			good = server_read(&options, word + 1, error);
		else if (*word != '-')
			good = word_read(&options, word, error);
		else if (!switch_read(&options, word))
			good = i + 1 < argc
				       ? value_read(&options, word, argv[++i], error)
				       : error_set(error, "no option '%s', or its value is missing",
						   word);
		if (!good)
			return QUERY_WRONG;
	}
	if (!name_check(&options, error))
		return QUERY_WRONG;
	if (options.server.family == 0 && !server_from_resolv_conf(&options, error))
		return QUERY_WRONG;
	*ret_options = options;
	return QUERY_ASK;
}
