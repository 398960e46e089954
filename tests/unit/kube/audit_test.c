/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit proves to be missed, and what it must not take for missed. */
#include "following.h"

#include <event2/event.h>

#include "audit.h"

struct audited {
	struct following *following;
	struct transfer *watch;
	struct audit *audit;
	struct audit_times times;
	unsigned missed, silent;
};

static void on_missed(void *context, enum object_kind kind)
{
	(void)kind;
	((struct audited *)context)->missed++;
}

static void on_silent(void *context, enum object_kind kind)
{
	(void)kind;
	((struct audited *)context)->silent++;
}

/* Services a and b of versions 10 and 11 are known, the watch is at 20. */
static int set_up(void **state)
{
	struct audited *audited = mem_zalloc(sizeof(*audited));
	void *following;

	following_set_up(&following);
	audited->following = following;
	audited->times = (struct audit_times){ .settle_ms = 30, .settle_most_ms = 5000, .look_ms = 1 };
	audited->following->config.audit_ms = 20;
	audited->watch = following_in_step(audited->following);
	audited->audit = audit_new(&(struct audit_options){
		.events = audited->following->script.events,
		.kind = OBJECT_SERVICE,
		.config = &audited->following->config,
		.decode = &audited->following->decode,
		.model = audited->following->model,
		.watch = audited->following->watch,
		.transport = &audited->following->script.transport,
		.times = &audited->times,
		.calls = { on_missed, on_silent, audited },
	});
	*state = audited;
	return 0;
}

static int tear_down(void **state)
{
	struct audited *audited = *state;
	void *following = audited->following;

	audit_free(audited->audit);
	mem_free(audited);
	return following_tear_down(&following);
}

static struct transfer *next_audit(struct audited *audited)
{
	struct transfer *list =
		script_expect(&audited->following->script, "/api/v1/services?limit=500", NULL);

	assert_non_null(strstr(script_accept(list), "as=PartialObjectMetadataList"));
	return list;
}

#define META(name, version)                                                                        \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ns\",\"resourceVersion\":\"" version \
	"\"}}"
#define BOTH META("a", "10") "," META("b", "11")

/* The next request is another audit: nothing is read anew. */
static void assert_well(struct audited *audited)
{
	struct transfer *list = next_audit(audited);

	assert_int_equal(audited->missed, 0);
	play_end(list, CLIENT_BROKEN);
}

static void assert_repaired(struct audited *audited)
{
	struct transfer *transfer =
		script_expect(&audited->following->script, "sendInitialEvents", NULL);

	assert_int_equal(audited->missed, 1);
	assert_false(script_is_open(&audited->following->script, audited->watch));
	play_head(transfer, 200, "application/json");
	play_text(transfer, ADDED("b", "11", "10.0.0.2") ADDED("c", "12", "10.0.0.3") END("30"));
	assert_services(audited->following, "b=10.0.0.2 c=10.0.0.3");
}

static void what_is_as_it_is_listed_is_well(void **state)
{
	struct audited *audited = *state;

	play(next_audit(audited), 200, LIST("20", "p2", META("a", "10")));
	play(script_expect(&audited->following->script, "continue=p2", NULL), 200,
	     LIST("20", "", META("b", "11")));
	assert_well(audited);
}

static void what_was_missed_is_read_anew(void **state)
{
	struct audited *audited = *state;
	static const char *const lists[] = {
		LIST("20", "", BOTH "," META("c", "12")),	     /* one that never came */
		LIST("20", "", META("b", "11")),		     /* one that is gone */
		LIST("20", "", META("a", "10") "," META("b", "15")), /* a change that never came */
		LIST("20", "", ""),
		LIST("25", "",
		     BOTH "," META("c", "22")), /* the watch is not there yet, and stays silent */
	};

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		play(next_audit(audited), 200, lists[i]);
		assert_repaired(audited);
		tear_down(state);
		set_up(state);
		audited = *state;
	}
}

static void an_event_that_is_on_its_way_is_not_missed(void **state)
{
	struct audited *audited = *state;

	audited->times.settle_ms = 5000;
	play(next_audit(audited), 200, LIST("25", "", META("b", "24") "," META("c", "22")));
	script_quiet(&audited->following->script);
	play_text(audited->watch,
		  ADDED("c", "22", "10.0.0.3") DELETED("a", "23") MODIFIED("b", "24", "10.0.0.4"));
	assert_well(audited);
}

static void what_happens_while_the_list_is_read_is_not_missed(void **state)
{
	struct audited *audited = *state;
	struct transfer *list = next_audit(audited);

	play_head(list, 200, "application/json");
	play_text(list, "{\"metadata\":{\"resourceVersion\":\"22\"},\"items\":[" META("a", "10") ",");
	play_text(audited->watch, DELETED("b", "23") ADDED("c", "24", "10.0.0.3"));
	play_text(list, META("b", "11") "]}");
	play_end(list, CLIENT_DONE);
	assert_well(audited);
}

static void an_object_that_is_aside_is_not_missed(void **state)
{
	struct audited *audited = *state;

	/* one that cannot be read, and of one known an older state */
	play_text(audited->watch,
		  EVENT("ADDED",
			"{\"metadata\":{\"name\":\"x\",\"namespace\":\"ns\",\"resourceVersion\":\"21\"},\"spec\":{\"ports\":1}}")
			  EVENT("MODIFIED",
				"{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\",\"resourceVersion\":\"22\"},\"spec\":{\"ports\":1}}"));
	play(next_audit(audited), 200,
	     LIST("22", "", META("a", "22") "," META("b", "11") "," META("x", "21")));
	assert_well(audited);
	/* but a later state of it is */
	play(next_audit(audited), 200,
	     LIST("22", "", META("a", "22") "," META("b", "11") "," META("x", "22")));
	assert_repaired(audited);
}

static void a_list_of_an_older_state_shows_a_restored_backup(void **state)
{
	struct audited *audited = *state;

	play(next_audit(audited), 200, LIST("7", "", BOTH));
	assert_repaired(audited);
}

static void a_watch_that_broke_meanwhile_is_not_compared(void **state)
{
	struct audited *audited = *state;
	struct transfer *list = next_audit(audited);

	play_end(audited->watch, CLIENT_BROKEN);
	play(list, 200, LIST("20", "", ""));
	assert_int_equal(audited->missed, 0);
	script_expect(&audited->following->script, "resourceVersion=20", NULL);
}

static void all_that_was_read_anew_meanwhile_is_not_compared(void **state)
{
	struct audited *audited = *state;
	struct transfer *list = next_audit(audited);

	watch_relist(audited->following->watch);
	audited->watch = script_expect(&audited->following->script, "sendInitialEvents", NULL);
	play_head(audited->watch, 200, "application/json");
	play_text(audited->watch, ADDED("b", "30", "10.0.0.2") END("30"));
	play(list, 200, LIST("20", "", BOTH));
	assert_well(audited);
}

static void a_list_that_fails_proves_nothing(void **state)
{
	struct audited *audited = *state;
	static const struct {
		int status;
		const char *text;
	} answers[] = {
		{ 403, STATUS("403", "Forbidden", "no") },
		{ 500, "" },
		{ 200, "<html>" },
		{ 200, "{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[" META("c", "1") },
		{ 410, "" },
	};

	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		play(next_audit(audited), answers[i].status, answers[i].text);
		assert_int_equal(audited->missed, 0);
		assert_services(audited->following, "a=10.0.0.1 b=10.0.0.2");
	}
	assert_false(play_head(next_audit(audited), 200, "text/html"));
	assert_int_equal(audited->silent, 0);
	assert_well(audited);
}

static void a_list_without_an_answer_is_told(void **state)
{
	struct audited *audited = *state;

	play_end(next_audit(audited), CLIENT_TIMEOUT);
	assert_int_equal(audited->silent, 1);
	assert_well(audited);
}

static void more_suspects_than_are_remembered_are_still_proof(void **state)
{
	struct audited *audited = *state;
	struct text text = { 0 };

	text_add(&text, "{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[" BOTH);
	for (unsigned i = 0; i < 3000; i++)
		text_printf(&text,
			    ","
			    "{\"metadata\":{\"name\":\"x%u\",\"namespace\":\"ns\",\"resourceVersion\":\"12\"}}",
			    i);
	text_add(&text, "]}");
	play(next_audit(audited), 200, text.data);
	text_done(&text);
	assert_repaired(audited);
}

static void objects_without_a_number_as_version_are_compared_by_name(void **state)
{
	struct audited *audited = *state;

	play(next_audit(audited), 200, LIST("x", "", META("a", "y") "," META("b", "z")));
	assert_well(audited);
	play(next_audit(audited), 200, LIST("x", "", META("a", "y")));
	assert_repaired(audited);
}

#define with_audit(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		with_audit(what_is_as_it_is_listed_is_well),
		with_audit(what_was_missed_is_read_anew),
		with_audit(an_event_that_is_on_its_way_is_not_missed),
		with_audit(what_happens_while_the_list_is_read_is_not_missed),
		with_audit(an_object_that_is_aside_is_not_missed),
		with_audit(a_list_of_an_older_state_shows_a_restored_backup),
		with_audit(a_watch_that_broke_meanwhile_is_not_compared),
		with_audit(all_that_was_read_anew_meanwhile_is_not_compared),
		with_audit(a_list_that_fails_proves_nothing),
		with_audit(a_list_without_an_answer_is_told),
		with_audit(more_suspects_than_are_remembered_are_still_proof),
		with_audit(objects_without_a_number_as_version_are_compared_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
