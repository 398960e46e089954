/* SPDX-License-Identifier: Apache-2.0 */
/* translating -- the step of `dns64` (private to the stage). */
#ifndef KNAMED_SERVE_TRANSLATING_H
#define KNAMED_SERVE_TRANSLATING_H

#include "above.h"

enum above_verdict translating_step(struct asker *asker, struct question *question,
				    struct reply *reply, struct outcome *outcome);

#endif
