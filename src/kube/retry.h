/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next try: little after the first failure, then doubling, never exactly the same. */
#ifndef KNAMED_KUBE_RETRY_H
#define KNAMED_KUBE_RETRY_H

#include "knamed/base.h"

struct retry_times {
	unsigned first_ms; /* behind the first failure; doubles up to: */
	unsigned most_ms;  /* while it fails for less than: */
	unsigned long_ms;  /* and from then on up to: */
	unsigned most_long_ms;
};
struct retry {
	unsigned failures; /* in a row */
	uint64_t since_ns; /* the first of them */
};

void retry_reset(struct retry *retry);
/* What failed until now works, and something else fails: that has not lasted long yet. */
void retry_renew(struct retry *retry);
/* One more failure: how long to wait now, between a half and the whole of what is due. */
unsigned retry_fail_ms(struct retry *retry, const struct retry_times *times);

#endif
