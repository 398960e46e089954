/* SPDX-License-Identifier: Apache-2.0 */
/* udp -- a worker: one thread, one socket, batches of datagrams (private to the stage). */
#ifndef KNAMED_SERVE_UDP_H
#define KNAMED_SERVE_UDP_H

#include "router.h"

struct udp_worker;
/* Takes the bound socket. Nothing is read before udp_worker_run, the thread's whole life. */
struct udp_worker *udp_worker_new(struct router *router, const struct listener *listener, int fd);
/* Before it runs: when more comes than it can answer, part of what the heaviest clients send is
 * dropped. `events` is the control thread's. */
bool udp_worker_relieve(struct udp_worker *worker, struct event_base *events, struct error *error);
/* The clients of whom that is so. Control thread. */
unsigned udp_worker_held_back(const struct udp_worker *worker);
void *udp_worker_run(void *context); /* the worker */
/* The one that the next batch is answered with. Another one is for the same place; the one before
 * is to be freed when all readers have been quiet. */
struct asker *udp_worker_asker(struct udp_worker *worker);
void udp_worker_show(struct udp_worker *worker, struct asker *asker);
bool udp_worker_is_at(const struct udp_worker *worker, const struct place *place, int family);
/* Whose packets it has, among those of a router. NULL: nobody's. */
const struct listener *udp_worker_listener(const struct udp_worker *worker,
					   const struct router *router);
/* Makes run return soon, when what was read is answered. Any thread, any number of times. */
void udp_worker_stop(struct udp_worker *worker);
void udp_worker_free(struct udp_worker *worker);
/* Replies that the kernel did not take. Any thread. */
uint64_t udp_worker_unsent(const struct udp_worker *worker);
/* Packets that the kernel had no room for, since we are slower than they come. */
uint64_t udp_worker_missed(const struct udp_worker *worker);

#endif
