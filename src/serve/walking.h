/* SPDX-License-Identifier: Apache-2.0 */
/* walking -- `autopath` among the directives that ask (private to the stage). */
#ifndef KNAMED_SERVE_WALKING_H
#define KNAMED_SERVE_WALKING_H

#include "above.h"

enum above_verdict walking_step(struct asker *asker, struct question *question, struct reply *reply,
				struct outcome *outcome);

#endif
