/* SPDX-License-Identifier: Apache-2.0 */
/* Lines about single queries: `log` (private to the stage). */
#ifndef KNAMED_SERVE_QUERY_LOG_H
#define KNAMED_SERVE_QUERY_LOG_H

#include "knamed/policy.h"
#include "knamed/serve.h"

/* A query that was answered. */
struct answered {
	const struct dns_query *query;
	const struct packet_info *info;
	const uint8_t *reply;
	size_t reply_size; /* 0: nothing was sent; then `reply` is the question */
	uint16_t opt_size; /* of the OPT that came with what others said */
	uint16_t rcode;
	uint16_t udp_size; /* what the client takes over UDP, as `bufsize` has it */
	uint64_t duration_ns;
	const struct metadata *metadata; /* NULL: the block has none */
};

struct query_log;
struct query_log *query_log_compile(const struct config_block *block); /* NULL: the block has no `log` */
void query_log_free(struct query_log *log);
/* Puts a line into the ring if a `log` of the block wants one for this query. */
void query_log_put(const struct query_log *log, const struct answered *answered, struct log_ring *ring);

#endif
