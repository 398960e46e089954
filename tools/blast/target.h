/* SPDX-License-Identifier: Apache-2.0 */
/* target -- whom the load may be aimed at: nobody outside this machine. */
#ifndef BLAST_TARGET_H
#define BLAST_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct target {
	struct sockaddr_storage address;
	socklen_t size;
};

/* `127.0.0.1:5353` or `[::1]:5353`, numbers only. */
bool target_parse(const char *text, struct target *ret_target);
bool target_is_loopback(const struct target *target);
/* In a network namespace without a way out (no default route, no interfaces but lo and veth): an
 * address of its own or one on the link of a veth. */
bool target_is_in_namespace(const struct target *target);

#endif
