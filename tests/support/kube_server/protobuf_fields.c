/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that clients read, and some that they must step over: numbers of k8s.io/api 0.37's generated.proto. */
#include "protobuf.h"

#define TEXT_ALWAYS(number, name)                                                                  \
	{                                                                                          \
		number, name, FORM_TEXT, true, NULL                                                \
	}
#define TEXT_MAYBE(number, name)                                                                   \
	{                                                                                          \
		number, name, FORM_TEXT, false, NULL                                               \
	}
#define TEXTS(number, name)                                                                        \
	{                                                                                          \
		number, name, FORM_TEXTS, false, NULL                                              \
	}
#define NUMBER_ALWAYS(number, name)                                                                \
	{                                                                                          \
		number, name, FORM_NUMBER, true, NULL                                              \
	}
#define NUMBER_MAYBE(number, name)                                                                 \
	{                                                                                          \
		number, name, FORM_NUMBER, false, NULL                                             \
	}
#define BOOL_ALWAYS(number, name)                                                                  \
	{                                                                                          \
		number, name, FORM_BOOL, true, NULL                                                \
	}
#define BOOL_MAYBE(number, name)                                                                   \
	{                                                                                          \
		number, name, FORM_BOOL, false, NULL                                               \
	}
#define MAP(number, name)                                                                          \
	{                                                                                          \
		number, name, FORM_MAP, false, NULL                                                \
	}
#define TIME_ALWAYS(number, name)                                                                  \
	{                                                                                          \
		number, name, FORM_TIME, true, NULL                                                \
	}
#define TIME_MAYBE(number, name)                                                                   \
	{                                                                                          \
		number, name, FORM_TIME, false, NULL                                               \
	}
#define ONE(number, name, message)                                                                 \
	{                                                                                          \
		number, name, FORM_MESSAGE, true, &(message)                                       \
	}
#define ONE_MAYBE(number, name, message)                                                           \
	{                                                                                          \
		number, name, FORM_MESSAGE, false, &(message)                                      \
	}
#define MANY(number, name, message)                                                                \
	{                                                                                          \
		number, name, FORM_MESSAGES, false, &(message)                                     \
	}

static const struct message owner_reference = {
	"OwnerReference",
	{ TEXT_ALWAYS(1, "kind"), TEXT_ALWAYS(3, "name"), TEXT_ALWAYS(4, "uid"),
	  TEXT_ALWAYS(5, "apiVersion"), BOOL_MAYBE(6, "controller"),
	  BOOL_MAYBE(7, "blockOwnerDeletion") },
};
static const struct message managed_fields = {
	"ManagedFieldsEntry",
	{ TEXT_ALWAYS(1, "manager"),
	  TEXT_ALWAYS(2, "operation"),
	  TEXT_ALWAYS(3, "apiVersion"),
	  TIME_MAYBE(4, "time"),
	  TEXT_ALWAYS(6, "fieldsType"),
	  { 7, "fieldsV1", FORM_FIELDS_V1, false, NULL },
	  TEXT_ALWAYS(8, "subresource") },
};
static const struct message object_meta = {
	"ObjectMeta",
	{ TEXT_ALWAYS(1, "name"), TEXT_ALWAYS(2, "generateName"), TEXT_ALWAYS(3, "namespace"),
	  TEXT_ALWAYS(4, "selfLink"), TEXT_ALWAYS(5, "uid"), TEXT_ALWAYS(6, "resourceVersion"),
	  NUMBER_ALWAYS(7, "generation"), TIME_ALWAYS(8, "creationTimestamp"),
	  TIME_MAYBE(9, "deletionTimestamp"), NUMBER_MAYBE(10, "deletionGracePeriodSeconds"),
	  MAP(11, "labels"), MAP(12, "annotations"), MANY(13, "ownerReferences", owner_reference),
	  TEXTS(14, "finalizers"), MANY(17, "managedFields", managed_fields) },
};
const struct message message_list_meta = {
	"ListMeta",
	{ TEXT_ALWAYS(1, "selfLink"), TEXT_ALWAYS(2, "resourceVersion"), TEXT_ALWAYS(3, "continue"),
	  NUMBER_MAYBE(4, "remainingItemCount") },
};
const struct message message_partial = { "PartialObjectMetadata", { ONE(1, "metadata", object_meta) } };

static const struct message namespace_spec = { "NamespaceSpec", { TEXTS(1, "finalizers") } };
static const struct message namespace_status = { "NamespaceStatus", { TEXT_ALWAYS(1, "phase") } };
const struct message message_namespace = {
	"Namespace",
	{ ONE(1, "metadata", object_meta), ONE(2, "spec", namespace_spec),
	  ONE(3, "status", namespace_status) },
};

static const struct message service_port = {
	"ServicePort",
	{ TEXT_ALWAYS(1, "name"),
	  TEXT_ALWAYS(2, "protocol"),
	  NUMBER_ALWAYS(3, "port"),
	  { 4, "targetPort", FORM_PORT, true, NULL },
	  NUMBER_ALWAYS(5, "nodePort"),
	  TEXT_MAYBE(6, "appProtocol") },
};
static const struct message service_spec = {
	"ServiceSpec",
	{ MANY(1, "ports", service_port), MAP(2, "selector"), TEXT_ALWAYS(3, "clusterIP"),
	  TEXT_ALWAYS(4, "type"), TEXTS(5, "externalIPs"), TEXT_ALWAYS(7, "sessionAffinity"),
	  TEXT_ALWAYS(8, "loadBalancerIP"), TEXTS(9, "loadBalancerSourceRanges"),
	  TEXT_ALWAYS(10, "externalName"), TEXT_ALWAYS(11, "externalTrafficPolicy"),
	  NUMBER_ALWAYS(12, "healthCheckNodePort"), BOOL_ALWAYS(13, "publishNotReadyAddresses"),
	  TEXT_MAYBE(17, "ipFamilyPolicy"), TEXTS(18, "clusterIPs"), TEXTS(19, "ipFamilies"),
	  BOOL_MAYBE(20, "allocateLoadBalancerNodePorts"), TEXT_MAYBE(21, "loadBalancerClass"),
	  TEXT_MAYBE(22, "internalTrafficPolicy"), TEXT_MAYBE(23, "trafficDistribution") },
};
static const struct message ingress = {
	"LoadBalancerIngress",
	{ TEXT_ALWAYS(1, "ip"), TEXT_ALWAYS(2, "hostname"), TEXT_MAYBE(3, "ipMode") },
};
static const struct message load_balancer = { "LoadBalancerStatus", { MANY(1, "ingress", ingress) } };
static const struct message service_status = { "ServiceStatus",
					       { ONE(1, "loadBalancer", load_balancer) } };
const struct message message_service = {
	"Service",
	{ ONE(1, "metadata", object_meta), ONE(2, "spec", service_spec),
	  ONE(3, "status", service_status) },
};

static const struct message conditions = {
	"EndpointConditions",
	{ BOOL_MAYBE(1, "ready"), BOOL_MAYBE(2, "serving"), BOOL_MAYBE(3, "terminating") },
};
static const struct message reference = {
	"ObjectReference",
	{ TEXT_ALWAYS(1, "kind"), TEXT_ALWAYS(2, "namespace"), TEXT_ALWAYS(3, "name"),
	  TEXT_ALWAYS(4, "uid"), TEXT_ALWAYS(5, "apiVersion"), TEXT_ALWAYS(6, "resourceVersion"),
	  TEXT_ALWAYS(7, "fieldPath") },
};
static const struct message named = { "ForZone", { TEXT_ALWAYS(1, "name") } };
static const struct message hints = { "EndpointHints",
				      { MANY(1, "forZones", named), MANY(2, "forNodes", named) } };
static const struct message endpoint = {
	"Endpoint",
	{ TEXTS(1, "addresses"), ONE(2, "conditions", conditions), TEXT_MAYBE(3, "hostname"),
	  ONE_MAYBE(4, "targetRef", reference), MAP(5, "deprecatedTopology"),
	  TEXT_MAYBE(6, "nodeName"), TEXT_MAYBE(7, "zone"), ONE_MAYBE(8, "hints", hints) },
};
static const struct message endpoint_port = {
	"EndpointPort",
	{ TEXT_MAYBE(1, "name"), TEXT_MAYBE(2, "protocol"), NUMBER_MAYBE(3, "port"),
	  TEXT_MAYBE(4, "appProtocol") },
};
const struct message message_slice = {
	"EndpointSlice",
	{ ONE(1, "metadata", object_meta), MANY(2, "endpoints", endpoint),
	  MANY(3, "ports", endpoint_port), TEXT_ALWAYS(4, "addressType") },
};

static const struct message container = { "Container",
					  { TEXT_ALWAYS(1, "name"), TEXT_ALWAYS(2, "image") } };
static const struct message pod_spec = {
	"PodSpec",
	{ MANY(2, "containers", container), TEXT_ALWAYS(3, "restartPolicy"),
	  TEXT_ALWAYS(6, "dnsPolicy"), MAP(7, "nodeSelector"), TEXT_ALWAYS(8, "serviceAccountName"),
	  TEXT_ALWAYS(10, "nodeName"), BOOL_ALWAYS(11, "hostNetwork"), TEXT_ALWAYS(16, "hostname"),
	  TEXT_ALWAYS(17, "subdomain") },
};
static const struct message pod_ip = { "PodIP", { TEXT_ALWAYS(1, "ip") } };
static const struct message pod_condition = { "PodCondition",
					      { TEXT_ALWAYS(1, "type"), TEXT_ALWAYS(2, "status") } };
static const struct message pod_status = {
	"PodStatus",
	{ TEXT_ALWAYS(1, "phase"), MANY(2, "conditions", pod_condition), TEXT_ALWAYS(3, "message"),
	  TEXT_ALWAYS(4, "reason"), TEXT_ALWAYS(5, "hostIP"), TEXT_ALWAYS(6, "podIP"),
	  TIME_MAYBE(7, "startTime"), TEXT_ALWAYS(9, "qosClass"), MANY(12, "podIPs", pod_ip) },
};
const struct message message_pod = {
	"Pod",
	{ ONE(1, "metadata", object_meta), ONE(2, "spec", pod_spec), ONE(3, "status", pod_status) },
};

static const struct message cause = {
	"StatusCause",
	{ TEXT_ALWAYS(1, "reason"), TEXT_ALWAYS(2, "message"), TEXT_ALWAYS(3, "field") },
};
static const struct message details = {
	"StatusDetails",
	{ TEXT_ALWAYS(1, "name"), TEXT_ALWAYS(2, "group"), TEXT_ALWAYS(3, "kind"),
	  MANY(4, "causes", cause), NUMBER_ALWAYS(5, "retryAfterSeconds"), TEXT_ALWAYS(6, "uid") },
};
const struct message message_status = {
	"Status",
	{ ONE(1, "metadata", message_list_meta), TEXT_ALWAYS(2, "status"), TEXT_ALWAYS(3, "message"),
	  TEXT_ALWAYS(4, "reason"), ONE_MAYBE(5, "details", details), NUMBER_ALWAYS(6, "code") },
};
