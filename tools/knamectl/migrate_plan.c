/* SPDX-License-Identifier: Apache-2.0 */
/* A plan is filled piece by piece: every domain and address is checked before it is taken. */
#include "migrate.h"

#include <stdlib.h>
#include <string.h>

#include "migrate_plan.h"

void migrate_plan_init(struct migrate_plan *plan)
{
	*plan = (struct migrate_plan){ .cluster_domain = mem_text("cluster.local.") };
}

static void hosts_free(struct migrate_host *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(hosts[i].name);
		mem_free(hosts[i].address);
	}
	mem_free(hosts);
}

void migrate_plan_done(struct migrate_plan *plan)
{
	for (size_t i = 0; i < plan->stub_count; i++) {
		for (size_t j = 0; j < plan->stubs[i].server_count; j++)
			mem_free(plan->stubs[i].servers[j]);
		mem_free(plan->stubs[i].domain);
	}
	mem_free(plan->stubs);
	hosts_free(plan->wildcards, plan->wildcard_count);
	hosts_free(plan->hosts, plan->host_count);
	mem_free(plan->cluster_domain);
	text_done(&plan->notes);
}

char *migrate_domain(const char *text, struct error *error)
{
	uint8_t name[DNS_NAME_MAX], size;
	char printed[NAME_TEXT_SIZE];
	if (text[0] == '\0' || !name_parse(text, name, &size)) {
		error_set(error, "'%s' is no domain name", text);
		return NULL;
	}
	name_lower(name, size);
	name_print(name, printed);
	return mem_text(printed);
}

/* "1.2.3.4", "[::1]:53", "1.2.3.4:53", "1.2.3.4#53" -> as `forward` writes it. */
static char *server_text(const char *server, struct error *error)
{
	char address[IP_TEXT_SIZE];
	struct text text = { 0 };
	struct ip ip;
	const char *end = strchr(server, '#');
	if (server[0] == '[')
		end = strchr(server, ']') != NULL ? strchr(server, ']') + 1 : NULL;
	else if (end == NULL && strchr(server, ':') == strrchr(server, ':'))
		end = strchr(server, ':');
	size_t size = end != NULL ? (size_t)(end - server) : strlen(server);
	if (server[0] == '[' && size >= 2) {
		server++;
		size -= 2;
	}
	const char *port = end != NULL && *end != '\0' ? end + 1 : "53";
	char *rest;
	unsigned long number = strtoul(port, &rest, 10);
	if (size >= sizeof(address) || port[0] < '0' || port[0] > '9' || *rest != '\0' ||
	    number < 1 || number > 65535) {
		error_set(error, "'%s' is no server: expected an address, or address#port", server);
		return NULL;
	}
	memcpy(address, server, size);
	address[size] = '\0';
	if (!ip_parse(address, &ip)) {
		error_set(error, "'%s' is no address of a server: names cannot be asked for here",
			  address);
		return NULL;
	}
	ip_print(&ip, address);
	if (number == 53)
		text_add(&text, address);
	else
		text_printf(&text, ip.family == 6 ? "[%s]:%lu" : "%s:%lu", address, number);
	return text.data;
}

static struct migrate_stub *stub_of(struct migrate_plan *plan, const char *domain)
{
	for (size_t i = 0; i < plan->stub_count; i++)
		if (strcmp(plan->stubs[i].domain, domain) == 0)
			return &plan->stubs[i];
	plan->stubs = mem_realloc(plan->stubs, (plan->stub_count + 1) * sizeof(*plan->stubs));
	struct migrate_stub *stub = &plan->stubs[plan->stub_count++];
	*stub = (struct migrate_stub){ .domain = mem_text(domain) };
	return stub;
}

static bool stub_add(struct migrate_stub *stub, char *server, struct error *error)
{
	for (size_t i = 0; i < stub->server_count; i++) {
		if (strcmp(stub->servers[i], server) == 0) {
			mem_free(server);
			return true;
		}
	}
	if (stub->server_count == MIGRATE_SERVERS_MOST) {
		mem_free(server);
		return error_set(error, "more than %d servers for %s", MIGRATE_SERVERS_MOST,
				 stub->domain);
	}
	stub->servers[stub->server_count++] = server;
	return true;
}

bool migrate_add_server(struct migrate_plan *plan, const char *domain, const char *server,
			struct error *error)
{
	char *zone = migrate_domain(domain, error);
	char *text = zone != NULL ? server_text(server, error) : NULL;
	bool good = text != NULL && stub_add(stub_of(plan, zone), text, error);
	mem_free(zone);
	return good;
}

bool migrate_add_host(struct migrate_host **hosts, size_t *count, const char *name,
		      const char *address, struct error *error)
{
	struct ip ip;
	char printed[IP_TEXT_SIZE];
	if (!ip_parse(address, &ip))
		return error_set(error, "'%s' is no address", address);
	char *domain = migrate_domain(name, error);
	if (domain == NULL)
		return false;
	ip_print(&ip, printed);
	*hosts = mem_realloc(*hosts, (*count + 1) * sizeof(**hosts));
	(*hosts)[(*count)++] = (struct migrate_host){ domain, mem_text(printed) };
	return true;
}

void migrate_note(struct migrate_plan *plan, const char *what, const char *why)
{
	text_printf(&plan->notes, "# %s: %s\n", what, why);
}
