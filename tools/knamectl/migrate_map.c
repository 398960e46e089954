/* SPDX-License-Identifier: Apache-2.0 */
/* The ConfigMap of kube-dns: its values are JSON in text. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "knamed/source.h"
#include "migrate_plan.h"

enum { UPSTREAMS_MOST = 3 /* that kube-dns took */ };

static json_t *value_read(const json_t *data, const char *key, struct error *error)
{
	const char *text = json_string_value(json_object_get(data, key));
	json_error_t fault;
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return NULL;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
	if (value == NULL)
		error_set(error, "%s: line %d: %s", key, fault.line, fault.text);
	return value;
}

static bool servers_read(struct migrate_plan *plan, const char *key, const char *domain,
			 const json_t *servers, struct error *error)
{
	size_t i;
	json_t *server;
	if (!json_is_array(servers) || json_array_size(servers) == 0)
		return error_set(error, "%s: %s: expected a list of addresses", key, domain);
	json_array_foreach((json_t *)(uintptr_t)servers, i, server)
	{
		struct error reason;
		if (!json_is_string(server))
			return error_set(error, "%s: %s: expected addresses in quotes", key, domain);
		if (!migrate_add_server(plan, domain, json_string_value(server), &reason))
			return error_set(error, "%s: %s: %s", key, domain, reason.text);
	}
	return true;
}

static bool stubs_read(struct migrate_plan *plan, json_t *stubs, struct error *error)
{
	const char *domain;
	json_t *servers;
	if (!json_is_object(stubs))
		return error_set(error, "stubDomains: expected an object of domains");
	json_object_foreach(stubs, domain, servers) if (!servers_read(plan, "stubDomains", domain,
								      servers, error)) return false;
	return true;
}

static bool upstreams_read(struct migrate_plan *plan, json_t *servers, struct error *error)
{
	if (json_is_array(servers) && json_array_size(servers) > UPSTREAMS_MOST)
		return error_set(error, "upstreamNameservers: more than %d", UPSTREAMS_MOST);
	return servers_read(plan, "upstreamNameservers", ".", servers, error);
}

static void others_note(struct migrate_plan *plan, json_t *data)
{
	const char *key;
	json_t *value;
	json_object_foreach(data, key, value)
	{
		(void)value;
		if (strcmp(key, "federations") == 0)
			migrate_note(plan, key, "federation is no more; its names are not answered");
		else if (strcmp(key, "stubDomains") != 0 && strcmp(key, "upstreamNameservers") != 0)
			migrate_note(plan, key, "is not of kube-dns, and left out");
	}
}

static bool key_read(struct migrate_plan *plan, const json_t *data, const char *key,
		     bool (*take)(struct migrate_plan *, json_t *, struct error *),
		     struct error *error)
{
	struct error fault = { 0 };
	json_t *value = value_read(data, key, &fault);
	bool good = value != NULL ? take(plan, value, &fault) : fault.text[0] == '\0';
	json_decref(value);
	if (!good)
		*error = fault;
	return good;
}

bool migrate_map_read(struct migrate_plan *plan, const char *name, const char *text, size_t size,
		      struct error *error)
{
	struct error fault;
	json_t *map = yaml_read_document(name, text, size, error);
	if (map == NULL)
		return false;
	json_t *data = json_object_get(map, "data");
	bool good = true;
	if (!json_is_object(map) || (data != NULL && !json_is_object(data)))
		good = error_set(&fault, "expected a ConfigMap with `data`");
	else if (data != NULL)
		good = key_read(plan, data, "stubDomains", stubs_read, &fault) &&
		       key_read(plan, data, "upstreamNameservers", upstreams_read, &fault);
	if (good && data != NULL)
		others_note(plan, data);
	json_decref(map);
	return good || error_set(error, "%s: %s", name, fault.text);
}
