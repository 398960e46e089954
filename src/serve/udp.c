/* SPDX-License-Identifier: Apache-2.0 */
/* The hot loop: recvmmsg, three stages over the batch, sendmmsg; no other system call, no lock, no
 * allocation.
 *
 * A reply is written over its query, so a message goes out with the buffer, the address and the
 * packet information that it came in with. */
#include "udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "query.h"
#include "relief.h"

enum {
	BATCH = 64,    /* more is no faster: the batch would leave the first cache */
	PACKET = 4096, /* bufsize's most; a longer query is cut and so malformed */
	/* At 4,096 all packets would begin in the same cache set and push each other out. */
	STRIDE = PACKET + 64,
	FULL_BATCHES = 16, /* in a row: perhaps more comes than can be answered */
	LAST_BATCHES = 64, /* how much of what the socket holds is answered at the end */
};

union control {
	struct cmsghdr head;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp_worker {
	int fd, family;
	bool has_packet_info;
	struct place place;
	_Atomic(struct asker *) shown; /* with its listener */
	struct asker *asker;	       /* of the batch at hand */
	atomic_bool is_stopping;
	tally_cell unsent;
	struct relief *relief; /* NULL: there is none */
	unsigned full_batches; /* in a row */
	struct mmsghdr messages[BATCH];
	struct iovec buffers[BATCH];
	union {
		struct sockaddr_in6 in6;
		struct sockaddr_in in;
		struct sockaddr any;
	} clients[BATCH];
	union control controls[BATCH];
	struct packet_info infos[BATCH];
	struct question questions[BATCH];
	uint8_t packets[BATCH][STRIDE];
};

/* ---- one message ---- */

/* Puts the message back as it was before it was used. */
static inline void message_reset(const struct udp_worker *worker, struct mmsghdr *message)
{
	message->msg_hdr.msg_iov->iov_len = PACKET;
	message->msg_hdr.msg_namelen = sizeof(worker->clients[0]);
	message->msg_hdr.msg_controllen = worker->has_packet_info ? sizeof(union control) : 0;
}

static inline uint8_t client_family(const struct sockaddr_in6 *client)
{
	return client->sin6_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&client->sin6_addr) ? 4 : 6;
}

/* The way back is the routing table's to choose, but for link-local addresses, which mean nothing
 * without an interface. */
static inline void forget_interface(struct cmsghdr *control)
{
	if (control->cmsg_level == IPPROTO_IP) {
		((struct in_pktinfo *)CMSG_DATA(control))->ipi_ifindex = 0;
		return;
	}
	struct in6_pktinfo *information = (struct in6_pktinfo *)CMSG_DATA(control);
	if (!IN6_IS_ADDR_LINKLOCAL(&information->ipi6_addr))
		information->ipi6_ifindex = 0;
}

static inline void message_read(struct udp_worker *worker, unsigned i)
{
	struct msghdr *header = &worker->messages[i].msg_hdr;
	struct packet_info *info = &worker->infos[i];
	struct question *question = &worker->questions[i];
	const struct sockaddr_in6 *client = header->msg_name;
	/* Nobody asks from port 0; a nameless message is not a message, but shutdown() waking us up. */
	if (header->msg_namelen == 0 || client->sin6_port == 0) {
		question->verdict = QUERY_DROP;
		question->is_looked_up = false;
		question->cache_probe.cache = NULL;
		return;
	}
	if (header->msg_controllen != 0)
		forget_interface(header->msg_control);
	info->client.family = client_family(client);
	if (asker_wants_addresses(worker->asker))
		way_back_addresses(header, &worker->asker->listener->place, info);
	question_read(worker->asker, question, info, header->msg_iov->iov_base,
		      worker->messages[i].msg_len);
}

/* ---- a flood ---- */

static void sample_batch(const struct udp_worker *worker, struct relief_gauge *gauge)
{
	for (unsigned i = 0; i < BATCH && relief_sample_is_wanted(gauge); i++) {
		struct ip client = ip_of_sockaddr(&worker->clients[i].any);
		relief_sample_add(gauge, &client);
	}
}

/* The socket had more than a batch, as it had before. */
static void on_full_batch(struct udp_worker *worker)
{
	struct relief_gauge *gauge = relief_gauge(worker->relief);
	tally_add(&gauge->full, 1);
	sample_batch(worker, gauge);
	if (++worker->full_batches % FULL_BATCHES == 0 &&
	    !atomic_load_explicit(&gauge->is_watched, memory_order_relaxed))
		relief_call(worker->relief);
}

static void watch_flood(struct udp_worker *worker, unsigned count)
{
	if (worker->relief == NULL)
		return;
	tally_add(&relief_gauge(worker->relief)->taken, count);
	if (count == BATCH)
		on_full_batch(worker);
	else
		worker->full_batches = 0;
}

/* ---- a batch ---- */

static void send_replies(struct udp_worker *worker, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		int sent = sendmmsg(worker->fd, worker->messages + done, count - done, MSG_DONTWAIT);
		if (sent > 0) {
			done += (unsigned)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			/* There is no room: the clients will ask again. */
			tally_add(&worker->unsent, count - done);
			return;
		} else if (errno != EINTR) {
			tally_add(&worker->unsent, 1); /* this one cannot go there; the others may */
			done++;
		}
	}
}

/* Writes the replies and brings the messages that have one to the front. */
static unsigned write_replies(struct udp_worker *worker, unsigned count)
{
	unsigned filled = 0;
	for (unsigned i = 0; i < count; i++) {
		struct iovec *buffer = worker->messages[i].msg_hdr.msg_iov;
		worker->asker->way_back.message = &worker->messages[i].msg_hdr;
		worker->asker->way_back.info = &worker->infos[i];
		size_t size = question_reply(worker->asker, &worker->questions[i], buffer->iov_base);
		if (size == 0)
			continue;
		buffer->iov_len = size;
		if (i != filled) {
			struct mmsghdr message = worker->messages[i];
			worker->messages[i] = worker->messages[filled];
			worker->messages[filled] = message;
		}
		filled++;
	}
	return filled;
}

/* Another one is there when the configuration was read again. */
static void take_asker(struct udp_worker *worker)
{
	struct asker *shown = atomic_load_explicit(&worker->shown, memory_order_acquire);
	if (shown != worker->asker)
		router_begin_thread(shown->router);
	worker->asker = shown;
}

static void answer_batch(struct udp_worker *worker, unsigned count)
{
	take_asker(worker);
	watch_flood(worker, count);
	asker_begin(worker->asker, worker->asker->listener);
	for (unsigned i = 0; i < count; i++)
		message_read(worker, i);
	for (unsigned i = 0; i < count; i++)
		question_match(&worker->questions[i]);
	unsigned replies = write_replies(worker, count);
	asker_end(worker->asker);
	send_replies(worker, replies);
	for (unsigned i = 0; i < count; i++)
		message_reset(worker, &worker->messages[i]);
}

/* An error here is not about one client; what stays broken must not become a busy loop. */
static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* What comes from now on is for other sockets of that address, where there are some: one that is connected, to itself,
 * takes nothing from others. It can still send, for where to is said with each message. */
static void step_back(const struct udp_worker *worker)
{
	struct sockaddr_storage own = { 0 };
	socklen_t size = sizeof(own);
	if (getsockname(worker->fd, (struct sockaddr *)&own, &size) != 0)
		return;
	if (connect(worker->fd, (struct sockaddr *)&own, size) == 0)
		return;
	struct sockaddr_in6 *own6 = (struct sockaddr_in6 *)&own;
	if (own.ss_family == AF_INET6 && place_is_wildcard(&worker->place)) /* no ::1 here */
		own6->sin6_addr = (struct in6_addr){
			.s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 }
		};
	if (connect(worker->fd, (struct sockaddr *)&own, size) != 0)
		return; /* then it shares with them until it is closed */
}

/* Answers what the socket holds. */
static void finish(struct udp_worker *worker)
{
	for (unsigned batches = 0; batches < LAST_BATCHES; batches++) {
		int count = recvmmsg(worker->fd, worker->messages, BATCH, MSG_DONTWAIT, NULL);
		if (count <= 0)
			break;
		answer_batch(worker, (unsigned)count);
	}
}

void *udp_worker_run(void *context)
{
	struct udp_worker *worker = context;
	answers_reader_start();
	take_asker(worker);
	while (!atomic_load_explicit(&worker->is_stopping, memory_order_relaxed)) {
		answers_reader_offline();
		int count = recvmmsg(worker->fd, worker->messages, BATCH, MSG_WAITFORONE, NULL);
		answers_reader_online();
		if (count > 0)
			answer_batch(worker, (unsigned)count);
		else if (count < 0 && errno != EINTR)
			rest();
	}
	step_back(worker);
	finish(worker);
	rest(); /* the kernel may have been about to give it one more */
	finish(worker);
	answers_reader_end();
	return NULL;
}

/* ---- life ---- */

static int family_of(int fd)
{
	int family = AF_INET;
	socklen_t size = sizeof(family);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	return family;
}

/* Not zeroed as a whole: a packet's pages cost memory when a batch first reaches them. */
struct udp_worker *udp_worker_new(struct router *router, const struct listener *listener, int fd)
{
	struct udp_worker *worker = mem_alloc(sizeof(*worker));
	worker->fd = fd;
	worker->family = family_of(fd);
	worker->has_packet_info = place_is_wildcard(&listener->place);
	worker->place = listener->place;
	struct asker *asker = asker_new(router);
	asker->listener = listener;
	asker->way_back.fd = fd;
	atomic_init(&worker->shown, asker);
	worker->asker = NULL;
	worker->relief = NULL;
	worker->full_batches = 0;
	atomic_init(&worker->is_stopping, false);
	atomic_init(&worker->unsent, 0);
	memset(worker->messages, 0, sizeof(worker->messages));
	memset(worker->infos, 0, sizeof(worker->infos));
	for (unsigned i = 0; i < BATCH; i++) {
		struct msghdr *header = &worker->messages[i].msg_hdr;
		worker->buffers[i].iov_base = worker->packets[i];
		header->msg_iov = &worker->buffers[i];
		header->msg_iovlen = 1;
		header->msg_name = &worker->clients[i];
		header->msg_control = worker->has_packet_info ? &worker->controls[i] : NULL;
		message_reset(worker, &worker->messages[i]);
		worker->infos[i].proto = PROTO_UDP;
	}
	return worker;
}

/* Shutting down an unconnected socket says ENOTCONN and still does what is wanted: whoever waits in
 * it wakes up, and nobody waits in it any more. What it holds can still be read. */
void udp_worker_stop(struct udp_worker *worker)
{
	atomic_store(&worker->is_stopping, true);
	shutdown(worker->fd, SHUT_RD);
}

void udp_worker_free(struct udp_worker *worker)
{
	if (worker == NULL)
		return;
	relief_free(worker->relief);
	close(worker->fd);
	asker_free(udp_worker_asker(worker));
	mem_free(worker);
}

bool udp_worker_relieve(struct udp_worker *worker, struct event_base *events, struct error *error)
{
	worker->relief = relief_new(events, worker->fd, error);
	return worker->relief != NULL;
}

unsigned udp_worker_held_back(const struct udp_worker *worker)
{
	return worker->relief != NULL ? relief_clients(worker->relief) : 0;
}

struct asker *udp_worker_asker(struct udp_worker *worker)
{
	return atomic_load_explicit(&worker->shown, memory_order_relaxed);
}

void udp_worker_show(struct udp_worker *worker, struct asker *asker)
{
	atomic_store_explicit(&worker->shown, asker, memory_order_release);
}

bool udp_worker_is_at(const struct udp_worker *worker, const struct place *place, int family)
{
	return worker->family == family && place_equal(&worker->place, place);
}

const struct listener *udp_worker_listener(const struct udp_worker *worker, const struct router *router)
{
	int families[LISTENER_FAMILIES];
	const struct listener *listener = router_listener(router, &worker->place);
	size_t count = listener != NULL ? listener_families(router, listener, families) : 0;
	for (size_t i = 0; i < count; i++)
		if (families[i] == worker->family)
			return listener;
	return NULL;
}

uint64_t udp_worker_unsent(const struct udp_worker *worker)
{
	return tally_count(&worker->unsent);
}

uint64_t udp_worker_missed(const struct udp_worker *worker)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(memory);
	return getsockopt(worker->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0
		       ? memory[SK_MEMINFO_DROPS]
		       : 0;
}
