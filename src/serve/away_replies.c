/* SPDX-License-Identifier: Apache-2.0 */
/* Replies to datagrams, sent in one call for all that the loop has seen to in one turn: an event
 * made active while others run is run after them. */
#include <string.h>

#include "away_parts.h"

enum { REPLIES_MOST = 64, REPLY_ROOM = 2 + DNS_MESSAGE_MAX };

struct away_reply {
	struct router *router; /* stays, and its sockets with it, until the reply is out */
	int fd;
	struct sockaddr_in6 address;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MOST];
};

struct away_replies {
	struct event *turn_end;
	unsigned count;
	size_t used; /* of the room */
	tally_cell unsent;
	struct away_reply replies[REPLIES_MOST];
	struct mmsghdr messages[REPLIES_MOST];
	struct iovec buffers[REPLIES_MOST];
	uint8_t room[2 * REPLY_ROOM];
};

static void on_turn_end(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	away_replies_flush(context);
}

struct away_replies *away_replies_new(struct event_base *events)
{
	struct away_replies *replies = mem_zalloc(sizeof(*replies));
	replies->turn_end = evtimer_new(events, on_turn_end, replies);
	return replies;
}

void away_replies_free(struct away_replies *replies)
{
	if (replies == NULL)
		return;
	event_free(replies->turn_end);
	mem_free(replies);
}

uint8_t *away_replies_room(struct away_replies *replies)
{
	if (replies->count == REPLIES_MOST || replies->used > REPLY_ROOM)
		away_replies_flush(replies);
	return replies->room + replies->used;
}

void away_replies_send(struct away_replies *replies, const struct errand *errand, size_t size)
{
	unsigned number = replies->count++;
	struct away_reply *reply = &replies->replies[number];
	reply->router = errand->router;
	reply->fd = errand->fd;
	reply->address = errand->address;
	memcpy(reply->control, errand->control, errand->control_size);
	replies->buffers[number] = (struct iovec){ replies->room + replies->used + 2, size };
	replies->messages[number].msg_hdr = (struct msghdr){
		.msg_name = &reply->address,
		.msg_namelen = errand->address_size,
		.msg_iov = &replies->buffers[number],
		.msg_iovlen = 1,
		.msg_control = errand->control_size > 0 ? reply->control : NULL,
		.msg_controllen = errand->control_size,
	};
	replies->used += 2 + size;
	atomic_fetch_add_explicit(&reply->router->errands, 1, memory_order_relaxed);
	if (number == 0)
		event_active(replies->turn_end, EV_TIMEOUT, 0);
}

static void send_run(struct away_replies *replies, unsigned first, unsigned end)
{
	while (first < end) {
		int sent = sendmmsg(replies->replies[first].fd, replies->messages + first,
				    end - first, MSG_DONTWAIT);
		if (sent <= 0)
			tally_add(&replies->unsent, 1); /* this one cannot go there; the others may */
		first += sent > 0 ? (unsigned)sent : 1;
	}
}

void away_replies_flush(struct away_replies *replies)
{
	unsigned count = replies->count;
	for (unsigned first = 0, end; first < count; first = end) {
		end = first + 1;
		while (end < count && replies->replies[end].fd == replies->replies[first].fd)
			end++;
		send_run(replies, first, end);
	}
	for (unsigned i = 0; i < count; i++)
		atomic_fetch_sub_explicit(&replies->replies[i].router->errands, 1,
					  memory_order_release);
	replies->count = 0;
	replies->used = 0;
}

uint64_t away_replies_unsent(const struct away_replies *replies)
{
	return tally_count(&replies->unsent);
}
