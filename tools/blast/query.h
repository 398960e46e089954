/* SPDX-License-Identifier: Apache-2.0 */
/* query -- a question in wire form, and the words for types and rcodes. */
#ifndef BLAST_QUERY_H
#define BLAST_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_OPT = 41,
	TYPE_ANY = 255,
	QUERY_HEADER = 12,
	QUERY_NAME_MAX = 255,
	QUERY_MAX = QUERY_HEADER + QUERY_NAME_MAX + 4 + 11,
	RCODE_NXDOMAIN = 3,
};

/* `text` (no escapes) as a wire name in `out` (QUERY_NAME_MAX bytes); its size, 0 when it is no name. */
size_t query_name(const char *text, size_t text_size, uint8_t *out);
/* A query with id 0 and RD; `edns_size` 0 leaves the OPT out. `out` holds QUERY_MAX bytes.
 * Returns the size, 0 when `text` is no name. */
size_t query_build(const char *text, size_t text_size, uint16_t type, uint16_t edns_size, uint8_t *out);
/* A decimal number of digits alone, at most `limit`. */
bool query_number(const char *text, unsigned long limit, unsigned long *ret_number);
/* A type by its word, or as TYPEn. */
bool query_type(const char *word, uint16_t *ret_type);
/* An rcode by its word or number. */
bool query_rcode(const char *word, uint8_t *ret_rcode);

#endif
