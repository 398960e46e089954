/* SPDX-License-Identifier: Apache-2.0 */
/* traffic -- what is being asked: by whom, for what, how long it took, and what was denied in vain.
 *
 *   query threads --sampler--> ring (own memory of a thread) --control thread--> top lists, latencies, listener
 *
 * As long as nobody looks, a query thread reads one flag a batch. When somebody does, it writes down one question in so
 * many: how many follows from the load, so that the work is bounded, and is told with all that is made of it. All memory
 * is bounded too, whatever is asked. Everything but the sampler's verbs is the control thread's. */
#ifndef KNAMED_TRAFFIC_H
#define KNAMED_TRAFFIC_H

#include "knamed/base.h"
#include "knamed/dns.h"
#include "knamed/observe.h"

struct event_base;

/* A question that was answered. */
struct sample {
	uint64_t at_ns;       /* clock_now_ns() of the answer */
	uint64_t duration_ns;
	const uint8_t *name;  /* in wire form, lower case; NULL: the packet had no question that could be read */
	uint32_t weight;      /* for how many questions it stands */
	uint32_t size;        /* of the answer; 0: none was sent */
	uint16_t type, rcode, client_port;
	struct ip client;
	uint8_t proto, by;    /* enum proto, enum answerer */
	uint8_t name_size;
};

/* --- query threads --- */
struct sampler {
	const _Atomic uint32_t *wanted; /* which watch, and one question in how many; 0: nobody looks */
	uint32_t left;                  /* questions until the next sample */
	uint16_t watch;                 /* for which that was drawn */
};
enum { WATCH_SHIFT = 16 };
void sampler_begin(struct sampler *sampler, uint32_t wanted);
/* Once a batch: whether samples are wanted. What was drawn for an earlier watch is drawn anew. */
static inline bool sampler_is_on(struct sampler *sampler)
{
	uint32_t wanted = atomic_load_explicit(sampler->wanted, memory_order_relaxed);
	if (wanted != 0 && wanted >> WATCH_SHIFT != sampler->watch)
		sampler_begin(sampler, wanted);
	return wanted != 0;
}
/* For each question of such a batch: whether this one is written down. */
static inline bool sampler_takes(struct sampler *sampler) { return --sampler->left == 0; }
/* at_ns, duration_ns and weight are filled in. What finds no room is counted as lost. */
void sampler_put(struct sampler *sampler, const struct sample *sample);
/* The end of the batch: all that was put took so long. */
void sampler_end(struct sampler *sampler, uint64_t duration_ns);

/* --- the control thread --- */
struct traffic;
enum { NAMESPACE_SIZE = 64 }; /* of its name as text, with the NUL */
struct traffic_calls {
	/* Whether this denied name (wire form, lower case) was made by a search list; of which namespace, or "". */
	bool (*is_wasted)(void *context, const struct sample *sample, char ret_namespace[NAMESPACE_SIZE]);
	/* "namespace/name" of the pod that has the address; false: not known. */
	bool (*find_pod)(void *context, const struct ip *ip, struct text *ret_pod);
	void (*tick)(void *context); /* each second, as long as somebody looks */
	void *context;
};
struct traffic *traffic_new(struct event_base *events);
void traffic_free(struct traffic *traffic); /* all samplers have left */
void traffic_call(struct traffic *traffic, const struct traffic_calls *calls); /* NULL: nobody */
struct sampler *sampler_new(struct traffic *traffic);
/* Its thread has ended, or puts nothing more. NULL is fine. */
void sampler_leave(struct traffic *traffic, struct sampler *sampler);

/* Somebody looks, for the next half minute; or until he lets go. What was asked before he held is heard by those who
 * listened then. */
void traffic_look(struct traffic *traffic);
void traffic_hold(struct traffic *traffic);
void traffic_let_go(struct traffic *traffic);
/* One who is told of each sample. NULL: nobody. */
typedef void (*traffic_listener)(void *context, const struct sample *sample);
void traffic_listen(struct traffic *traffic, traffic_listener listener, void *context);

struct traffic_sampling {
	uint32_t one_in;   /* 0: nobody looks */
	double span_s;     /* the time that counts stand for: what is older counts less and less */
	uint64_t lost;     /* samples that found no room, since somebody began to look */
};
struct traffic_sampling traffic_sampling(const struct traffic *traffic);
/* Of the last ten seconds, in seconds; count 0: nothing was asked, or nobody looked. */
struct traffic_latency { double p50, p90, p99, p999, most; uint64_t count; };
struct traffic_latency traffic_latency(const struct traffic *traffic);
/* What is asked most, as members of a JSON object: "names", "clients", "denied", "wasted", "rcodes", "types"; lists of at
 * most so many each. */
void traffic_print_top(const struct traffic *traffic, size_t most, struct text *text);

#endif
