/* SPDX-License-Identifier: Apache-2.0 */
/* Whom `forward` asks: IP, IP:PORT, [IP]:PORT, each with %NAME behind the IP and tls:// in front,
 * or a resolv.conf. A word is cut as CoreDNS cuts it. Files are looked into here too, so that what
 * names nobody is found at once. */
#include "directive_forward.h"

#include <string.h>

#include "list.h"
#include "zone.h"

enum { PORT_DNS = 53, PORT_TLS = 853 };

struct word {
	const char *text;   /* as it was written */
	const char *scheme; /* "dns" if there is none */
	char *host;	    /* without scheme, port, brackets and name */
	char *name;	    /* behind the last %; NULL: none */
	const char *port;   /* NULL: none */
};

/* "a:1", "[a]:1": cuts the port off, as Go's net.SplitHostPort() does. */
static void cut_port(struct word *word)
{
	char *host = word->host, *colon = strrchr(host, ':');
	size_t size = strlen(host);
	if (host[0] == '[') {
		char *end = strchr(host, ']');
		if (end != NULL && end + 1 == colon) {
			word->port = colon + 1;
			*end = '\0';
			word->host = host + 1;
		} else if (end != NULL && end + 1 == host + size) {
			*end = '\0';
			word->host = host + 1;
		}
	} else if (colon != NULL && strchr(host, ':') == colon) {
		word->port = colon + 1;
		*colon = '\0';
	}
}

static struct word word_read(const struct directive *directive, const char *text)
{
	struct word word = { .text = text };
	word.host = directive_copy(directive, zone_word_skip_scheme(text, &word.scheme));
	cut_port(&word);
	word.name = strrchr(word.host, '%');
	if (word.name != NULL)
		*word.name++ = '\0';
	return word;
}

static struct config_target *add(struct directive *directive, struct config_forward *forward)
{
	forward->targets = list_grow(directive->config->arena, forward->targets,
				     forward->target_count, sizeof(forward->targets[0]));
	return &forward->targets[forward->target_count++];
}

/* ---- addresses ---- */

static bool take_name(struct directive *directive, const struct word *word,
		      const struct config_forward *forward, struct config_target *target,
		      struct error *error)
{
	bool has_both = word->name != NULL && word->name[0] != '\0' && forward->tls_servername != NULL;
	if (has_both)
		return directive_fail(directive, error,
				      "both forward ('%s') and proxy level ('%s') TLS servernames are "
				      "set for upstream proxy '%s'",
				      forward->tls_servername, word->name, word->text);
	target->tls_name = forward->tls_servername;
	if (word->name != NULL && word->name[0] != '\0')
		target->tls_name = word->name;
	return true;
}

static bool take_address(struct directive *directive, const struct word *word, const struct ip *ip,
			 struct config_forward *forward, struct error *error)
{
	struct config_target target = { .ip = *ip, .tls = strcmp(word->scheme, "tls") == 0 };
	uint64_t port = target.tls ? PORT_TLS : PORT_DNS;
	if (word->port != NULL && !text_to_number(word->port, 1, UINT16_MAX, &port))
		return directive_fail(directive, error, "invalid port in \"%s\"", word->text);
	target.port = (uint16_t)port;
	if (target.tls && !take_name(directive, word, forward, &target, error))
		return false;
	if (!target.tls && word->name != NULL)
		directive_note(directive,
			       "%s: which interface leads to it is not told, what stands behind %% is left out",
			       word->text);
	*add(directive, forward) = target;
	return true;
}

/* ---- files ---- */

static bool take_file(struct directive *directive, const char *path, struct config_forward *forward,
		      struct error *error)
{
	struct resolv_conf conf;
	struct error reason;
	if (!resolv_conf_read(path, &conf, &reason))
		return directive_fail(directive, error, "not an IP address or file \"%s\": %s",
				      path, reason.text);
	if (conf.count == 0)
		directive_note(directive, "%s has no nameservers", path);
	add(directive, forward)->file = directive_copy(directive, path);
	return true;
}

static bool is_path(const char *word)
{
	struct resolv_conf conf;
	return strchr(word, '/') != NULL || resolv_conf_read(word, &conf, NULL);
}

static bool refuse_name(struct directive *directive, const struct word *word, struct error *error)
{
	if (config_zone_text(directive->config->arena, word->host) == NULL)
		return directive_fail(directive, error,
				      "not an IP address, file, or valid domain: \"%s\"", word->text);
	return directive_fail(directive, error,
			      "not an IP address or file \"%s\": knamed does not look up names of "
			      "resolvers, only addresses are asked",
			      word->text);
}

/* ---- words ---- */

static bool check_scheme(struct directive *directive, const struct word *word, struct error *error)
{
	const char *rest = strstr(word->text, "://");
	bool is_https = strcmp(word->scheme, "https") == 0;
	if (strcmp(word->scheme, "dns") == 0 || strcmp(word->scheme, "tls") == 0)
		return true;
	if (is_https && rest != NULL && strchr(rest + 3, '/') != NULL)
		return directive_fail(directive, error,
				      "paths are not allowed in HTTPS upstream addresses (the "
				      "/dns-query path is used by default): %s",
				      word->text);
	if (is_https || strcmp(word->scheme, "quic") == 0)
		return directive_fail(directive, error,
				      "'%s' is not built into knamed, which asks over UDP, TCP and TLS: %s",
				      word->scheme, word->text);
	return directive_fail(directive, error,
			      "'%s' is not supported as a destination protocol in forward: %s",
			      word->scheme, word->text);
}

bool forward_add_target(struct directive *directive, const char *text,
			struct config_forward *forward, struct error *error)
{
	struct word word = word_read(directive, text);
	struct ip ip;
	if (!check_scheme(directive, &word, error))
		return false;
	if (word.host[0] == '\0')
		return directive_fail(directive, error, "invalid address: \"%s\"", text);
	if (ip_parse(word.host, &ip))
		return take_address(directive, &word, &ip, forward, error);
	const char *scheme;
	const char *path = zone_word_skip_scheme(text, &scheme);
	if (strcmp(scheme, "dns") == 0 && is_path(path))
		return take_file(directive, path, forward, error);
	return refuse_name(directive, &word, error);
}
