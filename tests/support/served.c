/* SPDX-License-Identifier: Apache-2.0 */
/* The server's own pipeline and threads, on a loopback port and with local addresses of the test's choice. */
#include "served.h"

#include <event2/event.h>
#include <string.h>

#include "../../src/pipeline.h"
#include "exchange.h"
#include "knamed/source.h"

struct served {
	struct event_base *events; /* of what would follow an API server; it does not run */
	struct config *config;
	struct pipeline *pipeline;
	struct model *model;
	struct metrics *metrics;
	struct router *router;
	struct asker *asker;
	struct server *server;
	uint16_t port;
};

/* The Corefile with each block bound to loopback. */
static struct config *config_of(const char *path, struct error *error)
{
	struct text text = { 0 }, bound = { 0 };
	if (!file_read(path, 1 << 20, &text, error))
		return NULL;
	char *rest = text.data, *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t size = strlen(line);
		bool opens = size > 0 && line[0] != ' ' && line[0] != '#' && line[size - 1] == '{';
		text_printf(&bound, "%s\n%s", line, opens ? "    bind 127.0.0.1\n" : "");
	}
	struct config *config = config_read(path, bound.data, "53", error);
	text_done(&text);
	text_done(&bound);
	return config;
}

/* Objects as the source reads them, for tests that look at them. */
static bool read_model(struct served *served, struct error *error)
{
	const struct config_kubernetes *kubernetes = served_kubernetes(served);
	served->model = model_new();
	if (kubernetes != NULL && kubernetes->manifests == NULL)
		served->events = event_base_new();
	return kubernetes == NULL || kubernetes->manifests == NULL ||
	       manifests_read(kubernetes, served->model, error);
}

/* The data is compiled as if we listened on the Corefile's port; then the port is one of our own. */
static void take_port(struct served *served)
{
	served->port = exchange_free_port();
	for (size_t i = 0; i < served->config->block_count; i++) {
		const struct config_block *block = &served->config->blocks[i];
		for (size_t j = 0; j < block->address_count; j++)
			block->addresses[j].port = served->port;
	}
}

static bool start(struct served *served, struct error *error)
{
	struct serve_options options = { .answers = pipeline_answers(served->pipeline),
					 .metrics = served->metrics,
					 .version = "test",
					 .events = served->events };
	options.blocks = pipeline_blocks(served->pipeline, &options.block_count);
	take_port(served);
	served->router = router_new(&options, error);
	served->server = served->router != NULL ? server_start(&options, error) : NULL;
	if (served->server == NULL)
		return false;
	answers_reader_start();
	served->asker = asker_new(served->router);
	return true;
}

struct served *served_start(const struct served_options *options, struct error *error)
{
	struct served *served = mem_zalloc(sizeof(*served));
	served->metrics = metrics_new();
	served->config = config_of(options->corefile, error);
	struct pipeline_options pipeline = {
		.config = served->config,
		.local_addresses = options->local_address_count > 0 ? options->local_addresses
								    : &(struct ip){ 0 },
		.local_address_count = options->local_address_count,
	};
	bool good = served->config != NULL && read_model(served, error);
	pipeline.events = served->events;
	if (good)
		served->pipeline = pipeline_new(&pipeline, error);
	if (served->pipeline != NULL && start(served, error))
		return served;
	served_stop(served);
	return NULL;
}

void served_stop(struct served *served)
{
	if (served->asker != NULL) {
		asker_free(served->asker);
		answers_reader_end();
	}
	if (served->server != NULL)
		server_stop(served->server);
	if (served->router != NULL)
		router_free(served->router);
	pipeline_free(served->pipeline);
	if (served->events != NULL)
		event_base_free(served->events);
	metrics_free(served->metrics);
	if (served->model != NULL)
		model_free(served->model);
	if (served->config != NULL)
		config_free(served->config);
	mem_free(served);
}

uint16_t served_port(const struct served *served)
{
	return served->port;
}

const struct config_kubernetes *served_kubernetes(const struct served *served)
{
	return served->config->blocks[0].kubernetes;
}

const struct model *served_model(const struct served *served)
{
	return served->model;
}

size_t served_ask(struct served *served, enum proto proto, const uint8_t *query, size_t size,
		  uint8_t ret_reply[65535])
{
	struct packet_info info = { .client_port = 40000, .proto = proto, .local_port = served->port };
	ip_parse("127.0.0.1", &info.client);
	info.local = info.client;
	answers_reader_online();
	size_t reply = router_answer(served->asker, &info, query, size, ret_reply, 65535);
	answers_reader_offline();
	return reply;
}
