/* SPDX-License-Identifier: Apache-2.0 */
/* Every name of the search list goes through a router of this process, made by the server's code of
 * the same Corefile and the same objects; then the live server is asked, and both are compared. */
#include <string.h>

#include "answer_json.h"
#include "exchange.h"
#include "explain.h"
#include "explain_trace.h"
#include "knamed/serve.h"
#include "pipeline.h"

enum {
	LIVE_TIMEOUT_MS = 2000,
	OTHERS_TIMEOUT_MS = 8000, /* a server gives its upstreams 5 s before it says SERVFAIL */
	CANDIDATE_SIZE = 2 * NAME_TEXT_SIZE,
};

struct walk {
	struct cluster_view *view;
	const struct explain_options *options;
	struct tracer tracer;
	struct router *router;
	struct asker *asker;
	struct asking_pod pod;
	struct server_address server; /* the live one */
	struct error trouble;
	unsigned differences;
};

/* ---- set-up ---- */

/* What stands in the API server is told as unknown where that cannot be read; the rest is explained. */
static bool read_sources(struct walk *walk, struct config *config, struct error *error)
{
	struct pipeline_options options = { .config = config,
					    .api_wait_s = walk->options->wait_s,
					    .agent = "knamectl" };
	walk->tracer.pipeline = pipeline_new(&options, &walk->trouble);
	if (walk->tracer.pipeline != NULL)
		return true;
	options.api_wait_s = 0;
	walk->tracer.pipeline = pipeline_new(&options, error);
	walk->view->trouble = walk->trouble.text;
	return walk->tracer.pipeline != NULL;
}

static bool open_router(struct walk *walk, struct config *config, struct error *error)
{
	size_t count;
	const struct serve_block *blocks = pipeline_blocks(walk->tracer.pipeline, &count);
	const struct serve_options options = { .blocks = blocks,
					       .block_count = count,
					       .answers = pipeline_answers(walk->tracer.pipeline),
					       .metrics = walk->tracer.metrics,
					       .config = config,
					       .version = KNAMED_VERSION };
	walk->router = router_new(&options, error);
	if (walk->router == NULL)
		return false;
	walk->asker = asker_new(walk->router);
	asker_trace(walk->asker, &walk->tracer.trace);
	return true;
}

/* An address of the block that can be asked from here. */
static struct ip address_of(const struct config_block *block)
{
	static const uint8_t zeros[16];
	struct ip ip = { 0 }, loopback;
	ip_parse("127.0.0.1", &loopback);
	if (block->bind.count == 0 || !ip_parse(block->bind.words[0], &ip)) {
		bool is_interface = block->bind.count > 0 && serve_local_addresses(block, &ip, 1) == 1;
		return is_interface ? ip : loopback;
	}
	if (memcmp(ip.bytes, zeros, sizeof(zeros)) == 0)
		ip_parse(ip.family == 6 ? "::1" : "127.0.0.1", &ip);
	return ip;
}

struct server_address cluster_view_address(const struct config *config, const char *port)
{
	const struct config_block *block = &config->blocks[0];
	uint64_t number = 53;
	text_to_number(port, 1, 65535, &number);
	for (size_t i = 0; i < config->block_count; i++)
		if (config->blocks[i].addresses[0].port == number) {
			block = &config->blocks[i];
			break;
		}
	return (struct server_address){ address_of(block), block->addresses[0].port };
}

/* ---- one name ---- */

static json_t *ask_router(struct walk *walk, const uint8_t *query, size_t size,
			  const struct server_address *at)
{
	static uint8_t reply[DNS_MESSAGE_MAX];
	struct packet_info info = {
		.client = walk->pod.ip,
		.client_port = 50000,
		.proto = PROTO_UDP,
		.local = at->ip,
		.local_port = at->port,
	};
	if (info.client.family == 0)
		ip_parse("127.0.0.1", &info.client);
	size_t reply_size = router_answer(walk->asker, &info, query, size, reply, sizeof(reply));
	return reply_size > 0 ? exchange_json(reply, reply_size) : NULL;
}

/* A live server may listen elsewhere than the Corefile says (a container's port): then the listener
 * that the Corefile names first is the one. */
static json_t *expected_answer(struct walk *walk, const struct exchange_question *question)
{
	const struct server_address by_config =
		cluster_view_address(walk->view->config, walk->options->flags.port);
	uint8_t query[EXCHANGE_QUERY_MOST];
	size_t size = exchange_write(question, query);
	json_t *expected = ask_router(walk, query, size, &walk->server);
	if (expected == NULL && json_array_size(walk->tracer.steps) == 0)
		expected = ask_router(walk, query, size, &by_config);
	return expected;
}

static json_t *live_answer(struct walk *walk, const struct exchange_question *question)
{
	static struct exchange_reply reply;
	char text[SERVER_ADDRESS_SIZE];
	struct error error;
	json_t *live;
	server_address_print(&walk->server, text);
	unsigned timeout_ms = walk->tracer.has_asked_others ? OTHERS_TIMEOUT_MS : LIVE_TIMEOUT_MS;
	if (exchange_ask(&walk->server, question, timeout_ms, &reply, &error)) {
		live = exchange_json(reply.packet, reply.size);
		json_object_set_new(live, "took_us", json_integer((json_int_t)(reply.took_ns / 1000)));
	} else {
		live = json_pack("{s:s}", "problem", error.text);
	}
	json_object_set_new(live, "server", json_string(text));
	return live;
}

/* ---- what both say ---- */

/* Silence is what an `acl` may have for us, and not for the client. */
static bool may_be_dropped(const struct walk *walk)
{
	const struct config *config = walk->view->config;
	bool drops = false;
	for (size_t i = 0; i < config->block_count; i++)
		for (size_t j = 0; j < config->blocks[i].acl_count; j++)
			for (size_t k = 0; k < config->blocks[i].acls[j].rule_count; k++)
				drops |= config->blocks[i].acls[j].rules[k].action == ACL_DROP;
	return drops && walk->tracer.depends_on_client && walk->pod.ip.family != 0;
}

/* What of the answer depends on others, or on who asks, is no difference. */
static void compare(struct walk *walk, json_t *candidate, const json_t *expected, const json_t *live)
{
	const struct tracer *tracer = &walk->tracer;
	const char *verdict = "same";
	if (tracer->is_unknown)
		verdict = "not compared: what it is made of could not be read from here";
	else if (expected != NULL && json_object_get(live, "problem") != NULL && !may_be_dropped(walk))
		verdict = "DIFFERENT: the live server does not answer";
	else if (strcmp(answer_rcode(expected), answer_rcode(live)) == 0 &&
		 (tracer->has_asked_others || answer_is_same_set(expected, live)))
		verdict = tracer->has_asked_others ? "same rcode; others said it" : "same";
	else if (tracer->depends_on_client && walk->pod.ip.family != 0)
		verdict = "other, and it may be: the live server was asked from here, not by that "
			  "client, and the block looks at who asks";
	else if (tracer->has_asked_others)
		verdict = "other: the live server's cache or resolvers say something else than "
			  "those that were asked now";
	else
		verdict = "DIFFERENT: the live server does not serve this Corefile and these objects "
			  "as they are now";
	if (strncmp(verdict, "DIFFERENT", 9) == 0) {
		walk->differences++;
		json_object_set_new(candidate, "different", json_true());
	}
	json_object_set_new(candidate, "verdict", json_string(verdict));
}

/* Whether the search ends here. */
static bool explain_name(struct walk *walk, const char *text, json_t *candidates)
{
	uint8_t name[DNS_NAME_MAX], size;
	char printed[NAME_TEXT_SIZE];
	const struct exchange_question question = { .name = name,
						    .type = walk->options->type,
						    .class_ = walk->options->class_,
						    .flags = FLAG_RD,
						    .edns = true };
	if (!name_parse(text, name, &size))
		return false; /* too long: a resolver passes it over as well */
	name_print(name, printed);
	tracer_begin(&walk->tracer);
	json_t *candidate = json_pack("{s:s,s:O}", "name", printed, "steps", walk->tracer.steps);
	json_array_append_new(candidates, candidate);
	json_t *expected = expected_answer(walk, &question);
	bool is_found = answer_has_records(expected);
	if (!walk->options->is_offline) {
		json_t *live = live_answer(walk, &question);
		is_found = walk->tracer.is_unknown ? answer_has_records(live) : is_found;
		compare(walk, candidate, expected, live);
		json_object_set_new(candidate, "live", live);
	}
	json_object_set_new(candidate, "expected", expected != NULL ? expected : json_null());
	tracer_end(&walk->tracer);
	return is_found;
}

/* ---- the search list ---- */

static unsigned count_dots(const char *name)
{
	unsigned dots = 0;
	for (; *name != '\0'; name++)
		dots += *name == '.';
	return dots;
}

static const char *walk_list(struct walk *walk, json_t *candidates)
{
	static char found[CANDIDATE_SIZE];
	const char *name = walk->options->name;
	size_t size = strlen(name);
	bool is_absolute = size > 0 && name[size - 1] == '.';
	bool is_first = is_absolute || count_dots(name) >= walk->pod.ndots;
	snprintf(found, sizeof(found), "%s", name);
	if (is_first && explain_name(walk, name, candidates))
		return found;
	for (size_t i = 0; !is_absolute && i < walk->pod.search_count; i++) {
		snprintf(found, sizeof(found), "%s.%s", name, walk->pod.search[i]);
		if (explain_name(walk, found, candidates))
			return found;
	}
	snprintf(found, sizeof(found), "%s", name);
	return !is_first && explain_name(walk, name, candidates) ? found : NULL;
}

static void walk_done(struct walk *walk)
{
	asker_free(walk->asker);
	router_free(walk->router);
	pipeline_free(walk->tracer.pipeline);
	metrics_free(walk->tracer.metrics);
}

bool explain_walk(struct cluster_view *view, const struct explain_options *options,
		  json_t *explanation, struct error *error)
{
	struct walk walk = { .view = view, .options = options };
	struct config *config = (struct config *)(uintptr_t)view->config;
	tracer_init(&walk.tracer, view);
	bool good = read_sources(&walk, config, error) && open_router(&walk, config, error) &&
		    explain_from(view, options, explanation, &walk.pod, error);
	if (good) {
		walk.server = options->server.ip.family != 0
				      ? options->server
				      : cluster_view_address(config, options->flags.port);
		answers_reader_start();
		json_t *candidates = json_array();
		const char *found = walk_list(&walk, candidates);
		answers_reader_end();
		json_object_set_new(explanation, "candidates", candidates);
		json_object_set_new(explanation, "found",
				    found != NULL ? json_string(found) : json_null());
		json_object_set_new(explanation, "differences", json_integer(walk.differences));
		if (view->trouble != NULL)
			json_object_set_new(explanation, "trouble", json_string(view->trouble));
	}
	walk_done(&walk);
	return good;
}
