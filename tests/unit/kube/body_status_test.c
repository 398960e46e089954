/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused request's body says, and what a Content-Type means. */
#include "bodies.h"

static void assert_status(enum body_encoding encoding, const void *bytes, size_t size, const char *line)
{
	struct text room = { 0 }, found = { 0 };
	struct api_status status;
	uint8_t *copy = mem_copy(bytes, size);

	if (body_status(encoding, copy, size, &room, &status))
		text_printf(&found, "%d %s: %s (%u)", status.code, status.reason, status.message,
			    status.retry_after_s);
	else
		text_add(&found, "none");
	mem_free(copy);
	assert_string_equal(found.data, line);
	text_done(&found);
	text_done(&room);
}

static void assert_json(const char *text, const char *line)
{
	assert_status(BODY_JSON, text, strlen(text), line);
}

static void a_refusal_in_json_is_read(void **state)
{
	(void)state;
	assert_json("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		    "\"message\":\"services is forbidden\",\"reason\":\"Forbidden\",\"details\":{\"kind\":"
		    "\"services\"},\"code\":403}\n",
		    "403 Forbidden: services is forbidden (0)");
	assert_json("{\"kind\":\"Status\",\"code\":429,\"details\":{\"retryAfterSeconds\":1}}",
		    "429 :  (1)");
	assert_json("{\"kind\":\"Status\",\"code\":-1,\"message\":5,\"details\":{\"retryAfterSeconds\":"
		    "99999999999}}",
		    "0 :  (0)");
}

static void what_is_no_status_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "<html>", "{", "[]", "{\"kind\":\"Pod\"}", "{\"code\":403}"
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_json(texts[i], "none");
		assert_status(BODY_PROTOBUF, texts[i], strlen(texts[i]), "none");
	}
}

static void a_refusal_in_protobuf_is_read(void **state)
{
	(void)state;
	struct text status = { 0 }, details = { 0 };

	put_word(&status, 3, "services is forbidden");
	put_word(&status, 4, "Forbidden");
	put_number(&details, 5, 2);
	put_message(&status, 5, details);
	put_number(&status, 6, 403);
	struct text text = unknown_of("Status", status);
	assert_status(BODY_PROTOBUF, text.data, text.size, "403 Forbidden: services is forbidden (2)");
	/* cut anywhere, it is none, but for two empty fields at its end */
	for (size_t size = 0; size < text.size - 4; size++)
		assert_status(BODY_PROTOBUF, text.data, size, "none");
	text_done(&text);

	text = unknown_of("Pod", (struct text){ 0 });
	assert_status(BODY_PROTOBUF, text.data, text.size, "none");
	text_done(&text);
}

static void json_within_a_protobuf_response_is_read(void **state)
{
	(void)state;
	static const char json[] = "{\"kind\":\"Status\",\"code\":404}";

	assert_status(BODY_PROTOBUF, json, sizeof(json) - 1, "404 :  (0)");
}

static void a_content_type_says_how_to_read(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		int encoding;
	} cases[] = {
		{ "application/json", BODY_JSON },
		{ "application/json;stream=watch", BODY_JSON },
		{ "Application/JSON ; charset=utf-8", BODY_JSON },
		{ "application/vnd.kubernetes.protobuf", BODY_PROTOBUF },
		{ "application/vnd.kubernetes.protobuf;stream=watch", BODY_PROTOBUF },
		{ "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
		  BODY_PROTOBUF },
		{ "application/jsonp", -1 },
		{ "text/html", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		enum body_encoding encoding;
		bool is_known = body_encoding_of(cases[i].type, &encoding);
		assert_int_equal(is_known ? (int)encoding : -1, cases[i].encoding);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_in_json_is_read),
		cmocka_unit_test(what_is_no_status_is_none),
		cmocka_unit_test(a_refusal_in_protobuf_is_read),
		cmocka_unit_test(json_within_a_protobuf_response_is_read),
		cmocka_unit_test(a_content_type_says_how_to_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
