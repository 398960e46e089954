/* SPDX-License-Identifier: Apache-2.0 */
/* address -- what stands in front of a block's brace. */
#ifndef KNAMED_CONFIG_ADDRESS_H
#define KNAMED_CONFIG_ADDRESS_H

#include "parser.h"
#include "zone.h"

/* Fills block->addresses from the keys: each network becomes one address per zone. ret_places[i] is
 * where address i was written. */
struct address_options {
	struct config *config; /* for remarks */
	const char *corefile;
	const char *default_port;
	size_t *zones_left;
};
bool addresses_read(struct arena *arena, const struct tokens *keys,
		    const struct address_options *options, struct config_block *block,
		    struct place **ret_places, struct error *error);

#endif
