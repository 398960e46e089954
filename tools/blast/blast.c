/* SPDX-License-Identifier: Apache-2.0 */
/* blast -- asks a DNS server on loopback as fast as it can bear and checks the answers.
 *
 * One thread, pre-built queries, batches, latency from the moment a query was due. It always ends by
 * itself: by its time, by a signal, or at the latest by an alarm.
 * Exit status: 0, 1 when answers were wrong, 2 when it could not run. */
#include "burst.h"
#include "idle.h"
#include "load.h"
#include "pace.h"
#include "pages.h"
#include "report.h"
#include "watch.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_SECONDS = 60 };

static volatile bool stop;

static void stop_soon(int signal_number)
{
	(void)signal_number;
	stop = true;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		die("pin to CPU %d: %s", cpu, strerror(errno));
}

static void hold(const struct options *options)
{
	struct timespec time = { .tv_sec = (time_t)options->seconds };

	time.tv_nsec = (long)((options->seconds - (double)time.tv_sec) * 1e9);
	if (!stop)
		nanosleep(&time, NULL);
}

static void run(struct load *load)
{
	switch (load->options->mode) {
	case MODE_MAX:
	case MODE_RATE:
		pace_run(load, &stop);
		break;
	case MODE_BURST:
		burst_run(load, &stop);
		break;
	case MODE_HOLD:
		load_window_open(load, watch_now_ns());
		hold(load->options);
		load_window_close(load, watch_now_ns());
		break;
	}
}

int main(int count, char **words)
{
	static struct options options;
	static struct load load;

	options_parse(&options, count, words);
	alarm((unsigned)(options.seconds + options.warmup_seconds) + GRACE_SECONDS);
	signal(SIGINT, stop_soon);
	signal(SIGTERM, stop_soon);
	if (options.cpu >= 0)
		pin(options.cpu);
	load_init(&load, &options);
	idle_open(&load);
	run(&load);
	idle_close(&load);
	report_json(&load, stdout);
	if (options.human)
		report_human(&load, stdout);
	return load.tally.wrong > 0 || load.tally.unexpected > 0;
}
