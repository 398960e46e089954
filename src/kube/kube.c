/* SPDX-License-Identifier: Apache-2.0 */
/* One watch for each kind that the configuration needs, over one client. What they bring is
 * published together, behind everything that could be read in one go. */
#include "knamed/kube.h"

#include <event2/event.h>
#include <malloc.h>

#include "kube_parts.h"

enum { HOLD_MS = 5 * 60 * 1000, PREPARE_MS = 25 };

/* ---- state ---- */

bool kube_all(const struct kube *kube, bool (*is)(const struct watch *))
{
	for (int i = 0; i < OBJECT_KINDS; i++)
		if (kind_is_watched(&kube->kinds[i]) && !is(kube->kinds[i].watch))
			return false;
	return true;
}

bool kube_is_in_step(const struct kube *kube)
{
	return kube_all(kube, watch_is_in_step);
}

bool kube_is_stale(const struct kube *kube)
{
	return kube_is_in_step(kube) && !kube_all(kube, watch_is_confirmed);
}

struct kube_kind kube_kind(const struct kube *kube, enum object_kind kind)
{
	struct kube_kind state = { 0 };

	if (kind_is_watched(&kube->kinds[kind]))
		watch_describe(kube->kinds[kind].watch, &state);
	state.failures = meters_failures(kube->meters, kind);
	return state;
}

size_t kube_object_count(const struct kube *kube, enum object_kind kind)
{
	return model_count(kube->options.model, kind);
}

/* ---- publishing ---- */

/* A list shows the new beside what is not swept yet: an endpoint that moved between slices could be
 * in neither. So its changes are published as a whole, unless that takes very long. */
static bool is_held(struct kube *kube, bool is_in_step)
{
	bool is_whole = kube_all(kube, watch_is_whole) && kube_all(kube, watch_is_confirmed);

	if (!is_in_step || !kube->is_in_step || is_whole) {
		kube->held_ns = 0;
		return false;
	}
	if (kube->held_ns == 0)
		kube->held_ns = clock_now_ns();
	return clock_now_ns() - kube->held_ns < HOLD_MS * (uint64_t)1000000;
}

/* All was read from the server itself. What that took is not needed again soon. */
static void note_confirmed(struct kube *kube)
{
	if (kube->is_confirmed || !kube_all(kube, watch_is_confirmed))
		return;
	kube->is_confirmed = true;
	kube_tell_in_step(kube);
	kube_snapshot_soon(kube);
	malloc_trim(0);
}

bool kube_is_held(struct kube *kube)
{
	return is_held(kube, kube_is_in_step(kube));
}

/* The first reading waits for the server most of the time: that is when its answers are made. */
static void prepare(struct kube *kube)
{
	uint64_t now = clock_now_ns();

	if (kube->options.calls.arrived == NULL ||
	    now - kube->prepared_ns < PREPARE_MS * UINT64_C(1000000))
		return;
	kube->options.calls.arrived(kube->options.calls.context);
	kube->prepared_ns = clock_now_ns();
}

/* Before everything was read once there is nothing to show. */
static void publish(struct kube *kube)
{
	bool is_in_step = kube_is_in_step(kube);

	if (!is_in_step && !kube->is_in_step) {
		prepare(kube);
		return;
	}
	if (is_held(kube, is_in_step))
		return;
	if (is_in_step)
		kube_wait_end(kube);
	kube->is_in_step = is_in_step;
	kube->is_changed = true;
	kube->options.calls.changed(kube->options.calls.context);
	meters_published(kube->meters);
	note_confirmed(kube);
}

static void on_publish(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct kube *kube = context;

	kube->is_scheduled = false;
	publish(kube);
}

void kube_changed(void *context)
{
	struct kube *kube = context;

	if (kube->is_scheduled)
		return;
	kube->is_scheduled = true;
	event_active(kube->publish, EV_TIMEOUT, 1);
}

/* ---- what watches tell ---- */

static void on_took(void *context, enum object_kind kind, const struct body_item *item)
{
	struct kube *kube = context;

	meters_event(kube->meters, kind, item->event);
	if (kind == OBJECT_NAMESPACE && item->event != BODY_DELETED)
		kube_snapshot_note_cluster(kube, item->object);
}

static void on_fresh(void *context, const struct api_object *object, uint64_t triggered_ns,
		     uint64_t arrived_ns)
{
	struct kube *kube = context;

	if (!kube->is_in_step)
		return;
	meters_arrived(kube->meters, arrived_ns);
	if (triggered_ns == 0)
		return;
	meters_triggered(kube->meters, (const struct slice *)object->object, triggered_ns);
}

static void on_failed(void *context, enum object_kind kind, enum trouble cause, const char *text)
{
	struct kube *kube = context;

	meters_failure(kube->meters, kind, cause);
	kube_tell_failure(kube, &kube->kinds[kind], cause, text);
}

/* One watch is open again: the others need not wait until their turn comes. */
static void on_followed(void *context, enum object_kind kind)
{
	struct kube *kube = context;

	kube_tell_followed(kube, &kube->kinds[kind]);
	kube_alive_check(&kube->kinds[kind]);
	for (int i = 0; i < OBJECT_KINDS; i++)
		if (kind_is_watched(&kube->kinds[i]))
			watch_hurry(kube->kinds[i].watch);
}

static void on_listed(void *context, enum object_kind kind)
{
	meters_relist(((struct kube *)context)->meters, kind);
}

static void on_missed(void *context, enum object_kind kind)
{
	meters_repair(((struct kube *)context)->meters, kind);
}

/* ---- opening ---- */

bool kube_needs(const struct config_kubernetes *config, enum object_kind kind)
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

static struct transfer *get(void *context, const struct client_request *request,
			    const struct client_calls *calls)
{
	return client_get(((struct kube *)context)->client, request, calls);
}

static void cancel(void *context, struct transfer *transfer)
{
	(void)context;
	transfer_cancel(transfer);
}

static void open_kind(struct kube *kube, struct kind *kind)
{
	const struct watch_options watch = {
		.events = kube->options.events,
		.kind = kind->kind,
		.config = kube->options.config,
		.decode = &kube->decode,
		.model = kube->options.model,
		.transport = &kube->transport,
		.times = &watch_times_usual,
		.calls = { kube_changed, on_took, on_fresh, on_failed, on_followed, on_listed, kube },
	};

	kind->watch = watch_new(&watch);
	kind->audit = audit_new(&(struct audit_options){
		.events = kube->options.events,
		.kind = kind->kind,
		.config = kube->options.config,
		.decode = &kube->decode,
		.model = kube->options.model,
		.watch = kind->watch,
		.transport = &kube->transport,
		.times = &audit_times_usual,
		.calls = { on_missed, kube_alive_silent, kube },
	});
}

static void open_kinds(struct kube *kube)
{
	kube->transport = (struct transport){ get, cancel, kube };
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		kube->kinds[kind].kube = kube;
		kube->kinds[kind].kind = kind;
		if (kube_needs(kube->options.config, kind))
			open_kind(kube, &kube->kinds[kind]);
	}
}

static bool open_client(struct kube *kube, struct error *error)
{
	const struct kube_options *options = &kube->options;

	kube->identity = identity_open(options->events, options->config, error);
	if (kube->identity == NULL)
		return false;
	kube->client =
		client_new(options->events, kube->identity, options->metrics, options->agent, error);
	if (kube->client == NULL)
		identity_close(kube->identity);
	return kube->client != NULL;
}

struct kube *kube_open(const struct kube_options *options, struct error *error)
{
	struct kube *kube = mem_zalloc(sizeof(*kube));

	kube->options = *options;
	kube->decode = decode_options_of(options->config);
	kube->opened_ns = clock_now_ns();
	if (!open_client(kube, error)) {
		mem_free(kube);
		return NULL;
	}
	kube->publish = event_new(options->events, -1, 0, on_publish, kube);
	kube_wait_start(kube);
	open_kinds(kube);
	kube_alive_start(kube);
	kube_snapshot_open(kube);
	kube->meters = meters_new(options->metrics, kube, options->model,
				  options->config->zones.zones[0].text);
	for (int i = 0; i < OBJECT_KINDS; i++)
		if (kind_is_watched(&kube->kinds[i]))
			watch_start(kube->kinds[i].watch);
	return kube;
}

bool kube_check(const struct config_kubernetes *config, struct error *error)
{
	struct identity *identity = identity_open(NULL, config, error);
	identity_close(identity);
	return identity != NULL;
}

char *kube_program(const struct config_kubernetes *config)
{
	struct error ignored;
	struct identity *identity =
		config->kubeconfig != NULL ? identity_open(NULL, config, &ignored) : NULL;
	char *program = mem_text(identity != NULL ? identity_program(identity) : "");
	identity_close(identity);
	return program;
}

void kube_close(struct kube *kube)
{
	if (kube == NULL)
		return;
	meters_free(kube->meters);
	kube->meters = NULL;
	kube_snapshot_close(kube);
	kube_alive_stop(kube);
	for (int i = 0; i < OBJECT_KINDS; i++) {
		audit_free(kube->kinds[i].audit);
		watch_free(kube->kinds[i].watch);
	}
	event_free(kube->publish);
	event_free(kube->waiting);
	client_free(kube->client);
	identity_close(kube->identity);
	mem_free(kube);
}
