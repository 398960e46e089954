/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of dnsmasq, as kube-dns gave them and as people added them, and the few of kubedns that say what is served. */
#include <stdlib.h>
#include <string.h>

#include "migrate_plan.h"

enum { FLAG_MOST = 1024, NUMBER_MOST = 10000000 };

static bool number_read(const char *flag, const char *value, unsigned *ret_number, struct error *error)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || number > NUMBER_MOST)
		return error_set(error, "%s: expected a number", flag);
	*ret_number = (unsigned)number;
	return true;
}

/* "/a.b/c.d/192.0.2.1": each domain with what stands last. */
static bool each_domain(const char *flag, const char *value, struct migrate_plan *plan,
			bool (*take)(struct migrate_plan *, const char *, const char *, struct error *),
			struct error *error)
{
	char copy[FLAG_MOST], *last, *place, *word;
	if (strlen(value) >= sizeof(copy))
		return error_set(error, "%s is too long", flag);
	memcpy(copy, value + 1, strlen(value));
	last = strrchr(copy, '/');
	if (last == NULL || last == copy)
		return error_set(error, "%s: expected /domain/address", flag);
	*last++ = '\0';
	for (word = strtok_r(copy, "/", &place); word != NULL; word = strtok_r(NULL, "/", &place))
		if (!take(plan, word, last, error))
			return false;
	return true;
}

/* Where kubedns itself was; its names are ours now. */
static bool is_own(const struct migrate_plan *plan, const char *domain, const char *server)
{
	struct error error;
	char *zone = migrate_domain(domain, &error);
	bool is_reverse = zone != NULL &&
			  (strcmp(zone, "in-addr.arpa.") == 0 || strcmp(zone, "ip6.arpa.") == 0);
	bool own = zone != NULL && strncmp(server, "127.", 4) == 0 &&
		   (strcmp(zone, plan->cluster_domain) == 0 || is_reverse);
	mem_free(zone);
	return own;
}

static bool take_server(struct migrate_plan *plan, const char *domain, const char *server,
			struct error *error)
{
	if (is_own(plan, domain, server))
		return true;
	if (server[0] == '\0')
		return error_set(error,
				 "%s without a server: names that are to stay here cannot be migrated",
				 domain);
	return migrate_add_server(plan, domain, server, error);
}

static bool take_address(struct migrate_plan *plan, const char *domain, const char *address,
			 struct error *error)
{
	return migrate_add_host(&plan->wildcards, &plan->wildcard_count, domain, address, error);
}

static bool read_server(struct migrate_plan *plan, const char *value, struct error *error)
{
	return value[0] == '/' ? each_domain("server", value, plan, take_server, error)
			       : migrate_add_server(plan, ".", value, error);
}

static bool read_address(struct migrate_plan *plan, const char *value, struct error *error)
{
	return value[0] == '/' ? each_domain("address", value, plan, take_address, error)
			       : error_set(error, "address: expected /domain/address");
}

/* name[,name...],address[,address] */
static bool read_host_record(struct migrate_plan *plan, const char *value, struct error *error)
{
	char copy[FLAG_MOST], *words[16], *place;
	size_t count = 0, names = 0;
	struct ip ip;
	if (strlen(value) >= sizeof(copy))
		return error_set(error, "host-record is too long");
	memcpy(copy, value, strlen(value) + 1);
	for (char *word = strtok_r(copy, ",", &place); word != NULL && count < COUNT_OF(words);
	     word = strtok_r(NULL, ",", &place))
		words[count++] = word;
	while (names < count && !ip_parse(words[names], &ip))
		names++;
	if (names == 0 || names == count)
		return error_set(error, "host-record: expected name,address");
	for (size_t i = 0; i < names; i++)
		for (size_t j = names; j < count; j++)
			if (!migrate_add_host(&plan->hosts, &plan->host_count, words[i], words[j],
					      error))
				return false;
	return true;
}

static bool read_domain(struct migrate_plan *plan, const char *value, struct error *error)
{
	char *domain = migrate_domain(value, error);
	if (domain == NULL)
		return false;
	mem_free(plan->cluster_domain);
	plan->cluster_domain = domain;
	return true;
}

static bool read_cache_size(struct migrate_plan *plan, const char *value, struct error *error)
{
	if (!number_read("cache-size", value, &plan->cache_size, error))
		return false;
	plan->no_cache = plan->cache_size == 0;
	return true;
}

static bool read_max_concurrent(struct migrate_plan *plan, const char *value, struct error *error)
{
	return number_read("dns-forward-max", value, &plan->max_concurrent, error);
}

static bool read_most_ttl(struct migrate_plan *plan, const char *value, struct error *error)
{
	return number_read("max-cache-ttl", value, &plan->most_ttl, error);
}

static bool read_least_ttl(struct migrate_plan *plan, const char *value, struct error *error)
{
	return number_read("min-cache-ttl", value, &plan->least_ttl, error);
}

static const struct {
	const char *name;
	bool (*read)(struct migrate_plan *, const char *, struct error *);
} with_value[] = {
	{ "server", read_server },	     { "address", read_address },
	{ "host-record", read_host_record }, { "domain", read_domain },
	{ "cache-size", read_cache_size },   { "dns-forward-max", read_max_concurrent },
	{ "max-cache-ttl", read_most_ttl },  { "max-ttl", read_most_ttl },
	{ "min-cache-ttl", read_least_ttl },
};

/* Flags that say how dnsmasq and kubedns ran, and not what they answered. */
static const char *const idle[] = {
	"k",
	"keep-in-foreground",
	"no-daemon",
	"log-facility",
	"log-async",
	"user",
	"group",
	"pid-file",
	"port",
	"interface",
	"listen-address",
	"bind-interfaces",
	"v",
	"logtostderr",
	"configDir",
	"config-dir",
	"restartDnsmasq",
	"dns-port",
	"bind-dynamic",
	"no-hosts",
	"no-poll",
	"config-map",
	"nameservers",
	"syncInterval",
	"probe",
	"healthz-port",
	"dns-bind-address",
	"kubecfg-file",
	"clear-on-reload",
	"domain-needed",
	"bogus-priv",
	"expand-hosts",
	"stop-dns-rebind",
	"edns-packet-max",
};

static bool is_word(const char *name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return false;
}

/* False: not one of these. */
static bool switch_read(struct migrate_plan *plan, const char *name)
{
	if (strcmp(name, "no-negcache") == 0 || strcmp(name, "N") == 0)
		plan->no_denials = true;
	else if (strcmp(name, "no-resolv") == 0 || strcmp(name, "R") == 0)
		plan->no_resolv = true;
	else if (strcmp(name, "strict-order") == 0 || strcmp(name, "o") == 0)
		plan->is_sequential = true;
	else if (strcmp(name, "log-queries") == 0 || strcmp(name, "q") == 0)
		plan->logs = true;
	else if (strcmp(name, "all-servers") == 0)
		migrate_note(plan, name, "a slow server gets another one beside it in any case");
	else
		return false;
	return true;
}

bool migrate_flag_read(struct migrate_plan *plan, const char *flag, struct error *error)
{
	char name[64];
	const char *start = flag + strspn(flag, "-"), *value = strchr(start, '=');
	size_t size = value != NULL ? (size_t)(value - start) : strlen(start);
	if (start == flag || size == 0 || size >= sizeof(name))
		return error_set(error, "'%s' is no flag: expected --name or --name=value", flag);
	memcpy(name, start, size);
	name[size] = '\0';
	for (size_t i = 0; i < COUNT_OF(with_value); i++) {
		if (strcmp(name, with_value[i].name) != 0)
			continue;
		if (value == NULL || value[1] == '\0')
			return error_set(error, "--%s: expected --%s=value", name, name);
		return with_value[i].read(plan, value + 1, error);
	}
	if (value == NULL && switch_read(plan, name))
		return true;
	if (is_word(name, idle, COUNT_OF(idle))) {
		migrate_note(plan, name, "has no meaning here");
		return true;
	}
	return error_set(error, "--%s cannot be migrated: it is none of the flags that are known here",
			 name);
}
