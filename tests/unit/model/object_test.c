/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: what makers copy, what counts as equal, and what it costs. */
#include "knamed/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <malloc.h>
#include <cmocka.h>

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	assert_true(ip_parse(text, &ip));
	return ip;
}

static struct object *a_service(const char *name, uint16_t port, const char *address)
{
	struct ip addresses[] = { ip_of(address) };
	struct port ports[] = {
		{ .name = "Client", .number = port, .has_number = true, .protocol = PROTOCOL_TCP }
	};

	return service_new(&(struct service){
		.head = { .namespace_ = "etcd", .name = name },
		.address_count = 1,
		.addresses = addresses,
		.port_count = 1,
		.ports = ports,
	});
}

static void a_maker_copies_everything_it_is_given(void **state)
{
	(void)state;
	char name[] = "example";
	struct object *object = a_service(name, 2379, "10.0.0.1");
	name[0] = 'X';
	const struct service *service = (const struct service *)object;

	assert_int_equal(object->kind, OBJECT_SERVICE);
	assert_string_equal(object->name, "example");
	assert_string_equal(object->namespace_, "etcd");
	assert_string_equal(service->external_name, "");
	struct ip expected = ip_of("10.0.0.1");
	assert_true(ip_equal(&service->addresses[0], &expected));
	assert_int_equal(service->ports[0].number, 2379);
	object_drop(object);
}

static void port_names_are_stored_in_lower_case(void **state)
{
	(void)state;
	struct object *object = a_service("a", 1, "10.0.0.1");

	assert_string_equal(((const struct service *)object)->ports[0].name, "client");
	object_drop(object);
}

static void missing_strings_are_empty(void **state)
{
	(void)state;
	struct object *object = service_new(&(struct service){ .head.name = "x" });

	assert_string_equal(object->namespace_, "");
	assert_string_equal(((const struct service *)object)->external_name, "");
	object_drop(object);
}

static void objects_are_equal_when_their_fields_are(void **state)
{
	(void)state;
	struct object *one = a_service("a", 1, "10.0.0.1"), *same = a_service("a", 1, "10.0.0.1");
	struct object *others[] = { a_service("b", 1, "10.0.0.1"), a_service("a", 2, "10.0.0.1"),
				    a_service("a", 1, "10.0.0.2"), namespace_new("a") };

	assert_true(object_equal(one, same));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_false(object_equal(one, others[i]));
		object_drop(others[i]);
	}
	object_drop(one);
	object_drop(same);
}

static struct object *a_slice(size_t count, bool ready, const char *zone)
{
	struct endpoint_text endpoints[100] = { 0 };
	char hostnames[100][16];

	for (size_t i = 0; i < count; i++) {
		snprintf(hostnames[i], sizeof(hostnames[i]), "etcd-%zu", i);
		endpoints[i] =
			(struct endpoint_text){ .address = { .family = 4, .bytes = { 10, 0, 0, i } },
						.ready = ready,
						.hostname = hostnames[i],
						.pod_name = hostnames[i],
						.zone = zone };
	}
	return slice_new(&(struct slice){ .head = { .namespace_ = "etcd", .name = "etcd-x" },
					  .service = "etcd",
					  .endpoint_count = count },
			 endpoints);
}

static struct object *a_balanced_service(const char *address, const char *hostname)
{
	struct external externals[2] = { { .hostname = "" }, { .hostname = hostname } };

	externals[0].ip = ip_of(address);
	return service_new(&(struct service){ .head.name = "a",
					      .external_count = hostname == NULL ? 1 : 2,
					      .externals = externals });
}

static void services_differ_by_their_addresses_from_outside(void **state)
{
	(void)state;
	char hostname[] = "lb.example.com";
	struct object *one = a_balanced_service("192.0.2.1", hostname);
	hostname[0] = 'x';
	struct object *same = a_balanced_service("192.0.2.1", "lb.example.com");
	struct object *others[] = { a_balanced_service("192.0.2.2", "lb.example.com"),
				    a_balanced_service("192.0.2.1", "xb.example.com"),
				    a_balanced_service("192.0.2.1", NULL) };

	assert_string_equal(((const struct service *)one)->externals[1].hostname, "lb.example.com");
	assert_true(object_equal(one, same));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_false(object_equal(one, others[i]));
		object_drop(others[i]);
	}
	object_drop(one);
	object_drop(same);
}

static void a_slice_keeps_the_strings_of_its_endpoints(void **state)
{
	(void)state;
	struct object *object = a_slice(2, true, "west");
	const struct slice *slice = (const struct slice *)object;

	assert_string_equal(slice_string(slice, slice->endpoints[1].hostname), "etcd-1");
	assert_string_equal(slice_string(slice, slice->endpoints[1].pod_name), "etcd-1");
	assert_string_equal(slice_string(slice, slice->endpoints[0].zone), "west");
	assert_string_equal(slice->service, "etcd");
	assert_string_equal(slice->import, "");
	object_drop(object);
	object = a_slice(1, true, NULL);
	slice = (const struct slice *)object;
	assert_string_equal(slice_string(slice, slice->endpoints[0].zone), "");
	object_drop(object);
}

static void slices_differ_by_any_field_of_an_endpoint(void **state)
{
	(void)state;
	struct object *one = a_slice(3, true, "west"), *same = a_slice(3, true, "west");
	struct object *others[] = { a_slice(2, true, "west"), a_slice(3, false, "west"),
				    a_slice(3, true, "east") };

	assert_true(object_equal(one, same));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_false(object_equal(one, others[i]));
		object_drop(others[i]);
	}
	object_drop(one);
	object_drop(same);
}

static void a_hundred_endpoints_take_one_block_of_at_most_48_bytes_each(void **state)
{
	(void)state;
	struct object *object = a_slice(100, true, "europe-west1-b");

	assert_in_range(malloc_usable_size(object), 100 * sizeof(struct endpoint), 100 * 48);
	object_drop(object);
}

static void an_object_lives_until_its_last_holder_drops_it(void **state)
{
	(void)state;
	struct object *object = namespace_new("default");
	struct object *held = object_hold(object);

	object_drop(object);
	assert_string_equal(held->name, "default");
	assert_int_equal(held->references, 1);
	object_drop(held);
	object_drop(NULL);
}

static void pods_and_imports_are_made_and_compared_alike(void **state)
{
	(void)state;
	struct ip address = ip_of("fd00::1"), other = ip_of("fd00::2");
	struct object *pod =
		pod_new(&(struct pod){ .head.name = "p", .address_count = 1, .addresses = &address });
	struct object *moved =
		pod_new(&(struct pod){ .head.name = "p", .address_count = 1, .addresses = &other });
	struct object *import =
		import_new(&(struct import){ .head.name = "p", .type = IMPORT_HEADLESS });
	struct object *typed =
		import_new(&(struct import){ .head.name = "p", .type = IMPORT_CLUSTER_SET_IP });

	assert_true(object_equal(pod, pod));
	assert_false(object_equal(pod, moved));
	assert_true(object_equal(import, import));
	assert_false(object_equal(import, typed));
	object_drop(pod);
	object_drop(moved);
	object_drop(import);
	object_drop(typed);
}

static void kinds_have_the_names_of_the_api(void **state)
{
	(void)state;
	assert_string_equal(object_kind_name(OBJECT_NAMESPACE), "Namespace");
	assert_string_equal(object_kind_name(OBJECT_SERVICE), "Service");
	assert_string_equal(object_kind_name(OBJECT_SLICE), "EndpointSlice");
	assert_string_equal(object_kind_name(OBJECT_POD), "Pod");
	assert_string_equal(object_kind_name(OBJECT_IMPORT), "ServiceImport");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_maker_copies_everything_it_is_given),
		cmocka_unit_test(port_names_are_stored_in_lower_case),
		cmocka_unit_test(missing_strings_are_empty),
		cmocka_unit_test(objects_are_equal_when_their_fields_are),
		cmocka_unit_test(services_differ_by_their_addresses_from_outside),
		cmocka_unit_test(a_slice_keeps_the_strings_of_its_endpoints),
		cmocka_unit_test(slices_differ_by_any_field_of_an_endpoint),
		cmocka_unit_test(a_hundred_endpoints_take_one_block_of_at_most_48_bytes_each),
		cmocka_unit_test(an_object_lives_until_its_last_holder_drops_it),
		cmocka_unit_test(pods_and_imports_are_made_and_compared_alike),
		cmocka_unit_test(kinds_have_the_names_of_the_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
