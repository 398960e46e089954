/* SPDX-License-Identifier: Apache-2.0 */
/* How all of a kind is read for the first time, and again: streams, pages, and a kind that may not exist. */
#include "following.h"

/* ---- the first reading ---- */

static void a_stream_is_in_step_at_its_end_bookmark_and_not_before(void **state)
{
	struct following *following = *state;
	struct transfer *transfer =
		script_expect(&following->script, "/api/v1/services?", "watch=true",
			      "sendInitialEvents=true", "resourceVersionMatch=NotOlderThan",
			      "allowWatchBookmarks=true", "timeoutSeconds=", NULL);

	assert_null(strstr(script_path(transfer), "resourceVersion="));
	assert_non_null(strstr(script_accept(transfer),
			       "application/vnd.kubernetes.protobuf;stream=watch"));
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("a", "10", "10.0.0.1") BOOKMARK("19"));
	assert_false(watch_is_in_step(following->watch));
	play_text(transfer, END("20"));
	assert_true(watch_is_in_step(following->watch));
	assert_true(watch_is_following(following->watch));
	assert_int_equal(watch_version(following->watch), 20);
	assert_services(following, "a=10.0.0.1");
	assert_int_equal(following->listed, 1);
}

static void what_happens_then_comes_on_the_same_stream(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);
	unsigned changed = following->changed;

	play_text(transfer,
		  MODIFIED("a", "21", "10.0.0.9") DELETED("b", "22") ADDED("c", "23", "10.0.0.3"));
	assert_services(following, "a=10.0.0.9 c=10.0.0.3");
	assert_int_equal(watch_version(following->watch), 23);
	assert_int_equal(following->fresh, 3);
	assert_int_equal(following->changed, changed + 1); /* for all that came together */
}

/* Of each: the next request is a list. */
static void a_server_that_refuses_streams_is_listed_page_by_page(void **state)
{
	struct following *following = *state;
	static const struct {
		int status;
		const char *text;
	} refusals[] = {
		{ 422, STATUS("422", "Invalid", "sendInitialEvents is forbidden") },
		{ 400, STATUS("400", "BadRequest", "no") },
		{ 500, STATUS("500", "InternalError", "no") },
		{ 410, STATUS("410", "Expired", "no") },
		{ 200, ERROR_EVENT("500", "", "etcd has no progress notifications") },
		{ 200, ADDED("a", "10", "10.0.0.1") ERROR_EVENT("504", "Timeout", "slow") },
	};

	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		following_start(following, OBJECT_SERVICE);
		play(script_expect(&following->script, "sendInitialEvents", NULL),
		     refusals[i].status, refusals[i].text);
		struct transfer *list =
			script_expect(&following->script, "/api/v1/services?limit=500", NULL);
		assert_null(strstr(script_path(list), "watch"));
		assert_null(strstr(script_path(list), "resourceVersion"));
		play(list, 200, LIST("30", "p2", SERVICE("a", "10", "10.0.0.1")));
		assert_false(watch_is_in_step(following->watch));
		list = script_expect(&following->script, "limit=500", "continue=p2", NULL);
		play(list, 200, LIST("30", "", SERVICE("b", "11", "10.0.0.2")));
		assert_true(watch_is_in_step(following->watch));
		script_expect(&following->script, "watch=true", "resourceVersion=30", NULL);
		assert_services(following, "a=10.0.0.1 b=10.0.0.2");
	}
}

static void trouble_is_no_refusal_of_streams(void **state)
{
	struct following *following = *state;
	static const struct {
		int status;
		const char *text;
		enum trouble cause;
	} troubles[] = {
		{ 401, STATUS("401", "Unauthorized", "Unauthorized"), TROUBLE_UNAUTHORIZED },
		{ 403, STATUS("403", "Forbidden", "no role"), TROUBLE_FORBIDDEN },
		{ 404, "not found", TROUBLE_NOT_FOUND },
		{ 429, STATUS("429", "TooManyRequests", "busy"), TROUBLE_THROTTLED },
		{ 200, ERROR_EVENT("403", "Forbidden", "no role"), TROUBLE_FORBIDDEN },
		{ 200, "<html>", TROUBLE_CONTENT },
		{ 200, ADDED("a", "10", "10.0.0.1"), TROUBLE_BROKEN },
	};

	for (size_t i = 0; i < COUNT_OF(troubles); i++) {
		following_start(following, OBJECT_SERVICE);
		following->failed = 0;
		play(script_expect(&following->script, "sendInitialEvents", NULL),
		     troubles[i].status, troubles[i].text);
		assert_int_equal(following->failed, 1);
		assert_int_equal(following->cause, troubles[i].cause);
		assert_false(watch_is_in_step(following->watch));
		script_expect(&following->script, "sendInitialEvents", NULL);
	}
}

static void the_sentence_of_a_refusal_names_what_to_check(void **state)
{
	struct following *following = *state;
	struct kube_kind kind;

	play(script_next(&following->script), 403,
	     STATUS("403", "Forbidden", "services is forbidden"));
	watch_describe(following->watch, &kind);
	assert_non_null(strstr(kind.trouble, "services"));
	assert_non_null(strstr(kind.trouble, "list and watch"));
	assert_non_null(strstr(kind.trouble, "services is forbidden"));
	assert_false(kind.is_in_step);
	assert_false(kind.is_following);
}

static void a_stream_that_never_ends_its_initial_events_is_given_up(void **state)
{
	struct following *following = *state;

	following->times.list_silence_ms = 20;
	struct transfer *transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("a", "10", "10.0.0.1"));
	script_expect(&following->script, "limit=500", NULL);
	assert_int_equal(following->cause, TROUBLE_TIMEOUT);
	assert_false(script_is_open(&following->script, transfer));
}

static void what_breaks_a_stream_again_and_again_is_avoided_by_pages(void **state)
{
	struct following *following = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct transfer *transfer =
			script_expect(&following->script, "sendInitialEvents", NULL);
		play_head(transfer, 200, "application/json");
		play_text(transfer, ADDED("a", "10", "10.0.0.1"));
		play_end(transfer, CLIENT_BROKEN);
	}
	script_expect(&following->script, "limit=500", NULL);
}

/* ---- pages ---- */

static void refuse_stream(struct following *following)
{
	play(script_expect(&following->script, "sendInitialEvents", NULL), 422, "no");
}

static void a_page_that_broke_is_asked_for_again(void **state)
{
	struct following *following = *state;

	refuse_stream(following);
	play(script_next(&following->script), 200, LIST("30", "p2", SERVICE("a", "10", "10.0.0.1")));
	play_end(script_expect(&following->script, "continue=p2", NULL), CLIENT_BROKEN);
	play(script_expect(&following->script, "continue=p2", NULL), 200,
	     LIST("30", "", SERVICE("b", "11", "10.0.0.2")));
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
	assert_true(watch_is_in_step(following->watch));
	script_expect(&following->script, "watch=true", NULL);
}

static void pages_that_expired_are_begun_anew_in_one_piece(void **state)
{
	struct following *following = *state;

	refuse_stream(following);
	play(script_next(&following->script), 200, LIST("30", "p2", SERVICE("a", "10", "10.0.0.1")));
	play(script_expect(&following->script, "continue=p2", NULL), 410,
	     STATUS("410", "Expired", "too old"));
	struct transfer *whole = script_expect(&following->script, "/services?", NULL);
	assert_null(strstr(script_path(whole), "continue"));
	assert_null(strstr(script_path(whole), "limit"));
	play(whole, 200, LIST("40", "", SERVICE("b", "31", "10.0.0.2")));
	assert_services(following, "b=10.0.0.2");
	script_expect(&following->script, "resourceVersion=40", NULL);
}

static void a_list_that_is_cut_or_has_no_version_is_none(void **state)
{
	struct following *following = *state;
	static const char *const texts[] = { "{\"metadata\":{\"resourceVersion\":\"30\"},\"items\":[",
					     LIST("", "", ""), "{}", "", "[1]" };

	refuse_stream(following);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		play(script_expect(&following->script, "limit=500", NULL), 200, texts[i]);
		assert_int_equal(following->cause, TROUBLE_CONTENT);
		assert_false(watch_is_in_step(following->watch));
	}
}

static void how_far_a_list_is_can_be_seen(void **state)
{
	struct following *following = *state;
	struct kube_kind kind;

	refuse_stream(following);
	play(script_next(&following->script), 200,
	     "{\"metadata\":{\"resourceVersion\":\"30\",\"continue\":\"p2\",\"remainingItemCount\":7},\"items\":[" SERVICE(
		     "a", "10", "10.0.0.1") "]}");
	watch_describe(following->watch, &kind);
	assert_int_equal(kind.done, 1);
	assert_int_equal(kind.expected, 8);
}

/* ---- reading all anew ---- */

static void a_version_that_is_gone_is_read_anew_and_served_meanwhile(void **state)
{
	struct following *following = *state;
	static const struct {
		int status;
		const char *text;
	} gone[] = {
		{ 410, STATUS("410", "Gone", "too old resource version: 20 (90)") },
		{ 200, ERROR_EVENT("410", "Expired", "too old resource version: 20 (90)") },
		{ 504, STATUS("504", "Timeout", "Too large resource version: 20, current: 7") },
		{ 200, ERROR_EVENT("504", "Timeout", "Too large resource version: 20, current: 7") },
	};

	for (size_t i = 0; i < COUNT_OF(gone); i++) {
		following_start(following, OBJECT_SERVICE);
		play_end(following_in_step(following), CLIENT_BROKEN);
		play(script_expect(&following->script, "resourceVersion=20", NULL), gone[i].status,
		     gone[i].text);
		assert_int_equal(following->cause, TROUBLE_GONE);
		assert_services(following, "a=10.0.0.1 b=10.0.0.2");
		struct transfer *transfer =
			script_expect(&following->script, "sendInitialEvents", NULL);
		play_head(transfer, 200, "application/json");
		play_text(transfer, ADDED("b", "50", "10.0.0.7"));
		assert_services(following, "a=10.0.0.1 b=10.0.0.7");
		assert_true(watch_is_in_step(following->watch));
		assert_false(watch_is_whole(following->watch));
		play_text(transfer, END("90"));
		assert_services(following, "b=10.0.0.7");
		assert_true(watch_is_whole(following->watch));
		assert_int_equal(watch_version(following->watch), 90);
	}
}

static void a_reading_that_breaks_off_takes_nothing_away(void **state)
{
	struct following *following = *state;

	play_end(following_in_step(following), CLIENT_BROKEN);
	play(script_next(&following->script), 410, "");
	struct transfer *transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("c", "50", "10.0.0.3"));
	play_end(transfer, CLIENT_BROKEN);
	assert_services(following, "a=10.0.0.1 b=10.0.0.2 c=10.0.0.3");
	assert_false(watch_is_whole(following->watch));
	transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	unsigned changed = following->changed;
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("a", "10", "10.0.0.1") ADDED("b", "11", "10.0.0.2")
				    ADDED("c", "50", "10.0.0.3") END("60"));
	assert_services(following, "a=10.0.0.1 b=10.0.0.2 c=10.0.0.3");
	/* Nothing is new, but what was held back may be shown now. */
	assert_int_equal(following->changed, changed + 1);
}

static void versions_that_go_back_are_those_of_a_restored_backup(void **state)
{
	struct following *following = *state;
	static const char *const texts[] = { BOOKMARK("7"), ADDED("c", "7", "10.0.0.3"),
					     DELETED("a", "7") };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		following_start(following, OBJECT_SERVICE);
		struct transfer *transfer = following_in_step(following);
		assert_false(play_text(transfer, texts[i]));
		transfer = script_expect(&following->script, "sendInitialEvents", NULL);
		play_head(transfer, 200, "application/json");
		play_text(transfer, ADDED("b", "5", "10.0.0.2") END("7"));
		assert_services(following, "b=10.0.0.2");
		assert_int_equal(watch_version(following->watch), 7);
		assert_true(play_text(transfer, ADDED("a", "8", "10.0.0.1")));
		assert_services(following, "a=10.0.0.1 b=10.0.0.2");
	}
}

static void a_server_that_forgets_at_once_is_not_asked_without_pause(void **state)
{
	struct following *following = *state;

	play_end(following_in_step(following), CLIENT_BROKEN);
	for (unsigned i = 0; i < 4; i++) {
		play(script_expect(&following->script, "resourceVersion=20", NULL), 410, "");
		script_quiet(&following->script);
		struct transfer *transfer =
			script_expect(&following->script, "sendInitialEvents", NULL);
		play_head(transfer, 200, "application/json");
		play_text(transfer, ADDED("a", "10", "10.0.0.1") END("20"));
		play_end(transfer, CLIENT_BROKEN);
	}
}

static void an_event_that_can_never_be_read_does_not_hold_it_up_for_ever(void **state)
{
	struct following *following = *state;

	play_end(following_in_step(following), CLIENT_BROKEN);
	for (unsigned i = 0; i < 3; i++)
		play(script_expect(&following->script, "resourceVersion=20", NULL), 200,
		     "{\"type\":\"ADDED\",\"object\":[}");
	script_expect(&following->script, "sendInitialEvents", NULL);
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
}

static void it_reads_all_anew_when_it_is_told_to(void **state)
{
	struct following *following = *state;
	struct transfer *transfer = following_in_step(following);

	watch_relist(following->watch);
	assert_false(script_is_open(&following->script, transfer));
	assert_false(watch_is_following(following->watch));
	transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	watch_relist(following->watch); /* not yet answered */
	transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("a", "10", "10.0.0.1"));
	watch_relist(following->watch); /* in the midst of it */
	assert_services(following, "a=10.0.0.1 b=10.0.0.2");
	transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("a", "10", "10.0.0.1") END("30"));
	assert_services(following, "a=10.0.0.1");
}

/* ---- a kind that may not exist ---- */

static void a_kind_that_is_not_installed_is_in_step_and_looked_for(void **state)
{
	struct following *following = *state;
	struct kube_kind kind;

	following_start(following, OBJECT_IMPORT);
	struct transfer *transfer =
		script_expect(&following->script,
			      "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports?", NULL);
	assert_null(strstr(script_accept(transfer), "protobuf"));
	play(transfer, 404, "404 page not found");
	assert_true(watch_is_in_step(following->watch));
	assert_true(following->changed > 0);
	watch_describe(following->watch, &kind);
	assert_true(kind.is_following);
	play(script_next(&following->script), 404, "404 page not found");
	transfer = script_expect(&following->script, "sendInitialEvents", NULL);
	play_head(transfer, 200, "application/json");
	play_text(transfer,
		  EVENT("ADDED",
			"{\"metadata\":{\"name\":\"i\",\"namespace\":\"ns\",\"resourceVersion\":\"9\"},\"spec\":{\"type\":\"ClusterSetIP\",\"ips\":[\"10.9.0.1\"]}}")
			  END("20"));
	following->decode.keep_imports = true;
	assert_true(watch_is_following(following->watch));

	/* It is taken away again: nothing will be heard of it, and nobody need look why. */
	watch_describe(following->watch, &kind);
	assert_true(kind.heard_ns != 0);
	play_end(transfer, CLIENT_DONE);
	play(script_next(&following->script), 404, "404 page not found");
	watch_describe(following->watch, &kind);
	assert_int_equal(kind.heard_ns, 0);
}

static void any_other_kind_must_exist(void **state)
{
	struct following *following = *state;

	play(script_next(&following->script), 404, "404 page not found");
	assert_false(watch_is_in_step(following->watch));
	assert_int_equal(following->cause, TROUBLE_NOT_FOUND);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		with_following(a_stream_is_in_step_at_its_end_bookmark_and_not_before),
		with_following(what_happens_then_comes_on_the_same_stream),
		with_following(a_server_that_refuses_streams_is_listed_page_by_page),
		with_following(trouble_is_no_refusal_of_streams),
		with_following(the_sentence_of_a_refusal_names_what_to_check),
		with_following(a_stream_that_never_ends_its_initial_events_is_given_up),
		with_following(what_breaks_a_stream_again_and_again_is_avoided_by_pages),
		with_following(a_page_that_broke_is_asked_for_again),
		with_following(pages_that_expired_are_begun_anew_in_one_piece),
		with_following(a_list_that_is_cut_or_has_no_version_is_none),
		with_following(how_far_a_list_is_can_be_seen),
		with_following(a_version_that_is_gone_is_read_anew_and_served_meanwhile),
		with_following(a_reading_that_breaks_off_takes_nothing_away),
		with_following(versions_that_go_back_are_those_of_a_restored_backup),
		with_following(a_server_that_forgets_at_once_is_not_asked_without_pause),
		with_following(an_event_that_can_never_be_read_does_not_hold_it_up_for_ever),
		with_following(it_reads_all_anew_when_it_is_told_to),
		with_following(a_kind_that_is_not_installed_is_in_step_and_looked_for),
		with_following(any_other_kind_must_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
