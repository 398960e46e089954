/* SPDX-License-Identifier: Apache-2.0 */
/* tls -- OpenSSL behind a connection: TLS 1.2 at least, certificate and name always checked, sessions resumed.
 *
 * Writing on a connection that the other end closed raises SIGPIPE, which the process ignores. */
#ifndef KNAMED_UPSTREAM_TLS_H
#define KNAMED_UPSTREAM_TLS_H

#include <sys/types.h>

#include "knamed/config.h"

/* What connections to one target have in common. */
struct tls_target;
struct tls_target *tls_target_new(const struct config_forward *config, const struct ip *ip,
				  const char *name, struct error *error);
void tls_target_free(struct tls_target *target);

/* One connection. */
struct tls;
struct tls *tls_new(struct tls_target *target, int fd);
void tls_free(struct tls *tls);
enum tls_greeting { TLS_OPEN, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_FAILED };
enum tls_greeting tls_greet(struct tls *tls);
enum { STREAM_WAITS = -1, STREAM_ENDED = -2, STREAM_BROKEN = -3 };
ssize_t tls_read(struct tls *tls, void *bytes, size_t size);
ssize_t tls_write(struct tls *tls, const void *bytes, size_t size);
/* Why the greeting failed. */
void tls_problem_print(const struct tls *tls, const char *who, char *ret_text, size_t size);

#endif
