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
bool snapshot_write(const char *path, const struct snapshot_head *head, const struct model *model,
		    struct error *error);
/* Puts all objects into the empty model. False and nothing put: corrupt, cut, another version of
 * the format, key or options; error says which. */
bool snapshot_read(const char *path, const struct snapshot_head *wanted, struct model *model,
		   struct snapshot_head *ret_head, struct error *error);

#endif
