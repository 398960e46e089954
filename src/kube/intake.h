/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of one kind on their way into the model. Of an object that is not wanted, or cannot be
 * read as it is now, only the version is kept here, so that an audit knows that it was seen. */
#ifndef KNAMED_KUBE_INTAKE_H
#define KNAMED_KUBE_INTAKE_H

#include "body.h"
#include "knamed/model.h"

struct intake {
	enum object_kind kind;
	struct model *model;
	struct map *aside;     /* "namespace NUL name" -> version, as a pointer's value */
	struct map *aside_old; /* during a relist: what was aside before; NULL otherwise */
	struct text key;
	size_t faults;
};

void intake_init(struct intake *intake, enum object_kind kind, struct model *model);
void intake_done(struct intake *intake);
/* True if the model changed. An unreadable object is logged, once as long as it stays unreadable. */
bool intake_put(struct intake *intake, const struct body_item *item);
bool intake_remove(struct intake *intake, const struct api_object *object);
/* All that there is comes between begin and end; true if something went that did not come. */
void intake_relist_begin(struct intake *intake);
bool intake_relist_end(struct intake *intake);
void intake_relist_abandon(struct intake *intake);
/* The version that was seen of an object that is not in the model as it is; 0: none. */
uint64_t intake_version(struct intake *intake, const char *namespace_, const char *name);

#endif
