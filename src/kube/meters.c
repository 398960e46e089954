/* SPDX-License-Identifier: Apache-2.0 */
#include "meters.h"

#include <time.h>

/* How many changes of one turn of the event loop are measured; of more, these speak for the rest. */
enum { PENDING_MOST = 1024 };

enum service_kind { KIND_CLUSTER_IP, KIND_WITH_SELECTOR, KIND_WITHOUT_SELECTOR, SERVICE_KINDS };

struct triggered {
	enum service_kind kind;
	uint64_t unix_ns;
};

/* Values read when scraped are of one kind each. */
struct reading {
	struct kube *kube;
	enum object_kind kind;
};

struct meters {
	struct metrics *metrics;
	struct kube *kube;
	const char *zone; /* the first of the directive: it tells clusters apart */
	struct reading readings[OBJECT_KINDS];
	tally_cell *events[OBJECT_KINDS][BODY_ERROR + 1];
	tally_cell *failures[OBJECT_KINDS][TROUBLE_COUNT];
	tally_cell *relists[OBJECT_KINDS], *repairs[OBJECT_KINDS];
	struct histogram *publish, *programming[SERVICE_KINDS];
	uint64_t arrived[PENDING_MOST];
	struct triggered triggered[PENDING_MOST];
	size_t arrived_count, triggered_count;
};

static const double publish_bounds[] = { 10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3,   2e-3,
					 5e-3,	10e-3, 20e-3, 50e-3,  100e-3, 200e-3, 500e-3, 1 };
static const double programming_bounds[] = { 0.001,  0.002,  0.004,   0.008,   0.016,
					     0.032,  0.064,  0.128,   0.256,   0.512,
					     1.024,  2.048,  4.096,   8.192,   16.384,
					     32.768, 65.536, 131.072, 262.144, 524.288 };

/* ---- declaring ---- */

/* What tells apart the series of a name that is ours; NULL: no such label. Names that CoreDNS has keep its labels. */
static char *labels_of(const struct meters *meters, const char *kind, const char *label,
		       const char *value)
{
	struct text labels = { 0 };

	if (label != NULL)
		metrics_label(&labels, label, value);
	if (kind != NULL)
		metrics_label(&labels, "kind", kind);
	metrics_label(&labels, "zone", meters->zone);
	return labels.data;
}

static tally_cell *counter(struct meters *meters, const char *name, const char *help,
			   enum object_kind kind, const char *label, const char *value)
{
	char *labels = labels_of(meters, object_kind_name(kind), label, value);
	tally_cell *cell = metrics_counter(meters->metrics, name, help, labels);

	mem_free(labels);
	return cell;
}

static void declare_counters(struct meters *meters, enum object_kind kind)
{
	static const char *const events[] = { "item",	 "added",    "modified",
					      "deleted", "bookmark", "error" };

	for (int event = BODY_ADDED; event <= BODY_BOOKMARK; event++)
		meters->events[kind][event] =
			counter(meters, "knamed_kubernetes_events_total",
				"Watch events that came in.", kind, "event", events[event]);
	for (int trouble = TROUBLE_NONE + 1; trouble < TROUBLE_COUNT; trouble++)
		meters->failures[kind][trouble] =
			counter(meters, "knamed_kubernetes_watch_failures_total",
				"Requests that gave nothing, by cause.", kind, "reason",
				trouble_word(trouble));
	meters->relists[kind] = counter(meters, "knamed_kubernetes_relists_total",
					"Complete lists read.", kind, NULL, NULL);
	meters->repairs[kind] = counter(meters, "knamed_kubernetes_audit_repairs_total",
					"Audits that found missed events.", kind, NULL, NULL);
}

static double read_in_step(void *context)
{
	const struct reading *reading = context;
	return kube_kind(reading->kube, reading->kind).is_in_step;
}

static double read_age(void *context)
{
	const struct reading *reading = context;
	uint64_t heard = kube_kind(reading->kube, reading->kind).heard_ns;
	return heard == 0 ? 0 : (double)(clock_now_ns() - heard) / 1e9;
}

static double read_objects(void *context)
{
	const struct reading *reading = context;
	return (double)kube_object_count(reading->kube, reading->kind);
}

static double read_stale(void *context)
{
	return kube_is_stale(context);
}

static void declare_readings(struct meters *meters, enum object_kind kind)
{
	struct reading *reading = &meters->readings[kind];
	char *labels = labels_of(meters, object_kind_name(kind), NULL, NULL);

	*reading = (struct reading){ meters->kube, kind };
	metrics_value(meters->metrics, "knamed_kubernetes_in_step", "gauge",
		      "Whether everything of a kind was read once.", labels, read_in_step, reading);
	metrics_value(meters->metrics, "knamed_kubernetes_watch_age_seconds", "gauge",
		      "Time since the API server last said something of a kind.", labels, read_age,
		      reading);
	metrics_value(meters->metrics, "knamed_kubernetes_objects", "gauge", "Objects held.",
		      labels, read_objects, reading);
	mem_free(labels);
}

static void declare_stale(struct meters *meters)
{
	char *labels = labels_of(meters, NULL, NULL, NULL);

	metrics_value(meters->metrics, "knamed_kubernetes_stale", "gauge",
		      "Whether answers are from a snapshot that the API server has not confirmed.",
		      labels, read_stale, meters->kube);
	mem_free(labels);
}

static void declare_histograms(struct meters *meters)
{
	static const char *const kinds[] = {
		[KIND_CLUSTER_IP] = "service_kind=\"cluster_ip\"",
		[KIND_WITH_SELECTOR] = "service_kind=\"headless_with_selector\"",
		[KIND_WITHOUT_SELECTOR] = "service_kind=\"headless_without_selector\"",
	};

	char *labels = labels_of(meters, NULL, NULL, NULL);

	for (int kind = 0; kind < SERVICE_KINDS; kind++)
		meters->programming[kind] =
			metrics_histogram(meters->metrics,
					  "coredns_kubernetes_dns_programming_duration_seconds",
					  "From the change of a service's endpoints to its answers.",
					  kinds[kind], programming_bounds,
					  COUNT_OF(programming_bounds));
	meters->publish =
		metrics_histogram(meters->metrics, "knamed_kubernetes_publish_duration_seconds",
				  "From an event's arrival to its answers.", labels, publish_bounds,
				  COUNT_OF(publish_bounds));
	mem_free(labels);
}

struct meters *meters_new(struct metrics *metrics, struct kube *kube, const char *zone)
{
	if (metrics == NULL)
		return NULL;
	struct meters *meters = mem_zalloc(sizeof(*meters));
	meters->metrics = metrics;
	meters->kube = kube;
	meters->zone = zone;
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		if (!kube_kind(kube, kind).is_watched)
			continue;
		declare_counters(meters, kind);
		declare_readings(meters, kind);
	}
	declare_stale(meters);
	declare_histograms(meters);
	return meters;
}

void meters_free(struct meters *meters)
{
	if (meters == NULL)
		return;
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		metrics_withdraw(meters->metrics, &meters->readings[kind]);
	metrics_withdraw(meters->metrics, meters->kube);
	mem_free(meters);
}

/* ---- counting ---- */

static void add_one(tally_cell *cell)
{
	if (cell != NULL)
		tally_add(cell, 1);
}

void meters_event(struct meters *meters, enum object_kind kind, enum body_event event)
{
	if (meters != NULL)
		add_one(meters->events[kind][event]);
}

void meters_failure(struct meters *meters, enum object_kind kind, enum trouble trouble)
{
	if (meters != NULL)
		add_one(meters->failures[kind][trouble]);
}

void meters_relist(struct meters *meters, enum object_kind kind)
{
	if (meters != NULL)
		add_one(meters->relists[kind]);
}

void meters_repair(struct meters *meters, enum object_kind kind)
{
	if (meters != NULL)
		add_one(meters->repairs[kind]);
}

/* ---- freshness ---- */

void meters_arrived(struct meters *meters, uint64_t arrived_ns)
{
	if (meters != NULL && meters->arrived_count < PENDING_MOST)
		meters->arrived[meters->arrived_count++] = arrived_ns;
}

void meters_triggered(struct meters *meters, const struct service *service, uint64_t triggered_ns)
{
	enum service_kind kind = KIND_CLUSTER_IP;

	if (meters == NULL || service == NULL || triggered_ns == 0 ||
	    meters->triggered_count == PENDING_MOST)
		return;
	if (service->type == SERVICE_HEADLESS)
		kind = service->has_selector ? KIND_WITH_SELECTOR : KIND_WITHOUT_SELECTOR;
	meters->triggered[meters->triggered_count++] = (struct triggered){ kind, triggered_ns };
}

void meters_published(struct meters *meters)
{
	if (meters == NULL)
		return;
	struct timespec unix_time;
	uint64_t now = clock_now_ns();
	clock_gettime(CLOCK_REALTIME, &unix_time);
	uint64_t unix_ns = (uint64_t)unix_time.tv_sec * 1000000000u + (uint64_t)unix_time.tv_nsec;
	for (size_t i = 0; i < meters->arrived_count; i++)
		histogram_observe(meters->publish, (double)(now - meters->arrived[i]) / 1e9);
	for (size_t i = 0; i < meters->triggered_count; i++) {
		uint64_t then = meters->triggered[i].unix_ns;
		histogram_observe(meters->programming[meters->triggered[i].kind],
				  unix_ns > then ? (double)(unix_ns - then) / 1e9 : 0);
	}
	meters->arrived_count = meters->triggered_count = 0;
}
