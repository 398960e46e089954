/* SPDX-License-Identifier: Apache-2.0 */
/* A slot for every few milliseconds, a list in each, a bit for each slot that has something. The
 * loop's timer stands at the first of these. */
#include "wheel.h"

#include <event2/event.h>

enum {
	SLOTS = 2048,
	TICK_BITS = 22, /* 4.2 ms; 8.6 s once around */
	WORD_BITS = 64,
	WORDS = SLOTS / WORD_BITS,
};

struct wheel {
	wheel_call call;
	void *context;
	struct event *timer;
	uint64_t done;	/* all up to this tick were called */
	uint64_t armed; /* the timer stands here; 0: it does not run */
	size_t count;
	uint64_t busy[WORDS];
	struct wheel_entry slots[SLOTS];
};

static uint64_t tick_of(uint64_t ns)
{
	return ns >> TICK_BITS;
}

static void list_init(struct wheel_entry *list)
{
	list->before = list->behind = list;
}

static void list_remove(struct wheel_entry *entry)
{
	entry->before->behind = entry->behind;
	entry->behind->before = entry->before;
	entry->before = entry->behind = NULL;
}

static void arm(struct wheel *wheel, uint64_t tick, uint64_t now_ns)
{
	uint64_t at_ns = tick << TICK_BITS, wait_ns = at_ns > now_ns ? at_ns - now_ns : 0;
	struct timeval wait = timeval_of_ns(wait_ns + 1000);
	wheel->armed = tick;
	event_add(wheel->timer, &wait);
}

/* The first tick behind `done` whose slot has something. */
static uint64_t first_busy(const struct wheel *wheel)
{
	for (uint64_t tick = wheel->done + 1; tick < wheel->done + 1 + SLOTS;) {
		unsigned slot = tick % SLOTS, bit = slot % WORD_BITS;
		uint64_t word = wheel->busy[slot / WORD_BITS] >> bit;
		if (word != 0)
			return tick + (unsigned)__builtin_ctzll(word);
		tick += WORD_BITS - bit;
	}
	return 0;
}

/* Calls may put and take, also what is in this list. */
static void call_slot(struct wheel *wheel, unsigned slot, uint64_t now_ns)
{
	struct wheel_entry due;
	wheel->busy[slot / WORD_BITS] &= ~(1ull << slot % WORD_BITS);
	if (wheel->slots[slot].behind == &wheel->slots[slot])
		return;
	due = wheel->slots[slot];
	due.before->behind = &due;
	due.behind->before = &due;
	list_init(&wheel->slots[slot]);
	while (due.behind != &due) {
		struct wheel_entry *entry = due.behind;
		list_remove(entry);
		wheel->count--;
		wheel->call(wheel->context, entry, now_ns);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct wheel *wheel = context;
	uint64_t now_ns = clock_now_ns(), now = tick_of(now_ns), first = wheel->done + 1;
	wheel->armed = 0;
	if (now < first) {
		arm(wheel, first, now_ns);
		return;
	}
	uint64_t last = now - first < SLOTS ? now : first + SLOTS - 1;
	wheel->done = now;
	for (uint64_t tick = first; tick <= last; tick++)
		call_slot(wheel, tick % SLOTS, now_ns);
	uint64_t next = wheel->count == 0 ? 0 : first_busy(wheel);
	if (next != 0 && (wheel->armed == 0 || next < wheel->armed))
		arm(wheel, next, clock_now_ns());
}

struct wheel *wheel_new(struct event_base *events, wheel_call call, void *context)
{
	struct wheel *wheel = mem_zalloc(sizeof(*wheel));
	wheel->call = call;
	wheel->context = context;
	wheel->timer = evtimer_new(events, on_timer, wheel);
	/* What has arrived is taken before it is said to be late. */
	event_priority_set(wheel->timer, event_base_get_npriorities(events) - 1);
	for (unsigned i = 0; i < SLOTS; i++)
		list_init(&wheel->slots[i]);
	return wheel;
}

void wheel_free(struct wheel *wheel)
{
	if (wheel == NULL)
		return;
	event_free(wheel->timer);
	mem_free(wheel);
}

void wheel_put(struct wheel *wheel, struct wheel_entry *entry, uint64_t due_ns, uint64_t now_ns)
{
	wheel_take(wheel, entry);
	if (wheel->count == 0 && tick_of(now_ns) > wheel->done)
		wheel->done = tick_of(now_ns);
	uint64_t tick = tick_of(due_ns) + 1, last = wheel->done + SLOTS - 1;
	tick = tick <= wheel->done ? wheel->done + 1 : tick > last ? last : tick;
	unsigned slot = tick % SLOTS;
	struct wheel_entry *list = &wheel->slots[slot];
	*entry = (struct wheel_entry){ list->before, list };
	list->before->behind = entry;
	list->before = entry;
	wheel->busy[slot / WORD_BITS] |= 1ull << slot % WORD_BITS;
	wheel->count++;
	if (wheel->armed == 0 || tick < wheel->armed)
		arm(wheel, tick, now_ns);
}

void wheel_take(struct wheel *wheel, struct wheel_entry *entry)
{
	if (entry->behind == NULL)
		return;
	list_remove(entry);
	wheel->count--;
}
