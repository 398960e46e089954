/* SPDX-License-Identifier: Apache-2.0 */
/* tally -- what the slots of a tally stand for. */
#ifndef KNAMED_OBSERVE_TALLY_H
#define KNAMED_OBSERVE_TALLY_H

#include "knamed/observe.h"

#define TALLY_FIRST_DURATION_NS                                                                    \
	((uint64_t)250000) /* each bucket reaches twice as far as the one before */

extern const char *const tally_type_names[TYPE_SLOTS];
extern const uint32_t tally_size_bounds[SIZE_BUCKETS - 1];

#endif
