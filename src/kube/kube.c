/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/kube.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "client.h"
#include "knamed/source.h"
#include "meters.h"
#include "path.h"
#include "watch.h"

enum {
	HOLD_MS = 10 * 1000, /* how long a list may keep its first changes back */
	REMIND_S = 5,	     /* while nothing is in step */

};

struct kube {
	struct kube_options options;
	struct decode_options decode;
	struct identity *identity;
	struct client *client;
	struct watch_io io;
	struct watch *watches[OBJECT_KINDS]; /* NULL: not needed */
	struct meters *meters;
	struct event *publish; /* made active by a change; runs behind what is ready to be read now */
	struct event *waiting; /* tells what is missing until all is in step */
	uint64_t opened_ns, held_ns;
	bool is_in_step, is_scheduled, has_warned;
};

/* ---- state ---- */

static bool all_watches(const struct kube *kube, bool (*is)(const struct watch *))
{
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		if (kube->watches[kind] != NULL && !is(kube->watches[kind]))
			return false;
	return true;
}

static bool any_watch(const struct kube *kube, bool (*is)(const struct watch *))
{
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		if (kube->watches[kind] != NULL && is(kube->watches[kind]))
			return true;
	return false;
}

bool kube_is_in_step(const struct kube *kube)
{
	return all_watches(kube, watch_is_in_step);
}

bool kube_is_stale(const struct kube *kube)
{
	return kube_is_in_step(kube) && !all_watches(kube, watch_is_confirmed);
}

struct kube_kind kube_kind(const struct kube *kube, enum object_kind kind)
{
	struct kube_kind state = { 0 };

	if (kube->watches[kind] != NULL)
		watch_describe(kube->watches[kind], &state);
	return state;
}

size_t kube_object_count(const struct kube *kube, enum object_kind kind)
{
	return model_count(kube->options.model, kind);
}

/* ---- publishing ---- */

/* A list in place shows the new beside what is not swept yet. Endpoints that moved between slices
 * would be missed in between, so that it is published as a whole; unless it takes very long. */
static bool is_held(struct kube *kube)
{
	if (!kube->is_in_step || !any_watch(kube, watch_is_listing)) {
		kube->held_ns = 0;
		return false;
	}
	if (kube->held_ns == 0)
		kube->held_ns = clock_now_ns();
	return clock_now_ns() - kube->held_ns < HOLD_MS * UINT64_C(1000000);
}

static void tell_in_step(struct kube *kube)
{
	struct text text = { 0 };

	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		if (kube->watches[kind] != NULL)
			text_printf(&text, ", %zu %s", kube_object_count(kube, kind),
				    path_resource(kind));
	log_line(LOG_INFO, "kubernetes", "in step after %.2f s: %s",
		 (double)(clock_now_ns() - kube->opened_ns) / 1e9, text.data + strlen(", "));
	text_done(&text);
}

/* Before everything was read once there is nothing to show but that. */
static void publish(struct kube *kube)
{
	bool is_in_step = kube_is_in_step(kube);

	if (is_held(kube) || (!is_in_step && !kube->is_in_step))
		return;
	if (is_in_step && !kube->is_in_step) {
		kube->is_in_step = true;
		evtimer_del(kube->waiting);
		tell_in_step(kube);
	}
	kube->options.calls.changed(kube->options.calls.context);
	meters_published(kube->meters);
}

static void on_publish(evutil_socket_t fd, short what, void *context)
{
	struct kube *kube = context;

	(void)fd;
	(void)what;
	kube->is_scheduled = false;
	publish(kube);
}

static void on_changed(void *context)
{
	struct kube *kube = context;

	if (kube->is_scheduled)
		return;
	kube->is_scheduled = true;
	event_active(kube->publish, EV_TIMEOUT, 1);
}

/* ---- what watches tell ---- */

static void measure_slice(struct kube *kube, const struct body_item *item)
{
	const struct slice *slice = (const struct slice *)item->object->object;

	if (slice == NULL || slice->service[0] == '\0')
		return;
	meters_triggered(kube->meters,
			 (const struct service *)model_get(kube->options.model, OBJECT_SERVICE,
							   item->object->namespace_, slice->service),
			 item->object->triggered_ns);
}

static void on_event(void *context, enum object_kind kind, const struct body_item *item,
		     uint64_t arrived_ns)
{
	struct kube *kube = context;

	meters_event(kube->meters, kind, item->event);
	if (!kube->is_in_step || item->event == BODY_BOOKMARK)
		return;
	meters_arrived(kube->meters, arrived_ns);
	if (kind == OBJECT_SLICE)
		measure_slice(kube, item);
}

static void on_failed(void *context, enum object_kind kind, enum trouble trouble)
{
	meters_failure(((struct kube *)context)->meters, kind, trouble);
}

static void on_relisted(void *context, enum object_kind kind)
{
	meters_relist(((struct kube *)context)->meters, kind);
}

/* ---- waiting for the first sync ---- */

static void on_waiting(evutil_socket_t fd, short what, void *context)
{
	struct kube *kube = context;
	struct timeval again = { REMIND_S, 0 };
	uint64_t waited_ms = (clock_now_ns() - kube->opened_ns) / 1000000;

	(void)fd;
	(void)what;
	if (waited_ms < kube->options.config->startup_timeout_ms) {
		log_line(LOG_INFO, "kubernetes", "waiting for Kubernetes API before starting server");
		uint64_t left_ms = kube->options.config->startup_timeout_ms - waited_ms;
		if (left_ms < REMIND_S * 1000)
			again = (struct timeval){ (time_t)(left_ms / 1000),
						  (suseconds_t)(left_ms % 1000 * 1000) };
	} else if (!kube->has_warned) {
		kube->has_warned = true;
		log_line(LOG_WARNING, "kubernetes", "starting server with unsynced Kubernetes API");
		return;
	}
	evtimer_add(kube->waiting, &again);
}

/* ---- opening ---- */

static bool needs(const struct config_kubernetes *config, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_NAMESPACE:
	case OBJECT_SERVICE:
		return true;
	case OBJECT_SLICE:
		return !config->no_endpoints;
	case OBJECT_POD:
		return config->pods == PODS_VERIFIED;
	case OBJECT_IMPORT:
		return config->multicluster.count > 0;
	case OBJECT_KINDS:
		break;
	}
	return false;
}

static struct transfer *io_get(void *context, const struct client_request *request,
			       const struct client_calls *calls)
{
	return client_get(context, request, calls);
}

static void io_cancel(void *context, struct transfer *transfer)
{
	(void)context;
	transfer_cancel(transfer);
}

static void open_watches(struct kube *kube)
{
	kube->io = (struct watch_io){ io_get, io_cancel, kube->client };
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		const struct watch_options watch = {
			.events = kube->options.events,
			.kind = kind,
			.config = kube->options.config,
			.decode = &kube->decode,
			.model = kube->options.model,
			.io = &kube->io,
			.times = &watch_times_usual,
			.calls = { on_changed, on_event, on_failed, on_relisted, kube },
		};
		if (needs(kube->options.config, kind))
			kube->watches[kind] = watch_new(&watch);
	}
}

struct kube *kube_open(const struct kube_options *options, struct error *error)
{
	struct kube *kube = mem_zalloc(sizeof(*kube));

	kube->options = *options;
	kube->decode = decode_options_of(options->config);
	kube->opened_ns = clock_now_ns();
	kube->identity = identity_open(options->events, options->config, error);
	if (kube->identity != NULL)
		kube->client = client_new(options->events, kube->identity, options->metrics,
					  options->agent, error);
	if (kube->client == NULL) {
		identity_close(kube->identity);
		mem_free(kube);
		return NULL;
	}
	kube->publish = event_new(options->events, -1, 0, on_publish, kube);
	kube->waiting = evtimer_new(options->events, on_waiting, kube);
	open_watches(kube);
	kube->meters = meters_new(options->metrics, kube);
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		if (kube->watches[kind] != NULL)
			watch_start(kube->watches[kind]);
	event_active(kube->waiting, EV_TIMEOUT, 1);
	return kube;
}

bool kube_check(const struct config_kubernetes *config, struct error *error)
{
	struct identity *identity = identity_open(NULL, config, error);
	identity_close(identity);
	return identity != NULL;
}

void kube_close(struct kube *kube)
{
	if (kube == NULL)
		return;
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		watch_free(kube->watches[kind]);
	event_free(kube->publish);
	event_free(kube->waiting);
	client_free(kube->client);
	identity_close(kube->identity);
	meters_free(kube->meters);
	mem_free(kube);
}
