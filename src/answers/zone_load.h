/* SPDX-License-Identifier: Apache-2.0 */
/* Zones from files (private to the stage).
 *
 *   records -> spool, as they come -> sorted by name -> rules (any error ends here) -> entries of the zone's table
 *
 * Nothing of a load is seen, or touches the table, before all of it was found good. */
#ifndef KNAMED_ANSWERS_ZONE_LOAD_H
#define KNAMED_ANSWERS_ZONE_LOAD_H

#include "store.h"

/* ---- zone_path.c: names as they are sorted ----
 * A path is a name left of its zone, label after label from the zone on, lower case, with a final 0: canonical order
 * (RFC 4034 6.1) is the order of paths, and what is below a name comes right behind it. */
enum { PATH_MAX_SIZE = DNS_NAME_MAX };
size_t path_of_name(const uint8_t *name, size_t size, size_t zone_size,
		    uint8_t ret_path[PATH_MAX_SIZE]);
/* The key of a table: the labels in the order of a name, without the zone. Returns its size. */
uint8_t key_of_path(const uint8_t *path, uint8_t ret_key[DNS_NAME_MAX]);
size_t path_size(const uint8_t *path); /* with the final 0 */
unsigned path_depth(const uint8_t *path);
int path_compare(const uint8_t *a, const uint8_t *b);
unsigned path_common(const uint8_t *a, const uint8_t *b); /* how many labels they share */
size_t path_skip(const uint8_t *path, unsigned labels);	  /* offset behind so many labels */

/* ---- zone_node.c: the records of a zone in the making ---- */
struct rr {
	uint16_t type, size;
	uint32_t ttl;
	uint32_t order; /* in the file */
	const uint8_t *rdata;
};

/* The records of one name, by type, without duplicates, a set's TTL all the same. */
struct node {
	const uint8_t *path;
	struct rr *rrs;
	size_t count, room;
};

/* In the spool in front of the data. */
struct spooled {
	uint16_t type, size;
	uint32_t ttl;
};

struct zone_load {
	struct catalog *catalog;
	char *origin_text;
	uint8_t origin[DNS_NAME_MAX], origin_size;
	struct text spool; /* runs: path, records, a type of 0 */
	uint32_t *runs;	   /* where they begin */
	size_t run_count, run_room;
	bool is_sorted;		     /* so far, and no name came twice */
	uint8_t last[PATH_MAX_SIZE]; /* path of the open run */
	struct node node, other;     /* scratch */
	struct zone_state state;     /* what the rules found out */
	size_t name_count;
};
void load_sort(struct zone_load *load);
/* The next name from *position (a run) on; false at the end. */
bool load_next(struct zone_load *load, size_t *position, struct node *ret_node);
bool load_find(struct zone_load *load, const uint8_t *path, struct node *ret_node);
bool node_has(const struct node *node, uint16_t type);
/* Where a name in rdata begins that may be looked up with it: the target of NS, CNAME, MX...; -1: none. */
int rdata_name_at(uint16_t type);

/* ---- zone_rules.c ---- */
enum { NODE_BYTES_MAX = 192 << 10 }; /* of records: thrice a message, and an entry holds it */
bool rules_check_record(const struct rr *rr, struct error *error);
/* Goes over the whole load; fills load->state and load->name_count. */
bool rules_check(struct zone_load *load, struct error *error);
bool is_wildcard_label(const uint8_t *label);

/* ---- zone_compile.c, zone_sets.c ---- */
struct compile {
	struct zone_load *load;
	struct zone *zone;
	struct draft draft;
	struct text records, glue, groups;
	struct text proof_offsets, proof_paths; /* names with NSEC */
	const uint8_t *before;			/* path of the name before; NULL: none yet */
	const uint8_t *cut;			/* what is below is not served; NULL: none */
	bool changed;
};
/* Puts every name that is served into the zone's table. True if anything changed. */
bool load_compile(struct zone_load *load, struct zone *zone);
/* Adds one set to the draft, with the addresses of its targets. */
void compile_set(struct compile *compile, const struct rr *rrs, size_t count);

/* ---- signed.c ---- */
/* The names that have an NSEC, sorted: who stands in front of a name that is not there. */
struct chain {
	uint32_t count, size; /* size: of all, in bytes */
	uint32_t offsets[];   /* of paths, from the start of the chain */
};
bool wants_signatures(const struct lookup *lookup);
/* The entry's answer with signatures and proofs. */
enum answer_kind write_signed(const struct lookup *lookup, const struct entry *entry,
			      bool is_wildcard, struct reply *reply);
/* No such name; encloser_at: where in the question the closest one that is there begins. */
enum answer_kind write_signed_absence(const struct lookup *lookup, unsigned encloser_at,
				      struct reply *reply);
/* Signatures of a set that was written; its owner begins `offset` into the name asked. */
void write_signatures(const struct entry *entry, uint16_t type, unsigned offset,
		      struct reply *reply, uint16_t *section);
/* The delegation's DS, or that there is none. */
void write_cut_proof(const struct lookup *lookup, const struct entry *cut, struct reply *reply);

#endif
