/* SPDX-License-Identifier: Apache-2.0 */
/* What operators read: a trouble when it is new, then once a minute; what is about the connection
 * once for all kinds. */
#include <event2/event.h>
#include <string.h>

#include "knamed/observe.h"
#include "kube_parts.h"

enum { REMIND_MS = 60 * 1000, REMIND_START_S = 5 };

static uint64_t ms_since(uint64_t then_ns)
{
	return (clock_now_ns() - then_ns) / 1000000;
}

/* ---- failures ---- */

static bool is_news(const struct told *told, enum trouble cause)
{
	return told->cause != cause || ms_since(told->ns) >= REMIND_MS;
}

/* A connection that breaks once is made again at once: that is worth a line only when it fails again. */
static bool is_worth_telling(struct kube *kube, struct kind *kind, enum trouble cause)
{
	struct kube_kind state;

	watch_describe(kind->watch, &state);
	return cause != TROUBLE_BROKEN || !state.is_following || !kube->is_in_step;
}

void kube_tell_failure(struct kube *kube, struct kind *kind, enum trouble cause, const char *text)
{
	bool is_of_connection = trouble_is_of_connection(cause);
	struct told *told = is_of_connection ? &kube->told : &kind->told;
	bool is_absent = kind->kind == OBJECT_IMPORT && cause == TROUBLE_NOT_FOUND;

	kind->was_failing = true;
	if (cause == TROUBLE_GONE) {
		log_line(LOG_INFO, "kubernetes", "%s; reading all anew", text);
		return;
	}
	if (is_absent && told->cause != cause)
		log_line(LOG_INFO, "kubernetes", "%s; looking for it every few seconds", text);
	else if (!is_absent && is_news(told, cause) && is_worth_telling(kube, kind, cause))
		log_line(LOG_WARNING, "kubernetes", "%s", text);
	else
		return;
	*told = (struct told){ cause, clock_now_ns(), !is_absent };
}

/* The line stays told, so that what comes and goes is told once a minute. */
static void tell_end(struct told *told, const char *what)
{
	if (told->is_failing)
		log_line(LOG_INFO, "kubernetes", "%s", what);
	told->is_failing = false;
}

void kube_tell_followed(struct kube *kube, struct kind *kind)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: followed again", kube_resource(kind->kind));
	tell_end(&kind->told, text);
	tell_end(&kube->told, "the API server answers again");
}

/* ---- the first sync ---- */

void kube_tell_in_step(struct kube *kube)
{
	struct text text = { 0 };

	for (int i = 0; i < OBJECT_KINDS; i++)
		if (kind_is_watched(&kube->kinds[i]))
			text_printf(&text, ", %zu %s", kube_object_count(kube, (enum object_kind)i),
				    kube_resource((enum object_kind)i));
	log_line(LOG_INFO, "kubernetes", "in step after %.2f s: %s",
		 (double)ms_since(kube->opened_ns) / 1000, text.data + strlen(", "));
	text_done(&text);
}

/* What the first kind that is not there says of itself. */
static const char *first_trouble(const struct kube *kube, struct kube_kind *state)
{
	for (int i = 0; i < OBJECT_KINDS; i++) {
		*state = kube_kind(kube, (enum object_kind)i);
		if (state->is_watched && !state->is_in_step && state->trouble[0] != '\0')
			return state->trouble;
	}
	return NULL;
}

static void on_waiting(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct kube *kube = context;
	struct kube_kind state;
	const char *trouble = first_trouble(kube, &state);
	uint64_t waited = ms_since(kube->opened_ns), most = kube->options.config->startup_timeout_ms;
	uint64_t wait = REMIND_START_S * (uint64_t)1000;

	if (kube_is_in_step(kube))
		return; /* a snapshot was there */
	if (waited < most) {
		log_line(LOG_INFO, "kubernetes",
			 "waiting for Kubernetes API before starting server%s%s",
			 trouble != NULL ? ": " : "", trouble != NULL ? trouble : "");
		wait = most - waited < wait ? most - waited : wait;
	} else if (!kube->has_warned) {
		kube->has_warned = true;
		log_line(LOG_WARNING, "kubernetes", "starting server with unsynced Kubernetes API");
		return;
	}
	const struct timeval again = timeval_of_ms(wait);
	evtimer_add(kube->waiting, &again);
}

void kube_wait_start(struct kube *kube)
{
	kube->waiting = evtimer_new(kube->options.events, on_waiting, kube);
	event_active(kube->waiting, EV_TIMEOUT, 1);
}

void kube_wait_end(struct kube *kube)
{
	evtimer_del(kube->waiting);
}
