/* SPDX-License-Identifier: Apache-2.0 */
/* HOST:PORT, alone and in URLs. */
#include "endpoint.h"

#include <string.h>
#include <strings.h>

/* "host", "host:port", "[address]:port": a host without brackets, and the port's text, NULL if there is none. */
struct authority {
	const char *host, *port;
	bool is_bracketed;
};

static bool authority_read(struct arena *arena, const char *text, size_t size,
			   struct authority *ret_authority)
{
	char *copy = arena_text(arena, text, size);
	char *colon = strrchr(copy, ':'), *bracket = strrchr(copy, ']');
	bool is_bracketed = copy[0] == '[';
	bool has_port = colon != NULL && (bracket == NULL || colon > bracket);
	if (has_port)
		*colon = 0;
	if (is_bracketed) {
		size_t left = strlen(copy);
		if (bracket == NULL || bracket != copy + left - 1)
			return false;
		*bracket = 0;
		copy++;
	}
	*ret_authority = (struct authority){
		.host = copy,
		.port = has_port ? colon + 1 : NULL,
		.is_bracketed = is_bracketed,
	};
	return true;
}

/* Brackets are for IPv6, and IPv6 is in brackets. */
static bool read_address(const struct authority *authority, struct ip *ret_ip)
{
	bool has_colon = strchr(authority->host, ':') != NULL;
	return has_colon == authority->is_bracketed && ip_parse(authority->host, ret_ip);
}

static bool is_host(const struct authority *authority)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	struct ip ip;
	if (authority->is_bracketed)
		return read_address(authority, &ip);
	return authority->host[0] != 0 && authority->host[strspn(authority->host, letters)] == 0;
}

static bool read_port(const char *text, uint16_t *ret_port)
{
	uint64_t port;
	if (!text_to_number(text, 1, UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* Printable ASCII that neither a URL nor a line of a request would take for something else. */
static bool is_path(const char *text)
{
	for (; *text != 0; text++)
		if (*text <= ' ' || *text > '~' || strchr("?#\"<>\\^`{|}", *text) != NULL)
			return false;
	return true;
}

/* Behind the scheme, which is "http://", "https://" or, where none is written, the usual one. */
static const char *skip_scheme(const char *text, const char *usual, const char **ret_scheme)
{
	static const char *const schemes[] = { "https://", "http://" };
	*ret_scheme = usual;
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) != 0)
			continue;
		*ret_scheme = schemes[i];
		return text + strlen(schemes[i]);
	}
	return text;
}

char *endpoint_text(struct arena *arena, const char *text, const char *usual_scheme)
{
	const char *scheme;
	text = skip_scheme(text, usual_scheme, &scheme);
	size_t host_size = strcspn(text, "/"), size = strlen(text);
	struct authority authority;
	uint16_t port;
	if (!authority_read(arena, text, host_size, &authority) || !is_host(&authority) ||
	    (authority.port != NULL && !read_port(authority.port, &port)) ||
	    !is_path(text + host_size))
		return NULL;
	while (size > host_size && text[size - 1] == '/')
		size--;
	struct text url = { 0 };
	text_add(&url, scheme);
	text_add_n(&url, text, size);
	char *copy = arena_text(arena, url.data, url.size);
	text_done(&url);
	return copy;
}

static bool is_any(const struct ip *ip)
{
	static const uint8_t none[sizeof(ip->bytes)];
	return memcmp(ip->bytes, none, sizeof(none)) == 0;
}

bool endpoint_place(struct arena *arena, const char *text, struct config_place *ret_place)
{
	struct authority authority;
	struct ip ip = { 0 };
	uint16_t port;
	if (!authority_read(arena, text, strlen(text), &authority) || authority.port == NULL ||
	    !read_port(authority.port, &port))
		return false;
	const char *host = text_equal_fold(authority.host, "localhost") && !authority.is_bracketed
				   ? "127.0.0.1"
				   : authority.host;
	authority.host = host;
	bool is_all = host[0] == 0 && !authority.is_bracketed;
	if (!is_all && !read_address(&authority, &ip))
		return false;
	char address[IP_TEXT_SIZE] = "";
	if (!is_any(&ip))
		ip_print(&ip, address);
	*ret_place = (struct config_place){ .address = arena_text(arena, address, strlen(address)),
					    .port = port };
	return true;
}
