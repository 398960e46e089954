/* SPDX-License-Identifier: Apache-2.0 */
/* What a watch makes of all that an API server may say while it is followed: what is known is never
 * taken away by trouble, and it is in step again as soon as the server lets it. */
#include "following.h"

/* ---- going on ---- */

static void a_watch_that_ends_goes_on_where_it_was(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	following->times.healthy_ms = 0;
	play_text(transfer, BOOKMARK("25"));
	play_end(transfer, CLIENT_DONE);
	assert_int_equal(following->failed, 0);
	transfer = script_expect(&following->script, "watch=true", "resourceVersion=25", NULL);
	assert_null(strstr(script_path(transfer), "sendInitialEvents"));
	play_head(transfer, 200, "application/json");
	play_text(transfer, MODIFIED("a", "26", "10.0.0.9"));
	play_end(transfer, CLIENT_BROKEN);
	assert_int_equal(following->cause, TROUBLE_BROKEN);
	script_expect(&following->script, "watch=true", "resourceVersion=26", NULL);
	assert_services(following, "a=10.0.0.9 b=10.0.0.2");
}

static void watches_that_end_at_once_are_opened_again_but_not_without_pause(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	for (unsigned i = 0; i < 5; i++) {
		play_end(transfer, CLIENT_DONE);
		script_quiet(&following->script); /* nothing is asked for in the same turn */
		transfer = script_expect(&following->script, "resourceVersion=20", NULL);
		play_head(transfer, 200, "application/json");
	}
}

static void an_event_that_is_cut_comes_again_whole(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	play_text(transfer,
		  MODIFIED("a", "21",
			   "10.0.0.9") "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"na");
	play_end(transfer, CLIENT_BROKEN);
	assert_services(following, "a=10.0.0.9 b=10.0.0.2");
	transfer = script_expect(&following->script, "resourceVersion=21", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, DELETED("b", "22"));
	assert_services(following, "a=10.0.0.9");
}

static void silence_where_bookmarks_are_due_opens_the_watch_anew(void **state)
{
	struct following *following = *state;

	following->times.list_silence_ms = following->times.silence_ms = 20;
	struct transfer *transfer = following_in_step(following);
	script_expect(&following->script, "resourceVersion=20", NULL);
	assert_false(script_is_open(&following->script, transfer));
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
}

static void no_end_of_the_world_takes_anything_away(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);
	static const enum client_trouble troubles[] = {
		CLIENT_BROKEN, CLIENT_NO_HOST, CLIENT_NO_CONNECT,
		CLIENT_TLS,    CLIENT_TIMEOUT, CLIENT_NO_CREDENTIALS,
	};
	static const int statuses[] = { 401, 403, 404, 409, 418, 429, 500,
					502, 503, 504, 302, 204, 99 };

	for (size_t i = 0; i < COUNT_OF(troubles); i++) {
		play_end(transfer, troubles[i]);
		assert_int_equal(following->cause, trouble_of_end(troubles[i]));
		assert_services(following, "a=10.0.0.1 b=10.0.0.2");
		assert_true(watch_is_in_step(following->watch));
		transfer = script_next(&following->script);
	}
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		play(transfer, statuses[i], "no");
		assert_services(following, "a=10.0.0.1 b=10.0.0.2");
		assert_true(watch_is_in_step(following->watch));
		transfer = script_next(&following->script);
	}
}

static void an_answer_of_another_kind_is_trouble_and_nothing_is_lost(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	play_end(transfer, CLIENT_BROKEN);
	transfer = script_next(&following->script);
	assert_false(play_head(transfer, 200, "text/html"));
	assert_int_equal(following->cause, TROUBLE_CONTENT);
	assert_non_null(strstr(following->text, "text/html"));
	script_expect(&following->script, "resourceVersion=20", NULL);
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
}

static void a_server_without_protobuf_is_asked_for_json(void **state)
{
	struct following *following = *state;

	play(script_next(&following->script), 406, STATUS("406", "NotAcceptable", "only json"));
	struct transfer *transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	assert_null(strstr(script_accept(transfer), "protobuf"));
	assert_int_equal(following->failed, 0);
	play(transfer, 415, STATUS("415", "Unsupported", "not even that"));
	script_expect(&following->script, "limit=500", NULL);
}

/* ---- objects ---- */

#define BROKEN_SERVICE(version)                                                                    \
	"{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\",\"resourceVersion\":\"" version        \
	"\"},\"spec\":{\"ports\":\"none\"}}"

static void an_object_that_cannot_be_read_stays_as_it_was(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	assert_true(play_text(transfer, EVENT("MODIFIED", BROKEN_SERVICE("21"))));
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
	assert_int_equal(watch_version(following->watch), 21);
	watch_relist(following->watch);
	transfer = script_next(&following->script);
	play_head(transfer, 200, "application/json");
	play_text(transfer, EVENT("ADDED", BROKEN_SERVICE("21")) END("30"));
	assert_services(following, "a=10.0.0.1");
	assert_true(play_text(transfer, EVENT("DELETED", BROKEN_SERVICE("31"))));
	assert_services(following, "");
}

static void an_object_that_is_not_wanted_any_more_goes(void **state)
{
	struct following *following = *state;
	struct selector selector;

	assert_true(selector_read("app=x", &selector, NULL));
	following->decode.labels = &selector;
	following_start(following, OBJECT_SERVICE);
	struct transfer *transfer = following_in_step(following);
	play_text(transfer,
		  EVENT("MODIFIED",
			"{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\",\"resourceVersion\":\"21\"},\"spec\":{}}"));
	assert_services(following, "b=10.0.0.2");
	selector_done(&selector);
}

static void an_object_without_a_name_is_nonsense(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	assert_false(play_text(transfer,
			       EVENT("DELETED", "{\"metadata\":{\"resourceVersion\":\"21\"}}")));
	assert_int_equal(following->cause, TROUBLE_CONTENT);
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
}

#define SLICE(version, time, address)                                                              \
	"{\"metadata\":{\"name\":\"s\",\"namespace\":\"ns\",\"resourceVersion\":\"" version        \
	"\",\"annotations\":{\"endpoints.kubernetes.io/last-change-trigger-time\":\"" time         \
	"\"}},\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"" address "\"]}]}"

static void the_time_of_a_change_is_told_once_and_not_of_what_was_there(void **state)
{
	struct following *following = *state;

	following_start(following, OBJECT_SLICE);
	struct transfer *transfer = script_expect(&following->script, "endpointslices?", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, EVENT("ADDED", SLICE("10", "2026-01-01T00:00:01Z", "10.0.0.1")) END("20"));
	assert_int_equal(following->fresh, 0);
	play_text(transfer, EVENT("MODIFIED", SLICE("21", "2026-01-01T00:00:01Z", "10.0.0.2")));
	assert_int_equal(following->fresh, 1);
	assert_int_equal(following->triggered_ns, 0);
	play_text(transfer, EVENT("MODIFIED", SLICE("22", "2026-01-01T00:00:02Z", "10.0.0.3")));
	assert_int_equal(following->triggered_ns, UINT64_C(1767225602000000000));
	play_text(transfer, EVENT("MODIFIED", SLICE("23", "2026-01-01T00:00:03Z", "10.0.0.3")));
	assert_int_equal(following->fresh, 2); /* nothing else changed */
	play_text(transfer, EVENT("MODIFIED", SLICE("24", "2026-01-01T00:00:03Z", "10.0.0.4")));
	assert_int_equal(following->triggered_ns, 0);
}

#define BARE(name, version, address)                                                                   \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ns\",\"resourceVersion\":\"" version     \
	"\",\"creationTimestamp\":\"2026-01-01T00:00:05Z\"},\"addressType\":\"IPv4\",\"endpoints\":[{" \
	"\"addresses\":[\"" address "\"]}]}"

static void of_what_is_made_by_hand_the_creation_is_told(void **state)
{
	struct following *following = *state;

	following_start(following, OBJECT_SLICE);
	struct transfer *transfer = script_expect(&following->script, "endpointslices?", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, EVENT("ADDED", BARE("old", "10", "10.0.0.1")) END("20"));
	play_text(transfer, EVENT("ADDED", BARE("new", "21", "10.0.0.2")));
	assert_int_equal(following->triggered_ns, UINT64_C(1767225605000000000));
	play_text(transfer, EVENT("MODIFIED", BARE("new", "22", "10.0.0.3")));
	assert_int_equal(following->fresh, 2);
	assert_int_equal(following->triggered_ns, 0);
	play_text(transfer, EVENT("MODIFIED", BARE("old", "23", "10.0.0.4")));
	assert_int_equal(following->triggered_ns, 0);
}

/* ---- from outside ---- */

static void one_that_waits_for_the_server_hurries_when_others_reached_it(void **state)
{
	struct following *following = *state;

	following->times.retry = (struct retry_times){ 100000, 100000, 1000000, 100000 };
	play_end(script_next(&following->script), CLIENT_NO_CONNECT);
	script_quiet(&following->script);
	watch_hurry(following->watch);
	play(script_next(&following->script), 500, "");
	play(script_next(&following->script), 404, "");
	watch_hurry(following->watch); /* it was reached: that is not what it waits for */
	script_quiet(&following->script);
}

static void what_the_server_asks_to_wait_is_waited(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = script_next(&following->script);

	play_head_after(transfer, 429, "application/json", 3600);
	play_end(transfer, CLIENT_DONE);
	script_idle(&following->script, 50); /* many times what it waits of itself */
}

static void a_snapshot_counts_until_it_is_confirmed(void **state)
{
	struct following *following = *state;

	model_put(following->model,
		  service_new(&(struct service){ .head = { .namespace_ = "ns", .name = "old" },
						 .external_name = "" }));
	watch_trust(following->watch, true);
	assert_true(watch_is_in_step(following->watch));
	assert_false(watch_is_confirmed(following->watch));
	play_end(script_next(&following->script), CLIENT_NO_CONNECT);
	assert_services(following, "old=-");
	following_in_step(following);
	assert_true(watch_is_confirmed(following->watch));
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		with_following(a_watch_that_ends_goes_on_where_it_was),
		with_following(watches_that_end_at_once_are_opened_again_but_not_without_pause),
		with_following(an_event_that_is_cut_comes_again_whole),
		with_following(silence_where_bookmarks_are_due_opens_the_watch_anew),
		with_following(no_end_of_the_world_takes_anything_away),
		with_following(an_answer_of_another_kind_is_trouble_and_nothing_is_lost),
		with_following(a_server_without_protobuf_is_asked_for_json),
		with_following(an_object_that_cannot_be_read_stays_as_it_was),
		with_following(an_object_that_is_not_wanted_any_more_goes),
		with_following(an_object_without_a_name_is_nonsense),
		with_following(the_time_of_a_change_is_told_once_and_not_of_what_was_there),
		with_following(of_what_is_made_by_hand_the_creation_is_told),
		with_following(one_that_waits_for_the_server_hurries_when_others_reached_it),
		with_following(what_the_server_asks_to_wait_is_waited),
		with_following(a_snapshot_counts_until_it_is_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
