/* SPDX-License-Identifier: Apache-2.0 */
/* transfer -- a zone as its primary hands it over (AXFR, RFC 5936), message by message.
 *
 * Nothing that comes is trusted: ids and questions are compared, records of others are left out,
 * and there are bounds on all of it. What is not whole is no transfer. */
#ifndef KNAMED_SOURCE_TRANSFER_H
#define KNAMED_SOURCE_TRANSFER_H

#include "knamed/dns.h"
#include "knamed/source.h"

enum {
	TRANSFER_RECORDS_MOST = 16 << 20,
	TRANSFER_OCTETS_MOST = 1 << 30, /* with all names written out */
	SOA_DATA_MAX = 2 * DNS_NAME_MAX + 20,
};

/* The numbers of a SOA. */
struct soa {
	uint32_t serial, refresh, retry, expire;
};
/* Of whole data. */
struct soa soa_of(const uint8_t *rdata, size_t size);
bool serial_is_newer(uint32_t serial, uint32_t than); /* RFC 1982 */

/* A question of one type for a zone: header and question. Returns its size. */
enum { TRANSFER_QUERY_MAX = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 };
size_t transfer_query_write(const uint8_t *zone, uint16_t type, uint16_t id,
			    uint8_t ret_query[TRANSFER_QUERY_MAX]);

/* The answer to a question for the zone's SOA. */
bool transfer_read_soa(const uint8_t *zone, uint16_t id, const uint8_t *packet, size_t size,
		       struct soa *ret_soa, struct error *error);

struct transfer {
	const uint8_t *zone; /* outlives it */
	uint16_t id;
	zone_record_call take; /* the SOA comes first, and once */
	void *context;
	uint64_t records, octets;
	uint16_t soa_size; /* 0: nothing has come yet */
	uint8_t soa[SOA_DATA_MAX];
	bool is_over;
	uint8_t rdata[DNS_MESSAGE_MAX]; /* of the record at hand */
};
enum transfer_step { TRANSFER_MORE, TRANSFER_OVER, TRANSFER_BAD };
void transfer_begin(struct transfer *transfer, const uint8_t *zone, uint16_t id,
		    zone_record_call take, void *context);
/* Takes the next message. After OVER and BAD no more is taken. */
enum transfer_step transfer_take(struct transfer *transfer, const uint8_t *packet, size_t size,
				 struct error *error);

#endif
