/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs of what is asked. */
#include "path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void assert_path(struct path path, const struct config_kubernetes *config, const char *expected)
{
	struct text text = { 0 };

	path.config = config;
	path_print(&path, &text);
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static void each_request_asks_for_the_whole_cluster(void **state)
{
	(void)state;
	const struct config_kubernetes config = { 0 };

	assert_path((struct path){ .aim = PATH_STREAM, .kind = OBJECT_SERVICE, .timeout_s = 300 },
		    &config,
		    "/api/v1/services?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
		    "&resourceVersionMatch=NotOlderThan&timeoutSeconds=300");
	assert_path((struct path){ .aim = PATH_WATCH,
				   .kind = OBJECT_SLICE,
				   .version = "17",
				   .timeout_s = 400 },
		    &config,
		    "/apis/discovery.k8s.io/v1/endpointslices?watch=true&allowWatchBookmarks=true"
		    "&resourceVersion=17&timeoutSeconds=400");
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_NAMESPACE }, &config,
		    "/api/v1/namespaces?limit=500");
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_IMPORT, .next = "a+b/c=" },
		    &config,
		    "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports?limit=500&continue=a%2Bb%2Fc%3D");
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_NAMESPACE, .is_whole = true },
		    &config, "/api/v1/namespaces?");
	assert_path((struct path){ .aim = PATH_PROBE, .kind = OBJECT_SERVICE }, &config,
		    "/api/v1/services?limit=1");
}

static void pods_that_are_over_are_left_out(void **state)
{
	(void)state;
	const struct config_kubernetes config = { 0 };

	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_POD }, &config,
		    "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed%2C"
		    "status.phase%21%3DUnknown&limit=500");
}

static void selectors_go_with_the_kinds_that_they_are_for(void **state)
{
	(void)state;
	struct config_kubernetes config = { 0 };

	assert_true(selector_read("a=b, c!=d, e in (f,g), h notin (i,j), k, !x.y/l", &config.labels,
				  NULL));
	assert_true(selector_read("team=", &config.namespace_labels, NULL));
#define LABELS                                                                                     \
	"labelSelector=a%20in%20%28b%29%2Cc%20notin%20%28d%29%2Ce%20in%20%28f%2Cg%29%2Ch%20notin%20%28i%2Cj%29%2Ck%2C%21x.y%2Fl"
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_SERVICE }, &config,
		    "/api/v1/services?" LABELS "&limit=500");
	assert_path((struct path){ .aim = PATH_STREAM, .kind = OBJECT_SLICE, .timeout_s = 300 },
		    &config,
		    "/apis/discovery.k8s.io/v1/endpointslices?watch=true&allowWatchBookmarks=true"
		    "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=300&" LABELS);
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_NAMESPACE }, &config,
		    "/api/v1/namespaces?labelSelector=team%20in%20%28%29&limit=500");
	assert_path((struct path){ .aim = PATH_LIST, .kind = OBJECT_IMPORT }, &config,
		    "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports?limit=500");
	assert_path((struct path){ .aim = PATH_PROBE, .kind = OBJECT_SERVICE }, &config,
		    "/api/v1/services?limit=1");
	selector_done(&config.labels);
	selector_done(&config.namespace_labels);
}

static void protobuf_is_asked_for_where_there_is_one(void **state)
{
	(void)state;

	assert_string_equal(path_accept(OBJECT_SERVICE, ACCEPT_LIST, false),
			    "application/vnd.kubernetes.protobuf, application/json");
	assert_string_equal(path_accept(OBJECT_SERVICE, ACCEPT_WATCH, false),
			    "application/vnd.kubernetes.protobuf;stream=watch, application/json");
	assert_string_equal(path_accept(OBJECT_SERVICE, ACCEPT_METADATA, false),
			    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, "
			    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
	assert_string_equal(path_accept(OBJECT_SERVICE, ACCEPT_WATCH, true), "application/json");
	assert_string_equal(path_accept(OBJECT_IMPORT, ACCEPT_METADATA, false),
			    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_asks_for_the_whole_cluster),
		cmocka_unit_test(pods_that_are_over_are_left_out),
		cmocka_unit_test(selectors_go_with_the_kinds_that_they_are_for),
		cmocka_unit_test(protobuf_is_asked_for_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
