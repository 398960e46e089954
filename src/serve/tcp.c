/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP thread: an event loop of its own with its share of the listening sockets. Its one timer
 * runs only while there are connections, and is set for the one that has waited longest. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "deadline.h"

enum {
	ACCEPTS = 64,	     /* new connections at once, so that the old ones get their turn */
	LAST_ACCEPTS = 4096, /* those that wait when we stop */
	RESUME_MS = 100,     /* how long to accept nothing when the process is out of files */
};

/* ---- deadlines ---- */

/* 0: nobody waits. */
static uint64_t first_deadline(const struct tcp_thread *thread)
{
	uint64_t first = 0;
	for (const struct tcp_queue *queue = thread->queues; queue != NULL; queue = queue->next)
		if (queue->oldest != NULL && (first == 0 || queue->oldest->deadline_ns < first))
			first = queue->oldest->deadline_ns;
	return first;
}

void tcp_clock_arm(struct tcp_thread *thread, uint64_t deadline_ns)
{
	if (thread->alarm_ns != 0 && thread->alarm_ns <= deadline_ns)
		return;
	uint64_t now = clock_now_ns();
	struct timeval wait = timeval_of_ns(deadline_ns > now ? deadline_ns - now + 1000 : 1000);
	thread->alarm_ns = deadline_ns;
	event_add(thread->clock, &wait);
}

/* Whoever waits for us is not late; but who does not read its replies is, whatever else it asked for. */
static void end_patience(struct connection *connection)
{
	if (connection->owed > 0 && connection->output == NULL)
		deadline_renew(connection);
	else
		connection_close(connection);
}

static void on_clock(evutil_socket_t fd, short what, void *context)
{
	struct tcp_thread *thread = context;
	uint64_t now = clock_now_ns();
	(void)fd;
	(void)what;
	for (struct tcp_queue *queue = thread->queues; queue != NULL; queue = queue->next)
		while (queue->oldest != NULL && queue->oldest->deadline_ns <= now)
			end_patience(queue->oldest);
	thread->alarm_ns = 0;
	uint64_t next = first_deadline(thread);
	if (next != 0)
		tcp_clock_arm(thread, next);
}

/* ---- accepting ---- */

static void pause_accepting(struct tcp_thread *thread)
{
	struct timeval wait = timeval_of_ms(RESUME_MS);
	for (struct tcp_listening *one = thread->listening; one != NULL; one = one->next)
		event_del(one->event);
	event_add(thread->resume, &wait);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	struct tcp_thread *thread = context;
	(void)fd;
	(void)what;
	for (struct tcp_listening *one = thread->listening; one != NULL; one = one->next)
		event_add(one->event, NULL);
}

static void accept_all(struct tcp_listening *listening, unsigned most)
{
	struct tcp_thread *thread = listening->thread;
	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage client;
		socklen_t size = sizeof(client);
		int fd = accept4(event_get_fd(listening->event), (struct sockaddr *)&client, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			connection_open(thread, listening->listener, fd, (struct sockaddr *)&client);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			if (!connection_evict(thread)) {
				pause_accepting(thread);
				return;
			}
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

static void on_connect(evutil_socket_t fd, short what, void *context)
{
	struct tcp_listening *listening = context;
	(void)fd;
	(void)what;
	accept_all(listening, ACCEPTS);
}

/* ---- another router ---- */

static void free_with_socket(struct event *event)
{
	int fd = event_get_fd(event);
	event_free(event);
	close(fd);
}

typedef void (*connection_call)(struct connection *connection, const void *context);

/* One that gets another patience on the way may be called twice. */
static void each_connection(struct tcp_thread *thread, connection_call call, const void *context)
{
	thread->keeps_all = true;
	for (struct tcp_queue *queue = thread->queues; queue != NULL; queue = queue->next) {
		for (struct connection *connection = queue->newest, *older; connection != NULL;
		     connection = older) {
			older = connection->older;
			call(connection, context);
		}
	}
	thread->keeps_all = false;
}

static void part_one(struct connection *connection, const void *listener)
{
	if (listener == NULL || connection->listener == listener)
		connection_part(connection);
}

/* Whoever has asked by now gets an answer. */
static void finish(struct tcp_listening *listening)
{
	accept_all(listening, LAST_ACCEPTS);
	each_connection(listening->thread, part_one, listening->listener);
}

/* Takes it out of the list at `at`. */
static void listening_free(struct tcp_listening **at)
{
	struct tcp_listening *listening = *at;
	*at = listening->next;
	free_with_socket(listening->event);
	mem_free(listening);
}

static void move_listening(struct tcp_thread *thread, const struct router *router)
{
	for (struct tcp_listening **at = &thread->listening; *at != NULL;) {
		const struct listener *listener = router_listener(router, &(*at)->listener->place);
		if (listener == NULL)
			finish(*at);
		if (listener == NULL) {
			listening_free(at);
		} else {
			(*at)->listener = listener;
			at = &(*at)->next;
		}
	}
}

static void move_one(struct connection *connection, const void *context)
{
	const struct router *router = context;
	if (connection->listener != NULL)
		connection_move(connection, router_listener(router, &connection->listener->place));
}

static void close_doors(struct tcp_thread *thread, bool accepts)
{
	for (struct tcp_listening *one = thread->listening; one != NULL && accepts; one = one->next)
		accept_all(one, LAST_ACCEPTS);
	while (thread->listening != NULL)
		listening_free(&thread->listening);
	event_del(thread->resume);
	thread->is_closed = true;
	each_connection(thread, part_one, NULL);
}

static void take_router(struct tcp_thread *thread, const struct tcp_change *change)
{
	const struct router *router = change->asker->router;
	move_listening(thread, router);
	each_connection(thread, move_one, router);
	router_begin_thread(router);
	thread->asker = change->asker;
	for (size_t i = 0; i < change->socket_count; i++)
		tcp_thread_listen(thread, change->sockets[i].listener, change->sockets[i].fd);
}

static void take_change(struct tcp_thread *thread)
{
	struct tcp_change *change =
		atomic_exchange_explicit(&thread->change, NULL, memory_order_acquire);
	if (change == NULL)
		return;
	if (change->asker != NULL)
		take_router(thread, change);
	else
		close_doors(thread, change->accepts);
	sem_post(&change->done);
}

void tcp_thread_change(struct tcp_thread *thread, struct tcp_change *change)
{
	sem_init(&change->done, 0, 0);
	atomic_store_explicit(&thread->change, change, memory_order_release);
	eventfd_write(thread->wake_fd, 1);
	while (sem_wait(&change->done) != 0)
		;
	sem_destroy(&change->done);
}

void tcp_thread_close_doors(struct tcp_thread *thread, bool accepts)
{
	tcp_thread_change(thread, &(struct tcp_change){ .accepts = accepts });
}

/* ---- the end ---- */

static void look_for_end(struct tcp_thread *thread)
{
	enum { LOOKED_AFTER_MS = 5 };
	uint64_t now = clock_now_ns();
	if (thread->end_ns == 0)
		thread->end_ns = now + thread->patience_ms * UINT64_C(1000000);
	if (first_deadline(thread) == 0 || now >= thread->end_ns)
		event_base_loopbreak(thread->events);
	else
		event_add(thread->end, &(struct timeval){ .tv_usec = LOOKED_AFTER_MS * 1000 });
}

static void on_end(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	look_for_end(context);
}

/* ---- life ---- */

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct tcp_thread *thread = context;
	eventfd_t count;
	(void)what;
	eventfd_read(fd, &count);
	connections_take_deliveries(thread);
	take_change(thread);
	if (atomic_load_explicit(&thread->is_stopping, memory_order_acquire))
		look_for_end(thread);
}

static struct event_base *loop_new(void)
{
	struct event_config *config = event_config_new();
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK); /* others only write to wake_fd */
	struct event_base *events = event_base_new_with_config(config);
	event_config_free(config);
	return events;
}

struct tcp_thread *tcp_thread_new(struct router *router, struct tcp_clients *clients,
				  unsigned idle_ms, size_t buffered_most, struct error *error)
{
	struct event_base *events = loop_new();
	int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (events == NULL || wake_fd < 0) {
		error_set(error, "cannot make an event loop: %s", strerror(errno));
		if (events != NULL)
			event_base_free(events);
		return NULL;
	}
	struct tcp_thread *thread = mem_zalloc(sizeof(*thread));
	thread->events = events;
	thread->asker = asker_new(router);
	thread->clients = clients;
	thread->idle_ns = (uint64_t)(idle_ms > 0 ? idle_ms : TCP_IDLE_MS) * 1000000;
	thread->buffered_most = buffered_most;
	thread->input = mem_alloc(TCP_INPUT);
	thread->output = mem_alloc(TCP_OUTPUT);
	thread->wake_fd = wake_fd;
	thread->wake = event_new(events, wake_fd, EV_READ | EV_PERSIST, on_wake, thread);
	thread->clock = evtimer_new(events, on_clock, thread);
	thread->resume = evtimer_new(events, on_resume, thread);
	thread->end = evtimer_new(events, on_end, thread);
	event_add(thread->wake, NULL);
	return thread;
}

void tcp_thread_listen(struct tcp_thread *thread, const struct listener *listener, int fd)
{
	struct tcp_listening *listening = mem_zalloc(sizeof(*listening));
	listening->next = thread->listening;
	thread->listening = listening;
	listening->thread = thread;
	listening->listener = listener;
	listening->event = event_new(thread->events, fd, EV_READ | EV_PERSIST, on_connect, listening);
	event_add(listening->event, NULL);
}

static void close_one(struct connection *connection, const void *context)
{
	(void)context;
	connection_close(connection);
}

void *tcp_thread_run(void *context)
{
	struct tcp_thread *thread = context;
	answers_reader_start();
	router_begin_thread(thread->asker->router);
	answers_reader_offline();
	event_base_dispatch(thread->events);

	each_connection(thread, close_one, NULL);
	answers_reader_end();
	return NULL;
}

void tcp_thread_stop(struct tcp_thread *thread, unsigned patience_ms)
{
	thread->patience_ms = patience_ms;
	atomic_store_explicit(&thread->is_stopping, true, memory_order_release);
	eventfd_write(thread->wake_fd, 1);
}

void tcp_thread_free(struct tcp_thread *thread)
{
	if (thread == NULL)
		return;
	connections_take_deliveries(thread);
	while (thread->listening != NULL)
		listening_free(&thread->listening);
	free_with_socket(thread->wake);
	event_free(thread->clock);
	event_free(thread->resume);
	event_free(thread->end);
	event_base_free(thread->events);
	asker_free(thread->asker);
	while (thread->queues != NULL) {
		struct tcp_queue *queue = thread->queues;
		thread->queues = queue->next;
		mem_free(queue);
	}
	mem_free(thread->input);
	mem_free(thread->output);
	mem_free(thread);
}
