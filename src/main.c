/* SPDX-License-Identifier: Apache-2.0 */
/* Starts everything in order, serves until a signal stops it, stops in order. The main thread is the control
 * thread: sources, model and compiling run on its event loop; query threads run beside it. */
#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "admin.h"
#include "knamed/config.h"
#include "knamed/kube.h"
#include "knamed/observe.h"
#include "knamed/serve.h"
#include "drain.h"
#include "footprint.h"
#include "handover.h"
#include "readyz.h"
#include "reload.h"
#include "sandbox.h"
#include "version.h"

/* ---- start ---- */

/* Names are answered without it, too. */
static void write_pidfile(const char *path)
{
	const char *call = "open";
	FILE *file = path != NULL ? fopen(path, "we") : NULL;
	if (path == NULL)
		return;
	if (file != NULL) {
		call = "write";
		fprintf(file, "%ld\n", (long)getpid());
		if (fclose(file) == 0)
			return;
	}
	const char *words = strerrordesc_np(errno);
	log_line(LOG_ERROR, NULL, "Could not write pidfile: %s %s: %c%s", call, path,
		 tolower((unsigned char)words[0]), words + 1);
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
	struct sandbox *sandbox;
	struct event_base *events;
	struct metrics *metrics;
	struct traffic *traffic;
	struct probes *probes;
	struct pipeline *pipeline;
	struct signals *signals;
	struct drain *drain;
	struct reload *reload;
	struct admin *admin;
	struct handover *handover;
};

static void leave(void *context)
{
	const struct process *process = context;
	probes_leave(process->probes);
	drain_begin(process->drain, handover_give(process->handover));
}

static void hurry(void *context)
{
	const struct process *process = context;
	probes_leave(process->probes);
	event_base_loopbreak(process->events);
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
					 .traffic = process->traffic,
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
		.drain = process->drain,
		.admin = process->admin,
		.sandbox = process->sandbox,
	});
}

static void open_admin(struct process *process, uint64_t started_ns)
{
	process->admin = admin_open(process->events, &(struct state_sources){
							     .config = process->config,
							     .trouble = process->trouble,
							     .probes = process->probes,
							     .pipeline = process->pipeline,
							     .metrics = process->metrics,
							     .traffic = process->traffic,
							     .sandbox = process->sandbox,
							     .started_ns = started_ns,
						     });
}

static void end_signals(struct process *process)
{
	signals_end(process->signals);
	process->signals = NULL;
}

static bool is_in_step(const struct process *process)
{
	for (size_t i = 0; i < process->config->block_count; i++)
		if (process->config->blocks[i].kubernetes != NULL &&
		    !readyz_block_is_ready(process->pipeline, i, false))
			return false;
	return true;
}

static uint64_t startup_timeout_ms_of(const struct config *config)
{
	uint64_t most = 0;
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_kubernetes *kubernetes = config->blocks[i].kubernetes;
		if (kubernetes != NULL && kubernetes->startup_timeout_ms > most)
			most = kubernetes->startup_timeout_ms;
	}
	return most;
}

/* The kernel would hand us half of the questions that another process can answer and we cannot yet.
 * False: we are told to end meanwhile. */
static bool wait_beside_another(const struct process *process)
{
	enum { LOOK_MS = 20 };
	uint64_t end_ns = clock_now_ns() + startup_timeout_ms_of(process->config) * 1000000;
	while (!is_in_step(process) && clock_now_ns() < end_ns) {
		struct timeval look = timeval_of_ms(LOOK_MS);
		event_base_loopexit(process->events, &look);
		event_base_dispatch(process->events);
		if (event_base_got_break(process->events) || signals_is_stopping(process->signals))
			return false;
	}
	return true;
}

/* Beside another process on the same address its sockets are shared. NULL and no error: we are told to end. */
static struct server *start_server(struct process *process, struct error *error)
{
	struct serve_options options = serve_options_of(process);
	struct server *server = NULL;
	int sockets[HANDOVER_SOCKETS];
	options.sockets = sockets;
	error->text[0] = '\0'; /* who read the files may have left something there */
	bool is_beside =
		handover_ask(process->config, sockets, HANDOVER_SOCKETS, &options.socket_count);
	if (!is_beside || wait_beside_another(process))
		server = server_start(&options, error);
	for (size_t i = 0; i < options.socket_count; i++)
		close(sockets[i]);
	return server;
}

/* DNS, until somebody stops us. */
static bool serve(struct process *process, struct error *error)
{
	struct server *server = start_server(process, error);
	if (server == NULL)
		return error->text[0] == '\0';
	sandbox_tighten(process->sandbox);
	print_start(server, process->config);
	follow_corefile(process, server);
	probes_serving(process->probes);
	admin_serving(process->admin, server);
	process->handover = handover_open(process->events, server, process->probes);
	footprint_forget_loading();
	event_base_dispatch(process->events);
	end_signals(process);
	handover_close(process->handover);
	admin_close(process->admin);
	process->admin = NULL;
	probes_close(process->probes); /* what it shows ends with the server */
	process->probes = NULL;
	struct serve_ending ending = drain_ending(process->drain);
	server_end(server, &ending);
	drain_tell(process->drain);
	return true;
}

static bool start(struct process *process, struct error *error)
{
	uint64_t started_ns = clock_now_ns();
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
									.hurry = hurry,
									.reload = read_again,
									.context = process });
	process->drain = drain_new(process->events, process->metrics);
	drain_set_lameduck(process->drain, lameduck_ms_of(process->config));
	log_set_debug(config_is_debug(process->config));
	probes_join(process->probes, process->events, process->pipeline);
	open_admin(process, started_ns);
	return true;
}

/* False: it could not begin to serve. */
static bool serve_until_stopped(struct process *process, struct error *error)
{
	process->events = event_base_new();
	process->metrics = metrics_new();
	process->traffic = traffic_new(process->events);
	metrics_build(process->metrics, KNAMED_VERSION, KNAMED_REVISION);
	/* Before any thread, for each has its own rights. */
	process->sandbox = sandbox_enter(process->config);
	sandbox_show(process->sandbox, process->metrics);
	bool good = start(process, error) && serve(process, error);
	admin_close(process->admin);
	probes_close(process->probes);
	reload_free(process->reload);
	end_signals(process);
	drain_free(process->drain);
	log_rings_stop();
	pipeline_free(process->pipeline);
	traffic_free(process->traffic);
	metrics_free(process->metrics);
	sandbox_free(process->sandbox);
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
	signals_begin();
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
	signals_begin();
	log_set_quiet(flags->quiet);
	log_set_form(flags->log_json ? LOG_FORM_JSON : LOG_FORM_TEXT);
	mallopt(M_ARENA_MAX, 1); /* query threads do not allocate: one arena serves the rest */
	/* ldns takes and gives 64 KB for each record of a zone file: the heap's end must not follow
	 * it every time. Who has read much gives back by malloc_trim(). */
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	struct config *config = config_load(flags, &error);
	bool good = config != NULL || error.text[0] != '\0';
	if (good)
		write_pidfile(flags->pidfile);
	good = good && ((config != NULL && serve_config(flags, config, &trouble, &error)) ||
			serve_built_in(flags, &error));
	if (!good)
		fprintf(stderr, "%s\n", error.text);
	config_free(config);
	return good ? 0 : 1;
}

enum {
	FLAGS_STATUS = 2
}; /* what a flag that cannot be read ends with; of words too many it is 1 */

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
		if (status == FLAGS_STATUS) /* as Go does it */
			fputs(flags_usage(), stderr);
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
