/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and watches in JSON: what is cut out of them, whatever pieces they come in. */
#include "bodies.h"

#define METADATA(name, version)                                                                    \
	"\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ns\",\"resourceVersion\":\"" version "\"}"
#define SERVICE(name, version, n)                                                                  \
	"{" METADATA(name, version) ",\"spec\":{\"clusterIP\":\"10.0.0." n                         \
				    "\",\"ports\":[{\"name\":\"http\",\"port\":80}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}"

static void assert_list(const char *text, const char *lines)
{
	struct body_options options = options_of(BODY_LIST, BODY_JSON, NULL);

	assert_lines(&options, text, strlen(text), lines);
}

static void assert_watch(const char *text, const char *lines)
{
	struct body_options options = options_of(BODY_WATCH, BODY_JSON, NULL);

	assert_lines(&options, text, strlen(text), lines);
}

static void a_list_gives_its_items_and_its_version(void **state)
{
	(void)state;
	assert_list("{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":"
		    "\"7\",\"continue\":\"abc\",\"remainingItemCount\":12},\"items\":[" SERVICE(
			    "a", "1", "1") "," SERVICE("b", "2", "2") "]}\n",
		    "item ns/a @1 kept 10.0.0.1:80\nitem ns/b @2 kept 10.0.0.2:80\n"
		    "list @7 next 'abc' 12\n");
}

static void keys_of_a_list_come_in_any_order(void **state)
{
	(void)state;
	assert_list(" { \"items\" : [ " SERVICE(
			    "a", "1",
			    "1") " ] , \"x\" : [{\"items\":[1]}],\"y\":1 ,"
				 "\"z\":null,\"metadata\" : { \"resourceVersion\" : \"7\" } , \"kind\" : \"ServiceList\" } ",
		    "item ns/a @1 kept 10.0.0.1:80\nlist @7 next '' 0\n");
}

static void an_empty_list_is_a_list(void **state)
{
	(void)state;
	static const char *const items[] = { "[]", "[ ]", "null" };

	for (size_t i = 0; i < COUNT_OF(items); i++) {
		struct text text = { 0 };
		text_printf(&text, "{\"items\":%s,\"metadata\":{\"resourceVersion\":\"7\"}}",
			    items[i]);
		assert_list(text.data, "list @7 next '' 0\n");
		text_done(&text);
	}
}

static void a_document_without_items_is_no_empty_list(void **state)
{
	(void)state;
	assert_list("{\"metadata\":{\"resourceVersion\":\"7\"}}", "! the list has no items\n");
	assert_list("", "! it ends without a list\n");
	assert_list("{\"kind\":\"Status\",\"items\":[]}", "! expected kind ServiceList, not Status\n");
	assert_list("{\"kind\":\"PartialObjectMetadataList\"",
		    "! expected kind ServiceList, not PartialObjectMetadataList\n");
}

static void events_come_with_their_words(void **state)
{
	(void)state;
	assert_watch(EVENT("ADDED", SERVICE("a", "1", "1")) "\n" EVENT("MODIFIED",
								       SERVICE("a", "2", "2"))
			     EVENT("DELETED", SERVICE("a", "3", "3")) "\n",
		     "added ns/a @1 kept 10.0.0.1:80\nmodified ns/a @2 kept 10.0.0.2:80\n"
		     "deleted ns/a @3 kept 10.0.0.3:80\n");
	assert_watch("", "");
}

static void the_word_of_an_event_may_stand_behind_its_object(void **state)
{
	(void)state;
	assert_watch("{\"object\":" SERVICE("a", "1", "1") ", \"more\":[{}], \"type\":\"ADDED\"}",
		     "added ns/a @1 kept 10.0.0.1:80\n");
}

static void a_bookmark_has_only_a_version(void **state)
{
	(void)state;
	assert_watch(EVENT("BOOKMARK",
			   "{\"kind\":\"Service\",\"metadata\":{\"resourceVersion\":\"9\"},\"spec\":5}"),
		     "bookmark default/ @9\n");
	assert_watch(EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"9\",\"annotations\":{"
				       "\"k8s.io/initial-events-end\":\"true\"}}}"),
		     "bookmark default/ @9 end\n");
}

static void an_error_is_a_status(void **state)
{
	(void)state;
	assert_watch(EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","
				    "\"message\":\"too old\",\"details\":{\"retryAfterSeconds\":3}}"),
		     "error 410 Expired: too old (3)\n");
	assert_watch(EVENT("ERROR", "{}"), "! an event says ERROR, and not which\n");
}

static void an_object_with_a_fault_is_still_named(void **state)
{
	(void)state;
	assert_watch(EVENT("ADDED", "{" METADATA("a", "1") ",\"spec\":{\"ports\":[{\"port\":70000}]}}")
			     EVENT("ADDED", SERVICE("b", "2", "2")),
		     "added ns/a @1 but spec.ports[0].port: expected a number 0..65535\n"
		     "added ns/b @2 kept 10.0.0.2:80\n");
}

static void an_object_without_a_name_ends_the_stream(void **state)
{
	(void)state;
	assert_watch(EVENT("ADDED", "{}"), "! object 1: metadata.name: missing, expected a name\n");
	assert_list("{\"items\":[" SERVICE("a", "1", "1") ",{\"kind\":\"Pod\"}]}",
		    "item ns/a @1 kept 10.0.0.1:80\n"
		    "! object 2: kind: expected Service, not 'Pod'\n");
}

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "<html>", "! bad JSON: expected an object, not '<'\n" },
		{ "{5", "! bad JSON: expected a key, not '5'\n" },
		{ "{\"a\" 5", "! bad JSON: expected ':', not '5'\n" },
		{ "{\"a\":,", "! bad JSON: expected a value, not ','\n" },
		{ "{\"a\":5]", "! bad JSON: expected ',' or '}', not ']'\n" },
		{ "{\"a\":5,}", "! bad JSON: expected a key, not '}'\n" },
		{ "{\"items\":5", "! bad JSON: expected a list of items, not '5'\n" },
		{ "{\"items\":[5", "! bad JSON: expected an object, not '5'\n" },
		{ "{\"items\":[]}{", "! bad JSON: expected nothing behind the list, not '{'\n" },
		{ "{\"items\":[],\x01", "! bad JSON: expected a key, not byte 0x01\n" },
		{ "{\"metadata\":[]}", "! the list's metadata are no JSON object\n" },
		{ "{\"items\":[{\"a\":", "! it ends within the JSON of object 1\n" },
		{ "{\"items\":[{", "! it ends within the JSON of object 1\n" },
		{ "{\"items\":[]", "! it ends within the JSON of object 1\n" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_list(cases[i].text, cases[i].sentence);
	assert_list("{\"items\":[" SERVICE("a", "1", "1") " " SERVICE("b", "1", "1"),
		    "item ns/a @1 kept 10.0.0.1:80\n! bad JSON: expected ',' or ']', not '{'\n");
	assert_list("{\"items\":[" SERVICE("a", "1", "1") ",]",
		    "item ns/a @1 kept 10.0.0.1:80\n! bad JSON: expected an object, not ']'\n");
}

static void an_event_of_an_unknown_word_ends_the_stream(void **state)
{
	(void)state;
	assert_watch(EVENT("RENAMED", SERVICE("a", "1", "1")),
		     "! no event is known by the word 'RENAMED'\n");
	assert_watch("{\"object\":" SERVICE("a", "1", "1") "}", "! no event is known by the word ''\n");
	assert_watch("{\"type\":\"ADDED\"}", "! an event has no object\n");
	assert_watch(EVENT("ADDED", "{}") "x", "! object 1: metadata.name: missing, expected a name\n");
}

static void strings_may_hold_brackets_quotes_and_escapes(void **state)
{
	(void)state;
	assert_list("{\"a\\\"}\":\"]}\\\\\",\"items\":[{" METADATA("a",
								   "1") ",\"x\":\"}]\\\"{\\\\\"}],"
									"\"it\\u0065ms\":[7],\"w\":true}",
		    "item ns/a @1 kept :0\nlist @ next '' 0\n");
}

static void depth_and_size_are_bounded(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "{\"items\":[{\"metadata\":");
	for (size_t i = 0; i < 70; i++)
		text_add(&text, "[");
	assert_list(text.data, "! bad JSON: more than 64 levels\n");
	text_done(&text);

	struct text blanks = { 0 };
	for (size_t i = 0; i < 1000; i++)
		text_add(&blanks, "          ");
	struct seen seen = { 0 };
	struct body_options options = options_of(BODY_LIST, BODY_JSON, &seen);
	struct body *body = body_new(&options);
	struct error error = { 0 };
	assert_true(body_feed(body, (const uint8_t *)"{\"items\":[{", 11, &error));
	size_t fed = 1;
	while (body_feed(body, (const uint8_t *)blanks.data, blanks.size, &error))
		assert_true((fed += blanks.size) <= BODY_OBJECT_MOST);
	assert_string_equal(error.text, "object 1 is longer than the 16777216 bytes that one may have");
	body_free(body);
	text_done(&blanks);
}

static void a_taker_that_says_no_ends_it(void **state)
{
	(void)state;
	static const char list[] =
		"{\"items\":[" SERVICE("a", "1", "1") "," SERVICE("b", "2", "2") "]}";
	struct seen seen = { .stop_at = 1 };
	struct body_options options = options_of(BODY_LIST, BODY_JSON, &seen);
	struct text found = lines_of(&options, &seen, list, sizeof(list) - 1, 0);

	assert_string_equal(found.data, "item ns/a @1 kept 10.0.0.1:80\n! \n");
	text_done(&found);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_gives_its_items_and_its_version),
		cmocka_unit_test(keys_of_a_list_come_in_any_order),
		cmocka_unit_test(an_empty_list_is_a_list),
		cmocka_unit_test(a_document_without_items_is_no_empty_list),
		cmocka_unit_test(events_come_with_their_words),
		cmocka_unit_test(the_word_of_an_event_may_stand_behind_its_object),
		cmocka_unit_test(a_bookmark_has_only_a_version),
		cmocka_unit_test(an_error_is_a_status),
		cmocka_unit_test(an_object_with_a_fault_is_still_named),
		cmocka_unit_test(an_object_without_a_name_ends_the_stream),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(an_event_of_an_unknown_word_ends_the_stream),
		cmocka_unit_test(strings_may_hold_brackets_quotes_and_escapes),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(a_taker_that_says_no_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
