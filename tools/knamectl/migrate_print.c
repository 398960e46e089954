/* SPDX-License-Identifier: Apache-2.0 */
/* The Corefile of a plan: the usual one of a cluster, with a block for each stub domain. */
#include "migrate.h"

#include <string.h>

enum { USUAL_CONCURRENT = 1000, USUAL_TTL = 30 };

static const struct migrate_stub *upstreams_of(const struct migrate_plan *plan)
{
	for (size_t i = 0; i < plan->stub_count; i++)
		if (strcmp(plan->stubs[i].domain, ".") == 0)
			return &plan->stubs[i];
	return NULL;
}

static void print_cache(const struct migrate_plan *plan, struct text *text)
{
	unsigned ttl = plan->most_ttl > 0 ? plan->most_ttl : USUAL_TTL;
	if (plan->no_cache)
		return;
	text_printf(text, "    cache %u", ttl);
	if (plan->cache_size == 0 && plan->least_ttl == 0 && !plan->no_denials) {
		text_add(text, "\n");
		return;
	}
	text_add(text, " {\n");
	unsigned capacity = plan->cache_size > 0 ? plan->cache_size : 9984;
	text_printf(text, "        success %u %u", capacity, ttl);
	text_printf(text, plan->least_ttl > 0 ? " %u\n" : "\n", plan->least_ttl);
	if (plan->no_denials)
		text_add(text, "        disable denial\n");
	else
		text_printf(text, "        denial %u %u\n", capacity, ttl);
	text_add(text, "    }\n");
}

static void print_forward(const struct migrate_plan *plan, const struct migrate_stub *stub,
			  struct text *text)
{
	text_add(text, "    forward .");
	for (size_t i = 0; stub != NULL && i < stub->server_count; i++)
		text_printf(text, " %s", stub->servers[i]);
	if (stub == NULL)
		text_add(text, " /etc/resolv.conf");
	text_printf(text, " {\n        max_concurrent %u\n",
		    plan->max_concurrent > 0 ? plan->max_concurrent : USUAL_CONCURRENT);
	if (plan->is_sequential)
		text_add(text, "        policy sequential\n");
	text_add(text, "    }\n");
}

/* `address` of dnsmasq is for a name and all below it. */
static void print_wildcard(const struct migrate_host *host, struct text *text)
{
	bool is_six = strchr(host->address, ':') != NULL;
	const char *type = is_six ? "AAAA" : "A", *other = is_six ? "A" : "AAAA";
	text_printf(text,
		    "    template IN %s %s {\n        answer \"{{ .Name }} 0 IN %s %s\"\n        fallthrough\n    }\n",
		    type, host->name, type, host->address);
	text_printf(text,
		    "    template IN %s %s {\n        rcode NOERROR\n        fallthrough\n    }\n",
		    other, host->name);
}

static void print_hosts(const struct migrate_plan *plan, struct text *text)
{
	if (plan->host_count == 0)
		return;
	text_add(text, "    hosts {\n");
	for (size_t i = 0; i < plan->host_count; i++)
		text_printf(text, "        %s %s\n", plan->hosts[i].address, plan->hosts[i].name);
	text_add(text, "        fallthrough\n    }\n");
}

static void print_main(const struct migrate_plan *plan, struct text *text)
{
	const struct migrate_stub *upstreams = upstreams_of(plan);
	text_add(text, ".:53 {\n    errors\n");
	if (plan->logs)
		text_add(text, "    log\n");
	text_add(text, "    health {\n        lameduck 5s\n    }\n    ready\n");
	for (size_t i = 0; i < plan->wildcard_count; i++)
		print_wildcard(&plan->wildcards[i], text);
	print_hosts(plan, text);
	text_printf(text,
		    "    kubernetes %s in-addr.arpa ip6.arpa {\n        pods insecure\n"
		    "        fallthrough in-addr.arpa ip6.arpa\n        ttl 30\n    }\n",
		    plan->cluster_domain);
	text_add(text, "    prometheus :9153\n");
	if (upstreams != NULL || !plan->no_resolv)
		print_forward(plan, upstreams, text);
	print_cache(plan, text);
	text_add(text, "    loop\n    reload\n    loadbalance\n}\n");
}

static void print_stub(const struct migrate_plan *plan, const struct migrate_stub *stub,
		       struct text *text)
{
	text_printf(text, "%s:53 {\n    errors\n", stub->domain);
	print_cache(plan, text);
	text_add(text, "    loop\n");
	print_forward(plan, stub, text);
	text_add(text, "}\n");
}

void migrate_print(const struct migrate_plan *plan, struct text *ret_corefile)
{
	if (plan->notes.size > 0)
		text_add(ret_corefile, plan->notes.data);
	print_main(plan, ret_corefile);
	for (size_t i = 0; i < plan->stub_count; i++)
		if (strcmp(plan->stubs[i].domain, ".") != 0)
			print_stub(plan, &plan->stubs[i], ret_corefile);
}
