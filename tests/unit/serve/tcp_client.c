/* SPDX-License-Identifier: Apache-2.0 */
#include "tcp_client.h"

struct world *tcp_world(void)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "test.");
	struct text lines = { 0 };
	world_add_word(&block->bind, "127.0.0.1");
	for (unsigned i = 0; i < 3000; i++)
		text_printf(&lines, "big.test. 60 IN A 10.0.%u.%u\n", i / 256, i % 256);
	text_add(&lines, "a.test. 60 IN A 192.0.2.1");
	world_file(world, block, "test.", lines.data);
	text_done(&lines);
	return world;
}

int tcp_open(const struct world *world)
{
	return client_open(world, "127.0.0.1", SOCK_STREAM);
}

bool tcp_asks(int fd, uint16_t id)
{
	return client_asks(fd, SOCK_STREAM, id, "a.test.", TYPE_A);
}

void tcp_send_all(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
		assert_true(sent > 0);
		at += sent;
		size -= (size_t)sent;
	}
}

size_t tcp_question(uint8_t *ret_framed, uint16_t id, const char *name)
{
	uint8_t packet[512];
	return client_frame(ret_framed, packet, client_question(packet, id, name, TYPE_A));
}
