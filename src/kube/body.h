/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a response's bytes into API objects, whatever pieces they come in, and decodes them one at a
 * time: lists and watches, protobuf and JSON. Holds at most one object's bytes. */
#ifndef KNAMED_KUBE_BODY_H
#define KNAMED_KUBE_BODY_H

#include "knamed/source.h"

enum body_form { BODY_LIST, BODY_WATCH };
enum body_encoding { BODY_PROTOBUF, BODY_JSON };
enum { BODY_OBJECT_MOST = 16 * 1024 * 1024 }; /* ten times what etcd stores */

/* From a Content-Type; false: neither ("text/html"). */
bool body_encoding_of(const char *content_type, enum body_encoding *ret_encoding);

enum body_event { BODY_ITEM, BODY_ADDED, BODY_MODIFIED, BODY_DELETED, BODY_BOOKMARK, BODY_ERROR };
/* A Status: of an ERROR event, or of a refused request's body. */
struct api_status {
	int code;
	unsigned retry_after_s;
	const char *reason, *message;
};
struct body_item {
	enum body_event event;		 /* BODY_ITEM: of a list */
	const struct api_object *object; /* not for BODY_ERROR; its `object` may be kept with object_hold() */
	struct api_status status; /* for BODY_ERROR */
	/* The object's metadata could be read but not the rest: what is known of it stays. NULL: it is good. */
	const char *fault;
};
struct body_calls {
	/* False: stop, as if the body ended in an error. */
	bool (*take)(void *context, const struct body_item *item);
	void *context;
};
struct body_options {
	enum body_form form;
	enum body_encoding encoding;
	enum object_kind kind;
	bool is_metadata_only; /* PartialObjectMetadata of that kind */
	const struct decode_options *decode;
	struct body_calls calls;
};
/* A list's own metadata; texts are the body's. remaining 0: unknown. */
struct body_list {
	const char *version, *next;
	uint64_t remaining;
};

struct body;
struct body *body_new(const struct body_options *options);
void body_free(struct body *body);
/* False: the bytes are not what they should be, or `take` said no; error says what was wrong (empty if `take`). */
bool body_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error);
/* After the last byte. False if an object or the list was cut. ret_list may be NULL. */
bool body_end(struct body *body, struct body_list *ret_list, struct error *error);

/* A refused request's body: at most `size` bytes of a Status, in either encoding. False: not one.
 * Texts are put into `room`. */
bool body_status(enum body_encoding encoding, const uint8_t *bytes, size_t size, struct text *room,
		 struct api_status *ret_status);

#endif
