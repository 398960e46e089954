/* SPDX-License-Identifier: Apache-2.0 */
#include "meters.h"

#include <time.h>

/* How many changes of one turn of the event loop are measured; of more, these speak for the rest. */
enum { PENDING_MOST = 1024 };
/* How many slices without a service are waited with, and for how long. */
enum { ORPHANS_MOST = 64 };
#define ORPHANS_MOST_NS UINT64_C(60000000000)
/* How many directives show what they read under their zone; further ones do so together. */
enum { ZONES_SHOWN = 2 };

enum service_kind { KIND_CLUSTER_IP, KIND_WITH_SELECTOR, KIND_WITHOUT_SELECTOR, SERVICE_KINDS };

struct triggered {
	const struct slice *slice; /* held */
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
	const struct model *model;
	const char *zone; /* the first of the directive: it tells clusters apart; or others */
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

/* What tells apart the series of a name that is ours; NULL: no such label. Names that CoreDNS has keep its labels.
 * What is counted is so for all zones together, and only the first zones have readings of their own. */
static char *labels_of(const char *zone, const char *kind, const char *label, const char *value)
{
	struct text labels = { 0 };

	if (kind != NULL)
		metrics_label(&labels, "kind", kind);
	if (label != NULL)
		metrics_label(&labels, label, value);
	if (zone != NULL)
		metrics_label(&labels, "zone", zone);
	return labels.data;
}

static tally_cell *counter(struct meters *meters, const char *name, const char *help,
			   enum object_kind kind, const char *label, const char *value)
{
	char *labels = labels_of(NULL, object_kind_name(kind), label, value);
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
	char *labels = labels_of(meters->zone, object_kind_name(kind), NULL, NULL);

	*reading = (struct reading){ meters->kube, kind };
	metrics_gauge(meters->metrics, "knamed_kubernetes_in_step",
		      "Whether everything of a kind was read once.", labels, MERGE_LEAST,
		      read_in_step, reading);
	metrics_value(meters->metrics, "knamed_kubernetes_watch_age_seconds", "gauge",
		      "Time since the API server last said something of a kind.", labels, read_age,
		      reading);
	metrics_value(meters->metrics, "knamed_kubernetes_objects", "gauge", "Objects held.",
		      labels, read_objects, reading);
	mem_free(labels);
}

static void declare_stale(struct meters *meters)
{
	char *labels = labels_of(meters->zone, NULL, NULL, NULL);

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

	for (int kind = 0; kind < SERVICE_KINDS; kind++)
		meters->programming[kind] =
			metrics_histogram(meters->metrics,
					  "coredns_kubernetes_dns_programming_duration_seconds",
					  "From the change of a service's endpoints to its answers.",
					  kinds[kind], programming_bounds,
					  COUNT_OF(programming_bounds));
	meters->publish =
		metrics_histogram(meters->metrics, "knamed_kubernetes_publish_duration_seconds",
				  "From an event's arrival to its answers.", "", publish_bounds,
				  COUNT_OF(publish_bounds));
}

struct meters *meters_new(struct metrics *metrics, struct kube *kube, const struct model *model,
			  const char *zone)
{
	if (metrics == NULL)
		return NULL;
	struct meters *meters = mem_zalloc(sizeof(*meters));
	meters->metrics = metrics;
	meters->kube = kube;
	meters->model = model;
	meters->zone = metrics_bounded(metrics, "zone", zone, ZONES_SHOWN);
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
	for (size_t i = 0; i < meters->triggered_count; i++)
		object_drop(&meters->triggered[i].slice->head);
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

uint64_t meters_failures(const struct meters *meters, enum object_kind kind)
{
	uint64_t sum = 0;
	for (int trouble = TROUBLE_NONE + 1; meters != NULL && trouble < TROUBLE_COUNT; trouble++)
		if (meters->failures[kind][trouble] != NULL)
			sum += atomic_load_explicit(meters->failures[kind][trouble],
						    memory_order_relaxed);
	return sum;
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

void meters_triggered(struct meters *meters, const struct slice *slice, uint64_t triggered_ns)
{
	if (meters == NULL || triggered_ns == 0 || meters->triggered_count == PENDING_MOST)
		return;
	object_hold(&slice->head);
	meters->triggered[meters->triggered_count++] = (struct triggered){ slice, triggered_ns };
}

/* False: its service is not known. */
static bool observe_change(struct meters *meters, const struct triggered *change, uint64_t unix_ns)
{
	const struct service *service =
		(const struct service *)model_get(meters->model, OBJECT_SERVICE,
						  change->slice->head.namespace_,
						  change->slice->service);
	enum service_kind kind = KIND_CLUSTER_IP;

	if (service == NULL)
		return false;
	if (service->type == SERVICE_HEADLESS)
		kind = service->has_selector ? KIND_WITH_SELECTOR : KIND_WITHOUT_SELECTOR;
	histogram_observe(meters->programming[kind],
			  unix_ns > change->unix_ns ? (double)(unix_ns - change->unix_ns) / 1e9 : 0);
	return true;
}

/* A slice may come before its service; then the change has its answers when that has come. */
static void observe_changes(struct meters *meters, uint64_t unix_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < meters->triggered_count; i++) {
		const struct triggered *change = &meters->triggered[i];
		bool is_young = change->unix_ns + ORPHANS_MOST_NS > unix_ns;
		if (!observe_change(meters, change, unix_ns) && is_young && kept < ORPHANS_MOST)
			meters->triggered[kept++] = *change;
		else
			object_drop(&change->slice->head);
	}
	meters->triggered_count = kept;
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
	meters->arrived_count = 0;
	observe_changes(meters, unix_ns);
}
