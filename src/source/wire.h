/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the API in protobuf, read field by field. As in any protobuf, the last value of a
 * field counts, a message that stands twice is one, fields that are not known are passed over. Each
 * reader is called with `fields` standing where the message is, and leaves it there; after a
 * failure it stands on what is wrong. */
#ifndef KNAMED_SOURCE_WIRE_H
#define KNAMED_SOURCE_WIRE_H

#include "api.h"

/* One field. `key` is its name, for errors. Texts are the decoder's. */
bool wire_text(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       const char **ret_text);
bool wire_item_text(struct api_decoder *decoder, const struct wire_field *field, const char *key,
		    size_t index, const char **ret_text);
bool wire_bool(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       bool *ret_value);
/* Enters the field; field_leave() is the caller's. */
bool wire_message(struct api_decoder *decoder, const struct wire_field *field, const char *key,
		  struct wire *ret_message);
/* Enters the field and its item: to be left twice. */
bool wire_item(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       size_t index, struct wire *ret_message);
/* Behind the last field: was the message whole? */
bool wire_end(struct api_decoder *decoder, const struct wire *message);

/* ServicePort and EndpointPort begin alike. Adds to the decoder's ports; a number is needed unless it may lack. */
bool wire_add_port(struct api_decoder *decoder, const struct wire_field *field, bool may_lack_number);

/* `object` is the message of the whole object. */
bool wire_metadata(struct api_decoder *decoder, struct wire object, struct api_metadata *metadata);
bool wire_service(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
		  struct object **ret_object);
bool wire_slice(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
		struct object **ret_object);
bool wire_pod(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
	      struct object **ret_object);

#endif
