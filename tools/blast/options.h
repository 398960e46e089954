/* SPDX-License-Identifier: Apache-2.0 */
/* options -- what the command line asks for. */
#ifndef BLAST_OPTIONS_H
#define BLAST_OPTIONS_H

#include "order.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WATCHED_MAX = 64, SOCKETS_MAX = 1024, IDLE_MAX = 65536, SECONDS_MAX = 600 };

enum mode {
	MODE_MAX,   /* as fast as the server answers, a bounded number in flight */
	MODE_RATE,  /* at a given rate, whatever the server does */
	MODE_BURST, /* all at once, now and then */
	MODE_HOLD,  /* nothing but idle connections */
};

enum transport_kind {
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_CONNECT, /* a TCP connection for every query */
};

struct options {
	struct target target;
	const char *target_text, *questions_path;
	enum mode mode;
	enum transport_kind transport;
	enum order_kind order;
	double rate, seconds, warmup_seconds, timeout_seconds;
	uint64_t count; /* queries in all; 0: until the time is up */
	uint32_t lanes; /* sockets or connections */
	uint32_t in_flight, lane_in_flight, batch, burst, check_every, idle, sources;
	uint16_t edns_size;
	int cpu; /* -1: wherever */
	bool namespace, echo, human;
	pid_t watched[WATCHED_MAX];
	uint32_t watched_count;
	uint64_t seed;
};

/* Ends the program when the words make no sense or the target is refused. */
void options_parse(struct options *options, int count, char **words);

#endif
