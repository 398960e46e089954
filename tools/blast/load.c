/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "pages.h"
#include "query.h"
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RECEIVE_BUFFER = 4 << 20 };

/* Loopback has 16 million addresses: several of them look like several clients. */
static void bind_source(const struct load *load, int fd, uint32_t number)
{
	struct sockaddr_in source = { .sin_family = AF_INET };
	int on = 1;

	if (load->options->sources < 2 || load->options->target.address.ss_family != AF_INET)
		return;
	source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % load->options->sources);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0)
		die("bind to a source address: %s", strerror(errno));
}

int load_socket(const struct load *load, int type, uint32_t number)
{
	const struct target *target = &load->options->target;
	int size = RECEIVE_BUFFER;
	int fd = socket(target->address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	bind_source(load, fd, number);
	/* Only the server may lose datagrams. Without the privilege the limit of the system holds. */
	if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (connect(fd, (const struct sockaddr *)&target->address, target->size) != 0 &&
	    errno != EINPROGRESS)
		die("connect to %s: %s", load->options->target_text, strerror(errno));
	return fd;
}

static uint32_t power_of_two_above(double number)
{
	uint32_t size = 64;
	while (size < number && size < 65536)
		size *= 2;
	return size;
}

void load_init(struct load *load, const struct options *options)
{
	static const struct transport *const transports[] = {
		[TRANSPORT_UDP] = &transport_udp,
		[TRANSPORT_TCP] = &transport_tcp,
		[TRANSPORT_CONNECT] = &transport_connect,
	};
	struct rlimit files;
	double each = options->lane_in_flight;

	load->options = options;
	load->transport = transports[options->transport];
	load->timeout_ns = (uint64_t)(options->timeout_seconds * 1e9);
	load->until_check = 1;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	questions_load(&load->questions, options->questions_path,
		       &(struct questions_options){ options->edns_size, options->echo });
	order_init(&load->order, options->order, load->questions.count, options->seed);
	if (options->mode == MODE_RATE)
		each = options->rate * options->timeout_seconds / options->lanes;
	if (options->mode == MODE_BURST)
		each = 1 + (double)options->burst / options->lanes;
	for (uint32_t i = 0; i < options->lanes && options->mode != MODE_HOLD; i++) {
		flight_init(&load->lane[i].flight, power_of_two_above(2 * each));
		load->transport->open(load, &load->lane[i]);
	}
}

static uint32_t lane_index(const struct load *load, const struct lane *lane)
{
	return (uint32_t)(lane - load->lane);
}

static void count_loss(struct load *load, struct lane *lane, struct flight_loss loss)
{
	load->in_flight -= loss.all;
	load->tally.lost += loss.counted;
	if (lane->flight.waiting == 0)
		load->busy[lane_index(load, lane) / 64] &= ~(1ull << lane_index(load, lane) % 64);
}

uint32_t load_compose_question(struct load *load, struct lane *lane, uint32_t question, uint8_t *out)
{
	const struct question *asked = &load->questions.question[question];
	struct flight_loss loss = { 0 };
	struct flight_query *query = flight_begin(&lane->flight, &loss);

	if (loss.all > 0)
		count_loss(load, lane, loss);
	query->intended_ns = (uint64_t)load->intended_ns;
	query->digits = asked->digits > 0 ? order_random(&load->order) : 0;
	query->question = question;
	query->answers = asked->answers;
	query->rcode = asked->rcode;
	query->counted = load->counting;
	load->intended_ns += load->interval_ns;
	load->issued++;
	load->in_flight++;
	load->busy[lane_index(load, lane) / 64] |= 1ull << lane_index(load, lane) % 64;
	load->tally.sent += load->counting;
	if (load->counting)
		load->tally.query_bytes += asked->size;
	return (uint32_t)questions_write(&load->questions, question, query->id, query->digits, out);
}

uint32_t load_compose(struct load *load, struct lane *lane, uint8_t *out)
{
	return load_compose_question(load, lane, order_next(&load->order), out);
}

/* Puts down the first fault: name, type and id of the question, what is wrong, the reply's header. */
static void note_fault(struct load *load, const struct flight_query *query, const char *fault,
		       const uint8_t *reply, size_t size)
{
	uint8_t packet[QUERY_MAX];
	char name[QUERY_NAME_MAX + 1], header[2 * QUERY_HEADER + 1] = "";

	if (load->tally.wrong++ > 0)
		return;
	questions_write(&load->questions, query->question, query->id, query->digits, packet);
	size_t at = QUERY_HEADER, used = 0;
	for (; packet[at] != 0; at += 1u + packet[at]) {
		memcpy(name + used, packet + at + 1, packet[at]);
		used += packet[at];
		name[used++] = '.';
	}
	name[used] = '\0';
	for (size_t i = 0; i < size && i < QUERY_HEADER; i++)
		snprintf(header + 2 * i, 3, "%02x", reply[i]);
	snprintf(load->tally.fault, sizeof load->tally.fault, "%s type %u: %s (%zu bytes, header %s)",
		 name, packet[at + 1] << 8 | packet[at + 2], fault, size, header);
}

static const char *full_fault(struct load *load, const struct flight_query *query,
			      const uint8_t *reply, size_t size)
{
	uint8_t packet[QUERY_MAX];
	const struct question *asked = &load->questions.question[query->question];
	struct expectation expectation = { .query = packet,
					   .rcode = query->rcode,
					   .answers = query->answers,
					   .echo = load->options->echo,
					   .set = asked->set };

	load->tally.checked++;
	load->until_check = load->options->check_every;
	expectation.query_size =
		questions_write(&load->questions, query->question, query->id, query->digits, packet);
	return reply_fault(&expectation, reply, size);
}

void load_take(struct load *load, struct lane *lane, const uint8_t *reply, size_t size, uint64_t now_ns)
{
	struct tally *tally = &load->tally;
	struct flight_query *query = NULL;

	if (size >= QUERY_HEADER)
		query = flight_find(&lane->flight, (uint16_t)(reply[0] << 8 | reply[1]));
	if (query == NULL || query->state == FLIGHT_ANSWERED) {
		tally->unexpected++;
		return;
	}
	if (query->state == FLIGHT_EXPIRED) {
		tally->late += query->counted;
		query->state = FLIGHT_ANSWERED;
		return;
	}
	flight_answered(&lane->flight, query);
	load->in_flight--;
	if (lane->flight.waiting == 0)
		load->busy[lane_index(load, lane) / 64] &= ~(1ull << lane_index(load, lane) % 64);
	const char *fault = reply_header_fault(reply, size, query->rcode, query->answers);
	if (fault == NULL && --load->until_check == 0)
		fault = full_fault(load, query, reply, size);
	if (fault != NULL)
		note_fault(load, query, fault, reply, size);
	tally->in_window += load->counting;
	if (!query->counted)
		return;
	tally->received++;
	tally->truncated += reply_is_truncated(reply);
	tally->reply_bytes += size;
	latency_add(&tally->latency, now_ns > query->intended_ns ? now_ns - query->intended_ns : 0);
}

void load_receive(struct load *load)
{
	for (uint32_t word = 0; word < SOCKETS_MAX / 64; word++) {
		for (uint64_t left = load->busy[word]; left != 0; left &= left - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(left);
			load->transport->receive(load, &load->lane[word * 64 + bit]);
		}
	}
}

static void expire_before(struct load *load, uint64_t before_ns)
{
	for (uint32_t i = 0; i < load->options->lanes; i++) {
		struct flight_loss loss = { 0 };
		if (load->lane[i].flight.waiting == 0)
			continue;
		flight_expire(&load->lane[i].flight, before_ns, &loss);
		count_loss(load, &load->lane[i], loss);
	}
}

void load_expire(struct load *load, uint64_t now_ns)
{
	expire_before(load, now_ns - load->timeout_ns);
}

void load_abandon(struct load *load, struct lane *lane)
{
	struct flight_loss loss = { 0 };

	load->tally.errors++;
	flight_expire(&lane->flight, UINT64_MAX, &loss);
	count_loss(load, lane, loss);
}

void load_drain(struct load *load)
{
	uint64_t end = watch_now_ns() + load->timeout_ns;

	while (load->in_flight > 0 && watch_now_ns() < end)
		load_receive(load);
	expire_before(load, UINT64_MAX);
}

void load_window_open(struct load *load, uint64_t now_ns)
{
	load->counting = true;
	load->window_began_ns = now_ns;
	load->tally.lag_max_ns = 0;
	load->server_cpu_ns = watch_processes_ns(load->options->watched, load->options->watched_count);
	load->own_cpu_ns = watch_own_ns();
}

void load_window_close(struct load *load, uint64_t now_ns)
{
	const struct options *options = load->options;

	load->counting = false;
	load->tally.window_ns = now_ns - load->window_began_ns;
	load->server_cpu_ns =
		watch_processes_ns(options->watched, options->watched_count) - load->server_cpu_ns;
	load->own_cpu_ns = watch_own_ns() - load->own_cpu_ns;
}
