/* SPDX-License-Identifier: Apache-2.0 */
/* error_log -- `errors`: lines about queries that failed (private to the stage).
 *
 * What a rule of `consolidate` matches is counted by the thread that saw it; the control thread
 * tells the number when the rule's time is over. */
#ifndef KNAMED_SERVE_ERROR_LOG_H
#define KNAMED_SERVE_ERROR_LOG_H

#include "knamed/serve.h"

struct event_base;
struct error_log;
/* On the control thread, whose loop `events` is; without one numbers are told at the end alone.
 * NULL: the block has no `errors`. */
struct error_log *error_log_compile(const struct config_errors *config, struct event_base *events);
void error_log_free(struct error_log *log); /* tells what was counted */
bool error_log_has_patterns(const struct error_log *log);
/* `[ERROR] plugin/errors: 2 name. TYPE: problem`. */
void error_log_put(struct error_log *log, const struct dns_query *query, uint16_t rcode,
		   const char *problem, struct log_ring *ring);

#endif
