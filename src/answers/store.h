/* SPDX-License-Identifier: Apache-2.0 */
/* How published answers lie in memory (private to the stage).
 *
 * A table maps keys to entries. A slot is one word: 16 bits of the hash and the address of the
 * newest version of the entry; older versions hang behind it until no reader can want them. A
 * reader of edition N takes the first version with `since` <= N. Everything here is written by the
 * control thread and read by all. */
#ifndef KNAMED_ANSWERS_STORE_H
#define KNAMED_ANSWERS_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "knamed/answers.h"

/* ---- pool.c: memory of published things, in 16-byte steps ---- */
struct pool;
struct pool *pool_new(void);
void pool_free(struct pool *pool);
void *pool_take(struct pool *pool, size_t size, uint8_t *ret_class); /* zeroed */
void pool_give(struct pool *pool, void *memory, uint8_t class_);
uint8_t pool_class(size_t size);
void *pool_map(size_t size); /* zeroed pages, huge where it pays; unmapped by munmap with the same size */
enum { POOL_LARGEST = 1 << 20 };

/* ---- entries ---- */
enum entry_flag {
	ENTRY_GONE = 1,	  /* this version says: no such key */
	ENTRY_ABSENT = 2, /* the name is known, and known not to exist (an empty headless service) */
	ENTRY_SOON = 4,	  /* at or below a headless service: denials live at most 1 s */
	ENTRY_STEADY = 8,  /* needs no synced store */
	ENTRY_REFS = 16,   /* key of an address: sets[0] counts struct address_ref */
	ENTRY_CUT = 32,	   /* static zones: a delegation */
	ENTRY_ALIAS = 128, /* the only set is a CNAME */
};

enum set_shape {
	SET_FIXED = 1,	  /* count records of record_size bytes each */
	SET_CHUNKS = 2,	  /* struct chunk_list */
	SET_EXTENT = 4,	  /* struct extent, then records, then glue */
	SET_TYPE_SOA = 8, /* made from the zone's SOA template */
};

/* One type at a name. Its data lie at entry + 4 * at. */
struct set {
	uint16_t type;
	uint8_t shape;
	uint8_t record_size;
	uint16_t count;
	uint16_t at;
};

struct entry {
	_Atomic uint32_t since; /* edition from which it holds; 0: always */
	uint8_t class_;		/* of the pool */
	uint8_t key_size;
	uint8_t flags;
	uint8_t set_count;
	_Atomic(struct entry *) older;
	struct set sets[]; /* then the key, then data in 4-byte alignment */
};
static inline const uint8_t *entry_key(const struct entry *entry)
{
	return (const uint8_t *)&entry->sets[entry->set_count];
}
static inline const uint8_t *entry_data(const struct entry *entry, const struct set *set)
{
	return (const uint8_t *)entry + 4 * (size_t)set->at;
}
/* The version that the edition shows; a version from before numbers began again has since 0. */
static inline const struct entry *version_at(const struct entry *entry, uint32_t number)
{
	while (entry != NULL) {
		uint32_t since = atomic_load_explicit(&entry->since, memory_order_relaxed);
		if (since <= number)
			return entry->flags & ENTRY_GONE ? NULL : entry;
		entry = atomic_load_explicit(&entry->older, memory_order_acquire);
	}
	return NULL;
}
enum { ENTRY_LARGEST = 4 * UINT16_MAX }; /* a set's place counts in fours */
const struct set *entry_set(const struct entry *entry, uint16_t type);
size_t entry_size(const struct entry *entry); /* bytes in use */

/* Records of differing sizes, then glue in groups that go or stay whole. */
struct extent {
	uint32_t records_size, glue_size;
	uint16_t group_count;
	uint16_t glue_count;
	/* struct glue_group groups[group_count]; records; glue */
};
struct glue_group {
	uint16_t count, size;
};

/* Records of a big set, shared with other versions of it: a piece per slice. */
struct chunk {
	uint32_t count, size;
	uint16_t largest; /* of the records */
	uint8_t class_;
	uint8_t bytes[];
};
struct chunk_list {
	uint32_t total, chunk_count; /* total: records */
	uint32_t size, largest;	     /* in bytes, of all and of the largest record */
	struct chunk_place {
		const struct chunk *chunk;
		uint64_t first;
	} places[];
};

/* ---- what an address stands for ---- */
enum {
	KEY_ADDRESS = 0x81,
	KEY_PREFIX = 0x82,
	KEY_POD = 0x83,
	KEY_CLIENT = 0x85
}; /* first octet; no name begins so */
struct owner {
	uint8_t class_, size;
	uint8_t labels[];
}; /* SVC.NS, lower case, no root */
struct host {
	uint8_t class_, size;
	uint8_t labels[];
}; /* explicit hostname as a label */
struct ports {
	uint16_t pairs, count;
	uint32_t references; /* the control thread's: members that have it */
	uint8_t class_;
	uint16_t numbers[];
};
struct address_ref {
	const struct owner *owner;
	const struct ports *ports; /* NULL: the address is a clusterIP */
	const struct host *host;   /* NULL: the dashed address is the name */
	const void *from;	   /* the control thread's: which slice gave it */
};
/* Keys: [KEY_ADDRESS, KEY_POD or KEY_CLIENT][family][4 or 16 octets], [KEY_PREFIX][family][parts][as many octets]. */
uint8_t address_key(uint8_t kind, const struct ip *ip, uint8_t ret_key[24]);
struct ip address_of_key(const uint8_t *key);
uint8_t prefix_key(uint8_t family, uint8_t parts, const uint8_t bytes[16], uint8_t ret_key[24]);

/* ---- table.c ---- */
enum { BUCKET_SLOTS = 8 };
struct bucket {
	_Atomic uint64_t slots[BUCKET_SLOTS];
} __attribute__((aligned(64)));
struct buckets {
	uint32_t count;
	struct bucket buckets[];
};
struct buckets *buckets_map(uint32_t count);
void buckets_unmap(struct buckets *buckets);
static inline struct bucket *bucket_of(struct buckets *buckets, uint64_t hash)
{
	return &buckets->buckets[((hash >> 32) * buckets->count) >> 32];
}
static inline const struct entry *slot_entry(uint64_t slot)
{
	return (const struct entry *)(uintptr_t)(slot & 0xffffffffffffULL);
}
enum { SLOT_TOMB = 1 };

struct table;
struct table *table_new(struct answers *answers, struct pool *pool);
void table_free(struct table *table);
struct buckets *table_show(struct table *table); /* for an edition: readers may have them from now on */
const struct hash_key *table_key(const struct table *table);
/* The newest version, as the control thread sees it (pending changes included); NULL if gone. */
struct entry *table_get(const struct table *table, const uint8_t *key, size_t key_size);
/* Shows `entry` (made by the pool) from the next edition on. Returns the entry in force: `entry`, or the old one if
 * both say the same (then `entry` is given back and *ret_changed stays as it is). */
struct entry *table_put(struct table *table, struct entry *entry, bool *ret_changed);
bool table_remove(struct table *table, const uint8_t *key, size_t key_size);
size_t table_count(const struct table *table);
/* Walks the newest versions; *position starts at 0. */
struct entry *table_next(const struct table *table, size_t *position);
void table_settle(struct table *table, struct entry *tombstone); /* after grace: takes its slot out */
/* Grows once for `count` entries, not step by step. */
void table_reserve(struct table *table, size_t count);
/* Between begin and end table_put() notes what it was given; end removes the rest. True if there was any. */
void table_sweep_begin(struct table *table);
bool table_sweep_end(struct table *table);
void table_empty(struct table *table); /* no reader is left: gives every entry back to the pool */

/* ---- publish.c ---- */
/* Records of SOA for denials and apex: bytes behind the owner pointer, with places to patch. */
struct soa {
	uint16_t size;
	uint16_t mname_at, rname_at; /* where pointers to the zone go; 0: none */
	uint16_t serial_at;	     /* 0: the serial is fixed */
	uint8_t class_;		     /* of the pool */
	uint32_t ttl, denial_ttl;
	uint8_t bytes[]; /* type, class, ttl, rdlength, rdata */
};
/* What an edition shows of a zone. */
struct zone_state {
	const struct soa *soa;
	struct buckets *buckets;   /* set when the edition is made */
	const struct chain *chain; /* static: names with NSEC; NULL: denials are not signed */
	uint32_t serial;
	uint8_t depth; /* static: labels of the deepest name left of the zone */
	/* static: what a miss must look for; cuts are delegations and DNAMEs */
	bool has_cuts, has_wildcards;
	bool has_signatures;
	bool is_free; /* the zone is gone: its index may be given again */
};
struct view {
	const struct zone *const *zones;
	uint32_t zone_count;
	bool is_usual; /* synced and not stale: one test for both */
	bool synced, stale;
	struct sieve *headless;
};
struct edition {
	uint32_t number;
	uint32_t catalog_count, zone_count;
	struct view *views;	   /* by catalog->index */
	struct zone_state *states; /* by zone->index */
};

enum zone_kind { ZONE_CLUSTER, ZONE_REVERSE, ZONE_MULTICLUSTER, ZONE_OUTSIDE, ZONE_STATIC };
struct zone {
	enum zone_kind kind;
	uint32_t index; /* into edition->states */
	struct table *table; /* its catalog's; of a static zone its own, with keys that end where the zone begins */
	uint8_t size, labels;
	uint8_t name[DNS_NAME_MAX]; /* lower case */
};

/* An edition that somebody reads for longer than a batch. */
struct hold {
	struct hold *next;
	const struct edition *edition;
	uint64_t since_ns;
	atomic_bool is_lost; /* it may be gone by now; a reader looks each time when it went online */
};
struct holds {
	pthread_mutex_t lock;
	struct hold *list;
};

struct answers {
	_Atomic(struct edition *) edition;
	uint32_t pending;	   /* number of the edition in the making */
	struct catalog **catalogs; /* NULL: one that was removed */
	uint32_t catalog_count, zone_count;
	struct zone_state *states; /* in the making, by zone->index */
	bool touched;		   /* something waits for answers_publish() beside dirty catalogs */
	struct retired *retired;
	struct holds holds;
	void (*complain)(void *context, const char *text);
	void *complain_context;
	unsigned complaints; /* since the last publish */
};
void answers_complain(struct answers *answers, const char *format, ...) PRINTF_LIKE(2, 3);
struct zone *zone_new(struct answers *answers, enum zone_kind kind, const char *origin);
/* Its serial moves at the next publish. */
void zone_touch(struct answers *answers, const struct zone *zone);
void readers_wait(void); /* until each reader has been quiet once: what it saw before it sees no more */

/* ---- retire.c ---- */
struct retired *retired_new(void);
void retired_free(struct retired *retired);
/* After the next grace period ... */
void retire_memory(struct answers *answers, void *memory);	       /* ... mem_free */
void retire_buckets(struct answers *answers, struct buckets *buckets); /* ... unmap */
void retire_table(struct answers *answers, struct table *table); /* ... give back all that is in it */
void retire_pooled(struct answers *answers, struct pool *pool, void *memory,
		   uint8_t class_);				/* ... pool_give */
void retire_link(struct answers *answers, struct entry *newer); /* ... newer->older = NULL */
void retire_tombstone(struct answers *answers, struct table *table, struct entry *tombstone);
/* A new edition is in force, which shows nothing of what was retired so far. */
void retired_are_unseen(struct answers *answers);
void retired_reclaim_if_due(struct answers *answers); /* what nobody holds */
void retired_reclaim(struct answers *answers);	      /* whoever holds an edition loses it */
void retired_reclaim_all(struct answers *answers);    /* with what is still pending: nobody reads */

/* ---- holds.c ---- */
void holds_init(struct holds *holds);
void holds_done(struct holds *holds);
/* Reader threads, online: the edition in force. */
void hold_begin(struct answers *answers, struct hold *hold);
void hold_end(struct answers *answers, struct hold *hold);
/* The control thread, behind what it published last: up to which edition nobody holds any, or only
 * UINT32_MAX if all are lost from now on. What they read goes only after the next grace period. */
uint32_t holds_least(struct holds *holds, bool lose_all);

/* ---- entry.c: making entries ---- */
/* Collects the sets of one name, then makes the entry. Record bytes are complete RRs; see record_*(). */
struct draft {
	struct pool *pool;
	uint8_t key[DNS_NAME_MAX];
	uint8_t key_size, flags, set_count;
	struct draft_set {
		uint16_t type;
		uint8_t shape, record_size;
		uint16_t count;
		size_t from, size; /* in bytes */
	} sets[64];
	struct text bytes;
};
void draft_start(struct draft *draft, struct pool *pool, const uint8_t *key, uint8_t key_size,
		 uint8_t flags);
/* Adds `count` records of equal size (owner C00C). */
void draft_fixed(struct draft *draft, uint16_t type, uint16_t count, uint8_t record_size,
		 const void *records);
void draft_extent(struct draft *draft, uint16_t type, uint16_t count, const struct text *records,
		  const struct glue_group *groups, uint16_t group_count, uint16_t glue_count,
		  const struct text *glue);
void draft_raw(struct draft *draft, uint16_t type, uint8_t shape, uint16_t count, const void *bytes,
	       size_t size);
struct entry *draft_entry(struct draft *draft); /* NULL: larger than an entry may be */
void draft_done(struct draft *draft);
/* Appends one RR: owner pointer to the question, type, class IN, ttl, rdata. */
void record_add(struct text *text, uint16_t type, uint32_t ttl, const void *rdata, uint16_t size);
/* Of an A or AAAA record whose owner is a pointer. */
static inline uint8_t record_address_size(uint8_t family)
{
	return 12 + (family == 4 ? 4 : 16);
}
void record_add_address(struct text *text, uint16_t owner_at, const struct ip *ip, uint32_t ttl);
void record_add_srv(struct text *text, uint32_t ttl, uint16_t weight, uint16_t port,
		    const uint8_t *target, uint8_t size);

/* ---- catalog ---- */
struct cluster; /* cluster.h */
struct catalog {
	struct answers *answers;
	struct pool *pool; /* all that readers see of it */
	uint32_t index;
	struct table *table;	   /* of a cluster; NULL: each zone has its own */
	const struct zone **zones; /* longest first; replaced as a whole */
	uint32_t zone_count;
	uint32_t zones_since; /* edition from which they are shown */
	bool synced, stale;
	bool (*is_held)(void *context); /* NULL: never */
	void *hold_context;
	struct cluster *cluster; /* NULL: static zones */
	struct sieve *headless;	 /* names of headless services; NULL: none yet */
	/* what the hot path must know of the options */
	enum cluster_pods pods;
	bool zonal, shorthand, has_soon, keep_clients;
	bool is_outside;		 /* its names have no `svc` */
	_Atomic uint32_t ipv6_addresses; /* of its objects, and one for our own */
	uint32_t ttl;
	uint8_t ptr_zone_size; /* Z1 of names.md 8: where PTR targets live */
	uint8_t ptr_zone[DNS_NAME_MAX];
};
struct catalog *catalog_new(struct answers *answers);
void catalog_free(struct catalog *catalog);
void catalog_add_zone(struct catalog *catalog, struct zone *zone);
/* The order of a catalog's zones: more labels first, then by name. */
int zone_compare(const struct zone *zone, unsigned labels, const uint8_t *name, size_t size);
void catalog_drop_zone(struct catalog *catalog, const struct zone *zone);
bool cluster_compile(struct cluster *cluster); /* true if anything changed */
void cluster_free(struct cluster *cluster);

/* ---- sieve.c ---- */
/* A set of labels that may say yes by mistake and never no: one cache line tells most denials that there is no headless
 * service above them. Bits are only ever set; a bigger sieve takes the place of a full one. */
struct sieve {
	uint32_t bits; /* a power of two */
	_Atomic uint64_t words[];
};
struct sieve *sieve_new(size_t labels);
bool sieve_add(struct sieve *sieve, const uint8_t *label); /* true: a bit was set for it */
bool sieve_may_have(const struct sieve *sieve, const uint8_t *label);

/* ---- find.c ---- */
enum lookup_path { PATH_NAME, PATH_REVERSE, PATH_POD };
/* The version of a key that the lookup's edition shows, or NULL. */
const struct entry *find_key(const struct lookup *lookup, const uint8_t *key, uint8_t key_size);
/* The same of the lookup's name without its first `skip` labels. */
const struct entry *find_suffix(const struct lookup *lookup, unsigned skip);
/* Label i of the name equals the text. */
bool label_is(const struct lookup *lookup, unsigned i, const char *text);

/* ---- write.c ---- */
size_t reply_room(const struct reply *reply);
/* `soon`: the name is at or below a headless service. */
enum answer_kind write_denial(const struct lookup *lookup, struct reply *reply, bool exists, bool soon);
/* What the entry has of the lookup's type: records, its CNAME, or NODATA. */
enum answer_kind write_entry(const struct lookup *lookup, const struct entry *entry,
			     struct reply *reply);
void write_set(const struct lookup *lookup, const struct entry *entry, const struct set *set,
	       struct reply *reply);

/* ---- computed.c ---- */
enum answer_kind write_pod(const struct lookup *lookup, struct reply *reply);
enum answer_kind write_ptr(const struct lookup *lookup, const struct entry *entry, struct reply *reply);
/* False: the name is no dashed endpoint; nothing was written. */
bool write_dashed(const struct lookup *lookup, struct reply *reply, enum answer_kind *ret_kind);
/* False: the name is no `ZONE.pin._zone.SVC` or `ZONE.prefer._zone.SVC` of a headless service. */
bool write_zonal_default(const struct lookup *lookup, struct reply *reply, enum answer_kind *ret_kind);
/* The dashed form of an address as a label (with length octet); returns its size. */
unsigned dashed_label(const struct ip *ip, uint8_t ret_label[DNS_LABEL_MAX + 1]);
/* Reads 1-2-3-4 or 2001-db8--1 in any spelling (names.md 7); label without length octet. */
bool pod_label_read(const uint8_t *label, unsigned size, struct ip *ret_ip);

/* ---- static.c ---- */
enum answer_kind write_static(const struct lookup *lookup, const struct entry *entry,
			      struct reply *reply);

#endif
