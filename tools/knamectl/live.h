/* SPDX-License-Identifier: Apache-2.0 */
/* live -- a running server, asked over its control socket or over the address of its `admin`. */
#ifndef KNAMECTL_LIVE_H
#define KNAMECTL_LIVE_H

#include <jansson.h>
#include <signal.h>

#include "knamed/base.h"

struct live {
	const char *socket;		   /* --socket; NULL: the only one there is */
	const char *admin;		   /* --admin HOST:PORT; NULL: the socket */
	uint64_t pid;			   /* --pid; 0: not given */
	const volatile sig_atomic_t *stop; /* not 0: live_follow() is to end; NULL: it never is */
};
#define LIVE_OPTIONS                                                                               \
	"  --pid PID          of several servers this one\n"                                       \
	"  --socket NAME      the server with this control socket (@knamed.control.<16 hex>)\n"    \
	"  --admin HOST:PORT  the server with `admin` there, instead of a control socket\n"

/* Reads the words of a command; those that are not of LIVE_OPTIONS are given to `other`, which may
 * take the words behind, too: *index is that of the last word that was taken. */
typedef bool (*live_other)(void *options, int argc, char **argv, int *index, struct error *error);
bool live_options_read(struct live *live, int argc, char **argv, live_other other, void *options,
		       struct error *error);

enum { LIVE_SOCKETS_MOST = 64 };
/* The control sockets of this network namespace; of one process if the pid is not 0. */
struct live_sockets {
	size_t count;
	char names[LIVE_SOCKETS_MOST][LOCAL_NAME_SIZE];
};
/* False: nobody can tell. */
bool live_sockets(uint64_t pid, struct live_sockets *ret_sockets);

/* What it says, which is JSON; NULL: error says why. */
json_t *live_get(const struct live *live, const char *path, struct error *error);
/* Hands on what comes, line by line without its end, until take or stop says so, or the server is gone. */
typedef bool (*live_take)(void *context, const char *line);
bool live_follow(const struct live *live, const char *path, live_take take, void *context,
		 struct error *error);

#endif
