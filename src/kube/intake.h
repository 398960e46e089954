/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of one kind on their way into the model. Of what is not wanted, or cannot be read as it
 * is now, only the version is remembered ("aside"), so that an audit knows that it was seen. */
#ifndef KNAMED_KUBE_INTAKE_H
#define KNAMED_KUBE_INTAKE_H

#include "body.h"
#include "knamed/model.h"

struct intake {
	enum object_kind kind;
	struct model *model;
	struct hash_key hash_key;
	struct text key_text;
	struct map *aside;     /* hash of the name -> version, as a pointer's value */
	struct map *aside_old; /* during a relist: what was aside before it; NULL otherwise */
	struct map *gone; /* during an audit: hashes of names that were deleted; NULL otherwise */
	uint32_t mark;	  /* of the last audit */
};

void intake_init(struct intake *intake, enum object_kind kind, struct model *model);
void intake_done(struct intake *intake);
/* True if the model changed. An object that cannot be read is logged, once as long as that lasts,
 * and stays as it was. */
bool intake_put(struct intake *intake, const struct body_item *item);
bool intake_remove(struct intake *intake, const struct api_object *object);
/* When what led to this slice happened, if that was not known before; 0 otherwise. Asked before it is put. */
uint64_t intake_news(const struct intake *intake, const struct api_object *object);

/* All that there is comes between begin and end; what did not goes. Returns how many went. */
void intake_relist_begin(struct intake *intake);
size_t intake_relist_end(struct intake *intake);
void intake_relist_abandon(struct intake *intake);

/* While an audit runs, names that are deleted are remembered and objects that come get its mark. */
void intake_audit_begin(struct intake *intake);
void intake_audit_end(struct intake *intake);
uint64_t intake_hash(struct intake *intake, const char *namespace_, const char *name);
/* What the watch said last of it, also if it is aside. False: never heard of it. */
struct intake_known {
	uint64_t version;
	const struct object *object; /* NULL: aside only */
};
bool intake_knows(struct intake *intake, const char *namespace_, const char *name,
		  struct intake_known *ret_known);
bool intake_is_gone(const struct intake *intake, uint64_t hash);

/* A resourceVersion as a number; 0: it is none. */
uint64_t intake_version(const char *text);

#endif
