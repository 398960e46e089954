/* SPDX-License-Identifier: Apache-2.0 */
/* drain -- how long one that is told to go serves on.
 *
 *   SIGTERM --lameduck--> nobody has asked for 2 s --> the loop ends
 *       \---------- at the latest after 27 s -------->
 *
 * Whoever sends us clients learns late that we go. So it is not a time that decides but that no
 * question comes any more, which counters tell that are there anyway. */
#ifndef KNAMED_DRAIN_H
#define KNAMED_DRAIN_H

#include "knamed/observe.h"
#include "knamed/serve.h"

struct drain;
struct event_base;
struct drain *drain_new(struct event_base *events, struct metrics *metrics);
void drain_set_lameduck(struct drain *drain, uint64_t lameduck_ms);
/* Breaks the loop when it is over; at once if another process answers in our place from now on. */
void drain_begin(struct drain *drain, bool is_succeeded);
/* How the server is to end when it is over. */
struct serve_ending drain_ending(const struct drain *drain);
/* When nothing is answered any more: how many asked after the signal. Nothing if it was not begun. */
void drain_tell(const struct drain *drain);
void drain_free(struct drain *drain);

#endif
