/* SPDX-License-Identifier: Apache-2.0 */
/* What a body is made of: a cutter for its encoding finds objects, the rest is common. */
#ifndef KNAMED_KUBE_BODY_PARTS_H
#define KNAMED_KUBE_BODY_PARTS_H

#include "body.h"

enum {
	BODY_DEPTH_MOST = 64,	      /* of brackets within each other */
	BODY_BESIDE_MOST = 64 * 1024, /* bytes of what stands beside the objects */
	BODY_ROOM_KEPT = 1024 * 1024, /* larger buffers are given back */
};

/* Text without a NUL behind it. */
struct word {
	const uint8_t *text;
	size_t size;
};

bool word_is(struct word word, const char *text);
/* For sentences: what is not plain becomes '?', what is long is cut. */
enum { WORD_ROOM = 65 };
const char *word_print(struct word word, char room[WORD_ROOM]);

struct json_cutter;
struct protobuf_cutter;

struct body {
	struct body_options options;
	struct api_decoder *decoder;
	struct json_cutter *json; /* one of the two */
	struct protobuf_cutter *protobuf;
	struct text object; /* bytes of the object that is coming in */
	struct text version, next;
	uint64_t remaining;
	size_t taken; /* objects so far */
};

/* Decodes an object and hands it over. */
bool body_take(struct body *body, enum body_event event, enum body_encoding encoding,
	       const void *bytes, size_t size, struct error *error);
/* The same for an event by its word. What comes with an ERROR is a Status. */
bool body_take_event(struct body *body, struct word word, enum body_encoding encoding,
		     const void *bytes, size_t size, struct error *error);
/* The frame that came in as the object. */
bool body_take_frame(struct body *body, struct error *error);
/* Is it what was asked for? "" as `suffix` or "List". */
bool body_check_kind(const struct body *body, struct word kind, const char *suffix,
		     struct error *error);
/* Adds to the object that is coming in, as far as it may grow. */
bool body_add(struct body *body, const void *bytes, size_t size, struct error *error);
void body_forget(struct body *body); /* that object */

/* The list's own metadata. */
bool body_list_json(struct body *body, const char *text, size_t size, struct error *error);
bool body_list_protobuf(struct body *body, const uint8_t *bytes, size_t size, struct error *error);

/* What runtime.Unknown wraps; JSON may stand without it. Bytes and kind lie in what was opened. */
struct unknown {
	enum body_encoding encoding;
	const uint8_t *bytes;
	size_t size;
	struct word kind; /* empty if it does not say */
};
#define UNKNOWN_MAGIC "k8s" /* and a NUL */
enum { UNKNOWN_MAGIC_SIZE = sizeof(UNKNOWN_MAGIC) };
bool unknown_open(const uint8_t *bytes, size_t size, struct unknown *ret_unknown, struct error *error);
/* The parts of an Unknown: what says the kind, and what says how `raw` is encoded. */
bool unknown_kind(const uint8_t *bytes, size_t size, struct word *ret_kind, struct error *error);
bool unknown_type(struct word type, enum body_encoding *ret_encoding, struct error *error);

/* Of the message or the JSON text itself. */
bool status_read(enum body_encoding encoding, const void *bytes, size_t size, struct text *room,
		 struct api_status *ret_status);

struct json_cutter *json_cutter_new(void);
void json_cutter_free(struct json_cutter *cutter);
bool json_cutter_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error);
bool json_cutter_end(const struct body *body, struct error *error);

struct protobuf_cutter *protobuf_cutter_new(enum body_form form);
void protobuf_cutter_free(struct protobuf_cutter *cutter);
bool protobuf_cutter_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error);
bool protobuf_cutter_end(const struct body *body, struct error *error);

#endif
