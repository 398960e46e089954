/* SPDX-License-Identifier: Apache-2.0 */
#include "web_house.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

void say_ok(void *context, struct http_reply *reply)
{
	struct house *house = context;
	house->calls++;
	house->waited_ns = clock_now_ns() - reply->asked_ns;
	text_add(&reply->body, "OK");
}

void say_starting(void *context, struct http_reply *reply)
{
	(void)context;
	reply->status = 503;
	reply->type = "application/json";
	text_add(&reply->body, "{}");
}

static void say_much(void *context, struct http_reply *reply)
{
	(void)context;
	char *much = mem_zalloc(BIG);
	text_add_n(&reply->body, much, BIG);
	mem_free(much);
}

static uint16_t port_of_first(const struct http *http)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	getsockname(event_get_fd(&http->listeners->event), (struct sockaddr *)&address, &size);
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

struct house *house_at(const char *address)
{
	struct error error;
	struct house *house = mem_zalloc(sizeof(*house));
	house->events = event_base_new();
	house->http = http_new(house->events);
	if (!http_serve(house->http, address, 0, "/health", say_ok, house, &error))
		fail_msg("%s", error.text);
	assert_true(http_serve(house->http, address, 0, "/ready", say_starting, house, NULL));
	assert_true(http_serve(house->http, address, 0, "/much", say_much, house, NULL));
	house->port = port_of_first(house->http);
	return house;
}

struct house *house_new(void)
{
	return house_at("127.0.0.1");
}

void house_free(struct house *house)
{
	http_free(house->http);
	event_base_free(house->events);
	mem_free(house);
}

void turn(struct house *house)
{
	event_base_loop(house->events, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

bool try_open(const struct house *house, const char *address, int *ret_fd)
{
	struct ip ip;
	struct sockaddr_storage server;
	assert_true(ip_parse(address, &ip));
	socklen_t size = ip_to_sockaddr(&ip, house->port, &server);
	*ret_fd = socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*ret_fd >= 0);
	if (connect(*ret_fd, (struct sockaddr *)&server, size) == 0)
		return true;
	close(*ret_fd);
	return false;
}

int client_open(const struct house *house)
{
	int fd;
	assert_true(try_open(house, "127.0.0.1", &fd));
	return fd;
}

void client_send(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Takes what there is; false once the other side has closed. */
bool client_take(int fd, struct text *text)
{
	static char bytes[65536];
	ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got > 0)
		text_add_n(text, bytes, (size_t)got);
	return got > 0 || (got < 0 && errno == EAGAIN);
}

/* Runs the loop until the other side closes; all that came. */
struct text read_to_end(struct house *house, int fd)
{
	struct text text = { 0 };
	uint64_t end = now_ms() + DEADLINE_MS;
	while (client_take(fd, &text)) {
		turn(house);
		if (now_ms() > end)
			fail_msg("not closed after: %s", text.data);
	}
	text_add(&text, "");
	return text;
}

/* Runs the loop until `count` times `word` has come. */
struct text read_until(struct house *house, int fd, const char *word, unsigned count)
{
	struct text text = { 0 };
	uint64_t end = now_ms() + DEADLINE_MS;
	for (;;) {
		bool is_open = client_take(fd, &text);
		const char *at = text.size > 0 ? strstr(text.data, word) : NULL;
		unsigned found = 0;
		for (; at != NULL; at = strstr(at + 1, word))
			found++;
		if (found == count)
			return text;
		turn(house);
		if (!is_open || now_ms() > end)
			fail_msg("%u of %u '%s' in: %s", found, count, word, text.data);
	}
}

/* What a request of its own gets, to the end. */
struct text ask(struct house *house, const char *request)
{
	int fd = client_open(house);
	client_send(fd, request);
	shutdown(fd, SHUT_WR); /* who has said all is answered all the same */
	struct text text = read_to_end(house, fd);
	close(fd);
	return text;
}

void assert_starts(const struct text *text, const char *start)
{
	if (strncmp(text->data, start, strlen(start)) != 0)
		fail_msg("'%s' does not start with '%s'", text->data, start);
}

void assert_ends(const struct text *text, const char *end)
{
	if (text->size < strlen(end) || strcmp(text->data + text->size - strlen(end), end) != 0)
		fail_msg("'%s' does not end with '%s'", text->data, end);
}

void assert_answers(struct house *house)
{
	int fd = client_open(house);
	client_send(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
	text_done(&text);
	close(fd);
}
