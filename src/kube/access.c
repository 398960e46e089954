/* SPDX-License-Identifier: Apache-2.0 */
/* How a server is reached, as somebody wrote it down. */
#include "access.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool has_scheme(const char *server, const char *scheme)
{
	size_t size = strlen(scheme);
	return strncasecmp(server, scheme, size) == 0 && strncmp(server + size, "://", 3) == 0;
}

/* With a port, or an IPv6 address in brackets. */
static bool is_host(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(".-_:[]", text[i]) == NULL)
			return false;
	return true;
}

static bool check_server(const char *server, struct error *error)
{
	if (!is_plain(server))
		return error_set(error, "a server's URL has no blanks and no letters beyond ASCII");
	if (!has_scheme(server, "http") && !has_scheme(server, "https"))
		return error_set(error, "server %s: expected http:// or https://", server);
	const char *host = strstr(server, "://") + 3;
	size_t size = strcspn(host, "/?#");
	if (memchr(host, '@', size) != NULL) /* not shown: it may be a password */
		return error_set(error,
				 "a server's URL names no user; give user and password apart from it");
	if (size == 0 || host[0] == ':' || strpbrk(host, "?#") != NULL || !is_host(host, size))
		return error_set(error, "server %s: expected a host, maybe a port and a path", server);
	return true;
}

bool access_set_server(struct access *access, const char *server, const char *scheme,
		       struct error *error)
{
	struct text text = { 0 };
	if (strstr(server, "://") == NULL)
		text_printf(&text, "%s://", scheme);
	text_add(&text, server);
	bool good = check_server(text.data, error);
	while (text.data[text.size - 1] == '/')
		text.size--;
	if (good)
		access->server = arena_text(access->arena, text.data, text.size);
	text_done(&text);
	return good;
}

const char *access_host(const char *server, size_t *ret_size)
{
	const char *host = strstr(server, "://") + 3;
	size_t whole = strcspn(host, "/"), size = strcspn(host, ":/");
	const char *bracket = host[0] == '[' ? memchr(host, ']', whole) : NULL;
	*ret_size = bracket != NULL ? (size_t)(bracket + 1 - host) : size;
	return host;
}

void access_free(struct access *access)
{
	if (access == NULL)
		return;
	if (access->exec != NULL)
		json_decref(access->exec->cluster_config);
	arena_free(access->arena);
	mem_free(access);
}
