/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoints a slice has lost from one version to the next, as far as they may be on their way to another slice. */
#ifndef KNAMED_KUBE_LEAVERS_H
#define KNAMED_KUBE_LEAVERS_H

#include "knamed/model.h"

struct leavers {
	uint32_t *at; /* places in the version before, ascending */
	uint32_t count;
};

/* after NULL: the slice is gone. */
struct leavers leavers_find(const struct slice *before, const struct slice *after);
void leavers_done(struct leavers *leavers);

#endif
