/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of what an API server sends: what its two encodings share. It keeps the texts and the
 * object of the last call. */
#ifndef KNAMED_SOURCE_API_H
#define KNAMED_SOURCE_API_H

#include "decode.h"

/* Copies of texts, in one block whose size is known before the first of them. */
struct texts {
	char *block;
	size_t used, room;
};
const char *texts_put(struct texts *texts, const void *bytes, size_t size);

struct api_decoder {
	struct decoder decoder;
	enum object_kind kind;
	struct object *object; /* held */
	struct texts texts;
	/* Lists of the object that is being read in protobuf; their room is kept. */
	struct labels labels;
	struct addresses addresses;
	struct ports ports;
	struct endpoints endpoints;
	struct externals externals;
	size_t labels_room, ports_room;
};
/* Forgets the last call. Texts put until the next one, each with its NUL, take `texts_most` bytes together. */
void api_decoder_begin(struct api_decoder *decoder, size_t texts_most,
		       struct api_object *ret_object, struct error *error);

#define ANNOTATION_TRIGGER_TIME "endpoints.kubernetes.io/last-change-trigger-time"
#define ANNOTATION_INITIAL_END "k8s.io/initial-events-end"

/* The metadata with what only the API's objects have. */
struct api_metadata {
	struct metadata common;
	const char *uid, *version;
	uint64_t triggered_ns, created_ns;
	bool is_initial_end;
};
/* Texts are used as they are. */
void api_object_tell(const struct api_metadata *metadata, struct api_object *ret_object);
/* Takes the object, which may be NULL. */
void api_object_give(struct api_decoder *decoder, struct object *object, struct api_object *ret_object);

/* Of an RFC 3339 time as Go prints it; 0 for anything else and for times before 1970. */
uint64_t trigger_time_ns(const char *text);

#endif
