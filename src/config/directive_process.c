/* SPDX-License-Identifier: Apache-2.0 */
/* Directives about where and how a block runs: root, bind, multisocket. */
#include <net/if.h>
#include <sched.h>
#include <string.h>

#include "directives.h"
#include "list.h"

enum { SOCKETS_MAX = 1024, BIND_MAX = 1024 };

bool directive_root_read(struct directive *directive, struct error *error)
{
	while (directive_next(directive)) {
		if (!directive_next_argument(directive))
			return directive_fail_arguments(directive, error);
		directive->block->root = directive_copy(directive, directive_text(directive));
	}
	return directive_check_path(directive, directive->block->root, "Root path does not exist",
				    "unable to access root path", error);
}

static bool add_word(const struct directive *directive, const char *word, struct words *words,
		     struct error *error)
{
	if (words->count == BIND_MAX)
		return directive_fail(directive, error, "more than %d addresses or interfaces",
				      BIND_MAX);
	words_add(directive->config->arena, words, word);
	return true;
}

/* An address in its one spelling, or the name of an interface that is there. */
static bool add_host(const struct directive *directive, const char *host, struct words *hosts,
		     struct error *error)
{
	struct ip ip;
	char text[IP_TEXT_SIZE];
	if (ip_parse(host, &ip)) {
		ip_print(&ip, text);
		host = text;
	} else if (strlen(host) >= IF_NAMESIZE || if_nametoindex(host) == 0) {
		return directive_fail(directive, error,
				      "not a valid IP address or interface name: \"%s\"", host);
	}
	return add_word(directive, host, hosts, error);
}

static bool add_hosts(const struct directive *directive, struct arguments arguments,
		      struct words *hosts, struct error *error)
{
	for (size_t i = 0; i < arguments.count; i++)
		if (!add_host(directive, argument(arguments, i), hosts, error))
			return false;
	return true;
}

static bool read_except(struct directive *directive, struct words *except, struct error *error)
{
	if (!directive_is_at(directive, "except"))
		return directive_fail(directive, error, "invalid option \"%s\"",
				      directive_text(directive));
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail(
			directive, error,
			"at least one address or interface must be given to except subdirective");
	return add_hosts(directive, arguments, except, error);
}

static bool is_interface(const char *host)
{
	struct ip ip;
	return !ip_parse(host, &ip);
}

/* Adds one line to the block. What it excludes is for the addresses of its own interfaces, the rest
 * of it is done here. */
static bool add_line(const struct directive *directive, const struct words *hosts,
		     const struct words *except, struct error *error)
{
	struct config_block *block = directive->block;
	bool has_interface = false;
	for (size_t i = 0; i < hosts->count; i++) {
		if (words_contain(except, hosts->words[i]))
			continue;
		has_interface |= is_interface(hosts->words[i]);
		if (!add_word(directive, hosts->words[i], &block->bind, error))
			return false;
	}
	for (size_t i = 0; has_interface && i < except->count; i++)
		if (!add_word(directive, except->words[i], &block->bind_except, error))
			return false;
	return true;
}

/* An address that one line excludes and another one names is bound. */
static void keep_named(struct config_block *block)
{
	size_t kept = 0;
	for (size_t i = 0; i < block->bind_except.count; i++)
		if (!words_contain(&block->bind, block->bind_except.words[i]))
			block->bind_except.words[kept++] = block->bind_except.words[i];
	block->bind_except.count = kept;
}

static bool read_bind_line(struct directive *directive, struct error *error)
{
	struct words hosts = { 0 }, except = { 0 };
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail(directive, error,
				      "at least one address or interface name is expected");
	if (!add_hosts(directive, arguments, &hosts, error))
		return false;
	while (directive_next_option(directive))
		if (!read_except(directive, &except, error))
			return false;
	return add_line(directive, &hosts, &except, error);
}

bool directive_bind_read(struct directive *directive, struct error *error)
{
	while (directive_next(directive))
		if (!read_bind_line(directive, error))
			return false;
	keep_named(directive->block);
	return directive->block->bind.count > 0 ||
	       directive_fail(directive, error, "bind leaves no address to listen on");
}

/* How many threads may run at once, as far as the scheduler's mask tells. */
static uint64_t allowed_cpus(void)
{
	cpu_set_t cpus;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return 1;
	return (uint64_t)CPU_COUNT(&cpus);
}

bool directive_multisocket_read(struct directive *directive, struct error *error)
{
	directive_next(directive);
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 1 || directive_next(directive))
		return directive_fail_arguments(directive, error);
	uint64_t sockets = allowed_cpus();
	if (arguments.count == 1 && !text_to_number(argument(arguments, 0), 1, SOCKETS_MAX, &sockets))
		return directive_fail(directive, error,
				      "the number of sockets must be in range [1, %d]: %s",
				      SOCKETS_MAX, argument(arguments, 0));
	directive->block->multisocket = (uint16_t)(sockets < SOCKETS_MAX ? sockets : SOCKETS_MAX);
	return true;
}
