/* SPDX-License-Identifier: Apache-2.0 */
/* A kubeconfig as text: one of its contexts, with the cluster and the user that it names. What no
 * server would be asked with as kubectl asks it is refused. */
#include "kubeconfig.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "kubeconfig_part.h"
#include "knamed/source.h"

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_host(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr(".-_", *text) == NULL)
			return false;
	return true;
}

/* The entry `name` of a list of {name, kind: {...}}. */
static bool find_part(const struct kubeconfig_part *root, const char *list_key, const char *kind,
		      const char *name, struct kubeconfig_part *ret_part)
{
	const json_t *list = NULL;
	if (!part_list(root, list_key, &list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const json_t *entry_name = json_object_get(entry, "name");
		if (!json_is_string(entry_name) || strcmp(json_string_value(entry_name), name) != 0)
			continue;
		*ret_part = *root;
		ret_part->kind = kind;
		ret_part->name = name;
		ret_part->value = entry;
		return part_object(ret_part, kind, &ret_part->value);
	}
	return part_wrong(root, "there is no %s \"%.100s\"", kind, name);
}

static bool read_proxy(const struct kubeconfig_part *part, struct access *access)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://" };
	if (!part_text(part, "proxy-url", &access->proxy))
		return false;
	if (access->proxy == NULL)
		return true;
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (strncasecmp(access->proxy, schemes[i], strlen(schemes[i])) == 0)
			return is_printable(access->proxy) ||
			       part_wrong(part, "proxy-url: has letters that cannot be printed");
	return part_wrong(part, "proxy-url: expected http://, https:// or socks5://");
}

static bool read_cluster(const struct kubeconfig_part *part, struct access *access)
{
	const char *server;
	struct error reason = { 0 };
	if (!part_text(part, "server", &server) ||
	    !part_text(part, "tls-server-name", &access->server_name) || !read_proxy(part, access) ||
	    !part_bool(part, "insecure-skip-tls-verify", &access->insecure) ||
	    !part_file_or_data(part, "certificate-authority", &access->ca))
		return false;
	if (server == NULL)
		return part_wrong(part, "names no server");
	if (!access_set_server(access, server, "http", &reason))
		return part_wrong(part, "%s", reason.text);
	if (access->server_name != NULL && !is_host(access->server_name))
		return part_wrong(part, "tls-server-name: expected a host name");
	if (access->insecure && (access->ca.path != NULL || access->ca.data != NULL))
		return part_wrong(part,
				  "a certificate-authority and insecure-skip-tls-verify exclude each other");
	return true;
}

/* Impersonate-User, -Uid and -Group. */
static bool read_impersonation(const struct kubeconfig_part *part, struct access *access)
{
	const char *user, *uid, *const *groups = NULL;
	const json_t *extra;
	if (!part_text(part, "as", &user) || !part_text(part, "as-uid", &uid) ||
	    !part_words(part, "as-groups", &groups) || !part_object(part, "as-user-extra", &extra))
		return false;
	if (json_object_size(extra) > 0)
		return part_wrong(part, "as-user-extra is not supported");
	size_t group_count = 0;
	while (groups != NULL && groups[group_count] != NULL)
		group_count++;
	if (user == NULL && (uid != NULL || group_count > 0))
		return part_wrong(part, "as-uid and as-groups need 'as'");
	if (user == NULL)
		return true;
	const char **headers = arena_alloc(access->arena, (group_count + 3) * sizeof(*headers));
	size_t count = 0;
	for (size_t i = 0; i < group_count + 2; i++) {
		const char *name = i == 0 ? "User" : i == 1 ? "Uid" : "Group";
		const char *value = i == 0 ? user : i == 1 ? uid : groups[i - 2];
		if (value == NULL)
			continue;
		if (!is_printable(value))
			return part_wrong(part,
					  "what is after 'as' has letters that cannot be printed");
		struct text line = { 0 };
		text_printf(&line, "Impersonate-%s: %s", name, value);
		headers[count++] = arena_text(access->arena, line.data, line.size);
		text_done(&line);
	}
	access->headers = headers;
	return true;
}

/* A command with a slash is beside the kubeconfig; one without is looked for in PATH. */
static bool read_command(const struct kubeconfig_part *part, struct access_exec *exec)
{
	const char *command, *const *arguments = NULL;
	if (!part_text(part, "command", &command) || !part_words(part, "args", &arguments))
		return false;
	if (command == NULL)
		return part_wrong(part, "exec: names no command");
	size_t count = 0;
	while (arguments != NULL && arguments[count] != NULL)
		count++;
	const char **words = arena_alloc(part->arena, (count + 2) * sizeof(*words));
	words[0] = strchr(command, '/') != NULL ? part_path(part, command) : command;
	for (size_t i = 0; i < count; i++)
		words[i + 1] = arguments[i];
	exec->words = (char *const *)words;
	return true;
}

static bool read_variables(const struct kubeconfig_part *part, struct access_exec *exec)
{
	const json_t *list = NULL;
	if (!part_list(part, "env", &list))
		return false;
	const char **variables =
		arena_alloc(part->arena, (json_array_size(list) + 1) * sizeof(*variables));
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct kubeconfig_part entry = *part;
		const char *name, *value;
		entry.value = json_array_get(list, i);
		if (!part_text(&entry, "name", &name) || !part_text(&entry, "value", &value))
			return false;
		if (name == NULL || strchr(name, '=') != NULL)
			return part_wrong(part, "exec: env: expected entries of name and value");
		struct text line = { 0 };
		text_printf(&line, "%s=%s", name, value == NULL ? "" : value);
		variables[i] = arena_text(part->arena, line.data, line.size);
		text_done(&line);
	}
	exec->variables = (char *const *)variables;
	return true;
}

/* We have no terminal to offer. */
static bool check_exec(const struct kubeconfig_part *part, const struct access_exec *exec)
{
	const char *mode;
	if (!part_text(part, "interactiveMode", &mode))
		return false;
	if (exec->version == NULL ||
	    (strcmp(exec->version, "client.authentication.k8s.io/v1") != 0 &&
	     strcmp(exec->version, "client.authentication.k8s.io/v1beta1") != 0))
		return part_wrong(part,
				  "exec: apiVersion: expected client.authentication.k8s.io/v1 or v1beta1");
	if (mode != NULL && strcmp(mode, "Always") == 0)
		return part_wrong(part,
				  "exec: interactiveMode: Always asks for a terminal, and there is none");
	if (mode != NULL && strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0)
		return part_wrong(part, "exec: interactiveMode: expected Never, IfAvailable or Always");
	return true;
}

static bool read_exec(const struct kubeconfig_part *user, struct access *access)
{
	struct kubeconfig_part part = *user;
	if (!part_object(user, "exec", &part.value))
		return false;
	if (part.value == NULL)
		return true;
	struct access_exec *exec = arena_alloc(access->arena, sizeof(*exec));
	if (!part_text(&part, "apiVersion", &exec->version) ||
	    !part_text(&part, "installHint", &exec->hint) ||
	    !part_bool(&part, "provideClusterInfo", &exec->wants_cluster) ||
	    !check_exec(&part, exec) || !read_command(&part, exec) || !read_variables(&part, exec))
		return false;
	access->exec = exec;
	return true;
}

/* What the cluster has to say to such programs. */
static bool read_extension(const struct kubeconfig_part *cluster, struct access *access)
{
	const json_t *list = NULL;
	if (!part_list(cluster, "extensions", &list))
		return false;
	for (size_t i = 0; access->exec != NULL && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i), *name = json_object_get(entry, "name");
		if (json_is_string(name) &&
		    strcmp(json_string_value(name), "client.authentication.k8s.io/exec") == 0 &&
		    access->exec->cluster_config == NULL)
			access->exec->cluster_config =
				json_incref(json_object_get(entry, "extension"));
	}
	return true;
}

static bool read_token(const struct kubeconfig_part *part, struct access_text *token)
{
	const char *path;
	if (!part_text(part, "token", &token->data) || !part_text(part, "tokenFile", &path))
		return false;
	token->size = token->data == NULL ? 0 : strlen(token->data);
	token->path = path == NULL ? NULL : part_path(part, path);
	return true;
}

static bool read_user(const struct kubeconfig_part *part, struct access *access)
{
	const json_t *provider;
	if (!part_object(part, "auth-provider", &provider) ||
	    !part_file_or_data(part, "client-certificate", &access->certificate) ||
	    !part_file_or_data(part, "client-key", &access->key) ||
	    !read_token(part, &access->token) || !part_text(part, "username", &access->user) ||
	    !part_text(part, "password", &access->password) || !read_exec(part, access) ||
	    !read_impersonation(part, access))
		return false;
	if (provider != NULL)
		return part_wrong(
			part,
			"auth-provider is not supported (kubectl dropped it too); use an exec plugin");
	const struct access_text *certificate = &access->certificate, *key = &access->key;
	bool has_certificate = certificate->path != NULL || certificate->data != NULL;
	if (has_certificate != (key->path != NULL || key->data != NULL))
		return part_wrong(part, "a client-certificate and a client-key go together");
	bool has_token = access->token.data != NULL || access->token.path != NULL;
	bool has_password = access->user != NULL || access->password != NULL;
	if (has_token + has_password + (access->exec != NULL) > 1)
		return part_wrong(part, "give one of token, username with password, and exec");
	return true;
}

static bool read_context(struct kubeconfig_part *root, const char *context, struct access *access)
{
	struct kubeconfig_part part, cluster_part, user_part;
	const char *cluster, *user;
	if (!part_text(root, "current-context", &cluster))
		return false;
	const char *name = context != NULL ? context : cluster;
	if (name == NULL)
		return part_wrong(root, "has no current-context, and no context is named");
	if (!find_part(root, "contexts", "context", name, &part) ||
	    !part_text(&part, "cluster", &cluster) || !part_text(&part, "user", &user))
		return false;
	if (cluster == NULL)
		return part_wrong(&part, "names no cluster");
	if (!find_part(root, "clusters", "cluster", cluster, &cluster_part) ||
	    !read_cluster(&cluster_part, access))
		return false;
	return user == NULL ||
	       (find_part(root, "users", "user", user, &user_part) &&
		read_user(&user_part, access) && read_extension(&cluster_part, access));
}

static bool check_kind(const struct kubeconfig_part *root)
{
	const char *kind;
	if (!json_is_object(root->value))
		return part_wrong(root, "expected a kubeconfig");
	if (!part_text(root, "kind", &kind))
		return false;
	return kind == NULL || strcmp(kind, "Config") == 0 ||
	       part_wrong(root, "expected kind Config, not %.100s", kind);
}

struct access *kubeconfig_read(const char *path, const char *text, size_t size, const char *context,
			       struct error *error)
{
	json_t *document = yaml_read_document(path, text, size, error);
	if (document == NULL)
		return NULL;
	struct access *access = mem_zalloc(sizeof(*access));
	access->arena = arena_new();
	const char *slash = strrchr(path, '/');
	struct kubeconfig_part root = {
		.file = path,
		.directory = slash == NULL ? NULL
					   : arena_text(access->arena, path,
							slash == path ? 1 : (size_t)(slash - path)),
		.value = document,
		.arena = access->arena,
		.error = error,
	};
	bool good = check_kind(&root) && read_context(&root, context, access);
	json_decref(document);
	if (good)
		return access;
	access_free(access);
	return NULL;
}
