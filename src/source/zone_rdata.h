/* SPDX-License-Identifier: Apache-2.0 */
/* The data of one record, from text to wire form, by ldns. */
#ifndef KNAMED_SOURCE_ZONE_RDATA_H
#define KNAMED_SOURCE_ZONE_RDATA_H

#include <ldns/ldns.h>

#include "knamed/base.h"

struct zone_rdata {
	struct text text;
	ldns_buffer *buffer;
	ldns_rdf *origin;
	const uint8_t *wire; /* the last record's; good until the next */
	uint16_t type, size;
};

void zone_rdata_init(struct zone_rdata *rdata);
void zone_rdata_done(struct zone_rdata *rdata);
/* What relative names in the data are under. */
void zone_rdata_set_origin(struct zone_rdata *rdata, const uint8_t *origin);
/* "A", size 1 and "10.0.0.1". False fills the error. */
bool zone_rdata_read(struct zone_rdata *rdata, const char *type, size_t type_size, const char *text,
		     struct error *error);

#endif
