/* SPDX-License-Identifier: Apache-2.0 */
/* A watch on a scripted transport: a model, what was told, and JSON to play to it. */
#ifndef TESTS_KUBE_FOLLOWING_H
#define TESTS_KUBE_FOLLOWING_H

#include "script.h"
#include "watch.h"

struct following {
	struct script script;
	struct config_kubernetes config;
	struct decode_options decode;
	struct watch_times times;
	struct model *model;
	struct watch *watch;
	unsigned changed, fresh, failed, followed, listed;
	uint64_t triggered_ns; /* of the last fresh one */
	enum trouble cause;    /* of the last failure */
	char text[256];
};
int following_set_up(void **state);
int following_tear_down(void **state);
#define with_following(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, following_set_up, following_tear_down)

/* Makes the watch anew, of that kind, by what config, decode and times say now; and starts it. */
void following_start(struct following *following, enum object_kind kind);
/* In step with services a and b of version 10 and 11, following from 20. */
struct transfer *following_in_step(struct following *following);

#define SERVICE(name, version, address)                                                            \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ns\",\"resourceVersion\":\"" version \
	"\",\"labels\":{\"app\":\"x\"}},\"spec\":{\"clusterIP\":\"" address "\"}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define ADDED(name, version, address) EVENT("ADDED", SERVICE(name, version, address))
#define MODIFIED(name, version, address) EVENT("MODIFIED", SERVICE(name, version, address))
#define DELETED(name, version) EVENT("DELETED", SERVICE(name, version, "10.0.0.1"))
#define BOOKMARK(version) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version "\"}}")
#define END(version)                                                                               \
	EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version                          \
			  "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}")
#define STATUS(code, reason, message)                                                              \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","       \
	"\"message\":\"" message "\",\"reason\":\"" reason "\",\"code\":" code "}"
#define ERROR_EVENT(code, reason, message) EVENT("ERROR", STATUS(code, reason, message))
#define LIST(version, next, items)                                                                     \
	"{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"continue\":\"" next "\"},\"items\":[" items "]}"

/* "a=10.0.0.1 b=10.0.0.2": the services of the model by name. */
const char *services_of(struct following *following);
#define assert_services(following, text) assert_string_equal(services_of(following), text)

#endif
