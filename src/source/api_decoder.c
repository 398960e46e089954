/* SPDX-License-Identifier: Apache-2.0 */
/* What the API server sends becomes a model object with its metadata, whatever the encoding. */
#include "api.h"

#include <assert.h>
#include <string.h>

enum {
	TEXTS_LEAST = 4096,
	TEXTS_KEPT = 256 * 1024,
	LISTS_KEPT = 4096
}; /* what is larger is given back */

static void lists_free(struct api_decoder *decoder)
{
	mem_free(decoder->labels.list);
	mem_free(decoder->addresses.list);
	mem_free(decoder->ports.list);
	mem_free(decoder->endpoints.list);
	mem_free(decoder->externals.list);
}

/* Room for an object that was unusually large goes. */
static void lists_begin(struct api_decoder *decoder)
{
	if (decoder->labels_room + decoder->ports_room + decoder->endpoints.room > LISTS_KEPT) {
		lists_free(decoder);
		decoder->labels = (struct labels){ 0 };
		decoder->addresses = (struct addresses){ 0 };
		decoder->ports = (struct ports){ 0 };
		decoder->endpoints = (struct endpoints){ 0 };
		decoder->externals = (struct externals){ 0 };
		decoder->labels_room = decoder->ports_room = 0;
	}
	decoder->labels.count = decoder->ports.count = decoder->endpoints.count = 0;
	decoder->externals.count = 0;
	decoder->addresses.count = decoder->addresses.listed = 0;
}

struct api_decoder *api_decoder_new(const struct decode_options *options, enum object_kind kind)
{
	struct api_decoder *decoder = mem_zalloc(sizeof(*decoder));

	decoder->decoder.options = options;
	decoder->kind = kind;
	return decoder;
}

void api_decoder_free(struct api_decoder *decoder)
{
	object_drop(decoder->object);
	mem_free(decoder->texts.block);
	lists_free(decoder);
	mem_free(decoder);
}

const char *texts_put(struct texts *texts, const void *bytes, size_t size)
{
	char *text = texts->block + texts->used;

	assert(size < texts->room - texts->used);
	if (size > 0)
		memcpy(text, bytes, size);
	text[size] = '\0';
	texts->used += size + 1;
	return text;
}

static void texts_begin(struct texts *texts, size_t most)
{
	texts->used = 0;
	if (most <= texts->room && texts->room <= TEXTS_KEPT)
		return;
	mem_free(texts->block);
	texts->room = most < TEXTS_LEAST ? TEXTS_LEAST : most;
	texts->block = mem_alloc(texts->room);
}

void api_decoder_begin(struct api_decoder *decoder, size_t texts_most,
		       struct api_object *ret_object, struct error *error)
{
	object_drop(decoder->object);
	decoder->object = NULL;
	decoder->decoder.fields = (struct fields){ .error = error };
	texts_begin(&decoder->texts, texts_most);
	lists_begin(decoder);
	*ret_object =
		(struct api_object){ .kind = decoder->kind, .namespace_ = "", .name = "", .uid = "" };
}

void api_object_tell(const struct api_metadata *metadata, struct api_object *ret_object)
{
	size_t size = strlen(metadata->version);

	ret_object->namespace_ = metadata->common.namespace_;
	ret_object->name = metadata->common.name;
	ret_object->uid = metadata->uid;
	if (size < sizeof(ret_object->version))
		memcpy(ret_object->version, metadata->version, size + 1);
	ret_object->triggered_ns = metadata->triggered_ns;
	ret_object->created_ns = metadata->created_ns;
	ret_object->is_initial_end = metadata->is_initial_end;
}

void api_object_give(struct api_decoder *decoder, struct object *object, struct api_object *ret_object)
{
	uint64_t number = 0;

	if (object != NULL && text_to_number(ret_object->version, 0, UINT64_MAX, &number))
		object->version = number;
	decoder->object = object;
	ret_object->object = object;
}
