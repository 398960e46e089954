/* SPDX-License-Identifier: Apache-2.0 */
#include "handover.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "handover_message.h"
#include "knamed/observe.h"

static const char kind[] = "handover";

enum {
	PEERS_MOST = 16,
	VISITORS_MOST = 8,
	PATIENCE_MS = 500,
};

/* ---- others ---- */

struct peers {
	const char *own; /* is none of them */
	size_t count;
	char names[PEERS_MOST][LOCAL_NAME_SIZE];
};

static void add_peer(void *context, const char *name, uint64_t inode)
{
	struct peers *peers = context;
	(void)inode;
	if (peers->count < PEERS_MOST && strcmp(name, peers->own) != 0)
		memcpy(peers->names[peers->count++], name, strlen(name) + 1);
}

/* One that is there answers within some milliseconds; one that is frozen must not keep us. */
static int connect_to(const char *name)
{
	struct timeval patience = timeval_of_ms(PATIENCE_MS);
	struct sockaddr_un address;
	socklen_t size = local_name_address(name, &address);
	pid_t pid;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, size) == 0 && local_peer_is_ours(fd, &pid))
		return fd;
	close(fd);
	return -1;
}

static size_t ask_one(int fd, int *ret_fds, size_t room)
{
	struct handover_message message;
	int fds[HANDOVER_PIECE];
	size_t count = 0;
	if (!handover_send(fd, HANDOVER_WANT, 0, NULL, 0))
		return 0;
	while (handover_receive(fd, &message, fds) && message.kind == HANDOVER_HAVE &&
	       message.count > 0) {
		for (size_t i = 0; i < message.count; i++) {
			if (count < room)
				ret_fds[count++] = fds[i];
			else
				close(fds[i]);
		}
	}
	return count;
}

static bool has_port(const struct config *config, unsigned port)
{
	for (size_t i = 0; i < config->block_count; i++)
		for (size_t k = 0; k < config->blocks[i].address_count; k++)
			if (config->blocks[i].addresses[k].port == port)
				return true;
	return false;
}

/* A line of /proc/net/tcp. False: it is not about a socket that listens; the kernel lists those that do first. */
static bool read_listening(const char *line, unsigned *ret_port)
{
	char port[8], state[4];
	if (sscanf(line, "%*s %*[^:]:%7s %*s %3s", port, state) != 2)
		return false;
	*ret_port = (unsigned)strtoul(port, NULL, 16);
	return strtoul(state, NULL, 16) == TCP_LISTEN;
}

static bool is_listened_on(const struct config *config, const char *table)
{
	char line[256];
	unsigned port = 0;
	bool is_found = false;
	FILE *file = fopen(table, "re");
	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) != NULL) /* the head */
		while (!is_found && fgets(line, sizeof(line), file) != NULL &&
		       read_listening(line, &port))
			is_found = has_port(config, port);
	fclose(file);
	return is_found;
}

bool handover_ask(const struct config *config, int *ret_fds, size_t room, size_t *ret_count)
{
	struct peers peers = { .own = "" };
	bool is_beside = false;
	*ret_count = 0;
	if (!is_listened_on(config, "/proc/net/tcp") && !is_listened_on(config, "/proc/net/tcp6"))
		return false;
	local_names_each(kind, add_peer, &peers);
	for (size_t i = 0; i < peers.count; i++) {
		int fd = connect_to(peers.names[i]);
		if (fd < 0)
			continue;
		is_beside = true;
		*ret_count += ask_one(fd, ret_fds + *ret_count, room - *ret_count);
		close(fd);
	}
	return is_beside;
}

/* ---- who asks us ---- */

struct visitor {
	struct event event;
	struct handover *handover;
	pid_t pid;
	bool is_here;
};

struct handover {
	struct event_base *events;
	struct server *server;
	const struct probes *probes;
	char name[LOCAL_NAME_SIZE];
	struct event *listening;
	struct visitor visitors[VISITORS_MOST];
};

static void visitor_end(struct visitor *visitor)
{
	if (!visitor->is_here)
		return;
	event_del(&visitor->event);
	close(event_get_fd(&visitor->event));
	visitor->is_here = false;
}

static void say_sockets(const struct handover *handover, int fd)
{
	int fds[HANDOVER_SOCKETS];
	size_t count = server_sockets(handover->server, fds, HANDOVER_SOCKETS);
	for (size_t first = 0; first < count; first += HANDOVER_PIECE) {
		size_t piece = count - first < HANDOVER_PIECE ? count - first : HANDOVER_PIECE;
		if (!handover_send(fd, HANDOVER_HAVE, 0, fds + first, piece))
			return;
	}
	handover_send(fd, HANDOVER_HAVE, 0, NULL, 0);
}

static void take_sockets(const struct visitor *visitor, int fd, const int *fds, size_t count)
{
	const struct handover *handover = visitor->handover;
	struct text unready = { 0 };
	uint32_t taken = 0;
	bool is_ready = probes_is_ready(handover->probes, &unready);
	text_done(&unready);
	for (size_t i = 0; i < count && is_ready; i++)
		if (server_take_socket(handover->server, fds[i]))
			taken |= UINT32_C(1) << i;
	if (taken != 0)
		log_line(LOG_INFO, NULL, "Handover: going on with %d sockets of process %d",
			 __builtin_popcount(taken), (int)visitor->pid);
	handover_send(fd, HANDOVER_TAKEN, taken, NULL, 0);
}

static void on_message(evutil_socket_t fd, short what, void *context)
{
	struct visitor *visitor = context;
	struct handover_message message;
	int fds[HANDOVER_PIECE];
	if ((what & EV_TIMEOUT) != 0 || !handover_receive(fd, &message, fds)) {
		visitor_end(visitor);
		return;
	}
	if (message.kind == HANDOVER_WANT)
		say_sockets(visitor->handover, fd);
	else if (message.kind == HANDOVER_GIVE)
		take_sockets(visitor, fd, fds, message.count);
	handover_close_all(fds, message.count);
}

static void on_visitor(evutil_socket_t fd, short what, void *context)
{
	struct handover *handover = context;
	const struct timeval patience = timeval_of_ms(PATIENCE_MS);
	struct visitor *visitor = handover->visitors;
	(void)what;
	int connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (connection < 0)
		return;
	while (visitor < handover->visitors + VISITORS_MOST && visitor->is_here)
		visitor++;
	if (visitor == handover->visitors + VISITORS_MOST ||
	    !local_peer_is_ours(connection, &visitor->pid)) {
		close(connection);
		return;
	}
	visitor->is_here = true;
	visitor->handover = handover;
	event_assign(&visitor->event, handover->events, connection, EV_READ | EV_PERSIST,
		     on_message, visitor);
	event_add(&visitor->event, &patience);
}

/* ---- life ---- */

static int listen_at(const char *name)
{
	struct sockaddr_un address;
	socklen_t size = local_name_address(name, &address);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, PEERS_MOST) == 0)
		return fd;
	log_line(LOG_WARNING, NULL, "Handover: listen unix %s: %s", name, strerrordesc_np(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct handover *handover_open(struct event_base *events, struct server *server,
			       const struct probes *probes)
{
	struct handover *handover = mem_zalloc(sizeof(*handover));
	local_name_make(kind, handover->name);
	int fd = listen_at(handover->name);
	if (fd < 0) {
		mem_free(handover);
		return NULL;
	}
	handover->events = events;
	handover->server = server;
	handover->probes = probes;
	handover->listening = event_new(events, fd, EV_READ | EV_PERSIST, on_visitor, handover);
	event_add(handover->listening, NULL);
	return handover;
}

/* Two that leave at once do not wait for each other. */
static void close_door(struct handover *handover)
{
	if (handover->listening == NULL)
		return;
	close(event_get_fd(handover->listening));
	event_free(handover->listening);
	handover->listening = NULL;
	for (size_t i = 0; i < VISITORS_MOST; i++)
		visitor_end(&handover->visitors[i]);
}

/* Marks those that were taken. False: it cannot be asked any more. */
static bool give_piece(int fd, const int *fds, size_t count, bool *is_taken)
{
	struct handover_message message;
	int none[HANDOVER_PIECE];
	if (!handover_send(fd, HANDOVER_GIVE, 0, fds, count) || !handover_receive(fd, &message, none))
		return false;
	handover_close_all(none, message.count);
	for (size_t i = 0; i < count && message.kind == HANDOVER_TAKEN; i++)
		is_taken[i] |= (message.taken >> i & 1) != 0;
	return message.kind == HANDOVER_TAKEN;
}

static void give_to(const char *name, const int *fds, size_t count, bool *is_taken)
{
	int fd = connect_to(name);
	for (size_t first = 0; fd >= 0 && first < count; first += HANDOVER_PIECE) {
		size_t piece = count - first < HANDOVER_PIECE ? count - first : HANDOVER_PIECE;
		if (!give_piece(fd, fds + first, piece, is_taken + first))
			break;
	}
	if (fd >= 0)
		close(fd);
}

bool handover_give(struct handover *handover)
{
	bool is_taken[HANDOVER_SOCKETS] = { false };
	int fds[HANDOVER_SOCKETS];
	if (handover == NULL)
		return false;
	size_t count = server_sockets(handover->server, fds, HANDOVER_SOCKETS), taken = 0;
	close_door(handover);
	struct peers peers = { .own = handover->name };
	local_names_each(kind, add_peer, &peers);
	for (size_t i = 0; i < peers.count; i++)
		give_to(peers.names[i], fds, count, is_taken);
	for (size_t i = 0; i < count; i++)
		taken += is_taken[i];
	if (taken == count && count > 0)
		log_line(LOG_INFO, NULL, "Handover: another process goes on with all %zu sockets",
			 count);
	return taken == count && count > 0;
}

void handover_close(struct handover *handover)
{
	if (handover == NULL)
		return;
	close_door(handover);
	mem_free(handover);
}
