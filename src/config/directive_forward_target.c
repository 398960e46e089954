/* SPDX-License-Identifier: Apache-2.0 */
/* Whom `forward` asks: IP, IP:PORT, [IP]:PORT, HOST, HOST:PORT, each with %NAME behind IP or HOST
 * and tls:// in front, or a resolv.conf. A word is cut as CoreDNS cuts it. Files are looked into
 * here too, so that what names nobody is found at once. */
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

static bool read_port(const struct directive *directive, const struct word *word, bool is_tls,
		      uint16_t *ret_port, struct error *error)
{
	uint64_t port = is_tls ? PORT_TLS : PORT_DNS;
	if (word->port != NULL && !text_to_number(word->port, 1, UINT16_MAX, &port))
		return directive_fail(directive, error, "invalid port in \"%s\"", word->text);
	*ret_port = (uint16_t)port;
	return true;
}

/* The target has its address or host. */
static bool take(struct directive *directive, const struct word *word, struct config_target *target,
		 struct config_forward *forward, struct error *error)
{
	target->tls = strcmp(word->scheme, "tls") == 0;
	if (!read_port(directive, word, target->tls, &target->port, error))
		return false;
	if (target->tls && !take_name(directive, word, forward, target, error))
		return false;
	if (!target->tls && word->name != NULL)
		directive_note(directive,
			       "%s: which interface leads to it is not told, what stands behind %% is left out",
			       word->text);
	if (target->tls && target->host != NULL && target->tls_name == NULL)
		directive_note(directive,
			       "%s: its certificate must hold the address that is found; %%NAME behind "
			       "the host or tls_servername tells another name",
			       word->text);
	*add(directive, forward) = *target;
	return true;
}

bool forward_add_resolver(struct directive *directive, const char *text,
			  struct config_forward *forward, struct error *error)
{
	struct word word = { .text = text, .host = directive_copy(directive, text) };
	struct config_target target = { .port = PORT_DNS };
	struct error reason;
	cut_port(&word);
	bool is_whole = text[0] != '[' || word.port != NULL;
	if (!is_whole || !ip_parse(word.host, &target.ip) ||
	    !read_port(directive, &word, false, &target.port, &reason))
		return directive_fail(directive, error,
				      "resolver must be an IP address or IP:port: \"%s\"", text);
	forward->resolvers = list_grow(directive->config->arena, forward->resolvers,
				       forward->resolver_count, sizeof(forward->resolvers[0]));
	forward->resolvers[forward->resolver_count++] = target;
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

/* ---- hosts ---- */

static bool is_number(const char *label, size_t size)
{
	return size > 0 && strspn(label, "0123456789") >= size;
}

/* "10.0.0.256", "10.0.0.2x": no host is called so. */
static bool looks_like_address(const char *name)
{
	size_t size = strlen(name) - 1; /* without the final dot */
	const char *last = name + size;
	while (last > name && last[-1] != '.')
		last--;
	return is_number(last, (size_t)(name + size - last)) ||
	       (is_number(name, strcspn(name, ".")) && *last >= '0' && *last <= '9');
}

static bool take_host(struct directive *directive, const struct word *word,
		      struct config_forward *forward, struct error *error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	struct config_target target = { .file = NULL };
	target.host = config_zone_text(directive->config->arena, word->host);
	if (target.host == NULL || strcmp(target.host, ".") == 0 ||
	    strspn(target.host, letters) != strlen(target.host) || looks_like_address(target.host))
		return directive_fail(directive, error,
				      "not an IP address, file, or valid domain: \"%s\"", word->text);
	target.host[strlen(target.host) - 1] = '\0';
	return take(directive, word, &target, forward, error);
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
		return take(directive, &word, &(struct config_target){ .ip = ip }, forward, error);
	const char *scheme;
	const char *path = zone_word_skip_scheme(text, &scheme);
	if (strcmp(scheme, "dns") == 0 && is_path(path))
		return take_file(directive, path, forward, error);
	return take_host(directive, &word, forward, error);
}
