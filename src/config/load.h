/* SPDX-License-Identifier: Apache-2.0 */
/* load -- the text of the Corefile that flags name (private to the stage). */
#ifndef KNAMED_CONFIG_LOAD_H
#define KNAMED_CONFIG_LOAD_H

#include "parser.h"

struct corefile_text {
	const char *name;
	struct text text;
};
/* is_again: it was there once. What was read is there also when false is returned; text_done() it. */
bool corefile_load(const struct flags *flags, bool is_again, struct corefile_text *ret_corefile,
		   struct error *error);

#endif
