/* SPDX-License-Identifier: Apache-2.0 */
/* rdata -- record data in one comparable form, from a packet or from text.
 *
 * A and AAAA: the address. NS, CNAME and PTR: the name, lower case and uncompressed. SRV: port and
 * target (weights are the server's choice). All else: the bytes as they are. */
#ifndef BLAST_RDATA_H
#define BLAST_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RDATA_MAX = 300 };

/* Reads the name at `at` of a packet into `out` (255 bytes, lower case, uncompressed) and says
 * where it ends in the packet; false when it is cut, loops or is too long. */
bool rdata_name(const uint8_t *packet, size_t size, size_t *at, uint8_t *out, size_t *ret_size);
/* The comparable form of `data_size` bytes of rdata at `at`, in `out` (RDATA_MAX bytes); false when
 * they do not make a record of this type. Data of other types that does not fit is cut. */
bool rdata_read(const uint8_t *packet, size_t size, size_t at, size_t data_size, uint16_t type,
		uint8_t *out, size_t *ret_size);
/* The same from text: an address, a name, or for SRV `port:target`. */
bool rdata_from_text(uint16_t type, const char *text, size_t text_size, uint8_t *out, size_t *ret_size);

#endif
