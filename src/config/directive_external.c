/* SPDX-License-Identifier: Apache-2.0 */
/* k8s_external [ZONES...] { apex NAME, ttl N, headless, fallthrough [ZONES...] }: Services as they
 * are seen from outside. The block's `kubernetes` knows them. */
#include <string.h>

#include "knamed/dns.h"
#include "directives.h"

enum {
	TTL_DEFAULT = 5,
	TTL_MAX = 3600,
	FRONT_MOST = 11 /* hostmaster in front of the apex */
};

/* The first argument counts, as in CoreDNS; NULL and the error if there is none. */
static const char *first_argument(struct directive *directive, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 0)
		return argument(arguments, 0);
	directive_fail_arguments(directive, error);
	return NULL;
}

static bool read_ttl(struct directive *directive, uint32_t *ret_ttl, struct error *error)
{
	const char *text = first_argument(directive, error);
	uint64_t seconds;
	if (text == NULL)
		return false;
	bool is_negative = text[0] == '-', has_sign = is_negative || text[0] == '+';
	if (!text_to_number(text + has_sign, 0, INT64_MAX, &seconds))
		return directive_fail(directive, error,
				      "strconv.Atoi: parsing \"%s\": invalid syntax", text);
	if (seconds > TTL_MAX || (is_negative && seconds > 0))
		return directive_fail(directive, error, "ttl must be in range [0, %d]: %s", TTL_MAX,
				      text);
	*ret_ttl = (uint32_t)seconds;
	return true;
}

static bool read_apex(struct directive *directive, char **ret_apex, struct error *error)
{
	const char *text = first_argument(directive, error);
	uint8_t name[DNS_NAME_MAX], size;
	if (text == NULL)
		return false;
	if (!name_parse(text, name, &size) || size == 1)
		return directive_fail(directive, error, "apex is no name: %s", text);
	*ret_apex = directive_copy(directive, text);
	return true;
}

static bool read_option(struct directive *directive, struct config_external *external,
			struct error *error)
{
	if (directive_is_at(directive, "ttl"))
		return read_ttl(directive, &external->ttl, error);
	if (directive_is_at(directive, "apex"))
		return read_apex(directive, &external->apex, error);
	if (directive_is_at(directive, "headless")) {
		external->headless = true;
		return true;
	}
	if (!directive_is_at(directive, "fallthrough"))
		return directive_fail_option(directive, error);
	external->falls_through = true;
	return directive_fallthrough(directive, &external->fallthrough, error);
}

static bool check_sizes(const struct directive *directive, const struct config_external *external,
			struct error *error)
{
	uint8_t apex[DNS_NAME_MAX], apex_size, zone[DNS_NAME_MAX], size;
	if (!name_parse(external->apex, apex, &apex_size))
		return directive_fail(directive, error, "apex is no name: %s", external->apex);
	for (size_t i = 0; i < external->zones.count; i++)
		if (!name_parse(external->zones.zones[i].text, zone, &size) ||
		    FRONT_MOST + apex_size - 1 + size > DNS_NAME_MAX)
			return directive_fail(directive, error,
					      "names below apex %s are too long in the zone %s",
					      external->apex, external->zones.zones[i].text);
	return true;
}

/* Lines of one directive are read as one; the last one's zones count. */
bool directive_k8s_external_read(struct directive *directive, struct error *error)
{
	struct config_external *external = arena_alloc(directive->config->arena, sizeof(*external));
	*external = (struct config_external){ .ttl = TTL_DEFAULT,
					      .apex = directive_copy(directive, "dns") };
	while (directive_next(directive)) {
		if (!directive_is_beside(directive, "kubernetes"))
			return directive_fail(directive, error, "kubernetes plugin not loaded");
		struct arguments zones = directive_arguments(directive);
		external->zones = (struct config_zones){ 0 };
		if (!directive_zones(directive, zones, directive->block_zones, &external->zones, error))
			return false;
		while (directive_next_option(directive))
			if (!read_option(directive, external, error))
				return false;
	}
	if (!check_sizes(directive, external, error))
		return false;
	external->said = directive_said(directive, 0, &external->zones);
	directive->block->external = external;
	return true;
}
