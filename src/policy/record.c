/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a policy makes itself: few and small, written one by one. */
#include "policy.h"

struct owner_pointer owner_at_question(const struct dns_query *query, size_t zone_size)
{
	struct owner_pointer pointer;
	put_u16(pointer.octets, (uint16_t)(POINTER_TO_QUESTION + query->name_size - zone_size));
	return pointer;
}

bool record_write(struct reply *reply, const struct record *record)
{
	uint8_t *start = reply->packet + reply->at;
	struct dns_writer writer = { .start = start, .at = start, .end = reply->packet + reply->limit };
	bool fits = write_bytes(&writer, record->owner, record->owner_size) &&
		    write_u16(&writer, record->type) && write_u16(&writer, record->class_) &&
		    write_u32(&writer, record->ttl) && write_u16(&writer, record->data_size) &&
		    write_bytes(&writer, record->data, record->data_size);
	if (fits)
		reply->at = (uint32_t)(writer.at - reply->packet);
	return fits;
}

bool record_answer(const struct dns_query *query, struct reply *reply, struct record record)
{
	struct owner_pointer owner = owner_at_question(query, query->name_size);
	record.owner = owner.octets;
	record.owner_size = sizeof(owner.octets);
	bool fits = record_write(reply, &record);
	if (fits)
		reply->answers++;
	else
		reply->truncated = true;
	return fits;
}
