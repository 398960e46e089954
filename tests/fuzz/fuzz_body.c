/* SPDX-License-Identifier: Apache-2.0 */
/* Responses of an API server. The first byte chooses what they claim to be, the second how long the pieces are. In
 * pieces and as a whole they say the same, and end with the same sentence.
 * Covers: src/kube/body*.c */
#include "../../src/kube/body.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

static bool take(void *context, const struct body_item *item)
{
	struct text *lines = context;

	if (item->event == BODY_ERROR) {
		text_printf(lines, "error %d %s %s %u\n", item->status.code, item->status.reason,
			    item->status.message, item->status.retry_after_s);
		return true;
	}
	assert(item->object->name[0] != '\0' || item->event == BODY_BOOKMARK);
	assert(item->fault == NULL || (item->fault[0] != '\0' && item->object->object == NULL));
	text_printf(lines, "%d %s/%s %s %s %d %s\n", item->event, item->object->namespace_,
		    item->object->name, item->object->uid, item->object->version,
		    item->object->object != NULL, item->fault == NULL ? "" : item->fault);
	return strcmp(item->object->name, "stop") != 0;
}

static struct text read_in_pieces(const struct body_options *options, const uint8_t *bytes,
				  size_t size, size_t piece)
{
	struct text lines = { 0 };
	struct body_options ours = *options;
	ours.calls = (struct body_calls){ take, &lines };
	struct body *body = body_new(&ours);
	struct error error = { 0 };
	struct body_list list = { "", "", 0 };
	bool good = true;

	for (size_t at = 0, part; good && at < size; at += part) {
		part = piece < size - at ? piece : size - at;
		uint8_t *copy = mem_copy(bytes + at, part);
		good = body_feed(body, copy, part, &error);
		mem_free(copy);
	}
	good = good && body_end(body, &list, &error);
	assert(!good || error.text[0] == '\0');
	text_printf(&lines, "%d %s %s %llu %s", good, list.version, list.next,
		    (unsigned long long)list.remaining, error.text);
	body_free(body);
	return lines;
}

static void check_status(const uint8_t *bytes, size_t size)
{
	for (int encoding = BODY_PROTOBUF; encoding <= BODY_JSON; encoding++) {
		struct text room = { 0 };
		struct api_status status;
		if (body_status((enum body_encoding)encoding, bytes, size, &room, &status))
			assert(status.code >= 0 &&
			       strlen(status.reason) + strlen(status.message) < room.size);
		text_done(&room);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct decode_options keep_all = { .keep_pod_names = true,
							.keep_zones = true,
							.keep_pods = true,
							.keep_imports = true,
							.keep_slices = true,
							.keep_externals = true };
	enum body_encoding unused;

	if (size < 2)
		return 0;
	struct body_options options = {
		.form = (data[0] & 1) != 0 ? BODY_WATCH : BODY_LIST,
		.encoding = (data[0] & 2) != 0 ? BODY_JSON : BODY_PROTOBUF,
		.kind = (enum object_kind)((data[0] >> 2 & 7) % OBJECT_KINDS),
		.is_metadata_only = (data[0] & 32) != 0,
		.decode = &keep_all,
	};
	size_t piece = data[1] == 0 ? 1 : data[1];
	struct text whole = read_in_pieces(&options, data + 2, size - 2, SIZE_MAX);
	struct text cut = read_in_pieces(&options, data + 2, size - 2, piece);

	assert(strcmp(whole.data, cut.data) == 0);
	text_done(&whole);
	text_done(&cut);
	check_status(data + 2, size - 2);
	char *type = mem_text_n((const char *)data + 2, size - 2);
	body_encoding_of(type, &unused);
	mem_free(type);
	return 0;
}
