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

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_encodings_of_random_objects_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
