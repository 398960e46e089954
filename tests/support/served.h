/* SPDX-License-Identifier: Apache-2.0 */
/* A Corefile served inside the test: its manifests and zone files read once, catalogs compiled, and
 * a server on loopback. Tests ask it in process or over sockets. An API server named in it never
 * answers. */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include "knamed/serve.h"

struct served_options {
	const char *corefile;		  /* path */
	const struct ip *local_addresses; /* what the apex NS takes for the server's own addresses */
	size_t local_address_count;
};
struct served;
/* Starts it: compiled, published and listening on 127.0.0.1. NULL and error if a file is bad. */
struct served *served_start(const struct served_options *options, struct error *error);
void served_stop(struct served *served);

uint16_t served_port(const struct served *served);
/* The first block's. */
const struct config_kubernetes *served_kubernetes(const struct served *served);
const struct model *served_model(const struct served *served);
/* Asks in process; the size of the reply, 0: none. */
size_t served_ask(struct served *served, enum proto proto, const uint8_t *query, size_t size,
		  uint8_t ret_reply[65535]);

#endif
