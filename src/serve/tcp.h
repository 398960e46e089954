/* SPDX-License-Identifier: Apache-2.0 */
/* tcp -- connections: framing, pipelining and limits (private to the stage).
 *
 *   event loop --accept--> connection --whole messages--> question_answer
 *                             client <--one send per read--
 *
 * A thread has one buffer for reading and one for writing, shared by its connections. A connection
 * has memory of its own only while a message is incomplete or its client does not read. */
#ifndef KNAMED_SERVE_TCP_H
#define KNAMED_SERVE_TCP_H

#include <semaphore.h>
#include <stdatomic.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "query.h"

/* A node cache opens a connection per query in flight, by default at most 1,000: a client may have
 * a few more. All of them together may take 6 MB of ours and some 80 MB of the kernel's, which fits
 * the memory limit that CoreDNS is usually given; RLIMIT_NOFILE may say less. */
enum { TCP_CONNECTIONS = 20000, TCP_PER_CLIENT = 1024 };

enum {
	TCP_IDLE_MS = 10000,   /* without a whole query for so long it is closed, as in CoreDNS */
	TCP_QUERY_MOST = 4096, /* a question and options; larger ones are not queries */
	TCP_INPUT = 16 * 1024, /* one read */
	TCP_REPLY_MOST = 2 + DNS_MESSAGE_MAX,
	TCP_OUTPUT = 2 * TCP_REPLY_MOST,
	TCP_OUTGOING = 4,	 /* zones on their way at once, in each thread */
	TCP_BUFFERED = 16 << 20, /* what clients that do not read may hold, over all threads */
};

/* Who is connected, over all threads. */
struct tcp_clients;
enum tcp_admission { TCP_ADMITTED, TCP_FULL, TCP_CLIENT_FULL };
struct tcp_clients *tcp_clients_new(unsigned most, unsigned per_client);
void tcp_clients_free(struct tcp_clients *clients);
enum tcp_admission tcp_clients_admit(struct tcp_clients *clients, const struct ip *ip);
void tcp_clients_leave(struct tcp_clients *clients, const struct ip *ip);
unsigned tcp_clients_count(struct tcp_clients *clients);

/* A reply that comes later than its question. */
struct delivery {
	struct delivery *next;
	struct connection *connection;
	size_t size;
	uint8_t bytes[];
};

struct tcp_listening {
	struct tcp_listening *next;
	struct event *event;
	struct tcp_thread *thread;
	const struct listener *listener;
};

/* What the control thread wants of the thread; it waits. Either the thread goes on with another
 * asker, or the same, and has more sockets, for listeners of its router; or it takes nothing more.
 */
struct tcp_change {
	struct asker *asker; /* NULL: nothing more is to be taken */
	bool accepts;	     /* then: but who waits to be accepted */
	const struct tcp_socket {
		const struct listener *listener;
		int fd;
	} * sockets;
	size_t socket_count;
	sem_t done; /* another asker: the one before is free, and nothing of its router is looked at */
};

/* Connections with the same patience, by deadline: that is the order of their last success. */
struct tcp_queue {
	struct tcp_queue *next;
	uint64_t patience_ns;
	struct connection *oldest, *newest;
};

/* Connections that keep something in memory, in the order in which they began. */
struct tcp_holders {
	struct connection *oldest, *newest;
};

struct tcp_thread {
	struct event_base *events;
	struct asker *asker;
	struct tcp_clients *clients;
	struct tcp_listening *listening;
	_Atomic(struct tcp_change *) change;
	struct event *wake, *clock, *resume, *end;
	uint64_t alarm_ns; /* when the clock goes off; 0: not at all */
	int wake_fd;
	atomic_bool is_stopping;
	bool is_closed;			  /* nothing is accepted any more, and each may ask once */
	unsigned patience_ms;		  /* when it is stopping */
	uint64_t end_ns;		  /* of it; 0: not yet */
	_Atomic(struct delivery *) inbox; /* replies of the away thread */
	struct tcp_queue *queues;	  /* all connections are in one of them */
	uint64_t idle_ns;
	unsigned outgoing_count;	/* connections with one */
	size_t buffered, buffered_most; /* octets that connections hold */
	struct tcp_holders holders;
	bool keeps_all;		 /* connections are gone through: none gives way to another now */
	tally_cell refused, cut; /* connections turned away; closed for their client's sake or ours */
	uint8_t *input, *output;
};

/* `idle_ms` 0: the default. NULL and error if the process has no files left. */
struct tcp_thread *tcp_thread_new(struct router *router, struct tcp_clients *clients,
				  unsigned idle_ms, size_t buffered_most, struct error *error);
/* Takes the socket. */
void tcp_thread_listen(struct tcp_thread *thread, const struct listener *listener, int fd);
void *tcp_thread_run(void *context); /* the thread */
/* The caller waits until it is done. */
void tcp_thread_change(struct tcp_thread *thread, struct tcp_change *change);
/* Answers what has come by now, and then only who has not asked yet. Replies that are owed go out later. While it runs. */
void tcp_thread_close_doors(struct tcp_thread *thread, bool accepts);
/* What is still owed has been delivered. Who does not read, or has not asked, is waited for so long. */
void tcp_thread_stop(struct tcp_thread *thread, unsigned patience_ms);
/* Some connection has waited long enough then. */
void tcp_clock_arm(struct tcp_thread *thread, uint64_t deadline_ns);
void tcp_thread_free(struct tcp_thread *thread);

/* ---- connection.c ---- */
struct connection {
	struct event event;
	struct tcp_thread *thread;
	const struct listener *listener;
	struct tcp_queue *queue;
	struct connection *older, *newer; /* in the queue */
	uint64_t deadline_ns;
	uint8_t *input, *output; /* NULL: nothing is held */
	uint32_t input_size, output_size, output_sent;
	struct connection *held_before, *held_after; /* of the holders, as long as it is one */
	bool is_holder;
	bool has_ended;		   /* the client will send no more */
	bool is_closed;		   /* what is left waits for replies that nobody will read */
	uint32_t owed;		   /* replies that the away thread will bring */
	uint32_t asked;		   /* queries so far */
	struct outgoing *outgoing; /* a zone on its way: until then no question is read; NULL: none */
	struct packet_info info;
};
void connection_open(struct tcp_thread *thread, const struct listener *listener, int fd,
		     const struct sockaddr *client);
/* Reads all that has come, then no more but from who has not asked yet. May close it. */
void connection_part(struct connection *connection);
void connection_close(struct connection *connection);
void connection_cut(struct connection *connection); /* closed though in order, which is counted */
/* Its listener is another one of the same place; NULL: none is left, it ends with its last reply. */
void connection_move(struct connection *connection, const struct listener *listener);
/* One of its questions is on an errand. Its own thread. */
void connection_owe(struct connection *connection);
/* The away thread: a reply with its length, or nothing (size 0). Once for each that is owed. */
void connection_deliver(struct connection *connection, const uint8_t *bytes, size_t size);
void connections_take_deliveries(struct tcp_thread *thread);
/* Closes the one that has asked nothing for longest and is owed nothing; false if there is none. */
bool connection_evict(struct tcp_thread *thread);

#endif
