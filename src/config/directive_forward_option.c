/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `forward`. A word behind what one takes is read as the next, as in CoreDNS; random_case is ours. */
#include <assert.h>
#include <string.h>

#include "directive_forward.h"
#include "knamed/dns.h"
#include "list.h"
#include "zone.h"

enum { RESOLVERS_MOST = 15 };

/* An option being read. */
struct reading {
	struct directive *directive;
	struct config_forward *forward;
	struct error *error;
};

/* ---- values ---- */

/* The next word of the line; NULL and the error. What stands behind it is taken for an option. */
static const char *read_word(const struct reading *reading)
{
	if (directive_next_argument(reading->directive))
		return directive_text(reading->directive);
	directive_fail_arguments(reading->directive, reading->error);
	return NULL;
}

static bool read_flag(const struct reading *reading, bool *ret_flag)
{
	if (directive_next_argument(reading->directive))
		return directive_fail_arguments(reading->directive, reading->error);
	*ret_flag = true;
	return true;
}

static char *duration_text(const struct reading *reading, bool is_negative, uint64_t ms)
{
	struct text text = { 0 };
	text_add(&text, is_negative ? "-" : "");
	text_add_duration(&text, ms);
	char *copy = directive_copy(reading->directive, text.data);
	text_done(&text);
	return copy;
}

/* `rule` is what is said of one below zero, or below `least`. */
static bool read_duration(const struct reading *reading, const char *rule, uint64_t least,
			  uint64_t *ret_ms)
{
	const char *text = read_word(reading);
	uint64_t ms;
	assert(ret_ms != NULL);
	if (text == NULL)
		return false;
	bool is_negative = text[0] == '-';
	if (!text_to_duration_ms(text + is_negative, &ms) || (is_negative && text[1] == '+'))
		return directive_fail(reading->directive, reading->error, "%s",
				      directive_duration_problem(reading->directive, text));
	is_negative &= ms > 0;
	if (is_negative || ms < least)
		return directive_fail(reading->directive, reading->error, "%s: %s", rule,
				      duration_text(reading, is_negative, ms));
	*ret_ms = ms;
	return true;
}

/* A whole number that Go's strconv.ParseUint() takes. */
static bool read_unsigned(const struct reading *reading, uint32_t *ret_number)
{
	const char *text = read_word(reading);
	uint64_t number;
	if (text == NULL)
		return false;
	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return directive_fail(reading->directive, reading->error,
				      "strconv.ParseUint: parsing \"%s\": invalid syntax", text);
	if (!text_to_number(text, 0, UINT32_MAX, &number))
		return directive_fail(reading->directive, reading->error,
				      "strconv.ParseUint: parsing \"%s\": value out of range", text);
	*ret_number = (uint32_t)number;
	return true;
}

/* One that strconv.Atoi() takes, and not below zero. */
static bool read_count(const struct reading *reading, uint32_t *ret_number)
{
	const char *option = directive_text(reading->directive), *text = read_word(reading);
	uint64_t number;
	if (text == NULL)
		return false;
	bool is_negative = text[0] == '-', has_sign = is_negative || text[0] == '+';
	if (!text_to_number(text + has_sign, 0, INT64_MAX, &number))
		return directive_fail(reading->directive, reading->error,
				      "strconv.Atoi: parsing \"%s\": invalid syntax", text);
	if (is_negative && number > 0)
		return directive_fail(reading->directive, reading->error,
				      "%s can't be negative: %s", option, text);
	*ret_number = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
	return true;
}

/* ---- options ---- */

static bool read_except(const struct reading *reading)
{
	struct directive *directive = reading->directive;
	struct config_zones *except = &reading->forward->except;
	struct arguments names = directive_arguments(directive);
	if (names.count == 0)
		return directive_fail_arguments(directive, reading->error);
	for (size_t i = 0; i < names.count; i++) {
		struct config_zones zones;
		struct error reason;
		struct arguments one = { &names.items[i], 1 };
		if (!directive_zones(directive, one, except, &zones, &reason)) {
			directive_note(directive, "except %s is no name, it is left out",
				       argument(names, i));
			continue;
		}
		for (size_t j = 0; j < zones.count; j++) {
			except->zones = list_grow(directive->config->arena, except->zones,
						  except->count, sizeof(except->zones[0]));
			except->zones[except->count++] = zones.zones[j];
		}
	}
	return true;
}

static bool read_max_connect_attempts(const struct reading *reading)
{
	uint32_t *attempts = &reading->forward->max_connect_attempts;
	if (!read_unsigned(reading, attempts))
		return false;
	if (*attempts == 0)
		*attempts = UINT32_MAX;
	return true;
}

static bool read_health_domain(const struct reading *reading)
{
	const char *name = read_word(reading);
	if (name == NULL)
		return false;
	char *domain = config_zone_text(reading->directive->config->arena, name);
	if (domain == NULL)
		return directive_fail(reading->directive, reading->error,
				      "health_check: invalid domain name %s", name);
	reading->forward->health_domain = domain;
	return true;
}

/* health_check DURATION [no_rec] [domain NAME] */
static bool read_health_check(const struct reading *reading)
{
	struct config_forward *forward = reading->forward;
	if (!read_duration(reading, "health_check can't be negative", 0, &forward->health_check_ms))
		return false;
	forward->health_domain = directive_copy(reading->directive, ".");
	while (directive_next_argument(reading->directive)) {
		if (directive_is_at(reading->directive, "no_rec"))
			forward->health_recursion = false;
		else if (!directive_is_at(reading->directive, "domain"))
			return directive_fail(reading->directive, reading->error,
					      "health_check: unknown option %s",
					      directive_text(reading->directive));
		else if (!read_health_domain(reading))
			return false;
	}
	return true;
}

static bool check_file(const struct reading *reading, const char *words, const char *path)
{
	enum { PEM_MOST = 1 << 20 };
	struct text text = { 0 };
	struct error reason;
	bool good = file_read(path, PEM_MOST, &text, &reason);
	text_done(&text);
	return good ||
	       directive_fail(reading->directive, reading->error, "%s: %s", words, reason.text);
}

static bool check_ca(const struct reading *reading, const char *path)
{
	struct text words = { 0 };
	text_printf(&words, "error reading %s", path);
	bool good = check_file(reading, words.data, path);
	text_done(&words);
	return good;
}

/* tls [CA] | CERT KEY [CA] */
static bool read_tls(const struct reading *reading)
{
	struct config_forward *forward = reading->forward;
	struct directive *directive = reading->directive;
	struct arguments files = directive_arguments(directive);
	char *paths[3] = { NULL, NULL, NULL };
	if (files.count > COUNT_OF(paths))
		return directive_fail_arguments(directive, reading->error);
	for (size_t i = 0; i < files.count; i++)
		paths[i] = directive_path(directive, argument(files, i));
	bool has_key = files.count > 1;
	forward->tls_certificate = has_key ? paths[0] : NULL;
	forward->tls_key = paths[1];
	forward->tls_ca = has_key ? paths[2] : paths[0];
	for (size_t i = 0; i < 2 && has_key; i++)
		if (!check_file(reading, "could not load TLS cert", paths[i]))
			return false;
	return forward->tls_ca == NULL || check_ca(reading, forward->tls_ca);
}

static bool read_tls_servername(const struct reading *reading)
{
	const char *name = read_word(reading);
	if (name == NULL)
		return false;
	reading->forward->tls_servername =
		name[0] == '\0' ? NULL : directive_copy(reading->directive, name);
	return true;
}

static bool read_policy(const struct reading *reading)
{
	static const char *const words[] = {
		[FORWARD_RANDOM] = "random",
		[FORWARD_ROUND_ROBIN] = "round_robin",
		[FORWARD_SEQUENTIAL] = "sequential",
	};
	const char *word = read_word(reading);
	if (word == NULL)
		return false;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		reading->forward->policy = (enum forward_policy)i;
		return true;
	}
	return directive_fail(reading->directive, reading->error, "unknown policy '%s'", word);
}

/* ---- rcodes ---- */

/* The words are those of CoreDNS' library, which has two of its own and lacks BADVERS. */
static bool rcode_read(const char *text, uint16_t *ret_rcode)
{
	if (text_equal_fold(text, "NOTIMPL"))
		text = "NOTIMP";
	else if (text_equal_fold(text, "BADSIG"))
		text = "BADVERS";
	else if (text_equal_fold(text, "BADVERS") || strncasecmp(text, "RCODE", 5) == 0)
		return false;
	return dns_rcode_from_text(text, ret_rcode);
}

static void add_rcode(uint16_t rcode, uint16_t *rcodes, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		if (rcodes[i] == rcode)
			return;
	rcodes[(*count)++] = rcode;
}

static bool read_rcodes(const struct reading *reading, bool may_be_good, uint16_t *rcodes, size_t *count)
{
	struct directive *directive = reading->directive;
	struct arguments words = directive_arguments(directive);
	if (words.count == 0)
		return directive_fail_arguments(directive, reading->error);
	for (size_t i = 0; i < words.count; i++) {
		uint16_t rcode;
		if (!rcode_read(argument(words, i), &rcode))
			return directive_fail(directive, reading->error, "%s is not a valid rcode",
					      argument(words, i));
		if (rcode == 0 && !may_be_good)
			return directive_fail(directive, reading->error,
					      "NoError cannot be used in failover");
		add_rcode(rcode, rcodes, count);
	}
	return true;
}

static bool read_next(const struct reading *reading)
{
	return read_rcodes(reading, true, reading->forward->next, &reading->forward->next_count);
}

static bool read_failover(const struct reading *reading)
{
	return read_rcodes(reading, false, reading->forward->failover,
			   &reading->forward->failover_count);
}

/* ---- the rest ---- */

static bool read_source_address(const struct reading *reading)
{
	const char *text = read_word(reading);
	if (text == NULL)
		return false;
	return ip_parse(text, &reading->forward->source) ||
	       directive_fail(reading->directive, reading->error, "invalid IP address: %s", text);
}

static bool refuse_doh_method(const struct reading *reading)
{
	const char *method = read_word(reading);
	if (method == NULL)
		return false;
	if (strcmp(method, "POST") != 0 && strcmp(method, "GET") != 0)
		return directive_fail(reading->directive, reading->error,
				      "doh_method must be either POST or GET");
	return directive_fail(reading->directive, reading->error,
			      "doh_method is not built into knamed, which asks over UDP, TCP and TLS");
}

/* The last of several lines counts. */
static bool read_resolver(const struct reading *reading)
{
	struct directive *directive = reading->directive;
	struct config_forward *forward = reading->forward;
	struct arguments words = directive_arguments(directive);
	if (words.count == 0)
		return directive_fail_arguments(directive, reading->error);
	if (words.count > RESOLVERS_MOST)
		return directive_fail(directive, reading->error,
				      "more than %d resolvers configured: %zu", RESOLVERS_MOST,
				      words.count);
	forward->resolvers = NULL;
	forward->resolver_count = 0;
	for (size_t i = 0; i < words.count; i++)
		if (!forward_add_resolver(directive, argument(words, i), forward, reading->error))
			return false;
	return true;
}

/* What kind of value an option has, where it is one of several alike. */
static bool read_alike(const struct reading *reading, bool *ret_good)
{
	struct config_forward *forward = reading->forward;
	const struct {
		const char *name;
		bool *flag;
		uint32_t *count, *number;
		uint64_t *ms, least_ms;
		const char *rule;
	} alike[] = {
		{ "force_tcp", .flag = &forward->force_tcp },
		{ "prefer_udp", .flag = &forward->prefer_udp },
		{ "random_case", .flag = &forward->random_case },
		{ "next_on_nodata", .flag = &forward->next_on_no_data },
		{ "failfast_all_unhealthy_upstreams", .flag = &forward->fails_fast },
		{ "max_fails", .number = &forward->max_fails },
		{ "max_concurrent", .count = &forward->max_concurrent },
		{ "max_idle_conns", .count = &forward->max_idle_connections },
		{ "expire", .ms = &forward->expire_ms, .rule = "expire can't be negative" },
		{ "max_age", .ms = &forward->max_age_ms, .rule = "max_age can't be negative" },
		{ "read_timeout", .ms = &forward->read_timeout_ms, .least_ms = 1,
		  .rule = "read_timeout must be positive" },
	};
	for (size_t i = 0; i < COUNT_OF(alike); i++) {
		if (!directive_is_at(reading->directive, alike[i].name))
			continue;
		if (alike[i].flag != NULL)
			*ret_good = read_flag(reading, alike[i].flag);
		else if (alike[i].number != NULL)
			*ret_good = read_unsigned(reading, alike[i].number);
		else if (alike[i].count != NULL)
			*ret_good = read_count(reading, alike[i].count);
		else
			*ret_good =
				read_duration(reading, alike[i].rule, alike[i].least_ms, alike[i].ms);
		return true;
	}
	return false;
}

bool forward_read_option(struct directive *directive, struct config_forward *forward,
			 struct error *error)
{
	static const struct {
		const char *name;
		bool (*read)(const struct reading *reading);
	} options[] = {
		{ "except", read_except },
		{ "max_connect_attempts", read_max_connect_attempts },
		{ "health_check", read_health_check },
		{ "tls", read_tls },
		{ "tls_servername", read_tls_servername },
		{ "policy", read_policy },
		{ "next", read_next },
		{ "failover", read_failover },
		{ "source_address", read_source_address },
		{ "doh_method", refuse_doh_method },
		{ "resolver", read_resolver },
	};
	const struct reading reading = { directive, forward, error };
	bool good;
	if (read_alike(&reading, &good))
		return good;
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (directive_is_at(directive, options[i].name))
			return options[i].read(&reading);
	return directive_fail_option(directive, error);
}
