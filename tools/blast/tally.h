/* SPDX-License-Identifier: Apache-2.0 */
/* tally -- what was counted between the end of the warm-up and the end of the load. */
#ifndef BLAST_TALLY_H
#define BLAST_TALLY_H

#include "latency.h"

#include <stdint.h>

enum { TALLY_FAULT_MAX = 400 };

struct tally {
	uint64_t sent;	     /* queries meant to leave within the window */
	uint64_t received;   /* of those, answered in time, right or wrong */
	uint64_t lost;	     /* of those, not answered in time */
	uint64_t late;	     /* of the lost ones, answered afterwards */
	uint64_t wrong;	     /* answers that failed a check, those of the warm-up included */
	uint64_t unexpected; /* replies nobody waited for */
	uint64_t truncated;  /* answers with TC */
	uint64_t checked;    /* answers of which all bytes were read */
	uint64_t errors;     /* sockets that reported an error or were closed by the peer */
	uint64_t in_window;  /* answers that arrived within the window, whenever asked */
	uint64_t window_ns;
	uint64_t query_bytes, reply_bytes;
	uint64_t lag_max_ns; /* how far sending fell behind its schedule */
	uint64_t burst_ns;   /* the slowest burst, from first to last datagram */
	uint32_t bursts, idle_opened, idle_alive;
	struct latency latency;
	char fault[TALLY_FAULT_MAX]; /* the first wrong answer in words */
};

#endif
