/* SPDX-License-Identifier: Apache-2.0 */
/* load -- one run: the sockets ("lanes"), what is under way on them, what was counted.
 *
 *   order -> load_compose() -> transport -> server -> transport -> load_take() -> tally
 *
 * A transport moves bytes and knows nothing of time, checks or counts. */
#ifndef BLAST_LOAD_H
#define BLAST_LOAD_H

#include "flight.h"
#include "options.h"
#include "order.h"
#include "questions.h"
#include "tally.h"

struct stream; /* what a TCP connection has read and not yet sent */

struct lane {
	int fd;
	struct flight flight;
	struct stream *stream;
};

struct load;

struct transport {
	void (*open)(struct load *load, struct lane *lane);
	/* Sends up to `count` queries, the first meant to leave at load->intended_ns and each
	 * further one load->interval_ns later; returns how many. */
	uint32_t (*send)(struct load *load, struct lane *lane, uint32_t count);
	/* Takes what has arrived, without waiting. */
	void (*receive)(struct load *load, struct lane *lane);
};

struct load {
	const struct options *options;
	const struct transport *transport;
	struct questions questions;
	struct order order;
	struct tally tally;
	struct lane lane[SOCKETS_MAX];
	uint64_t busy[SOCKETS_MAX / 64]; /* lanes with queries that wait */
	uint32_t next_lane, in_flight, until_check;
	uint64_t issued;
	double intended_ns, interval_ns;
	uint64_t timeout_ns;
	bool counting; /* the window is open */
	uint64_t window_began_ns, server_cpu_ns, own_cpu_ns;
};

extern const struct transport transport_udp, transport_tcp, transport_connect;

/* Opens the lanes. */
void load_init(struct load *load, const struct options *options);
/* Writes the next query of a lane into `out` (QUERY_MAX bytes); returns its size. */
uint32_t load_compose(struct load *load, struct lane *lane, uint8_t *out);
/* As load_compose, for a given question. */
uint32_t load_compose_question(struct load *load, struct lane *lane, uint32_t question, uint8_t *out);
/* Checks and counts one reply. */
void load_take(struct load *load, struct lane *lane, const uint8_t *reply, size_t size,
	       uint64_t now_ns);
/* Takes what has arrived on every lane that waits. */
void load_receive(struct load *load);
/* Gives up what waits for longer than the time-out. */
void load_expire(struct load *load, uint64_t now_ns);
/* Gives up what waits on one lane, whose socket is gone. */
void load_abandon(struct load *load, struct lane *lane);
/* Waits for the answers still under way, no longer than the time-out. */
void load_drain(struct load *load);
/* Between these two everything counts. */
void load_window_open(struct load *load, uint64_t now_ns);
void load_window_close(struct load *load, uint64_t now_ns);
/* A socket towards the target, connected (UDP) or being connected (TCP), from the lane's source address. */
int load_socket(const struct load *load, int type, uint32_t number);

#endif
