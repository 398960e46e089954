/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that have a name. It is looked up when the directive begins, and again when what is known
 * has run out: A and AAAA side by side, by an upstream of its own whose targets are the resolvers.
 * Nobody waits for that but questions for which nobody at all is known yet; and a look-up that
 * finds nothing takes nothing away, and is made again soon. */
#include <stdio.h>
#include <string.h>

#include "addresses.h"
#include "upstream_parts.h"

enum {
	KINDS = 2, /* IPv4, IPv6 */
	AGAIN_MS = 250,
	AGAIN_MOST_MS = 30000,
	LOOKUP_MOST_MS = 3600000,
	HOSTS_FILE_MS = 30000, /* what it says is looked at so often */
};
_Static_assert(KINDS *ADDRESSES_MOST == NAME_ADDRESSES, "room for all that is known");

enum verdict { LOOKUP_FAILED, LOOKUP_EMPTY, LOOKUP_FOUND };
struct name;
struct lookup {
	struct name *name;
	enum verdict verdict;
	struct addresses found, known; /* the last time; in force */
};
struct name {
	struct upstream *upstream;
	const char *host;
	struct event *due;
	struct lookup lookups[KINDS];
	unsigned under_way;
	unsigned failures; /* in a row */
	bool is_awaited;   /* no look-up has come to its end yet */
	bool is_lost;	   /* that nothing is found was said */
	char problem[160];
	tally_cell *found, *failed;
};
struct names {
	struct upstream *resolvers;
	struct config_forward config; /* of resolvers */
	struct config_target file;    /* the only one of it */
	struct metrics *metrics;      /* nobody sees what is counted there */
	size_t count;
	struct name list[];
};

/* ---- what came ---- */

static bool take_over(struct name *name)
{
	bool has_changed = false;
	for (unsigned i = 0; i < KINDS; i++) {
		struct lookup *lookup = &name->lookups[i];
		if (lookup->verdict == LOOKUP_FAILED)
			continue;
		has_changed |= !addresses_are_equal(&lookup->known, &lookup->found);
		lookup->known = lookup->found;
	}
	return has_changed;
}

static bool has_verdict(const struct name *name, enum verdict verdict)
{
	return name->lookups[0].verdict == verdict || name->lookups[1].verdict == verdict;
}

static void say_found(struct name *name)
{
	struct ip ips[NAME_ADDRESSES];
	struct text text = { 0 };
	size_t count =
		name_addresses(name->upstream, (size_t)(name - name->upstream->names->list), ips);
	for (size_t i = 0; i < count; i++) {
		char ip[IP_TEXT_SIZE];
		ip_print(&ips[i], ip);
		text_printf(&text, i > 0 ? ", %s" : "%s", ip);
	}
	log_line(LOG_INFO, "forward", "\"%s\" is %s", name->host, text.data);
	text_done(&text);
	name->is_lost = false;
}

static void say_lost(struct name *name)
{
	bool is_known = name->lookups[0].known.count + name->lookups[1].known.count > 0;
	if (!name->is_lost)
		log_line(LOG_WARNING, "forward",
			 "failed to resolve \"%s\": no addresses found for \"%s\"%s%s; %s",
			 name->host, name->host, name->problem[0] == '\0' ? "" : ": ", name->problem,
			 is_known ? "those it had are kept"
				  : "nobody is asked there until it has some");
	name->is_lost = true;
}

/* ---- when ---- */

static uint64_t until_run_out_ms(const struct name *name)
{
	uint64_t least_ms = name->upstream->config->lookup_least_ms, ms = LOOKUP_MOST_MS;
	for (unsigned i = 0; i < KINDS; i++) {
		const struct lookup *lookup = &name->lookups[i];
		if (lookup->verdict == LOOKUP_FOUND && lookup->found.ttl_s * (uint64_t)1000 < ms)
			ms = lookup->found.ttl_s * (uint64_t)1000;
	}
	return ms < least_ms ? least_ms : ms;
}

static uint64_t until_again_ms(const struct name *name)
{
	unsigned doublings = name->failures < 8 ? name->failures : 8;
	uint64_t ms = (uint64_t)AGAIN_MS << (doublings - 1);
	return ms > AGAIN_MOST_MS ? AGAIN_MOST_MS : ms;
}

static void schedule(struct name *name, uint64_t ms)
{
	/* Not in step with other servers. */
	ms += ms / 8 * draw_below(&name->upstream->draw, 256) / 256;
	const struct timeval wait = timeval_of_ms(ms);
	evtimer_add(name->due, &wait);
}

static void schedule_next(struct name *name)
{
	bool is_found = has_verdict(name, LOOKUP_FOUND), is_whole = !has_verdict(name, LOOKUP_FAILED);
	uint64_t ms = is_found ? until_run_out_ms(name) : UINT64_MAX;
	if (is_found && is_whole) {
		name->failures = 0;
	} else {
		name->failures += name->failures < UINT32_MAX;
		uint64_t again_ms = until_again_ms(name);
		ms = again_ms < ms ? again_ms : ms;
	}
	schedule(name, ms);
}

/* ---- looking up ---- */

static void conclude(struct name *name)
{
	struct upstream *upstream = name->upstream;
	bool is_found = has_verdict(name, LOOKUP_FOUND), has_changed = is_found && take_over(name);
	tally_add(is_found ? name->found : name->failed, 1);
	if (!is_found)
		say_lost(name);
	else if (has_changed || name->is_lost)
		say_found(name);
	schedule_next(name);
	if (has_changed)
		targets_update(upstream);
	if (!name->is_awaited)
		return;
	name->is_awaited = false;
	questions_go_on(upstream->questions, clock_now_ns());
}

static void on_reply(void *context, const struct upstream_reply *reply)
{
	struct lookup *lookup = context;
	struct name *name = lookup->name;
	const struct dns_message *message = reply->message;
	lookup->found.count = 0;
	lookup->verdict = LOOKUP_FAILED;
	if (reply->end == UPSTREAM_CLOSED)
		return;
	if (reply->end != UPSTREAM_ANSWERED) {
		snprintf(name->problem, sizeof(name->problem), "%s", reply->problem);
	} else if (message->rcode == RCODE_NOERROR || message->rcode == RCODE_NXDOMAIN) {
		addresses_of_reply(message, &lookup->known, &lookup->found);
		lookup->verdict = lookup->found.count > 0 ? LOOKUP_FOUND : LOOKUP_EMPTY;
	}
	if (reply->end == UPSTREAM_ANSWERED && message->rcode != RCODE_NOERROR) {
		char rcode[16];
		dns_rcode_print(message->rcode, rcode);
		snprintf(name->problem, sizeof(name->problem), "%s", rcode);
	}
	if (--name->under_way == 0)
		conclude(name);
}

static bool find_in_file(struct name *name)
{
	const struct config_forward *config = name->upstream->config;
	struct ip found[NAME_ADDRESSES], ips[NAME_ADDRESSES];
	size_t all = config->resolver_count > 0
			     ? 0
			     : hosts_file_find(config->hosts_file, name->host, found, NAME_ADDRESSES);
	for (unsigned i = 0; i < KINDS; i++) {
		struct lookup *lookup = &name->lookups[i];
		size_t count = 0;
		for (size_t j = 0; j < all; j++)
			if (found[j].family == (i == 0 ? 4 : 6))
				ips[count++] = found[j];
		addresses_choose(ips, count, &lookup->known, &lookup->found);
		lookup->found.ttl_s = HOSTS_FILE_MS / 1000;
		lookup->verdict = lookup->found.count > 0 ? LOOKUP_FOUND : LOOKUP_EMPTY;
	}
	return has_verdict(name, LOOKUP_FOUND);
}

static void on_due(evutil_socket_t fd, short what, void *context)
{
	struct name *name = context;
	struct upstream_question question = { .class_ = CLASS_IN, .recursion = true, .proto = PROTO_UDP };
	(void)fd;
	(void)what;
	name->problem[0] = '\0';
	if (find_in_file(name)) {
		conclude(name);
		return;
	}
	name_parse(name->host, question.name, &question.name_size);
	name->under_way = KINDS;
	for (unsigned i = 0; i < KINDS; i++) {
		question.type = i == 0 ? TYPE_A : TYPE_AAAA;
		upstream_ask(name->upstream->names->resolvers, &question, on_reply, &name->lookups[i]);
	}
}

/* ---- what others want to know ---- */

size_t name_addresses(const struct upstream *upstream, size_t number, struct ip ret_ips[NAME_ADDRESSES])
{
	const struct name *name = &upstream->names->list[number];
	size_t count = 0;
	for (unsigned i = 0; i < KINDS; i++) {
		const struct addresses *known = &name->lookups[i].known;
		memcpy(ret_ips + count, known->ips, known->count * sizeof(known->ips[0]));
		count += known->count;
	}
	return count;
}

bool names_are_awaited(const struct upstream *upstream)
{
	const struct names *names = upstream->names;
	for (size_t i = 0; names != NULL && i < names->count; i++)
		if (names->list[i].is_awaited)
			return true;
	return false;
}

const char *names_unknown(const struct upstream *upstream)
{
	const struct names *names = upstream->names;
	for (size_t i = 0; names != NULL && i < names->count; i++)
		if (names->list[i].lookups[0].known.count + names->list[i].lookups[1].known.count == 0)
			return names->list[i].host;
	return NULL;
}

/* ---- opening and closing ---- */

/* Those that are told are asked further where one knows nothing of the name: some know names of their own alone. */
static void configure(struct names *names, const struct config_forward *config)
{
	static char root[] = ".";
	bool is_told = config->resolver_count > 0;
	names->file.file = config->resolver_file;
	names->config = (struct config_forward){
		.from.text = root,
		.targets = is_told ? config->resolvers : &names->file,
		.target_count = is_told ? config->resolver_count : 1,
		.policy = FORWARD_SEQUENTIAL,
		.prefer_udp = true,
		.expire_ms = 10000,
		.read_timeout_ms = 2000,
		.health_domain = root,
		.failover = { RCODE_NXDOMAIN },
		.failover_count = is_told,
	};
}

static tally_cell *lookups_cell(struct metrics *metrics, bool is_found)
{
	return metrics_counter(metrics, "knamed_forward_lookups_total",
			       "Look-ups of names of upstreams.",
			       is_found ? "result=\"found\"" : "result=\"failed\"");
}

void names_declare(struct metrics *metrics)
{
	lookups_cell(metrics, true);
	lookups_cell(metrics, false);
}

static void name_open(struct name *name, struct upstream *upstream, const char *host)
{
	*name = (struct name){ .upstream = upstream, .host = host, .is_awaited = true };
	for (unsigned i = 0; i < KINDS; i++)
		name->lookups[i].name = name;
	name->found = lookups_cell(upstream->metrics, true);
	name->failed = lookups_cell(upstream->metrics, false);
	name->due = evtimer_new(upstream->events, on_due, name);
	schedule(name, 0);
}

bool names_open(struct upstream *upstream, struct error *error)
{
	const struct config_forward *config = upstream->config;
	size_t count = 0;
	for (size_t i = 0; i < config->target_count; i++)
		count += config->targets[i].host != NULL;
	if (count == 0)
		return true;
	struct names *names = mem_zalloc(sizeof(*names) + count * sizeof(names->list[0]));
	upstream->names = names;
	names->metrics = metrics_new();
	configure(names, config);
	for (size_t i = 0; i < config->target_count; i++)
		if (config->targets[i].host != NULL)
			name_open(&names->list[names->count++], upstream, config->targets[i].host);
	const struct upstream_options options = { upstream->events, &names->config, names->metrics };
	names->resolvers = upstream_open(&options, error);
	return names->resolvers != NULL;
}

void names_close(struct upstream *upstream)
{
	struct names *names = upstream->names;
	if (names == NULL)
		return;
	upstream_close(names->resolvers);
	for (size_t i = 0; i < names->count; i++)
		event_free(names->list[i].due);
	metrics_free(names->metrics);
	mem_free(names);
	upstream->names = NULL;
}
