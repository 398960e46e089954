/* SPDX-License-Identifier: Apache-2.0 */
/* Errands come in, questions go out, replies go back. One thread: sockets of upstreams wait,
 * nothing here does. */
#include "away.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "away_parts.h"
#include "query.h"

enum { AWAY_NICE = 5 };

/* ---- replies ---- */

static void send_reply(struct away *away, struct errand *errand, uint8_t *room, size_t size)
{
	if (errand->connection == NULL) {
		if (size > 0)
			away_replies_send(away->replies, errand, size);
		return;
	}
	put_u16(room, (uint16_t)size);
	connection_deliver(errand->connection, room, size > 0 ? 2 + size : 0);
}

/* As if the question had come just now, but for what is known since, and when it came. False: it
 * cannot be answered yet; but for a trial, the errand is ready for what is wanted next. */
static bool answer(struct away *away, struct errand *errand, struct arrival *arrival, bool is_trial)
{
	struct asker *asker = errand->router->away_asker;
	uint8_t *room = away_replies_room(away->replies);
	assert(arrival != NULL);
	arrival->before = errand->kept != NULL ? &errand->kept->arrival : NULL;
	errand->is_trial = is_trial;
	errand->goes_on = false;
	answers_reader_online();
	asker_begin(asker, errand->listener);
	asker->began_ns = errand->began_ns;
	asker->arrival = arrival;
	asker->errand = errand;
	size_t size = question_answer_again(asker, &errand->info, &errand->query, room + 2);
	asker->arrival = NULL;
	asker->errand = NULL;
	asker_end(asker);
	answers_reader_offline();
	if (!errand->goes_on)
		send_reply(away, errand, room, size);
	return !errand->goes_on;
}

/* ---- answers that are not the last ---- */

static void keep(struct errand *errand, const struct arrival *arrival, const uint8_t *name)
{
	const struct dns_message *message = arrival->message;
	size_t size = message != NULL ? message->size : 0;
	struct kept *kept = mem_zalloc(sizeof(*kept) + size);
	kept->arrival = *arrival;
	memcpy(kept->name, name, name_size(name));
	kept->arrival.name = kept->name;
	if (message != NULL) {
		memcpy(kept->bytes, message->packet, size);
		kept->message = *message;
		kept->message.packet = kept->bytes;
		kept->arrival.message = &kept->message;
	}
	if (arrival->problem != NULL) {
		error_set(&kept->problem, "%s", arrival->problem);
		kept->arrival.problem = kept->problem.text;
	}
	kept->size = sizeof(*kept) + size;
	kept->before = errand->kept;
	errand->kept = kept;
	errand->kept_count++;
	errand->away->kept_size += kept->size;
}

static void drop_kept(struct errand *errand)
{
	while (errand->kept != NULL) {
		struct kept *kept = errand->kept;
		errand->kept = kept->before;
		errand->away->kept_size -= kept->size;
		mem_free(kept);
	}
	errand->kept_count = 0;
}

static void set_out(struct errand *errand);

/* Home, or on for what is wanted beside it. */
static void finish(struct errand *errand, struct arrival *arrival)
{
	struct away *away = errand->away;
	uint8_t name[DNS_NAME_MAX + 1];
	if (errand->has_patience)
		evtimer_del(&errand->patience);
	errand->has_patience = false;
	away->under_way--;
	if (!errand->is_refresh) {
		memcpy(name, errand->name, errand->name_size);
		if (!answer(away, errand, arrival, false)) {
			keep(errand, arrival, name);
			set_out(errand);
			return;
		}
	}
	if (errand->has_deadline)
		evtimer_del(&errand->deadline);
	drop_kept(errand);
	struct router *router = errand->router;
	errand_return(errand);
	atomic_fetch_sub_explicit(&router->errands, 1, memory_order_release); /* it may go now */
	if (away->under_way == 0 && atomic_load(&away->is_closing))
		event_active(away->wake, EV_READ, 0); /* more may have come in meanwhile */
}

/* ---- the cache ---- */

/* What the cache has, as a message that can be walked. wants_stale: also what has run out. */
static bool take_cached(struct away *away, struct errand *errand, bool wants_stale,
			struct dns_message *ret_message, bool *ret_is_stale)
{
	struct cache *cache = errand->block->forwardings->cache;
	struct dns_writer writer = { away->found, away->found, away->found + sizeof(away->found) };
	struct cached cached;
	if (cache == NULL)
		return false;
	memset(away->found, 0, DNS_HEADER_SIZE);
	writer.at += DNS_HEADER_SIZE;
	write_bytes(&writer, errand->name, errand->name_size);
	write_u16(&writer, errand->wanted.type);
	write_u16(&writer, errand->wanted.class_);
	size_t room = (size_t)(writer.end - writer.at);
	uint64_t now = clock_now_ns();
	enum cache_verdict verdict =
		wants_stale ? cache_find_stale(cache, &errand->wanted, now, writer.at, room, &cached)
			    : cache_find(cache, &errand->wanted, now, writer.at, room, &cached);
	if (verdict != CACHE_HIT && verdict != CACHE_REFRESH)
		return false;
	errand->is_to_refresh |= verdict == CACHE_REFRESH;
	*ret_is_stale = cached.is_stale;
	put_u16(away->found + 2, (uint16_t)(FLAG_QR | cached.flags | (cached.rcode & 15u)));
	put_u16(away->found + 4, 1);
	for (unsigned i = 0; i < 3; i++)
		put_u16(away->found + 6 + 2 * i, cached.counts[i]);
	return dns_message_read(away->found, (size_t)(writer.at - away->found) + cached.size,
				ret_message);
}

/* The client has its reply; the errand may go on without it. */
static bool answer_from_cache(struct away *away, struct errand *errand, bool wants_stale)
{
	struct dns_message message;
	struct arrival arrival = {
		.block = errand->block,
		.name = errand->name,
		.type = errand->wanted.type,
		.class_ = errand->wanted.class_,
		.message = &message,
		.is_cached = true,
	};
	bool is_stale;
	if (errand->is_refresh || !take_cached(away, errand, wants_stale, &message, &is_stale))
		return false;
	arrival.extended_error = is_stale ? EDE_STALE : 0;
	arrival.extended_text = is_stale ? "its TTL has run out" : NULL;
	errand->is_refresh = answer(away, errand, &arrival, true);
	return errand->is_refresh;
}

static void on_patience_over(evutil_socket_t fd, short what, void *context)
{
	struct errand *errand = context;
	(void)fd;
	(void)what;
	errand->has_patience = false;
	/* Who asks next does not wait: others are as good as silent until something is heard. */
	if (answer_from_cache(errand->away, errand, true))
		cache_put(errand->block->forwardings->cache, &errand->wanted, NULL, clock_now_ns());
}

/* What has run out is shown when others say nothing for a while (RFC 8767 5). */
static void set_patience(struct away *away, struct errand *errand)
{
	const struct config_cache *config = errand->block->config->cache;
	struct dns_message message;
	bool is_stale;
	if (errand->is_refresh || config == NULL || config->stale_verify_ms == 0 ||
	    !take_cached(away, errand, true, &message, &is_stale))
		return;
	const struct timeval wait = timeval_of_ms(config->stale_verify_ms);
	evtimer_assign(&errand->patience, away->events, on_patience_over, errand);
	evtimer_add(&errand->patience, &wait);
	errand->has_patience = true;
}

/* `cancel`: the client hears that there is no answer, or what has run out; what is under way goes on for the cache. */
static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct errand *errand = context;
	struct arrival arrival = {
		.block = errand->block,
		.name = errand->name,
		.type = errand->wanted.type,
		.class_ = errand->wanted.class_,
		.problem = "context deadline exceeded",
		.extended_text = "no upstream has answered in time",
		.rcode = RCODE_SERVFAIL,
		.extended_error = EDE_NO_UPSTREAM,
	};
	(void)fd;
	(void)what;
	errand->has_deadline = false;
	if (errand->is_refresh || answer_from_cache(errand->away, errand, true))
		return;
	errand->is_over = true;
	answer(errand->away, errand, &arrival, true);
	errand->is_refresh = true;
}

static void set_deadline(struct away *away, struct errand *errand)
{
	uint64_t waited_ms = (clock_now_ns() - errand->began_ns) / 1000000;
	uint64_t left_ms = errand->cancel_ms > waited_ms ? errand->cancel_ms - waited_ms : 0;
	if (errand->cancel_ms == 0 || errand->is_refresh || errand->has_deadline)
		return;
	const struct timeval wait = timeval_of_ms(left_ms);
	evtimer_assign(&errand->deadline, away->events, on_deadline, errand);
	evtimer_add(&errand->deadline, &wait);
	errand->has_deadline = true;
}

/* ---- questions ---- */

static void ask(struct errand *errand);

/* `next`: the rcodes for which the next `forward` of the block is asked. */
static bool ask_next(struct errand *errand, const struct dns_message *message)
{
	const struct forwardings *forwardings = errand->block->forwardings;
	size_t first = (size_t)(errand->forwarding - forwardings->list) + 1;
	if (!upstream_is_next(errand->forwarding->config, message))
		return false;
	const struct forwarding *next = forwarding_find(forwardings, first, errand->wanted.lower);
	if (next == NULL)
		return false;
	errand->forwarding = next;
	ask(errand);
	return true;
}

static uint16_t rcode_of(enum upstream_end end, const struct errand *errand)
{
	bool is_told = end == UPSTREAM_TOO_MANY && errand->forwarding->config->max_concurrent > 0;
	return is_told ? RCODE_REFUSED : RCODE_SERVFAIL;
}

/* What clients are told; whom was asked is for the log alone. */
static const char *text_of(enum upstream_end end)
{
	switch (end) {
	case UPSTREAM_ANSWERED:
	case UPSTREAM_CLOSED:
		break;
	case UPSTREAM_TIMED_OUT:
		return "no upstream has answered in time";
	case UPSTREAM_UNREACHABLE:
		return "no upstream can be reached";
	case UPSTREAM_LOOPS:
		return "forwarding loop";
	case UPSTREAM_TOO_MANY:
		return "too many questions are on their way";
	}
	return NULL;
}

/* Whether that says something of the name. Else the cache must not hear of it: what one client is
 * refused would be a failure for all who ask for the same. */
static bool is_of_name(enum upstream_end end)
{
	return end != UPSTREAM_TOO_MANY && end != UPSTREAM_CLOSED;
}

static void on_reply(void *context, const struct upstream_reply *reply)
{
	struct errand *errand = context;
	struct away *away = errand->away;
	struct cache *cache = errand->block->forwardings->cache;
	const struct dns_message *message = reply->end == UPSTREAM_ANSWERED ? reply->message : NULL;
	if (message != NULL && ask_next(errand, message))
		return;
	bool is_kept = cache != NULL && cache_holds(cache, errand->wanted.lower);
	bool is_stale = is_kept && (!is_of_name(reply->end) ||
				    cache_put(cache, &errand->wanted, message, clock_now_ns()));
	struct dns_message kept;
	if (is_stale)
		answer_from_cache(away, errand, true);
	/* Its TTLs are those that who asks next will see. */
	if (is_kept && message != NULL && !errand->is_refresh &&
	    take_cached(away, errand, true, &kept, &is_stale) && !is_stale)
		message = &kept;
	struct arrival arrival = {
		.block = errand->block,
		.name = errand->name,
		.type = errand->wanted.type,
		.class_ = errand->wanted.class_,
		.message = message,
		.problem = reply->problem,
		.upstream = reply->target,
		.rcode = rcode_of(reply->end, errand),
		.extended_error = message == NULL ? EDE_NO_UPSTREAM : 0,
		.extended_text = text_of(reply->end),
		.is_missed = is_kept,
	};
	finish(errand, &arrival);
}

static void ask(struct errand *errand)
{
	const struct dns_query *wanted = &errand->wanted;
	const struct config_header *header = errand->block->config->header;
	unsigned set = header != NULL ? header->query.set : 0;
	struct upstream_question question = {
		.name_size = errand->name_size,
		.type = wanted->type,
		.class_ = wanted->class_,
		.dnssec_ok = wanted->dnssec_ok,
		.checking_disabled = (wanted->flags & FLAG_CD) != 0,
		.authentic_data = (wanted->flags & FLAG_AD) != 0,
		.recursion = (wanted->flags & FLAG_RD) != 0,
		.authoritative = (set & FLAG_AA) != 0,
		.available = (set & FLAG_RA) != 0,
		.proto = errand->info.proto,
		.client = errand->info.client,
	};
	memcpy(question.name, errand->name, errand->name_size);
	upstream_ask(errand->forwarding->kept->upstream, &question, on_reply, errand);
}

static void set_out(struct errand *errand)
{
	struct away *away = errand->away;
	away->under_way++;
	errand->is_to_refresh = false;
	if (errand->looks_first && answer_from_cache(away, errand, false) && !errand->is_to_refresh) {
		finish(errand, NULL); /* nobody waits any more */
		return;
	}
	set_patience(away, errand);
	set_deadline(away, errand);
	ask(errand);
}

static void look_for_end(struct away *away)
{
	const struct timeval patience = timeval_of_ms(away->patience_ms);
	if (away->under_way == 0)
		event_base_loopbreak(away->events);
	else if (!evtimer_pending(away->patience, NULL))
		evtimer_add(away->patience, &patience);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct away *away = context;
	eventfd_t count;
	(void)what;
	eventfd_read(fd, &count);
	for (struct errand *errand = errands_take(away), *next; errand != NULL; errand = next) {
		next = errand->next;
		set_out(errand);
	}
	away_run_job(away);
	if (atomic_load_explicit(&away->is_closing, memory_order_acquire))
		look_for_end(away);
}

static void on_patience(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(((struct away *)context)->events);
}

/* ---- life ---- */

void *away_run(void *context)
{
	struct away *away = context;
	/* Names that are ours come first where there is one CPU for both. Where it is not allowed, it is as before. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), AWAY_NICE);
	answers_reader_start();
	answers_reader_offline();
	event_base_dispatch(away->events);
	away->is_over = true;
	away_close_all(away);
	answers_reader_online();
	answers_reader_end();
	return NULL;
}

bool away_is_needed(const struct router *router)
{
	for (size_t i = 0; i < router->block_count; i++)
		if (router->blocks[i].forwardings != NULL)
			return true;
	return false;
}

struct away *away_new(struct error *error)
{
	int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct event_base *events = wake_fd < 0 ? NULL : event_base_new();
	if (events == NULL) {
		error_set(error, "cannot make an event loop: %s", strerror(errno));
		if (wake_fd >= 0)
			close(wake_fd);
		return NULL;
	}
	struct away *away = mem_zalloc(sizeof(*away));
	away->events = events;
	away->wake_fd = wake_fd;
	away->wake = event_new(events, wake_fd, EV_READ | EV_PERSIST, on_wake, away);
	away->patience = evtimer_new(events, on_patience, away);
	away->replies = away_replies_new(events);
	event_add(away->wake, NULL);
	return away;
}

struct errands *away_join(struct away *away, size_t thread_count)
{
	return errands_new(away, ERRANDS / thread_count);
}

void away_stop(struct away *away, unsigned patience_ms)
{
	away->patience_ms = patience_ms;
	atomic_store_explicit(&away->is_closing, true, memory_order_release);
	eventfd_write(away->wake_fd, 1);
}

uint64_t away_unsent(const struct away *away)
{
	return away_replies_unsent(away->replies);
}

void away_free(struct away *away)
{
	if (away == NULL)
		return;
	away_close_all(away);
	away_replies_free(away->replies);
	event_free(away->wake);
	event_free(away->patience);
	event_base_free(away->events);
	close(away->wake_fd);
	mem_free(away);
}
