/* SPDX-License-Identifier: Apache-2.0 */
/* The environment is read as Go's clients read it, since that is what clusters are set up for.
 * libcurl by itself would also take ALL_PROXY, knows no ports in NO_PROXY, and compares it with the
 * name in the certificate. */
#include "proxy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"

/* Where a server is, as NO_PROXY speaks of it. */
struct place {
	char *host; /* without brackets */
	const char *port;
	struct ip ip;
	bool is_ip;
};

static char *copy_host(const char *host, size_t size)
{
	bool is_bracketed = size > 2 && host[0] == '[' && host[size - 1] == ']';
	return mem_text_n(host + is_bracketed, size - (is_bracketed ? 2 : 0));
}

static struct place place_of(const char *server)
{
	size_t size;
	const char *host = access_host(server, &size), *rest = host + size;
	bool is_tls = strncasecmp(server, "https:", 6) == 0;
	struct place place = { .host = copy_host(host, size), .port = is_tls ? "443" : "80" };
	if (rest[0] == ':')
		place.port = rest + 1;
	place.is_ip = ip_parse(place.host, &place.ip);
	return place;
}

static bool is_port(const struct place *place, const char *port)
{
	size_t size = strlen(port);
	return size == 0 || (strncmp(place->port, port, size) == 0 &&
			     (place->port[size] == '\0' || place->port[size] == '/'));
}

/* "example.com" also stands for what is below it, ".example.com" and "*.example.com" for that alone. */
static bool is_below(const char *host, const char *domain)
{
	size_t size = strlen(host), own = strlen(domain);
	if (domain[0] == '*' && domain[1] == '.')
		return is_below(host, domain + 1);
	if (domain[0] != '.' && size == own)
		return strcasecmp(host, domain) == 0;
	return size > own && strcasecmp(host + size - own, domain) == 0 &&
	       (domain[0] == '.' || host[size - own - 1] == '.');
}

/* Where the port begins, at the only colon or the one behind a bracket; the end if there is none. */
static const char *find_port(const char *entry)
{
	const char *first = strchr(entry, ':'), *last = strrchr(entry, ':');
	bool is_port = last != NULL && last > entry && (first == last || last[-1] == ']');
	return is_port ? last : entry + strlen(entry);
}

/* One entry of NO_PROXY: a network, or an address or a domain with or without a port. */
static bool is_meant(const struct place *place, const char *entry)
{
	struct ip ip;
	unsigned bits;
	if (strcmp(entry, "*") == 0)
		return true;
	if (strchr(entry, '/') != NULL)
		return place->is_ip && ip_parse_cidr(entry, &ip, &bits) &&
		       ip_in_cidr(&place->ip, &ip, bits);
	const char *port = find_port(entry);
	char *host = copy_host(entry, (size_t)(port - entry));
	bool is_ip = ip_parse(host, &ip);
	bool is_same = is_ip ? place->is_ip && ip_equal(&place->ip, &ip)
			     : !place->is_ip && host[0] != '\0' && is_below(place->host, host);
	mem_free(host);
	return is_same && is_port(place, port[0] == ':' ? port + 1 : "");
}

static const char *variable(const char *upper, const char *lower)
{
	const char *value = getenv(upper);
	if (value == NULL || value[0] == '\0')
		value = getenv(lower);
	return value == NULL ? "" : value;
}

static bool is_excepted(const struct place *place)
{
	static const char blanks[] = " \t";
	for (const char *at = variable("NO_PROXY", "no_proxy"); *at != '\0'; at += *at == ',') {
		at += strspn(at, blanks);
		const char *end = at + strcspn(at, ","), *last = end;
		while (last > at && strchr(blanks, last[-1]) != NULL)
			last--;
		char *entry = mem_text_n(at, (size_t)(last - at));
		bool is_found = is_meant(place, entry);
		mem_free(entry);
		if (is_found)
			return true;
		at = end;
	}
	return false;
}

/* The server's own machine is asked without a proxy, whatever the environment says. */
static const char *proxy_of_environment(const char *server)
{
	bool is_tls = strncasecmp(server, "https:", 6) == 0;
	const char *proxy = is_tls ? variable("HTTPS_PROXY", "https_proxy")
				   : variable("HTTP_PROXY", "http_proxy");
	struct place place = place_of(server);
	bool is_ours =
		place.is_ip ? ip_is_loopback(&place.ip) : strcasecmp(place.host, "localhost") == 0;
	bool is_none = proxy[0] == '\0' || is_ours || is_excepted(&place);
	mem_free(place.host);
	return is_none ? NULL : proxy;
}

bool proxy_find(const char *server, const char *given, struct text *ret_proxy)
{
	const char *proxy = given != NULL ? given : proxy_of_environment(server);
	text_clear(ret_proxy);
	text_add(ret_proxy, "");
	if (proxy == NULL)
		return false;
	if (strstr(proxy, "://") == NULL)
		text_printf(ret_proxy, "http://%s", proxy);
	else if (strncasecmp(proxy, "socks5://", 9) == 0) /* who resolves a name then: the proxy */
		text_printf(ret_proxy, "socks5h://%s", proxy + 9);
	else
		text_add(ret_proxy, proxy);
	return true;
}

void proxy_show(const char *proxy, struct text *text)
{
	const char *host = strstr(proxy, "://") + 3;
	const char *end = host + strcspn(host, "/?#"), *start = host;
	for (const char *at = host; at < end; at++)
		if (*at == '@')
			start = at + 1;
	text_add_n(text, proxy, (size_t)(host - proxy));
	text_add_n(text, start, (size_t)(end - start));
}
