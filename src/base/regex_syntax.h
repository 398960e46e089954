/* SPDX-License-Identifier: Apache-2.0 */
/* From Go's regular expressions to PCRE2's. Inside base alone. */
#ifndef KNAMED_REGEX_SYNTAX_H
#define KNAMED_REGEX_SYNTAX_H

#include "knamed/base.h"

struct regex_syntax {
	struct text pattern;	   /* for PCRE2; its groups have numbers only */
	char *names[REGEX_GROUPS]; /* NULL: has none */
	unsigned groups;	   /* with group 0 */
	bool utf;		   /* the pattern means characters, not octets */
};

/* On failure nothing is held. */
bool regex_syntax_read(const char *pattern, struct regex_syntax *ret_syntax, struct error *error);
void regex_syntax_done(struct regex_syntax *syntax);

#endif
