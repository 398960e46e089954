/* SPDX-License-Identifier: Apache-2.0 */
/* directive_rewrite -- the parts of one rule's reader.
 *
 * A rule is its words, whether they stand on one line or in braces; each field takes those behind its name. */
#ifndef KNAMED_CONFIG_DIRECTIVE_REWRITE_H
#define KNAMED_CONFIG_DIRECTIVE_REWRITE_H

#include "directive.h"

/* What a field's reader is given. Its sentences name the directive and the line. */
struct rule_words {
	const struct directive *directive;
	char **words;
	size_t count;
};

bool rewrite_name_read(const struct rule_words *words, struct config_rewrite *rule,
		       struct error *error);
bool rewrite_cname_read(const struct rule_words *words, struct config_rewrite *rule,
			struct error *error);
bool rewrite_ttl_read(const struct rule_words *words, struct config_rewrite *rule, struct error *error);
bool rewrite_rcode_read(const struct rule_words *words, struct config_rewrite *rule,
			struct error *error);

/* "exact" and the others, letters folded. */
bool rewrite_match_read(const char *word, enum rewrite_match *ret_match);
/* A name, or a part of one, as names are compared: lower case, with a final dot. */
char *rewrite_name_copy(const struct directive *directive, const char *word);
/* False: not a regular expression; error may be NULL, else it has the reason. */
bool rewrite_pattern_check(const char *pattern, unsigned *ret_groups, struct error *error);

#endif
