/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted about requests, under the names that CoreDNS gives it. */
#include "client_meter.h"

#include <stdio.h>
#include <string.h>

static const double bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

static struct histogram *histogram(const struct client_meter *meter, const char *name, const char *help)
{
	char labels[400];
	snprintf(labels, sizeof(labels), "host=\"%s\",verb=\"GET\"", meter->host);
	return metrics_histogram(meter->metrics, name, help, labels, bounds, COUNT_OF(bounds));
}

static tally_cell *counter(const struct client_meter *meter, const char *code)
{
	char labels[400];
	snprintf(labels, sizeof(labels), "code=\"%s\",host=\"%s\",method=\"GET\"", code, meter->host);
	return metrics_counter(meter->metrics, "coredns_kubernetes_rest_client_requests_total",
			       "Requests to the API server by status code, method and host.", labels);
}

void client_meter_begin(struct client_meter *meter, struct metrics *metrics, const char *server)
{
	const char *host = strstr(server, "://") + 3;
	char name[sizeof(meter->host)];
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, "/"), host);
	if (metrics == NULL || strcmp(name, meter->host) == 0)
		return;
	*meter = (struct client_meter){ .metrics = metrics };
	memcpy(meter->host, name, sizeof(name));
	meter->durations =
		histogram(meter, "coredns_kubernetes_rest_client_request_duration_seconds",
			  "Time that requests to the API server took; of watches until the head came.");
	/* We have no limiter: there is nothing to observe, but dashboards look for it. */
	histogram(meter, "coredns_kubernetes_rest_client_rate_limiter_duration_seconds",
		  "Time that requests to the API server waited for a rate limiter.");
}

/* NULL: there is no room for a further one. */
static tally_cell *cell_of(struct client_meter *meter, int status)
{
	size_t i = 0;
	while (i < meter->code_count && meter->codes[i].code != status)
		i++;
	if (i == METERED_CODES)
		return NULL;
	if (i == meter->code_count) {
		char code[16];
		snprintf(code, sizeof(code), "%d", status);
		meter->codes[i].code = status;
		meter->codes[i].count = counter(meter, status == 0 ? "<error>" : code);
		meter->code_count++;
	}
	return meter->codes[i].count;
}

void client_meter_count(struct client_meter *meter, int status)
{
	if (meter->metrics == NULL)
		return;
	tally_cell *cell = cell_of(meter, status);
	if (cell == NULL && meter->others == NULL)
		meter->others = counter(meter, "other");
	tally_add(cell == NULL ? meter->others : cell, 1);
}

void client_meter_observe(struct client_meter *meter, double seconds)
{
	if (meter->metrics != NULL)
		histogram_observe(meter->durations, seconds);
}
