/* SPDX-License-Identifier: Apache-2.0 */
/* One API object in protobuf. The metadata are read first wherever they stand, so that an object
 * which is wrong elsewhere still has its name. */
#include "wire.h"

static bool wire_namespace(struct api_decoder *decoder, struct wire object,
			   const struct metadata *metadata, struct object **ret_object)
{
	(void)object;
	*ret_object = namespace_make(decoder->decoder.options, metadata);
	return true;
}

static bool wire_import(struct api_decoder *decoder, struct wire object,
			const struct metadata *metadata, struct object **ret_object)
{
	(void)object;
	(void)metadata;
	(void)ret_object;
	return field_wrong(&decoder->decoder.fields, "a ServiceImport comes in JSON only");
}

static bool read_kind(struct api_decoder *decoder, struct wire object,
		      const struct metadata *metadata, struct object **ret_object)
{
	static bool (*const readers[OBJECT_KINDS])(struct api_decoder *, struct wire,
						   const struct metadata *, struct object **) = {
		[OBJECT_NAMESPACE] = wire_namespace, [OBJECT_SERVICE] = wire_service,
		[OBJECT_SLICE] = wire_slice,	     [OBJECT_POD] = wire_pod,
		[OBJECT_IMPORT] = wire_import,
	};

	return metadata_is_named(&decoder->decoder.fields, metadata) &&
	       readers[decoder->kind](decoder, object, metadata, ret_object);
}

bool api_decode_protobuf(struct api_decoder *decoder, const uint8_t *bytes, size_t size,
			 bool is_metadata_only, struct api_object *ret_object, struct error *error)
{
	struct api_metadata metadata = { .common = { .namespace_ = "", .name = "" },
					 .uid = "",
					 .version = "" };
	struct wire wire = { .at = bytes, .end = bytes + size };
	struct object *object = NULL;

	/* of a text, tag and length take two bytes or more, its NUL one */
	api_decoder_begin(decoder, size + 1, ret_object, error);
	bool good = wire_metadata(decoder, wire, &metadata);
	api_object_tell(&metadata, ret_object);
	if (good && !is_metadata_only)
		good = read_kind(decoder, wire, &metadata.common, &object);
	api_object_give(decoder, object, ret_object);
	return good;
}
