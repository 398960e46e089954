/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfigs, and what exec plugins print. What is refused is refused with a sentence on one line;
 * what is read keeps the promises of access.h: nothing in it can break a request, a header or an
 * environment. Covers: src/kube/kubeconfig.c src/kube/kubeconfig_part.c src/kube/access.c
 * src/kube/exec_credential.c src/kube/proxy.c src/source/yaml_document.c */
#include "../../src/kube/exec_credential.h"
#include "../../src/kube/kubeconfig.h"
#include "../../src/kube/proxy.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char version[] = "client.authentication.k8s.io/v1";

static void check_line(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		assert((unsigned char)*text >= ' ');
}

static void check_text(const struct access_text *text)
{
	assert(text->path == NULL || text->data == NULL);
	assert(text->data == NULL || text->size > 0);
	assert(text->path == NULL || text->path[0] == '/');
}

static void check_exec(const struct access *access)
{
	const struct access_exec *exec = access->exec;
	assert(exec->words[0] != NULL && exec->words[0][0] != '\0');
	for (char *const *at = exec->variables; *at != NULL; at++)
		assert(strchr(*at, '=') != NULL && **at != '=');
	char *info = exec_credential_info(access, access->ca.data, access->ca.size);
	assert(info != NULL && info[0] == '{');
	mem_free(info);
}

/* What libcurl is told has a scheme, and what is printed no password. */
static void check_proxy(const struct access *access)
{
	struct text proxy = { 0 }, shown = { 0 };
	bool is_there = proxy_find(access->server, access->proxy, &proxy);
	assert(is_there || (access->proxy == NULL && proxy.size == 0));
	if (is_there) {
		proxy_show(proxy.data, &shown);
		assert(strstr(shown.data, "://") != NULL && strchr(shown.data, '@') == NULL);
	}
	text_done(&proxy);
	text_done(&shown);
}

static void check_access(const struct access *access)
{
	const char *server = access->server;
	size_t size = strlen(server);
	assert(strstr(server, "://") != NULL && server[size - 1] != '/');
	for (const char *at = server; *at != '\0'; at++)
		assert(*at > ' ' && *at <= '~' && *at != '?' && *at != '#');
	check_line(access->server_name);
	check_line(access->proxy);
	check_proxy(access);
	check_text(&access->ca);
	check_text(&access->certificate);
	check_text(&access->key);
	assert(!access->insecure || (access->ca.path == NULL && access->ca.data == NULL));
	for (size_t i = 0; access->headers != NULL && access->headers[i] != NULL; i++) {
		assert(strncmp(access->headers[i], "Impersonate-", 12) == 0);
		check_line(access->headers[i]);
	}
	if (access->exec != NULL)
		check_exec(access);
}

static void read_kubeconfig(const char *text, size_t size, const char *context)
{
	struct error error = { 0 };
	struct access *access = kubeconfig_read("/dir/config", text, size, context, &error);
	if (access != NULL)
		check_access(access);
	else
		assert(strncmp(error.text, "/dir/config:", 12) == 0 &&
		       strpbrk(error.text, "\r\n") == NULL);
	access_free(access);
}

static void read_credential(const char *text, size_t size)
{
	struct exec_credential credential = { 0 };
	struct error error = { 0 };
	if (!exec_credential_read(text, size, version, &credential, &error)) {
		assert(strncmp(error.text, "printed ", 8) == 0);
		return;
	}
	assert(credential.token != NULL || credential.certificate != NULL);
	assert((credential.certificate == NULL) == (credential.key == NULL));
	check_line(credential.token);
	exec_credential_done(&credential);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	setenv("HTTPS_PROXY", "socks5://user:password@proxy:1080", 1);
	setenv("http_proxy", "proxy:3128", 1);
	setenv("NO_PROXY", "a, .b:80,*.c,10.0.0.0/8,[fd00::1]:443,192.0.2.1:", 1);
	read_kubeconfig((const char *)data, size, NULL);
	read_kubeconfig((const char *)data, size, "b");
	read_credential((const char *)data, size);
	return 0;
}
