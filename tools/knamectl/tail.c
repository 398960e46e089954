/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl tail`: questions as a running server answers them. */
#include <stdio.h>
#include <string.h>

#include "command_words.h"
#include "knamectl.h"
#include "live.h"
#include "shown.h"

struct tail_options {
	struct live live;
	struct text query;
	bool is_json;
	uint64_t count; /* 0: for ever */
};

static const char usage[] = "usage: knamectl tail [OPTION...]\n"
			    "  --client ADDRESS[/BITS]  of these clients alone\n"
			    "  --name NAME              names at and below it\n"
			    "  --rcode RCODE            answers with it: NXDOMAIN, SERVFAIL\n"
			    "  --namespace NAMESPACE    of its pods, or for its names\n"
			    "  --json                   lines as the server says them\n"
			    "  --count N                end after N lines\n" LIVE_OPTIONS;

/* ---- options ---- */

static void add_filter(struct text *query, const char *name, const char *value)
{
	text_printf(query, "%s%s=", query->size > 0 ? "&" : "?", name);
	text_add_escaped(query, value);
}

static bool read_own(void *context, int argc, char **argv, int *index, struct error *error)
{
	static const char *const filters[] = { "-client", "-name", "-rcode", "-namespace" };
	struct tail_options *options = context;
	const char *word = option_word(argv[*index]);
	bool has_value = *index + 1 < argc;
	if (strcmp(word, "-json") == 0) {
		options->is_json = true;
		return true;
	}
	if (strcmp(word, "-count") == 0)
		return (has_value && text_to_number(argv[++*index], 1, UINT32_MAX, &options->count)) ||
		       error_set(error, "--count wants a number");
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		if (strcmp(word, filters[i]) != 0)
			continue;
		if (!has_value)
			return error_set(error, "%s wants a value", argv[*index]);
		add_filter(&options->query, filters[i] + 1, argv[++*index]);
		return true;
	}
	return error_set(error, "no option '%.64s'", argv[*index]);
}

/* ---- lines ---- */

struct reading {
	const struct tail_options *options;
	char event[16]; /* of the data to come; "": a question */
	uint64_t count;
};

static void print_question(const json_t *line)
{
	char time[40], client[64], pod[400], name[1100], type[16], proto[8], rcode[16], by[32],
		took[24];
	shown_text(line, "time", time, sizeof(time));
	shown_text(line, "client", client, sizeof(client));
	shown_text(line, "pod", pod, sizeof(pod));
	shown_text(line, "name", name, sizeof(name));
	shown_text(line, "type", type, sizeof(type));
	shown_text(line, "proto", proto, sizeof(proto));
	shown_text(line, "rcode", rcode, sizeof(rcode));
	shown_text(line, "by", by, sizeof(by));
	shown_time(shown_number(line, "latency_us") / 1e6, took);
	printf("%s %s%s%s%s %s %s %s %s %.0f octets %s%s%s\n", time, client,
	       pod[0] != '\0' ? " (" : "", pod, pod[0] != '\0' ? ")" : "",
	       name[0] != '\0' ? name : "-", type, proto, rcode, shown_number(line, "size"), took,
	       by[0] != '\0' ? " by " : "", by);
}

/* Notes go where they do not get in between the lines. */
static void print_event(const char *event, const json_t *data)
{
	if (strcmp(event, "sampling") == 0 && shown_number(data, "one_in") > 1)
		fprintf(stderr, "one question in %.0f is shown, for there are many\n",
			shown_number(data, "one_in"));
	if (strcmp(event, "lost") == 0)
		fprintf(stderr, "%.0f lines were lost, for they were not read fast enough\n",
			shown_number(data, "lost"));
}

/* False: that was the last one. */
static bool take_data(struct reading *reading, const char *text)
{
	json_t *data = json_loads(text, 0, NULL);
	bool is_question = reading->event[0] == '\0';
	if (!is_question)
		print_event(reading->event, data);
	else if (reading->options->is_json)
		printf("%s\n", text);
	else
		print_question(data);
	fflush(stdout);
	json_decref(data);
	return !is_question || ++reading->count != reading->options->count;
}

static bool take_line(void *context, const char *line)
{
	struct reading *reading = context;
	if (strncmp(line, "event: ", 7) == 0)
		snprintf(reading->event, sizeof(reading->event), "%s", line + 7);
	else if (strncmp(line, "data: ", 6) == 0)
		return take_data(reading, line + 6);
	else if (line[0] == '\0')
		reading->event[0] = '\0';
	else if (line[0] != ':')
		fprintf(stderr, "knamectl tail: %s\n", line); /* why there is no tail */
	return true;
}

int knamectl_tail(int argc, char **argv)
{
	struct tail_options options = { .count = 0 };
	struct reading reading = { .options = &options };
	struct error error = { .text = "" };
	struct text path = { 0 };
	if (argc > 1 && word_is_help(argv[1])) {
		fputs(usage, stdout);
		return 0;
	}
	if (!live_options_read(&options.live, argc, argv, read_own, &options, &error)) {
		fprintf(stderr, "knamectl tail: %s\n%s", error.text, usage);
		text_done(&options.query);
		return 1;
	}
	text_printf(&path, "/api/tail%s", options.query.size > 0 ? options.query.data : "");
	bool good = live_follow(&options.live, path.data, take_line, &reading, &error);
	if (!good)
		fprintf(stderr, "knamectl tail: %s\n", error.text);
	text_done(&path);
	text_done(&options.query);
	return good ? 0 : 1;
}
