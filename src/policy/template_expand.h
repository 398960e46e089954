/* SPDX-License-Identifier: Apache-2.0 */
/* template_expand -- the text that a template makes of a question. Fixed buffers, no allocation;
 * steps lead forward only, so it ends. */
#ifndef KNAMED_POLICY_TEMPLATE_EXPAND_H
#define KNAMED_POLICY_TEMPLATE_EXPAND_H

#include "expression.h"

enum { EXPANSION_MAX = 4096 };

/* What the texts may speak of. */
struct template_data {
	const struct dns_query *query;
	const struct client *client;
	const char *zone;	   /* with final dot */
	const char *pattern;	   /* ".*" where none was named */
	const struct regex *regex; /* NULL: none, and the name is its own match */
	struct regex_match match;
	uint16_t class_, type;	   /* the question's, or the template's where it asks for ANY */
	char name[NAME_TEXT_SIZE]; /* lower case */
	const char *const *variable_names;
	struct worth variables[TEMPLATE_VARS_MAX];
	size_t variable_count;
	char room[EXPANSION_MAX]; /* of texts of variables */
};

struct template_expansion {
	size_t size, scratch_size;
	char text[EXPANSION_MAX];
	char scratch[EXPANSION_MAX]; /* texts that functions make */
};
/* False: what CoreDNS counts as a failure of the template. */
bool template_expand(const struct template_text *text, const struct template_data *data,
		     struct template_expansion *ret_expansion, struct error *error);

/* The words of Go: nothing for what is not in the registry. */
void template_print_class(uint16_t class_, char ret_text[16]);
void template_print_type(uint16_t type, char ret_text[16]);

#endif
