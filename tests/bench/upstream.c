/* SPDX-License-Identifier: Apache-2.0 */
/* What a question for others costs the thread that asks, over UDP and TCP, with so many of them under way. A resolver
 * on another thread answers all of them at once; its time does not count. Prints Markdown. */
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <event2/event.h>

#include "knamed/upstream.h"

enum { QUESTIONS = 200000, BATCH = 64, PACKET = 512, STREAM = 1 << 16 };

static double cpu_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the resolver ---- */

struct resolver {
	int udp, listener;
	uint16_t port;
};

/* One A record behind the question. Returns the size. */
static size_t answer(uint8_t *packet, size_t size)
{
	static const uint8_t record[16] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };
	size -= packet[11] != 0 ? DNS_OPT_SIZE : 0;
	packet[2] |= 0x80;
	packet[7] = 1;
	packet[11] = 0;
	memcpy(packet + size, record, sizeof(record));
	return size + sizeof(record);
}

static void *serve_udp(void *context)
{
	static uint8_t packets[BATCH][PACKET];
	static struct sockaddr_in from[BATCH];
	struct resolver *resolver = context;
	struct mmsghdr messages[BATCH];
	struct iovec buffers[BATCH];
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			buffers[i] = (struct iovec){ packets[i], PACKET };
			messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
								     .msg_namelen = sizeof(from[i]),
								     .msg_iov = &buffers[i],
								     .msg_iovlen = 1 } };
		}
		int count = recvmmsg(resolver->udp, messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < count; i++)
			buffers[i].iov_len = answer(packets[i], messages[i].msg_len);
		if (count > 0)
			sendmmsg(resolver->udp, messages, (unsigned)count, 0);
	}
	return NULL;
}

/* Answers what came whole. Returns how much that was. */
static size_t answer_stream(const uint8_t *input, size_t size, uint8_t *output, size_t *ret_size)
{
	size_t at = 0;
	*ret_size = 0;
	while (size - at >= 2 && size - at >= 2u + get_u16(input + at)) {
		size_t length = get_u16(input + at);
		uint8_t *reply = output + *ret_size;
		memcpy(reply + 2, input + at + 2, length);
		size_t reply_size = answer(reply + 2, length);
		put_u16(reply, (uint16_t)reply_size);
		*ret_size += 2 + reply_size;
		at += 2 + length;
	}
	return at;
}

static void *serve_connection(void *context)
{
	int fd = (int)(intptr_t)context;
	uint8_t *input = mem_alloc(STREAM), *output = mem_alloc(2 * STREAM);
	size_t size = 0;
	for (;;) {
		ssize_t got = read(fd, input + size, STREAM - size);
		if (got <= 0)
			break;
		size_t reply_size;
		size_t taken = answer_stream(input, size + (size_t)got, output, &reply_size);
		size = size + (size_t)got - taken;
		memmove(input, input + taken, size);
		if (write(fd, output, reply_size) < 0)
			break;
	}
	close(fd);
	mem_free(input);
	mem_free(output);
	return NULL;
}

static void *serve_tcp(void *context)
{
	struct resolver *resolver = context;
	for (;;) {
		pthread_t thread;
		int on = 1, fd = accept(resolver->listener, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)fd);
		pthread_detach(thread);
	}
	return NULL;
}

static void resolver_start(struct resolver *resolver)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int room = 4 << 20;
	pthread_t thread;
	resolver->udp = socket(AF_INET, SOCK_DGRAM, 0);
	resolver->listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(resolver->udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(resolver->udp, (struct sockaddr *)&address, size) != 0 ||
	    getsockname(resolver->udp, (struct sockaddr *)&address, &size) != 0 ||
	    bind(resolver->listener, (struct sockaddr *)&address, size) != 0 ||
	    listen(resolver->listener, 16) != 0) {
		perror("resolver");
		exit(1);
	}
	resolver->port = ntohs(address.sin_port);
	pthread_create(&thread, NULL, serve_udp, resolver);
	pthread_create(&thread, NULL, serve_tcp, resolver);
}

/* ---- who asks ---- */

struct run {
	struct event_base *events;
	struct upstream *upstream;
	enum proto proto;
	unsigned asked, answered, failed;
};

static void ask_next(struct run *run);

static void on_done(void *context, const struct upstream_reply *reply)
{
	struct run *run = context;
	run->answered++;
	run->failed += reply->end != UPSTREAM_ANSWERED;
	if (run->answered == QUESTIONS)
		event_base_loopbreak(run->events);
	else if (run->asked < QUESTIONS)
		ask_next(run);
}

static void ask_next(struct run *run)
{
	struct upstream_question question = {
		.type = TYPE_A, .class_ = CLASS_IN, .recursion = true, .proto = run->proto
	};
	char name[64];
	snprintf(name, sizeof(name), "host-%u.services.example.org.", run->asked++);
	name_parse(name, question.name, &question.name_size);
	upstream_ask(run->upstream, &question, on_done, run);
}

static void measure(const struct resolver *resolver, enum proto proto, unsigned under_way)
{
	char root[] = ".";
	struct config_target target = { .port = resolver->port };
	struct config_forward config = { .from.text = root,
					 .targets = &target,
					 .target_count = 1,
					 .expire_ms = 10000,
					 .read_timeout_ms = 2000,
					 .health_domain = root };
	struct error error;
	struct run run = { .events = event_base_new(), .proto = proto };
	struct metrics *metrics = metrics_new();
	const struct upstream_options options = { run.events, &config, metrics };
	ip_parse("127.0.0.1", &target.ip);
	run.upstream = upstream_open(&options, &error);
	if (run.upstream == NULL) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	double began = cpu_seconds();
	while (run.asked < under_way)
		ask_next(&run);
	event_base_dispatch(run.events);
	double each_us = (cpu_seconds() - began) / QUESTIONS * 1e6;
	printf("| %s | %u | %.2f | %.0f | %u |\n", proto == PROTO_UDP ? "UDP" : "TCP", under_way,
	       each_us, 1e6 / each_us, run.failed);
	upstream_close(run.upstream);
	event_base_free(run.events);
	metrics_free(metrics);
}

int main(void)
{
	struct resolver resolver;
	resolver_start(&resolver);
	puts("| over | under way | CPU us each | questions/s of one core | failed |\n"
	     "|---|---|---|---|---|");
	measure(&resolver, PROTO_UDP, 10);
	measure(&resolver, PROTO_UDP, 100);
	measure(&resolver, PROTO_UDP, 1000);
	measure(&resolver, PROTO_TCP, 100);
	measure(&resolver, PROTO_TCP, 1000);
	return 0;
}
