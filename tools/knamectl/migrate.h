/* SPDX-License-Identifier: Apache-2.0 */
/* migrate -- what kube-dns was told, and the Corefile that says the same.
 *
 *   ConfigMap `kube-dns` --migrate_map_read()--+
 *   flags of dnsmasq     --migrate_flag_read()-+--> plan --migrate_print()--> Corefile
 */
#ifndef KNAMECTL_MIGRATE_H
#define KNAMECTL_MIGRATE_H

#include "knamed/base.h"
#include "knamed/dns.h"

enum { MIGRATE_SERVERS_MOST = 15 }; /* of one `forward` */

/* A domain and who is asked for it; "." is all the others. */
struct migrate_stub {
	char *domain; /* with final dot, lower case */
	char *servers[MIGRATE_SERVERS_MOST];
	size_t server_count;
};
/* A name with its addresses (--address, --host-record). */
struct migrate_host {
	char *name, *address;
};

struct migrate_plan {
	char *cluster_domain; /* cluster.local. */
	struct migrate_stub *stubs;
	size_t stub_count;
	struct migrate_host *wildcards; /* --address: the name and all below it */
	size_t wildcard_count;
	struct migrate_host *hosts;
	size_t host_count;
	unsigned cache_size, max_concurrent; /* 0: the usual */
	unsigned most_ttl, least_ttl;	     /* 0: the usual */
	bool no_cache, no_denials, no_resolv, is_sequential, logs;
	struct text notes; /* lines of comment: what has no meaning any more */
};

void migrate_plan_init(struct migrate_plan *plan);
void migrate_plan_done(struct migrate_plan *plan);
/* The text of the ConfigMap, YAML or JSON. `name` is for errors. */
bool migrate_map_read(struct migrate_plan *plan, const char *name, const char *text, size_t size,
		      struct error *error);
/* One flag of dnsmasq, dnsmasq-nanny or kubedns. */
bool migrate_flag_read(struct migrate_plan *plan, const char *flag, struct error *error);
/* Adds a server, "1.2.3.4", "1.2.3.4:5353" or "1.2.3.4#5353", to those of a domain. */
bool migrate_add_server(struct migrate_plan *plan, const char *domain, const char *server,
			struct error *error);
void migrate_print(const struct migrate_plan *plan, struct text *ret_corefile);

#endif
