/* SPDX-License-Identifier: Apache-2.0 */
/* The time, and a way for tests to decide what it is. */
#include "knamed/base.h"

#include <stdatomic.h>
#include <time.h>

static atomic_bool is_set;
static _Atomic uint64_t set_now_ns, set_unix_s;

static uint64_t read_ns(clockid_t id)
{
	struct timespec time;
	clock_gettime(id, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	if (atomic_load_explicit(&is_set, memory_order_relaxed))
		return atomic_load_explicit(&set_now_ns, memory_order_relaxed);
	return read_ns(CLOCK_MONOTONIC);
}

struct timeval timeval_of_ms(uint64_t ms)
{
	return (struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
}

struct timeval timeval_of_ns(uint64_t ns)
{
	return (struct timeval){ (time_t)(ns / 1000000000), (suseconds_t)(ns % 1000000000 / 1000) };
}

uint64_t clock_unix_s(void)
{
	if (atomic_load_explicit(&is_set, memory_order_relaxed))
		return atomic_load_explicit(&set_unix_s, memory_order_relaxed);
	return read_ns(CLOCK_REALTIME) / 1000000000;
}

void clock_set(uint64_t now_ns, uint64_t unix_s)
{
	atomic_store(&set_now_ns, now_ns);
	atomic_store(&set_unix_s, unix_s);
	atomic_store(&is_set, true);
}

void clock_release(void)
{
	atomic_store(&is_set, false);
}
