/* SPDX-License-Identifier: Apache-2.0 */
/* tail_filter -- which questions a tail is to show. */
#ifndef KNAMED_TAIL_FILTER_H
#define KNAMED_TAIL_FILTER_H

#include "who.h"

struct tail_filter {
	struct ip client; /* family 0: any */
	unsigned client_bits;
	uint8_t name[DNS_NAME_MAX], name_size; /* 0: any */
	uint16_t rcode;
	bool has_rcode;
	char namespace_[NAMESPACE_SIZE]; /* "": any; of the client or of the name */
};
/* From the query of a URL; false: the error says what is wrong with it. */
bool tail_filter_read(const char *query, struct tail_filter *ret_filter, struct error *error);
bool tail_filter_passes(const struct tail_filter *filter, const struct sample *sample,
			const struct who *who);

#endif
