/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, each input as YAML and as JSON. What is refused is refused with file and line and
 * changes nothing; what is read keeps the promises of model.h, and reading it again is no change.
 * Covers: src/source/yaml.c src/source/yaml_scalar.c src/source/yaml_anchors.c src/source/json.c
 * src/source/item_line.c src/source/field.c src/source/decode.c src/source/decode_parts.c
 * src/source/decode_service.c src/source/decode_slice.c src/source/decode_pod.c
 * src/source/decode_import.c src/source/facts_service.c src/source/facts_pod.c
 * src/source/pod_slices.c src/source/pod_index.c */
#include "knamed/source.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

static const struct decode_options keep_all = {
	.keep_pod_names = true,
	.keep_zones = true,
	.keep_pods = true,
	.keep_imports = true,
	.keep_slices = true,
	.keep_externals = true,
};

static void check_ports(const struct port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(ports[i].protocol <= PROTOCOL_OTHER);
		assert(ports[i].has_number || ports[i].number == 0);
		for (const char *at = ports[i].name; *at != '\0'; at++)
			assert(*at < 'A' || *at > 'Z');
	}
}

/* Addresses of a family, none twice. */
static void check_addresses(const struct ip *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(addresses[i].family == 4 || addresses[i].family == 6);
		for (size_t j = 0; j < i; j++)
			assert(!ip_equal(&addresses[i], &addresses[j]));
	}
}

static void check_service(const struct service *service)
{
	check_ports(service->ports, service->port_count);
	check_addresses(service->addresses, service->address_count);
	assert(service->type == SERVICE_CLUSTER_IP || service->address_count == 0);
	assert(service->type == SERVICE_EXTERNAL_NAME || service->external_name[0] == '\0');
}

static void check_slice(const struct slice *slice)
{
	check_ports(slice->ports, slice->port_count);
	assert(slice->address_type != ADDRESS_OTHER || slice->endpoint_count == 0);
	assert(slice->strings[0] == '\0');
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		const uint32_t strings[] = { endpoint->hostname, endpoint->pod_name, endpoint->zone };
		check_addresses(&endpoint->address, 1);
		for (size_t j = 0; j < COUNT_OF(strings);
		     j++) /* each begins behind the end of another */
			assert(strings[j] == 0 || (slice->strings[strings[j] - 1] == '\0' &&
						   *slice_string(slice, strings[j]) != '\0'));
	}
}

static void check_object(const struct model *model, const struct object *object)
{
	assert(object->name[0] != '\0' && object->references > 0);
	assert(model_get(model, object->kind, object->namespace_, object->name) == object);
	if (object->kind != OBJECT_NAMESPACE)
		assert(model_get(model, OBJECT_NAMESPACE, "", object->namespace_) != NULL);
	if (object->kind == OBJECT_SERVICE)
		check_service((const struct service *)object);
	if (object->kind == OBJECT_SLICE)
		check_slice((const struct slice *)object);
	if (object->kind == OBJECT_POD)
		check_addresses(((const struct pod *)object)->addresses,
				((const struct pod *)object)->address_count);
	if (object->kind == OBJECT_IMPORT)
		check_addresses(((const struct import *)object)->addresses,
				((const struct import *)object)->address_count);
}

static void must_not_change(void *context, const struct object *before, const struct object *after)
{
	(void)context;
	(void)before;
	(void)after;
	assert(!"nothing changed, but a change was told");
}

/* "name:line: sentence" on one line. */
static void check_error(const struct error *error, const char *name)
{
	size_t size = strlen(name);

	assert(strncmp(error->text, name, size) == 0 && error->text[size] == ':');
	size_t digits = strspn(error->text + size + 1, "0123456789");
	assert(digits > 0 && strncmp(error->text + size + 1 + digits, ": ", 2) == 0);
	assert(error->text[size + 1] != '0' && strpbrk(error->text, "\r\n") == NULL);
}

static void check_reading(const char *name, const char *text, size_t size,
			  const struct decode_options *options)
{
	struct model *model = model_new();
	struct error error = { 0 };
	bool good = manifests_read_text(options, name, text, size, model, &error);

	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		size_t position = 0;
		const struct object *object;
		assert(good || model_count(model, kind) == 0);
		while ((object = model_next(model, kind, &position)) != NULL)
			check_object(model, object);
	}
	if (good) {
		model_listen(model, (struct model_listener){ must_not_change, NULL });
		assert(manifests_read_text(options, name, text, size, model, &error));
	} else {
		check_error(&error, name);
	}
	model_free(model);
}

/* Keeps little: what is left out must not be looked for, either. */
static void check_choice(const char *text, size_t size)
{
	static struct selector labels, namespaces;
	struct decode_options options = { .labels = &labels,
					  .namespace_labels = &namespaces,
					  .keep_slices = size % 2 == 1 };

	if (labels.count == 0)
		assert(selector_read("app,!b", &labels, NULL) &&
		       selector_read("kubernetes.io/metadata.name,team!=web", &namespaces, NULL));
	struct model *model = model_new();
	manifests_read_text(&options, "m.yaml", text, size, model, NULL);
	assert(model_count(model, OBJECT_POD) == 0 && model_count(model, OBJECT_IMPORT) == 0);
	assert(options.keep_slices || model_count(model, OBJECT_SLICE) == 0);
	model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_reading("m.yaml", (const char *)data, size, &keep_all);
	check_reading("m.json", (const char *)data, size, &keep_all);
	check_choice((const char *)data, size);
	return 0;
}
