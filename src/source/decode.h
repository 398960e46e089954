/* SPDX-License-Identifier: Apache-2.0 */
/* One API object, as a JSON value, becomes a model object. Where it comes from does not matter
 * here. */
#ifndef KNAMED_SOURCE_DECODE_H
#define KNAMED_SOURCE_DECODE_H

#include "knamed/source.h"

#include "field.h"

/* Strings are the JSON value's. */
struct metadata {
	const char *namespace_, *name;
	const json_t *labels, *annotations; /* NULL: none; values are text */
};

struct decoded {
	enum object_kind kind; /* OBJECT_KINDS: not one of ours; then only a namespace may be set */
	struct metadata metadata;
	struct object *object; /* the caller's; NULL: not to be kept */
};

struct decoder {
	const struct decode_options *options;
	struct fields fields; /* after a failure: where */
};

/* What an item of a typed list may leave out; "" where the list does not say it. */
struct decode_defaults {
	const char *api_version, *kind;
};

/* False fills the error with the field's path and a sentence. */
bool decode_object(struct decoder *decoder, const json_t *value,
		   const struct decode_defaults *defaults, struct decoded *ret_decoded);

/* One kind each: *ret_object is NULL if the options do not want it. */
bool decode_service(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		    struct object **ret_object);
bool decode_slice(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		  struct object **ret_object);
bool decode_pod(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		struct object **ret_object);
bool decode_import(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		   struct object **ret_object);

/* Parts that kinds share. */
bool metadata_matches(const struct metadata *metadata, const struct selector *selector);
const char *metadata_label(const struct metadata *metadata, const char *key); /* "" if absent */
enum protocol decode_protocol(const char *text);
/* Reads list `key` of address texts (or of objects with the text in `inner`): in order, without
 * duplicates; what is no address is left out. The array is the caller's (mem_free). */
struct addresses {
	struct ip *list;
	uint8_t count;
	uint8_t listed; /* duplicates included */
};
bool decode_addresses(struct fields *fields, const json_t *object, const char *key,
		      const char *inner, struct addresses *addresses);
void addresses_add(struct addresses *addresses, const char *text);
/* Reads list `ports`. A port without a number is fine only where null is allowed. */
struct ports {
	struct port *list;
	uint16_t count;
};
bool decode_ports(struct fields *fields, const json_t *object, bool may_lack_number,
		  struct ports *ret_ports);

#endif
