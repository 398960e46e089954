/* SPDX-License-Identifier: Apache-2.0 */
/* Starts everything in order, serves until a signal stops it, stops in order. The main thread is the control
 * thread: sources, model and compiling run on its event loop; query threads run beside it. */
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "knamed/config.h"
#include "knamed/kube.h"
#include "knamed/observe.h"
#include "knamed/serve.h"
#include "reload.h"
#include "version.h"

/* ---- start ---- */

static bool write_pidfile(const char *path, struct error *error)
{
	if (path == NULL)
		return true;
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return error_set(error, "pidfile %s: %s", path, strerror(errno));
	fprintf(file, "%ld\n", (long)getpid());
	return fclose(file) == 0 || error_set(error, "pidfile %s: %s", path, strerror(errno));
}

/* The start lines are records where lines are JSON; who asks for the version wants text. */
static void print_version(bool is_start)
{
	struct utsname name = { 0 };
	char build[256];
	uname(&name);
	snprintf(build, sizeof(build), "linux/%s, C %ld, %s", name.machine, __STDC_VERSION__,
		 __VERSION__);
	if (is_start) {
		log_plain("knamed-%s", KNAMED_VERSION);
		log_plain("%s", build);
	} else {
		printf("knamed-%s\n%s\n", KNAMED_VERSION, build);
	}
}

static void print_directives(void)
{
	struct text text = { 0 };
	config_directives_print(&text);
	fputs(text.data == NULL ? "" : text.data, stdout);
	text_done(&text);
}

/* ---- serving ---- */

/* All that lives from a config that can be used to the end of the process. */
struct process {
	const struct flags *flags;
	struct config *config;
	struct config_trouble *trouble;
	struct event_base *events;
	struct metrics *metrics;
	struct probes *probes;
	struct pipeline *pipeline;
	struct signals *signals;
	struct reload *reload;
};

static void leave(void *context)
{
	probes_leave(((struct process *)context)->probes);
}

static void read_again(void *context)
{
	struct reload *reload = ((struct process *)context)->reload;
	if (reload != NULL) /* else we are still starting, with what was read just now */
		reload_now(reload);
}

static void print_start(const struct server *server, const struct config *config)
{
	if (!log_is_quiet())
		server_print_zones(server);
	reload_tell_running(config);
	if (!log_is_quiet())
		print_version(true);
	fflush(stdout);
}

static struct serve_options serve_options_of(const struct process *process)
{
	struct serve_options options = { .answers = pipeline_answers(process->pipeline),
					 .metrics = process->metrics,
					 .config = process->config,
					 .version = "knamed-" KNAMED_VERSION,
					 .events = process->events };
	options.blocks = pipeline_blocks(process->pipeline, &options.block_count);
	return options;
}

static void follow_corefile(struct process *process, struct server *server)
{
	process->reload = reload_new(&(struct reload_options){
		.events = process->events,
		.flags = process->flags,
		.config = process->config,
		.trouble = process->trouble,
		.pipeline = process->pipeline,
		.server = server,
		.serve = serve_options_of(process),
		.probes = process->probes,
		.signals = process->signals,
	});
}

/* DNS, until somebody stops us. */
static bool serve(struct process *process, struct error *error)
{
	struct serve_options options = serve_options_of(process);
	struct server *server = server_start(&options, error);
	if (server == NULL)
		return false;
	print_start(server, process->config);
	follow_corefile(process, server);
	probes_serving(process->probes);
	event_base_dispatch(process->events);
	probes_close(process->probes); /* what it shows ends with the server */
	process->probes = NULL;
	server_stop(server);
	return true;
}

static bool start(struct process *process, struct error *error)
{
	struct pipeline_options options = { .events = process->events,
					    .config = process->config,
					    .metrics = process->metrics,
					    .agent = "knamed/" KNAMED_VERSION };
	process->probes = probes_open(process->config, process->metrics, process->trouble, error);
	if (process->probes == NULL)
		return false;
	process->pipeline = pipeline_new(&options, error);
	if (process->pipeline == NULL)
		return false;
	process->signals =
		signals_watch(process->events, &(struct signals_calls){ .leave = leave,
									.reload = read_again,
									.context = process });
	signals_set_lameduck(process->signals, lameduck_ms_of(process->config));
	log_set_debug(config_is_debug(process->config));
	probes_join(process->probes, process->events, process->pipeline);
	return true;
}

/* False: it could not begin to serve. */
static bool serve_until_stopped(struct process *process, struct error *error)
{
	process->events = event_base_new();
	process->metrics = metrics_new();
	metrics_build(process->metrics, KNAMED_VERSION, KNAMED_REVISION);
	bool good = start(process, error) && serve(process, error);
	probes_close(process->probes);
	reload_free(process->reload);
	signals_free(process->signals);
	log_rings_stop();
	pipeline_free(process->pipeline);
	metrics_free(process->metrics);
	event_base_free(process->events);
	return good;
}

static bool serve_config(const struct flags *flags, struct config *config,
			 struct config_trouble *trouble, struct error *error)
{
	struct process process = { .flags = flags, .config = config, .trouble = trouble };
	for (size_t i = 0; i < config->notes.count; i++)
		log_line(LOG_WARNING, NULL, "%s", config->notes.words[i]);
	return serve_until_stopped(&process, error);
}

/* In a cluster names are answered whatever the Corefile is like. False: there is nothing to serve. */
static bool serve_built_in(const struct flags *flags, struct error *error)
{
	struct config *config = config_built_in(flags);
	struct config_trouble trouble = { .is_built_in = true };
	struct error failure = { .text = "" };
	if (config == NULL)
		return false;
	memcpy(trouble.text, error->text, sizeof(trouble.text));
	log_line(LOG_ERROR, NULL, "%s", error->text);
	log_line(LOG_WARNING, NULL,
		 "built-in defaults serve zone %s on port %u until the Corefile is good",
		 config->blocks[0].kubernetes->zones.zones[0].text,
		 (unsigned)config->blocks[0].addresses[0].port);
	bool good = serve_config(flags, config, &trouble, &failure);
	if (!good)
		log_line(LOG_ERROR, NULL, "%s", failure.text);
	config_free(config);
	return good;
}

static int run(const struct flags *flags)
{
	struct error error = { .text = "" };
	struct config_trouble trouble = { .is_built_in = false };
	log_set_quiet(flags->quiet);
	log_set_form(flags->log_json ? LOG_FORM_JSON : LOG_FORM_TEXT);
	mallopt(M_ARENA_MAX, 1); /* query threads do not allocate: one arena serves the rest */
	/* ldns takes and gives 64 KB for each record of a zone file: the heap's end must not follow
	 * it every time. Who has read much gives back by malloc_trim(). */
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	struct config *config = config_load(flags, &error);
	bool good = config != NULL || error.text[0] != '\0';
	good = good && write_pidfile(flags->pidfile, config != NULL ? &error : NULL);
	good = good && ((config != NULL && serve_config(flags, config, &trouble, &error)) ||
			serve_built_in(flags, &error));
	if (!good)
		fprintf(stderr, "%s\n", error.text);
	config_free(config);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct flags flags;
	struct error error = { .text = "" };
	int status = 0;
	switch (flags_read(argc, argv, &flags, &status, &error)) {
	case FLAGS_HELP:
		fputs(flags_usage(), stderr);
		return status;
	case FLAGS_BAD:
		fprintf(stderr, "%s\n", error.text);
		return status;
	case FLAGS_GOOD:
		break;
	}
	if (flags.version) {
		print_version(false);
		return 0;
	}
	if (flags.plugins) {
		print_directives();
		return 0;
	}
	return run(&flags);
}
