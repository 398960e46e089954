/* SPDX-License-Identifier: Apache-2.0 */
/* serve -- sockets, threads, and the one function from query to reply.
 *
 *   UDP workers (recvmmsg/sendmmsg) --\
 *   TCP threads (libevent)          ---+--> router: longest zone -> block -> its handlers --> answers, policy
 *   tests, in process               --/
 *
 * A listener is one (address, port); blocks that share it share its router. UDP workers block in the kernel and
 * never wait for anything else. */
#ifndef KNAMED_SERVE_H
#define KNAMED_SERVE_H

#include "knamed/answers.h"
#include "knamed/config.h"
#include "knamed/observe.h"

/* A `secondary` directive: zones known from the config, and whom a NOTIFY for one of them is told. Its call is made by query
 * threads and does not block; false: nobody who may notify. */
struct serve_secondary {
	struct catalog *catalog;
	bool (*notify)(void *context, const uint8_t *zone, const struct ip *from);
	void *context;
};
/* A server block with its data. Borrowed; must outlive the server. */
struct serve_block {
	const struct config_block *config;
	struct catalog *kubernetes;           /* NULL: none */
	struct catalog *external;             /* of `k8s_external`; NULL: none */
	struct catalog *const *files; size_t file_count; /* per `file` directive; zones known from the config */
	struct catalog *const *autos; size_t auto_count; /* per `auto` directive */
	const struct serve_secondary *secondaries; size_t secondary_count; /* per `secondary` directive */
};
/* What TCP clients may take; 0: the default, said in src/serve/tcp.h. */
struct serve_limits { unsigned idle_ms, connections, per_client; };
struct serve_options {
	const struct serve_block *blocks; size_t block_count;
	struct answers *answers;
	struct metrics *metrics;
	struct config *config; /* of the blocks: held as long as they are needed; NULL: they outlive the server */
	const char *version;
	struct event_base *events; /* of the control thread, for directives that follow files; NULL: they are read once */
	struct serve_limits tcp;
};

/* Local addresses of a block's listeners, loopback left out: what its apex NS stand for. */
size_t serve_local_addresses(const struct config_block *block, struct ip *ret_addresses, size_t room);

/* The router alone, without sockets: what tests ask in process. Its listener is chosen by port and local address. */
struct router;
struct router *router_new(const struct serve_options *options, struct error *error);
void router_free(struct router *router);

/* State of one asking thread: tallies, rotation, scratch. */
struct asker;
struct asker *asker_new(struct router *router);
void asker_free(struct asker *asker);
/* One query in, one reply out. Reply goes to ret_reply (room >= 4096 for UDP, 65535 for TCP); 0: no reply.
 * The calling thread is an answers reader and online. */
struct packet_info { struct ip client; uint16_t client_port; enum proto proto; uint16_t local_port; struct ip local; };
size_t router_answer(struct asker *asker, const struct packet_info *info, const uint8_t *query, size_t size,
		     uint8_t *ret_reply, size_t room);

/* The whole: binds every listener, then starts the threads. NULL and error if a socket cannot be had. */
struct server;
struct server *server_start(const struct serve_options *options, struct error *error);
/* Goes on with other blocks. Sockets of addresses that stay are not touched, nor connections; what upstreams and caches
 * know stays with directives that stay. False: nothing has changed. Else `left` is called, on the loop of the first
 * options' events, when nothing is done with the blocks before any more; not after server_stop(). */
bool server_reload(struct server *server, const struct serve_options *options, void (*left)(void *context),
		   void *context, struct error *error);
void server_stop(struct server *server); /* stops reading, answers what was read, joins, frees */
/* Start-up lines as CoreDNS prints them: ".:53", or ".:53 on 127.0.0.1". */
void server_print_zones(const struct server *server);

#endif
