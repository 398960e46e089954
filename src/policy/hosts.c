/* SPDX-License-Identifier: Apache-2.0 */
/* `hosts`: names and addresses of a file and of lines in the Corefile. Each of the two is a table;
 * query threads see the file's through one pointer, which is replaced when the file has changed. */
#include "hosts_directive.h"

#include <string.h>

#include "followed.h"
#include "rule_text.h"

enum { COMPLAINTS_MOST = 5 /* of one reading: a file full of mistakes must not fill the log */ };

/* ---- zones ---- */

bool hosts_touches(const struct hosts *hosts, const uint8_t *zone)
{
	static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa", ip6_arpa[] = "\3ip6\4arpa";
	bool holds_reverse = name_is_under(zone, in_addr_arpa) || name_is_under(in_addr_arpa, zone) ||
			     name_is_under(zone, ip6_arpa) || name_is_under(ip6_arpa, zone);
	return zone_list_meets(&hosts->zones, zone) || (hosts->config->reverse && holds_reverse);
}

/* What CoreDNS' cache makes of the TTL, as it stands in front of hosts. */
static uint32_t ttl_behind_cache(const struct config_block *block, const struct zone_list *zones)
{
	const struct config_cache *cache = block->cache;
	struct zone_list cached = { 0 };
	uint32_t ttl = block->hosts->ttl;
	if (cache == NULL)
		return ttl;
	bool is_cached = zone_list_compile(&cache->zones, &cached, NULL);
	for (size_t i = 0; i < zones->count; i++)
		is_cached &= zones_hold(&cached, zones->names[i]);
	zone_list_done(&cached);
	if (is_cached && ttl > cache->success.most_s)
		ttl = cache->success.most_s;
	return is_cached && ttl < cache->success.least_s ? cache->success.least_s : ttl;
}

/* ---- reading ---- */

struct source {
	const char *name; /* of the file; NULL: the Corefile's lines */
	unsigned complaints;
};

static void complain(void *context, unsigned line, const char *text)
{
	struct source *source = context;
	if (source->complaints++ >= COMPLAINTS_MOST)
		return;
	if (source->name != NULL)
		log_line(LOG_WARNING, "hosts", "%s:%u - %s", source->name, line, text);
	else
		log_line(LOG_WARNING, "hosts", "line %u in the Corefile - %s", line, text);
}

static struct hosts_table *read_table(const struct hosts *hosts, struct source *source,
				      const char *text, size_t size, struct error *error)
{
	struct hosts_reading reading = {
		.zones = &hosts->zones,
		.skips_lines = source->name == NULL, /* they were remarked on with the Corefile */
		.complain = complain,
		.context = source,
	};
	struct hosts_draft *draft = hosts_draft_new(&hosts->key);
	if (!hosts_read(&reading, draft, text, size, error)) {
		hosts_draft_free(draft);
		return NULL;
	}
	if (source->complaints > COMPLAINTS_MOST)
		log_line(LOG_WARNING, "hosts", "%s: %u more like these",
			 source->name != NULL ? source->name : "Corefile",
			 source->complaints - COMPLAINTS_MOST);
	return hosts_draft_end(draft, hosts->config->reverse);
}

static void release_table(void *table)
{
	hosts_table_free(table);
}

static bool take_file(void *context, const char *text, size_t size, uint64_t modified_ns,
		      struct error *error)
{
	struct hosts *hosts = context;
	struct source source = { .name = hosts->config->path };
	struct hosts_table *table = read_table(hosts, &source, text, size, error);
	if (table == NULL)
		return error_prefix(error, "%s, ", hosts->config->path);
	struct hosts_table *old = atomic_load_explicit(&hosts->file, memory_order_relaxed);
	atomic_store_explicit(&hosts->file, table, memory_order_release);
	atomic_store_explicit(&hosts->entries,
			      hosts_table_entries(table) + hosts_table_entries(hosts->inline_),
			      memory_order_relaxed);
	atomic_store_explicit(&hosts->modified_ns, modified_ns, memory_order_relaxed);
	answers_retire(release_table, old);
	return true;
}

static bool read_lines(struct hosts *hosts, struct error *error)
{
	const char *lines = hosts->config->lines;
	struct source source = { 0 };
	if (lines == NULL)
		return true;
	hosts->inline_ = read_table(hosts, &source, lines, strlen(lines), error);
	if (hosts->inline_ == NULL)
		return error_prefix(error, "plugin/hosts: ");
	hosts->entries = hosts_table_entries(hosts->inline_);
	return true;
}

static void follow_file(struct hosts *hosts, struct event_base *events)
{
	struct followed_options options = {
		.events = events,
		.path = hosts->config->path,
		.plugin = "hosts",
		.period_ms = hosts->config->reload_ms,
		.size_most = HOSTS_SIZE_MOST,
		.take = take_file,
		.context = hosts,
	};
	enum followed_first first;
	struct error error;
	hosts->followed = followed_open(&options, &first, &error);
	if (first != FOLLOWED_TAKEN)
		log_line(LOG_WARNING, "hosts", "%s%s", error.text,
			 options.period_ms > 0 ? ": it is read when it can be" : "");
}

/* ---- metrics ---- */

static double count_entries(void *context)
{
	return (double)atomic_load_explicit(&((struct hosts *)context)->entries, memory_order_relaxed);
}

static double tell_modified(void *context)
{
	const struct hosts *hosts = context;
	return (double)atomic_load_explicit(&hosts->modified_ns, memory_order_relaxed) / 1e9;
}

static void declare_modified(struct metrics *metrics, metrics_read read, void *context)
{
	metrics_value(metrics, "coredns_hosts_reload_timestamp_seconds", "gauge",
		      "The timestamp of the last reload of hosts file.", "", read, context);
}

static double tell_never(void *context)
{
	(void)context;
	return 0;
}

void hosts_declare(struct metrics *metrics, void *context)
{
	declare_modified(metrics, tell_never, context);
}

static void declare(struct hosts *hosts)
{
	struct text labels = { 0 };
	if (hosts->metrics == NULL)
		return;
	metrics_label(&labels, "hostsfile", hosts->config->path);
	metrics_value(hosts->metrics, "coredns_hosts_entries", "gauge",
		      "The combined number of entries in hosts and Corefile.", labels.data,
		      count_entries, hosts);
	declare_modified(hosts->metrics, tell_modified, hosts);
	text_done(&labels);
}

/* ---- set-up ---- */

bool hosts_open(const struct policy_options *options, struct hosts **ret_hosts, struct error *error)
{
	const struct config_block *block = options->block;
	struct hosts *hosts = mem_zalloc(sizeof(*hosts));
	hosts->config = block->hosts;
	hosts->leaves_any = block->any;
	hosts->key = hash_key_random();
	hosts->metrics = options->metrics;
	hosts->denial = rule_text("hosts does not have the name and lets none fall through",
				  &block->hosts->at);
	*ret_hosts = NULL;
	if (!zone_list_compile(&block->hosts->zones, &hosts->zones, error) ||
	    !zone_list_compile(&block->hosts->fallthrough, &hosts->falls, error) ||
	    !read_lines(hosts, error)) {
		hosts->metrics = NULL;
		hosts_close(hosts);
		return false;
	}
	hosts->ttl = ttl_behind_cache(block, &hosts->zones);
	follow_file(hosts, options->events);
	declare(hosts);
	*ret_hosts = hosts;
	return true;
}

void hosts_close(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	if (hosts->metrics != NULL)
		metrics_withdraw(hosts->metrics, hosts);
	followed_close(hosts->followed);
	hosts_table_free(atomic_load_explicit(&hosts->file, memory_order_relaxed));
	hosts_table_free(hosts->inline_);
	zone_list_done(&hosts->zones);
	zone_list_done(&hosts->falls);
	mem_free(hosts->denial);
	mem_free(hosts);
}
