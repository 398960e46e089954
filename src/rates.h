/* SPDX-License-Identifier: Apache-2.0 */
/* rates -- how much is asked in a second: what is counted anyway, noted once a second as long as somebody looks. */
#ifndef KNAMED_RATES_H
#define KNAMED_RATES_H

#include "knamed/observe.h"
#include "knamed/traffic.h"

struct rates;
struct rates *rates_new(void);
void rates_free(struct rates *rates);
void rates_note(struct rates *rates, struct metrics *metrics, const struct traffic *traffic);
/* "rates" and "cache_hit_ratio" of the last seconds and "history", as members of a JSON object.
 * Where nobody has looked so far there are no rates yet: null. */
void rates_print(const struct rates *rates, struct text *text);

#endif
