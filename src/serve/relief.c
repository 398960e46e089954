/* SPDX-License-Identifier: Apache-2.0 */
/* Looks ten times a second at what was lost while somebody floods, does what is decided, and looks
 * at nothing any more when it is over. */
#include "relief.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

enum { TICK_MS = 100, FILE_MOST = 64 * 1024 };

struct relief {
	struct event_base *events;
	struct event *wake, *tick;
	int fd, wake_fd;
	struct relief_gauge gauge;
	uint64_t at_ns, taken, full, lost, overflows; /* at the last tick */
	struct relief_hold hold;
};

/* ---- what happened since the last tick ---- */

/* How /proc/net/snmp looks: a line of names behind the protocol, then one of numbers. */
static uint64_t column_find(const char *text, const char *protocol, const char *name)
{
	const char *names = strstr(text, protocol);
	const char *numbers = names != NULL ? strstr(names + 1, protocol) : NULL;
	if (numbers == NULL)
		return 0;
	names += strlen(protocol);
	numbers += strlen(protocol);
	while (strncmp(names, name, strlen(name)) != 0) {
		names += strcspn(names, " \n");
		numbers += strcspn(numbers, " \n");
		if (*names++ != ' ' || *numbers++ != ' ')
			return 0;
	}
	return strtoull(numbers, NULL, 10);
}

static uint64_t number_behind(const char *text, const char *word)
{
	const char *found = strstr(text, word);
	return found != NULL ? strtoull(found + strlen(word), NULL, 10) : 0;
}

/* What found no room in a queue of this network. The socket's own count has in it what the filter drops. */
static uint64_t count_overflows(void)
{
	struct text text = { 0 };
	uint64_t count = 0;
	if (file_read("/proc/thread-self/net/snmp", FILE_MOST, &text, NULL))
		count += column_find(text.data, "\nUdp: ", "RcvbufErrors ");
	text_clear(&text);
	if (file_read("/proc/thread-self/net/snmp6", FILE_MOST, &text, NULL))
		count += number_behind(text.data, "Udp6RcvbufErrors");
	text_done(&text);
	return count;
}

static uint64_t count_lost(const struct relief *relief)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(memory);
	getsockopt(relief->fd, SOL_SOCKET, SO_MEMINFO, memory, &size);
	return memory[SK_MEMINFO_DROPS];
}

static struct relief_seen observe(struct relief *relief)
{
	uint64_t now_ns = clock_now_ns(), lost = count_lost(relief), overflows = count_overflows();
	uint64_t taken = tally_count(&relief->gauge.taken);
	uint64_t full = tally_count(&relief->gauge.full);
	struct relief_seen seen = { .ticks = (double)(now_ns - relief->at_ns) / (TICK_MS * 1e6),
				    .taken = (double)(taken - relief->taken),
				    .is_full = full != relief->full };
	seen.lost = (double)(relief->hold.client_count > 0 ? overflows - relief->overflows
							   : (uint32_t)(lost - relief->lost));
	seen.ticks = seen.ticks > 1 ? seen.ticks : 1;
	relief->at_ns = now_ns;
	relief->taken = taken;
	relief->full = full;
	relief->lost = lost;
	relief->overflows = overflows;
	return seen;
}

/* ---- what follows ---- */

static void tell(const struct relief *relief)
{
	char text[IP_TEXT_SIZE];
	ip_print(&relief->hold.clients[0], text);
	log_line(LOG_WARNING, NULL,
		 "Packets come faster than they can be answered: part of what %s%s sends is dropped",
		 text, relief->hold.client_count > 1 ? " and others" : "");
}

static void do_step(struct relief *relief, enum relief_step step)
{
	struct relief_hold *hold = &relief->hold;
	if (step == RELIEF_STAYS)
		return;
	if (!relief_filter(relief->fd, hold->clients, hold->client_count, hold->pass)) {
		hold->client_count = 0;
		relief_filter(relief->fd, NULL, 0, 1); /* the one before, if there is one */
	} else if (step == RELIEF_BEGINS)
		tell(relief);
	else if (step == RELIEF_ENDS)
		log_line(LOG_INFO, NULL, "All packets are taken again");
}

static void arm(struct relief *relief)
{
	event_add(relief->tick, &(struct timeval){ .tv_usec = TICK_MS * 1000 });
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct relief *relief = context;
	struct relief_seen seen = observe(relief);
	(void)fd;
	(void)what;
	const struct ip *sample = relief_sample_get(&relief->gauge);
	do_step(relief, relief_decide(&relief->hold, &seen, sample));
	/* What is known is of the last tick, or it is not known. */
	if (sample != NULL || relief->hold.calm > 0)
		relief_sample_ask(&relief->gauge);
	if (relief_is_over(&relief->hold))
		atomic_store(&relief->gauge.is_watched, false);
	else
		arm(relief);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct relief *relief = context;
	eventfd_t count;
	(void)what;
	eventfd_read(fd, &count);
	if (event_pending(relief->tick, EV_TIMEOUT, NULL))
		return;
	relief->hold.calm = relief->hold.floods = 0;
	relief_sample_ask(&relief->gauge);
	observe(relief);
	arm(relief);
}

/* ---- life ---- */

void relief_call(struct relief *relief)
{
	atomic_store(&relief->gauge.is_watched, true);
	eventfd_write(relief->wake_fd, 1);
}

unsigned relief_clients(const struct relief *relief)
{
	return relief->hold.client_count;
}

struct relief_gauge *relief_gauge(struct relief *relief)
{
	return &relief->gauge;
}

struct relief *relief_new(struct event_base *events, int fd, struct error *error)
{
	int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wake_fd < 0) {
		error_set(error, "cannot make an eventfd: %s", strerror(errno));
		return NULL;
	}
	struct relief *relief = mem_zalloc(sizeof(*relief));
	relief->events = events;
	relief->fd = fd;
	relief->wake_fd = wake_fd;
	relief->wake = event_new(events, wake_fd, EV_READ | EV_PERSIST, on_wake, relief);
	relief->tick = evtimer_new(events, on_tick, relief);
	event_add(relief->wake, NULL);
	return relief;
}

void relief_free(struct relief *relief)
{
	if (relief == NULL)
		return;
	event_free(relief->wake);
	event_free(relief->tick);
	close(relief->wake_fd);
	mem_free(relief);
}
