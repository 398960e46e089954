/* SPDX-License-Identifier: Apache-2.0 */
/* Loops: who is asked by us and asks us. Each target is sent a question with a name that only we
 * can have made: a number, and the hash of it under a key that never leaves this process. When it
 * comes in by any listener the target is asked nothing else any more; questions of this kind go on,
 * and when several in a row did not come back it is asked again. They are sent at the start, until
 * everyone on the way is up, when a question failed in a way that loops have, and now and then.
 *
 * Listeners and targets meet in a table of slots, which has no lock: a query thread marks the slot
 * that the number names, and the target's own thread looks at it when its question has ended. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "upstream_parts.h"

enum {
	SLOTS = 256,
	NUMBER_SIZE = 16, /* hexadecimal digits of a label */
	PATIENCE_MS = 2000,
	FIRST_MS = 200, /* listeners open in the meantime */
	OFTEN = 4,	/* answers to questions at the start, a second apart */
	OFTEN_MS = 1000,
	START_MS = 30000, /* that it may take others to start, too */
	SELDOM_MS = 30000,
	SUSPECT_MS = 3000, /* at least, between questions for which there is a reason */
	FOUND_MS = 2000,   /* between questions to a target that leads back */
	MISSED_LEAST = 3,  /* that did not come back, and it is over */
};

enum slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_MARKING, SLOT_SEEN };
struct loop_slot {
	_Atomic uint64_t number; /* of the last question; 0: none */
	atomic_int state;
	struct upstream_sighting sighting; /* of SEEN */
};

static struct loop_slot slots[SLOTS];
static struct hash_key key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	key = hash_key_random();
}

/* ---- names: NUMBER.HASH.zone ---- */

static uint64_t hash_of(uint64_t number, const uint8_t *zone)
{
	uint8_t text[sizeof(number) + DNS_NAME_MAX];
	size_t size = name_size(zone);
	memcpy(text, &number, sizeof(number));
	memcpy(text + sizeof(number), zone, size);
	return hash_bytes(&key, text, sizeof(number) + size);
}

static void write_number(uint64_t number, uint8_t *ret_label)
{
	char digits[NUMBER_SIZE + 1];
	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)number);
	ret_label[0] = NUMBER_SIZE;
	memcpy(ret_label + 1, digits, NUMBER_SIZE);
}

static bool read_number(const uint8_t *label, uint64_t *ret_number)
{
	*ret_number = 0;
	if (label[0] != NUMBER_SIZE)
		return false;
	for (unsigned i = 1; i <= NUMBER_SIZE; i++) {
		uint8_t digit = label[i];
		bool is_decimal = digit >= '0' && digit <= '9';
		if (!is_decimal && (digit < 'a' || digit > 'f'))
			return false;
		*ret_number =
			*ret_number << 4 | (unsigned)(is_decimal ? digit - '0' : digit - 'a' + 10);
	}
	return true;
}

/* False: the zone is too long for two more labels. */
static bool write_name_of(uint64_t number, const char *zone, struct upstream_question *ret_question)
{
	enum { FRONT = 2 * (1 + NUMBER_SIZE) };
	uint8_t name[DNS_NAME_MAX], size;
	if (!name_parse(zone, name, &size) || size + FRONT > DNS_NAME_MAX)
		return false;
	name_lower(name, size);
	write_number(number, ret_question->name);
	write_number(hash_of(number, name), ret_question->name + FRONT / 2);
	memcpy(ret_question->name + FRONT, name, size);
	ret_question->name_size = (uint8_t)(size + FRONT);
	return true;
}

/* ---- query threads ---- */

static void mark(struct loop_slot *slot, uint64_t number, const struct upstream_sighting *sighting)
{
	int taken = SLOT_TAKEN;
	if (atomic_load_explicit(&slot->number, memory_order_acquire) != number ||
	    !atomic_compare_exchange_strong(&slot->state, &taken, SLOT_MARKING))
		return;
	slot->sighting = *sighting;
	atomic_store_explicit(&slot->state, SLOT_SEEN, memory_order_release);
}

bool upstream_is_own_question(const struct dns_query *query, const struct upstream_sighting *sighting)
{
	uint64_t number, hash;
	if (query->type != TYPE_HINFO || query->class_ != CLASS_IN || query->label_count < 2 ||
	    !read_number(query->lower, &number) ||
	    !read_number(query->lower + query->labels[1], &hash))
		return false;
	pthread_once(&key_made, make_key);
	const uint8_t *zone = query->lower + 2 * (1 + NUMBER_SIZE);
	if (hash != hash_of(number, zone))
		return false;
	mark(&slots[number % SLOTS], number, sighting);
	return true;
}

/* ---- the target's thread ---- */

static struct loop_slot *slot_take(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		int free_ = SLOT_FREE;
		if (atomic_compare_exchange_strong(&slots[i].state, &free_, SLOT_TAKEN))
			return &slots[i];
	}
	return NULL;
}

/* Whoever is marking is done in a moment. */
static void slot_set(struct loop_slot *slot, enum slot_state state)
{
	while (atomic_load_explicit(&slot->state, memory_order_acquire) == SLOT_MARKING)
		continue;
	atomic_store(&slot->state, (int)state);
}

/* A number that nobody guesses, of which the last octet names the slot. */
static void slot_renew(struct loop_slot *slot)
{
	uint64_t number;
	random_bytes(&number, sizeof(number));
	number = (number - number % SLOTS) + (uint64_t)(slot - slots);
	atomic_store_explicit(&slot->number, number == 0 ? SLOTS : number, memory_order_release);
	slot_set(slot, SLOT_TAKEN);
}

static void schedule(struct target *target, uint64_t wait_ms, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	/* Not all at once, and not in step with other servers. */
	uint64_t wait_ns = wait_ms * MS_NS;
	wait_ns += wait_ns / 8 * draw_below(&upstream->draw, 256) / 256;
	target->loop.due_ns = now_ns + wait_ns;
	wheel_put(upstream->wheel, &target->loop.question.wake, target->loop.due_ns, now_ns);
}

static void say_found(const struct target *target, const struct upstream_sighting *sighting)
{
	char from[ADDRESS_TEXT_SIZE] = "unknown", at[ADDRESS_TEXT_SIZE], name[NAME_TEXT_SIZE];
	if (sighting->from.ip.family != 0)
		address_print(&sighting->from, from);
	snprintf(at, sizeof(at), ":%u", (unsigned)sighting->at.port);
	if (sighting->at.ip.family != 0)
		address_print(&sighting->at, at);
	name_print(target->loop.question.wanted.name, name);
	log_line(LOG_ERROR, "loop",
		 "Loop (%s -> %s) detected for zone \"%s\": %s leads back here and is not asked until "
		 "that ends, see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO %s\"",
		 from, at, target->upstream->config->loop_zone, target->text, name);
}

static void set_found(struct target *target, bool is_found)
{
	struct loop *loop = &target->loop;
	loop->missed = 0;
	if (target_loops(target) == is_found)
		return;
	atomic_store_explicit(&loop->is_found, is_found, memory_order_relaxed);
	if (is_found) {
		tally_add(loop->found, 1);
		say_found(target, &loop->slot->sighting);
	} else {
		log_line(LOG_INFO, "loop", "%s does not lead back here any more, it is asked again",
			 target->text);
	}
}

/* What became of the last question. */
static void look(struct target *target, bool is_over)
{
	struct loop *loop = &target->loop;
	if (!loop->is_pending)
		return;
	if (atomic_load_explicit(&loop->slot->state, memory_order_acquire) == SLOT_SEEN) {
		loop->is_pending = false;
		set_found(target, true);
	} else if (is_over) {
		loop->is_pending = false;
		if (target_loops(target) && ++loop->missed >= MISSED_LEAST)
			set_found(target, false);
	}
}

static void schedule_next(struct target *target, uint64_t now_ns)
{
	const struct loop *loop = &target->loop;
	uint64_t wait_ms = target_loops(target) ? FOUND_MS : SELDOM_MS;
	bool is_start = loop->answered < OFTEN && now_ns - loop->begun_ns < START_MS * MS_NS;
	if (target_loops(target) ? loop->missed > 0 : is_start)
		wait_ms = OFTEN_MS;
	schedule(target, wait_ms, now_ns);
}

void loop_question_ended(struct target *target, bool is_answered, uint64_t now_ns)
{
	target->loop.answered += is_answered;
	look(target, false); /* it may still come, by a longer way */
	schedule_next(target, now_ns);
}

static void ask(struct target *target, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	struct loop *loop = &target->loop;
	struct question *question = &loop->question;
	question_init(upstream, question);
	question->looped = target;
	question->is_plain = true;
	question->deadline_ns = now_ns + PATIENCE_MS * MS_NS;
	question->wanted =
		(struct upstream_question){ .type = TYPE_HINFO, .class_ = CLASS_IN, .recursion = true };
	slot_renew(loop->slot);
	uint64_t number = atomic_load_explicit(&loop->slot->number, memory_order_relaxed);
	if (!write_name_of(number, upstream->config->loop_zone, &question->wanted))
		return;
	loop->sent_ns = now_ns;
	loop->is_pending =
		attempt_start(question, target, upstream->config->force_tcp, now_ns) != NULL;
	if (loop->is_pending)
		wheel_put(upstream->wheel, &question->wake, question->deadline_ns, now_ns);
	else
		schedule_next(target, now_ns);
}

void loop_wake(struct target *target, uint64_t now_ns)
{
	struct loop *loop = &target->loop;
	struct attempt *attempt = &loop->question.attempts[0];
	uint64_t due_ns = attempt->line != NULL ? loop->question.deadline_ns : loop->due_ns;
	if (now_ns < due_ns) {
		wheel_put(target->upstream->wheel, &loop->question.wake, due_ns, now_ns);
		return;
	}
	if (attempt->line != NULL) {
		attempt_stop(attempt);
		loop_question_ended(target, false, now_ns);
		return;
	}
	look(target, true);
	ask(target, now_ns);
}

void loop_suspect(struct target *target, uint64_t now_ns)
{
	struct loop *loop = &target->loop;
	uint64_t due_ns = loop->sent_ns + SUSPECT_MS * MS_NS;
	if (loop->slot == NULL || target->is_gone || loop->question.attempts[0].line != NULL)
		return;
	if (due_ns < now_ns)
		due_ns = now_ns;
	if (due_ns >= loop->due_ns)
		return;
	loop->due_ns = due_ns;
	wheel_put(target->upstream->wheel, &loop->question.wake, due_ns, now_ns);
}

static double read_found(void *context)
{
	return target_loops(context) ? 1 : 0;
}

static void open_meters(struct target *target)
{
	struct metrics *metrics = target->upstream->metrics;
	char labels[OWN_LABELS_SIZE];
	meters_label_own(target, labels);
	target->loop.found =
		metrics_counter(metrics, "knamed_forward_loops_total",
				"Times that an upstream was found to lead back here.", labels);
	metrics_value(metrics, "knamed_forward_quarantined", "gauge",
		      "Whether an upstream is not asked since it leads back here.", labels,
		      read_found, target);
}

void loop_begin(struct target *target, uint64_t now_ns)
{
	struct loop *loop = &target->loop;
	if (target->upstream->config->loop_zone == NULL)
		return;
	pthread_once(&key_made, make_key);
	loop->slot = slot_take();
	if (loop->slot == NULL) {
		log_line(LOG_WARNING, "loop",
			 "more than %d upstreams: it is not seen whether %s leads back", SLOTS,
			 target->text);
		return;
	}
	open_meters(target);
	loop->question.looped = target;
	loop->begun_ns = now_ns;
	schedule(target, FIRST_MS, now_ns);
}

void loop_end(struct target *target)
{
	struct loop *loop = &target->loop;
	if (loop->slot == NULL)
		return;
	wheel_take(target->upstream->wheel, &loop->question.wake);
	if (loop->question.attempts[0].line != NULL)
		attempt_stop(&loop->question.attempts[0]);
	atomic_store(&loop->slot->number, 0);
	slot_set(loop->slot, SLOT_FREE);
	loop->slot = NULL;
}
