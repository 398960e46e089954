/* SPDX-License-Identifier: Apache-2.0 */
/* What one file of manifests gives, kept until the file gives something else. */
#ifndef KNAMED_SOURCE_MANIFEST_FILE_H
#define KNAMED_SOURCE_MANIFEST_FILE_H

#include "facts.h"
#include "stamp.h"

/* One object of the file. Objects that the options do not want are here too, without `object`: they
 * may still hide an object of an earlier file, say that endpoints are given, or name a
 * namespace. */
struct entry {
	enum object_kind kind; /* OBJECT_KINDS: one of another kind, only its namespace is known */
	const char *namespace_, *name;
	struct object *object;		     /* held; NULL: not to be kept */
	const char *slice_service;	     /* of an EndpointSlice; "" if it has no such label */
	const struct pod_facts *pod;	     /* of a Pod */
	const struct service_facts *service; /* of a Service that selects pods; else NULL */
};

struct content {
	struct arena *arena;
	struct entry *entries;
	size_t count, room;
};

struct manifest_file {
	char *path;
	struct content content; /* of the last reading that was good */
	struct stamp read;	/* of the file, when it was last read; inode 0: never */
	bool is_fresh;		/* content is new in this step */
};

/* Reads the file if it changed since. False: it is broken; then the content stays as it was.
 * *ret_read is what was read of it, in bytes. Objects equal to the model's are shared with it. */
bool manifest_file_refresh(struct manifest_file *file, const struct decode_options *options,
			   const struct model *model, size_t *ret_read, struct error *error);
/* Reads text as a file of that name. */
bool manifest_file_read(struct manifest_file *file, FILE *text, const struct decode_options *options,
			const struct model *model, struct error *error);
void manifest_file_done(struct manifest_file *file);

/* Puts what the files give into the model as one step. True if that changed it. `tells` logs what
 * is given twice. */
bool step_apply(struct manifest_file *const *files, size_t count,
		const struct decode_options *options, struct model *model, bool tells);

#endif
