/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a pattern: what its parts share. Every part reads at `at`, writes to syntax->pattern, and
 * fails with the sentence that Go has for it. */
#ifndef KNAMED_REGEX_PARTS_H
#define KNAMED_REGEX_PARTS_H

#include "regex_syntax.h"

struct regex_reader {
	const char *whole, *at;
	const char *repeat; /* the repetition that was just read begins here; NULL: none */
	struct regex_syntax *syntax;
	unsigned depth;
	bool operand; /* something is there to be repeated */
	struct error *error;
};

/* "error parsing regexp: `what`: `from..to`"; gives false. */
bool regex_refuse(const struct regex_reader *reader, const char *what, const char *from,
		  const char *to);
void regex_put_character(struct regex_reader *reader, uint32_t character);
/* One character, which the caller knows to be there. */
uint32_t regex_take_character(struct regex_reader *reader);
/* One escaped character: at stands on the backslash. */
bool regex_read_escape(struct regex_reader *reader, uint32_t *ret_character);
/* \d \pL and the like. ret_read is false when something else stands there. */
bool regex_read_named_set(struct regex_reader *reader, bool in_class, bool *ret_read);
/* [...] */
bool regex_read_class(struct regex_reader *reader);

#endif
