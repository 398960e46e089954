/* SPDX-License-Identifier: Apache-2.0 */
#include "holding.h"

#include <string.h>

/* ---- who keeps something, in the order in which they began ---- */

static void join(struct connection *connection)
{
	struct tcp_holders *holders = &connection->thread->holders;
	if (connection->is_holder)
		return;
	connection->is_holder = true;
	connection->held_before = holders->newest;
	connection->held_after = NULL;
	*(holders->newest != NULL ? &holders->newest->held_after : &holders->oldest) = connection;
	holders->newest = connection;
}

static void leave(struct connection *connection)
{
	struct tcp_holders *holders = &connection->thread->holders;
	struct connection *before = connection->held_before, *after = connection->held_after;
	*(before != NULL ? &before->held_after : &holders->oldest) = after;
	*(after != NULL ? &after->held_before : &holders->newest) = before;
	connection->is_holder = false;
}

void holding_settle(struct connection *connection)
{
	if (connection->is_holder && connection->input == NULL && connection->output == NULL)
		leave(connection);
}

/* ---- room ---- */

static bool make_room(const struct connection *asking, size_t size)
{
	struct tcp_thread *thread = asking->thread;
	while (size > thread->buffered_most - thread->buffered) {
		struct connection *oldest = thread->holders.oldest;
		if (oldest == asking)
			oldest = asking->held_after;
		if (oldest == NULL || thread->keeps_all)
			return false;
		connection_cut(oldest);
	}
	return true;
}

bool holding_keep(struct connection *connection, uint8_t **held, uint32_t *ret_size,
		  const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return true;
	if (!make_room(connection, size))
		return false;
	*held = mem_copy(bytes, size);
	*ret_size = (uint32_t)size;
	connection->thread->buffered += size;
	join(connection);
	return true;
}

bool holding_append(struct connection *connection, const uint8_t *bytes, size_t size)
{
	if (!make_room(connection, size))
		return false;
	connection->output = mem_realloc(connection->output, connection->output_size + size);
	memcpy(connection->output + connection->output_size, bytes, size);
	connection->output_size += (uint32_t)size;
	connection->thread->buffered += size;
	return true;
}

void holding_drop(struct connection *connection, uint8_t **held, uint32_t *size)
{
	mem_free(*held);
	connection->thread->buffered -= *size;
	*held = NULL;
	*size = 0;
}
