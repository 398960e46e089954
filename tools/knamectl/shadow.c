/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl shadow`: asks ours and theirs the same questions, from a capture, a list, or as they come, and compares. */
#include "shadow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "command_words.h"
#include "knamectl.h"

enum { EXIT_DIFFERENT = 2, UNREAD_TOLD = 10 };

struct shadow {
	struct shadow_options options;
	struct shadow_groups *groups;
	struct shadow_echoes *echoes; /* NULL: nobody tells us of our own questions */
	uint64_t questions, differences, unanswered, unread, next_ns;
};

/* ---- the end ---- */

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
	(void)number;
	is_stopped = 1;
}

/* Who waits for questions is woken: calls are not taken up again. */
static void take_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- asking ---- */

static void wait_for_turn(struct shadow *shadow)
{
	uint64_t now = clock_now_ns();
	if (shadow->next_ns > now) {
		uint64_t wait = shadow->next_ns - now;
		struct timespec time = { (time_t)(wait / 1000000000), (long)(wait % 1000000000) };
		nanosleep(&time, NULL);
		now = shadow->next_ns;
	}
	shadow->next_ns = now + 1000000000 / shadow->options.rate;
}

/* False: neither of them answers. */
static bool compare_once(struct shadow *shadow, const struct exchange_question *question,
			 const struct server_address *theirs, char ret_difference[DIFFERENCE_SIZE])
{
	static struct exchange_reply our_reply, their_reply;
	struct error ignored;
	bool ours = exchange_ask(&shadow->options.ours, question, SHADOW_TIMEOUT_MS, &our_reply,
				 &ignored);
	if (shadow->echoes != NULL)
		shadow_echoes_expect(shadow->echoes, question->name, question->type, our_reply.sent);
	bool other = exchange_ask(theirs, question, SHADOW_TIMEOUT_MS, &their_reply, &ignored);
	ret_difference[0] = '\0';
	if (ours && other)
		shadow_compare(&our_reply.message, &their_reply.message, shadow->options.ignored,
			       ret_difference);
	else if (ours != other)
		snprintf(ret_difference, DIFFERENCE_SIZE, "no reply from %s", ours ? "theirs" : "ours");
	return ours || other;
}

/* False: no more are wanted. */
static bool ask(struct shadow *shadow, const struct exchange_question *question)
{
	char name[NAME_TEXT_SIZE], type[16], text[NAME_TEXT_SIZE + 20], server[SERVER_ADDRESS_SIZE];
	char difference[DIFFERENCE_SIZE];
	if (dns_type_is_transfer(question->type))
		return true;
	name_print(question->name, name);
	dns_type_print(question->type, type);
	snprintf(text, sizeof(text), "%s %s", name, type);
	wait_for_turn(shadow);
	for (size_t i = 0; i < shadow->options.server_count; i++) {
		bool is_heard = compare_once(shadow, question, &shadow->options.theirs[i], difference);
		if (difference[0] != '\0') /* the cluster may just have changed */
			is_heard = compare_once(shadow, question, &shadow->options.theirs[i],
						difference);
		if (is_stopped) /* a reply that was not waited for is none that is missing */
			return false;
		shadow->questions += i == 0;
		shadow->unanswered += !is_heard;
		if (difference[0] == '\0')
			continue;
		server_address_print(&shadow->options.theirs[i], server);
		shadow->differences++;
		shadow_groups_add(shadow->groups, server, difference, text);
	}
	return shadow->questions < shadow->options.count_most;
}

/* False: it cannot be read. */
static bool read_question(const char *name, const char *type, uint8_t wire[DNS_NAME_MAX],
			  struct exchange_question *ret_question)
{
	uint8_t size;
	*ret_question = (struct exchange_question){
		.name = wire, .type = TYPE_A, .class_ = CLASS_IN, .flags = FLAG_RD, .edns = true
	};
	return name_parse(name, wire, &size) &&
	       (type == NULL || dns_type_from_text(type, &ret_question->type));
}

static bool ask_event(struct shadow *shadow, const char *name, const char *type)
{
	uint8_t wire[DNS_NAME_MAX];
	struct exchange_question question;
	if (!read_question(name, type, wire, &question))
		return true;
	if (shadow_echoes_take(shadow->echoes, wire, question.type))
		return true;
	return ask(shadow, &question);
}

/* ---- where questions come from ---- */

static FILE *open_file(const char *path, struct error *error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (file == NULL)
		error_set(error, "%s: %s", path, strerror(errno));
	return file;
}

struct pcap_reading {
	struct shadow *shadow;
	FILE *file;
};

static size_t read_bytes(void *context, uint8_t *bytes, size_t size)
{
	return fread(bytes, 1, size, ((struct pcap_reading *)context)->file);
}

static bool take_payload(void *context, const uint8_t *payload, size_t size)
{
	struct pcap_reading *reading = context;
	struct dns_query query;
	if (dns_query_read(payload, size, &query) != QUERY_GOOD)
		return true;
	const struct exchange_question question = { .name = query.lower,
						    .type = query.type,
						    .class_ = query.class_,
						    .flags = query.flags,
						    .edns = query.edns,
						    .dnssec_ok = query.dnssec_ok };
	return ask(reading->shadow, &question);
}

static bool run_pcap(struct shadow *shadow, struct error *error)
{
	struct pcap_reading reading = { shadow, open_file(shadow->options.pcap, error) };
	const struct capture_calls calls = { read_bytes, take_payload, &reading };
	if (reading.file == NULL)
		return false;
	error->text[0] = '\0';
	bool good = capture_read(&calls, SHADOW_PORT, error);
	if (!good)
		error_prefix(error, "%s: ", shadow->options.pcap);
	fclose(reading.file);
	return good;
}

static char *next_word(char **rest)
{
	char *word;
	while ((word = strsep(rest, " \t")) != NULL && *word == '\0')
		;
	return word;
}

/* What stands behind a type is passed over, as are lines without a name. */
static bool ask_line(struct shadow *shadow, char *line, unsigned number)
{
	uint8_t wire[DNS_NAME_MAX];
	struct exchange_question question;
	char *rest = line;
	line[strcspn(line, "#\r\n")] = '\0';
	const char *name = next_word(&rest), *type = next_word(&rest);
	if (name == NULL)
		return true;
	if (read_question(name, type, wire, &question))
		return ask(shadow, &question);
	if (shadow->unread++ < UNREAD_TOLD)
		fprintf(stderr, "%s:%u: expected NAME [TYPE], not '%.255s%s%.16s'\n",
			shadow->options.names, number, name, type != NULL ? " " : "",
			type != NULL ? type : "");
	return true;
}

static bool run_names(struct shadow *shadow, struct error *error)
{
	FILE *file = open_file(shadow->options.names, error);
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	if (file == NULL)
		return false;
	while (getline(&line, &room, file) >= 0 && ask_line(shadow, line, ++number))
		;
	free(line);
	fclose(file);
	return true;
}

static bool take_event(void *context, const char *line)
{
	if (strncmp(line, "data:", 5) != 0) {
		if (line[0] != '\0' && line[0] != ':' && strncmp(line, "event:", 6) != 0)
			fprintf(stderr, "knamectl shadow: %s\n", line); /* why there are no questions */
		return true;
	}
	json_t *event = json_loads(line + 5, 0, NULL);
	const char *name = json_string_value(json_object_get(event, "name"));
	const char *type = json_string_value(json_object_get(event, "type"));
	bool goes_on = name == NULL || ask_event(context, name, type);
	json_decref(event);
	return goes_on;
}

/* ---- the round ---- */

static bool run(struct shadow *shadow, struct error *error)
{
	if (shadow->options.is_live) {
		shadow->echoes = shadow_echoes_new(shadow->options.rate);
		shadow->options.live.stop = &is_stopped;
		return live_follow(&shadow->options.live, "/api/tail", take_event, shadow, error);
	}
	return shadow->options.pcap != NULL ? run_pcap(shadow, error) : run_names(shadow, error);
}

/* NULL: something was compared. */
static const char *why_nothing(const struct shadow *shadow)
{
	if (shadow->questions == 0)
		return shadow->options.is_live ? "our server was asked nothing"
					       : "there was no question to ask";
	return shadow->unanswered == shadow->questions * shadow->options.server_count
		       ? "no question was answered, by ours or by theirs"
		       : NULL;
}

static int tell(const struct shadow *shadow)
{
	const char *reason = why_nothing(shadow);
	shadow_groups_print(shadow->groups);
	if (shadow->unanswered > 0)
		printf("%6llu  answered by nobody\n", (unsigned long long)shadow->unanswered);
	if (shadow->unread > 0)
		printf("%6llu  lines could not be read\n", (unsigned long long)shadow->unread);
	printf("%llu questions, %llu differences\n", (unsigned long long)shadow->questions,
	       (unsigned long long)shadow->differences);
	if (reason != NULL)
		fprintf(stderr, "knamectl shadow: nothing was compared: %s\n", reason);
	return reason != NULL ? 1 : shadow->differences > 0 ? EXIT_DIFFERENT : 0;
}

int knamectl_shadow(int argc, char **argv)
{
	struct shadow shadow = { .questions = 0 };
	struct error error = { .text = "" };
	if (argc > 1 && word_is_help(argv[1])) {
		fputs(shadow_usage(), stdout);
		return 0;
	}
	shadow.groups = shadow_groups_new();
	bool good = shadow_options_read(argc, argv, &shadow.options, &error);
	if (good) {
		take_signals();
		good = run(&shadow, &error) || is_stopped;
	}
	int code = 1;
	if (good || shadow.questions > 0)
		code = tell(&shadow);
	if (!good) {
		fprintf(stderr, "knamectl shadow: %s\n", error.text);
		code = 1;
	}
	shadow_groups_free(shadow.groups);
	shadow_echoes_free(shadow.echoes);
	return code;
}
