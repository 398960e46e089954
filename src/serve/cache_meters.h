/* SPDX-License-Identifier: Apache-2.0 */
/* cache_meters -- what a cache holds and did, for the page of metrics (private to the stage). */
#ifndef KNAMED_SERVE_CACHE_METERS_H
#define KNAMED_SERVE_CACHE_METERS_H

#include "knamed/observe.h"

struct forwardings;
/* Withdrawn with the forwardings. `server` and `zones` are labels. */
void cache_meters_declare(struct forwardings *forwardings, struct metrics *metrics,
			  const char *server, const char *zones);
void cache_meters_withdraw(struct forwardings *forwardings, struct metrics *metrics);

#endif
