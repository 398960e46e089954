/* SPDX-License-Identifier: Apache-2.0 */
/* One API object in protobuf; the first byte chooses its kind and what is kept. What is read keeps the promises of
 * model.h and is read the same again; what is refused says why.
 * Covers: src/source/wire*.c src/source/api_protobuf.c src/source/api_decoder.c src/source/trigger_time.c */
#include "knamed/source.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

static void check_ports(const struct port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(ports[i].protocol <= PROTOCOL_OTHER);
		assert(ports[i].has_number || ports[i].number == 0);
	}
}

static void check_addresses(const struct ip *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(addresses[i].family == 4 || addresses[i].family == 6);
		for (size_t j = 0; j < i; j++)
			assert(!ip_equal(&addresses[i], &addresses[j]));
	}
}

static void check_slice(const struct slice *slice)
{
	check_ports(slice->ports, slice->port_count);
	assert(slice->address_type != ADDRESS_OTHER || slice->endpoint_count == 0);
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		check_addresses(&slice->endpoints[i].address, 1);
		assert(strlen(slice_string(slice, slice->endpoints[i].hostname)) < 65536);
	}
}

static void check_kept(const struct object *object)
{
	assert(object->references == 1 && object->name[0] != '\0');
	switch (object->kind) {
	case OBJECT_SERVICE: {
		const struct service *service = (const struct service *)object;
		check_ports(service->ports, service->port_count);
		check_addresses(service->addresses, service->address_count);
		break;
	}
	case OBJECT_SLICE:
		check_slice((const struct slice *)object);
		break;
	case OBJECT_POD:
		check_addresses(((const struct pod *)object)->addresses,
				((const struct pod *)object)->address_count);
		break;
	case OBJECT_NAMESPACE:
		assert(object->namespace_[0] == '\0');
		break;
	case OBJECT_IMPORT:
	case OBJECT_KINDS:
		assert(!"has no message");
	}
}

static void check_object(const struct api_object *object, bool good, bool is_metadata_only,
			 const struct error *error)
{
	if (good) {
		assert(error->text[0] == '\0');
		assert(is_metadata_only || object->name[0] != '\0');
	} else {
		assert(error->text[0] != '\0' && object->object == NULL);
	}
	assert(!is_metadata_only || object->object == NULL);
	assert(object->uid != NULL && strlen(object->version) < sizeof(object->version));
	if (object->object != NULL) {
		assert(object->object->kind == object->kind);
		assert(strcmp(object->object->name, object->name) == 0);
		assert(strcmp(object->object->namespace_, object->namespace_) == 0);
		check_kept(object->object);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct selector labels;

	if (size == 0)
		return 0;
	if (labels.count == 0)
		assert(selector_read("app,!b", &labels, NULL));
	enum object_kind kind = (enum object_kind)((data[0] & 7) % OBJECT_KINDS);
	bool is_metadata_only = (data[0] & 8) != 0, is_choosy = (data[0] & 16) != 0;
	struct decode_options options = { .labels = is_choosy ? &labels : NULL,
					  .namespace_labels = is_choosy ? &labels : NULL,
					  .keep_pod_names = !is_choosy,
					  .keep_zones = !is_choosy,
					  .keep_pods = (data[0] & 32) == 0,
					  .keep_slices = (data[0] & 64) == 0,
					  .keep_imports = (data[0] & 128) == 0,
					  .keep_externals = (data[0] & 64) == 0 };
	struct api_decoder *decoder = api_decoder_new(&options, kind);
	struct error error = { 0 }, again = { 0 };
	struct api_object object;

	bool good =
		api_decode_protobuf(decoder, data + 1, size - 1, is_metadata_only, &object, &error);
	check_object(&object, good, is_metadata_only, &error);
	struct object *kept = object.object == NULL ? NULL : object_hold(object.object);
	assert(api_decode_protobuf(decoder, data + 1, size - 1, is_metadata_only, &object, &again) ==
	       good);
	assert(strcmp(error.text, again.text) == 0 && (kept == NULL) == (object.object == NULL));
	assert(kept == NULL || object_equal(kept, object.object));
	object_drop(kept);
	api_decoder_free(decoder);
	return 0;
}
