/* SPDX-License-Identifier: Apache-2.0 */
/* API objects in JSON and in protobuf: whatever they say, both encodings say the same. */
#include "reading.h"

#include "given.h"

enum { ROUNDS = 20000 };

static void assert_same_objects(const struct object *a, const struct object *b)
{
	assert_true((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	assert_true(object_equal(a, b));
	assert_true(a->version == b->version);
}

static void assert_same(const struct api_object *a, const struct api_object *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_string_equal(a->namespace_, b->namespace_);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->uid, b->uid);
	assert_string_equal(a->version, b->version);
	assert_true(a->triggered_ns == b->triggered_ns);
	assert_true(a->created_ns == b->created_ns);
	assert_int_equal(a->is_initial_end, b->is_initial_end);
	assert_same_objects(a->object, b->object);
}

/* Counts what came out, so that the test shows that it saw something. */
struct tally {
	unsigned good, bad, kept;
};

static void compare(const struct given *given, struct dice *dice,
		    const struct decode_options *options, bool is_metadata_only, struct tally *tally)
{
	struct api_decoder *decoders[2] = { api_decoder_new(options, given->kind),
					    api_decoder_new(options, given->kind) };
	struct error errors[2] = { 0 };
	struct text json = { 0 }, protobuf = { 0 };
	struct api_object a, b;

	given_print_json(given, dice, &json);
	given_print_protobuf(given, dice, &protobuf);
	char *json_copy = mem_copy(json.data, json.size);
	uint8_t *protobuf_copy = mem_copy(protobuf.data, protobuf.size);
	bool good =
		api_decode_json(decoders[0], json_copy, json.size, is_metadata_only, &a, &errors[0]);
	bool also = api_decode_protobuf(decoders[1], protobuf_copy, protobuf.size, is_metadata_only,
					&b, &errors[1]);
	mem_free(json_copy); /* nothing points to where it came from */
	mem_free(protobuf_copy);
	assert_string_equal(errors[0].text, errors[1].text);
	assert_int_equal(good, also);
	assert_same(&a, &b);
	tally->good += good;
	tally->bad += !good;
	tally->kept += a.object != NULL;
	for (size_t i = 0; i < 2; i++)
		api_decoder_free(decoders[i]);
	text_done(&json);
	text_done(&protobuf);
}

static void both_encodings_of_random_objects_are_equal(void **state)
{
	(void)state;
	struct dice dice = { 0x5eed };
	struct selector labels = { 0 }, namespaces = { 0 };
	struct tally tally = { 0 };

	assert_true(selector_read("app,team!=web", &labels, NULL));
	assert_true(selector_read("app in (a,web,true)", &namespaces, NULL));
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct decode_options options = {
			.labels = dice_throw(&dice, 4) == 0 ? &labels : NULL,
			.namespace_labels = dice_throw(&dice, 4) == 0 ? &namespaces : NULL,
			.keep_pod_names = dice_throw(&dice, 2) == 0,
			.keep_zones = dice_throw(&dice, 2) == 0,
			.keep_pods = dice_throw(&dice, 4) > 0,
			.keep_imports = dice_throw(&dice, 2) == 0,
			.keep_slices = dice_throw(&dice, 4) > 0,
			.keep_externals = dice_throw(&dice, 4) > 0,
		};
		struct given given;
		given_throw(&dice, &given);
		if (dice_throw(&dice, 4) == 0)
			given_spoil(&dice, &given);
		compare(&given, &dice, &options, dice_throw(&dice, 8) == 0, &tally);
	}
	assert_true(tally.good > ROUNDS / 2 && tally.bad > ROUNDS / 50 && tally.kept > ROUNDS / 4);
	selector_done(&labels);
	selector_done(&namespaces);
}

static void assert_json(bool is_metadata_only, const char *text, const char *line)
{
	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_SERVICE);
	struct text found = { 0 };
	struct error error = { 0 };
	struct api_object object;

	bool good = api_decode_json(decoder, text, strlen(text), is_metadata_only, &object, &error);
	text_printf(&found, "%s/%s %s @%s%s%s", object.namespace_, object.name, object.uid,
		    object.version, good ? "" : " ! ", good ? "" : error.text);
	assert_string_equal(found.data, line);
	text_done(&found);
	api_decoder_free(decoder);
}

static void what_is_wrong_in_json_is_named_with_its_object(void **state)
{
	(void)state;
	assert_json(false, "{", "/  @ ! line 1: string or '}' expected near end of file");
	assert_json(false, "[]", "/  @ ! expected an API object");
	assert_json(false, "{\"kind\":5}", "/  @ ! kind: expected text, not a number (quote it)");
	assert_json(false, "{\"kind\":\"Status\",\"metadata\":{\"name\":\"a\"}}",
		    "/  @ ! kind: expected Service, not 'Status'");
	assert_json(false, "{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"a\"}}",
		    "/  @ ! kind: expected Service, not 'PartialObjectMetadata'");
	assert_json(false, "{\"metadata\":[]}", "/  @ ! metadata: expected a mapping, not a list");
	assert_json(false, "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":5}}",
		    "/ u @ ! metadata.resourceVersion: expected text, not a number (quote it)");
	assert_json(false,
		    "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"5\",\"labels\":{"
		    "\"b\":\"\\u0000\"}}}",
		    "default/a u @5 ! metadata.labels.b: expected text without NUL");
	assert_json(false, "{\"metadata\":{\"name\":\"a\"},\"spec\":7}",
		    "default/a  @ ! spec: expected a mapping, not a number");
	assert_json(false, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"selector\":{\"b\":5}}}",
		    "default/a  @ ! spec.selector.b: expected text, not a number (quote it)");
}

static void metadata_alone_need_no_name(void **state)
{
	(void)state;
	assert_json(true,
		    "{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"a\"},\"spec\":7}",
		    "default/a  @");
	assert_json(true, "{\"kind\":\"Service\",\"metadata\":{\"resourceVersion\":\"5\"}}",
		    "default/  @5");
	assert_json(true, "{}", "default/  @");
}

static void values_of_one_object_are_bounded(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "{\"metadata\":[");
	for (size_t i = 0; i < 100000; i++)
		text_add(&text, "[],[],[],[],[],");
	text_add(&text, "0]}");
	assert_json(false, text.data, "/  @ ! more than 1000000 values");
	text_done(&text);
}

static void what_an_object_says_of_itself_is_told(void **state)
{
	(void)state;
	static const char json[] =
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\","
		"\"resourceVersion\":\"12\",\"creationTimestamp\":\"1970-01-01T00:00:01Z\",\"annotations\":{\"endpoints.kubernetes.io/"
		"last-change-trigger-time\":\"1970-01-01T00:00:02Z\"}},"
		"\"spec\":{\"selector\":{\"app\":\"a\"}}}";
	static const char bare[] = "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"selector\":{}}}";
	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_SERVICE);
	struct api_object object;

	assert_true(api_decode_json(decoder, json, sizeof(json) - 1, false, &object, NULL));
	assert_string_equal(object.uid, "c");
	assert_true(object.triggered_ns == 2000000000);
	assert_true(object.created_ns == 1000000000);
	assert_true(object.object->version == 12);
	assert_true(((const struct service *)object.object)->has_selector);
	assert_true(api_decode_json(decoder, bare, sizeof(bare) - 1, false, &object, NULL));
	assert_false(((const struct service *)object.object)->has_selector);
	api_decoder_free(decoder);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_encodings_of_random_objects_are_equal),
		cmocka_unit_test(what_is_wrong_in_json_is_named_with_its_object),
		cmocka_unit_test(metadata_alone_need_no_name),
		cmocka_unit_test(values_of_one_object_are_bounded),
		cmocka_unit_test(what_an_object_says_of_itself_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
