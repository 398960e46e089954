/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a flood passes. While packets are lost, less; while there is room, more, until all
 * passes. What the worker did when it was flooded is what it can do, and a tenth of that stays free. */
#include "relief.h"

enum {
	FLOOD_LEAST = 2,   /* ticks with loss: it is more than a burst */
	CALM_MOST = 20,	   /* ticks without loss: it is over */
	FORGET_AFTER = 50, /* ticks: perhaps more can be done than could be then */
};
static const double USED = 0.9, STEP_UP = 1.05, STEP_IDLE = 1.25, STEP_DOWN = 0.5, ABLE_MORE = 1.25,
		    PASS_LEAST = 1.0 / 4096;

static double bounded(double pass)
{
	return pass > 1 ? 1 : pass > PASS_LEAST ? pass : PASS_LEAST;
}

/* Less than others have is left to nobody: where all of them send too much, that would help nobody. */
static void cut(struct relief_hold *hold, double pass, const struct relief_shares *shares)
{
	if (shares->held <= shares->fair) {
		hold->pass = bounded(STEP_UP * hold->pass);
		return;
	}
	double fair = hold->pass * shares->fair / shares->held;
	hold->pass = bounded(pass > fair ? pass : fair);
}

/* The first time: all that came is known, and what share of it the heaviest had. */
static enum relief_step begin(struct relief_hold *hold, const struct relief_seen *seen,
			      const struct ip *sample)
{
	struct relief_shares shares;
	double came = seen->taken + seen->lost;
	hold->client_count = relief_choose(sample, hold->clients, 0, &shares);
	if (hold->client_count == 0)
		return RELIEF_STAYS;
	hold->pass = 1;
	cut(hold, (USED * seen->taken - (1 - shares.held) * came) / (shares.held * came), &shares);
	return RELIEF_BEGINS;
}

/* To what was answered of what came; but others' sockets may have lost it, which must not end in nothing. */
static double step_down(const struct relief_seen *seen)
{
	double step = USED * seen->taken / (seen->taken + seen->lost);
	return step > STEP_DOWN ? step : STEP_DOWN;
}

static enum relief_step on_flood(struct relief_hold *hold, const struct relief_seen *seen,
				 const struct ip *sample)
{
	struct relief_shares shares;
	hold->calm = 0;
	hold->floods++;
	hold->able = seen->taken / seen->ticks;
	if (sample == NULL || hold->floods < FLOOD_LEAST)
		return RELIEF_STAYS;
	if (hold->client_count == 0)
		return begin(hold, seen, sample);
	hold->client_count = relief_choose(sample, hold->clients, hold->client_count, &shares);
	cut(hold, step_down(seen) * hold->pass, &shares);
	return RELIEF_CHANGES;
}

/* Who had time left can do more than it could when it was flooded: perhaps it had no CPU then. */
static double step_up(const struct relief_hold *hold, const struct relief_seen *seen)
{
	double room = USED * hold->able / (seen->taken / seen->ticks + 1);
	if (!seen->is_full)
		return room > STEP_IDLE ? room : STEP_IDLE;
	return room < STEP_UP ? room : STEP_UP;
}

static enum relief_step on_calm(struct relief_hold *hold, const struct relief_seen *seen)
{
	hold->calm++;
	hold->floods = 0;
	if (hold->client_count == 0)
		return RELIEF_STAYS;
	if (hold->calm % FORGET_AFTER == 0)
		hold->able *= ABLE_MORE;
	hold->pass = bounded(hold->pass * step_up(hold, seen));
	if (hold->pass < 1 || hold->calm < CALM_MOST)
		return RELIEF_CHANGES;
	hold->client_count = 0;
	return RELIEF_ENDS;
}

enum relief_step relief_decide(struct relief_hold *hold, const struct relief_seen *seen,
			       const struct ip *sample)
{
	bool is_ours = hold->client_count == 0 || seen->is_full;
	return seen->lost > 0 && is_ours ? on_flood(hold, seen, sample) : on_calm(hold, seen);
}

bool relief_is_over(const struct relief_hold *hold)
{
	return hold->client_count == 0 && hold->calm >= CALM_MOST;
}
