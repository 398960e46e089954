/* SPDX-License-Identifier: Apache-2.0 */
/* model -- the cluster as small objects, one change at a time.
 *
 *   source --model_put/model_remove--> model --listener(before, after)--> answers
 *
 * An object is immutable, one block of memory, and counted: who keeps a pointer holds a reference. All of
 * this is the control thread's. Putting an object equal to the one that is there is no change. */
#ifndef KNAMED_MODEL_H
#define KNAMED_MODEL_H

#include "knamed/base.h"

enum object_kind { OBJECT_NAMESPACE, OBJECT_SERVICE, OBJECT_SLICE, OBJECT_POD, OBJECT_IMPORT, OBJECT_KINDS };
const char *object_kind_name(enum object_kind kind); /* "Service", ... */

/* Common head. Strings of an object live in its own block; names are as the API gives them. */
struct object {
	enum object_kind kind;
	uint32_t references;
	uint32_t sweep;           /* model's own: generation of the last relist that saw it */
	uint32_t mark;            /* an audit's own: the last one that saw it */
	uint64_t version;         /* resourceVersion as a number, 0: unknown; no part of what is equal */
	const char *namespace_;   /* "" for a Namespace */
	const char *name;
};

enum protocol { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, PROTOCOL_OTHER };
/* number 0 and has_number false: `port: null`. name "" is unnamed; stored lower case. */
struct port { const char *name; uint16_t number; bool has_number; uint8_t protocol; };

struct namespace_ { struct object head; };

/* An address from outside: of spec.externalIPs, or of the load balancer, whose may be a name. */
struct external { struct ip ip; const char *hostname; }; /* family 0: hostname; else hostname is "" */
enum { EXTERNALS_MOST = 255 }; /* service_new leaves out the rest */

enum service_type { SERVICE_CLUSTER_IP, SERVICE_HEADLESS, SERVICE_EXTERNAL_NAME };
struct service {
	struct object head;
	enum service_type type;
	bool publish_not_ready;       /* field or tolerate-unready annotation */
	bool has_selector;            /* somebody makes its endpoints from pods */
	uint8_t address_count;        /* parsed clusterIPs in order, without duplicates; 0: none yet */
	uint8_t listed_count;         /* the same with duplicates: SRV weights count them */
	uint16_t port_count;
	uint16_t external_count;      /* 0 unless somebody wants to know */
	const struct ip *addresses;
	const struct port *ports;
	const struct external *externals; /* in order, those of the load balancer last */
	const char *external_name;    /* as spelled; "" otherwise */
};

struct endpoint {
	struct ip address;
	bool ready;                   /* absent counts as true */
	bool terminating;             /* its pod is being deleted; changes no answer by itself */
	uint32_t hostname, pod_name, zone; /* offsets into slice->strings; 0 is "" */
};
enum address_type { ADDRESS_IPV4, ADDRESS_IPV6, ADDRESS_OTHER };
enum { SLICE_PORTS_MOST = 1000 }; /* ten times what the API's documentation allows; slice_new leaves out the rest */
struct slice {
	struct object head;
	const char *service;          /* label kubernetes.io/service-name, "" if absent */
	const char *import;           /* label multicluster.kubernetes.io/service-name, "" */
	const char *cluster;          /* label multicluster.kubernetes.io/source-cluster, "" */
	enum address_type address_type;
	uint16_t port_count;
	uint32_t endpoint_count;      /* one per address: endpoints[].addresses is flattened */
	const struct port *ports;
	const struct endpoint *endpoints;
	const char *strings;
	uint64_t triggered_ns;        /* Unix time of the change that led to it, 0: unknown; no part of what is equal */
};
static inline const char *slice_string(const struct slice *slice, uint32_t at) { return slice->strings + at; }

struct pod { struct object head; uint8_t address_count; const struct ip *addresses; };

enum import_type { IMPORT_CLUSTER_SET_IP, IMPORT_HEADLESS };
struct import {
	struct object head;
	enum import_type type;
	uint8_t address_count, listed_count; /* as of a Service */
	uint16_t port_count;
	const struct ip *addresses;
	const struct port *ports;
};

/* Makers: copy everything into one block; the result has one reference, the caller's. slice_new
 * takes endpoint string fields as pointers (NULL or "": none). */
struct endpoint_text { struct ip address; bool ready, terminating; const char *hostname, *pod_name, *zone; };
struct object *namespace_new(const char *name);
struct object *service_new(const struct service *fields);
struct object *slice_new(const struct slice *fields, const struct endpoint_text *endpoints);
struct object *pod_new(const struct pod *fields);
struct object *import_new(const struct import *fields);
struct object *object_hold(const struct object *object); /* +1 */
void object_drop(const struct object *object);           /* -1; NULL is fine */
bool object_equal(const struct object *a, const struct object *b);

/* Told after each change. before NULL: new; after NULL: gone. Pointers are borrowed: object_hold to
 * keep. */
struct model_listener {
	void (*changed)(void *context, const struct object *before, const struct object *after);
	void *context;
};
struct model;
struct model *model_new(void);
void model_free(struct model *model);
void model_listen(struct model *model, struct model_listener listener);
/* Takes the reference. True if something changed (and listeners were told); an equal object only brings its
 * version, a slice its triggered_ns. */
bool model_put(struct model *model, struct object *object);
bool model_remove(struct model *model, enum object_kind kind, const char *namespace_, const char *name);
/* Mark and sweep of one kind: begin, put all that there is, end removes what was not put. */
void model_relist_begin(struct model *model, enum object_kind kind);
/* It is there, but what it says now could not be read: what is known of it stays. False if nothing is. */
bool model_keep(struct model *model, enum object_kind kind, const char *namespace_, const char *name);
void model_relist_abandon(struct model *model, enum object_kind kind); /* nothing goes */
size_t model_relist_end(struct model *model, enum object_kind kind); /* how many went */
/* Until all that went was told too. */
bool model_is_relisting(const struct model *model, enum object_kind kind);
const struct object *model_get(const struct model *model, enum object_kind kind, const char *namespace_,
			       const char *name);
size_t model_count(const struct model *model, enum object_kind kind);
void model_mark(const struct object *object, uint32_t mark);
/* Walks all objects of a kind, in no order; *position starts at 0. NULL at the end. */
const struct object *model_next(const struct model *model, enum object_kind kind, size_t *position);

#endif
