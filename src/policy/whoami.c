/* SPDX-License-Identifier: Apache-2.0 */
/* `whoami`: the asker's address and port, as additional records below the name asked for. */
#include "policy.h"

#include <string.h>

static void write_address(const struct dns_query *query, const struct client *client,
			  struct reply *reply)
{
	struct owner_pointer owner = owner_at_question(query, query->name_size);
	struct record record = {
		.owner = owner.octets,
		.owner_size = sizeof(owner.octets),
		.class_ = CLASS_IN,
		.type = client->ip.family == 6 ? TYPE_AAAA : TYPE_A,
		.data = client->ip.bytes,
		.data_size = client->ip.family == 6 ? 16 : 4,
	};
	if (record_write(reply, &record))
		reply->additionals++;
}

/* The port stands in an SRV record whose owner has one label more; a name that is too long for that goes without. */
static void write_port(const struct dns_query *query, const struct client *client, struct reply *reply)
{
	uint8_t owner[7] = "\4_udp", data[7] = { 0 }; /* priority, weight, port, target "." */
	if (query->name_size + 5 > DNS_NAME_MAX)
		return;
	if (client->proto == PROTO_TCP)
		memcpy(owner, "\4_tcp", 5);
	put_u16(owner + 5, POINTER_TO_QUESTION);
	put_u16(data + 4, client->port);
	struct record record = {
		.owner = owner,
		.owner_size = sizeof(owner),
		.type = TYPE_SRV,
		.class_ = CLASS_IN,
		.data = data,
		.data_size = sizeof(data),
	};
	if (record_write(reply, &record))
		reply->additionals++;
}

enum policy_verdict whoami_answer(const struct policy *policy, const struct dns_query *query,
				  const struct client *client, struct reply *reply)
{
	reply->authoritative = true;
	if (!policy->minimal) { /* all of it is additional, so nothing is left */
		write_address(query, client, reply);
		write_port(query, client, reply);
	}
	return POLICY_ANSWERED;
}
