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
#include "live.h"

enum { RATE = 100, RATE_MOST = 10000, EXIT_DIFFERENT = 2, DNS_PORT = 53, UNREAD_TOLD = 10 };

static const char usage[] =
	"usage: knamectl shadow --to SERVER[,SERVER...] (--live | --pcap FILE | --names FILE) [OPTION...]\n"
	"Asks our server and others the same questions and compares rcode, flags and records (as sets).\n"
	"  --to SERVER[,SERVER]    ADDRESS[:PORT] of the others\n"
	"  --server ADDRESS[:PORT] ours (127.0.0.1:53)\n"
	"  --pcap FILE             questions of a capture, pcap or pcapng; -: standard input\n"
	"  --names FILE            lines of NAME [TYPE]; -: standard input\n"
	"  --live                  questions as our server is asked them, by its control socket\n"
	"  --socket NAME           that socket, if there are several\n"
	"  --count N               no more questions than that\n"
	"  --rate R                at most that many in a second (100)\n"
	"  --ignore WHAT[,WHAT]    ttl, flags, authority\n"
	"A difference counts if it is there when both are asked once more. ^C ends it and prints what was found.\n"
	"Exit: 0 no differences, 2 differences, 1 nothing could be compared.\n";

struct shadow {
	struct server_address ours, theirs[SHADOW_SERVERS_MOST];
	size_t server_count;
	const char *pcap, *names;
	struct live live;
	bool is_live;
	uint64_t count_most, rate;
	unsigned ignored;
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
	shadow->next_ns = now + 1000000000 / shadow->rate;
}

/* False: neither of them answers. */
static bool compare_once(struct shadow *shadow, const struct exchange_question *question,
			 const struct server_address *theirs, char ret_difference[DIFFERENCE_SIZE])
{
	static struct exchange_reply our_reply, their_reply;
	struct error ignored;
	bool ours = exchange_ask(&shadow->ours, question, SHADOW_TIMEOUT_MS, &our_reply, &ignored);
	if (shadow->echoes != NULL)
		shadow_echoes_expect(shadow->echoes, question->name, question->type, our_reply.sent);
	bool other = exchange_ask(theirs, question, SHADOW_TIMEOUT_MS, &their_reply, &ignored);
	ret_difference[0] = '\0';
	if (ours && other)
		shadow_compare(&our_reply.message, &their_reply.message, shadow->ignored,
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
	for (size_t i = 0; i < shadow->server_count; i++) {
		bool is_heard = compare_once(shadow, question, &shadow->theirs[i], difference);
		if (difference[0] != '\0') /* the cluster may just have changed */
			is_heard = compare_once(shadow, question, &shadow->theirs[i], difference);
		if (is_stopped) /* a reply that was not waited for is none that is missing */
			return false;
		shadow->questions += i == 0;
		shadow->unanswered += !is_heard;
		if (difference[0] == '\0')
			continue;
		server_address_print(&shadow->theirs[i], server);
		shadow->differences++;
		shadow_groups_add(shadow->groups, server, difference, text);
	}
	return shadow->questions < shadow->count_most;
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
	struct pcap_reading reading = { shadow, open_file(shadow->pcap, error) };
	const struct capture_calls calls = { read_bytes, take_payload, &reading };
	if (reading.file == NULL)
		return false;
	error->text[0] = '\0';
	bool good = capture_read(&calls, DNS_PORT, error);
	if (!good)
		error_prefix(error, "%s: ", shadow->pcap);
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
		fprintf(stderr, "%s:%u: expected NAME [TYPE], not '%.255s%s%.16s'\n", shadow->names,
			number, name, type != NULL ? " " : "", type != NULL ? type : "");
	return true;
}

static bool run_names(struct shadow *shadow, struct error *error)
{
	FILE *file = open_file(shadow->names, error);
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
	if (strncmp(line, "data:", 5) != 0)
		return true;
	json_t *event = json_loads(line + 5, 0, NULL);
	const char *name = json_string_value(json_object_get(event, "name"));
	const char *type = json_string_value(json_object_get(event, "type"));
	bool goes_on = name == NULL || ask_event(context, name, type);
	json_decref(event);
	return goes_on;
}

/* ---- words ---- */

static bool servers_read(struct shadow *shadow, const char *text, struct error *error)
{
	char *copy = mem_text(text), *rest = copy, *word;
	bool good = true;
	while (good && (word = strsep(&rest, ",")) != NULL) {
		good = shadow->server_count < SHADOW_SERVERS_MOST ||
		       error_set(error, "more than %d servers", SHADOW_SERVERS_MOST);
		if (!good)
			break;
		struct server_address *server = &shadow->theirs[shadow->server_count++];
		server->port = DNS_PORT;
		good = server_address_read(word, server, error);
	}
	mem_free(copy);
	return good;
}

static bool ignored_read(struct shadow *shadow, const char *text, struct error *error)
{
	static const struct {
		const char *word;
		enum shadow_ignore bit;
	} known[] = { { "ttl", IGNORE_TTL },
		      { "flags", IGNORE_FLAGS },
		      { "authority", IGNORE_AUTHORITY } };
	char *copy = mem_text(text), *rest = copy, *word;
	bool good = true;
	while (good && (word = strsep(&rest, ",")) != NULL) {
		size_t i = 0;
		while (i < COUNT_OF(known) && strcmp(known[i].word, word) != 0)
			i++;
		good = i < COUNT_OF(known) ||
		       error_set(error,
				 "expected ttl, flags or authority, not '%s' (the order of "
				 "records is never compared)",
				 word);
		if (good)
			shadow->ignored |= known[i].bit;
	}
	mem_free(copy);
	return good;
}

static bool value_read(struct shadow *shadow, const char *word, const char *value, struct error *error)
{
	if (strcmp(word, "-to") == 0)
		return servers_read(shadow, value, error);
	if (strcmp(word, "-server") == 0)
		return server_address_read(value, &shadow->ours, error);
	if (strcmp(word, "-ignore") == 0)
		return ignored_read(shadow, value, error);
	if (strcmp(word, "-pcap") == 0)
		shadow->pcap = value;
	else if (strcmp(word, "-names") == 0)
		shadow->names = value;
	else if (strcmp(word, "-socket") == 0)
		shadow->live.socket = value;
	else if (strcmp(word, "-count") == 0)
		return text_to_number(value, 1, UINT64_MAX, &shadow->count_most) ||
		       error_set(error, "expected a number, not '%s'", value);
	else if (strcmp(word, "-rate") == 0)
		return text_to_number(value, 1, RATE_MOST, &shadow->rate) ||
		       error_set(error, "expected 1 to %d questions in a second, not '%s'",
				 RATE_MOST, value);
	else
		return error_set(error, "no option '%s'", word);
	return true;
}

static bool words_read(int argc, char **argv, struct shadow *shadow, struct error *error)
{
	for (int i = 1; i < argc; i++) {
		const char *word = option_word(argv[i]);
		if (strcmp(word, "-live") == 0)
			shadow->is_live = true;
		else if (i + 1 == argc)
			return error_set(error, "no option '%s', or its value is missing", argv[i]);
		else if (!value_read(shadow, word, argv[++i], error))
			return false;
	}
	int sources = shadow->is_live + (shadow->pcap != NULL) + (shadow->names != NULL);
	if (shadow->server_count == 0)
		return error_set(error, "expected --to SERVER");
	return sources == 1 || error_set(error, "expected one of --live, --pcap and --names");
}

static bool run(struct shadow *shadow, struct error *error)
{
	if (shadow->is_live) {
		shadow->echoes = shadow_echoes_new(shadow->rate);
		shadow->live.stop = &is_stopped;
		return live_follow(&shadow->live, "/api/tail", take_event, shadow, error);
	}
	return shadow->pcap != NULL ? run_pcap(shadow, error) : run_names(shadow, error);
}

/* NULL: something was compared. */
static const char *why_nothing(const struct shadow *shadow)
{
	if (shadow->questions == 0)
		return shadow->is_live ? "our server was asked nothing"
				       : "there was no question to ask";
	return shadow->unanswered == shadow->questions * shadow->server_count
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
	struct shadow shadow = { .ours.port = DNS_PORT, .count_most = UINT64_MAX, .rate = RATE };
	struct error error = { .text = "" };
	ip_parse("127.0.0.1", &shadow.ours.ip);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return 0;
	}
	shadow.groups = shadow_groups_new();
	bool good = words_read(argc, argv, &shadow, &error);
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
