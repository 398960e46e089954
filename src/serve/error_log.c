/* SPDX-License-Identifier: Apache-2.0 */
/* The first error of a rule begins its time: whoever counts it wakes the control thread, once. */
#include "error_log.h"

#include <assert.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "query_fields.h"

struct rule {
	struct regex *regex;
	const struct config_consolidation *config;
	enum log_level level;
	_Atomic uint32_t count;
	atomic_bool begins; /* the control thread has not seen it yet */
	struct event *over; /* NULL: there is no loop */
};
struct error_log {
	int wake_fd; /* -1: none */
	struct event *wake;
	size_t count;
	struct rule rules[];
};

/* ---- on the control thread ---- */

static void tell(struct rule *rule)
{
	uint32_t count = atomic_exchange(&rule->count, 0);
	struct text period = { 0 };
	if (count == 0 || (count == 1 && rule->config->shows_first))
		return;
	text_add_duration(&period, rule->config->period_ms);
	log_line(rule->level, "errors", "%u errors like '%s' occurred in last %s", count,
		 rule->config->pattern, period.data);
	text_done(&period);
}

static void on_over(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	tell(context);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	struct error_log *log = context;
	eventfd_t times;
	(void)what;
	eventfd_read(fd, &times);
	for (size_t i = 0; i < log->count; i++) {
		struct rule *rule = &log->rules[i];
		const struct timeval period = timeval_of_ms(rule->config->period_ms);
		if (atomic_exchange(&rule->begins, false))
			evtimer_add(rule->over, &period);
	}
}

static void rule_compile(struct rule *rule, const struct config_consolidation *config,
			 struct event_base *events)
{
	static const enum log_level levels[] = {
		[ERRORS_DEBUG] = LOG_DEBUG,
		[ERRORS_INFO] = LOG_INFO,
		[ERRORS_WARNING] = LOG_WARNING,
		[ERRORS_ERROR] = LOG_ERROR,
	};
	rule->config = config;
	rule->level = levels[config->level];
	rule->regex = regex_new(config->pattern, NULL);
	assert(rule->regex != NULL); /* it was looked at when it was read */
	if (events != NULL)
		rule->over = evtimer_new(events, on_over, rule);
}

struct error_log *error_log_compile(const struct config_errors *config, struct event_base *events)
{
	if (config == NULL)
		return NULL;
	size_t count = config->consolidation_count;
	struct error_log *log = mem_zalloc(sizeof(*log) + count * sizeof(log->rules[0]));
	log->count = count;
	log->wake_fd = count > 0 && events != NULL ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
	if (log->wake_fd >= 0) {
		log->wake = event_new(events, log->wake_fd, EV_READ | EV_PERSIST, on_wake, log);
		event_add(log->wake, NULL);
	}
	for (size_t i = 0; i < count; i++)
		rule_compile(&log->rules[i], &config->consolidations[i], events);
	return log;
}

void error_log_free(struct error_log *log)
{
	if (log == NULL)
		return;
	for (size_t i = 0; i < log->count; i++) {
		tell(&log->rules[i]);
		regex_free(log->rules[i].regex);
		if (log->rules[i].over != NULL)
			event_free(log->rules[i].over);
	}
	if (log->wake != NULL)
		event_free(log->wake);
	if (log->wake_fd >= 0)
		close(log->wake_fd);
	mem_free(log);
}

bool error_log_has_patterns(const struct error_log *log)
{
	return log != NULL && log->count > 0;
}

/* ---- on query threads ---- */

static struct rule *rule_for(struct error_log *log, const char *problem)
{
	for (size_t i = 0; i < log->count; i++)
		if (regex_find(log->rules[i].regex, problem, strlen(problem), NULL))
			return &log->rules[i];
	return NULL;
}

/* True: there is a line all the same. */
static bool rule_count(struct error_log *log, struct rule *rule)
{
	if (atomic_fetch_add(&rule->count, 1) > 0)
		return false;
	atomic_store(&rule->begins, true);
	if (log->wake_fd >= 0)
		eventfd_write(log->wake_fd, 1);
	return rule->config->shows_first;
}

static void put_line(const struct dns_query *query, uint16_t rcode, const char *problem,
		     enum log_level level, struct log_ring *ring)
{
	struct line line, message;
	line_start(&line);
	line_start(&message);
	line_printf(&message, "%u ", rcode);
	query_name_write(&message, query);
	line_add(&message, " ");
	query_type_write(&message, query);
	line_printf(&message, ": %s", problem);
	if (log_form_in_force() == LOG_FORM_TEXT) {
		line_printf(&line, "[%s] plugin/errors: ", log_level_name(level));
		line_add_n(&line, message.text, message.size);
	} else {
		line_begin_json(&line, log_level_name(level), &message, "errors");
		line_add(&line, "}");
	}
	log_ring_put(ring, line.text, line.size);
}

void error_log_put(struct error_log *log, const struct dns_query *query, uint16_t rcode,
		   const char *problem, struct log_ring *ring)
{
	struct rule *rule = rule_for(log, problem);
	enum log_level level = rule != NULL ? rule->level : LOG_ERROR;
	if (rule != NULL && !rule_count(log, rule))
		return;
	if (level != LOG_DEBUG || log_is_debug())
		put_line(query, rcode, problem, level, ring);
}
