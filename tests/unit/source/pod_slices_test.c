/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints from pods, where a Service has a selector and nobody gives its slices. */
#include "reading.h"

static void add_service(struct text *text, const char *name, const char *spec)
{
	text_printf(text, "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {%s}\n",
		    name, spec);
}

/* more: further fields of metadata and spec. */
static void add_pod(struct text *text, const char *name, const char *labels, const char *spec,
		    const char *status)
{
	text_printf(text,
		    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {%s}}\nspec: {%s}\nstatus: {%s}\n",
		    name, labels, spec, status);
}

#define READY "conditions: [{type: Initialized, status: 'True'}, {type: Ready, status: 'True'}]"

static struct model *read_text(struct text *text)
{
	struct model *model = read_yaml(text->data);

	text_done(text);
	return model;
}

static void pods_that_match_all_of_a_selector_are_endpoints(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web, tier: front}, ports: [{name: http, port: 80}]");
	add_pod(&text, "a", "app: web, tier: front, x: z", "", "podIP: 10.1.0.1, " READY);
	add_pod(&text, "b", "app: web, tier: back", "", "podIP: 10.1.0.2, " READY);
	add_pod(&text, "c", "app: web", "", "podIP: 10.1.0.3, " READY);
	struct model *model = read_text(&text);
	const struct slice *slice = slice_of(model, "default", "web-1");

	assert_int_equal(model_count(model, OBJECT_SLICE), 1);
	assert_string_equal(slice->service, "web");
	assert_int_equal(slice->address_type, ADDRESS_IPV4);
	assert_int_equal(slice->endpoint_count, 1);
	assert_ip(&slice->endpoints[0].address, "10.1.0.1");
	assert_true(slice->endpoints[0].ready);
	assert_string_equal(slice_string(slice, slice->endpoints[0].pod_name), "a");
	assert_string_equal(slice_string(slice, slice->endpoints[0].hostname), "");
	assert_string_equal(slice->ports[0].name, "http");
	assert_int_equal(slice->ports[0].number, 80); /* targetPort defaults to port */
	model_free(model);
}

static void readiness_is_the_pods_unless_the_service_publishes_all(void **state)
{
	(void)state;
	static const struct {
		const char *spec, *status;
		bool ready;
	} cases[] = {
		{ "", "podIP: 10.1.0.1, " READY, true },
		{ "", "podIP: 10.1.0.1, conditions: [{type: Ready, status: 'False'}]", false },
		{ "", "podIP: 10.1.0.1", false },
		{ "publishNotReadyAddresses: true, ", "podIP: 10.1.0.1", true },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text text = { 0 }, spec = { 0 };
		text_printf(&spec, "%sselector: {app: web}", cases[i].spec);
		add_service(&text, "web", spec.data);
		add_pod(&text, "a", "app: web", "", cases[i].status);
		struct model *model = read_text(&text);
		assert_int_equal(slice_of(model, "default", "web-1")->endpoints[0].ready,
				 cases[i].ready);
		model_free(model);
		text_done(&spec);
	}
}

/* As the controller: "ready" of a pod that is being deleted only where not ready ones are published too. */
static void a_pod_that_is_being_deleted_is_not_ready(void **state)
{
	(void)state;
	static const char *const publish[] = { "false", "true" };

	for (size_t i = 0; i < COUNT_OF(publish); i++) {
		struct text text = { 0 };
		text_printf(&text,
			    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
			    "spec: {selector: {app: web}, publishNotReadyAddresses: %s}\n---\n"
			    "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: web}, "
			    "deletionTimestamp: "
			    "2026-01-01T00:00:00Z}\n"
			    "status: {podIP: 10.1.0.1, " READY "}\n",
			    publish[i]);
		struct model *model = read_text(&text);
		assert_int_equal(slice_of(model, "default", "web-1")->endpoints[0].ready, i);
		assert_int_equal(model_count(model, OBJECT_POD), 0);
		model_free(model);
	}
}

static void pods_that_are_done_or_have_no_address_are_no_endpoints(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web}");
	add_pod(&text, "a", "app: web", "", "phase: Succeeded, podIP: 10.1.0.1, " READY);
	add_pod(&text, "b", "app: web", "", "phase: Failed, podIP: 10.1.0.2, " READY);
	add_pod(&text, "c", "app: web", "", READY);
	struct model *model = read_text(&text);

	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	model_free(model);
}

static void a_host_name_counts_under_the_service_that_is_the_subdomain(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "etcd", "clusterIP: None, selector: {app: etcd}");
	add_service(&text, "client", "selector: {app: etcd}");
	add_pod(&text, "etcd-0", "app: etcd", "hostname: zero, subdomain: etcd",
		"podIP: 10.1.0.1, " READY);
	struct model *model = read_text(&text);
	const struct slice *own = slice_of(model, "default", "etcd-1"),
			   *other = slice_of(model, "default", "client-1");

	assert_string_equal(slice_string(own, own->endpoints[0].hostname), "zero");
	assert_string_equal(slice_string(other, other->endpoints[0].hostname), "");
	model_free(model);
}

static void named_target_ports_are_looked_up_in_each_pod(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web",
		    "selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}, "
		    "{name: dns, port: 53, protocol: UDP, targetPort: q}, {name: fix, port: 1, "
		    "targetPort: 99}]");
	add_pod(&text, "a", "app: web",
		"containers: [{name: x}, {ports: [{name: web, containerPort: 8080}, {name: q, containerPort: 5353}]}]",
		"podIP: 10.1.0.1, " READY); /* q is TCP here */
	add_pod(&text, "b", "app: web",
		"containers: [{ports: [{name: web, containerPort: 8081}]}], initContainers: "
		"[{ports: [{name: web, containerPort: 7}, {name: q, containerPort: 7, protocol: "
		"UDP}]}, "
		"{restartPolicy: Always, ports: [{name: q, containerPort: 54, protocol: UDP}]}]",
		"podIP: 10.1.0.2, " READY);
	add_pod(&text, "c", "app: web", "containers: [{ports: [{name: web, containerPort: 8080}]}]",
		"podIP: 10.1.0.3, " READY);
	struct model *model = read_text(&text);
	const struct slice *first = slice_of(model, "default", "web-1"),
			   *second = slice_of(model, "default", "web-2");

	assert_int_equal(model_count(model, OBJECT_SLICE), 2);
	assert_int_equal(first->endpoint_count, 2); /* a and c resolve alike */
	assert_int_equal(first->port_count, 2);
	assert_int_equal(first->ports[0].number, 8080);
	assert_string_equal(first->ports[1].name, "fix");
	assert_int_equal(first->ports[1].number, 99);
	assert_int_equal(second->port_count, 3);
	assert_int_equal(second->ports[0].number, 8081);
	assert_int_equal(second->ports[1].number,
			 54); /* of a sidecar; other init containers do not count */
	assert_int_equal(second->ports[1].protocol, PROTOCOL_UDP);
	model_free(model);
}

static void address_families_are_those_of_the_service(void **state)
{
	(void)state;
	static const struct {
		const char *spec;
		bool ipv4, ipv6;
	} cases[] = {
		{ "", true, true },
		{ "clusterIP: 10.0.0.1, ", true, false },
		{ "clusterIP: 'fd00::1', ", false, true },
		{ "clusterIPs: ['fd00::1', 10.0.0.1], ", true, true },
		{ "clusterIP: None, ", true, true },
		{ "clusterIP: None, ipFamilies: [IPv6], ", false, true },
		{ "ipFamilies: [IPv4, IPv6], ", true, true },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text text = { 0 }, spec = { 0 };
		unsigned seen[3] = { 0 };
		size_t position = 0;
		text_printf(&spec, "%sselector: {app: web}", cases[i].spec);
		add_service(&text, "web", spec.data);
		add_pod(&text, "a", "app: web", "",
			"podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::a'}], " READY);
		struct model *model = read_text(&text);
		const struct object *object;
		while ((object = model_next(model, OBJECT_SLICE, &position)) != NULL)
			seen[((const struct slice *)object)->address_type]++;
		assert_int_equal(seen[ADDRESS_IPV4], cases[i].ipv4);
		assert_int_equal(seen[ADDRESS_IPV6], cases[i].ipv6);
		model_free(model);
		text_done(&spec);
	}
}

static void a_slice_holds_at_most_a_hundred_endpoints(void **state)
{
	(void)state;
	struct text text = { 0 };
	char name[16], status[128];
	add_service(&text, "web", "selector: {app: web}");
	for (int i = 0; i < 250; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		snprintf(status, sizeof(status), "podIP: 10.1.%d.%d, " READY, i / 200, i % 200);
		add_pod(&text, name, "app: web", "", status);
	}
	struct model *model = read_text(&text);

	assert_int_equal(model_count(model, OBJECT_SLICE), 3);
	assert_int_equal(slice_of(model, "default", "web-1")->endpoint_count, 100);
	assert_int_equal(slice_of(model, "default", "web-2")->endpoint_count, 100);
	assert_int_equal(slice_of(model, "default", "web-3")->endpoint_count, 50);
	assert_ip(&slice_of(model, "default", "web-3")->endpoints[0].address,
		  "10.1.1.0"); /* in the files' order */
	model_free(model);
}

static void a_service_with_a_slice_of_its_own_gets_no_other(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web}");
	add_pod(&text, "a", "app: web", "", "podIP: 10.1.0.1, " READY);
	text_add(&text, "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: "
			"{name: own, labels: "
			"{kubernetes.io/service-name: web}}\naddressType: IPv4\n");
	struct model *model = read_text(&text);

	assert_int_equal(model_count(model, OBJECT_SLICE), 1);
	assert_int_equal(slice_of(model, "default", "own")->endpoint_count, 0);
	model_free(model);
}

static void a_made_slice_takes_no_name_that_is_given(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web}");
	add_pod(&text, "a", "app: web", "", "podIP: 10.1.0.1, " READY);
	text_add(&text, "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: "
			"{name: web-1}\naddressType: IPv4\n");
	struct model *model = read_text(&text);

	assert_int_equal(model_count(model, OBJECT_SLICE), 2);
	assert_int_equal(slice_of(model, "default", "web-2")->endpoint_count, 1);
	model_free(model);
}

static void nobody_makes_endpoints_for_some_services(void **state)
{
	(void)state;
	static const char *const specs[] = {
		"",
		"selector: {}",
		"selector: null",
		"type: ExternalName, externalName: x, selector: {app: web}",
	};

	for (size_t i = 0; i < COUNT_OF(specs); i++) {
		struct text text = { 0 };
		add_service(&text, "web", specs[i]);
		add_pod(&text, "a", "app: web", "", "podIP: 10.1.0.1, " READY);
		struct model *model = read_text(&text);
		assert_int_equal(model_count(model, OBJECT_SLICE), 0);
		model_free(model);
	}
}

static void pods_of_other_namespaces_are_not_selected(void **state)
{
	(void)state;
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web}");
	text_add(&text, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: other, "
			"labels: {app: web}}\n"
			"status: {podIP: 10.1.0.1}\n");
	struct model *model = read_text(&text);

	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	model_free(model);
}

static void pods_make_endpoints_without_being_kept_themselves(void **state)
{
	(void)state;
	struct decode_options options = { .keep_slices = true };
	struct text text = { 0 };
	add_service(&text, "web", "selector: {app: web}");
	add_pod(&text, "a", "app: web", "", "podIP: 10.1.0.1, " READY);
	struct model *model = read_good("test.yaml", text.data, &options);

	assert_int_equal(model_count(model, OBJECT_POD), 0);
	assert_int_equal(slice_of(model, "default", "web-1")->endpoint_count, 1);
	assert_int_equal(slice_of(model, "default", "web-1")->endpoints[0].pod_name, 0);
	model_free(model);
	options.keep_slices = false;
	model = read_good("test.yaml", text.data, &options);
	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	model_free(model);
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_that_match_all_of_a_selector_are_endpoints),
		cmocka_unit_test(readiness_is_the_pods_unless_the_service_publishes_all),
		cmocka_unit_test(a_pod_that_is_being_deleted_is_not_ready),
		cmocka_unit_test(pods_that_are_done_or_have_no_address_are_no_endpoints),
		cmocka_unit_test(a_host_name_counts_under_the_service_that_is_the_subdomain),
		cmocka_unit_test(named_target_ports_are_looked_up_in_each_pod),
		cmocka_unit_test(address_families_are_those_of_the_service),
		cmocka_unit_test(a_slice_holds_at_most_a_hundred_endpoints),
		cmocka_unit_test(a_service_with_a_slice_of_its_own_gets_no_other),
		cmocka_unit_test(a_made_slice_takes_no_name_that_is_given),
		cmocka_unit_test(nobody_makes_endpoints_for_some_services),
		cmocka_unit_test(pods_of_other_namespaces_are_not_selected),
		cmocka_unit_test(pods_make_endpoints_without_being_kept_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
