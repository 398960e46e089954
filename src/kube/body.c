/* SPDX-License-Identifier: Apache-2.0 */
/* Objects out of a response: what is the same for lists and watches in either encoding. */
#include "body_parts.h"

#include <string.h>
#include <strings.h>

bool body_encoding_of(const char *content_type, enum body_encoding *ret_encoding)
{
	static const char *const types[] = {
		[BODY_PROTOBUF] = "application/vnd.kubernetes.protobuf", [BODY_JSON] = "application/json"
	};
	size_t size = strcspn(content_type, "; \t");

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strlen(types[i]) == size && strncasecmp(types[i], content_type, size) == 0) {
			*ret_encoding = (enum body_encoding)i;
			return true;
		}
	return false;
}

struct body *body_new(const struct body_options *options)
{
	struct body *body = mem_zalloc(sizeof(*body));

	body->options = *options;
	body->decoder = api_decoder_new(options->decode, options->kind);
	if (options->encoding == BODY_JSON)
		body->json = json_cutter_new();
	else
		body->protobuf = protobuf_cutter_new(options->form);
	text_add(&body->version, "");
	text_add(&body->next, "");
	return body;
}

void body_free(struct body *body)
{
	if (body == NULL)
		return;
	json_cutter_free(body->json);
	protobuf_cutter_free(body->protobuf);
	api_decoder_free(body->decoder);
	text_done(&body->object);
	text_done(&body->version);
	text_done(&body->next);
	mem_free(body);
}

bool body_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error)
{
	return body->json != NULL ? json_cutter_feed(body, bytes, size, error)
				  : protobuf_cutter_feed(body, bytes, size, error);
}

bool body_end(struct body *body, struct body_list *ret_list, struct error *error)
{
	bool good = body->json != NULL ? json_cutter_end(body, error)
				       : protobuf_cutter_end(body, error);

	if (good && ret_list != NULL)
		*ret_list = (struct body_list){ body->version.data, body->next.data, body->remaining };
	return good;
}

bool body_add(struct body *body, const void *bytes, size_t size, struct error *error)
{
	if (size > BODY_OBJECT_MOST - body->object.size)
		return error_set(error, "object %zu is longer than the %d bytes that one may have",
				 body->taken + 1, BODY_OBJECT_MOST);
	text_add_n(&body->object, bytes, size);
	return true;
}

void body_forget(struct body *body)
{
	if (body->object.room > BODY_ROOM_KEPT)
		text_done(&body->object);
	else
		text_clear(&body->object);
}

static bool hand_over(struct body *body, const struct body_item *item, struct error *error)
{
	if (body->options.calls.take(body->options.calls.context, item))
		return true;
	return error_set(error, "%s", "");
}

bool body_take(struct body *body, enum body_event event, enum body_encoding encoding,
	       const void *bytes, size_t size, struct error *error)
{
	bool is_metadata_only = body->options.is_metadata_only || event == BODY_BOOKMARK;
	struct error problem = { 0 };
	struct api_object object;

	body->taken++;
	bool good = encoding == BODY_JSON ? api_decode_json(body->decoder, bytes, size,
							    is_metadata_only, &object, &problem)
					  : api_decode_protobuf(body->decoder, bytes, size,
								is_metadata_only, &object, &problem);
	if (good && object.name[0] == '\0' && event != BODY_BOOKMARK)
		good = error_set(&problem, "metadata.name: missing, expected a name");
	if (!good && object.name[0] == '\0') /* nobody could tell whose state is unknown now */
		return error_set(error, "object %zu: %s", body->taken, problem.text);

	struct body_item item = { .event = event,
				  .object = &object,
				  .fault = good ? NULL : problem.text };
	return hand_over(body, &item, error);
}

static bool take_error(struct body *body, enum body_encoding encoding, const void *bytes,
		       size_t size, struct error *error)
{
	struct body_item item = { .event = BODY_ERROR };
	struct text room = { 0 };
	bool good = status_read(encoding, bytes, size, &room, &item.status)
			    ? hand_over(body, &item, error)
			    : error_set(error, "an event says ERROR, and not which");

	text_done(&room);
	return good;
}

bool body_take_event(struct body *body, struct word word, enum body_encoding encoding,
		     const void *bytes, size_t size, struct error *error)
{
	static const char *const words[] = {
		[BODY_ITEM] = "",
		[BODY_ADDED] = "ADDED",
		[BODY_MODIFIED] = "MODIFIED",
		[BODY_DELETED] = "DELETED",
		[BODY_BOOKMARK] = "BOOKMARK",
		[BODY_ERROR] = "ERROR",
	};
	enum body_event event = BODY_ADDED;

	while (event <= BODY_ERROR && !word_is(word, words[event]))
		event++;
	if (event == BODY_ERROR)
		return take_error(body, encoding, bytes, size, error);
	if (event < BODY_ERROR)
		return body_take(body, event, encoding, bytes, size, error);
	/* to go on might mean to miss what it says */
	return error_set(error, "no event is known by the word '%s'",
			 word_print(word, (char[WORD_ROOM]){ 0 }));
}
