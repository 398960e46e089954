/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks are ready, and why the others are not. */
#ifndef KNAMED_READYZ_H
#define KNAMED_READYZ_H

#include "knamed/config.h"
#include "pipeline.h"

/* What a `kubernetes` follows was there as a whole once; with `continuously` it is also being followed now. */
bool readyz_block_is_ready(const struct pipeline *pipeline, size_t block, bool continuously);
/* What is wrong with the Corefile, while something else serves. */
struct config_trouble {
	bool is_built_in;		 /* built-in defaults serve, else what was read before */
	char text[sizeof(struct error)]; /* "": nothing is wrong */
};
/* {"ready":..., "serving":..., "shutdown":..., "config":{...}, "kubernetes":[...]}; pipeline NULL: everything is still to come. */
struct readyz {
	bool is_ready, is_serving, is_leaving, continuously;
	const struct config_trouble *trouble;
};
void readyz_print(const struct readyz *state, const struct config *config,
		  const struct pipeline *pipeline, struct text *text);

#endif
