/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a text of Go's text/template: what its parts share.
 *
 *   text --template_text.c--> text, if, else, end, and pipelines --template_pipeline.c--> steps
 */
#ifndef KNAMED_CONFIG_TEMPLATE_PARTS_H
#define KNAMED_CONFIG_TEMPLATE_PARTS_H

#include "knamed/config.h"

struct template_reader {
	struct arena *arena;
	const char *name;	     /* for sentences */
	const char *at, *action_end; /* of the action that was read last */
	struct template_text *text;
	struct text printed;
	const char *variables[TEMPLATE_VARIABLES];
	size_t variable_sizes[TEMPLATE_VARIABLES];
	unsigned variable_count;
	unsigned stack; /* values that are there at this point */
	struct error *error;
};

/* "template: answer:1: ..." False. */
bool template_refuse(const struct template_reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);
struct template_step *template_add(struct template_reader *reader, enum template_op op);
/* Steps that leave the pipeline's value on the stack; reads up to the delimiter. */
bool template_read_pipeline(struct template_reader *reader);

static inline bool template_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
void template_skip_blanks(struct template_reader *reader);
/* Letters, digits and underscores from `at` on. */
size_t template_word_size(const char *at);
/* At the end of an action: }} or, behind a blank, -}}. */
bool template_is_at_end(const struct template_reader *reader);

/* Operands, in template_operand.c. */
bool template_read_string(struct template_reader *reader, const char **ret_text, size_t *ret_size);
bool template_read_number(struct template_reader *reader, int64_t *ret_number);
/* Of a printf format: that it is one, and how many values it takes. */
bool template_check_format(const struct template_reader *reader, const char *format, size_t size,
			   unsigned *ret_count);

#endif
