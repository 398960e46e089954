/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <malloc.h>
#include <string.h>

#include <event2/event.h>

#include "knamed/observe.h"

enum {
	SOON_MS = 200,	    /* the file is being changed right now */
	READY_MS = 50,	    /* how often it is looked whether the next setup is */
	PATIENCE_MS = 5000, /* for it, until somebody is told */
};

/* What was in force and is still used by some query. */
struct gone {
	struct gone *next;
	struct reload *reload;
	struct setup *setup;
};

struct reload {
	struct reload_options options;
	char *tried; /* what was last taken up: a fingerprint, or why there is none */
	struct event *look, *ready;
	/* the next one, not ready yet; NULL: there is none */
	struct config *config;
	struct setup *setup;
	uint64_t since_ns;
	bool is_told;	/* that it is waited for */
	bool by_signal; /* somebody asked for it */
	struct gone *gone;
	tally_cell *failed;
};

/* ---- what is told ---- */

void reload_tell_running(const struct config *config)
{
	if (config->reload != NULL)
		log_line(LOG_INFO, "reload", "Running configuration SHA512 = %s", config->sha512);
}

static double read_one(void *context)
{
	(void)context;
	return 1;
}

static double read_built_in(void *context)
{
	return ((const struct config_trouble *)context)->is_built_in;
}

static double read_refused(void *context)
{
	return ((const struct config_trouble *)context)->text[0] != '\0';
}

static void show_version(struct reload *reload)
{
	struct metrics *metrics = reload->options.serve.metrics;
	struct text labels = { 0 };
	metrics_withdraw(metrics, reload);
	if (reload->options.config->reload == NULL)
		return;
	metrics_label(&labels, "hash", "sha512");
	metrics_label(&labels, "value", reload->options.config->sha512);
	metrics_value(metrics, "coredns_reload_version_info", "gauge",
		      "Always 1; the labels say which configuration is in force.", labels.data,
		      read_one, reload);
	text_done(&labels);
}

static void declare(struct reload *reload)
{
	struct metrics *metrics = reload->options.serve.metrics;
	reload->failed =
		metrics_counter(metrics, "coredns_reload_failed_total",
				"Configurations that could not take the place of the one in force.",
				"");
	metrics_value(metrics, "knamed_config_built_in", "gauge",
		      "1 while built-in defaults serve, for the Corefile cannot be used.", "",
		      read_built_in, reload->options.trouble);
	metrics_value(metrics, "knamed_config_refused", "gauge",
		      "1 while the Corefile as it is now cannot be used, and something else is in force.",
		      "", read_refused, reload->options.trouble);
	if (reload->options.trouble->text[0] != '\0')
		tally_add(reload->failed, 1);
	show_version(reload);
}

static void tell_failure(struct reload *reload, const struct error *error)
{
	if (reload->by_signal)
		log_line(LOG_ERROR, NULL, "Restart failed: %s", error->text);
	else
		log_line(LOG_ERROR, "reload", "Corefile changed but reload failed: %s", error->text);
	memcpy(reload->options.trouble->text, error->text, sizeof(reload->options.trouble->text));
	tally_add(reload->failed, 1);
}

/* ---- when ---- */

static void look_after(struct reload *reload, uint64_t ms)
{
	struct timeval wait = timeval_of_ms(ms);
	event_add(reload->look, &wait);
}

static void look_later(struct reload *reload)
{
	const struct config_reload *config = reload->options.config->reload;
	uint64_t chance;
	if (config == NULL) {
		event_del(reload->look);
		return;
	}
	random_bytes(&chance, sizeof(chance));
	uint64_t shift = config->jitter_ms > 0 ? chance % config->jitter_ms : 0;
	look_after(reload, config->interval_ms - config->jitter_ms / 2 + shift);
}

/* ---- in force ---- */

static void gone_free(struct gone *gone)
{
	struct gone **link = &gone->reload->gone;
	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	setup_free(gone->setup);
	mem_free(gone);
}

static void on_left(void *context)
{
	gone_free(context);
	malloc_trim(0);
}

static void drop_next(struct reload *reload)
{
	event_del(reload->ready);
	setup_free(reload->setup);
	config_free(reload->config);
	reload->setup = NULL;
	reload->config = NULL;
}

static bool open_probes(struct reload *reload, struct error *error)
{
	if (probes_add(reload->options.probes, reload->config, error))
		return true;
	probes_drop(reload->options.probes, reload->config, reload->options.config);
	return false;
}

static bool reload_server(struct reload *reload, struct gone *gone, struct error *error)
{
	struct serve_options options = reload->options.serve;
	options.config = reload->config;
	options.blocks = setup_blocks(reload->setup, &options.block_count);
	if (server_reload(reload->options.server, &options, on_left, gone, error))
		return true;
	probes_drop(reload->options.probes, reload->config, reload->options.config);
	return false;
}

/* It is what queries see already; now the rest follows. */
static void put_in_force(struct reload *reload, struct gone *gone)
{
	struct reload_options *options = &reload->options;
	struct config *before = options->config;
	gone->setup = pipeline_use(options->pipeline, reload->setup);
	gone->next = reload->gone;
	reload->gone = gone;
	probes_use(options->probes, reload->config);
	probes_drop(options->probes, before, reload->config);
	admin_use(options->admin, reload->config);
	drain_set_lameduck(options->drain, lameduck_ms_of(reload->config));
	log_set_debug(config_is_debug(reload->config));
	options->config = reload->config;
	reload->config = NULL;
	reload->setup = NULL;
	config_free(before);
	*options->trouble = (struct config_trouble){ 0 };
	show_version(reload);
}

static void tell_success(const struct reload *reload)
{
	const struct config *config = reload->options.config;
	for (size_t i = 0; i < config->notes.count; i++)
		log_line(LOG_WARNING, NULL, "%s", config->notes.words[i]);
	reload_tell_running(config);
	log_line(LOG_INFO, NULL, "Reloading complete");
}

static void finish(struct reload *reload)
{
	struct error error = { .text = "" };
	struct gone *gone = mem_zalloc(sizeof(*gone));
	gone->reload = reload;
	if (open_probes(reload, &error) && reload_server(reload, gone, &error)) {
		put_in_force(reload, gone);
		tell_success(reload);
	} else {
		mem_free(gone);
		drop_next(reload);
		tell_failure(reload, &error);
	}
	look_later(reload);
}

/* ---- on the way there ---- */

static void wait_until_ready(struct reload *reload)
{
	if (signals_is_stopping(reload->options.signals))
		return;
	if (setup_is_ready(reload->setup)) {
		finish(reload);
		return;
	}
	if (!reload->is_told && clock_now_ns() - reload->since_ns > PATIENCE_MS * UINT64_C(1000000)) {
		reload->is_told = true;
		log_line(LOG_WARNING, "reload",
			 "the Corefile that was read takes effect when what its directives need is there");
	}
	event_add(reload->ready, &(struct timeval){ .tv_usec = READY_MS * 1000 });
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	wait_until_ready(context);
}

/* Takes the config. */
static void begin(struct reload *reload, struct config *config)
{
	struct error error = { .text = "" };
	reload->config = config;
	if (sandbox_allows(reload->options.sandbox, config, &error))
		reload->setup = pipeline_setup(reload->options.pipeline, config, &error);
	if (reload->setup == NULL) {
		drop_next(reload);
		tell_failure(reload, &error);
		return;
	}
	reload->since_ns = clock_now_ns();
	reload->is_told = false;
	wait_until_ready(reload);
}

static void remember(struct reload *reload, const char *tried)
{
	mem_free(reload->tried);
	reload->tried = mem_text(tried);
}

/* What the file is known by: its fingerprint, or why it has none. Caller frees. */
static char *key_of_file(const struct reload *reload, bool *ret_can_be_parsed, struct error *error)
{
	char *sha512 = config_fingerprint_again(reload->options.flags, error);
	*ret_can_be_parsed = sha512 != NULL;
	return sha512 != NULL ? sha512 : mem_text(error->text);
}

/* A file and what it imports may be exchanged between two looks at them. */
static bool is_still(const struct reload *reload, const char *key)
{
	struct error error;
	bool can_be_parsed;
	char *now = key_of_file(reload, &can_be_parsed, &error);
	bool is_same = strcmp(now, key) == 0;
	mem_free(now);
	return is_same;
}

static void take_up(struct reload *reload)
{
	struct error error = { .text = "" };
	log_line(LOG_INFO, NULL, "Reloading");
	struct config *config = config_load_again(reload->options.flags, &error);
	drop_next(reload);
	if (config != NULL)
		begin(reload, config);
	else
		tell_failure(reload, &error);
}

static void look(struct reload *reload)
{
	struct error error = { .text = "" };
	bool can_be_parsed;
	char *key = key_of_file(reload, &can_be_parsed, &error);
	bool is_new = strcmp(key, reload->tried) != 0;
	look_later(reload);
	if (is_new && !is_still(reload, key)) {
		look_after(reload, SOON_MS);
	} else if (is_new) {
		remember(reload, key);
		reload->by_signal = false;
		if (can_be_parsed)
			take_up(reload);
		else
			tell_failure(reload, &error);
	}
	mem_free(key);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	look(context);
}

/* Also what has not changed: whoever asks for it may have changed what the directives read. */
void reload_now(struct reload *reload)
{
	struct error error = { .text = "" };
	bool can_be_parsed;
	char *key = key_of_file(reload, &can_be_parsed, &error);
	remember(reload, key);
	mem_free(key);
	reload->by_signal = true;
	take_up(reload);
}

/* ---- life ---- */

uint64_t lameduck_ms_of(const struct config *config)
{
	uint64_t longest = 0;
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_health *health = config->blocks[i].health;
		if (health != NULL && health->lameduck_ms > longest)
			longest = health->lameduck_ms;
	}
	return longest;
}

struct reload *reload_new(const struct reload_options *options)
{
	struct reload *reload = mem_zalloc(sizeof(*reload));
	struct error error = { .text = "" };
	bool can_be_parsed;
	reload->options = *options;
	config_hold(options->config);
	reload->look = evtimer_new(options->events, on_look, reload);
	reload->ready = evtimer_new(options->events, on_ready, reload);
	/* What built-in defaults stand in for was told of. */
	if (options->trouble->is_built_in)
		reload->tried = key_of_file(reload, &can_be_parsed, &error);
	else
		reload->tried = mem_text(options->config->sha512);
	declare(reload);
	look_later(reload);
	return reload;
}

void reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	metrics_withdraw(reload->options.serve.metrics, reload);
	metrics_withdraw(reload->options.serve.metrics, reload->options.trouble);
	drop_next(reload);
	while (reload->gone != NULL)
		gone_free(reload->gone);
	event_free(reload->look);
	event_free(reload->ready);
	config_free(reload->options.config);
	mem_free(reload->tried);
	mem_free(reload);
}
