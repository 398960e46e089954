/* SPDX-License-Identifier: Apache-2.0 */
/* rewriting -- `rewrite` among the directives that ask (private to the stage). */
#ifndef KNAMED_SERVE_REWRITING_H
#define KNAMED_SERVE_REWRITING_H

#include "above.h"

enum above_verdict rewriting_step(struct asker *asker, struct question *question,
				  struct reply *reply, struct outcome *outcome);

#endif
