/* SPDX-License-Identifier: Apache-2.0 */
/* One table of long options; every number is checked against a limit, so a typing error cannot make
 * a load that does not end. */
#include "options.h"

#include "pages.h"
#include "query.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum option_key {
	OPTION_RATE = 256,
	OPTION_MAX,
	OPTION_BURST,
	OPTION_TCP,
	OPTION_CONNECT,
	OPTION_IDLE,
	OPTION_SECONDS,
	OPTION_WARMUP,
	OPTION_TIMEOUT,
	OPTION_COUNT,
	OPTION_ORDER,
	OPTION_SOCKETS,
	OPTION_INFLIGHT,
	OPTION_BATCH,
	OPTION_CHECK,
	OPTION_EDNS,
	OPTION_NO_EDNS,
	OPTION_CPU,
	OPTION_WATCH,
	OPTION_SOURCES,
	OPTION_NAMESPACE,
	OPTION_ECHO,
	OPTION_HUMAN,
	OPTION_SEED,
	OPTION_HELP,
};

static const struct option words_known[] = {
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "max", no_argument, NULL, OPTION_MAX },
	{ "burst", required_argument, NULL, OPTION_BURST },
	{ "tcp", required_argument, NULL, OPTION_TCP },
	{ "connect", required_argument, NULL, OPTION_CONNECT },
	{ "idle", required_argument, NULL, OPTION_IDLE },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "warmup", required_argument, NULL, OPTION_WARMUP },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "order", required_argument, NULL, OPTION_ORDER },
	{ "sockets", required_argument, NULL, OPTION_SOCKETS },
	{ "inflight", required_argument, NULL, OPTION_INFLIGHT },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "check-every", required_argument, NULL, OPTION_CHECK },
	{ "edns", required_argument, NULL, OPTION_EDNS },
	{ "no-edns", no_argument, NULL, OPTION_NO_EDNS },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "watch", required_argument, NULL, OPTION_WATCH },
	{ "sources", required_argument, NULL, OPTION_SOURCES },
	{ "namespace", no_argument, NULL, OPTION_NAMESPACE },
	{ "expect-echo", no_argument, NULL, OPTION_ECHO },
	{ "human", no_argument, NULL, OPTION_HUMAN },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"usage: blast [options] ADDRESS:PORT QUESTIONS\n"
	"Asks a DNS server on loopback and checks what it answers. QUESTIONS holds lines of\n"
	"  name type rcode answers [rdata,rdata...]     (- = unchecked; #### in a name = random "
	"digits)\n"
	"load:  --max (default), --rate N a second, --burst N datagrams at once\n"
	"over:  UDP (default), --tcp CxN (C connections, N queries in flight on each),\n"
	"       --connect C (a connection for every query, C at a time), --idle N (connections "
	"held beside)\n"
	"ends:  --seconds S (3; at most 600), --warmup S (0.2), --count N, --timeout S per query "
	"(1)\n"
	"what:  --order uniform|zipf|sequential, --edns SIZE (1232), --no-edns, --seed N\n"
	"how:   --sockets N (64), --inflight N (128), --batch N (32), --sources N (addresses from "
	"127.0.0.1 on)\n"
	"       --cpu N (pin), --watch PID,... (CPU time of the server), --check-every N (1000)\n"
	"       --expect-echo (a bare echo answers), --namespace (a closed namespace's veth may be "
	"the target)\n"
	"print: one line of JSON; --human adds a line to read\n";

static uint32_t number(const char *name, const char *text, uint32_t low, uint32_t high)
{
	unsigned long value;
	if (!query_number(text, high, &value) || value < low)
		die("--%s wants a number from %u to %u, not '%s'", name, low, high, text);
	return (uint32_t)value;
}

static double decimal(const char *name, const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end != '\0' || !(value >= low && value <= high))
		die("--%s wants a number from %g to %g, not '%s'", name, low, high, text);
	return value;
}

static void parse_tcp(struct options *options, const char *text)
{
	char *end;
	unsigned long connections = strtoul(text, &end, 10), each = 0;

	if (*end != 'x' || !query_number(end + 1, 1024, &each) || each < 1 || connections < 1 ||
	    connections > SOCKETS_MAX)
		die("--tcp wants CONNECTIONSxINFLIGHT (at most %dx1024), not '%s'", SOCKETS_MAX, text);
	options->transport = TRANSPORT_TCP;
	options->lanes = (uint32_t)connections;
	options->lane_in_flight = (uint32_t)each;
}

static void parse_order(struct options *options, const char *text)
{
	if (strcmp(text, "uniform") == 0)
		options->order = ORDER_UNIFORM;
	else if (strcmp(text, "zipf") == 0)
		options->order = ORDER_ZIPF;
	else if (strcmp(text, "sequential") == 0)
		options->order = ORDER_SEQUENTIAL;
	else
		die("--order wants uniform, zipf or sequential, not '%s'", text);
}

static void parse_watched(struct options *options, const char *text)
{
	for (char *end; *text != '\0'; text = end + (*end == ',')) {
		long pid = strtol(text, &end, 10);
		if (end == text || pid < 1 || options->watched_count == WATCHED_MAX ||
		    (*end != ',' && *end != '\0'))
			die("--watch wants process ids parted by commas");
		options->watched[options->watched_count++] = (pid_t)pid;
	}
}

static void apply_load(struct options *options, enum option_key key, const char *name, const char *value)
{
	switch (key) {
	case OPTION_RATE:
		options->mode = MODE_RATE;
		options->rate = decimal(name, value, 1, 10e6);
		break;
	case OPTION_MAX:
		options->mode = MODE_MAX;
		break;
	case OPTION_BURST:
		options->mode = MODE_BURST;
		options->burst = number(name, value, 1, 65536);
		break;
	case OPTION_TCP:
		parse_tcp(options, value);
		break;
	case OPTION_CONNECT:
		options->transport = TRANSPORT_CONNECT;
		options->lanes = number(name, value, 1, SOCKETS_MAX);
		options->lane_in_flight = 1;
		break;
	case OPTION_IDLE:
		options->idle = number(name, value, 1, IDLE_MAX);
		break;
	case OPTION_SECONDS:
		options->seconds = decimal(name, value, 0.01, SECONDS_MAX);
		break;
	case OPTION_WARMUP:
		options->warmup_seconds = decimal(name, value, 0, 60);
		break;
	case OPTION_TIMEOUT:
		options->timeout_seconds = decimal(name, value, 0.001, 10);
		break;
	case OPTION_COUNT:
		options->count = number(name, value, 1, UINT32_MAX);
		break;
	default:
		die("see blast --help");
	}
}

static void apply_manner(struct options *options, enum option_key key, const char *name,
			 const char *value)
{
	switch (key) {
	case OPTION_ORDER:
		parse_order(options, value);
		break;
	case OPTION_SOCKETS:
		options->lanes = number(name, value, 1, SOCKETS_MAX);
		break;
	case OPTION_INFLIGHT:
		options->in_flight = number(name, value, 1, 65536);
		break;
	case OPTION_BATCH:
		options->batch = number(name, value, 1, 64);
		break;
	case OPTION_CHECK:
		options->check_every = number(name, value, 1, UINT32_MAX);
		break;
	case OPTION_EDNS:
		options->edns_size = (uint16_t)number(name, value, 1, UINT16_MAX);
		break;
	case OPTION_NO_EDNS:
		options->edns_size = 0;
		break;
	case OPTION_CPU:
		options->cpu = (int)number(name, value, 0, 1023);
		break;
	case OPTION_WATCH:
		parse_watched(options, value);
		break;
	case OPTION_SOURCES:
		options->sources = number(name, value, 1, 250);
		break;
	case OPTION_NAMESPACE:
		options->namespace = true;
		break;
	case OPTION_ECHO:
		options->echo = true;
		break;
	case OPTION_HUMAN:
		options->human = true;
		break;
	case OPTION_SEED:
		options->seed = number(name, value, 0, UINT32_MAX);
		break;
	case OPTION_HELP:
		fputs(help, stdout);
		exit(0);
	default:
		apply_load(options, key, name, value);
	}
}

static void refuse_strangers(const struct options *options)
{
	if (target_is_loopback(&options->target))
		return;
	if (options->namespace && target_is_in_namespace(&options->target))
		return;
	die("%s is not on loopback%s: refused", options->target_text,
	    options->namespace ? " nor behind a veth of a namespace without other ways out" : "");
}

static void complete(struct options *options)
{
	if (options->transport != TRANSPORT_UDP && options->mode == MODE_BURST)
		die("--burst goes over UDP");
	if (options->lane_in_flight > 0)
		options->in_flight = options->lanes * options->lane_in_flight;
	else
		options->lane_in_flight = 2 * options->batch;
	if (options->in_flight < options->batch)
		options->batch = options->in_flight;
}

void options_parse(struct options *options, int count, char **words)
{
	bool load = false;
	int key, index;

	*options = (struct options){ .seconds = 3,
				     .warmup_seconds = 0.2,
				     .timeout_seconds = 1,
				     .lanes = 64,
				     .in_flight = 128,
				     .batch = 32,
				     .check_every = 1000,
				     .sources = 1,
				     .edns_size = 1232,
				     .cpu = -1,
				     .seed = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid() };
	while ((key = getopt_long(count, words, "", words_known, &index)) != -1) {
		if (key == '?')
			die("see blast --help");
		load |= key == OPTION_MAX || key == OPTION_RATE || key == OPTION_BURST ||
			key == OPTION_TCP || key == OPTION_CONNECT;
		apply_manner(options, (enum option_key)key, words_known[index].name, optarg);
	}
	if (optind + 2 != count)
		die("expected ADDRESS:PORT QUESTIONS; see blast --help");
	if (options->idle > 0 && !load)
		options->mode = MODE_HOLD;
	options->target_text = words[optind];
	options->questions_path = words[optind + 1];
	if (!target_parse(options->target_text, &options->target))
		die("'%s' is no ADDRESS:PORT (numbers only, IPv6 in brackets)", options->target_text);
	refuse_strangers(options);
	complete(options);
}
