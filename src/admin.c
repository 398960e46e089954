/* SPDX-License-Identifier: Apache-2.0 */
#include "admin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "knamed/observe.h"
#include "page.h"
#include "tail.h"
#include "who.h"

struct admin {
	struct state_sources sources;
	struct http *http;
	struct who *who;
	struct rates *rates;
	struct tails *tails;
	struct page *page;
	const struct config *config; /* whose listeners there are; NULL: none */
};

/* ---- who may ask ---- */

/* A page of somewhere else whose name leads here would be taken for ours by a browser (DNS
 * rebinding). So a name is none of ours; an address or localhost is. */
static bool is_host_ours(const char *host)
{
	char name[64];
	struct ip ip;
	const char *colon = strrchr(host, ':');
	bool has_brackets = host[0] == '[';
	size_t size = strlen(host);
	if (has_brackets)
		size = strcspn(++host, "]");
	else if (colon != NULL)
		size = (size_t)(colon - host);
	if (size >= sizeof(name))
		return false;
	memcpy(name, host, size);
	name[size] = '\0';
	return size == 0 || ip_parse(name, &ip) || text_equal_fold(name, "localhost");
}

static bool is_welcome(struct http_reply *reply)
{
	reply->headers = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
			 "Cross-Origin-Resource-Policy: same-origin\r\n";
	if (reply->is_local || is_host_ours(reply->host))
		return true;
	reply->status = 421;
	text_add(&reply->body, "Host is neither an address nor localhost\n");
	return false;
}

/* ---- what is said ---- */

static void say_state(void *context, struct http_reply *reply)
{
	const struct admin *admin = context;
	if (!is_welcome(reply))
		return;
	traffic_look(admin->sources.traffic);
	reply->type = "application/json";
	state_print(&admin->sources, admin->rates, &reply->body);
}

/* "n=20" */
static size_t count_wanted(const char *query)
{
	enum { USUAL = 20, MOST = 100 };
	uint64_t count;
	bool is_number = strncmp(query, "n=", 2) == 0 && text_to_number(query + 2, 1, MOST, &count);
	return is_number ? (size_t)count : USUAL;
}

static void say_top(void *context, struct http_reply *reply)
{
	const struct admin *admin = context;
	if (!is_welcome(reply))
		return;
	traffic_look(admin->sources.traffic);
	reply->type = "application/json";
	text_add(&reply->body, "{");
	state_print_sampling(&admin->sources, &reply->body);
	text_add(&reply->body, ",");
	traffic_print_top(admin->sources.traffic, count_wanted(reply->query), &reply->body);
	text_add(&reply->body, "}\n");
}

static void say_tail(void *context, struct http_reply *reply)
{
	const struct admin *admin = context;
	if (is_welcome(reply))
		tails_reply(admin->tails, reply);
}

static void say_page(void *context, struct http_reply *reply)
{
	const struct admin *admin = context;
	if (!is_welcome(reply))
		return;
	reply->type = "text/html; charset=utf-8";
	reply->headers = page_headers(admin->page);
	page_print(&reply->body);
}

/* ---- listeners ---- */

static const struct {
	const char *path;
	http_call call;
} paths[] = {
	{ "/", say_page },
	{ "/api/state", say_state },
	{ "/api/top", say_top },
	{ "/api/tail", say_tail },
};

static void serve(struct admin *admin, const char *address, uint16_t port)
{
	struct error error = { .text = "" };
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		if (!http_serve(admin->http, address, port, paths[i].path, paths[i].call, admin,
				&error)) {
			log_line(LOG_ERROR, "admin", "%s", error.text);
			return;
		}
	}
}

static void end(struct admin *admin, const struct config_place *place)
{
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		http_end(admin->http, place->address, place->port, paths[i].path);
}

static void serve_control(struct admin *admin)
{
	char name[LOCAL_NAME_SIZE];
	local_name_make("control", name);
	serve(admin, name, 0);
}

static bool has(const struct config *config, const struct config_place *place)
{
	for (size_t i = 0; config != NULL && i < config->block_count; i++) {
		const struct config_admin *own = config->blocks[i].admin;
		if (own != NULL && own->place.port == place->port &&
		    strcmp(own->place.address, place->address) == 0)
			return true;
	}
	return false;
}

/* Listeners that both have are not touched. */
static void change_listeners(struct admin *admin, const struct config *config)
{
	const struct config *before = admin->config;
	bool is_shown = false, was_shown = false;
	for (size_t i = 0; config != NULL && i < config->block_count; i++) {
		const struct config_admin *own = config->blocks[i].admin;
		if (own != NULL)
			serve(admin, own->place.address, own->place.port);
		is_shown |= own != NULL;
	}
	for (size_t i = 0; before != NULL && i < before->block_count; i++) {
		const struct config_admin *own = before->blocks[i].admin;
		if (own != NULL && !has(config, &own->place))
			end(admin, &own->place);
		was_shown |= own != NULL;
	}
	if (is_shown && !was_shown)
		traffic_hold(admin->sources.traffic);
	if (was_shown && !is_shown)
		traffic_let_go(admin->sources.traffic);
	admin->config = config;
}

/* ---- what samples are asked about ---- */

static bool is_wasted(void *context, const struct sample *sample, char ret_namespace[NAMESPACE_SIZE])
{
	const struct admin *admin = context;
	return who_is_wasted(admin->who, sample, ret_namespace);
}

static bool find_pod(void *context, const struct ip *ip, struct text *ret_pod)
{
	const struct admin *admin = context;
	return who_find_pod(admin->who, ip, ret_pod);
}

static void on_tick(void *context)
{
	const struct admin *admin = context;
	rates_note(admin->rates, admin->sources.metrics, admin->sources.traffic);
}

/* ---- life ---- */

struct admin *admin_open(struct event_base *events, const struct state_sources *sources)
{
	struct admin *admin = mem_zalloc(sizeof(*admin));
	admin->sources = *sources;
	admin->http = http_new(events);
	admin->who = who_new(sources->pipeline, sources->config);
	admin->rates = rates_new();
	admin->tails = tails_new(events, sources->traffic, admin->who);
	admin->page = page_new();
	traffic_call(sources->traffic, &(struct traffic_calls){ is_wasted, find_pod, on_tick, admin });
	serve_control(admin);
	change_listeners(admin, sources->config);
	return admin;
}

void admin_use(struct admin *admin, const struct config *config)
{
	admin->sources.config = config;
	who_use(admin->who, config);
	change_listeners(admin, config);
}

void admin_serving(struct admin *admin, struct server *server)
{
	admin->sources.server = server;
}

void admin_close(struct admin *admin)
{
	if (admin == NULL)
		return;
	traffic_call(admin->sources.traffic, NULL);
	change_listeners(admin, NULL);
	http_free(admin->http);
	tails_free(admin->tails);
	who_free(admin->who);
	rates_free(admin->rates);
	page_free(admin->page);
	mem_free(admin);
}
