/* SPDX-License-Identifier: Apache-2.0 */
/* Who looks, and how much is written down for that: as long as somebody does, a timer takes what the rings hold. When it
 * is more than is needed fewer questions are written down, when it is less more. */
#include "knamed/traffic.h"

#include <event2/event.h>

#include "latency.h"
#include "sampler.h"
#include "top.h"

enum {
	DRAIN_MS = 100,
	SAMPLES_MOST = 1000, /* between two drains: 10,000 a second */
	SAMPLES_LEAST = 300, /* with less, more questions are taken */
	EVERY_MOST = 4096,
	LOOK_S = 30,
};

struct own_ring {
	struct own_ring *next;
	struct ring *ring;
};

struct traffic {
	_Atomic uint32_t wanted; /* of samplers: 0, or this watch and `every` */
	uint32_t every;
	uint16_t watch;
	struct event *timer;
	struct own_ring *rings;
	unsigned holders;
	uint64_t until_ns; /* who only looked in has gone */
	uint64_t turned_ns;
	uint32_t drained; /* samples of one drain */
	uint64_t lost, lost_before;
	struct top *top;	 /* NULL: nobody looks */
	struct latency *latency; /* the same */
	bool has_calls;
	struct traffic_calls calls;
	traffic_listener listener;
	void *listener_context;
};

static const struct traffic_calls *calls_of(const struct traffic *traffic)
{
	return traffic->has_calls ? &traffic->calls : NULL;
}

/* ---- taking ---- */

static void take(void *context, const struct sample *sample)
{
	struct traffic *traffic = context;
	traffic->drained++;
	if (traffic->top == NULL)
		return;
	top_add(traffic->top, sample, calls_of(traffic));
	latency_add(traffic->latency, sample->duration_ns, sample->weight);
	if (traffic->listener != NULL)
		traffic->listener(traffic->listener_context, sample);
}

static uint64_t lost_by_all(const struct traffic *traffic)
{
	uint64_t lost = 0;
	for (const struct own_ring *one = traffic->rings; one != NULL; one = one->next)
		lost += ring_lost(one->ring);
	return lost;
}

static void want(struct traffic *traffic, uint32_t every)
{
	traffic->every = every;
	atomic_store_explicit(&traffic->wanted, (uint32_t)traffic->watch << WATCH_SHIFT | every,
			      memory_order_relaxed);
}

/* What is lost was too much as well. */
static void adapt(struct traffic *traffic, uint64_t lost)
{
	uint64_t taken = traffic->drained + lost;
	if (taken > SAMPLES_MOST && traffic->every < EVERY_MOST)
		want(traffic, traffic->every * 2);
	else if (taken < SAMPLES_LEAST && traffic->every > 1)
		want(traffic, traffic->every / 2);
}

static void drain_rings(struct traffic *traffic)
{
	for (const struct own_ring *one = traffic->rings; one != NULL; one = one->next)
		ring_drain(one->ring, take, traffic);
}

static void drain(struct traffic *traffic)
{
	uint64_t before = traffic->lost;
	traffic->drained = 0;
	drain_rings(traffic);
	traffic->lost = lost_by_all(traffic) - traffic->lost_before;
	adapt(traffic, traffic->lost > before ? traffic->lost - before : 0);
}

/* ---- looking ---- */

/* What an earlier watch left in the rings is nobody's. */
static void begin(struct traffic *traffic)
{
	uint64_t now = clock_now_ns();
	drain_rings(traffic);
	traffic->top = top_new(now);
	traffic->latency = mem_zalloc(sizeof(*traffic->latency));
	traffic->turned_ns = now;
	traffic->lost = 0;
	traffic->lost_before = lost_by_all(traffic);
	traffic->watch++;
	want(traffic, 1);
	event_add(traffic->timer, &(struct timeval){ .tv_usec = DRAIN_MS * 1000 });
}

static void end(struct traffic *traffic)
{
	event_del(traffic->timer);
	atomic_store_explicit(&traffic->wanted, 0, memory_order_relaxed);
	top_free(traffic->top);
	mem_free(traffic->latency);
	traffic->top = NULL;
	traffic->latency = NULL;
}

static void turn(struct traffic *traffic, uint64_t now)
{
	traffic->turned_ns = now;
	latency_turn(traffic->latency);
	top_fade(traffic->top, now);
	if (traffic->has_calls)
		traffic->calls.tick(traffic->calls.context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct traffic *traffic = context;
	uint64_t now = clock_now_ns();
	(void)fd;
	(void)what;
	drain(traffic);
	if (now - traffic->turned_ns >= UINT64_C(1000000000))
		turn(traffic, now);
	if (traffic->holders == 0 && now > traffic->until_ns)
		end(traffic);
}

void traffic_look(struct traffic *traffic)
{
	traffic->until_ns = clock_now_ns() + LOOK_S * UINT64_C(1000000000);
	if (traffic->top == NULL)
		begin(traffic);
}

void traffic_hold(struct traffic *traffic)
{
	traffic->holders++;
	if (traffic->top == NULL)
		begin(traffic);
	else
		drain_rings(traffic); /* what was asked before is for those who look already */
}

void traffic_let_go(struct traffic *traffic)
{
	traffic->holders--;
}

/* ---- what is told ---- */

void traffic_call(struct traffic *traffic, const struct traffic_calls *calls)
{
	traffic->has_calls = calls != NULL;
	if (calls != NULL)
		traffic->calls = *calls;
}

void traffic_listen(struct traffic *traffic, traffic_listener listener, void *context)
{
	traffic->listener = listener;
	traffic->listener_context = context;
}

struct traffic_sampling traffic_sampling(const struct traffic *traffic)
{
	if (traffic->top == NULL)
		return (struct traffic_sampling){ 0 };
	return (struct traffic_sampling){
		.one_in = traffic->every,
		.span_s = top_span_s(traffic->top, clock_now_ns()),
		.lost = traffic->lost,
	};
}

struct traffic_latency traffic_latency(const struct traffic *traffic)
{
	return traffic->latency != NULL ? latency_of(traffic->latency) : (struct traffic_latency){ 0 };
}

void traffic_print_top(const struct traffic *traffic, size_t most, struct text *text)
{
	if (traffic->top != NULL)
		top_print(traffic->top, calls_of(traffic), most, clock_now_ns(), text);
}

/* ---- life ---- */

struct traffic *traffic_new(struct event_base *events)
{
	struct traffic *traffic = mem_zalloc(sizeof(*traffic));
	traffic->timer = event_new(events, -1, EV_PERSIST, on_timer, traffic);
	return traffic;
}

struct sampler *sampler_new(struct traffic *traffic)
{
	struct own_ring *own = mem_alloc(sizeof(*own));
	own->ring = ring_new(&traffic->wanted);
	own->next = traffic->rings;
	traffic->rings = own;
	return ring_sampler(own->ring);
}

/* A sampler knows its ring, and the list is short. */
static struct own_ring **find(struct traffic *traffic, const struct ring *ring)
{
	struct own_ring **link = &traffic->rings;
	while ((*link)->ring != ring)
		link = &(*link)->next;
	return link;
}

void sampler_leave(struct traffic *traffic, struct sampler *sampler)
{
	if (sampler == NULL)
		return;
	struct own_ring **link = find(traffic, ring_of(sampler)), *own = *link;
	ring_drain(own->ring, take, traffic);
	traffic->lost_before -= ring_lost(own->ring);
	*link = own->next;
	ring_free(own->ring);
	mem_free(own);
}

void traffic_free(struct traffic *traffic)
{
	if (traffic == NULL)
		return;
	end(traffic);
	event_free(traffic->timer);
	mem_free(traffic);
}
