/* SPDX-License-Identifier: Apache-2.0 */
/* Who makes slices writes them one after the other, and events come as they were written: an
 * endpoint may leave one slice before it is in the next. An endpoint that was ready and not about
 * to end, and that leaves without another in its place, is therefore shown LINGER_MS longer. That
 * is far less than any TTL we hand out, and a pod that really ends says so (not ready, or
 * terminating) before it leaves. */
#include <string.h>

#include <event2/event.h>

#include "knamed/kube.h"

enum { LINGER_MS = 200 };

/* A slice of which more is shown than it has. */
struct held {
	struct object *shown; /* what the listener was told last */
	uint64_t due_ns;
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

struct leaving {
	const struct slice *before, *after; /* after NULL: the slice goes */
	uint32_t *left;			    /* endpoints of before */
	uint32_t count, come;		    /* come: endpoints of after that are new */
};

static uint32_t endpoint_count(const struct slice *slice)
{
	return slice != NULL ? slice->endpoint_count : 0;
}

static bool same_place(const struct leaving *leaving, uint32_t i, uint32_t j)
{
	return i < endpoint_count(leaving->before) && j < endpoint_count(leaving->after) &&
	       ip_equal(&leaving->before->endpoints[i].address, &leaving->after->endpoints[j].address);
}

/* Out of step for more than one endpoint: by a map of what is left of both. */
static void compare_rest(struct leaving *leaving, uint32_t i, uint32_t j)
{
	struct map *there = map_new();
	uint32_t come = endpoint_count(leaving->after) - j;
	for (uint32_t k = j; k < endpoint_count(leaving->after); k++)
		map_put(there, &leaving->after->endpoints[k].address, sizeof(struct ip), leaving);
	for (; i < leaving->before->endpoint_count; i++) {
		if (map_get(there, &leaving->before->endpoints[i].address, sizeof(struct ip)) == NULL)
			leaving->left[leaving->count++] = i;
		else if (come > 0)
			come--;
	}
	leaving->come += come;
	map_free(there);
}

static void compare(struct leaving *leaving)
{
	uint32_t i = 0, j = 0;
	while (i < leaving->before->endpoint_count && j < endpoint_count(leaving->after)) {
		if (same_place(leaving, i, j)) {
			i++;
			j++;
		} else if (same_place(leaving, i + 1, j)) {
			leaving->left[leaving->count++] = i++;
		} else if (same_place(leaving, i, j + 1)) {
			leaving->come++;
			j++;
		} else {
			compare_rest(leaving, i, j);
			return;
		}
	}
	while (i < leaving->before->endpoint_count)
		leaving->left[leaving->count++] = i++;
	leaving->come += endpoint_count(leaving->after) - j;
}

/* Its name has another address now: it was replaced. */
static bool is_named(const struct map *names, const struct slice *slice, const struct endpoint *endpoint)
{
	const char *name = slice_string(slice, endpoint->hostname);
	return name[0] != '\0' && map_get(names, name, strlen(name)) != NULL;
}

static struct map *names_of(const struct slice *slice)
{
	struct map *names = map_new();
	for (uint32_t i = 0; i < endpoint_count(slice); i++) {
		const char *name = slice_string(slice, slice->endpoints[i].hostname);
		if (name[0] != '\0')
			map_put(names, name, strlen(name), names);
	}
	return names;
}

/* Leaves in `left` those that linger. */
static void keep_movers(struct leaving *leaving)
{
	struct map *names = names_of(leaving->after);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < leaving->count; i++) {
		const struct endpoint *endpoint = &leaving->before->endpoints[leaving->left[i]];
		if (endpoint->ready && !endpoint->terminating &&
		    !is_named(names, leaving->before, endpoint))
			leaving->left[kept++] = leaving->left[i];
	}
	leaving->count = kept;
	map_free(names);
}

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

/* Where as many come as leave they took their places. */
static bool find_movers(const struct lingering *linger, struct leaving *leaving)
{
	leaving->count = leaving->come = 0;
	if (leaving->before->endpoint_count == 0 || !same_owner(leaving->before, leaving->after) ||
	    !is_owned(linger, leaving->before))
		return false;
	leaving->left = mem_alloc(leaving->before->endpoint_count * sizeof(*leaving->left));
	compare(leaving);
	if (leaving->count > leaving->come)
		keep_movers(leaving);
	else
		leaving->count = 0;
	return leaving->count > 0;
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

static struct object *blend(const struct leaving *leaving)
{
	struct slice fields = leaving->after != NULL ? *leaving->after : *leaving->before;
	uint32_t there = endpoint_count(leaving->after);
	struct endpoint_text *all = mem_alloc((there + leaving->count) * sizeof(*all));
	for (uint32_t i = 0; i < there; i++)
		add_endpoint(&all[i], leaving->after, i);
	for (uint32_t i = 0; i < leaving->count; i++)
		add_endpoint(&all[there + i], leaving->before, leaving->left[i]);
	fields.endpoint_count = there + leaving->count;
	struct object *object = slice_new(&fields, all);
	object->version = fields.head.version;
	mem_free(all);
	return object;
}

static void set_timer(struct lingering *linger, uint64_t wait_ns)
{
	const struct timeval wait = { (time_t)(wait_ns / 1000000000),
				      (suseconds_t)(wait_ns % 1000000000 / 1000) };
	if (linger->is_set)
		return;
	linger->is_set = true;
	evtimer_add(linger->timer, &wait);
}

static void let_go(struct lingering *linger, const struct object *object)
{
	const struct text *key = key_of(linger, object);
	struct held *held = map_remove(linger->held, key->data, key->size);
	object_drop(held->shown);
	mem_free(held);
}

/* The slice is shown with those that have left; what was shown before it goes. */
static void hold(struct lingering *linger, struct held *held, const struct object *before,
		 const struct leaving *leaving)
{
	struct object *shown = blend(leaving), *was = NULL;
	if (held == NULL) {
		const struct text *key = key_of(linger, before);
		held = mem_zalloc(sizeof(*held));
		held->due_ns = clock_now_ns() + LINGER_MS * UINT64_C(1000000);
		map_put(linger->held, key->data, key->size, held);
		set_timer(linger, LINGER_MS * UINT64_C(1000000));
	} else {
		was = held->shown;
	}
	held->shown = shown;
	tell(linger, was != NULL ? was : before, shown);
	object_drop(was);
}

static void slice_changed(struct lingering *linger, const struct object *before,
			  const struct object *after)
{
	const struct object *any = before != NULL ? before : after;
	const struct text *key = key_of(linger, any);
	struct held *held = map_get(linger->held, key->data, key->size);
	const struct object *shown = held != NULL ? held->shown : before;
	struct leaving leaving = { .before = slice_of(shown), .after = slice_of(after) };
	if (shown != NULL && find_movers(linger, &leaving)) {
		hold(linger, held, shown, &leaving);
	} else {
		tell(linger, shown, after);
		if (held != NULL)
			let_go(linger, any);
	}
	mem_free(leaving.left);
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

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct lingering *linger = context;
	uint64_t now = clock_now_ns(), next = UINT64_MAX;
	size_t position = 0, key_size;
	const void *key;
	void *value;
	bool changed = false;
	(void)fd;
	(void)what;
	linger->is_set = false;
	while (map_next(linger->held, &position, &key, &key_size, &value)) {
		struct held *held = value;
		if (held->due_ns > now) {
			next = held->due_ns < next ? held->due_ns : next;
			continue;
		}
		struct object *shown = held->shown;
		map_remove(linger->held, key, key_size);
		mem_free(held);
		tell(linger, shown,
		     model_get(linger->options.model, OBJECT_SLICE, shown->namespace_, shown->name));
		object_drop(shown);
		changed = true;
	}
	if (next != UINT64_MAX)
		set_timer(linger, next - now);
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
	while (map_next(linger->held, &position, &key, &key_size, &value)) {
		object_drop(((struct held *)value)->shown);
		mem_free(value);
	}
	map_free(linger->held);
	text_done(&linger->key);
	event_free(linger->timer);
	mem_free(linger);
}
