/* SPDX-License-Identifier: Apache-2.0 */
/* dns64 [PREFIX] { prefix PREFIX; translate_all; allow_ipv4 } */
#include <stdio.h>
#include <string.h>

#include "directives.h"
#include "network.h"

static bool is_length(unsigned bits)
{
	return bits == 32 || bits == 40 || bits == 48 || bits == 56 || bits == 64 || bits == 96;
}

/* One of the lengths of RFC 6052 2.2. */
static bool read_prefix(const struct directive *directive, const char *text,
			struct config_network *ret_prefix, struct error *error)
{
	struct config_network prefix;
	char address[IP_TEXT_SIZE];
	if (!network_read(text, &prefix))
		return directive_fail(directive, error, "invalid CIDR address: %s", text);
	ip_print(&prefix.ip, address);
	if (prefix.ip.family != 6)
		return directive_fail(directive, error, "invalid netmask 32 IPv6 address: \"%s/%u\"",
				      address, prefix.bits);
	if (!is_length(prefix.bits))
		return directive_fail(directive, error, "invalid prefix length \"%s/%u\"", address,
				      prefix.bits);
	*ret_prefix = prefix;
	return true;
}

static bool read_option(struct directive *directive, struct config_dns64 *dns64, struct error *error)
{
	if (directive_is_at(directive, "translate_all")) {
		dns64->translates_all = true;
	} else if (directive_is_at(directive, "allow_ipv4")) {
		dns64->allows_ipv4 = true;
	} else if (!directive_is_at(directive, "prefix")) {
		return directive_fail_option(directive, error);
	} else if (!directive_next_argument(directive)) {
		return directive_fail_arguments(directive, error);
	} else {
		return read_prefix(directive, directive_text(directive), &dns64->prefix, error);
	}
	return true;
}

/* Lines add up; of several prefixes the last counts. */
bool directive_dns64_read(struct directive *directive, struct error *error)
{
	struct config_dns64 *dns64 = arena_alloc(directive->config->arena, sizeof(*dns64));
	network_read("64:ff9b::/96", &dns64->prefix);
	while (directive_next(directive)) {
		struct arguments arguments = directive_arguments(directive);
		if (arguments.count > 1)
			return directive_fail_arguments(directive, error);
		if (arguments.count == 1 &&
		    !read_prefix(directive, argument(arguments, 0), &dns64->prefix, error))
			return false;
		while (directive_next_option(directive))
			if (!read_option(directive, dns64, error))
				return false;
	}
	directive->block->dns64 = dns64;
	return true;
}
