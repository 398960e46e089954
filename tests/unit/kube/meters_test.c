/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown of a cluster that is followed, as long as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "knamed/kube.h"

static void on_changed(void *context)
{
	(void)context;
}

static struct text print(struct metrics *metrics)
{
	struct text text = { 0 };
	metrics_print(metrics, &text);
	return text;
}

static const char *const values[] = { "\nknamed_kubernetes_in_step{",
				      "\nknamed_kubernetes_watch_age_seconds{",
				      "\nknamed_kubernetes_objects{", "\nknamed_kubernetes_stale{" };

static void nothing_reads_a_cluster_that_is_closed(void **state)
{
	(void)state;
	struct event_base *events = event_base_new();
	struct metrics *metrics = metrics_new();
	struct model *model = model_new();
	char name[] = "cluster.local.", endpoint[] = "http://127.0.0.1:1";
	struct config_zone zone = { name };
	const struct config_kubernetes config = { .zones = { &zone, 1 }, .endpoint = endpoint };
	const struct kube_options options = { .events = events,
					      .config = &config,
					      .model = model,
					      .metrics = metrics,
					      .agent = "test",
					      .calls = { on_changed, NULL } };
	struct error error;
	struct kube *kube = kube_open(&options, &error);
	assert_non_null(kube);
	struct text text = print(metrics);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		assert_non_null(strstr(text.data, values[i]));
	text_done(&text);
	kube_close(kube);
	model_free(model);
	text = print(metrics);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		assert_null(strstr(text.data, values[i]));
	assert_non_null(strstr(text.data, "\nknamed_kubernetes_relists_total{kind=\"Service\"} 0\n"));
	text_done(&text);
	metrics_free(metrics);
	event_base_free(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_reads_a_cluster_that_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
