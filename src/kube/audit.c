/* SPDX-License-Identifier: Apache-2.0 */
/* No second copy of the names is made: objects that are listed get this audit's mark, and so do
 * those that come while it runs. What has no mark at the end should be gone. Only what is listed
 * and not known is remembered by name. */
#include "audit.h"

#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "census.h"
#include "knamed/observe.h"

enum { SUSPECTS_MOST = 1000, EXAMPLES = 3, ANSWER_LEAST_MS = 2000, ANSWER_MOST_MS = 10 * 1000 };

const struct audit_times audit_times_usual = {
	.settle_ms = 2000,
	.settle_most_ms = 4 * 1000,
	.look_ms = 100,
};

/* Listed, and not known as new as that. */
struct suspect {
	uint64_t version;
	char *namespace_, *name;
};

struct audit {
	struct audit_options options;
	struct census *census;
	struct event *timer; /* the next audit, or the next look */
	bool is_running, has_told;
	uint64_t begun_version; /* of the watch */
	uint64_t listed_version, listed_ns;
	size_t relists; /* how often the watch had read all when it began */
	struct suspect *suspects;
	size_t suspect_count;
	struct text examples;
};

static void wait_ms(struct audit *audit, uint64_t ms)
{
	const struct timeval wait = timeval_of_ms(ms);

	evtimer_add(audit->timer, &wait);
}

/* A fifth less or nothing: not all servers of a cluster at the same time, and none later than its period. */
static void wait_for_next(struct audit *audit)
{
	uint64_t period = audit->options.config->audit_ms;
	uint32_t random;

	random_bytes(&random, sizeof(random));
	wait_ms(audit, period * 4 / 5 + random % (period / 5 + 1));
}

static void forget_suspects(struct audit *audit)
{
	for (size_t i = 0; i < audit->suspect_count; i++) {
		mem_free(audit->suspects[i].namespace_);
		mem_free(audit->suspects[i].name);
	}
	mem_free(audit->suspects);
	audit->suspects = NULL;
	audit->suspect_count = 0;
}

static void stop(struct audit *audit)
{
	if (!audit->is_running)
		return;
	audit->is_running = false;
	census_stop(audit->census);
	intake_audit_end(watch_intake(audit->options.watch));
	forget_suspects(audit);
	text_clear(&audit->examples);
}

/* ---- what was listed ---- */

static bool is_known(struct audit *audit, const char *namespace_, const char *name, uint64_t version)
{
	struct intake_known known;

	return intake_knows(watch_intake(audit->options.watch), namespace_, name, &known) &&
	       known.version >= version;
}

static void on_item(void *context, const struct api_object *listed)
{
	struct audit *audit = context;
	struct intake *intake = watch_intake(audit->options.watch);
	uint64_t version = intake_version(listed->version);
	struct intake_known known = { 0 };
	bool is_there = intake_knows(intake, listed->namespace_, listed->name, &known);

	if (known.object != NULL)
		model_mark(known.object, intake->mark);
	if ((is_there && known.version >= version) || audit->suspect_count == SUSPECTS_MOST)
		return;
	if (audit->suspects == NULL)
		audit->suspects = mem_alloc(SUSPECTS_MOST * sizeof(*audit->suspects));
	audit->suspects[audit->suspect_count++] =
		(struct suspect){ version, mem_text(listed->namespace_), mem_text(listed->name) };
}

/* ---- judging ---- */

static void add_example(struct audit *audit, size_t count, const char *namespace_, const char *name)
{
	if (count < EXAMPLES)
		text_printf(&audit->examples, "%s%s%s%s", count > 0 ? ", " : "", namespace_,
			    namespace_[0] != '\0' ? "/" : "", name);
}

/* How many that are there have not come. One that was deleted meanwhile is not missed. */
static size_t count_missed(struct audit *audit)
{
	struct intake *intake = watch_intake(audit->options.watch);
	size_t count = 0;

	for (size_t i = 0; i < audit->suspect_count; i++) {
		const struct suspect *suspect = &audit->suspects[i];
		uint64_t hash = intake_hash(intake, suspect->namespace_, suspect->name);
		if (!is_known(audit, suspect->namespace_, suspect->name, suspect->version) &&
		    !intake_is_gone(intake, hash))
			add_example(audit, count++, suspect->namespace_, suspect->name);
	}
	return count;
}

/* How many are gone and were not said to be. */
static size_t count_extra(struct audit *audit, size_t count)
{
	uint32_t mark = watch_intake(audit->options.watch)->mark;
	size_t position = 0;

	for (const struct object *object;
	     (object = model_next(audit->options.model, audit->options.kind, &position)) != NULL;)
		if (object->mark != mark)
			add_example(audit, count++, object->namespace_, object->name);
	return count;
}

static size_t count_wrong(struct audit *audit)
{
	text_clear(&audit->examples);
	return count_extra(audit, count_missed(audit));
}

/* Whether the watch has told what happened before the list was made: it is behind its version, or quiet. */
static bool is_settled(const struct audit *audit)
{
	const struct audit_times *times = audit->options.times;
	const struct watch *watch = audit->options.watch;
	uint64_t now = clock_now_ns(), heard = watch_bytes_ns(watch);
	uint64_t quiet_since = heard > audit->listed_ns ? heard : audit->listed_ns;

	if (audit->listed_version != 0 && watch_version(watch) >= audit->listed_version)
		return true;
	return now - quiet_since >= times->settle_ms * (uint64_t)1000000 ||
	       now - audit->listed_ns >= times->settle_most_ms * (uint64_t)1000000;
}

static void repair(struct audit *audit, const char *why)
{
	enum object_kind kind = audit->options.kind;

	log_line(LOG_WARNING, "kubernetes", "%s: %s; reading all anew", kube_resource(kind), why);
	stop(audit);
	watch_relist(audit->options.watch);
	audit->options.calls.missed(audit->options.calls.context, kind);
}

/* False: the watch is not following as it was when the audit began, which compares nothing then. */
static bool is_comparable(const struct audit *audit)
{
	return watch_is_following(audit->options.watch) &&
	       watch_relists(audit->options.watch) == audit->relists;
}

static void judge(struct audit *audit)
{
	char why[512];

	if (!is_comparable(audit)) {
		stop(audit);
		wait_for_next(audit);
		return;
	}
	size_t wrong = count_wrong(audit);
	if (wrong > 0 && !is_settled(audit)) {
		wait_ms(audit, audit->options.times->look_ms);
		return;
	}
	wait_for_next(audit);
	if (wrong == 0) {
		stop(audit);
		return;
	}
	snprintf(why, sizeof(why), "%zu were missed or are out of date (%s%s)", wrong,
		 audit->examples.data, wrong > EXAMPLES ? ", ..." : "");
	repair(audit, why);
}

/* What keeps the watch from following is told by the watch. */
static void on_failure(struct audit *audit, const struct census_result *result)
{
	const struct audit_calls *calls = &audit->options.calls;
	bool is_own = watch_is_following(audit->options.watch) && result->status != 0;

	stop(audit);
	wait_for_next(audit);
	if (is_own && !audit->has_told)
		log_line(LOG_WARNING, "kubernetes", "%s: no audit: the list has status %d",
			 kube_resource(audit->options.kind), result->status);
	audit->has_told |= is_own;
	if (result->trouble == CLIENT_TIMEOUT)
		calls->silent(calls->context, audit->options.kind);
}

static void on_end(void *context, const struct census_result *result)
{
	struct audit *audit = context;
	char why[128];

	if (!result->is_complete) {
		on_failure(audit, result);
		return;
	}
	audit->has_told = false;
	if (result->version != 0 && result->version < audit->begun_version && is_comparable(audit)) {
		snprintf(why, sizeof(why),
			 "the API server is at version %" PRIu64 ", behind our %" PRIu64,
			 result->version, audit->begun_version);
		wait_for_next(audit);
		repair(audit, why);
		return;
	}
	audit->listed_version = result->version;
	audit->listed_ns = clock_now_ns();
	judge(audit);
}

/* ---- the clockwork ---- */

static void begin(struct audit *audit)
{
	struct watch *watch = audit->options.watch;

	if (!watch_is_following(watch)) {
		wait_for_next(audit);
		return;
	}
	audit->is_running = true;
	audit->begun_version = watch_version(watch);
	audit->relists = watch_relists(watch);
	intake_audit_begin(watch_intake(watch));
	census_start(audit->census, CENSUS_ALL);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct audit *audit = context;

	if (audit->is_running)
		judge(audit);
	else
		begin(audit);
}

/* Who wants audits often wants to know soon that nobody answers. */
static unsigned answer_ms(const struct config_kubernetes *config)
{
	uint64_t ms = config->audit_ms / 5 * 2;

	if (ms > ANSWER_MOST_MS)
		return ANSWER_MOST_MS;
	return ms < ANSWER_LEAST_MS ? ANSWER_LEAST_MS : (unsigned)ms;
}

struct audit *audit_new(const struct audit_options *options)
{
	struct audit *audit = mem_zalloc(sizeof(*audit));
	const struct census_options census = {
		.kind = options->kind,
		.config = options->config,
		.decode = options->decode,
		.transport = options->transport,
		.head_ms = answer_ms(options->config),
		.silence_ms = answer_ms(options->config),
		.calls = { on_item, on_end, audit },
	};

	audit->options = *options;
	audit->census = census_new(&census);
	audit->timer = evtimer_new(options->events, on_timer, audit);
	if (options->config->audit_ms > 0)
		wait_for_next(audit);
	return audit;
}

void audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	stop(audit);
	census_free(audit->census);
	event_free(audit->timer);
	text_done(&audit->examples);
	mem_free(audit);
}
