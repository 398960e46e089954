/* SPDX-License-Identifier: Apache-2.0 */
/* A server and its clients in one thread: whoever waits runs the loop, for at most some seconds. */
#ifndef TESTS_OBSERVE_WEB_HOUSE_H
#define TESTS_OBSERVE_WEB_HOUSE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "http.h"

enum { DEADLINE_MS = 30000, BIG = 8 << 20 };

struct house {
	struct event_base *events;
	struct http *http;
	uint16_t port;
	unsigned calls;
	uint64_t waited_ns;
};
/* /health says "OK" and counts, /ready is a 503 with "{}", /much has BIG octets. The port is the
 * kernel's choice: a path's port is 0 for http_serve() and http_end(). */
struct house *house_new(void); /* at 127.0.0.1 */
struct house *house_at(const char *address);
void house_free(struct house *house);
void say_ok(void *context, struct http_reply *reply);
void say_starting(void *context, struct http_reply *reply);
void turn(struct house *house); /* the loop, once */

int client_open(const struct house *house); /* a connected socket */
bool try_open(const struct house *house, const char *address, int *ret_fd);
void client_send(int fd, const char *text);
/* Takes what there is; false once the other side has closed. */
bool client_take(int fd, struct text *text);
/* Runs the loop until the other side closes; all that came. */
struct text read_to_end(struct house *house, int fd);
/* Runs the loop until `count` times `word` has come. */
struct text read_until(struct house *house, int fd, const char *word, unsigned count);
/* What a request on a connection of its own gets. */
struct text ask(struct house *house, const char *request);

void assert_starts(const struct text *text, const char *start);
void assert_ends(const struct text *text, const char *end);
void assert_answers(struct house *house);
uint64_t now_ms(void);

#endif
