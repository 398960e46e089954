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
	const struct record record = {
		.type = TYPE_HINFO,
		.class_ = CLASS_IN,
		.ttl = TTL,
		.data = data,
		.data_size = sizeof(data) - 1,
	};
	record_answer(query, reply, record);
}
