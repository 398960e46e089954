/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of a foreign process is exact to the nanosecond, where /proc/PID/stat counts ticks of 10 ms. */
#include "watch.h"

#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;
	if (clock_gettime(clock, &time) != 0)
		return 0;
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t watch_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t watch_processes_ns(const pid_t *pids, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		clockid_t clock;
		if (clock_getcpuclockid(pids[i], &clock) == 0)
			sum += clock_ns(clock);
	}
	return sum;
}

uint64_t watch_own_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}
