/* SPDX-License-Identifier: Apache-2.0 */
/* Single objects in protobuf by hand: what a random one does not hold, and what is no message at all. */
#include "reading.h"

#include "given.h"

/* Takes the message; the object that it is ("NAME @VERSION kept"), or "! " and the sentence. */
static void assert_object(enum object_kind kind, struct text message, const char *line)
{
	struct api_decoder *decoder = api_decoder_new(&keep_all, kind);
	uint8_t *copy = mem_copy(message.data == NULL ? "" : message.data, message.size);
	struct text found = { 0 };
	struct error error = { 0 };
	struct api_object object;

	bool good = api_decode_protobuf(decoder, copy, message.size, false, &object, &error);
	mem_free(copy);
	text_printf(&found, "%s/%s @%s%s%s", object.namespace_, object.name, object.version,
		    object.object == NULL ? "" : " kept", good ? "" : " ! ");
	text_add(&found, good ? "" : error.text);
	assert_string_equal(found.data, line);
	text_done(&found);
	text_done(&message);
	api_decoder_free(decoder);
}

static struct text named(void)
{
	struct text object = { 0 }, metadata = { 0 };

	put_word(&metadata, 1, "a");
	put_word(&metadata, 6, "7");
	put_message(&object, 1, metadata);
	return object;
}

static struct text named_with(unsigned field, const void *bytes, size_t size)
{
	struct text object = named();

	put_bytes(&object, field, bytes, size);
	return object;
}

static void broken_messages_are_refused_where_they_are_broken(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
		const char *line;
	} cases[] = {
		{ "", 0, "default/a @7 kept" },
		{ "\x0a", 1, "default/a @7 ! spec: broken protobuf" },	   /* no length */
		{ "\x0a\x05", 2, "default/a @7 ! spec: broken protobuf" }, /* nothing of that length */
		{ "\x0a\x80", 2, "default/a @7 ! spec: broken protobuf" }, /* half a length */
		{ "\x80\x80", 2, "default/a @7 ! spec: broken protobuf" }, /* half a tag */
		{ "\x20\xff", 2, "default/a @7 ! spec: broken protobuf" }, /* half a number */
		{ "\x21"
		  "1234567",
		  8, "default/a @7 ! spec: broken protobuf" }, /* half a fixed64 */
		{ "\x25"
		  "123",
		  4, "default/a @7 ! spec: broken protobuf" }, /* half a fixed32 */
		{ "\xa3\x06\xa4\x06", 4, "default/a @7 ! spec: broken protobuf" }, /* a group */
		{ "\xa6\x06", 2, "default/a @7 ! spec: broken protobuf" }, /* no such types */
		{ "\xa7\x06", 2, "default/a @7 ! spec: broken protobuf" },
		{ "\x02\x00", 2, "default/a @7 ! spec: broken protobuf" }, /* field 0 */
		{ "\x82\x80\x80\x80\x10\x00", 6, "default/a @7 ! spec: broken protobuf" }, /* 2^29 */
		{ "\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12, /* 65 bits */
		  "default/a @7 ! spec: broken protobuf" },
		{ "\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, /* 11 bytes */
		  "default/a @7 ! spec: broken protobuf" },
		{ "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, /* 2^64-1 bytes */
		  "default/a @7 ! spec: broken protobuf" },
		{ "\xa0\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "default/a @7 kept" },
		{ "\xa0\x06\x80\x80\x00", 5, "default/a @7 kept" }, /* a longer 0 than needed */
		{ "\x9a\x80\x00\x00", 4, "default/a @7 kept" },	    /* field 3 by a longer tag */
		{ "\x0a\x01\x0a", 3, "default/a @7 ! spec.ports[0]: broken protobuf" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_object(OBJECT_SERVICE, named_with(2, cases[i].bytes, cases[i].size),
			      cases[i].line);
	struct text object = named();
	text_add(&object, "\x12");
	assert_object(OBJECT_SERVICE, object, "default/a @7 ! broken protobuf");
	object = named();
	text_add(&object, "\x2b");
	assert_object(OBJECT_NAMESPACE, object, "/a @7 ! broken protobuf");
	assert_object(OBJECT_POD, (struct text){ 0 },
		      "default/ @ ! metadata.name: missing, expected a name");
}

static void a_field_of_another_type_is_refused(void **state)
{
	(void)state;
	static const struct {
		enum object_kind kind;
		unsigned field;
		const char *bytes;
		size_t size;
		const char *line;
	} cases[] = {
		{ OBJECT_SERVICE, 1, "\x08\x05", 2, "metadata.name: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x18\x05", 2, "metadata.namespace: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x28\x05", 2, "metadata.uid: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x30\x05", 2,
		  "metadata.resourceVersion: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x58\x05", 2,
		  "metadata.labels: expected a mapping, not a number" },
		{ OBJECT_SERVICE, 1, "\x5a\x02\x08\x01", 4,
		  "metadata.labels: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x5a\x05\x0a\x01k\x10\x01", 7,
		  "metadata.labels.k: expected text, not a number" },
		{ OBJECT_SERVICE, 1, "\x5a\x01\x08", 3, "metadata.labels: broken protobuf" },
		{ OBJECT_SERVICE, 1, "\x62\x01\x08", 3, "metadata.annotations: broken protobuf" },
		{ OBJECT_SERVICE, 1, "\x60\x08", 2,
		  "metadata.annotations: expected a mapping, not a number" },
		{ OBJECT_SERVICE, 2, "\x68\x05\x6a\x01x", 5,
		  "spec.publishNotReadyAddresses: expected true or false" },
		{ OBJECT_SERVICE, 2, "\x08\x05", 2, "spec.ports[0]: expected a mapping, not a number" },
		{ OBJECT_SERVICE, 2, "\x0a\x02\x1a\x00", 4,
		  "spec.ports[0].port: expected a number 0..65535" },
		{ OBJECT_SERVICE, 2, "\x0a\x02\x10\x01", 4,
		  "spec.ports[0].protocol: expected text, not a number" },
		{ OBJECT_SERVICE, 2, "\x0a\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, /* -1 */
		  "spec.ports[0].port: expected a number 0..65535" },
		{ OBJECT_SERVICE, 2, "\x0a\x06\x18\xd0\x80\x80\x80\x10", 8, /* 2^32 + 80 */
		  "spec.ports[0].port: expected a number 0..65535" },
		{ OBJECT_SERVICE, 2, "\x90\x01\x01", 3,
		  "spec.clusterIPs[0]: expected text, not a number" },
		{ OBJECT_SLICE, 2, "\x0a\x01x\x08\x01", 5,
		  "endpoints[0].addresses[1]: expected text, not a number" },
		{ OBJECT_SLICE, 2, "\x10\x01", 2,
		  "endpoints[0].conditions: expected a mapping, not a number" },
		{ OBJECT_SLICE, 2, "\x12\x02\x0a\x00", 4,
		  "endpoints[0].conditions.ready: expected true or false" },
		{ OBJECT_SLICE, 2, "\x12\x01\x08", 3, "endpoints[0].conditions: broken protobuf" },
		{ OBJECT_SLICE, 2, "\x20\x01", 2,
		  "endpoints[0].targetRef: expected a mapping, not a number" },
		{ OBJECT_SLICE, 2, "\x22\x02\x18\x01", 4,
		  "endpoints[0].targetRef.name: expected text, not a number" },
		{ OBJECT_SLICE, 2, "\x22\x01\x18", 3, "endpoints[0].targetRef: broken protobuf" },
		{ OBJECT_SLICE, 2,
		  "\x39"
		  "12345678",
		  9, "endpoints[0].zone: expected text, not a number" },
		{ OBJECT_SLICE, 4, "IP\0v4", 5, "addressType: expected text without NUL" },
		{ OBJECT_POD, 3, "\x60\x01", 2, "status.podIPs[0]: expected a mapping, not a number" },
		{ OBJECT_POD, 3, "\x62\x02\x08\x01", 4,
		  "status.podIPs[0].ip: expected text, not a number" },
		{ OBJECT_POD, 3, "\x62\x01\x08", 3, "status.podIPs[0]: broken protobuf" },
		{ OBJECT_POD, 3, "\x08\x01", 2, "status.phase: expected text, not a number" },
		{ OBJECT_POD, 3, "\x0a", 1, "status: broken protobuf" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text line = { 0 };
		text_printf(&line, "default/a @7 ! %s", cases[i].line);
		assert_object(cases[i].kind,
			      named_with(cases[i].field, cases[i].bytes, cases[i].size), line.data);
		text_done(&line);
	}
	struct text object = named();
	put_number(&object, 1, 5);
	assert_object(OBJECT_SERVICE, object,
		      "default/a @7 ! metadata: expected a mapping, not a number");
}

static void text_is_utf8_without_nul(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
		const char *wrong; /* NULL: it is text */
	} cases[] = {
		{ "\0", 1, "expected text without NUL" },
		{ "x\0y", 3, "expected text without NUL" },
		{ "\x80", 1, "expected text in UTF-8" },
		{ "\xc1\x80", 2, "expected text in UTF-8" },
		{ "\xc3", 1, "expected text in UTF-8" },
		{ "\xc3x", 2, "expected text in UTF-8" },
		{ "\xe0\x9f\x80", 3, "expected text in UTF-8" },
		{ "\xe2\x82", 2, "expected text in UTF-8" },
		{ "\xed\xa0\x80", 3, "expected text in UTF-8" },
		{ "\xf0\x8f\x80\x80", 4, "expected text in UTF-8" },
		{ "\xf4\x90\x80\x80", 4, "expected text in UTF-8" },
		{ "\xf5\x80\x80\x80", 4, "expected text in UTF-8" },
		{ "\xff", 1, "expected text in UTF-8" },
		{ "\x7f", 1, NULL },
		{ "\xc2\x80\xdf\xbf", 4, NULL },
		{ "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", 9, NULL },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text endpoint = { 0 }, object = named(), line = { 0 };
		put_word(&object, 4, "IPv4");
		put_bytes(&endpoint, 3, cases[i].bytes, cases[i].size);
		put_message(&object, 2, endpoint);
		text_printf(&line,
			    cases[i].wrong == NULL ? "default/a @7 kept"
						   : "default/a @7 ! endpoints[0].hostname: %s",
			    cases[i].wrong);
		assert_object(OBJECT_SLICE, object, line.data);
		text_done(&line);
	}
}

static void an_annotation_may_say_anything(void **state)
{
	(void)state;
	struct text metadata = { 0 }, object = { 0 }, entry = { 0 };

	put_word(&metadata, 1, "a");
	put_bytes(&entry, 1, "x\0\xff", 3);
	put_bytes(&entry, 2, "\0\xff", 2);
	put_message(&metadata, 12, entry);
	put_bytes(&metadata, 12, "", 0);
	put_message(&object, 1, metadata);
	assert_object(OBJECT_SERVICE, object, "default/a @ kept");

	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_SERVICE);
	static const char json[] = "{\"metadata\":{\"name\":\"a\",\"annotations\":{\"x\":\"\\u0000\","
				   "\"service.alpha.kubernetes.io/tolerate-unready-endpoints\":"
				   "\"true\\u0000\"}}}";
	struct api_object found;
	assert_true(api_decode_json(decoder, json, sizeof(json) - 1, false, &found, NULL));
	assert_false(((const struct service *)found.object)->publish_not_ready);
	api_decoder_free(decoder);
}

static void the_last_of_two_equal_keys_counts(void **state)
{
	(void)state;
	struct text object = named(), metadata = { 0 }, entry = { 0 };

	put_word(&object, 4, "IPv4");
	put_word(&entry, 1, "kubernetes.io/service-name");
	put_word(&entry, 2, "first");
	put_bytes(&metadata, 11, entry.data, entry.size);
	put_word(&entry, 2, "last");
	put_message(&metadata, 11, entry);
	put_message(&object, 1, metadata);

	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_SLICE);
	struct api_object found;
	assert_true(api_decode_protobuf(decoder, (const uint8_t *)object.data, object.size, false,
					&found, NULL));
	assert_string_equal(((const struct slice *)found.object)->service, "last");
	static const char json[] =
		"{\"addressType\":\"IPv4\",\"metadata\":{\"name\":\"a\",\"labels\":{"
		"\"kubernetes.io/service-name\":\"first\","
		"\"kubernetes.io/service-name\":\"last\"}}}";
	assert_true(api_decode_json(decoder, json, sizeof(json) - 1, false, &found, NULL));
	assert_string_equal(((const struct slice *)found.object)->service, "last");
	api_decoder_free(decoder);
	text_done(&object);
}

static void a_service_import_has_metadata_only(void **state)
{
	(void)state;
	struct text object = named();
	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_IMPORT);
	struct api_object found;

	assert_true(api_decode_protobuf(decoder, (const uint8_t *)object.data, object.size, true,
					&found, NULL));
	assert_string_equal(found.name, "a");
	assert_null(found.object);
	api_decoder_free(decoder);
	assert_object(OBJECT_IMPORT, object, "default/a @7 ! a ServiceImport comes in JSON only");
}

static void ports_are_counted(void **state)
{
	(void)state;
	struct text object = named(), spec = { 0 };

	for (size_t i = 0; i <= UINT16_MAX; i++)
		put_bytes(&spec, 1, "\x18\x01", 2);
	put_message(&object, 2, spec);
	assert_object(OBJECT_SERVICE, object,
		      "default/a @7 ! spec.ports: expected at most 65535 ports");
}

/* A decoder keeps the room of what it read; neither that nor what it read shows in the next object. */
static void objects_large_and_small_follow_each_other(void **state)
{
	(void)state;
	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_SLICE);

	for (size_t i = 0; i < 4; i++) {
		size_t count = i % 2 == 0 ? 20000 : 3;
		struct text object = named();
		put_word(&object, 4, "IPv4");
		for (size_t j = 0; j < count; j++) {
			struct text endpoint = { 0 };
			put_word(&endpoint, 1, "10.0.0.1");
			put_word(&endpoint, 3, "a-host-name");
			put_message(&object, 2, endpoint);
		}
		struct api_object found;
		assert_true(api_decode_protobuf(decoder, (const uint8_t *)object.data, object.size,
						false, &found, NULL));
		assert_int_equal(((const struct slice *)found.object)->endpoint_count, count);
		text_done(&object);
	}
	api_decoder_free(decoder);
}

static void a_kept_object_outlives_the_decoder(void **state)
{
	(void)state;
	struct text message = named();
	struct api_decoder *decoder = api_decoder_new(&keep_all, OBJECT_NAMESPACE);
	struct api_object found;

	assert_true(api_decode_protobuf(decoder, (const uint8_t *)message.data, message.size, false,
					&found, NULL));
	struct object *object = object_hold(found.object);
	api_decoder_free(decoder);
	assert_string_equal(object->name, "a");
	assert_true(object->version == 7);
	object_drop(object);
	text_done(&message);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_messages_are_refused_where_they_are_broken),
		cmocka_unit_test(a_field_of_another_type_is_refused),
		cmocka_unit_test(text_is_utf8_without_nul),
		cmocka_unit_test(an_annotation_may_say_anything),
		cmocka_unit_test(the_last_of_two_equal_keys_counts),
		cmocka_unit_test(a_service_import_has_metadata_only),
		cmocka_unit_test(ports_are_counted),
		cmocka_unit_test(objects_large_and_small_follow_each_other),
		cmocka_unit_test(a_kept_object_outlives_the_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
