/* SPDX-License-Identifier: Apache-2.0 */
/* Upstreams live on the away thread's loop: while it runs, it opens and closes them, and the control thread waits. */
#include <sys/eventfd.h>

#include "away_parts.h"

enum { TARGETS_LOOKED_AT = 32 };

/* ---- jobs ---- */

void away_run_job(struct away *away)
{
	struct away_job *job = atomic_exchange_explicit(&away->job, NULL, memory_order_acquire);
	if (job == NULL)
		return;
	job->run(job->context);
	sem_post(&job->done);
}

void away_started(struct away *away)
{
	away->is_running = true;
}

static void call(struct away *away, void (*run)(void *context), void *context)
{
	struct away_job job = { .run = run, .context = context };
	if (!away->is_running) {
		run(context);
		return;
	}
	sem_init(&job.done, 0, 0);
	atomic_store_explicit(&away->job, &job, memory_order_release);
	eventfd_write(away->wake_fd, 1);
	while (sem_wait(&job.done) != 0)
		;
	sem_destroy(&job.done);
}

/* ---- upstreams ---- */

struct opening {
	struct away *away;
	struct router *router;
	struct error *error;
	bool is_good;
};

static bool open_one(struct opening *opening, struct kept_upstream *kept)
{
	struct away *away = opening->away;
	const struct upstream_options options = { away->events, kept->directive,
						  opening->router->metrics };
	if (kept->upstream != NULL)
		return true;
	kept->upstream = upstream_open(&options, opening->error);
	if (kept->upstream == NULL)
		return false;
	kept->away = away;
	kept->next = away->upstreams;
	away->upstreams = kept;
	return true;
}

static void run_open(void *context)
{
	struct opening *opening = context;
	opening->is_good = true;
	for (size_t i = 0; i < opening->router->block_count; i++) {
		struct forwardings *forwardings = opening->router->blocks[i].forwardings;
		for (size_t j = 0; forwardings != NULL && j < forwardings->count; j++)
			opening->is_good =
				opening->is_good && open_one(opening, forwardings->list[j].kept);
	}
}

bool away_open(struct away *away, struct router *router, struct error *error)
{
	struct opening opening = { .away = away, .router = router, .error = error };
	call(away, run_open, &opening);
	return opening.is_good;
}

static void run_close(void *context)
{
	struct kept_upstream *kept = context;
	struct kept_upstream **link = &kept->away->upstreams;
	while (*link != kept)
		link = &(*link)->next;
	*link = kept->next;
	upstream_close(kept->upstream);
	kept->upstream = NULL;
}

void away_close(struct away *away, struct kept_upstream *kept)
{
	call(away, run_close, kept);
}

/* ---- looking at them ---- */

struct looking {
	const struct router *router;
	struct serve_upstream *upstreams;
	size_t count, room;
};

static void look_at(struct looking *looking, const struct forwarding *forwarding)
{
	struct upstream_target targets[TARGETS_LOOKED_AT];
	if (forwarding->kept->upstream == NULL)
		return;
	size_t count = upstream_describe(forwarding->kept->upstream, targets, COUNT_OF(targets));
	for (size_t i = 0; i < count && looking->count < looking->room; i++)
		looking->upstreams[looking->count++] =
			(struct serve_upstream){ forwarding->config->from.text, targets[i] };
}

static void run_look(void *context)
{
	struct looking *looking = context;
	for (size_t i = 0; i < looking->router->block_count; i++) {
		const struct forwardings *forwardings = looking->router->blocks[i].forwardings;
		for (size_t j = 0; forwardings != NULL && j < forwardings->count; j++)
			look_at(looking, &forwardings->list[j]);
	}
}

size_t away_look(struct away *away, const struct router *router,
		 struct serve_upstream *ret_upstreams, size_t room)
{
	struct looking looking = { .router = router, .upstreams = ret_upstreams, .room = room };
	call(away, run_look, &looking);
	return looking.count;
}

void away_close_all(struct away *away)
{
	for (struct kept_upstream *kept = away->upstreams; kept != NULL; kept = kept->next) {
		upstream_close(kept->upstream);
		kept->upstream = NULL;
	}
	away->upstreams = NULL;
	away_replies_flush(away->replies);
}
