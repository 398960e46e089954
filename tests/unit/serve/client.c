/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <sched.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000 };

uint64_t now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Both protocols at once, so that no other program takes the one while we look at the other. */
uint16_t free_port(void)
{
	for (unsigned tries = 0; tries < 100; tries++) {
		struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
		socklen_t size = sizeof(address);
		int udp = socket(AF_INET6, SOCK_DGRAM, 0), tcp = socket(AF_INET6, SOCK_STREAM, 0);
		bool is_free = bind(udp, (struct sockaddr *)&address, size) == 0 &&
			       getsockname(udp, (struct sockaddr *)&address, &size) == 0 &&
			       bind(tcp, (struct sockaddr *)&address, size) == 0;
		close(udp);
		close(tcp);
		if (is_free)
			return ntohs(address.sin6_port);
	}
	fail_msg("no free port");
	return 0;
}

struct server *world_serve(struct world *world, struct serve_limits limits)
{
	struct error error;
	struct serve_options options = world_options(world);
	options.tcp = limits;
	world->info.local_port = free_port();
	for (size_t i = 0; i < world->block_count; i++)
		for (size_t j = 0; j < world->blocks[i].address_count; j++)
			world->blocks[i].addresses[j].port = world->info.local_port;
	answers_publish(world->answers);
	struct server *server = server_start(&options, &error);
	if (server == NULL)
		fail_msg("%s", error.text);
	return server;
}

struct server *world_serve_alone(struct world *world, struct serve_limits limits)
{
	cpu_set_t before, one;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	struct server *server = world_serve(world, limits);
	sched_setaffinity(0, sizeof(before), &before);
	return server;
}

bool world_comes_to_connections(struct world *world, unsigned count)
{
	char line[64];
	struct text text = { 0 };
	bool is_there = false;
	snprintf(line, sizeof(line), "\nknamed_tcp_connections %u\n", count);
	for (uint64_t begin = now_ms(); !is_there && now_ms() - begin < DEADLINE_MS;) {
		text_clear(&text);
		metrics_print(world->metrics, &text);
		is_there = strstr(text.data, line) != NULL;
		if (!is_there)
			poll(NULL, 0, 5);
	}
	text_done(&text);
	return is_there;
}

int client_open(const struct world *world, const char *address, int kind)
{
	struct ip ip;
	struct sockaddr_storage server;
	assert_true(ip_parse(address, &ip));
	socklen_t size = ip_to_sockaddr(&ip, world->info.local_port, &server);
	int fd = socket(server.ss_family, kind | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&server, size) != 0)
		fail_msg("connect %s: %s", address, strerror(errno));
	return fd;
}

size_t client_question(uint8_t ret_packet[512], uint16_t id, const char *name, uint16_t type)
{
	uint8_t size;
	memset(ret_packet, 0, DNS_HEADER_SIZE);
	put_u16(ret_packet, id);
	put_u16(ret_packet + 2, FLAG_RD);
	put_u16(ret_packet + 4, 1);
	assert_true(name_parse(name, ret_packet + DNS_HEADER_SIZE, &size));
	put_u16(ret_packet + DNS_HEADER_SIZE + size, type);
	put_u16(ret_packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	return DNS_HEADER_SIZE + size + 4u;
}

size_t client_frame(uint8_t *ret_framed, const uint8_t *packet, size_t size)
{
	put_u16(ret_framed, (uint16_t)size);
	memcpy(ret_framed + 2, packet, size);
	return 2 + size;
}

bool client_is_readable(int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	return poll(&waiting, 1, DEADLINE_MS) == 1;
}

ssize_t client_receive(int fd, uint8_t *ret_packet, size_t room)
{
	return client_is_readable(fd) ? recv(fd, ret_packet, room, 0) : 0;
}

static ssize_t receive_whole(int fd, uint8_t *bytes, size_t size)
{
	for (size_t have = 0; have < size;) {
		if (!client_is_readable(fd))
			return 0;
		ssize_t got = recv(fd, bytes + have, size - have, 0);
		if (got <= 0)
			return -1;
		have += (size_t)got;
	}
	return (ssize_t)size;
}

ssize_t client_receive_framed(int fd, uint8_t *ret_packet, size_t room)
{
	uint8_t length[2];
	ssize_t got = receive_whole(fd, length, sizeof(length));
	if (got <= 0)
		return got;
	assert_true(get_u16(length) <= room);
	return receive_whole(fd, ret_packet, get_u16(length));
}

bool client_sees_close(int fd)
{
	uint8_t bytes[4096];
	while (client_is_readable(fd))
		if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
			return true;
	return false;
}

bool client_asks(int fd, int kind, uint16_t id, const char *name, uint16_t type)
{
	uint8_t packet[512], framed[514], reply[65535];
	size_t size = client_question(packet, id, name, type);
	ssize_t got;
	if (kind == SOCK_STREAM) {
		size = client_frame(framed, packet, size);
		if (send(fd, framed, size, MSG_NOSIGNAL) != (ssize_t)size)
			return false;
		got = client_receive_framed(fd, reply, sizeof(reply));
	} else {
		if (send(fd, packet, size, 0) != (ssize_t)size)
			return false;
		got = client_receive(fd, reply, sizeof(reply));
	}
	return got >= DNS_HEADER_SIZE && get_u16(reply) == id &&
	       (get_u16(reply + 2) & 0x800f) == FLAG_QR;
}
