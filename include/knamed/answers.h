/* SPDX-License-Identifier: Apache-2.0 */
/* answers -- what our zones say, compiled to wire form.
 *
 *   model changes, zone records --> catalog (compile touched names) --answers_publish()--> edition --> query threads
 *
 * A catalog holds the zones of one directive. An edition is the state of all catalogs at one instant: a query
 * thread takes it once per batch and sees each change whole or not at all. Query threads take no lock, allocate
 * nothing and walk the stages probe, match, write, so that one batch's cache misses overlap. */
#ifndef KNAMED_ANSWERS_H
#define KNAMED_ANSWERS_H

#include "knamed/base.h"
#include "knamed/dns.h"
#include "knamed/model.h"

struct answers; /* all catalogs and what is published of them */
struct catalog; /* the zones of one directive */
struct edition; /* one published state */
struct zone;    /* one zone of a catalog */
struct config_at;

/* --- control thread: setting up and changing --- */
struct answers *answers_new(void);
void answers_free(struct answers *answers); /* query threads have ended */

enum cluster_pods { CLUSTER_PODS_DISABLED, CLUSTER_PODS_INSECURE, CLUSTER_PODS_VERIFIED };
/* A zone list is presentation text, in order; reverse zones are known by their names. */
struct cluster_options {
	const char *const *zones; size_t zone_count;
	const char *const *multicluster; size_t multicluster_count; /* subset of zones */
	const char *const *namespaces; size_t namespace_count;      /* none: all */
	enum cluster_pods pods;
	bool keep_clients;                                           /* for catalog_find_pod(); with pods verified alone */
	uint32_t ttl, denial_ttl;
	bool endpoint_pod_names, no_endpoints, ignore_empty_service, shorthand, zonal;
	const struct ip *local_addresses; size_t local_address_count; /* where we answer: for the apex NS */
	uint16_t port;                                               /* the one we listen on: for the apex NS */
};
struct catalog *answers_add_cluster(struct answers *answers, const struct cluster_options *options);
/* Hands the model's listener to register with model_listen(). */
struct model_listener catalog_listener(struct catalog *catalog);
/* All watched kinds are in step: until then names that need them are ANSWER_NOT_READY. */
void catalog_set_synced(struct catalog *catalog, bool synced);
/* What its objects say is half of a list as long as this is true: whoever publishes, it is shown as it was. */
void catalog_hold_while(struct catalog *catalog, bool (*is_held)(void *context), void *context);
/* What is answered is from an earlier run and nobody has confirmed it: replies say so (EDE 3). */
void catalog_set_stale(struct catalog *catalog, bool stale);
/* TXT of sync._knamed.ZONE in every zone of services: how fresh the answers are. At most 255 octets of each text. */
void catalog_set_sync_text(struct catalog *catalog, const char *const *texts, size_t count);

/* The same Services as the outside sees them (names.md 15): SVC.NS.Z, beside the catalog of the cluster, which it must not
 * outlive. It wants a listener of its own. */
struct outside_options {
	const char *const *zones; size_t zone_count;
	const char *apex; /* what the names of the zone's servers end in: "dns" */
	uint32_t ttl;
	bool headless;    /* headless Services are seen by their endpoints */
};
struct catalog *answers_add_outside(struct catalog *inside, const struct outside_options *options);

struct catalog *answers_add_static(struct answers *answers);
/* A zone's records between begin and end replace the zone as one step; abandon keeps the old one. */
struct zone_load;
struct zone_load *zone_load_begin(struct catalog *catalog, const char *origin);
bool zone_load_add(struct zone_load *load, const uint8_t *owner, uint16_t type, uint32_t ttl, const uint8_t *rdata,
		   uint16_t rdata_size, struct error *error);
bool zone_load_end(struct zone_load *load, struct error *error); /* frees load; false: nothing changed */
void zone_load_abandon(struct zone_load *load);
void catalog_remove_zone(struct catalog *catalog, const char *origin);

/* Everything of it goes. No query thread asks it any more, and nothing feeds it. */
void answers_remove(struct catalog *catalog);

/* Compiles what was touched in this catalog, so that the next answers_publish() has less to do. */
void catalog_prepare(struct catalog *catalog);
/* Compiles what was touched since the last time and shows all of it at once. False if nothing changed. */
bool answers_publish(struct answers *answers);

/* For whoever shows query threads things of its own (one atomic pointer, a release store, as editions are shown): of
 * what was replaced and is shown no longer, waits until every reader has passed a quiet point, and calls release. */
void answers_retire(void (*release)(void *memory), void *memory);

/* Told of records that cannot be said in DNS and are left out ("Service a/b: ... too long"). Set before changes. */
void answers_complain_to(struct answers *answers, void (*complain)(void *context, const char *text), void *context);

/* Walks every record as text lines for a zone file ("name ttl IN type rdata"), zone by zone; of computed names
 * those that are known from objects. `only` NULL or a wire name: records at and below it. */
typedef void (*answers_line)(void *context, const char *line);
void catalog_dump(struct catalog *catalog, const uint8_t *only, answers_line line, void *context);

/* --- whole zones, as one edition has them: reader threads, which may go offline between two calls --- */
/* What an edition shows is kept as long as its copy is under way, but neither for ever nor whatever it takes: then the copy
 * is lost. */
struct zone_copy;
enum copy_start { COPY_STARTED, COPY_NO_ZONE /* of this name */, COPY_NOT_READY };
/* Of the zone that is called as the query's name. */
enum copy_start zone_copy_begin(struct answers *answers, const struct catalog *catalog, const struct dns_query *query,
				struct zone_copy **ret_copy);
uint32_t zone_copy_serial(const struct zone_copy *copy);
/* Puts records into the message, whose question (the zone's name) is there: the SOA first and last. It is as full as
 * message->most says; only one record that is larger goes beyond, up to limit. */
struct copy_message { uint8_t *packet; uint32_t at, most, limit; uint16_t count; };
enum copy_step {
	COPY_FULL,  /* more is to come */
	COPY_BUSY,  /* nothing was found yet, and others want to go on: ask again */
	COPY_WHOLE, /* that was the last message */
	COPY_LOST,
};
enum copy_step zone_copy_next(struct zone_copy *copy, struct copy_message *message);
/* The SOA alone: nothing has changed. */
bool zone_copy_soa(struct zone_copy *copy, struct copy_message *message);
void zone_copy_end(struct zone_copy *copy);

/* --- query threads --- */
/* A thread is a reader between start and end; it may hold an edition while online. */
void answers_reader_start(void);
void answers_reader_end(void);
void answers_reader_offline(void); /* before it may block */
void answers_reader_online(void);
const struct edition *answers_edition(const struct answers *answers); /* good until the next call or offline */

/* The zone of `catalog` that holds the question's name (longest), or NULL. */
const struct zone *catalog_find_zone(const struct catalog *catalog, const struct edition *edition,
				     const struct dns_query *query);

/* One question on its way. The name may be the query's or the target of a chain. */
struct lookup {
	const struct catalog *catalog;
	const struct zone *zone;
	const struct edition *edition;
	const uint8_t *lower;      /* the name, lower case; must outlive the lookup */
	const uint8_t *labels;     /* offsets of its labels */
	uint8_t name_size, label_count;
	uint16_t type;
	bool dnssec_ok;
	uint8_t path;              /* private: how the name is found */
	uint8_t key_size;          /* private */
	const void *entry;         /* private */
	uint64_t hash;             /* private */
	uint8_t address_key[24];   /* private: key of a reverse or computed name */
};

/* Of clusters: false if neither their objects nor our own addresses are IPv6, as far as all of them were read. */
bool catalog_may_have_ipv6(const struct catalog *catalog, const struct edition *edition);

/* Who has an address: of clusters that keep clients. Texts are good as long as the edition. Several pods may share the
 * address of their node: then it is the one that came last. */
struct catalog_pod { const char *namespace_, *name; };
bool catalog_find_pod(const struct catalog *catalog, const struct edition *edition, const struct ip *ip,
		      struct catalog_pod *ret_pod);

/* The same for the control thread, of what is going to be published. Texts are good until the next change. */
bool catalog_pod_at(const struct catalog *catalog, const struct ip *ip, struct catalog_pod *ret_pod);

enum { ANSWERS_ROTATIONS = 256 };

/* Where a reply grows: header and question are in place, records go to packet + at. */
struct reply {
	uint8_t *packet;
	uint32_t at, limit;        /* limit: end of room for records, OPT's place already taken off */
	uint16_t answers, authorities, additionals;
	uint16_t owner_at;         /* offset of the name that the records belong to: 12, or a CNAME's target */
	uint16_t alias_at;         /* after ANSWER_ALIAS: where the target stands in the packet, uncompressed */
	const uint8_t *alias;      /* after ANSWER_ALIAS: the target where it is stored, if the reply is cut */
	uint16_t rcode;
	uint16_t flags;            /* beside AA and TC: AD and RA of what others said */
	uint16_t extended_error;   /* of a rule: RFC 8914; 0: none, unless there is a text */
	const char *extended_text; /* NULL: none */
	const char *problem;       /* of a rule: a sentence for `errors`; NULL: none */
	const struct config_at *rule; /* which rule of the Corefile decided; NULL: none */
	uint16_t set_flags, clear_flags; /* in the header, whatever was said: `header` */
	uint32_t *rotations;       /* ANSWERS_ROTATIONS counters of the asking thread: which address comes first */
	bool authoritative, truncated;
	bool stale;                /* after writing: the data are from an earlier run */
	bool rotate;               /* `loadbalance` */
	bool unordered;            /* and who wrote the records left it to others */
	bool minimal;              /* no glue */
	uint8_t wildcard;          /* after writing: 1 + how many labels of the question `*` stood for; 0: none */
};

enum answer_kind {
	ANSWER_FOUND,     /* records of the type were written */
	ANSWER_NO_DATA,   /* NOERROR and the SOA were written */
	ANSWER_NO_NAME,   /* NXDOMAIN and the SOA were written */
	ANSWER_ALIAS,     /* a CNAME was written; its target, at reply->alias_at, is to be looked up */
	ANSWER_REFERRAL,  /* a delegation was written */
	ANSWER_NOT_READY, /* SERVFAIL: the store that this name needs is not in step; nothing was written */
	ANSWER_BROKEN,    /* SERVFAIL: alias too long; or YXDOMAIN in reply->rcode, and the DNAME that overflows */
};

/* Sets up the lookup of the query's own name. */
void lookup_of_query(struct lookup *lookup, const struct catalog *catalog, const struct zone *zone,
		     const struct edition *edition, const struct dns_query *query);
void answers_probe(struct lookup *lookup);       /* stage 1: key, hash, bucket prefetched */
void answers_match(struct lookup *lookup);       /* stage 2: entry found and prefetched */
enum answer_kind answers_write(struct lookup *lookup, struct reply *reply); /* stage 3 */
/* In place of stage 3: whether the catalog has an entry of the name, be it that of a Service which is denied because it
 * has no endpoint yet. False as long as nothing is known. */
bool answers_know(struct lookup *lookup);
/* Behind stage 3, of zone files: the name is there because others are below it, and has nothing of its own. */
bool answers_is_above_others(const struct lookup *lookup);

#endif
