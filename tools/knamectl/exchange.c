/* SPDX-License-Identifier: Apache-2.0 */
/* Asking, and waiting for the reply to just this question. */
#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 2 };

size_t exchange_write(const struct exchange_question *question, uint8_t ret_packet[EXCHANGE_QUERY_MOST])
{
	struct dns_writer writer = { ret_packet, ret_packet, ret_packet + EXCHANGE_QUERY_MOST };
	uint16_t id;
	random_bytes(&id, sizeof(id));
	write_u16(&writer, id);
	write_u16(&writer, question->flags & (FLAG_RD | FLAG_CD | FLAG_AD));
	write_u16(&writer, 1);
	write_u32(&writer, 0);
	write_u16(&writer, question->edns ? 1 : 0);
	write_name(&writer, question->name);
	write_u16(&writer, question->type);
	write_u16(&writer, question->class_);
	if (question->edns) {
		write_u8(&writer, 0);
		write_u16(&writer, TYPE_OPT);
		write_u16(&writer, DNS_UDP_DEFAULT);
		write_u32(&writer, question->dnssec_ok ? 0x8000 : 0);
		write_u16(&writer, 0);
	}
	return (size_t)(writer.at - ret_packet);
}

/* ---- sockets ---- */

static int left_ms(uint64_t end_ns)
{
	uint64_t now = clock_now_ns();
	return now >= end_ns ? 0 : (int)((end_ns - now) / 1000000) + 1;
}

static bool wait_for(int fd, short events, uint64_t end_ns)
{
	struct pollfd wanted = { .fd = fd, .events = events };
	return poll(&wanted, 1, left_ms(end_ns)) == 1;
}

static int connect_to(const struct server_address *server, int kind, uint64_t end_ns)
{
	struct sockaddr_storage address;
	socklen_t size = ip_to_sockaddr(&server->ip, server->port, &address);
	int fd = socket(address.ss_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), problem = 0;
	socklen_t problem_size = sizeof(problem);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, size) != 0 &&
	    (errno != EINPROGRESS || !wait_for(fd, POLLOUT, end_ns) ||
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &problem_size) != 0 || problem != 0)) {
		errno = problem != 0 ? problem : errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_reply(const struct exchange_question *question, const uint8_t *query,
		     struct exchange_reply *reply)
{
	return dns_message_read(reply->packet, reply->size, &reply->message) &&
	       reply->message.id == get_u16(query) &&
	       dns_message_asks(&reply->message, question->name, false, question->type,
				question->class_);
}

/* Datagrams that answer something else are passed over. */
static bool hear_udp(int fd, const struct exchange_question *question, const uint8_t *query,
		     uint64_t end_ns, struct exchange_reply *reply)
{
	while (wait_for(fd, POLLIN, end_ns)) {
		ssize_t size = recv(fd, reply->packet, sizeof(reply->packet), 0);
		if (size < 0 && errno != EAGAIN)
			return false;
		reply->size = size > 0 ? (size_t)size : 0;
		if (is_reply(question, query, reply))
			return true;
	}
	errno = ETIMEDOUT;
	return false;
}

static bool read_all(int fd, uint8_t *bytes, size_t size, uint64_t end_ns)
{
	for (size_t done = 0; done < size;) {
		if (!wait_for(fd, POLLIN, end_ns))
			return false;
		ssize_t got = recv(fd, bytes + done, size - done, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool ask_tcp(const struct server_address *server, const struct exchange_question *question,
		    const uint8_t *query, size_t size, uint64_t end_ns, struct exchange_reply *reply)
{
	uint8_t framed[2 + EXCHANGE_QUERY_MOST], head[2];
	int fd = connect_to(server, SOCK_STREAM, end_ns);
	if (fd < 0)
		return false;
	put_u16(framed, (uint16_t)size);
	memcpy(framed + 2, query, size);
	reply->sent++;
	bool good = send(fd, framed, size + 2, MSG_NOSIGNAL) == (ssize_t)size + 2 &&
		    read_all(fd, head, sizeof(head), end_ns);
	reply->size = good ? get_u16(head) : 0;
	good = good && read_all(fd, reply->packet, reply->size, end_ns) &&
	       is_reply(question, query, reply);
	close(fd);
	return good;
}

static bool ask_udp(const struct server_address *server, const struct exchange_question *question,
		    const uint8_t *query, size_t size, uint64_t end_ns, struct exchange_reply *reply)
{
	int fd = connect_to(server, SOCK_DGRAM, end_ns);
	reply->sent += fd >= 0;
	bool good = fd >= 0 && send(fd, query, size, 0) == (ssize_t)size &&
		    hear_udp(fd, question, query, end_ns, reply);
	int problem = errno;
	if (fd >= 0)
		close(fd);
	errno = problem;
	return good;
}

bool exchange_ask(const struct server_address *server, const struct exchange_question *question,
		  unsigned timeout_ms, struct exchange_reply *reply, struct error *error)
{
	uint8_t query[EXCHANGE_QUERY_MOST];
	char text[SERVER_ADDRESS_SIZE];
	bool good = false;
	reply->is_tcp = false;
	reply->sent = 0;
	for (unsigned i = 0; !good && i < TRIES; i++) {
		size_t size = exchange_write(question, query);
		uint64_t begin = clock_now_ns(), end = begin + timeout_ms * UINT64_C(1000000);
		good = ask_udp(server, question, query, size, end, reply);
		if (good && (reply->message.flags & FLAG_TC) != 0) {
			reply->is_tcp = true;
			good = ask_tcp(server, question, query, size, end, reply);
		}
		reply->took_ns = clock_now_ns() - begin;
	}
	server_address_print(server, text);
	return good || error_set(error, "no reply from %s: %s", text, strerror(errno));
}
