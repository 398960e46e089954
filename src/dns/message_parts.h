/* SPDX-License-Identifier: Apache-2.0 */
/* message_parts -- names and record data as they stand inside a message of somebody else. */
#ifndef KNAMED_DNS_MESSAGE_PARTS_H
#define KNAMED_DNS_MESSAGE_PARTS_H

#include "knamed/dns.h"

/* Checks the name at `at`, of whose octets none may stand at `limit` or behind. Says where it ends (where it
 * stands: behind its first pointer, if it has one) and its size with all pointers followed. */
struct name_extent {
	uint32_t end;
	uint8_t size;
};
bool extent_find(const uint8_t *packet, uint32_t limit, uint32_t at, struct name_extent *ret_extent);
/* The name written out; at and extent are of a name that was checked. */
void extent_copy(const uint8_t *packet, uint32_t at, const struct name_extent *extent,
		 uint8_t *ret_name);

/* Whether the record's data have the form that their type asks for. */
bool rdata_check(const uint8_t *packet, const struct dns_record *record);
/* Appends the checked data of a record. compress: for the names that may be pointers; NULL: all are written out. */
bool rdata_write(const uint8_t *packet, const struct dns_record *record, struct dns_writer *writer,
		 struct compress *compress);

#endif
