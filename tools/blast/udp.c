/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in batches, both ways. The arrays are laid out once; a batch changes sizes only. */
#include "load.h"

#include "query.h"
#include "watch.h"

#include <errno.h>
#include <sys/uio.h>

enum { BATCH = 64, REPLY_MAX = 4096 };

static uint8_t queries[BATCH][QUERY_MAX];
static struct iovec query_part[BATCH];
static struct mmsghdr query_message[BATCH];
static uint8_t replies[BATCH][REPLY_MAX];
static struct iovec reply_part[BATCH];
static struct mmsghdr reply_message[BATCH];

static void udp_open(struct load *load, struct lane *lane)
{
	lane->fd = load_socket(load, SOCK_DGRAM, (uint32_t)(lane - load->lane));
	for (uint32_t i = 0; i < BATCH; i++) {
		query_part[i].iov_base = queries[i];
		query_message[i].msg_hdr.msg_iov = &query_part[i];
		query_message[i].msg_hdr.msg_iovlen = 1;
		reply_part[i] = (struct iovec){ replies[i], REPLY_MAX };
		reply_message[i].msg_hdr.msg_iov = &reply_part[i];
		reply_message[i].msg_hdr.msg_iovlen = 1;
	}
}

static uint32_t udp_send(struct load *load, struct lane *lane, uint32_t count)
{
	uint32_t sent = 0;

	for (uint32_t i = 0; i < count; i++)
		query_part[i].iov_len = load_compose(load, lane, queries[i]);
	while (sent < count) {
		int done = sendmmsg(lane->fd, query_message + sent, count - sent, 0);
		if (done > 0) {
			sent += (uint32_t)done;
			continue;
		}
		/* ECONNREFUSED tells of an earlier datagram; what is not sent now counts as lost. */
		load->tally.errors++;
		if (errno != ECONNREFUSED)
			break;
	}
	return count;
}

static void udp_receive(struct load *load, struct lane *lane)
{
	int count = recvmmsg(lane->fd, reply_message, BATCH, MSG_DONTWAIT, NULL);

	if (count < 0) {
		load->tally.errors += errno != EAGAIN;
		return;
	}
	uint64_t now_ns = watch_now_ns();
	for (int i = 0; i < count; i++)
		load_take(load, lane, replies[i], reply_message[i].msg_len, now_ns);
}

const struct transport transport_udp = { udp_open, udp_send, udp_receive };
