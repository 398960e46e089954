/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite -- rules as query threads use them (private to the stage).
 *
 *   pattern: finds and replaces in one name     rule: a pattern, and what the way back needs
 *
 * Names are matched as text, as users write them; what becomes of them is read again as a name, so
 * that nothing else is ever written. */
#ifndef KNAMED_POLICY_REWRITE_H
#define KNAMED_POLICY_REWRITE_H

#include "policy.h"

/* A name that is being changed. Its text is made when somebody asks for it. */
struct subject {
	uint8_t size;
	uint16_t text_size; /* 0: not made yet */
	uint8_t wire[DNS_NAME_MAX + 1];
	char text[NAME_TEXT_SIZE];
};
void subject_set(struct subject *subject, const uint8_t *wire);

struct pattern {
	enum rewrite_match match;
	const char *from, *to; /* to: NULL where it only finds */
	size_t from_size;
	uint8_t *wire; /* of an exact name; NULL: it is none, and no name is equal to it */
	struct regex *regex;
	bool has_metadata; /* `to` may have {plugin/label} in it */
};
void pattern_compile(struct pattern *pattern, enum rewrite_match match, const char *from,
		     const char *to);
void pattern_done(struct pattern *pattern);
bool pattern_finds(const struct pattern *pattern, struct subject *subject);

enum change {
	CHANGE_NONE,
	CHANGE_MADE,
	CHANGE_BROKEN, /* the new name is none */
};
/* metadata: of the question; NULL: nothing is known. Where something is missing nothing is changed. */
enum change pattern_change(const struct pattern *pattern, struct subject *subject,
			   const struct metadata *metadata);
/* Whether some name at or below the zone may be found. */
bool pattern_touches(const struct pattern *pattern, const uint8_t *zone);

/* What becomes of names in the answers to a name rule. */
struct answer_rule {
	bool is_value;
	struct pattern pattern;
};
struct rule {
	enum rewrite_field field;
	bool continues, is_auto;
	struct pattern pattern;
	struct pattern back; /* of a suffix rule that is_auto */
	struct answer_rule *answers;
	size_t answer_count;
	uint16_t code, new_code;
	uint32_t ttl_least, ttl_most;
};
struct rewrite {
	size_t count;
	struct rule *rules;
};
/* *ret_rewrite is NULL if there are no rules. False: a rule asks for what is known of no question. */
bool rewrite_compile(const struct config_block *block, struct rewrite **ret_rewrite,
		     struct error *error);
void rewrite_free(struct rewrite *rewrite);
bool rewrite_touches(const struct rewrite *rewrite, const uint8_t *zone);

static inline const struct rule *step_rule(const struct rewrite_way *way, unsigned step)
{
	return &way->policy->rewrite->rules[way->steps[step].rule];
}
/* A name of an answer, on its way up. ret_alias: where the target goes that a `cname` rule makes of
 * it, and *ret_size its size; NULL: such rules have no say. */
enum change way_map_owner(const struct rewrite_way *way, struct subject *subject);
enum change way_map_value(const struct rewrite_way *way, struct subject *subject, bool is_alias,
			  uint8_t *ret_alias, uint8_t *ret_alias_size);

#endif
