/* SPDX-License-Identifier: Apache-2.0 */
/* `any`: a question for everything gets a hint that there is more instead (RFC 8482 4.2). */
#include "policy.h"

void policy_write_any(const struct dns_query *query, struct reply *reply)
{
	enum { TTL = 8482 };
	static const uint8_t data[] = "\x0d"
				      "ANY obsoleted"
				      "\x0c"
				      "See RFC 8482";
	struct owner_pointer owner = owner_at_question(query, query->name_size);
	struct record record = {
		.owner = owner.octets,
		.owner_size = sizeof(owner.octets),
		.type = TYPE_HINFO,
		.class_ = CLASS_IN,
		.ttl = TTL,
		.data = data,
		.data_size = sizeof(data) - 1,
	};
	if (record_write(reply, &record))
		reply->answers++;
	else
		reply->truncated = true;
}
