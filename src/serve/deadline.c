/* SPDX-License-Identifier: Apache-2.0 */
/* Connections with the same patience stand in one queue, by their last success: so the first one of
 * each queue is the next to be closed, and none has a timer of its own. */
#include "deadline.h"

void deadline_leave(struct connection *connection)
{
	struct tcp_queue *queue = connection->queue;
	*(connection->older != NULL ? &connection->older->newer : &queue->oldest) = connection->newer;
	*(connection->newer != NULL ? &connection->newer->older : &queue->newest) = connection->older;
}

/* There are as many as `timeouts` names different ones. */
static struct tcp_queue *queue_of(struct tcp_thread *thread, uint64_t patience_ns)
{
	struct tcp_queue *queue = thread->queues;
	while (queue != NULL && queue->patience_ns != patience_ns)
		queue = queue->next;
	if (queue != NULL)
		return queue;
	queue = mem_zalloc(sizeof(*queue));
	queue->patience_ns = patience_ns;
	queue->next = thread->queues;
	thread->queues = queue;
	return queue;
}

void deadline_join(struct connection *connection, uint64_t patience_ms)
{
	struct tcp_thread *thread = connection->thread;
	uint64_t patience_ns = patience_ms > 0 ? patience_ms * 1000000 : thread->idle_ns;
	struct tcp_queue *queue = queue_of(thread, patience_ns);
	connection->queue = queue;
	connection->deadline_ns = clock_now_ns() + patience_ns;
	connection->older = queue->newest;
	connection->newer = NULL;
	*(queue->newest != NULL ? &queue->newest->newer : &queue->oldest) = connection;
	queue->newest = connection;
	tcp_clock_arm(thread, connection->deadline_ns);
}

static struct config_timeouts timeouts_of(const struct connection *connection)
{
	static const struct config_timeouts none;
	return connection->listener != NULL ? connection->listener->timeouts : none;
}

void deadline_renew(struct connection *connection)
{
	deadline_leave(connection);
	deadline_join(connection, timeouts_of(connection).idle_ms);
}

void deadline_for_reader(struct connection *connection)
{
	uint64_t write_ms = timeouts_of(connection).write_ms;
	if (write_ms == 0)
		return;
	deadline_leave(connection);
	deadline_join(connection, write_ms);
}

/* Of those that are owed something, only the oldest are looked at: who fills all places must not
 * make us search for long. */
static struct connection *find_idle(const struct tcp_queue *queue)
{
	enum { LOOKED_AT = 64 };
	struct connection *connection = queue->oldest;
	for (unsigned i = 0; i < LOOKED_AT && connection != NULL; i++) {
		if (connection->output == NULL && connection->outgoing == NULL && connection->owed == 0)
			return connection;
		connection = connection->newer;
	}
	return NULL;
}

static uint64_t since_ns(const struct connection *connection)
{
	return connection->deadline_ns - connection->queue->patience_ns;
}

struct connection *deadlines_find_idle(const struct tcp_thread *thread)
{
	struct connection *found = NULL;
	for (const struct tcp_queue *queue = thread->queues; queue != NULL; queue = queue->next) {
		struct connection *connection = find_idle(queue);
		if (connection != NULL && (found == NULL || since_ns(connection) < since_ns(found)))
			found = connection;
	}
	return found;
}
