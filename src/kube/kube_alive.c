/* SPDX-License-Identifier: Apache-2.0 */
/* Two things that a watch cannot tell from an idle cluster. A connection may be dead without a
 * word: when nothing came for a while, a small question must be answered. And the server's data may
 * be of an older backup than what we know: its watches then stay silent until its versions pass
 * ours; the answer has its version. */
#include <event2/event.h>
#include <inttypes.h>

#include "knamed/observe.h"
#include "kube_parts.h"

enum { QUIET_MOST_MS = 12 * 1000, ANSWER_MOST_MS = 8 * 1000, LEAST_MS = 2000 };

/* Who wants audits more often wants to know of a dead connection sooner. */
static unsigned bounded_ms(uint64_t ms, unsigned most_ms)
{
	if (ms == 0 || ms > most_ms)
		return most_ms;
	return ms < LEAST_MS ? LEAST_MS : (unsigned)ms;
}

static unsigned quiet_ms(const struct kube *kube)
{
	return bounded_ms(kube->options.config->audit_ms / 2, QUIET_MOST_MS);
}

static unsigned answer_ms(const struct kube *kube)
{
	return bounded_ms(kube->options.config->audit_ms / 5 * 2, ANSWER_MOST_MS);
}

static uint64_t last_byte_ns(const struct kube *kube)
{
	uint64_t last = kube->answered_ns;

	for (int i = 0; i < OBJECT_KINDS; i++) {
		const struct kind *kind = &kube->kinds[i];
		if (kind_is_watched(kind) && watch_bytes_ns(kind->watch) > last)
			last = watch_bytes_ns(kind->watch);
	}
	return last;
}

static void probe(struct kind *kind)
{
	if (census_is_running(kind->probe))
		return;
	kind->probed_version = watch_version(kind->watch);
	census_start(kind->probe, CENSUS_ONE);
}

static void on_item(void *context, const struct api_object *object)
{
	(void)context; /* only the list's version is asked for */
	(void)object;
}

void kube_alive_silent(void *context, enum object_kind kind)
{
	struct kube *kube = context;
	bool is_alive = clock_now_ns() - last_byte_ns(kube) < answer_ms(kube) * (uint64_t)1000000;

	if (is_alive || !client_is_shared(kube->client))
		return; /* only slow; or it says nothing about the connections of others */
	log_line(LOG_WARNING, "kubernetes",
		 "%s: no answer, the connection to the API server is given up and made anew",
		 kube_resource(kind));
	client_reconnect(kube->client);
}

static void on_end(void *context, const struct census_result *result)
{
	struct kind *kind = context;
	struct kube *kube = kind->kube;

	if (result->status != 0)
		kube->answered_ns = clock_now_ns();
	if (result->trouble == CLIENT_TIMEOUT) {
		kube_alive_silent(kube, kind->kind);
		return;
	}
	if (!result->is_complete || result->version == 0 ||
	    result->version >= kind->probed_version || !watch_is_following(kind->watch))
		return;
	log_line(LOG_WARNING, "kubernetes",
		 "%s: the API server is at version %" PRIu64 ", behind our %" PRIu64
		 ": was its data restored? reading all anew",
		 kube_resource(kind->kind), result->version, kind->probed_version);
	watch_relist(kind->watch);
}

/* Each time another kind, so that the versions of all are looked at. */
static struct kind *next_kind(struct kube *kube)
{
	for (int i = 0; i < OBJECT_KINDS; i++) {
		struct kind *kind = &kube->kinds[kube->next_probe++ % OBJECT_KINDS];
		if (kind_is_watched(kind) && watch_is_following(kind->watch))
			return kind;
	}
	return NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct kube *kube = context;
	uint64_t quiet_ns = clock_now_ns() - last_byte_ns(kube);

	if (kube->held_ns != 0)
		kube_changed(kube); /* how long it may be held is limited */
	if (quiet_ns < quiet_ms(kube) * (uint64_t)1000000)
		return;
	struct kind *kind = next_kind(kube);
	if (kind != NULL)
		probe(kind);
}

void kube_alive_check(struct kind *kind)
{
	if (kind->was_failing)
		probe(kind);
	kind->was_failing = false;
}

void kube_alive_start(struct kube *kube)
{
	unsigned tick_ms = quiet_ms(kube) / 3;
	const struct timeval period = timeval_of_ms(tick_ms);

	for (int i = 0; i < OBJECT_KINDS; i++) {
		struct kind *kind = &kube->kinds[i];
		const struct census_options options = {
			.kind = kind->kind,
			.config = kube->options.config,
			.decode = &kube->decode,
			.transport = &kube->transport,
			.head_ms = answer_ms(kube),
			.silence_ms = answer_ms(kube),
			.calls = { on_item, on_end, kind },
		};
		if (kind_is_watched(kind))
			kind->probe = census_new(&options);
	}
	kube->tick = event_new(kube->options.events, -1, EV_PERSIST, on_tick, kube);
	event_add(kube->tick, &period);
}

void kube_alive_stop(struct kube *kube)
{
	for (int i = 0; i < OBJECT_KINDS; i++)
		census_free(kube->kinds[i].probe);
	event_free(kube->tick);
}
