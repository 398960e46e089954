/* SPDX-License-Identifier: Apache-2.0 */
/* wheel -- when to look at what again: thousands of entries behind one timer of the loop.
 *
 * Putting and taking costs a few pointers. An entry may be called early, when it lies farther ahead
 * than the wheel is long; whoever is called looks at the clock. */
#ifndef KNAMED_UPSTREAM_WHEEL_H
#define KNAMED_UPSTREAM_WHEEL_H

#include "knamed/base.h"

struct event_base;
struct wheel_entry {
	struct wheel_entry *before, *behind; /* NULL: in no slot */
};
struct wheel;
/* The entry is in no slot any more when it is called. */
typedef void (*wheel_call)(void *context, struct wheel_entry *entry, uint64_t now_ns);
struct wheel *wheel_new(struct event_base *events, wheel_call call, void *context);
void wheel_free(struct wheel *wheel);
/* Moves it if it is in already. */
void wheel_put(struct wheel *wheel, struct wheel_entry *entry, uint64_t due_ns, uint64_t now_ns);
void wheel_take(struct wheel *wheel, struct wheel_entry *entry);

#endif
