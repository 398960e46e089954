/* SPDX-License-Identifier: Apache-2.0 */
/* One API object, as a JSON value, becomes a model object. Where it comes from does not matter
 * here. What is the same in protobuf stands here too: the rules of each kind, behind the reading. */
#ifndef KNAMED_SOURCE_DECODE_H
#define KNAMED_SOURCE_DECODE_H

#include "knamed/source.h"

#include "field.h"

#define ANNOTATION_TOLERATE_UNREADY "service.alpha.kubernetes.io/tolerate-unready-endpoints"

struct label {
	const char *key, *value;
};
struct labels {
	struct label *list;
	size_t count;
};

/* Strings are the JSON value's, or the API decoder's. */
struct metadata {
	const char *namespace_, *name;
	const json_t *labels; /* NULL: none; values are text */
	struct labels pairs;  /* the labels that came in protobuf; of equal keys the last counts */
	bool tolerates_unready, is_deleted;
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

/* Its parts, for a value whose kind is known. On failure the metadata are as far as they were read. */
bool decode_metadata(struct fields *fields, const json_t *value, enum object_kind kind,
		     struct metadata *metadata);
bool decode_kind(struct decoder *decoder, enum object_kind kind, const json_t *value,
		 const struct metadata *metadata, struct object **ret_object);
bool metadata_is_named(struct fields *fields, const struct metadata *metadata);
/* The namespace that the API means where the object says none. */
const char *metadata_namespace(enum object_kind kind, const char *said);

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
enum { PORTS_MOST = UINT16_MAX };
struct ports {
	struct port *list;
	size_t count;
};
bool decode_ports(struct fields *fields, const json_t *object, bool may_lack_number,
		  struct ports *ret_ports);
#define ADDRESS_TYPES "IPv4, IPv6 or FQDN"
struct endpoints {
	struct endpoint_text *list;
	size_t count, room;
};
void endpoints_add(struct endpoints *endpoints, const struct endpoint_text *endpoint);

/* What the fields of a kind come to; NULL if the options do not want it. Everything is copied. */
struct object *namespace_make(const struct decode_options *options, const struct metadata *metadata);
/* externalIPs, then what the load balancer has. */
struct externals {
	struct external *list;
	size_t count;
};
void externals_add(struct externals *externals, const char *ip, const char *hostname);
struct service_fields {
	const char *type, *external_name;
	const char *cluster_ip;	    /* the first of clusterIPs, else clusterIP */
	struct addresses addresses; /* clusterIPs, else clusterIP */
	struct ports ports;
	struct externals externals;
	bool publish_not_ready, has_selector;
};
struct object *service_make(const struct decode_options *options, const struct metadata *metadata,
			    const struct service_fields *fields);
struct object *slice_make(const struct decode_options *options, const struct metadata *metadata,
			  const char *address_type, const struct ports *ports,
			  const struct endpoints *endpoints);
struct object *pod_make(const struct decode_options *options, const struct metadata *metadata,
			const char *phase, const struct addresses *addresses);

#endif
