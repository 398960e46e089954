/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of how a target does: how fast it answers, what it left waiting, and health checks. These
 * begin with the first error and go on until there is an answer, whatever it says, as CoreDNS' do. */
#include <string.h>

#include "upstream_parts.h"

enum {
	PROBE_MS = 1000,      /* that an answer may take */
	WEIGHT = 8,	      /* of the past against one measurement */
	BAD_REPLY_US = 50000, /* what SERVFAIL and REFUSED add: being fast at these is no merit */
	SILENT_CERTAIN = 1000,
};

bool target_is_down(const struct target *target)
{
	uint32_t most = target->upstream->config->max_fails;
	return most > 0 && target->fails > most;
}

static void set_fails(struct target *target, uint32_t fails)
{
	bool was_down = target_is_down(target);
	target->fails = fails;
	if (!was_down && target_is_down(target))
		log_line(LOG_WARNING, "forward", "%s is down: %u health checks without an answer",
			 target->text, fails);
	else if (was_down && !target_is_down(target))
		log_line(LOG_INFO, "forward", "%s is up: it answers again", target->text);
}

static void measure(struct target *target, uint64_t sample_us)
{
	if (sample_us > UINT32_MAX / 2)
		sample_us = UINT32_MAX / 2;
	int64_t past = target->latency_us, sample = (int64_t)sample_us;
	int64_t next = past == 0 ? sample : past + (sample - past) / WEIGHT;
	target->latency_us = next < 1 ? 1 : (uint32_t)next;
}

void target_answered(struct target *target, uint64_t took_ns, bool is_good)
{
	uint64_t sample_us = took_ns / 1000;
	if (!is_good)
		sample_us = BAD_REPLY_US +
			    (sample_us > target->latency_us ? sample_us : target->latency_us);
	measure(target, sample_us);
	target->silent = 0;
	if (target->fails > 0)
		set_fails(target, 0);
}

/* ---- health checks ---- */

static void probe_send(struct target *target, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	struct question *probe = &target->probe;
	struct upstream_question *wanted = &probe->wanted;
	question_init(upstream, probe);
	probe->probed = target;
	probe->is_plain = true;
	probe->deadline_ns = now_ns + PROBE_MS * MS_NS;
	*wanted = (struct upstream_question){ .type = TYPE_NS,
					      .class_ = CLASS_IN,
					      .recursion = upstream->config->health_recursion };
	if (!name_parse(upstream->config->health_domain, wanted->name, &wanted->name_size))
		wanted->name_size = 1;
	if (attempt_start(probe, target, upstream->config->force_tcp, now_ns) == NULL)
		target_probe_ended(target, false, now_ns);
	else
		wheel_put(upstream->wheel, &probe->wake, probe->deadline_ns, now_ns);
}

static void probe_begin(struct target *target, uint64_t now_ns)
{
	const struct config_forward *config = target->upstream->config;
	bool is_wanted = config->max_fails > 0 && config->health_check_ms > 0 && !target->is_gone;
	if (!is_wanted || target->is_probing)
		return;
	target->is_probing = true;
	probe_send(target, now_ns);
}

void target_probe_ended(struct target *target, bool is_good, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	if (is_good) {
		wheel_take(upstream->wheel, &target->probe.wake);
		target->is_probing = false;
		loop_suspect(target, now_ns); /* it may have come back with another configuration */
		return;
	}
	meters_health_failure(target);
	set_fails(target, target->fails == UINT32_MAX ? UINT32_MAX : target->fails + 1);
	target->probe.deadline_ns = now_ns + upstream->config->health_check_ms * MS_NS;
	wheel_put(upstream->wheel, &target->probe.wake, target->probe.deadline_ns, now_ns);
}

void target_probe_wake(struct target *target, uint64_t now_ns)
{
	struct question *probe = &target->probe;
	struct attempt *attempt = &probe->attempts[0];
	if (now_ns < probe->deadline_ns) {
		wheel_put(target->upstream->wheel, &probe->wake, probe->deadline_ns, now_ns);
		return;
	}
	if (attempt->line == NULL) {
		probe_send(target, now_ns);
		return;
	}
	struct line *line = attempt->line;
	uint64_t sent_ns = attempt->sent_ns;
	attempt_stop(attempt);
	target_probe_ended(target, false, now_ns);
	line_was_silent(line, sent_ns, now_ns);
}

/* ---- blame ---- */

void target_was_late(struct target *target, uint64_t after_ns, uint64_t now_ns)
{
	uint64_t after_us = after_ns / 1000;
	if (after_us > target->latency_us)
		measure(target, after_us);
	target->silent++;
	target->silent_ns = now_ns;
	if (target_is_suspect(target, now_ns))
		probe_begin(target, now_ns);
}

void target_erred(struct target *target, bool is_certain, uint64_t now_ns)
{
	if (is_certain && target->silent < SILENT_CERTAIN)
		target->silent = SILENT_CERTAIN;
	target->silent_ns = now_ns;
	probe_begin(target, now_ns);
}
