/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the cases: for each scenario (a folder with a Corefile and questions.case) its objects are read and compiled,
 * a server is started on loopback, and every question is asked in process, over UDP and over TCP.
 *
 *   run_cases [--at ADDRESS] [DIRECTORY...]     default: every scenario beside this program's source
 *
 * With --at the questions go, over UDP and TCP, to port 53 there, where a server has the same objects. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../support/case_file.h"
#include "../support/exchange.h"
#include "../support/served.h"
#include "check.h"

static unsigned test_count, failed_count;
static const char *elsewhere; /* the address of --at; NULL: our own server is asked */

static void report(bool good, const char *what, const char *complaints)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++test_count, what);
	failed_count += !good;
	while (!good && *complaints != '\0') {
		int size = (int)strcspn(complaints, "\n");
		printf("# %.*s\n", size, complaints);
		complaints += size + (complaints[size] == '\n');
	}
}

/* A scenario with its server and a socket of each kind. */
struct scenario {
	const char *name;
	struct case_file *file;
	struct served *served;
	int udp, tcp;
};

enum way { IN_PROCESS, IN_PROCESS_TCP, OVER_UDP, OVER_TCP };
static const char *const way_names[] = { "in process", "in process as TCP", "over UDP", "over TCP" };

static bool is_tcp(enum way way)
{
	return way == IN_PROCESS_TCP || way == OVER_TCP;
}

static size_t ask(struct scenario *scenario, enum way way, const uint8_t *packet, size_t size,
		  uint8_t ret_reply[65535], struct error *error)
{
	size_t reply_size = 0;
	switch (way) {
	case IN_PROCESS:
		reply_size = served_ask(scenario->served, PROTO_UDP, packet, size, ret_reply);
		break;
	case IN_PROCESS_TCP:
		reply_size = served_ask(scenario->served, PROTO_TCP, packet, size, ret_reply);
		break;
	case OVER_UDP:
		return exchange_udp(scenario->udp, packet, size, ret_reply, error);
	case OVER_TCP:
		return exchange_tcp(scenario->tcp, packet, size, ret_reply, error);
	}
	if (reply_size == 0)
		error_set(error, "no reply");
	return reply_size;
}

static void run_way(struct scenario *scenario, const struct case_ *case_, enum way way)
{
	static uint8_t reply[65535], whole_reply[65535];
	uint8_t packet[ASK_ROOM];
	struct error error = { 0 };
	struct text what = { 0 }, complaints = { 0 };
	struct asked asked = { .case_ = case_,
			       .packet = packet,
			       .reply = reply,
			       .limit = is_tcp(way) ? sizeof(reply) : ask_udp_limit(&case_->question),
			       .model = served_model(scenario->served),
			       .kubernetes = served_kubernetes(scenario->served) };
	asked.packet_size = ask_write(&case_->question, packet);
	struct reply_text whole;
	bool has_whole = asked.packet_size > 0 && !case_->expected->header &&
			 reply_text_read(whole_reply,
					 ask(scenario, IN_PROCESS_TCP, packet, asked.packet_size,
					     whole_reply, &error),
					 &whole, &error);
	asked.whole = has_whole ? &whole : NULL;
	asked.reply_size = ask(scenario, way, packet, asked.packet_size, reply, &error);
	bool good = asked.reply_size > 0 ? case_check(&asked, &complaints) : false;
	if (asked.reply_size == 0)
		text_add(&complaints, error.text);
	text_printf(&what, "%s:%u %s %s %s", scenario->name, case_->line, case_->question.name,
		    case_->question.type, way_names[way]);
	text_add_n(&complaints, "", 0);
	report(good, what.data, complaints.data != NULL ? complaints.data : "");
	if (has_whole)
		reply_text_done(&whole);
	text_done(&what);
	text_done(&complaints);
}

static void run_cases(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->file->case_count; i++) {
		const struct case_ *case_ = &scenario->file->cases[i];
		for (enum way way = elsewhere != NULL ? OVER_UDP : IN_PROCESS; way <= OVER_TCP; way++) {
			if (case_->question.transport != (is_tcp(way) ? TRANSPORT_UDP : TRANSPORT_TCP))
				run_way(scenario, case_, way);
		}
	}
}

static bool scenario_start(struct scenario *scenario, const char *directory, struct error *error)
{
	struct text path = { 0 };
	text_printf(&path, "%s/questions.case", directory);
	scenario->file = case_file_read(path.data, error);
	text_clear(&path);
	text_printf(&path, "%s/Corefile", directory);
	if (scenario->file != NULL)
		scenario->served = served_start(
			&(struct served_options){ .corefile = path.data,
						  .local_addresses = scenario->file->local_addresses,
						  .local_address_count =
							  scenario->file->local_address_count },
			error);
	text_done(&path);
	if (scenario->served == NULL)
		return false;
	struct ip server;
	ip_parse(elsewhere != NULL ? elsewhere : "127.0.0.1", &server);
	uint16_t port = elsewhere != NULL ? 53 : served_port(scenario->served);
	scenario->udp = exchange_open(&server, port, SOCK_DGRAM, error);
	scenario->tcp = exchange_open(&server, port, SOCK_STREAM, error);
	return scenario->udp >= 0 && scenario->tcp >= 0;
}

static void run_scenario(const char *directory)
{
	const char *slash = strrchr(directory, '/');
	struct scenario scenario = { .name = slash != NULL ? slash + 1 : directory,
				     .udp = -1,
				     .tcp = -1 };
	struct error error = { 0 };
	if (scenario_start(&scenario, directory, &error))
		run_cases(&scenario);
	else
		report(false, directory, error.text);
	if (scenario.udp >= 0)
		close(scenario.udp);
	if (scenario.tcp >= 0)
		close(scenario.tcp);
	if (scenario.served != NULL)
		served_stop(scenario.served);
	if (scenario.file != NULL)
		case_file_free(scenario.file);
}

int main(int argc, char **argv)
{
	glob_t found = { 0 };
	log_set_quiet(true);
	setvbuf(stdout, NULL, _IOLBF, 0); /* the server's log goes there too, a line at a time */
	int first = 1;
	if (argc > 2 && strcmp(argv[1], "--at") == 0) {
		elsewhere = argv[2];
		first = 3;
	}
	for (int i = first; i < argc; i++)
		run_scenario(argv[i]);
	if (argc == first && glob("tests/cases/*/questions.case", 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			*strrchr(found.gl_pathv[i], '/') = '\0';
			run_scenario(found.gl_pathv[i]);
		}
		globfree(&found);
	}
	if (test_count == 0)
		report(false, "no scenario: run in the project's directory", "");
	printf("1..%u\n", test_count);
	return failed_count > 0;
}
