/* SPDX-License-Identifier: Apache-2.0 */
#include "idle.h"

#include "load.h"
#include "pages.h"
#include "query.h"

#include <poll.h>
#include <unistd.h>

enum { ANSWER_WAIT_MS = 2000, ANSWER_MAX = 65537 };

static int *connections;

static bool is_ready(int fd, short events)
{
	struct pollfd wanted = { .fd = fd, .events = events };
	return poll(&wanted, 1, ANSWER_WAIT_MS) == 1 && (wanted.revents & events);
}

/* Asks the first question of the file and reads the whole answer. */
static bool answers(struct load *load, int fd, uint16_t id)
{
	static uint8_t answer[ANSWER_MAX];
	uint8_t query[2 + QUERY_MAX];
	size_t size = questions_write(&load->questions, 0, id, 0, query + 2), have = 0, wanted = 2;

	query[0] = (uint8_t)(size >> 8);
	query[1] = (uint8_t)size;
	if (!is_ready(fd, POLLOUT) || send(fd, query, 2 + size, MSG_NOSIGNAL) != (ssize_t)(2 + size))
		return false;
	while (have < wanted) {
		ssize_t got = is_ready(fd, POLLIN) ? recv(fd, answer + have, wanted - have, 0) : -1;
		if (got <= 0)
			return false;
		have += (size_t)got;
		if (have == 2)
			wanted = 2 + ((size_t)answer[0] << 8 | answer[1]);
	}
	return have >= 2 + QUERY_HEADER && answer[2] == (uint8_t)(id >> 8) && answer[3] == (uint8_t)id;
}

void idle_open(struct load *load)
{
	connections = pages_take((load->options->idle + 1) * sizeof *connections);
	for (uint32_t i = 0; i < load->options->idle; i++) {
		connections[i] = load_socket(load, SOCK_STREAM, i);
		if (!answers(load, connections[i], (uint16_t)i))
			load->tally.errors++;
		else
			load->tally.idle_opened++;
	}
}

void idle_close(struct load *load)
{
	for (uint32_t i = 0; i < load->options->idle; i++) {
		load->tally.idle_alive += answers(load, connections[i], (uint16_t)~i);
		close(connections[i]);
	}
}
