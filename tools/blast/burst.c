/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram costs about a microsecond to send, 5,000 of them five milliseconds: too slow for a burst.
 * With UDP_SEGMENT one system call carries a run of equally long queries, and the kernel cuts it into
 * single datagrams on their way into the server's socket. All queries are written before the first leaves. */
#include "burst.h"

#include "load.h"
#include "pages.h"
#include "query.h"
#include "watch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/uio.h>

enum { RUN_MAX = 60, SEARCHES = 64 };

/* Equally long queries for one socket. */
struct run {
	struct lane *lane;
	uint8_t *queries;
	uint16_t query_size, count;
};

/* A question as long as `size`, looked for among the next ones; the given one when there is none. */
static uint32_t question_of_size(struct load *load, uint16_t size, uint32_t fallback)
{
	for (int i = 0; i < SEARCHES; i++) {
		uint32_t question = order_next(&load->order);
		if (load->questions.question[question].size == size)
			return question;
	}
	return fallback;
}

static void run_write(struct load *load, struct run *run, uint32_t count)
{
	uint32_t first = order_next(&load->order);

	run->query_size = load->questions.question[first].size;
	run->count = (uint16_t)count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t question = i == 0 ? first : question_of_size(load, run->query_size, first);
		load_compose_question(load, run->lane, question, run->queries + i * run->query_size);
	}
}

static bool run_send(struct run *run)
{
	union {
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr header;
	} control = { 0 };
	struct iovec part = { run->queries, (size_t)run->query_size * run->count };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };
	struct cmsghdr *segment = CMSG_FIRSTHDR(&message);

	segment->cmsg_level = SOL_UDP;
	segment->cmsg_type = UDP_SEGMENT;
	segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	memcpy(CMSG_DATA(segment), &run->query_size, sizeof(uint16_t));
	return sendmsg(run->lane->fd, &message, 0) == (ssize_t)part.iov_len;
}

static uint32_t burst_write(struct load *load, struct run *runs)
{
	uint32_t count = 0;

	for (uint32_t left = load->options->burst; left > 0; count++) {
		uint32_t size = left < RUN_MAX ? left : RUN_MAX;
		runs[count].lane = &load->lane[count % load->options->lanes];
		run_write(load, &runs[count], size);
		left -= size;
	}
	return count;
}

/* When a query was meant to leave is known only now that its burst leaves. */
static void burst_stamp(struct load *load, uint64_t now_ns)
{
	for (uint32_t i = 0; i < load->options->lanes; i++) {
		struct flight *flight = &load->lane[i].flight;
		for (uint32_t number = flight->head - flight->waiting; number != flight->head; number++)
			flight->queries[number & flight->mask].intended_ns = now_ns;
	}
}

static void burst_send(struct load *load, struct run *runs)
{
	uint32_t count = burst_write(load, runs);
	uint64_t began_ns = watch_now_ns();

	burst_stamp(load, began_ns);
	for (uint32_t i = 0; i < count; i++)
		load->tally.errors += !run_send(&runs[i]);
	uint64_t took_ns = watch_now_ns() - began_ns;
	if (took_ns > load->tally.burst_ns)
		load->tally.burst_ns = took_ns;
	load->tally.bursts++;
	load_drain(load);
}

void burst_run(struct load *load, const volatile bool *stop)
{
	uint32_t count = load->options->burst / RUN_MAX + 1;
	struct run *runs = pages_take(count * sizeof *runs);
	uint8_t *store = pages_take((size_t)count * RUN_MAX * QUERY_MAX);
	uint64_t end_ns = watch_now_ns() + (uint64_t)(load->options->seconds * 1e9);

	for (uint32_t i = 0; i < count; i++)
		runs[i].queries = store + (size_t)i * RUN_MAX * QUERY_MAX;
	load_window_open(load, watch_now_ns());
	do {
		burst_send(load, runs);
	} while (watch_now_ns() < end_ns && !*stop);
	load_window_close(load, watch_now_ns());
}
