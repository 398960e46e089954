/* SPDX-License-Identifier: Apache-2.0 */
/* At a rate, query n is due at start + n / rate, and its latency counts from that moment even when
 * sending fell behind: a server that stalls delays the queries behind it, and this must show.
 * At maximum as much leaves as answers have come back. */
#include "pace.h"

#include "load.h"
#include "watch.h"

enum { BATCHES_IN_A_ROW = 4, EXPIRE_EVERY_NS = 1000000 };

/* How many more may be sent, no more than a batch. */
static uint32_t batch_left(const struct load *load)
{
	uint64_t left = load->options->count - load->issued;
	if (load->options->count == 0 || left > load->options->batch)
		return load->options->batch;
	return (uint32_t)left;
}

/* The next lane in turn with room for some of `wanted` queries; NULL when all are full. */
static struct lane *lane_with_room(struct load *load, uint32_t *wanted)
{
	const struct options *options = load->options;

	for (uint32_t tries = 0; tries < options->lanes; tries++) {
		struct lane *lane = &load->lane[load->next_lane];
		load->next_lane = load->next_lane + 1 == options->lanes ? 0 : load->next_lane + 1;
		if (lane->flight.waiting >= options->lane_in_flight)
			continue;
		uint32_t room = options->lane_in_flight - lane->flight.waiting;
		if (*wanted > room)
			*wanted = room;
		return lane;
	}
	return NULL;
}

/* Datagrams leave when there is room for a batch of them. On a stream a query leaves as soon as
 * there is room for it, as a resolver's does: a client that waits for more acknowledges late, and
 * then Nagle's algorithm is measured. */
static void send_at_maximum(struct load *load, uint64_t now_ns)
{
	const struct options *options = load->options;
	uint32_t least = options->transport == TRANSPORT_UDP ? options->batch : 1;

	for (unsigned i = 0; i < BATCHES_IN_A_ROW && load->in_flight + least <= options->in_flight;
	     i++) {
		uint32_t count = batch_left(load);
		struct lane *lane = lane_with_room(load, &count);
		if (lane == NULL || count == 0)
			return;
		load->intended_ns = (double)now_ns;
		load->transport->send(load, lane, count);
	}
}

static void send_at_rate(struct load *load, uint64_t now_ns)
{
	for (unsigned i = 0; i < BATCHES_IN_A_ROW && load->intended_ns <= (double)now_ns; i++) {
		double behind_ns = (double)now_ns - load->intended_ns;
		double due = behind_ns / load->interval_ns + 1;
		uint32_t count = batch_left(load);
		struct lane *lane = &load->lane[load->next_lane];

		if (due < count)
			count = (uint32_t)due;
		if (count == 0)
			return;
		if (behind_ns > (double)load->tally.lag_max_ns)
			load->tally.lag_max_ns = (uint64_t)behind_ns;
		load->next_lane =
			load->next_lane + 1 == load->options->lanes ? 0 : load->next_lane + 1;
		load->transport->send(load, lane, count);
	}
}

void pace_run(struct load *load, const volatile bool *stop)
{
	const struct options *options = load->options;
	bool at_rate = options->mode == MODE_RATE;
	uint64_t now_ns = watch_now_ns(), expired_ns = now_ns;
	uint64_t open_ns = now_ns + (uint64_t)(options->warmup_seconds * 1e9);
	uint64_t end_ns = open_ns + (uint64_t)(options->seconds * 1e9);

	load->intended_ns = (double)now_ns;
	load->interval_ns = at_rate ? 1e9 / options->rate : 0;
	for (; now_ns < end_ns && !*stop; now_ns = watch_now_ns()) {
		if (!load->counting && now_ns >= open_ns)
			load_window_open(load, now_ns);
		if (at_rate)
			send_at_rate(load, now_ns);
		else
			send_at_maximum(load, now_ns);
		load_receive(load);
		if (now_ns - expired_ns > EXPIRE_EVERY_NS) {
			load_expire(load, now_ns);
			expired_ns = now_ns;
		}
		if (options->count > 0 && load->issued >= options->count)
			break;
	}
	/* With a time the window ends here; with a count, when the last answer is there. */
	if (load->counting && options->count == 0)
		load_window_close(load, now_ns);
	load_drain(load);
	if (load->counting)
		load_window_close(load, watch_now_ns());
}
