/* SPDX-License-Identifier: Apache-2.0 */
/* How `auto` tells a zone's name from a file's name: a regular expression and a template. */
#ifndef KNAMED_SOURCE_ZONE_PATTERN_H
#define KNAMED_SOURCE_ZONE_PATTERN_H

#include <regex.h>

#include "knamed/dns.h"

enum { PATTERN_GROUPS = 100 };

struct zone_pattern {
	regex_t regex;
	uint8_t groups[PATTERN_GROUPS]; /* number of a group in the pattern -> its number in `regex` */
	unsigned group_count;		/* with group 0, the whole match */
	const char *template_;
};

/* Go's syntax as far as POSIX can say it; false names what it cannot. `template_` is borrowed. */
bool zone_pattern_init(struct zone_pattern *pattern, const char *text, const char *template_,
		       struct error *error);
void zone_pattern_done(struct zone_pattern *pattern);
/* The origin, lower case with a final dot, of a file of that name. False if the name does not match
 * or gives no name of a zone. */
bool zone_pattern_match(const struct zone_pattern *pattern, const char *file_name,
			struct text *ret_origin);

#endif
