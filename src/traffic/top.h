/* SPDX-License-Identifier: Apache-2.0 */
/* top -- what of the samples is asked most (private to the stage). Counts are halved each minute, and with them the time
 * that they stand for: so a rate is a mean of the last minutes in which the newest count most. */
#ifndef KNAMED_TRAFFIC_TOP_H
#define KNAMED_TRAFFIC_TOP_H

#include "knamed/traffic.h"

struct top;
struct top *top_new(uint64_t now_ns);
void top_free(struct top *top);
/* calls may be NULL. */
void top_add(struct top *top, const struct sample *sample, const struct traffic_calls *calls);
void top_fade(struct top *top, uint64_t now_ns); /* when it is time */
double top_span_s(const struct top *top, uint64_t now_ns);
void top_print(const struct top *top, const struct traffic_calls *calls, size_t most,
	       uint64_t now_ns, struct text *text);

#endif
