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
#include "pipeline.h"
#include "probes.h"
#include "signals.h"
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

static void print_version(void)
{
	struct utsname name;
	printf("knamed-%s\n", KNAMED_VERSION);
	if (uname(&name) == 0)
		printf("linux/%s, C %ld, %s\n", name.machine, __STDC_VERSION__, __VERSION__);
}

static void print_directives(void)
{
	struct text text = { 0 };
	config_directives_print(&text);
	fputs(text.data == NULL ? "" : text.data, stdout);
	text_done(&text);
}

/* ---- serving ---- */

/* All that lives from a good config to the end of the process. */
struct process {
	const struct config *config;
	struct event_base *events;
	struct metrics *metrics;
	struct probes *probes;
	struct pipeline *pipeline;
	struct signals *signals;
};

static void leave(void *context)
{
	probes_leave(((struct process *)context)->probes);
}

/* Of several blocks with `health` the most patient one decides. */
static uint64_t lameduck_ms_of(const struct config *config)
{
	uint64_t longest = 0;
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_health *health = config->blocks[i].health;
		if (health != NULL && health->lameduck_ms > longest)
			longest = health->lameduck_ms;
	}
	return longest;
}

static void print_start(const struct server *server)
{
	if (log_is_quiet())
		return;
	server_print_zones(server);
	print_version();
	fflush(stdout);
}

/* DNS, until somebody stops us. */
static bool serve(struct process *process, struct error *error)
{
	struct serve_options options = { .answers = pipeline_answers(process->pipeline),
					 .metrics = process->metrics,
					 .version = "knamed-" KNAMED_VERSION,
					 .events = process->events };
	options.blocks = pipeline_blocks(process->pipeline, &options.block_count);
	struct server *server = server_start(&options, error);
	if (server == NULL)
		return false;
	print_start(server);
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
	process->probes = probes_open(process->config, process->metrics, error);
	if (process->probes == NULL)
		return false;
	process->pipeline = pipeline_new(&options, error);
	if (process->pipeline == NULL)
		return false;
	process->signals =
		signals_watch(process->events, lameduck_ms_of(process->config), leave, process);
	probes_join(process->probes, process->events, process->pipeline);
	return true;
}

static bool serve_until_stopped(const struct config *config, struct error *error)
{
	struct process process = { .config = config,
				   .events = event_base_new(),
				   .metrics = metrics_new() };
	metrics_build(process.metrics, KNAMED_VERSION, KNAMED_REVISION);
	bool good = start(&process, error);
	if (good)
		good = serve(&process, error);
	probes_close(process.probes);
	signals_free(process.signals);
	log_rings_stop();
	pipeline_free(process.pipeline);
	metrics_free(process.metrics);
	event_base_free(process.events);
	return good;
}

static int run(const struct flags *flags)
{
	struct error error = { .text = "" };
	log_set_quiet(flags->quiet);
	log_set_form(flags->log_json ? LOG_FORM_JSON : LOG_FORM_TEXT);
	mallopt(M_ARENA_MAX, 1); /* query threads do not allocate: one arena serves the rest */
	/* ldns takes and gives 64 KB for each record of a zone file: the heap's end must not follow
	 * it every time. Who has read much gives back by malloc_trim(). */
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	struct config *config = config_load(flags, &error);
	bool good = config != NULL && write_pidfile(flags->pidfile, &error);
	if (good) {
		for (size_t i = 0; i < config->notes.count; i++)
			log_line(LOG_WARNING, NULL, "%s", config->notes.words[i]);
		good = serve_until_stopped(config, &error);
	}
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
		print_version();
		return 0;
	}
	if (flags.plugins) {
		print_directives();
		return 0;
	}
	return run(&flags);
}
