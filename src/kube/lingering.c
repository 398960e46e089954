/* SPDX-License-Identifier: Apache-2.0 */
/* Who makes slices writes them one after the other, and events come as they were written: an
 * endpoint may leave one slice before it is in the next. An endpoint that was ready and not about
 * to end, and that leaves without being replaced, is therefore shown LINGER_MS longer, each by a
 * time of its own. That is far less than any TTL we hand out, and a pod that really ends says so
 * (not ready, or terminating) before it leaves. */
#include <string.h>

#include <event2/event.h>

#include "knamed/kube.h"
#include "leavers.h"

/* At most LINGER_MS; ends of it fall together in steps, so that many cost few publications.
 * LINGER_MOST of one slice, as many as the API lets it have. */
enum { LINGER_MS = 200, STEP_MS = 50, LINGER_MOST = 1000 };

/* A slice of which more is shown than it has. */
struct held {
	struct object *shown; /* what the listener was told last */
	uint32_t count;	      /* so many at its end linger */
	uint64_t *due_ns;     /* until when each of them; those that left last come first */
};

struct lingering {
	struct lingering_options options;
	struct event *timer;
	struct map *held; /* by namespace, NUL and name */
	struct text key;
	bool is_set; /* the timer runs */
};

static const struct slice *slice_of(const struct object *object)
{
	return (const struct slice *)(const void *)object;
}

static const struct text *key_of(struct lingering *linger, const struct object *object)
{
	text_clear(&linger->key);
	text_add_n(&linger->key, object->namespace_, strlen(object->namespace_) + 1);
	text_add(&linger->key, object->name);
	return &linger->key;
}

static void tell(const struct lingering *linger, const struct object *before, const struct object *after)
{
	linger->options.to.changed(linger->options.to.context, before, after);
}

/* ---- who leaves ---- */

static bool is_owned(const struct lingering *linger, const struct slice *slice)
{
	const struct model *model = linger->options.model;
	const char *space = slice->head.namespace_;
	if (slice->service[0] != '\0' && model_get(model, OBJECT_SERVICE, space, slice->service) != NULL)
		return true;
	return slice->import[0] != '\0' &&
	       model_get(model, OBJECT_IMPORT, space, slice->import) != NULL;
}

static bool same_owner(const struct slice *before, const struct slice *after)
{
	return after == NULL || (strcmp(before->service, after->service) == 0 &&
				 strcmp(before->import, after->import) == 0 &&
				 before->address_type == after->address_type);
}

/* What a reading of all slices says is the truth, and nobody sees a half of it. */
static struct leavers find_leavers(const struct lingering *linger, const struct slice *before,
				   const struct slice *after)
{
	if (before == NULL || before->endpoint_count == 0 ||
	    model_is_relisting(linger->options.model, OBJECT_SLICE) || !same_owner(before, after) ||
	    !is_owned(linger, before))
		return (struct leavers){ 0 };
	struct leavers leavers = leavers_find(before, after);
	if (leavers.count > LINGER_MOST)
		leavers.count = LINGER_MOST;
	return leavers;
}

/* ---- what is shown ---- */

static void add_endpoint(struct endpoint_text *to, const struct slice *slice, uint32_t i)
{
	const struct endpoint *from = &slice->endpoints[i];
	*to = (struct endpoint_text){
		.address = from->address,
		.ready = from->ready,
		.terminating = from->terminating,
		.hostname = slice_string(slice, from->hostname),
		.pod_name = slice_string(slice, from->pod_name),
		.zone = slice_string(slice, from->zone),
	};
}

/* after, and behind its own the endpoints of before that left it. */
static struct object *blend(const struct slice *before, const struct slice *after,
			    const struct leavers *leavers)
{
	struct slice fields = after != NULL ? *after : *before;
	uint32_t there = after != NULL ? after->endpoint_count : 0;
	struct endpoint_text *all = mem_alloc((there + leavers->count) * sizeof(*all));
	for (uint32_t i = 0; i < there; i++)
		add_endpoint(&all[i], after, i);
	for (uint32_t i = 0; i < leavers->count; i++)
		add_endpoint(&all[there + i], before, leavers->at[i]);
	fields.endpoint_count = there + leavers->count;
	struct object *object = slice_new(&fields, all);
	object->version = fields.head.version;
	mem_free(all);
	return object;
}

static void set_timer(struct lingering *linger, uint64_t due_ns)
{
	uint64_t now = clock_now_ns(), wait_ns = due_ns > now ? due_ns - now : 0;
	const struct timeval wait = timeval_of_ns(wait_ns);
	if (linger->is_set)
		return;
	linger->is_set = true;
	evtimer_add(linger->timer, &wait);
}

static struct held *held_of(struct lingering *linger, const struct object *object)
{
	const struct text *key = key_of(linger, object);
	return map_get(linger->held, key->data, key->size);
}

static struct held *held_new(struct lingering *linger, const struct object *shown)
{
	const struct text *key = key_of(linger, shown);
	struct held *held = mem_zalloc(sizeof(*held));
	held->shown = object_hold(shown);
	map_put(linger->held, key->data, key->size, held);
	return held;
}

static void held_free(struct held *held)
{
	object_drop(held->shown);
	mem_free(held->due_ns);
	mem_free(held);
}

/* Who lingers already keeps its time. */
static uint64_t *due_times(const struct held *held, const struct leavers *leavers)
{
	uint32_t own = slice_of(held->shown)->endpoint_count - held->count;
	uint64_t due = clock_now_ns() + LINGER_MS * UINT64_C(1000000);
	due -= due % (STEP_MS * UINT64_C(1000000));
	uint64_t *times = mem_alloc(leavers->count * sizeof(*times));
	for (uint32_t i = 0; i < leavers->count; i++)
		times[i] = leavers->at[i] < own ? due : held->due_ns[leavers->at[i] - own];
	return times;
}

/* The slice as it is now, with some of what was shown before. */
static void show_with(struct lingering *linger, struct held *held, const struct object *now,
		      const struct leavers *leavers)
{
	struct object *was = held->shown;
	uint64_t *due_ns = due_times(held, leavers);
	held->shown = blend(slice_of(was), slice_of(now), leavers);
	mem_free(held->due_ns);
	held->due_ns = due_ns;
	held->count = leavers->count;
	tell(linger, was, held->shown);
	object_drop(was);
}

/* The slice as it is now. */
static void let_go(struct lingering *linger, struct held *held, const struct object *now)
{
	const struct text *key = key_of(linger, held->shown);
	map_remove(linger->held, key->data, key->size);
	tell(linger, held->shown, now);
	held_free(held);
}

static void slice_changed(struct lingering *linger, const struct object *before,
			  const struct object *after)
{
	struct held *held = held_of(linger, before != NULL ? before : after);
	const struct object *shown = held != NULL ? held->shown : before;
	struct leavers leavers = find_leavers(linger, slice_of(shown), slice_of(after));
	if (leavers.count > 0) {
		held = held != NULL ? held : held_new(linger, shown);
		show_with(linger, held, after, &leavers);
		set_timer(linger, held->due_ns[0]); /* if none runs, all of them have left just now */
	} else if (held != NULL) {
		let_go(linger, held, after);
	} else {
		tell(linger, before, after);
	}
	leavers_done(&leavers);
}

static void on_change(void *context, const struct object *before, const struct object *after)
{
	struct lingering *linger = context;
	const struct object *any = before != NULL ? before : after;
	if (any->kind == OBJECT_SLICE)
		slice_changed(linger, before, after);
	else
		tell(linger, before, after);
}

/* ---- the end of it ---- */

/* Those whose time has not come; they left last. */
static struct leavers find_rest(const struct held *held, uint64_t now_ns)
{
	uint32_t own = slice_of(held->shown)->endpoint_count - held->count;
	struct leavers rest = { .count = held->count };
	while (rest.count > 0 && held->due_ns[rest.count - 1] <= now_ns)
		rest.count--;
	rest.at = mem_alloc(rest.count * sizeof(*rest.at));
	for (uint32_t i = 0; i < rest.count; i++)
		rest.at[i] = own + i;
	return rest;
}

/* Whether something else is shown. */
static bool leave_out_due(struct lingering *linger, struct held *held, uint64_t now_ns)
{
	const struct object *now = model_get(linger->options.model, OBJECT_SLICE,
					     held->shown->namespace_, held->shown->name);
	struct leavers rest = find_rest(held, now_ns);
	bool changed = rest.count < held->count;
	if (rest.count == 0)
		let_go(linger, held, now);
	else if (changed)
		show_with(linger, held, now, &rest);
	leavers_done(&rest);
	return changed;
}

static uint64_t next_due(const struct lingering *linger)
{
	uint64_t next = UINT64_MAX;
	size_t position = 0, key_size;
	const void *key;
	void *value;
	while (map_next(linger->held, &position, &key, &key_size, &value)) {
		const struct held *held = value;
		if (held->due_ns[held->count - 1] < next)
			next = held->due_ns[held->count - 1];
	}
	return next;
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct lingering *linger = context;
	uint64_t now = clock_now_ns();
	size_t position = 0, key_size;
	const void *key;
	void *held;
	bool changed = false;
	(void)fd;
	(void)what;
	linger->is_set = false;
	while (map_next(linger->held, &position, &key, &key_size, &held))
		changed |= leave_out_due(linger, held, now);
	uint64_t next = next_due(linger);
	if (next != UINT64_MAX)
		set_timer(linger, next);
	if (changed)
		linger->options.calls.changed(linger->options.calls.context);
}

struct lingering *lingering_new(const struct lingering_options *options)
{
	struct lingering *linger = mem_zalloc(sizeof(*linger));
	linger->options = *options;
	linger->held = map_new();
	linger->timer = evtimer_new(options->events, on_timer, linger);
	return linger;
}

struct model_listener lingering_listener(struct lingering *linger)
{
	return (struct model_listener){ on_change, linger };
}

void lingering_free(struct lingering *linger)
{
	size_t position = 0, key_size;
	const void *key;
	void *value;
	if (linger == NULL)
		return;
	while (map_next(linger->held, &position, &key, &key_size, &value))
		held_free(value);
	map_free(linger->held);
	text_done(&linger->key);
	event_free(linger->timer);
	mem_free(linger);
}
