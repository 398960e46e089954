/* SPDX-License-Identifier: Apache-2.0 */
/* block -- from a block of the config to the block of a router (private to the stage). */
#ifndef KNAMED_SERVE_BLOCK_H
#define KNAMED_SERVE_BLOCK_H

#include "router.h"

/* What a router is made of. */
struct making {
	struct router *router;
	const struct router *before;
	const struct serve_options *options;
};

bool block_compile(const struct making *making, struct block *block,
		   const struct serve_block *source, struct error *error);
/* Whatever it asks itself is asked in this block, as a chain of directives would (CoreDNS). */
void block_own_routes(struct router *router, struct block *block);
void block_done(struct block *block);

#endif
