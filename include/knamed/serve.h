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
#include "knamed/cache.h"
#include "knamed/config.h"
#include "knamed/observe.h"
#include "knamed/traffic.h"
#include "knamed/upstream.h"

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
struct serve_limits { unsigned idle_ms, connections, per_client, buffered; };
struct serve_options {
	const struct serve_block *blocks; size_t block_count;
	struct answers *answers;
	struct metrics *metrics;
	struct config *config; /* of the blocks: held as long as they are needed; NULL: they outlive the server */
	struct traffic *traffic;   /* NULL: nobody can look at what is asked */
	const char *version;
	struct event_base *events; /* of the control thread, for directives that follow files; NULL: they are read once */
	struct serve_limits tcp;
	const int *sockets; size_t socket_count; /* listening TCP sockets of another process: those for places of ours are shared */
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

/* What is decided on the way of a question, told as it is decided by the code that decides it (knamectl). Data that say
 * nothing but their answer are told with it, as TRACE_ANSWER. */
enum trace_kind {
	TRACE_BLOCK,    /* the block whose turn it is; NULL: no block has the name */
	TRACE_RULE,     /* a rule of it was for the question: `by`, or nobody where the question goes on */
	TRACE_REWRITE,  /* a rule changed the question: to name and type; rcode SERVFAIL: to what is no name */
	TRACE_WALK,     /* `autopath`: name is the one of the search list that was found; NULL: the walk begins */
	TRACE_ALIAS,    /* name is where an alias of ours leads */
	TRACE_LET_GO,   /* `by` denies the name, and lets it go to who stands behind */
	TRACE_STAYS,    /* but it exists, and is not denied whatever those behind say */
	TRACE_FORWARD,  /* others are to be asked, by `forward` */
	TRACE_ANSWER,   /* of the client's question, or of one that a rule asked */
};
struct trace_step {
	enum trace_kind kind;
	unsigned depth;                       /* 0: the client's question; more: one that a rule asks */
	const struct dns_query *query;        /* as it stands here; only name, type and class are set */
	const struct config_block *block;
	const struct config_at *at;           /* the rule; NULL: none */
	const uint8_t *name; uint16_t type;   /* in wire form */
	enum answerer by;
	const struct config_forward *forward;
	uint16_t rcode, answers, extended_error;
	const char *extended_text, *problem;  /* NULL: none */
	bool is_dropped, is_stale;
};
struct trace {
	void (*step)(void *context, const struct trace_step *step);
	/* Asks whom the directive names, and waits; the size of the message, 0: nobody said anything, and *ret_problem says
	 * why. Room for DNS_MESSAGE_MAX octets. */
	size_t (*ask)(void *context, const struct config_forward *forward, const uint8_t *name,
		      const struct dns_query *query, uint8_t *ret_message, const char **ret_problem);
	void *context;
};
/* From now on; the trace must outlive the asker. */
void asker_trace(struct asker *asker, const struct trace *trace);

/* The whole: binds every listener, then starts the threads. NULL and error if a socket cannot be had. */
struct server;
struct server *server_start(const struct serve_options *options, struct error *error);
/* Goes on with other blocks. Sockets of addresses that stay are not touched, nor connections; what upstreams and caches
 * know stays with directives that stay. False: nothing has changed. Else `left` is called, on the loop of the first
 * options' events, when nothing is done with the blocks before any more; not after server_stop(). */
bool server_reload(struct server *server, const struct serve_options *options, void (*left)(void *context),
		   void *context, struct error *error);
enum { SERVE_UNDER_WAY_MS = 6000 }; /* what others have to say has come by then: an upstream's whole deadline is 5 s */
/* Takes nothing new, answers what has arrived, and frees. */
struct serve_ending {
	unsigned others_ms;      /* for what other servers still have to say */
	unsigned connections_ms; /* then for connections that have not asked yet or do not read */
	bool is_succeeded;       /* another process has the listening TCP sockets, too */
};
void server_end(struct server *server, const struct serve_ending *ending);
void server_stop(struct server *server); /* the same: others have as long as they take, connections nothing */
/* How those do that are asked, and what caches hold: of directives in force, at most so many. Control thread. */
struct serve_upstream { const char *from; struct upstream_target target; };
size_t server_upstreams(struct server *server, struct serve_upstream *ret_upstreams, size_t room);
struct serve_cache { const struct config_block *block; struct cache_figures figures; };
size_t server_caches(const struct server *server, struct serve_cache *ret_caches, size_t room);
/* The listening TCP sockets, borrowed until the loop of the first options' events goes on. */
size_t server_sockets(const struct server *server, int *ret_fds, size_t room);
/* Accepts from a duplicate of this listening TCP socket, too, if it is for a place of ours. False: it is for none. */
bool server_take_socket(struct server *server, int fd);
/* Start-up lines as CoreDNS prints them: ".:53", or ".:53 on 127.0.0.1". */
void server_print_zones(const struct server *server);

#endif
