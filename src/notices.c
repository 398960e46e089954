/* SPDX-License-Identifier: Apache-2.0 */
/* Each notice has a connected socket of its own while it waits for its reply, so the kernel lets in
 * nobody but the one who was told. Only so many are under way at once; the others stand in a queue. */
#include "notices.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "knamed/dns.h"
#include "knamed/observe.h"

enum {
	UNDER_WAY_MOST = 64,
	TRIES = 3,
	FIRST_WAIT_MS = 2000, /* and twice as long after each try */
	KEY_SIZE = NAME_TEXT_SIZE + 2 * IP_TEXT_SIZE + IF_NAMESIZE + 16,
	WHERE_SIZE = IP_TEXT_SIZE + IF_NAMESIZE + 16,
};

struct notice {
	struct notice *next; /* in the queue */
	struct notices *notices;
	char zone[NAME_TEXT_SIZE];
	char where[WHERE_SIZE]; /* whom, as text */
	struct ip ip, source;
	uint16_t port;
	char link[IF_NAMESIZE];
	struct event *event; /* NULL: it stands in the queue */
	bool is_again;	     /* the zone has changed since it was sent */
	uint16_t id;
	unsigned tries;
	uint64_t deadline_ns;
	int trouble; /* errno of the last try; 0: none */
};

struct notices {
	struct event_base *events;
	struct event *start; /* sends what stands in the queue */
	struct map *all;     /* by zone, address and source */
	struct notice *first, **end;
	unsigned under_way;
};

/* ---- the queue ---- */

static size_t print_key(const struct notice *notice, char ret_key[KEY_SIZE])
{
	char source[IP_TEXT_SIZE] = "";
	if (notice->source.family != 0)
		ip_print(&notice->source, source);
	return (size_t)snprintf(ret_key, KEY_SIZE, "%s %s %s", notice->zone, notice->where, source);
}

static void queue_put(struct notices *notices, struct notice *notice)
{
	notice->next = NULL;
	notice->is_again = false;
	notice->tries = 0;
	notice->trouble = 0;
	*notices->end = notice;
	notices->end = &notice->next;
	event_active(notices->start, EV_TIMEOUT, 0);
}

static struct notice *queue_take(struct notices *notices)
{
	struct notice *notice = notices->first;
	notices->first = notice->next;
	if (notices->first == NULL)
		notices->end = &notices->first;
	return notice;
}

/* ---- one notice ---- */

static void notice_close(struct notice *notice)
{
	if (notice->event == NULL)
		return;
	int fd = event_get_fd(notice->event);
	event_free(notice->event);
	close(fd);
	notice->event = NULL;
	notice->notices->under_way--;
}

/* Somebody heard it, or nobody ever will. */
static void notice_end(struct notice *notice)
{
	struct notices *notices = notice->notices;
	char key[KEY_SIZE];
	notice_close(notice);
	if (notice->is_again) {
		queue_put(notices, notice);
		return;
	}
	map_remove(notices->all, key, print_key(notice, key));
	mem_free(notice);
	event_active(notices->start, EV_TIMEOUT, 0);
}

static void notice_fail(struct notice *notice, const char *why)
{
	log_line(LOG_WARNING, "transfer",
		 "Failed sending notifies: notify for zone \"%s\" was not accepted by \"%s\": %s",
		 notice->zone, notice->where, why);
	notice_end(notice);
}

static size_t write_message(const struct notice *notice, uint8_t packet[DNS_UDP_MIN])
{
	uint8_t size;
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet, notice->id);
	put_u16(packet + 2, OPCODE_NOTIFY | FLAG_AA);
	put_u16(packet + 4, 1);
	if (!name_parse(notice->zone, packet + DNS_HEADER_SIZE, &size))
		return 0;
	put_u16(packet + DNS_HEADER_SIZE + size, TYPE_SOA);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	return DNS_HEADER_SIZE + size + 4u;
}

static void wait_on(struct notice *notice)
{
	uint64_t now = clock_now_ns();
	uint64_t left_us = notice->deadline_ns > now ? (notice->deadline_ns - now) / 1000 : 0;
	struct timeval wait = { (time_t)(left_us / 1000000), (suseconds_t)(left_us % 1000000) };
	event_add(notice->event, &wait);
}

static void notice_send(struct notice *notice)
{
	uint8_t packet[DNS_UDP_MIN];
	size_t size = write_message(notice, packet);
	ssize_t sent = send(event_get_fd(notice->event), packet, size, MSG_NOSIGNAL);
	notice->trouble = sent < 0 ? errno : 0;
	notice->deadline_ns =
		clock_now_ns() + ((uint64_t)FIRST_WAIT_MS << notice->tries) * UINT64_C(1000000);
	notice->tries++;
	wait_on(notice);
}

static void notice_take(struct notice *notice, const uint8_t *packet)
{
	char why[64], rcode[16];
	uint16_t flags = get_u16(packet + 2);
	if (get_u16(packet) != notice->id || (flags & FLAG_QR) == 0) {
		wait_on(notice);
		return;
	}
	if ((flags & 15) == RCODE_NOERROR) {
		notice_end(notice);
		return;
	}
	dns_rcode_print(flags & 15, rcode);
	snprintf(why, sizeof(why), "rcode was \"%s\"", rcode);
	notice_fail(notice, why);
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
	struct notice *notice = context;
	uint8_t packet[DNS_UDP_MIN];
	if ((what & EV_READ) != 0) {
		ssize_t size = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (size < 0 && errno != EAGAIN && errno != EINTR)
			notice->trouble = errno;
		if (size >= DNS_HEADER_SIZE)
			notice_take(notice, packet);
		else
			wait_on(notice);
	} else if (notice->tries < TRIES) {
		notice_send(notice);
	} else {
		notice_fail(notice, notice->trouble != 0 ? strerrordesc_np(notice->trouble)
							 : "there was no reply");
	}
}

static int open_socket(const struct notice *notice)
{
	struct sockaddr_storage address;
	bool is_v6 = notice->ip.family == 6;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	socklen_t size = ip_to_sockaddr(&notice->source, 0, &address);
	bool good = notice->source.family == 0 || bind(fd, (struct sockaddr *)&address, size) == 0;
	size = ip_to_sockaddr(&notice->ip, notice->port, &address);
	if (notice->link[0] != '\0')
		((struct sockaddr_in6 *)&address)->sin6_scope_id = if_nametoindex(notice->link);
	if (good && connect(fd, (struct sockaddr *)&address, size) == 0)
		return fd;
	int number = errno;
	close(fd);
	errno = number;
	return -1;
}

static void notice_start(struct notice *notice)
{
	int fd = open_socket(notice);
	if (fd < 0) {
		notice_fail(notice, strerrordesc_np(errno));
		return;
	}
	notice->event = event_new(notice->notices->events, fd, EV_READ, on_event, notice);
	notice->notices->under_way++;
	random_bytes(&notice->id, sizeof(notice->id));
	notice_send(notice);
}

static void on_start(evutil_socket_t fd, short what, void *context)
{
	struct notices *notices = context;
	(void)fd;
	(void)what;
	while (notices->first != NULL && notices->under_way < UNDER_WAY_MOST)
		notice_start(queue_take(notices));
}

/* ---- who is told ---- */

static void print_where(const struct config_peer *peer, char ret_where[WHERE_SIZE])
{
	char ip[IP_TEXT_SIZE];
	ip_print(&peer->ip, ip);
	const char *link = peer->link != NULL ? peer->link : "";
	snprintf(ret_where, WHERE_SIZE, peer->ip.family == 6 ? "[%s%s%.15s]:%u" : "%s%s%.15s:%u",
		 ip, *link != '\0' ? "%" : "", link, peer->port);
}

static void tell(struct notices *notices, const char *zone, const struct config_peer *peer,
		 const struct ip *source)
{
	struct notice *notice = mem_zalloc(sizeof(*notice));
	char key[KEY_SIZE];
	notice->notices = notices;
	notice->ip = peer->ip;
	notice->port = peer->port;
	notice->source = *source;
	snprintf(notice->zone, sizeof(notice->zone), "%s", zone);
	if (peer->link != NULL && peer->ip.family == 6)
		snprintf(notice->link, sizeof(notice->link), "%s", peer->link);
	print_where(peer, notice->where);
	size_t size = print_key(notice, key);
	struct notice *before = map_get(notices->all, key, size);
	if (before != NULL) {
		before->is_again = before->event != NULL;
		mem_free(notice);
		return;
	}
	map_put(notices->all, key, size, notice);
	queue_put(notices, notice);
}

void notices_send(struct notices *notices, const struct config_block *block, const char *zone)
{
	uint8_t name[DNS_NAME_MAX], size;
	if (!name_parse(zone, name, &size))
		return;
	name_lower(name, size);
	const struct config_transfer *transfer = config_transfer_find(block, name);
	for (size_t i = 0; transfer != NULL && i < transfer->to.count; i++)
		tell(notices, zone, &transfer->to.list[i], &transfer->source);
}

/* ---- life ---- */

struct notices *notices_new(struct event_base *events)
{
	struct notices *notices = mem_zalloc(sizeof(*notices));
	notices->events = events;
	notices->start = evtimer_new(events, on_start, notices);
	notices->all = map_new();
	notices->end = &notices->first;
	return notices;
}

void notices_free(struct notices *notices)
{
	size_t position = 0, size;
	const void *key;
	void *notice;
	if (notices == NULL)
		return;
	while (map_next(notices->all, &position, &key, &size, &notice)) {
		notice_close(notice);
		mem_free(notice);
	}
	map_free(notices->all);
	event_free(notices->start);
	mem_free(notices);
}
