/* SPDX-License-Identifier: Apache-2.0 */
/* The model as a file, for a warm start: written whole or not at all, read whole or not at all. */
#ifndef KNAMED_KUBE_SNAPSHOT_H
#define KNAMED_KUBE_SNAPSHOT_H

#include "knamed/model.h"

/* What it is a snapshot of. Another key or configuration digest refuses it. */
struct snapshot_head {
	char key[65];	  /* hex: the API server's address and CA */
	char options[65]; /* hex: which objects were kept (selectors, kinds, fields) */
	char cluster[64]; /* UID of namespace kube-system, "" if unknown */
	uint64_t unix_s;  /* when it was written */
};
/* The model as it is at this moment: its objects are held. Taken and dropped by the control thread alone. */
struct snapshot;
struct snapshot *snapshot_take(const struct snapshot_head *head, const struct model *model);
void snapshot_drop(struct snapshot *snapshot);
/* Any thread: the model may change meanwhile. */
bool snapshot_write(const struct snapshot *snapshot, const char *path, struct error *error);
/* Puts all objects into the empty model. False and nothing put: corrupt, cut, another version of
 * the format, key or options; error says which. */
bool snapshot_read(const char *path, const struct snapshot_head *wanted, struct model *model,
		   struct snapshot_head *ret_head, struct error *error);

#endif
