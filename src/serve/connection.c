/* SPDX-License-Identifier: Apache-2.0 */
/* One TCP connection (RFC 7766). All queries of one read are answered with one send. A client that does not read its
 * replies is not read from either; what it may hold and for how long is bounded. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "deadline.h"
#include "holding.h"
#include "outgoing.h"

/* ---- zones on their way ---- */

static void take_outgoing(struct connection *connection)
{
	struct asker *asker = connection->thread->asker;
	if (asker->outgoing == NULL)
		return;
	connection->outgoing = asker->outgoing;
	asker->outgoing = NULL;
	connection->thread->outgoing_count++;
}

static void drop_outgoing(struct connection *connection, bool is_whole)
{
	struct tcp_thread *thread = connection->thread;
	if (connection->outgoing == NULL)
		return;
	outgoing_say(connection->outgoing, is_whole, thread->asker->ring);
	if (thread->asker->ring != NULL)
		log_ring_flush(thread->asker->ring);
	outgoing_free(connection->outgoing);
	connection->outgoing = NULL;
	thread->outgoing_count--;
}

/* Nothing more is to be read or said. */
static bool is_over(const struct connection *connection)
{
	return connection->has_ended && connection->owed == 0 && connection->outgoing == NULL;
}

/* ---- its end ---- */

void connection_close(struct connection *connection)
{
	struct tcp_thread *thread = connection->thread;
	drop_outgoing(connection, false);
	event_del(&connection->event);
	close(event_get_fd(&connection->event));
	deadline_leave(connection);
	holding_drop(connection, &connection->input, &connection->input_size);
	holding_drop(connection, &connection->output, &connection->output_size);
	holding_settle(connection);
	tcp_clients_leave(thread->clients, &connection->info.client);
	connection->is_closed = true;
	if (connection->owed == 0)
		mem_free(connection);
}

void connection_cut(struct connection *connection)
{
	tally_add(&connection->thread->cut, 1);
	connection_close(connection);
}

bool connection_evict(struct tcp_thread *thread)
{
	struct connection *idle = deadlines_find_idle(thread);
	if (idle != NULL)
		connection_cut(idle);
	return idle != NULL;
}

/* ---- writing ---- */

static void on_ready(evutil_socket_t fd, short what, void *context);

static void wait_for(struct connection *connection, short what)
{
	int fd = event_get_fd(&connection->event);
	event_del(&connection->event);
	event_assign(&connection->event, connection->thread->events, fd, (short)(what | EV_PERSIST),
		     on_ready, connection);
	event_add(&connection->event, NULL);
}

enum sent { SENT_ALL, SENT_PART, SENT_FAILED };

/* Sends; what the socket does not take now is held and waited for. */
static enum sent connection_send(struct connection *connection, const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return SENT_ALL;
	ssize_t sent =
		send(event_get_fd(&connection->event), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return SENT_FAILED;
	size_t taken = sent > 0 ? (size_t)sent : 0;
	if (taken == size)
		return SENT_ALL;
	if (!holding_keep(connection, &connection->output, &connection->output_size, bytes + taken,
			  size - taken))
		return SENT_FAILED;
	connection->output_sent = 0;
	wait_for(connection, EV_WRITE);
	deadline_for_reader(connection);
	return SENT_PART;
}

/* ---- answering ---- */

/* What one go over the input came to. */
struct progress {
	size_t taken;	/* octets of the input that are done with */
	bool is_broken; /* what follows is no query, or one too many */
	bool has_replied;
	enum sent sent;
};

/* The size of the next message with its length, if it is there as a whole; 0: not yet. */
static size_t next_message(const uint8_t *input, size_t size, bool *ret_is_broken)
{
	if (size < 2)
		return 0;
	size_t message = get_u16(input);
	*ret_is_broken = message < DNS_HEADER_SIZE || message > TCP_QUERY_MOST;
	return *ret_is_broken || size - 2 < message ? 0 : 2 + message;
}

/* `maxtcpqueries`: this query is the last one. */
static bool is_last_query(struct connection *connection)
{
	const struct listener *listener = connection->listener; /* NULL: its own is gone */
	uint32_t most = listener != NULL ? listener->timeouts.queries_most : 0;
	return ++connection->asked >= most && most > 0;
}

static struct progress answer_messages(struct connection *connection, const uint8_t *input, size_t size)
{
	struct tcp_thread *thread = connection->thread;
	struct progress progress = { .sent = SENT_ALL };
	size_t filled = 0;
	for (size_t message;
	     progress.sent == SENT_ALL && !progress.is_broken && connection->outgoing == NULL;
	     progress.taken += message) {
		message = next_message(input + progress.taken, size - progress.taken,
				       &progress.is_broken);
		if (message == 0)
			break;
		progress.is_broken = is_last_query(connection);
		uint8_t *reply = thread->output + filled;
		thread->asker->takes_outgoing = thread->outgoing_count < TCP_OUTGOING;
		size_t reply_size =
			question_answer(thread->asker, &connection->info,
					input + progress.taken + 2, message - 2, reply + 2);
		take_outgoing(connection);
		if (reply_size == 0)
			continue;
		put_u16(reply, (uint16_t)reply_size);
		progress.has_replied = true;
		filled += 2 + reply_size;
		if (filled > TCP_OUTPUT - TCP_REPLY_MOST) {
			progress.sent = connection_send(connection, thread->output, filled);
			filled = 0;
		}
	}
	if (progress.sent == SENT_ALL)
		progress.sent = connection_send(connection, thread->output, filled);
	return progress;
}

/* Answers what is whole of the `size` octets in the thread's input, holds the rest. False: it is closed. */
static bool connection_answer(struct connection *connection, size_t size)
{
	struct tcp_thread *thread = connection->thread;
	answers_reader_online();
	asker_begin(thread->asker, connection->listener);
	thread->asker->way_back.connection = connection;
	struct progress progress = answer_messages(connection, thread->input, size);
	asker_end(thread->asker);
	answers_reader_offline();

	bool is_last = (progress.is_broken || (connection->has_ended && progress.sent == SENT_ALL)) &&
		       connection->owed == 0 && connection->outgoing == NULL;
	if (progress.sent == SENT_FAILED || (is_last && progress.sent == SENT_ALL)) {
		connection_close(connection);
		return false;
	}
	if (progress.is_broken) { /* its replies are still on their way, but nothing more is read */
		connection->has_ended = true;
		progress.taken = size;
	}
	if (!holding_keep(connection, &connection->input, &connection->input_size,
			  thread->input + progress.taken, size - progress.taken)) {
		connection_cut(connection);
		return false;
	}
	holding_settle(connection);
	if (connection->outgoing != NULL && connection->output == NULL)
		wait_for(connection, EV_WRITE);
	else if (connection->has_ended && connection->output == NULL)
		event_del(&connection->event); /* nothing is read any more; replies are still owed */
	if (progress.has_replied && progress.sent == SENT_ALL)
		deadline_renew(connection);
	return true;
}

/* Brings what is held to the front of the thread's input. */
static size_t take_held_input(struct connection *connection)
{
	size_t size = connection->input_size;
	if (size > 0)
		memcpy(connection->thread->input, connection->input, size);
	holding_drop(connection, &connection->input, &connection->input_size);
	return size;
}

enum reading { READ_NOTHING, READ_SOME, READ_CLOSED };

static enum reading connection_read(struct connection *connection)
{
	struct tcp_thread *thread = connection->thread;
	size_t held = connection->input_size;
	ssize_t got = recv(event_get_fd(&connection->event), thread->input + held, TCP_INPUT - held,
			   MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return READ_NOTHING;
	if (got < 0) {
		connection_close(connection);
		return READ_CLOSED;
	}
	connection->has_ended = got == 0;
	bool is_open = connection_answer(connection, take_held_input(connection) + (size_t)got);
	return is_open ? READ_SOME : READ_CLOSED;
}

/* Everything is sent: goes on with what it had asked before. */
static void connection_go_on(struct connection *connection)
{
	deadline_renew(connection);
	if (connection->outgoing != NULL) {
		holding_settle(connection);
		return;
	}
	wait_for(connection, EV_READ);
	connection_answer(connection, take_held_input(connection));
}

/* The next message of a zone on its way, one each time that the client could take one: others get
 * their turn in between. */
static void connection_send_zone(struct connection *connection)
{
	struct tcp_thread *thread = connection->thread;
	size_t size;
	answers_reader_online();
	enum outgoing_step step = outgoing_next(connection->outgoing, thread->output + 2, &size);
	if (step == OUTGOING_LAST)
		drop_outgoing(connection, true);
	answers_reader_offline();
	if (step == OUTGOING_LOST) {
		connection_cut(connection);
		return;
	}
	put_u16(thread->output, (uint16_t)size);
	enum sent sent = connection_send(connection, thread->output, size > 0 ? 2 + size : 0);
	if (sent == SENT_FAILED)
		connection_close(connection);
	else if (sent == SENT_ALL && size > 0)
		connection_go_on(connection);
}

/* The client reads again: sends on. */
static void connection_write(struct connection *connection)
{
	if (connection->output == NULL) {
		connection_send_zone(connection);
		return;
	}
	const uint8_t *left = connection->output + connection->output_sent;
	size_t size = connection->output_size - connection->output_sent;
	ssize_t sent = send(event_get_fd(&connection->event), left, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		connection_close(connection);
		return;
	}
	connection->output_sent += (uint32_t)sent;
	if ((size_t)sent < size)
		return;
	holding_drop(connection, &connection->output, &connection->output_size);
	connection_go_on(connection);
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	const struct connection *connection = context;
	if ((what & EV_WRITE) != 0)
		connection_write(context);
	else if (connection->thread->is_closed)
		connection_part(context);
	else
		connection_read(context);
}

/* ---- another router ---- */

static struct ip local_address(const struct listener *listener, int fd);

/* What it has asked for was answered as far as it reads: only replies are still to go. */
static void connection_finish(struct connection *connection)
{
	connection->has_ended = true;
	if (connection->output == NULL && is_over(connection)) {
		connection_close(connection);
		return;
	}
	holding_drop(connection, &connection->input, &connection->input_size);
	holding_settle(connection);
	if (connection->output == NULL && connection->outgoing == NULL)
		event_del(&connection->event);
}

void connection_part(struct connection *connection)
{
	enum { READS_MOST = 64 }; /* who asks without end is not waited for */
	for (unsigned i = 0; i < READS_MOST && connection->output == NULL &&
			     connection->outgoing == NULL && !connection->has_ended;
	     i++) {
		enum reading reading = connection_read(connection);
		if (reading == READ_CLOSED)
			return;
		if (reading == READ_NOTHING)
			break;
	}
	bool has_asked = connection->asked > 0 && connection->input_size == 0;
	if (has_asked || !connection->thread->is_closed)
		connection_finish(connection);
}

/* A connection learns it once, for all its questions. */
static bool may_want_address(const struct listener *listener)
{
	return listener->wants_addresses || listener->asks_others;
}

void connection_move(struct connection *connection, const struct listener *listener)
{
	if (listener != NULL && may_want_address(listener) && !may_want_address(connection->listener))
		connection->info.local = local_address(listener, event_get_fd(&connection->event));
	connection->listener = listener;
	if (listener == NULL)
		connection_finish(connection);
}

/* ---- replies that come later ---- */

void connection_owe(struct connection *connection)
{
	connection->owed++;
}

void connection_deliver(struct connection *connection, const uint8_t *bytes, size_t size)
{
	struct tcp_thread *thread = connection->thread;
	struct delivery *delivery = mem_alloc(sizeof(*delivery) + size);
	delivery->connection = connection;
	delivery->size = size;
	memcpy(delivery->bytes, bytes, size);
	delivery->next = atomic_load_explicit(&thread->inbox, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&thread->inbox, &delivery->next, delivery,
						      memory_order_release, memory_order_relaxed))
		;
	eventfd_write(thread->wake_fd, 1);
}

/* Behind replies that the client has not read yet it waits its turn; a client for whom that is too
 * much does not read. */
static bool connection_put(struct connection *connection, const uint8_t *bytes, size_t size)
{
	if (connection->output == NULL)
		return connection_send(connection, bytes, size) != SENT_FAILED;
	return holding_append(connection, bytes, size);
}

static void take_delivery(struct delivery *delivery)
{
	struct connection *connection = delivery->connection;
	connection->owed--;
	if (connection->is_closed) {
		if (connection->owed == 0)
			mem_free(connection);
		return;
	}
	if (!connection_put(connection, delivery->bytes, delivery->size)) {
		connection_cut(connection);
		return;
	}
	if (connection->output != NULL)
		return;
	if (is_over(connection))
		connection_close(connection);
	else
		deadline_renew(connection);
}

void connections_take_deliveries(struct tcp_thread *thread)
{
	struct delivery *newest = atomic_exchange_explicit(&thread->inbox, NULL, memory_order_acquire);
	struct delivery *oldest = NULL;
	while (newest != NULL) {
		struct delivery *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest != NULL) {
		struct delivery *next = oldest->next;
		take_delivery(oldest);
		mem_free(oldest);
		oldest = next;
	}
}

/* ---- opening ---- */

/* The address that was asked: the listener's, or the socket's own where that is a wildcard. */
static struct ip local_address(const struct listener *listener, int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	if (!may_want_address(listener) || !place_is_wildcard(&listener->place) ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return listener->place.ip;
	return ip_of_sockaddr((struct sockaddr *)&address);
}

void connection_open(struct tcp_thread *thread, const struct listener *listener, int fd,
		     const struct sockaddr *client)
{
	struct ip ip = ip_of_sockaddr(client);
	enum tcp_admission admission = tcp_clients_admit(thread->clients, &ip);
	/* Another thread may be first to take the place. */
	while (admission == TCP_FULL && connection_evict(thread))
		admission = tcp_clients_admit(thread->clients, &ip);
	if (admission != TCP_ADMITTED) {
		tally_add(&thread->refused, 1);
		close(fd);
		return;
	}
	struct connection *connection = mem_zalloc(sizeof(*connection));
	connection->thread = thread;
	connection->listener = listener;
	connection->info = (struct packet_info){
		.client = ip,
		.client_port = ntohs(((const struct sockaddr_in *)client)->sin_port),
		.proto = PROTO_TCP,
		.local = local_address(listener, fd),
		.local_port = listener->place.port,
	};
	event_assign(&connection->event, thread->events, fd, EV_READ | EV_PERSIST, on_ready,
		     connection);
	event_add(&connection->event, NULL);
	deadline_join(connection, listener->timeouts.read_ms);
}
