/* SPDX-License-Identifier: Apache-2.0 */
/* counter -- what metrics need of counters that threads share. */
#ifndef KNAMED_OBSERVE_COUNTER_H
#define KNAMED_OBSERVE_COUNTER_H

#include "knamed/observe.h"

struct counter *counter_new(void); /* mem_free() */
uint64_t counter_sum(const struct counter *counter);

#endif
