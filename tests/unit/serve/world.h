/* SPDX-License-Identifier: Apache-2.0 */
/* A small world to ask: server blocks made by hand, zones from text, replies read by ldns.
 *
 *   struct world *world = world_new();
 *   struct config_block *block = world_block(world, "example.org.");
 *   world_file(world, block, "example.org.", "a.example.org. 60 IN A 192.0.2.1");
 *   world_start(world);
 *   ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
 */
#ifndef TESTS_SERVE_WORLD_H
#define TESTS_SERVE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "knamed/serve.h"

enum { WORLD_BLOCKS = 8, WORLD_FILES = 16, WORLD_PORT = 53 };

struct world {
	struct answers *answers;
	struct metrics *metrics;
	struct config_block blocks[WORLD_BLOCKS];
	struct serve_block sources[WORLD_BLOCKS];
	struct catalog *files[WORLD_BLOCKS][WORLD_FILES], *autos[WORLD_BLOCKS][WORLD_FILES];
	size_t block_count;
	struct router *router;
	struct asker *asker;
	struct packet_info info; /* who asks: 192.0.2.7:4711 over UDP at 192.0.2.1, unless a test says otherwise */
	uint8_t packet[4096]; /* the last query */
	size_t packet_size;
	uint8_t reply[65535]; /* and its reply */
	size_t reply_size;
};

struct world *world_new(void);
void world_free(struct world *world);

/* ---- what is served; all of it before world_start ---- */
struct config_block *world_block(struct world *world, const char *zone); /* on WORLD_PORT, unbound */
void world_add_address(struct config_block *block, const char *zone, uint16_t port);
void world_add_word(struct words *words, const char *word);
void world_add_directive(struct config_block *block, const char *name);
void world_add_zone(struct config_zones *zones, const char *zone);
/* A `file` directive for one zone; lines NULL: it could not be read. */
struct catalog *world_file(struct world *world, struct config_block *block, const char *origin,
			   const char *lines);
/* An `auto` directive that may have zones at or below `origin`. */
struct catalog *world_auto(struct world *world, struct config_block *block, const char *origin);
/* A `kubernetes` directive, without objects but in step. */
struct catalog *world_kubernetes(struct world *world, struct config_block *block, const char *zone);
/* A `k8s_external` directive beside it. */
struct catalog *world_external(struct world *world, struct config_block *block, const char *zone);
/* A new object that the catalog is told of; takes the reference. */
void world_put(struct catalog *catalog, struct object *object);
/* A zone with an SOA and these records, a line each; shown by answers_publish(). */
void world_load(struct catalog *catalog, const char *origin, const char *lines);

/* For router_new or server_start; world_start makes a router and an asker in this thread. */
struct serve_options world_options(const struct world *world);
void world_start(struct world *world);

void world_zones_done(struct config_zones *zones);
void world_block_done(struct config_block *block);

/* ---- asking ---- */

/* The question in world->packet, without EDNS, RD set, id 0x1234. */
void world_question(struct world *world, const char *name, ldns_rr_type type, ldns_rr_class class_);
/* Puts an OPT behind the question; flags are DO and Z, options whole. */
void world_add_opt(struct world *world, uint16_t udp_size, uint8_t version, uint16_t flags,
		   const void *options, size_t size);
/* Asks what is in world->packet, from a block of exactly its size: a read too far is seen by the sanitizer. */
size_t world_exchange(struct world *world);
/* As above; the reply as ldns understands it. Caller frees. */
ldns_pkt *world_send(struct world *world);
ldns_pkt *world_ask(struct world *world, const char *name, ldns_rr_type type);

/* ---- looking at replies ---- */

/* The records of a section as "owner ttl class type data", separated by " | ", in the order of the packet. */
void assert_section(const ldns_pkt *reply, ldns_pkt_section section, const char *expected);
#define assert_answer(reply, expected) assert_section(reply, LDNS_SECTION_ANSWER, expected)
#define assert_authority(reply, expected) assert_section(reply, LDNS_SECTION_AUTHORITY, expected)
#define assert_additional(reply, expected) assert_section(reply, LDNS_SECTION_ADDITIONAL, expected)
/* rcode and the AA and TC flags: "NOERROR aa tc". */
void assert_status(const ldns_pkt *reply, const char *expected);

#endif
