/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl doctor`: looks at all that usually goes wrong, and says what to do about it. */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command_words.h"
#include "exchange.h"
#include "explain.h"
#include "knamectl.h"
#include "knamed/observe.h"

enum { WAIT_MS = 5000, ASK_MS = 2000 };

static const char usage[] =
	"usage: knamectl doctor [-conf FILE] [-dns.port PORT] [--server ADDRESS[:PORT]] [OPTION...]\n"
	"Looks at the Corefile, the server in force, its upstreams, the API server and the other\n"
	"replicas; one line for each finding: what is wrong, and what to do.\n"
	"  -conf FILE                 the Corefile (/etc/coredns/Corefile, else ./Corefile)\n"
	"  --server ADDRESS[:PORT]    the live server; else where the Corefile says\n"
	"  --replica ADDRESS[:PORT]   another one to compare with; several times; else those of the\n"
	"                             Service kube-dns in kube-system\n"
	"  --pid N, --socket NAME     which server of this network namespace, if there are several\n"
	"  --admin HOST:PORT          the server with `admin` there, instead of a control socket\n"
	"  --wait TIME                for each answer of the API server (5s)\n"
	"  --json                     print it as JSON\n"
	"Exit: 0 nothing found, 1 warnings (or a wrong command), 2 problems.\n";

void doctor_find(struct doctor *doctor, enum severity severity, const char *check,
		 const char *advice, const char *format, ...)
{
	char what[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	json_array_append_new(doctor->findings,
			      json_pack("{s:s,s:s,s:o,s:s}", "severity",
					severity == SEVERITY_PROBLEM ? "problem" : "warning",
					"check", check, "what", text_value(what), "do", advice));
}

static void add_texts(const struct dns_message *message, struct text *texts)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (dns_message_next(message, &walk, &record)) {
		if (record.section != 0 || record.type != TYPE_TXT || record.rdata_size == 0)
			continue;
		const uint8_t *at = message->packet + record.rdata_at, *end = at + record.rdata_size;
		for (; at < end && at[0] < end - at; at += 1 + at[0]) {
			text_add_n(texts, at + 1, at[0]);
			text_add(texts, "\n");
		}
	}
}

bool doctor_ask_txt(const struct server_address *server, const char *name, uint16_t *ret_rcode,
		    struct text *ret_texts)
{
	static struct exchange_reply reply;
	uint8_t wire[DNS_NAME_MAX], size;
	struct error ignored;
	const struct exchange_question question = {
		.name = wire, .type = TYPE_TXT, .class_ = CLASS_IN, .flags = FLAG_RD, .edns = true
	};
	text_add(ret_texts, "");
	if (!name_parse(name, wire, &size) ||
	    !exchange_ask(server, &question, ASK_MS, &reply, &ignored))
		return false;
	*ret_rcode = reply.message.rcode;
	add_texts(&reply.message, ret_texts);
	return true;
}

/* ---- words ---- */

static bool value_read(struct doctor_options *options, const char *word, const char *value,
		       struct error *error)
{
	uint64_t number;
	if (corefile_option_take(&options->flags, word, value))
		return true;
	if (strcmp(word, "-socket") == 0) {
		options->socket = value[0] == '@' ? value + 1 : value;
		return true;
	}
	if (strcmp(word, "-admin") == 0) {
		options->admin = value;
		return true;
	}
	if (strcmp(word, "-server") == 0)
		return server_address_read(value, &options->server, error);
	if (strcmp(word, "-replica") == 0 && options->replica_count < REPLICAS_MOST) {
		struct server_address *replica = &options->replicas[options->replica_count++];
		replica->port = 53;
		return server_address_read(value, replica, error);
	}
	if (strcmp(word, "-pid") == 0)
		return text_to_number(value, 1, UINT32_MAX, &options->pid) ||
		       error_set(error, "expected a process id, not '%s'", value);
	if (strcmp(word, "-wait") == 0) {
		bool good = text_to_duration_ms(value, &number) && number >= 100 && number <= 600000;
		options->wait_ms = good ? (unsigned)number : 0;
		return good || error_set(error, "expected a time like 5s, not '%s'", value);
	}
	return error_set(error, "no option '%s'", word);
}

/* HELP: no error. */
static bool options_read(int argc, char **argv, struct doctor_options *options, struct error *error)
{
	*options =
		(struct doctor_options){ .flags.port = "53", .server.port = 53, .wait_ms = WAIT_MS };
	for (int i = 1; i < argc; i++) {
		const char *word = option_word(argv[i]);
		if (word_is_help(word))
			return false;
		if (strcmp(word, "-json") == 0)
			options->is_json = true;
		else if (i + 1 == argc)
			return error_set(error, "no option '%s', or its value is missing", argv[i]);
		else if (!value_read(options, word, argv[++i], error))
			return false;
	}
	corefile_option_default(&options->flags);
	return true;
}

/* ---- the round ---- */

static void look_around(struct doctor *doctor)
{
	struct cluster_view view;
	struct error error;
	struct config *config = config_load(&doctor->options->flags, &error);
	if (config == NULL) {
		doctor_find(doctor, SEVERITY_PROBLEM, "config",
			    "correct the line; `knamectl check` tells every fault", "%s", error.text);
	} else {
		cluster_view_begin(&view, config, 0);
		doctor->config = config;
		doctor->block = view.block;
		doctor->zone = view.zone;
		doctor->server = doctor->options->server.ip.family != 0
					 ? doctor->options->server
					 : cluster_view_address(config, doctor->options->flags.port);
	}
	doctor_look_at_server(doctor);
	doctor_look_at_process(doctor);
	if (config != NULL) {
		doctor_look_at_upstreams(doctor);
		doctor_look_at_cluster(doctor);
		doctor_look_at_namespaces(doctor);
		doctor_look_at_replicas(doctor);
		config_free(config);
	}
}

static int print(FILE *output, const struct doctor *doctor)
{
	size_t i, problems = 0, warnings = 0;
	json_t *finding;
	json_array_foreach(doctor->findings, i, finding)
	{
		const char *severity = json_string_value(json_object_get(finding, "severity"));
		bool is_problem = strcmp(severity, "problem") == 0;
		problems += is_problem;
		warnings += !is_problem;
		if (!doctor->options->is_json)
			fprintf(output, "%s %s: %s -- %s\n", is_problem ? "PROBLEM" : "WARNING",
				json_string_value(json_object_get(finding, "check")),
				json_string_value(json_object_get(finding, "what")),
				json_string_value(json_object_get(finding, "do")));
	}
	if (doctor->options->is_json) {
		json_dumpf(doctor->findings, output, JSON_INDENT(2));
		fputc('\n', output);
	} else {
		fprintf(output, "%zu problems, %zu warnings\n", problems, warnings);
	}
	return problems > 0 ? 2 : warnings > 0;
}

int knamectl_doctor(int argc, char **argv)
{
	struct doctor_options options;
	struct error error = { .text = "" };
	if (!options_read(argc, argv, &options, &error)) {
		if (error.text[0] == '\0')
			fputs(usage, stdout);
		else
			fprintf(stderr, "knamectl doctor: %s\n", error.text);
		return error.text[0] == '\0' ? 0 : 1;
	}
	struct doctor doctor = { .options = &options,
				 .findings = json_array(),
				 .metrics = metrics_new() };
	FILE *output = explain_take_stdout();
	if (output == NULL)
		return 1;
	look_around(&doctor);
	int code = print(output, &doctor);
	json_decref(doctor.findings);
	json_decref(doctor.state);
	metrics_free(doctor.metrics);
	fclose(output);
	return code;
}
