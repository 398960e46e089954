/* SPDX-License-Identifier: Apache-2.0 */
/* Messages made of what was heard: the question as the client spelled it, records one by one, counts at the end. */
#include "policy.h"

#include <string.h>

void made_begin(struct made_message *made, const struct dns_query *query,
		const struct dns_message *heard, unsigned kept, uint8_t ret_packet[DNS_MESSAGE_MAX])
{
	*made = (struct made_message){ .counts = { 0 } };
	made->writer = (struct dns_writer){ ret_packet, ret_packet + query->question_end,
					    ret_packet + DNS_MESSAGE_MAX };
	memcpy(ret_packet, query->packet, query->question_end);
	put_u16(ret_packet + 2, (uint16_t)(FLAG_QR | (heard->flags & kept) | (heard->rcode & 15u)));
	put_u16(ret_packet + 4, 1);
	compress_learn(&made->compress, ret_packet, DNS_HEADER_SIZE);
}

void made_cut(struct made_message *made, unsigned section)
{
	if (section == 0)
		made->writer.start[2] |= FLAG_TC >> 8;
}

size_t made_end(struct made_message *made)
{
	for (unsigned i = 0; i < 3; i++)
		put_u16(made->writer.start + 6 + 2 * i, made->counts[i]);
	return (size_t)(made->writer.at - made->writer.start);
}
