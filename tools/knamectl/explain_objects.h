/* SPDX-License-Identifier: Apache-2.0 */
/* explain_objects -- which objects gave or denied a name of the cluster (of `knamectl explain`).
 * What was said is the server's own; here the objects that it was made of are looked up, and the
 * rule of src/names.md that fits is told. */
#ifndef KNAMECTL_EXPLAIN_OBJECTS_H
#define KNAMECTL_EXPLAIN_OBJECTS_H

#include "explain.h"
#include "knamed/model.h"

enum { PART_SIZE = 256 };
/* A name of the cluster's zones in its parts, as the server's metadata have them; "" is none. */
struct name_parts {
	char kind[PART_SIZE], namespace_[PART_SIZE], service[PART_SIZE], endpoint[PART_SIZE];
	char port[PART_SIZE], protocol[PART_SIZE], cluster[PART_SIZE], zonal[PART_SIZE];
	unsigned left; /* labels in front of the zone */
	bool is_bad, is_import;
};

/* The rule that decides: {"reason"}, a word for programs, and a sentence. */
void explain_reason(json_t *steps, const char *reason, const char *format, ...) PRINTF_LIKE(3, 4);
/* "Service a/b (version 12, 3d old): ..." */
void explain_object_step(const struct explained_name *name, json_t *steps,
			 const struct object *object, const char *format, ...) PRINTF_LIKE(4, 5);
/* As the API server has it, the caller's; NULL: it cannot be asked, or does not have it. */
json_t *explain_find(const struct explained_name *name, const struct object *object);
/* True: an object of the kind and name is there, but the block does not take it in. */
bool explain_is_hidden(const struct explained_name *name, enum object_kind kind,
		       const char *namespace_, const char *object);

/* Whether names below it may exist; else why not. */
bool explain_namespace(const struct explained_name *name, const char *namespace_, json_t *steps);

/* SVC.NS and what stands in front of it. */
void explain_service(const struct explained_name *name, const struct name_parts *parts, json_t *steps);
void explain_no_service(const struct explained_name *name, const struct name_parts *parts,
			json_t *steps);
/* of_what has addresses of one family alone, or nothing of that type at all. */
void explain_no_family(uint16_t type, const char *of_what, bool has_ipv4, json_t *steps);
bool explain_is_address_type(uint16_t type, bool has_ipv4, bool has_ipv6);
/* Names in zones of `k8s_external`. */
void explain_outside(const struct explained_name *name, unsigned zone_labels, json_t *steps);

/* Tells the slices of a Service or import. */
struct endpoint_sum {
	unsigned slices, endpoints, counting, ipv4, ipv6, hidden /* in slices of other types */;
};
struct endpoint_sum explain_slices(const struct explained_name *name, const struct object *owner,
				   bool publishes_not_ready, json_t *steps);
/* The name of a headless Service of which these are the endpoints. */
void explain_headless(const struct explained_name *name, const struct endpoint_sum *sum,
		      const struct service *service, json_t *steps);
/* HOST.SVC.NS: which endpoint that is, or why none. */
void explain_endpoint(const struct explained_name *name, const struct name_parts *parts,
		      const struct service *service, json_t *steps);
/* _PORT._PROTO.SVC.NS */
void explain_port(const struct explained_name *name, const struct name_parts *parts,
		  const struct service *service, const struct endpoint_sum *sum, json_t *steps);
void explain_pod(const struct explained_name *name, const struct name_parts *parts, json_t *steps);
void explain_reverse(const struct explained_name *name, const struct reverse_name *reverse,
		     json_t *steps);
/* "10-0-0-1" or "2001-db8--1", as names of pods and endpoints have addresses. */
bool explain_dashed(const char *label, struct ip *ret_ip);

#endif
