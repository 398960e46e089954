/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl top`: what a running server is asked most, again and again, or once. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command_words.h"
#include "knamectl.h"
#include "live.h"
#include "shown.h"

enum { EACH_S = 2, ROWS = 10, ROWS_MOST = 100, TRIES = 4 };

struct top_options {
	struct live live;
	bool is_once, is_json;
	uint64_t rows;
};

static const char usage[] =
	"usage: knamectl top [OPTION...]\n"
	"  --once             print once and end; so it is where the output is no terminal\n"
	"  --json             print once, what /api/state and /api/top say\n"
	"  -n N               so many rows of each list (10)\n" LIVE_OPTIONS;

/* ---- options ---- */

static bool read_rows(int argc, char **argv, int *index, struct top_options *options,
		      struct error *error)
{
	if (*index + 1 < argc && text_to_number(argv[*index + 1], 1, ROWS_MOST, &options->rows)) {
		++*index;
		return true;
	}
	return error_set(error, "-n wants a number from 1 to %d", ROWS_MOST);
}

static bool read_own(void *context, int argc, char **argv, int *index, struct error *error)
{
	struct top_options *options = context;
	const char *word = option_word(argv[*index]);
	if (strcmp(word, "-n") == 0)
		return read_rows(argc, argv, index, options, error);
	if (strcmp(word, "-once") == 0)
		options->is_once = true;
	else if (strcmp(word, "-json") == 0)
		options->is_json = true;
	else
		return error_set(error, "no option '%.64s'", argv[*index]);
	return true;
}

static bool read_options(int argc, char **argv, struct top_options *options, struct error *error)
{
	bool good = live_options_read(&options->live, argc, argv, read_own, options, error);
	options->is_once |= options->is_json || !isatty(STDOUT_FILENO);
	return good;
}

/* ---- tables ---- */

static void print_head(const json_t *state)
{
	char version[32], unready[128], p50[24] = "-", p99[24] = "-";
	const json_t *rates = json_object_get(state, "rates");
	const json_t *latency = json_object_get(state, "latency_s");
	shown_text(state, "version", version, sizeof(version));
	shown_text(state, "not_ready", unready, sizeof(unready));
	if (json_is_object(latency)) {
		shown_time(shown_number(latency, "p50"), p50);
		shown_time(shown_number(latency, "p99"), p99);
	}
	printf("knamed %s  %s%s  up %.0f s  %.1f MB  one question in %.0f is looked at\n", version,
	       json_is_true(json_object_get(state, "ready")) ? "ready" : "not ready: ", unready,
	       shown_number(state, "uptime_s"),
	       shown_number(json_object_get(state, "memory"), "resident_bytes") / (1 << 20),
	       shown_number(json_object_get(state, "sampling"), "one_in"));
	printf("%.1f queries/s (UDP %.1f, TCP %.1f)  half within %s, 99 %% within %s\n",
	       shown_number(rates, "qps"), shown_number(rates, "udp"), shown_number(rates, "tcp"),
	       p50, p99);
}

static void print_rcodes(const json_t *top)
{
	size_t index;
	const json_t *one;
	json_array_foreach(json_object_get(top, "rcodes"), index, one)
	{
		char rcode[24];
		shown_text(one, "rcode", rcode, sizeof(rcode));
		printf("%s%s %.1f %%", index > 0 ? "  " : "", rcode, shown_number(one, "share") * 100);
	}
	printf("\n");
}

static void print_list(const json_t *top, const char *list, const char *title, const char *member,
		       uint64_t rows)
{
	size_t index;
	const json_t *one;
	printf("\n%10s %7s  %s\n", "PER SECOND", "SHARE", title);
	json_array_foreach(json_object_get(top, list), index, one)
	{
		char name[1100], pod[400];
		if (index >= rows)
			break;
		shown_text(one, member, name, sizeof(name));
		shown_text(one, "pod", pod, sizeof(pod));
		printf("%10.2f %6.1f%%  %s%s%s\n", shown_number(one, "qps"),
		       shown_number(one, "share") * 100, name[0] != '\0' ? name : "(not known)",
		       pod[0] != '\0' ? "  " : "", pod);
	}
}

static const char *health_of(const json_t *upstream)
{
	if (json_is_true(json_object_get(upstream, "quarantined")))
		return "leads back here";
	if (json_is_true(json_object_get(upstream, "down")))
		return "down";
	return json_is_true(json_object_get(upstream, "silent")) ? "silent" : "healthy";
}

static void print_upstreams(const json_t *state)
{
	size_t index;
	const json_t *one, *all = json_object_get(state, "upstreams");
	if (json_array_size(all) == 0)
		return;
	printf("\n%10s %7s  UPSTREAM\n", "ROUND TRIP", "UNDERWAY");
	json_array_foreach(all, index, one)
	{
		char address[64], from[1100], took[24] = "-";
		shown_text(one, "address", address, sizeof(address));
		shown_text(one, "from", from, sizeof(from));
		if (json_is_number(json_object_get(one, "rtt_s")))
			shown_time(shown_number(one, "rtt_s"), took);
		printf("%10s %7.0f  %s for %s: %s\n", took, shown_number(one, "in_flight"), address,
		       from, health_of(one));
	}
}

static void print_all(const json_t *state, const json_t *top, uint64_t rows)
{
	print_head(state);
	print_rcodes(top);
	print_list(top, "names", "NAME", "name", rows);
	print_list(top, "clients", "CLIENT", "client", rows);
	print_list(top, "wasted", "DENIED NAMES OF SEARCH LISTS, BY NAMESPACE", "namespace", rows);
	print_list(top, "denied", "DENIED NAME", "name", rows);
	print_upstreams(state);
	fflush(stdout);
}

/* ---- asking ---- */

static bool ask(const struct top_options *options, json_t **ret_state, json_t **ret_top,
		struct error *error)
{
	char path[32];
	snprintf(path, sizeof(path), "/api/top?n=%llu", (unsigned long long)options->rows);
	*ret_state = live_get(&options->live, "/api/state", error);
	*ret_top = *ret_state != NULL ? live_get(&options->live, path, error) : NULL;
	if (*ret_top == NULL)
		json_decref(*ret_state);
	return *ret_top != NULL;
}

/* A server that nobody has looked at so far begins to count now: it has something to tell in a moment. */
static bool ask_once(const struct top_options *options, json_t **ret_state, json_t **ret_top,
		     struct error *error)
{
	for (unsigned tries = 1;; tries++) {
		if (!ask(options, ret_state, ret_top, error))
			return false;
		if (tries == TRIES || !json_is_null(json_object_get(*ret_state, "rates")))
			return true;
		json_decref(*ret_state);
		json_decref(*ret_top);
		sleep(1);
	}
}

static bool show_once(const struct top_options *options, struct error *error)
{
	json_t *state, *top;
	if (!ask_once(options, &state, &top, error))
		return false;
	if (options->is_json) {
		json_t *both = json_pack("{s:O,s:O}", "state", state, "top", top);
		json_dumpf(both, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(both);
	} else {
		print_all(state, top, options->rows);
	}
	json_decref(state);
	json_decref(top);
	return true;
}

static bool show_again_and_again(const struct top_options *options, struct error *error)
{
	json_t *state, *top;
	while (ask(options, &state, &top, error)) {
		printf("\033[H\033[J");
		print_all(state, top, options->rows);
		json_decref(state);
		json_decref(top);
		sleep(EACH_S);
	}
	return false;
}

int knamectl_top(int argc, char **argv)
{
	struct top_options options = { .rows = ROWS };
	struct error error = { .text = "" };
	if (argc > 1 && word_is_help(argv[1])) {
		fputs(usage, stdout);
		return 0;
	}
	if (!read_options(argc, argv, &options, &error)) {
		fprintf(stderr, "knamectl top: %s\n%s", error.text, usage);
		return 1;
	}
	bool good = options.is_once ? show_once(&options, &error)
				    : show_again_and_again(&options, &error);
	if (!good)
		fprintf(stderr, "knamectl top: %s\n", error.text);
	return good ? 0 : 1;
}
