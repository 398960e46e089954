/* SPDX-License-Identifier: Apache-2.0 */
/* What the control thread keeps between changes of one cluster catalog (private to the stage).
 *
 *   group   a Service (or ServiceImport) with the slices labelled with its name
 *   member  one slice in one group, as last shown and as it is now
 *   host    an explicit hostname below a group, with the endpoints that have it
 *   space   a namespace
 *
 * A change marks groups, members and spaces; cluster_compile() turns what is marked into entries. */
#ifndef KNAMED_ANSWERS_CLUSTER_H
#define KNAMED_ANSWERS_CLUSTER_H

#include "store.h"

/* A name in the making: wire form. */
struct wire {
	uint8_t size;
	uint8_t bytes[DNS_NAME_MAX];
};

struct zone_list {
	struct zone **zones;
	size_t count;
};

struct space {
	char *name;		   /* lower case */
	const struct owner *label; /* the namespace as one label, for verified pods */
	bool exists, exposed, is_dirty;
	size_t users; /* groups and pods */
	struct group *groups;
	struct space *next_dirty;
};

struct group {
	struct cluster *cluster;
	struct space *space;
	struct group *next_in_space, *next_dirty;
	bool is_import, is_dirty;
	char *name;		  /* lower case */
	const struct object *now; /* struct service or struct import; NULL: only slices */
	const struct object *shown;
	const struct owner *owner; /* NULL: the name cannot be a DNS name */
	bool active;		   /* its endpoints are shown */
	bool not_ready_too;
	bool names_stale; /* entries must be made anew */
	bool is_big;
	bool is_server;		/* its endpoints stand in the apex NS */
	struct member *members; /* by id, ascending */
	struct ports **ports;
	size_t port_list_count;
	struct entry **entries;
	size_t entry_count; /* names shown, hosts left out */
};

struct member {
	struct group *group;
	struct member *next, *next_dirty;
	uint32_t id;
	bool is_dirty, shown_active, shown_not_ready, chunks_stale;
	const struct slice *shown, *now; /* now NULL: gone */
	const struct ports *shown_ports;
	struct chunk **chunks;
	size_t chunk_count; /* big groups: see chunks.c */
	char *gone;	    /* the slice's name, when it is */
};

/* An endpoint of a member that counts. Texts are the slice's. */
struct seat {
	struct ip ip;
	struct member *member;
	const struct ports *ports;
	const char *topology; /* the endpoint's zone, "" */
	const char *hostname; /* NULL: it is called by its dashed address */
	const char *cluster;  /* imports: the label(s) behind the host; else "" */
	bool is_explicit;     /* hostname is the endpoint's own, not its pod's */
	uint64_t hash;	      /* of address and hostname */
};
struct seat_list {
	struct seat *seats;
	size_t count, room;
};
/* HOST, or HOST.CLUSTER of an import, without the root. */
struct host_name {
	uint8_t size;
	uint8_t labels[DNS_NAME_MAX];
};
/* False: it cannot be said in DNS. */
bool seat_host(const struct seat *seat, struct host_name *ret_name);

struct host_seat {
	struct member *member;
	struct ip ip;
	const struct ports *ports;
};
struct host_state {
	struct group *group;
	struct host *labels; /* shared with readers */
	struct host_seat *seats;
	size_t count, room;
	bool is_dirty;
	struct host_state *next_dirty;
};

/* 64-bit hashes seen so far; equal hashes count as equal things. */
struct seen {
	uint64_t *slots;
	size_t room, count;
};
bool seen_add(struct seen *seen, uint64_t hash); /* true: it is new */
void seen_clear(struct seen *seen);
void seen_done(struct seen *seen);

struct cluster {
	struct catalog *catalog;
	struct answers *answers;
	struct cluster *inside; /* outside.c: the one whose Services are shown; NULL: a cluster's own names */
	bool shows_headless; /* outside.c */
	struct wire apex;    /* outside.c: labels in front of the zone, without the root */
	unsigned apex_count, apex_seen; /* how often the apex was made; of `inside` when ours was */
	uint32_t ttl, denial_ttl;
	bool endpoint_pod_names, no_endpoints, ignore_empty_service, shorthand, zonal;
	uint16_t port;
	char **namespaces;
	size_t namespace_count;
	struct ip *local;
	size_t local_count;
	struct zone_list forward, reverse, imports;
	struct map *spaces, *groups, *members, *hosts, *prefixes;
	struct space *dirty_spaces;
	struct group *dirty_groups;
	struct member *dirty_members;
	struct host_state *dirty_hosts;
	bool apex_dirty;
	bool changed, imports_changed; /* since the last serial */
	uint32_t next_id;
	size_t noted, noted_room; /* labels in catalog->headless, and how many it is for */
	/* scratch */
	struct hash_key key;
	struct draft draft;
	struct text records, glue, groups_text;
	struct seen seen;
	struct seat_list old_seats, new_seats;
};

/* As log lines call it. */
static inline const char *group_kind(const struct group *group)
{
	return group->is_import ? "ServiceImport" : "Service";
}

/* Has the seat a host entry of its own? Else it lives in its address's entry alone. */
static inline bool seat_has_host(const struct seat *seat)
{
	return seat->hostname != NULL || seat->member->group->is_import ||
	       seat->member->group->cluster->inside != NULL;
}

/* cluster.c */
struct cluster *cluster_new(struct answers *answers, uint32_t ttl, uint32_t denial_ttl);
struct zone *cluster_add_zone(struct cluster *cluster, struct zone_list *list, enum zone_kind kind,
			      const char *origin);
void cluster_begin(struct cluster *cluster); /* it has its zones */

/* names.c */
bool wire_add_front(const void *labels, size_t size, const struct wire *rest, struct wire *ret_wire);
bool label_wire(const char *text, bool lower, uint8_t ret_label[DNS_LABEL_MAX + 1], unsigned *ret_size);
/* SVC.NS.svc.Z */
bool group_wire(const struct group *group, const struct zone *zone, struct wire *ret_wire);
const struct zone_list *group_zones(const struct group *group);
bool *group_changed(const struct group *group);
/* Shows the draft under the group's names and remembers it there. */
void group_put(struct group *group);

/* A name at or below the group lives shortly when it is denied: readers' sieve knows the group from then on. */
void group_note_headless(struct group *group);

/* groups.c: found by name (case folded), or made */
char *lower_text(const char *text); /* a copy; the caller frees */
struct space *space_of(struct cluster *cluster, const char *name);
struct group *group_of(struct cluster *cluster, bool is_import, const char *namespace_,
		       const char *name);
struct member *member_of(struct group *group, const struct slice *slice, bool create);
void space_mark(struct cluster *cluster, struct space *space);
void space_free(struct cluster *cluster, struct space *space);
void group_free(struct group *group);
void group_drop_members(struct group *group); /* those whose slice is gone */
void group_mark(struct group *group);
void member_mark(struct member *member);
uint8_t group_address_kind(const struct group *group);

/* seats.c */
/* Appends the seats of a member that count, as it is shown. */
void seats_of_member(struct member *member, struct seat_list *list);
/* All seats of a group, as shown. */
void seats_of_group(struct group *group, struct seat_list *ret_list);
size_t count_seats(const struct group *group);
void member_compile(struct member *member);

/* refs.c */
/* Of endpoints that no PTR tells of, imported ones and those outside: never asked for. */
enum { KEY_IMPORT_ADDRESS = 0x84 };
/* is_first: told before the others that are there (PTR of explicit hostnames, names.md 8). */
void refs_add(struct cluster *cluster, uint8_t kind, const struct ip *ip,
	      const struct address_ref *ref, bool is_first);
void refs_remove(struct cluster *cluster, uint8_t kind, const struct ip *ip,
		 const struct address_ref *ref);
const struct address_ref *refs_get(const struct cluster *cluster, uint8_t kind, const struct ip *ip,
				   size_t *ret_count);
void pod_add(struct cluster *cluster, const struct ip *ip, struct space *space);
void pod_remove(struct cluster *cluster, const struct ip *ip, struct space *space);

/* clients.c */
void clients_change(struct cluster *cluster, const struct pod *before, const struct pod *after);

/* hosts.c */
/* The labels that readers share, or NULL if the host is unknown. */
const struct host *host_add(const struct seat *seat, const struct host_name *name);
const struct host *host_remove(const struct seat *seat, const struct host_name *name);
/* A dashed endpoint came or went: a host of that very name is made anew. */
void host_mark_dashed(const struct seat *seat, const struct host_name *name);
/* Who is behind the host's name; a name with more endpoints than that says the first ones. */
struct host_seats {
	struct host_seat list[512];
	size_t count;
};
void host_seats(const struct host_state *host, struct host_seats *ret_seats);
struct host_state *host_get(const struct group *group, const uint8_t *labels, size_t size);
void hosts_mark(struct group *group); /* all of them are to be made anew */
void hosts_compile(struct cluster *cluster);

/* srv.c */
struct port_filter {
	const char *name; /* NULL: every port */
	uint8_t protocol;
};
/* Adds the SRV set of the seats to the draft (whose key is the owner); false: there is no such port, so no such name. */
bool srv_of_seats(struct group *group, const struct zone *zone, const struct seat *seats,
		  size_t count, const struct port_filter *filter);
/* The same of clusterIPs; `listed` addresses were given, duplicates included. */
struct srv_addresses {
	const struct wire *target;
	const struct ip *addresses;
	size_t count, listed;
	const struct wire *names; /* more targets, whose addresses are not ours to tell */
	size_t name_count;
	const struct port *ports;
	size_t port_count;
};
bool srv_of_addresses(struct group *group, const struct srv_addresses *input,
		      const struct port_filter *filter);
bool port_fits(const struct port *port, const struct port_filter *filter);
uint16_t srv_weight(size_t pairs);
/* How often an endpoint of the slice counts in the weight: once per port that fits (names.md 5). */
size_t pairs_of(const struct slice *slice, const struct port_filter *filter);
/* Are there more (endpoint, port) pairs than that? */
bool group_exceeds(const struct group *group, const struct port_filter *filter, size_t bound);

/* service.c */
/* Begins the draft of a name. */
void group_start(struct group *group, const struct wire *name, uint8_t flags);
void group_complain_name(const struct group *group, const char *what);
/* A and AAAA of a list into the draft, in its order, without duplicates; `stride` octets from one to the next. */
void draft_addresses(struct cluster *cluster, const struct ip *addresses, size_t stride, size_t count);
enum { PORT_NAMES_MOST = 256 };
/* Named ports, each (name, protocol) once. */
struct port_list {
	const struct port *ports[PORT_NAMES_MOST];
	size_t count;
};
void port_list_add(struct group *group, struct port_list *list, const struct port *ports, size_t count);
bool port_wire(const struct port *port, const struct wire *base, struct wire *ret_protocol,
	       struct wire *ret_name);
void put_protocols(struct group *group, const struct wire *base, const bool used[PROTOCOL_OTHER],
		   uint8_t flags);
/* The records of one SRV name, whoever asks for which base: of addresses, or of seats where there are any. */
struct srv_input {
	const struct zone *zone;
	struct srv_addresses addresses;
	const struct seat *seats;
	size_t seat_count;
};
bool add_srv(struct group *group, const struct srv_input *input, const struct port_filter *filter);
void put_port_names(struct group *group, const struct wire *base, const struct port_list *list,
		    const struct srv_input *input, uint8_t flags);
void draft_alias(struct cluster *cluster, const uint8_t *target, uint8_t size);
void group_compile(struct group *group);

/* step.c */
/* What the object means for endpoints; one without endpoints of its own is as an ExternalName. */
enum service_type group_type(const struct group *group, const struct object *object);

/* outside.c */
void outside_compile(struct group *group, const struct wire *base, const struct service *service);
/* The zones' own names take the place of a namespace that is called as they are. */
bool outside_hides(const struct cluster *cluster, const struct space *space);
/* Those of its addresses from outside that are no names, each once. */
struct ip_list {
	struct ip list[EXTERNALS_MOST];
	size_t count;
};
void outside_addresses(const struct service *service, struct ip_list *ret_list);
void outside_apex(struct cluster *cluster, const struct zone *zone);
void outside_fixed_names(struct cluster *cluster, const struct zone *zone);

/* zonal.c */
void put_zonal(struct group *group, const struct wire *base, const struct zone *zone,
	       const struct seat *seats, size_t count);
void put_clusters(struct group *group, const struct wire *base, const struct seat *seats, size_t count);

/* chunks.c */
enum { BIG_GROUP = 512 }; /* seats times ports from which sets are kept in pieces */
void big_compile(struct group *group);
void member_drop_chunks(struct member *member);

/* apex.c */
/* The services behind which this server stands: they hold one of its addresses and expose its port. */
enum { OUR_GROUPS_MOST = 16 };
size_t our_groups(const struct cluster *cluster, struct group *ret_groups[OUR_GROUPS_MOST]);
void apex_compile(struct cluster *cluster);
void apex_fixed_names(struct cluster *cluster);
void apex_put_sync(struct cluster *cluster, const char *const *texts, size_t count);
bool is_local(const struct cluster *cluster, const struct ip *ip);
struct soa *soa_of_cluster(const struct cluster *cluster);
void start_at(struct cluster *cluster, const struct zone *zone, const void *labels, size_t size,
	      uint8_t flags);
void put_at(struct cluster *cluster, const struct zone *zone); /* what was started */

#endif
