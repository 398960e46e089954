/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of API objects: defaults, what is skipped, what is refused and how that is said. */
#include "reading.h"

#define SERVICE "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\n"
#define SLICE                                                                                      \
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: a\n  "           \
	"namespace: ns\n"                                                                          \
	"  labels: {kubernetes.io/service-name: s}\n"

static void a_service_with_an_address_is_a_cluster_ip_service(void **state)
{
	(void)state;
	struct model *model =
		read_yaml(SERVICE "spec:\n  clusterIPs: [10.0.0.1, 'fd00::1', 10.0.0.1]\n");
	const struct service *service = service_of(model, "ns", "a");

	assert_int_equal(service->type, SERVICE_CLUSTER_IP);
	assert_int_equal(service->address_count, 2); /* in order, without duplicates */
	assert_ip(&service->addresses[0], "10.0.0.1");
	assert_ip(&service->addresses[1], "fd00::1");
	assert_false(service->publish_not_ready);
	model_free(model);
}

static void cluster_ip_counts_where_cluster_ips_are_absent(void **state)
{
	(void)state;
	struct model *model = read_yaml(SERVICE "spec: {clusterIP: 10.0.0.011, type: NodePort}\n");

	assert_int_equal(service_of(model, "ns", "a")->type, SERVICE_CLUSTER_IP);
	assert_ip(&service_of(model, "ns", "a")->addresses[0], "10.0.0.11"); /* zeros are decimal */
	model_free(model);
}

static void a_first_cluster_ip_of_none_makes_a_service_headless(void **state)
{
	(void)state;
	static const char *const specs[] = {
		"{clusterIP: None}", "{clusterIPs: [None]}",
		"{clusterIP: None, clusterIPs: [None, None], type: ClusterIP}"
	};

	for (size_t i = 0; i < COUNT_OF(specs); i++) {
		struct text text = { 0 };
		text_printf(&text, SERVICE "spec: %s\n", specs[i]);
		struct model *model = read_yaml(text.data);
		assert_int_equal(service_of(model, "ns", "a")->type, SERVICE_HEADLESS);
		assert_int_equal(service_of(model, "ns", "a")->address_count, 0);
		model_free(model);
		text_done(&text);
	}
}

static void a_service_without_an_address_yet_has_none(void **state)
{
	(void)state;
	struct model *model = read_yaml(SERVICE "spec: {clusterIP: ''}\n");

	assert_int_equal(service_of(model, "ns", "a")->type, SERVICE_CLUSTER_IP);
	assert_int_equal(service_of(model, "ns", "a")->address_count, 0);
	model_free(model);
}

static void an_external_name_is_kept_as_spelled(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SERVICE
		"spec: {type: ExternalName, externalName: DB.example.com, clusterIP: 10.0.0.1}\n");

	assert_int_equal(service_of(model, "ns", "a")->type, SERVICE_EXTERNAL_NAME);
	assert_string_equal(service_of(model, "ns", "a")->external_name, "DB.example.com");
	assert_int_equal(service_of(model, "ns", "a")->address_count, 0);
	model_free(model);
}

static void addresses_from_outside_are_those_of_the_spec_then_those_of_the_load_balancer(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SERVICE
		"spec: {clusterIP: 10.0.0.1, externalIPs: [192.0.2.1, nonsense]}\n"
		"status:\n  loadBalancer:\n    ingress:\n    - {ip: 192.0.2.2, hostname: x}\n"
		"    - {hostname: lb.example.com}\n    - {}\n    - {ip: 'fd00::1', ports: [{port: 1}]}\n");
	const struct service *service = service_of(model, "ns", "a");

	assert_int_equal(service->external_count, 4);
	assert_ip(&service->externals[0].ip, "192.0.2.1");
	assert_ip(&service->externals[1].ip, "192.0.2.2"); /* an ingress has one or the other */
	assert_string_equal(service->externals[1].hostname, "");
	assert_int_equal(service->externals[2].ip.family, 0);
	assert_string_equal(service->externals[2].hostname, "lb.example.com");
	assert_ip(&service->externals[3].ip, "fd00::1");
	model_free(model);
}

static void not_ready_addresses_are_published_by_field_or_annotation(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SERVICE "spec: {publishNotReadyAddresses: true}\n---\n"
			"apiVersion: v1\nkind: Service\nmetadata:\n  name: b\n  annotations:\n"
			"    service.alpha.kubernetes.io/tolerate-unready-endpoints: 'true'\n---\n"
			"apiVersion: v1\nkind: Service\nmetadata:\n  name: c\n  annotations:\n"
			"    service.alpha.kubernetes.io/tolerate-unready-endpoints: 'True'\n");

	assert_true(service_of(model, "ns", "a")->publish_not_ready);
	assert_true(service_of(model, "default", "b")->publish_not_ready);
	assert_false(service_of(model, "default", "c")->publish_not_ready);
	model_free(model);
}

static void ports_default_to_tcp_and_no_name(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SERVICE
		"spec:\n  ports:\n  - port: 80\n"
		"  - {name: DNS, port: 53, protocol: UDP}\n  - {name: s, port: 1, protocol: SCTP}\n"
		"  - {name: q, port: 2, protocol: QUIC}\n  - {name: null, port: 3, protocol: "
		"null}\n");
	const struct service *service = service_of(model, "ns", "a");

	assert_int_equal(service->port_count, 5);
	assert_string_equal(service->ports[0].name, "");
	assert_int_equal(service->ports[0].number, 80);
	assert_true(service->ports[0].has_number);
	assert_int_equal(service->ports[0].protocol, PROTOCOL_TCP);
	assert_string_equal(service->ports[1].name, "dns"); /* stored in lower case */
	assert_int_equal(service->ports[1].protocol, PROTOCOL_UDP);
	assert_int_equal(service->ports[2].protocol, PROTOCOL_SCTP);
	assert_int_equal(service->ports[3].protocol, PROTOCOL_OTHER);
	assert_int_equal(service->ports[4].protocol, PROTOCOL_TCP);
	model_free(model);
}

static void a_slice_has_one_endpoint_per_address(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SLICE "addressType: IPv4\nports: [{name: http, port: 8080}, {name: any, port: null}]\n"
		      "endpoints:\n- addresses: [10.1.0.1, nonsense, 10.1.0.2]\n  hostname: web-0\n  "
		      "zone: west\n"
		      "  targetRef: {kind: Pod, name: web-pod}\n- addresses: [10.1.0.3]\n");
	const struct slice *slice = slice_of(model, "ns", "a");

	assert_string_equal(slice->service, "s");
	assert_int_equal(slice->address_type, ADDRESS_IPV4);
	assert_int_equal(slice->endpoint_count, 3);
	assert_ip(&slice->endpoints[1].address, "10.1.0.2");
	assert_string_equal(slice_string(slice, slice->endpoints[1].hostname), "web-0");
	assert_string_equal(slice_string(slice, slice->endpoints[1].zone), "west");
	assert_string_equal(slice_string(slice, slice->endpoints[1].pod_name), "web-pod");
	assert_string_equal(slice_string(slice, slice->endpoints[2].hostname), "");
	assert_int_equal(slice->ports[0].number, 8080);
	assert_false(slice->ports[1].has_number);
	model_free(model);
}

static void an_endpoint_is_ready_unless_it_says_no(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SLICE "addressType: IPv6\nendpoints:\n"
		      "- {addresses: ['fd00::1']}\n- {addresses: ['fd00::2'], conditions: {}}\n"
		      "- {addresses: ['fd00::3'], conditions: {ready: null}}\n"
		      "- {addresses: ['fd00::4'], conditions: {ready: true, terminating: true}}\n"
		      "- {addresses: ['fd00::5'], conditions: {ready: false, serving: true}}\n");
	const struct slice *slice = slice_of(model, "ns", "a");
	static const bool ready[] = { true, true, true, true, false };

	assert_int_equal(slice->address_type, ADDRESS_IPV6);
	assert_int_equal(slice->endpoint_count, COUNT_OF(ready));
	for (size_t i = 0; i < COUNT_OF(ready); i++)
		assert_int_equal(slice->endpoints[i].ready, ready[i]);
	assert_true(slice->endpoints[3].terminating);
	assert_false(slice->endpoints[4].terminating);
	model_free(model);
}

static void slices_of_host_names_have_no_endpoints(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		SLICE "addressType: FQDN\nendpoints: [{addresses: [a.example.com, 10.0.0.1]}]\n");

	assert_int_equal(slice_of(model, "ns", "a")->address_type, ADDRESS_OTHER);
	assert_int_equal(slice_of(model, "ns", "a")->endpoint_count, 0);
	model_free(model);
}

static void zones_and_pod_names_are_kept_only_where_they_are_used(void **state)
{
	(void)state;
	struct decode_options options = { .keep_slices = true };
	struct model *model =
		read_good("test.yaml",
			  SLICE "addressType: IPv4\nendpoints:\n"
				"- {addresses: [10.0.0.1], zone: west, targetRef: {name: p}}\n",
			  &options);
	const struct slice *slice = slice_of(model, "ns", "a");

	assert_int_equal(slice->endpoints[0].zone, 0);
	assert_int_equal(slice->endpoints[0].pod_name, 0);
	model_free(model);
}

static void kinds_that_are_not_wanted_are_left_out(void **state)
{
	(void)state;
	static const char text[] = SLICE
		"addressType: IPv4\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nstatus: {podIP: 10.0.0.1}\n---\n"
		"apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: {name: "
		"i}\nspec: {type: "
		"Headless}\n";
	struct decode_options nothing = { 0 };
	struct model *model = read_good("test.yaml", text, &nothing);

	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	assert_int_equal(model_count(model, OBJECT_POD), 0);
	assert_int_equal(model_count(model, OBJECT_IMPORT), 0);
	model_free(model);
	model = read_yaml(text);
	assert_int_equal(model_count(model, OBJECT_SLICE), 1);
	assert_int_equal(model_count(model, OBJECT_POD), 1);
	assert_int_equal(model_count(model, OBJECT_IMPORT), 1);
	model_free(model);
}

static void slices_of_imports_are_kept_with_imports(void **state)
{
	(void)state;
	static const char text[] = "apiVersion: discovery.k8s.io/v1\nkind: "
				   "EndpointSlice\nmetadata:\n  name: a\n  labels:\n"
				   "    multicluster.kubernetes.io/service-name: s\n    "
				   "multicluster.kubernetes.io/source-cluster: east.1\n"
				   "addressType: IPv4\n";
	struct decode_options no_imports = { .keep_slices = true };
	struct model *model = read_good("test.yaml", text, &no_imports);

	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	model_free(model);
	model = read_yaml(text);
	assert_string_equal(slice_of(model, "default", "a")->import, "s");
	assert_string_equal(slice_of(model, "default", "a")->cluster, "east.1");
	assert_string_equal(slice_of(model, "default", "a")->service, "");
	model_free(model);
}

static void pods_that_are_done_or_going_do_not_count(void **state)
{
	(void)state;
	static const struct {
		const char *rest;
		bool counts;
	} cases[] = {
		{ "status: {phase: Running, podIP: 10.0.0.1}", true },
		{ "status: {phase: Pending}", true },
		{ "status: {phase: Succeeded, podIP: 10.0.0.1}", false },
		{ "status: {phase: Failed}", false },
		{ "status: {phase: Unknown}", false },
		{ "", true },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text text = { 0 };
		text_printf(&text, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n%s\n",
			    cases[i].rest);
		struct model *model = read_yaml(text.data);
		assert_int_equal(model_count(model, OBJECT_POD), cases[i].counts);
		model_free(model);
		text_done(&text);
	}
	struct model *model = read_yaml("apiVersion: v1\nkind: Pod\nmetadata: {name: p, "
					"deletionTimestamp: 2026-01-01T00:00:00Z}\n");
	assert_int_equal(model_count(model, OBJECT_POD), 0);
	model_free(model);
}

static void a_pod_has_its_pod_ips_or_else_its_pod_ip(void **state)
{
	(void)state;
	struct model *model = read_yaml("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: "
					"{podIP: 10.0.0.9, podIPs: [{ip: "
					"10.0.0.1}, {ip: 'fd00::1'}]}\n"
					"---\napiVersion: v1\nkind: Pod\nmetadata: {name: "
					"b}\nstatus: {podIP: 10.0.0.2, podIPs: []}\n");
	const struct pod *a = (const struct pod *)model_get(model, OBJECT_POD, "default", "a");
	const struct pod *b = (const struct pod *)model_get(model, OBJECT_POD, "default", "b");

	assert_int_equal(a->address_count, 2);
	assert_ip(&a->addresses[0], "10.0.0.1");
	assert_ip(&a->addresses[1], "fd00::1");
	assert_int_equal(b->address_count, 1);
	assert_ip(&b->addresses[0], "10.0.0.2");
	model_free(model);
}

static void an_import_has_type_addresses_and_ports(void **state)
{
	(void)state;
	struct model *model =
		read_yaml("apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\n"
			  "metadata: {name: i, namespace: ns}\nspec: {type: ClusterSetIP, ips: "
			  "[10.9.0.1], ports: [{name: http, port: 80}]}\n");
	const struct import *import =
		(const struct import *)model_get(model, OBJECT_IMPORT, "ns", "i");

	assert_int_equal(import->type, IMPORT_CLUSTER_SET_IP);
	assert_ip(&import->addresses[0], "10.9.0.1");
	assert_int_equal(import->ports[0].number, 80);
	model_free(model);
}

static void objects_of_other_groups_are_not_ours(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: "
		"7\n---\n"
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: web}\n");

	assert_int_equal(model_count(model, OBJECT_SERVICE), 0);
	assert_non_null(model_get(model, OBJECT_NAMESPACE, "", "web"));
	model_free(model);
}

static void labels_select_services_slices_and_pods(void **state)
{
	(void)state;
	struct error error;
	struct selector selector;
	assert_true(selector_read("tier=front", &selector, &error));
	struct decode_options options = keep_all;
	options.labels = &selector;
	struct model *model = read_good(
		"test.yaml",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {tier: front}}\n---\n"
		"apiVersion: v1\nkind: Service\nmetadata: {name: b, labels: {tier: back}}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {tier: front}}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n---\n" SLICE "addressType: IPv4\n",
		&options);

	assert_int_equal(model_count(model, OBJECT_SERVICE), 1);
	assert_int_equal(model_count(model, OBJECT_POD), 1);
	assert_int_equal(model_count(model, OBJECT_SLICE), 0);
	service_of(model, "default", "a");
	assert_int_equal(model_count(model, OBJECT_NAMESPACE), 2); /* namespaces are unaffected */
	model_free(model);
	selector_done(&selector);
}

static void a_wrong_field_is_named_with_its_line_and_path(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ SERVICE "spec:\n  ports:\n  - port: 80\n  - port: 81\n  - name: x\n    port: http\n",
		  "m.yaml:9: Service a: spec.ports[2].port: expected a number 0..65535, not "
		  "'http'" },
		{ SERVICE "spec: {ports: [{port: 65536}]}\n",
		  "m.yaml:4: Service a: spec.ports[0].port: expected a number 0..65535" },
		{ SERVICE "spec: {ports: [{port: -1}]}\n",
		  "m.yaml:4: Service a: spec.ports[0].port: expected a number 0..65535" },
		{ SERVICE "spec: {ports: [{port: 1.5}]}\n",
		  "m.yaml:4: Service a: spec.ports[0].port: expected a number 0..65535" },
		{ SERVICE "spec: {ports: [{name: a}]}\n",
		  "m.yaml:4: Service a: spec.ports[0].port: missing, expected a number 0..65535" },
		{ SERVICE "spec: {ports: {}}\n",
		  "m.yaml:4: Service a: spec.ports: expected a list, not a mapping" },
		{ SERVICE "spec: {ports: [[]]}\n",
		  "m.yaml:4: Service a: spec.ports[0]: expected a mapping, not a list" },
		{ SERVICE "spec: []\n", "m.yaml:4: Service a: spec: expected a mapping, not a list" },
		{ SERVICE "spec: {clusterIPs: [10]}\n", "m.yaml:4: Service a: spec.clusterIPs[0]: "
							"expected text, not a number (quote it)" },
		{ SERVICE "spec: {clusterIP: [10]}\n",
		  "m.yaml:4: Service a: spec.clusterIP: expected text, not a list" },
		{ SERVICE "spec: {externalName: \"a\\0b\"}\n",
		  "m.yaml:4: Service a: spec.externalName: expected text without NUL" },
		{ SERVICE "status: {loadBalancer: {ingress: [{}, {ip: [1]}]}}\n",
		  "m.yaml:4: Service a: status.loadBalancer.ingress[1].ip: expected text, not a "
		  "list" },
		{ SERVICE "spec: {externalIPs: [{}]}\n",
		  "m.yaml:4: Service a: spec.externalIPs[0]: expected text, not a mapping" },
		{ SERVICE "status: {loadBalancer: [x]}\n",
		  "m.yaml:4: Service a: status.loadBalancer: expected a mapping, not a list" },
		{ SERVICE "spec: {publishNotReadyAddresses: 'true'}\n",
		  "m.yaml:4: Service a: spec.publishNotReadyAddresses: expected true or false, not "
		  "'true'" },
		{ SERVICE "spec: {selector: {app: 1}}\n",
		  "m.yaml:4: Service a: spec.selector.app: expected text, not a number (quote "
		  "it)" },
		{ SERVICE "spec: {selector: {app: a}, ports: [{port: 1, targetPort: 1.5}]}\n",
		  "m.yaml:4: Service a: spec.ports[0].targetPort: expected a port's number or "
		  "name, not a number" },
		{ SERVICE "spec: {selector: {app: a}, ipFamilies: [4]}\n",
		  "m.yaml:4: Service a: spec.ipFamilies[0]: expected text, not a number (quote "
		  "it)" },
		{ "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    a: b\n    "
		  "app: true\n",
		  "m.yaml:7: Service a: metadata.labels.app: expected text, not true or false "
		  "(quote it)" },
		{ "apiVersion: v1\nkind: Service\n",
		  "m.yaml:1: metadata.name: missing, expected a name" },
		{ "apiVersion: v1\nmetadata: {name: a}\n",
		  "m.yaml:1: kind: missing, expected the kind of the object" },
		{ "kind: Service\n", "m.yaml:1: apiVersion: missing, expected a group and a version" },
		{ "kind: EndpointSlice\napiVersion: discovery.k8s.io/v1beta1\n",
		  "m.yaml:2: apiVersion: expected discovery.k8s.io/v1" },
		{ SLICE "endpoints: []\n",
		  "m.yaml:1: EndpointSlice a: addressType: missing, expected IPv4, IPv6 or FQDN" },
		{ SLICE "addressType: IPv4\nendpoints:\n- addresses: [10.0.0.1]\n  conditions:\n   "
			" ready: maybe\n",
		  "m.yaml:11: EndpointSlice a: endpoints[0].conditions.ready: expected true or "
		  "false, not 'maybe'" },
		{ SLICE "addressType: IPv4\nendpoints:\n- addresses: 10.0.0.1\n",
		  "m.yaml:9: EndpointSlice a: endpoints[0].addresses: expected a list, not "
		  "'10.0.0.1'" },
		{ SLICE "addressType: IPv4\nendpoints:\n- targetRef: {name: []}\n",
		  "m.yaml:9: EndpointSlice a: endpoints[0].targetRef.name: expected text, not a "
		  "list" },
		{ "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport\nmetadata: "
		  "{name: i}\nspec: {type: "
		  "Other}\n",
		  "m.yaml:4: ServiceImport i: spec.type: expected ClusterSetIP or Headless, not "
		  "'Other'" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nstatus: {podIPs: [{ip: 1}]}\n",
		  "m.yaml:4: Pod p: status.podIPs[0].ip: expected text, not a number (quote it)" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{ports: "
		  "[{containerPort: x}]}]}\n",
		  "m.yaml:4: Pod p: spec.containers[0].ports[0].containerPort: expected a number "
		  "0..65535, not 'x'" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct model *model = model_new();
		struct error error = { 0 };
		assert_false(manifests_read_text(&keep_all, "m.yaml", cases[i].text,
						 strlen(cases[i].text), model, &error));
		assert_string_equal(error.text, cases[i].sentence);
		model_free(model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_with_an_address_is_a_cluster_ip_service),
		cmocka_unit_test(cluster_ip_counts_where_cluster_ips_are_absent),
		cmocka_unit_test(a_first_cluster_ip_of_none_makes_a_service_headless),
		cmocka_unit_test(a_service_without_an_address_yet_has_none),
		cmocka_unit_test(an_external_name_is_kept_as_spelled),
		cmocka_unit_test(
			addresses_from_outside_are_those_of_the_spec_then_those_of_the_load_balancer),
		cmocka_unit_test(not_ready_addresses_are_published_by_field_or_annotation),
		cmocka_unit_test(ports_default_to_tcp_and_no_name),
		cmocka_unit_test(a_slice_has_one_endpoint_per_address),
		cmocka_unit_test(an_endpoint_is_ready_unless_it_says_no),
		cmocka_unit_test(slices_of_host_names_have_no_endpoints),
		cmocka_unit_test(zones_and_pod_names_are_kept_only_where_they_are_used),
		cmocka_unit_test(kinds_that_are_not_wanted_are_left_out),
		cmocka_unit_test(slices_of_imports_are_kept_with_imports),
		cmocka_unit_test(pods_that_are_done_or_going_do_not_count),
		cmocka_unit_test(a_pod_has_its_pod_ips_or_else_its_pod_ip),
		cmocka_unit_test(an_import_has_type_addresses_and_ports),
		cmocka_unit_test(objects_of_other_groups_are_not_ours),
		cmocka_unit_test(labels_select_services_slices_and_pods),
		cmocka_unit_test(a_wrong_field_is_named_with_its_line_and_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
