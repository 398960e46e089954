/* SPDX-License-Identifier: Apache-2.0 */
/* Errands go to the away thread and come back over two stacks: many push, one takes all. */
#include "errand.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "away_parts.h"

/* ---- a thread's own ---- */

struct errands *errands_new(struct away *away, size_t count)
{
	struct errands *errands = mem_zalloc(sizeof(*errands));
	errands->away = away;
	/* Not zeroed: what is never under way never takes memory. */
	errands->all = mem_alloc(count * sizeof(*errands->all));
	errands->unused = count;
	errands->shares = shares_of((unsigned)count);
	atomic_init(&errands->returned, NULL);
	return errands;
}

void errands_free(struct errands *errands)
{
	if (errands == NULL)
		return;
	mem_free(errands->all);
	mem_free(errands);
}

static void take_back(struct errands *errands)
{
	struct errand *next;
	if (atomic_load_explicit(&errands->returned, memory_order_relaxed) == NULL)
		return;
	struct errand *errand =
		atomic_exchange_explicit(&errands->returned, NULL, memory_order_acquire);
	for (; errand != NULL; errand = next) {
		next = errand->next;
		shares_give_back(&errands->shares, &errand->share);
		errand->next = errands->mine;
		errands->mine = errand;
	}
}

/* NULL: none is left, or the client has its share of them. */
static struct errand *take_one(struct errands *errands, const struct ip *client)
{
	struct share share;
	take_back(errands);
	if (!shares_take(&errands->shares, client, &share))
		return NULL;
	struct errand *errand = errands->mine;
	if (errand != NULL)
		errands->mine = errand->next;
	else
		errand = &errands->all[--errands->unused];
	errand->share = share;
	return errand;
}

/* True: nothing was there. */
static bool push(_Atomic(struct errand *) *stack, struct errand *errand)
{
	struct errand *top = atomic_load_explicit(stack, memory_order_relaxed);
	do
		errand->next = top;
	while (!atomic_compare_exchange_weak_explicit(stack, &top, errand, memory_order_release,
						      memory_order_relaxed));
	return top == NULL;
}

void errand_return(struct errand *errand)
{
	push(&errand->home->returned, errand);
}

/* ---- on its way ---- */

static void take_way_back(struct errand *errand, const struct way_back *way)
{
	errand->connection = way->connection;
	errand->fd = way->fd;
	errand->address_size = errand->control_size = 0;
	if (errand->is_refresh || way->message == NULL)
		return;
	const struct msghdr *message = way->message;
	errand->address_size = message->msg_namelen;
	memcpy(&errand->address, message->msg_name, message->msg_namelen);
	errand->control_size = (socklen_t)message->msg_controllen;
	if (message->msg_controllen > 0)
		memcpy(errand->control, message->msg_control, message->msg_controllen);
}

static void take_question(struct errand *errand, const struct question *question)
{
	errand->info = *question->info;
	errand->query = question->query;
	memcpy(errand->head, question->query.packet, question->query.question_end);
	errand->query.packet = errand->head;
}

static void take_order(struct errand *errand, const struct errand_order *order)
{
	errand->block = order->block;
	errand->forwarding = order->forwarding;
	errand->looks_first = order->looks_first;
	errand->wanted = *order->wanted;
	errand->name_size = order->wanted->name_size;
	memcpy(errand->name, order->name, errand->name_size);
}

/* What it has brought back so far is not enough. */
static bool go_on(struct errand *errand, const struct errand_order *order)
{
	if (order->is_refresh || errand->is_over || errand->kept_count + 1 >= STAGES_MOST ||
	    errand->away->kept_size >= KEPT_MOST || errand->away->is_over)
		return false;
	errand->goes_on = true;
	if (!errand->is_trial)
		take_order(errand, order);
	return true;
}

bool errand_send(struct asker *asker, const struct question *question, const struct errand_order *order)
{
	struct errands *errands = asker->errands;
	if (asker->errand != NULL)
		return go_on(asker->errand, order);
	if (errands == NULL || atomic_load_explicit(&errands->away->is_closing, memory_order_acquire))
		return false;
	asker_learn_addresses(asker);
	struct errand *errand = take_one(errands, &question->info->client);
	if (errand == NULL)
		return false;
	errand->home = errands;
	errand->away = errands->away;
	errand->router = asker->router;
	errand->listener = asker->listener;
	errand->began_ns = asker->began_ns;
	errand->is_refresh = order->is_refresh;
	errand->has_patience = errand->has_deadline = errand->is_over = false;
	errand->cancel_ms = asker->client_question->route->block->config->cancel_ms;
	errand->kept = NULL;
	errand->kept_count = 0;
	take_way_back(errand, &asker->way_back);
	take_question(errand, question->is_inner ? asker->client_question : question);
	take_order(errand, order);
	if (errand->connection != NULL && !errand->is_refresh)
		connection_owe(errand->connection);
	atomic_fetch_add_explicit(&asker->router->errands, 1, memory_order_relaxed);
	if (push(&errands->away->inbox, errand))
		eventfd_write(errands->away->wake_fd, 1);
	return true;
}

struct errand *errands_take(struct away *away)
{
	struct errand *newest = atomic_exchange_explicit(&away->inbox, NULL, memory_order_acquire);
	struct errand *oldest = NULL;
	while (newest != NULL) {
		struct errand *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}
