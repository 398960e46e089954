/* SPDX-License-Identifier: Apache-2.0 */
/* followed -- a file that a directive reads, and reads again when it has changed (private to the stage).
 *
 * What the last good reading gave stays until there is another: a file that is gone, or is not what it should be, is
 * told of once and changes nothing. */
#ifndef KNAMED_POLICY_FOLLOWED_H
#define KNAMED_POLICY_FOLLOWED_H

#include "knamed/base.h"

struct followed_options {
	struct event_base *events; /* NULL: read once */
	const char *path;
	const char *plugin; /* for log lines */
	uint64_t period_ms; /* how often it is looked at where changes cannot be seen; 0: read once */
	size_t size_most;   /* octets */
	/* Takes what was read; false: it is not good, and what was before stays. modified_ns: of the file, since 1970. */
	bool (*take)(void *context, const char *text, size_t size, uint64_t modified_ns,
		     struct error *error);
	void *context;
};
struct followed;
enum followed_first { FOLLOWED_TAKEN, FOLLOWED_MISSING, FOLLOWED_BAD };
/* Reads it at once; ret_first says what came of it, and error why it was not taken. */
struct followed *followed_open(const struct followed_options *options,
			       enum followed_first *ret_first, struct error *error);
void followed_close(struct followed *followed);

#endif
