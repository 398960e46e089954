/* SPDX-License-Identifier: Apache-2.0 */
/* A server on loopback and clients of it. Everything that waits has a deadline of some seconds. */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "world.h"

/* A port that is free on all addresses for UDP and TCP at this moment. */
uint16_t free_port(void);
/* Moves all blocks to a free port and starts the server; the port is world->info.local_port. */
struct server *world_serve(struct world *world, struct serve_limits limits);
/* With one thread for each kind, as on a machine with one CPU: all connections are in its sight. */
struct server *world_serve_alone(struct world *world, struct serve_limits limits);
/* Waits until the server counts so many TCP connections. */
bool world_comes_to_connections(struct world *world, unsigned count);

/* A connected socket; kind is SOCK_DGRAM or SOCK_STREAM. */
int client_open(const struct world *world, const char *address, int kind);
/* The question alone: id, name, type; its size. */
size_t client_question(uint8_t ret_packet[512], uint16_t id, const char *name, uint16_t type);
/* Puts the length in front. */
size_t client_frame(uint8_t *ret_framed, const uint8_t *packet, size_t size);

/* One datagram or one framed message; its size. 0: nothing came in time; -1: the other side closed. */
ssize_t client_receive(int fd, uint8_t *ret_packet, size_t room);
ssize_t client_receive_framed(int fd, uint8_t *ret_packet, size_t room);
/* Waits for something to read, or the end, and takes none of it. */
bool client_is_readable(int fd);
/* Waits for the other side to close, reading what comes before. */
bool client_sees_close(int fd);
/* Asks and says whether a NOERROR reply with this id came. */
bool client_asks(int fd, int kind, uint16_t id, const char *name, uint16_t type);

uint64_t now_ms(void);

#endif
