/* SPDX-License-Identifier: Apache-2.0 */
/* Starts everything in order, waits for signals, stops in order. The main thread is the control
 * thread: sources, model and compiling run on its event loop; query threads run beside it. */
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "knamed/config.h"
#include "knamed/observe.h"
#include "knamed/serve.h"
#include "pipeline.h"
#include "version.h"

struct process {
	struct event_base *events;
	bool stopping;
};

/* ---- signals (their meaning is CoreDNS', dropping what a container cannot use) ---- */

static void on_stop_signal(evutil_socket_t signal_number, short what, void *context)
{
	struct process *process = context;
	(void)what;
	if (process->stopping)
		_exit(2); /* a second ^C does not wait */
	process->stopping = true;
	if (signal_number == SIGTERM)
		log_line(LOG_INFO, NULL, "SIGTERM: Shutting down servers then terminating");
	else
		log_line(LOG_INFO, NULL, "SIGINT: Shutting down");
	event_base_loopbreak(process->events);
}

static void on_quit_signal(evutil_socket_t signal_number, short what, void *context)
{
	(void)signal_number;
	(void)what;
	(void)context;
	_exit(0);
}

static void on_refused_signal(evutil_socket_t signal_number, short what, void *context)
{
	(void)what;
	(void)context;
	log_line(LOG_WARNING, NULL, "SIG%s: the Corefile is read at start only; restart to change it",
		 sigabbrev_np(signal_number));
}

static void watch_signals(struct process *process, struct event *events[5])
{
	static const struct {
		int number;
		event_callback_fn call;
	} table[] = {
		{ SIGTERM, on_stop_signal },	{ SIGINT, on_stop_signal },
		{ SIGQUIT, on_quit_signal },	{ SIGUSR1, on_refused_signal },
		{ SIGUSR2, on_refused_signal },
	};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		events[i] = evsignal_new(process->events, table[i].number, table[i].call, process);
		event_add(events[i], NULL);
	}
}

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

/* Everything between a good config and the end of the process. */
static bool serve_until_stopped(struct process *process, const struct config *config,
				struct error *error)
{
	struct metrics *metrics = metrics_new();
	metrics_build(metrics, KNAMED_VERSION, "");
	struct pipeline_options pipeline_options = { .events = process->events,
						     .config = config,
						     .metrics = metrics,
						     .agent = "knamed/" KNAMED_VERSION };
	struct pipeline *pipeline = pipeline_new(&pipeline_options, error);
	if (pipeline == NULL) {
		metrics_free(metrics);
		return false;
	}
	struct serve_options options = { .answers = pipeline_answers(pipeline),
					 .metrics = metrics,
					 .version = "knamed-" KNAMED_VERSION };
	options.blocks = pipeline_blocks(pipeline, &options.block_count);
	struct event *signals[5];
	watch_signals(process, signals); /* first: whoever is answered may already ask us to stop */
	struct server *server = server_start(&options, error);
	if (server != NULL) {
		if (!log_is_quiet()) {
			server_print_zones(server);
			print_version();
			fflush(stdout);
		}
		event_base_dispatch(process->events);
		server_stop(server);
	}
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		event_free(signals[i]);
	log_rings_stop();
	pipeline_free(pipeline);
	metrics_free(metrics);
	return server != NULL;
}

static int run(const struct flags *flags)
{
	struct error error = { .text = "" };
	struct process process = { .stopping = false };
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
		process.events = event_base_new();
		good = serve_until_stopped(&process, config, &error);
		event_base_free(process.events);
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
