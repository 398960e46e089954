/* SPDX-License-Identifier: Apache-2.0 */
/* The networks stand in the config; weights are a file, which query threads see through one pointer. */
#include "balance.h"

#include "followed.h"
#include "weights.h"

struct balance {
	const struct config_balance *config;
	_Atomic(struct weights *) weights; /* NULL: not read yet */
	struct followed *followed;	   /* NULL: networks are preferred */
};

static void release_weights(void *weights)
{
	weights_free(weights);
}

static bool take_weights(void *context, const char *text, size_t size, uint64_t modified_ns,
			 struct error *error)
{
	struct balance *balance = context;
	const char *path = balance->config->weights;
	struct weights *weights = weights_read(path, text, size, error);
	(void)modified_ns;
	if (weights == NULL)
		return false;
	struct weights *old = atomic_load_explicit(&balance->weights, memory_order_relaxed);
	atomic_store_explicit(&balance->weights, weights, memory_order_release);
	answers_retire(release_weights, old);
	log_line(LOG_INFO, "loadbalance", "Successfully reloaded weight file %s", path);
	return true;
}

/* A file that is not there may come; one that is there must be good. */
static bool follow_weights(struct balance *balance, struct event_base *events, struct error *error)
{
	struct followed_options options = {
		.events = events,
		.path = balance->config->weights,
		.plugin = "loadbalance",
		.period_ms = balance->config->reload_ms,
		.size_most = WEIGHTS_SIZE_MOST,
		.take = take_weights,
		.context = balance,
	};
	enum followed_first first;
	balance->followed = followed_open(&options, &first, error);
	if (first == FOLLOWED_TAKEN)
		return true;
	if (first == FOLLOWED_BAD || options.period_ms == 0)
		return error_prefix(error, "plugin/loadbalance: ");
	log_line(LOG_WARNING, "loadbalance",
		 "Failed to open weight file: %s: it is read when it can be", error->text);
	return true;
}

bool balance_open(const struct policy_options *options, struct balance **ret_balance,
		  struct error *error)
{
	struct balance *balance = mem_zalloc(sizeof(*balance));
	balance->config = options->block->balance;
	if (balance->config->weights != NULL && !follow_weights(balance, options->events, error)) {
		balance_close(balance);
		return false;
	}
	*ret_balance = balance;
	return true;
}

void balance_close(struct balance *balance)
{
	if (balance == NULL)
		return;
	followed_close(balance->followed);
	weights_free(atomic_load_explicit(&balance->weights, memory_order_relaxed));
	mem_free(balance);
}

bool balance_is_weighted(const struct balance *balance)
{
	return balance->config->weights != NULL;
}

unsigned balance_rank(const struct balance *balance, const struct ip *ip)
{
	const struct config_balance *config = balance->config;
	unsigned rank = 0;
	while (rank < config->preferred_count &&
	       !ip_in_cidr(ip, &config->preferred[rank].ip, config->preferred[rank].bits))
		rank++;
	return rank;
}

unsigned balance_weight(const struct balance *balance, const uint8_t *name, const struct ip *ip)
{
	const struct weights *weights =
		atomic_load_explicit(&((struct balance *)(uintptr_t)balance)->weights,
				     memory_order_acquire);
	return weights_get(weights, name, ip);
}
