/* SPDX-License-Identifier: Apache-2.0 */
#include "retry.h"

void retry_reset(struct retry *retry)
{
	*retry = (struct retry){ 0 };
}

void retry_renew(struct retry *retry)
{
	retry->since_ns = clock_now_ns();
}

unsigned retry_fail_ms(struct retry *retry, const struct retry_times *times)
{
	uint64_t now = clock_now_ns();
	uint32_t random;

	if (retry->failures++ == 0)
		retry->since_ns = now;
	bool is_long = now - retry->since_ns >= times->long_ms * (uint64_t)1000000;
	unsigned most = is_long ? times->most_long_ms : times->most_ms, wait = times->first_ms;
	for (unsigned i = 1; i < retry->failures && wait < most; i++)
		wait *= 2;
	if (wait > most)
		wait = most;
	random_bytes(&random, sizeof(random));
	return wait - random % (wait / 2 + 1);
}
