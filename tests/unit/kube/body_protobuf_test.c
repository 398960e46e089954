/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and watches in protobuf: what is cut out of them, whatever pieces they come in. */
#include "bodies.h"

/* Takes the text. */
static void assert_text(enum body_form form, struct text text, const char *lines)
{
	struct body_options options = options_of(form, BODY_PROTOBUF, NULL);

	assert_lines(&options, text.data == NULL ? "" : text.data, text.size, lines);
	text_done(&text);
}

static void put_list_metadata(struct text *list)
{
	struct text metadata = { 0 };

	put_word(&metadata, 1, "/link");
	put_word(&metadata, 2, "7");
	put_word(&metadata, 3, "abc");
	put_number(&metadata, 4, 300);
	put_message(list, 1, metadata);
}

static void a_list_gives_its_items_and_its_version(void **state)
{
	(void)state;
	struct text list = { 0 };

	put_list_metadata(&list);
	put_message(&list, 2, service_message("a", 1, 80));
	put_message(&list, 2, service_message("b", 2, 443));
	assert_text(BODY_LIST, unknown_of("ServiceList", list),
		    "item ns/a @101 kept 10.0.0.1:80\nitem ns/b @102 kept 10.0.0.2:443\n"
		    "list @7 next 'abc' 300\n");
}

static void metadata_of_a_list_may_come_last(void **state)
{
	(void)state;
	struct text list = { 0 };

	put_message(&list, 2, service_message("a", 1, 80));
	put_list_metadata(&list);
	assert_text(BODY_LIST, unknown_of("ServiceList", list),
		    "item ns/a @101 kept 10.0.0.1:80\nlist @7 next 'abc' 300\n");
}

static void fields_that_nobody_knows_are_passed_over(void **state)
{
	(void)state;
	struct text list = { 0 }, text = { 0 };

	put_number(&list, 100, UINT64_MAX);
	put_word(&list, 100, "x");
	put_varint(&list, 100 << 3 | 1);
	text_add_n(&list, "12345678", 8);
	put_message(&list, 2, service_message("a", 1, 80));
	put_varint(&list, 100 << 3 | 5);
	text_add_n(&list, "1234", 4);
	put_word(&list, 100, "");
	text_add_n(&text, "k8s", 4);
	put_number(&text, 9, 9);
	put_word(&text, 9, "yyyyyyyyyyy");
	put_message(&text, 2, list);
	put_word(&text, 4, "application/vnd.kubernetes.protobuf");
	put_word(&text, 9, "");
	assert_text(BODY_LIST, text, "item ns/a @101 kept 10.0.0.1:80\nlist @ next '' 0\n");
}

static void an_empty_list_is_a_list(void **state)
{
	(void)state;
	struct text list = { 0 };

	assert_text(BODY_LIST, unknown_of("ServiceList", list), "list @ next '' 0\n");
	put_list_metadata(&list);
	assert_text(BODY_LIST, unknown_of("ServiceList", list), "list @7 next 'abc' 300\n");
}

static void events_come_with_their_words(void **state)
{
	(void)state;
	struct text text = { 0 };

	put_event(&text, "ADDED", unknown_of("Service", service_message("a", 1, 80)));
	put_event(&text, "MODIFIED", unknown_of("Service", service_message("a", 2, 80)));
	put_event(&text, "DELETED", unknown_of("", service_message("a", 3, 80)));
	assert_text(BODY_WATCH, text,
		    "added ns/a @101 kept 10.0.0.1:80\nmodified ns/a @102 kept 10.0.0.2:80\n"
		    "deleted ns/a @103 kept 10.0.0.3:80\n");
	assert_text(BODY_WATCH, (struct text){ 0 }, "");
}

static void a_bookmark_has_only_a_version(void **state)
{
	(void)state;
	struct text text = { 0 }, object = { 0 }, metadata = { 0 }, annotation = { 0 };

	put_word(&annotation, 1, "k8s.io/initial-events-end");
	put_word(&annotation, 2, "true");
	put_word(&metadata, 6, "9");
	put_message(&metadata, 12, annotation);
	put_message(&object, 1, metadata);
	put_event(&text, "BOOKMARK", unknown_of("Service", object));
	assert_text(BODY_WATCH, text, "bookmark default/ @9 end\n");
}

static struct text status_message(void)
{
	struct text status = { 0 }, details = { 0 };

	put_word(&status, 2, "Failure");
	put_word(&status, 3, "too old");
	put_word(&status, 4, "Expired");
	put_word(&details, 1, "services");
	put_number(&details, 5, 3);
	put_message(&status, 5, details);
	put_number(&status, 6, 410);
	return status;
}

static void an_error_is_a_status(void **state)
{
	(void)state;
	struct text text = { 0 };

	put_event(&text, "ERROR", unknown_of("Status", status_message()));
	assert_text(BODY_WATCH, text, "error 410 Expired: too old (3)\n");
}

static void what_has_no_message_comes_as_json(void **state)
{
	(void)state;
	static const char json[] = "{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"}}";
	struct text text = { 0 }, unknown = { 0 }, bare = { 0 };

	text_add_n(&unknown, "k8s", 4);
	put_word(&unknown, 2, json);
	put_word(&unknown, 4, "application/json");
	put_event(&text, "ADDED", unknown);
	text_add(&bare, json);
	put_event(&text, "ADDED", bare);
	assert_text(BODY_WATCH, text, "added default/a @ kept :0\nadded default/a @ kept :0\n");
}

static void an_object_with_a_fault_is_still_named(void **state)
{
	(void)state;
	struct text list = { 0 };

	put_message(&list, 2, service_message("a", 1, 70000));
	put_message(&list, 2, service_message("b", 2, 80));
	assert_text(BODY_LIST, unknown_of("ServiceList", list),
		    "item ns/a @101 but spec.ports[0].port: expected a number 0..65535\n"
		    "item ns/b @102 kept 10.0.0.2:80\nlist @ next '' 0\n");
}

static void an_object_without_a_name_ends_the_stream(void **state)
{
	(void)state;
	struct text list = { 0 };

	put_message(&list, 2, (struct text){ 0 });
	put_message(&list, 2, service_message("b", 2, 80));
	assert_text(BODY_LIST, unknown_of("ServiceList", list),
		    "! object 1: metadata.name: missing, expected a name\n");
}

static void another_kind_than_asked_for_ends_the_stream(void **state)
{
	(void)state;
	struct text text = { 0 };

	assert_text(BODY_LIST, unknown_of("PodList", (struct text){ 0 }),
		    "! expected kind ServiceList, not PodList\n");
	put_event(&text, "ADDED", unknown_of("Pod\n", service_message("a", 1, 80)));
	assert_text(BODY_WATCH, text, "! expected kind Service, not Pod?\n");
}

static void metadata_alone_are_read_where_asked_for(void **state)
{
	(void)state;
	struct text list = { 0 }, watch = { 0 };
	struct body_options options = options_of(BODY_LIST, BODY_PROTOBUF, NULL);

	options.is_metadata_only = true;
	put_message(&list, 2, service_message("a", 1, 70000));
	put_message(&list, 2, (struct text){ 0 });
	struct text text = unknown_of("PartialObjectMetadataList", list);
	assert_lines(&options, text.data, text.size,
		     "item ns/a @101\n! object 2: metadata.name: missing, expected a name\n");
	text_done(&text);

	options.form = BODY_WATCH;
	put_event(&watch, "ADDED", unknown_of("PartialObjectMetadata", service_message("a", 1, 80)));
	assert_lines(&options, watch.data, watch.size, "added ns/a @101\n");
	text_done(&watch);
}

/* The whole list with some bytes behind `magic` replaced. */
static void assert_refused(const void *bytes, size_t size, const char *lines)
{
	struct text text = { 0 };

	text_add_n(&text, "k8s", 4);
	text_add_n(&text, bytes, size);
	assert_text(BODY_LIST, text, lines);
}

static void what_is_no_list_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
		const char *lines;
	} cases[] = {
		{ "", 0, "! it ends without a list\n" },
		{ "\x12", 1, "! it ends within object 1\n" },
		{ "\x12\x05", 2, "! it ends within object 1\n" },
		{ "\x12\x05\x12\x03", 4, "! it ends within object 1\n" },
		{ "\x12\x02\x12\x03", 4,
		  "! bad protobuf at object 1: a field is longer than the list\n" },
		{ "\x12\x01\x12\x00", 4,
		  "! bad protobuf at object 1: a field is longer than the list\n" },
		{ "\x12\x00\x12\x00", 4, "! bad protobuf at object 1: a second list\n" },
		{ "\x10\x00", 2, "! bad protobuf at object 1: a field is not of its type\n" },
		{ "\x12\x02\x10\x00", 4, "! bad protobuf at object 1: a field is not of its type\n" },
		{ "\x7b", 1, "! bad protobuf at object 1: no field has that type\n" },
		{ "\x02", 1, "! bad protobuf at object 1: no field has that number\n" },
		{ "\xfa\xff\xff\xff\xff\x7f", 6,
		  "! bad protobuf at object 1: no field has that number\n" },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10,
		  "! bad protobuf at object 1: a number has more than 64 bits\n" },
		{ "\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11,
		  "! bad protobuf at object 1: a number has more than 64 bits\n" },
		{ "\x12\xff\xff\xff\xff\x0f\x12\x81\x80\x80\x08", 11,
		  "! object 1 has 16777217 bytes, more than the 16777216 that one may have\n" },
		{ "\x0a\x81\x80\x04", 4,
		  "! bad protobuf at object 1: too many bytes beside the objects\n" },
		{ "\x0a\x01\x12", 3, "! bad protobuf: the object's type is broken\n" },
		{ "\x1a\x04gzip", 6, "! bad protobuf at object 1: the list is compressed\n" },
		{ "\x22\x10"
		  "application/json",
		  18, "! bad protobuf at object 1: the list is in JSON\n" },
		{ "\x22\x05\"b\x01 \xc3", 7,
		  "! an object is encoded as '\"b?\?\?', which is not read\n" },
		{ "\x12\x03\x0a\x01\x12", 5, "! the list's metadata are broken\n" },
		{ "\x12\x03\x12\x01\x0a", 5, "! object 1: broken protobuf\n" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_refused(cases[i].bytes, cases[i].size, cases[i].lines);

	static const struct body_options options = { .form = BODY_LIST,
						     .encoding = BODY_PROTOBUF,
						     .decode = &keep_all };
	assert_lines(&options, "k8sx", 4, "! bad protobuf: it does not begin with \"k8s\"\n");
	assert_lines(&options, "<html>", 6, "! bad protobuf: it does not begin with \"k8s\"\n");
	assert_lines(&options, "k8", 2, "! it ends without a list\n");
	assert_lines(&options, "", 0, "! it ends without a list\n");
}

static void what_is_no_event_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
		const char *lines;
	} cases[] = {
		{ "\0\0", 2, "! it ends within object 1\n" },
		{ "\0\0\0\x05\x0a", 5, "! it ends within object 1\n" },
		{ "\0\0\0\0", 4, "! bad protobuf: an object does not begin with \"k8s\"\n" },
		{ "\0\0\0\x01\x0a", 5, "! bad protobuf: the event of object 1 is broken\n" },
		{ "\0\0\0\x03\x12\x01\x0a", 7, "! bad protobuf: the event of object 1 is broken\n" },
		{ "\xff\0\0\0", 4,
		  "! object 1 has 4278190080 bytes, more than the 16777216 that one may have\n" },
		{ "HTTP", 4,
		  "! object 1 has 1213486160 bytes, more than the 16777216 that one may have\n" },
		{ "\0\0\0\x09\x12\x07\x0a\x05k8s\0\x0a", 13,
		  "! bad protobuf: an object's envelope is broken\n" },
		{ "\0\0\0\x0b\x12\x09\x0a\x07k8s\0\x1a\x01z", 15,
		  "! an object is compressed, which is not read\n" },
		{ "\0\0\0\x0b\x12\x09\x0a\x07k8s\0\x22\x01z", 15,
		  "! an object is encoded as 'z', which is not read\n" },
		{ "\0\0\0\x0b\x12\x09\x0a\x07k8s\0\x0a\x01z", 15,
		  "! bad protobuf: the object's type is broken\n" },
		{ "\0\0\0\x08\x12\x06\x0a\x04k8s\0", 12, "! no event is known by the word ''\n" },
		{ "\0\0\0\x0f\x0a\x05"
		  "ADDED\x12\x06\x0a\x04k8s\0",
		  19, "! object 1: metadata.name: missing, expected a name\n" },
		{ "\0\0\0\x12\x0a\x05"
		  "ERROR\x12\x09\x0a\x07k8s\0\x12\x01\x0a",
		  22, "! an event says ERROR, and not which\n" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text text = { 0 };
		text_add_n(&text, cases[i].bytes, cases[i].size);
		assert_text(BODY_WATCH, text, cases[i].lines);
	}
}

static void a_watch_goes_on_until_it_is_cut(void **state)
{
	(void)state;
	struct text text = { 0 };

	put_event(&text, "ADDED", unknown_of("Service", service_message("a", 1, 80)));
	text_add_n(&text, "\0\0\1", 3);
	assert_text(BODY_WATCH, text, "added ns/a @101 kept 10.0.0.1:80\n! it ends within object 2\n");
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_gives_its_items_and_its_version),
		cmocka_unit_test(metadata_of_a_list_may_come_last),
		cmocka_unit_test(fields_that_nobody_knows_are_passed_over),
		cmocka_unit_test(an_empty_list_is_a_list),
		cmocka_unit_test(events_come_with_their_words),
		cmocka_unit_test(a_bookmark_has_only_a_version),
		cmocka_unit_test(an_error_is_a_status),
		cmocka_unit_test(what_has_no_message_comes_as_json),
		cmocka_unit_test(an_object_with_a_fault_is_still_named),
		cmocka_unit_test(an_object_without_a_name_ends_the_stream),
		cmocka_unit_test(another_kind_than_asked_for_ends_the_stream),
		cmocka_unit_test(metadata_alone_are_read_where_asked_for),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(a_watch_goes_on_until_it_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
