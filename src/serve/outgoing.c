/* SPDX-License-Identifier: Apache-2.0 */
#include "outgoing.h"

#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "line.h"

enum {
	MESSAGE_MOST = 16384,  /* as far as pointers reach; one record alone may be larger */
	OUTGOING_MOST_S = 120, /* who reads more slowly keeps others from their turn */
	HEAD_SIZE = DNS_HEADER_SIZE + DNS_NAME_MAX + 5,
};

struct outgoing {
	struct zone_copy *copy;
	uint8_t head[HEAD_SIZE];
	uint16_t head_size;
	uint64_t records, deadline_ns;
	uint32_t serial;
	struct ip client;
	char zone[NAME_TEXT_SIZE];
};

/* ---- who may have it ---- */

static bool is_allowed(const struct config_transfer *transfer, const struct ip *client)
{
	const struct config_peers *to = &transfer->to;
	bool is_allowed = transfer->to_all;
	for (size_t i = 0; i < to->count && !is_allowed; i++)
		is_allowed = ip_equal(&to->list[i].ip, client);
	return is_allowed;
}

/* ---- the first message ---- */

static void fail(struct outcome *outcome, uint16_t rcode, const char *problem)
{
	outcome->rcode = rcode;
	outcome->problem = problem;
}

static bool is_called(const struct claim *claim, const struct dns_query *query)
{
	return claim->zone.size == query->name_size &&
	       memcmp(claim->zone.name, query->lower, query->name_size) == 0;
}

/* Of the first directive that has the zone itself. False: the outcome says why not. */
static bool copy_zone(struct asker *asker, const struct question *question,
		      struct zone_copy **ret_copy, struct outcome *outcome)
{
	const struct block *block = question->route->block;
	const struct dns_query *query = &question->query;
	fail(outcome, RCODE_REFUSED, NULL);
	for (size_t i = 0; i < block->claim_count; i++) {
		const struct claim *claim = &block->claims[i];
		if (!name_is_under(query->lower, claim->zone.name))
			continue;
		switch (zone_copy_begin(asker->router->answers, claim->catalog, query, ret_copy)) {
		case COPY_STARTED:
			outcome->rcode = RCODE_NOERROR;
			return true;
		case COPY_NO_ZONE:
			if (is_called(claim, query) && claim->rank != RANK_AUTO)
				fail(outcome, RCODE_SERVFAIL, "zone is not loaded");
			break;
		case COPY_NOT_READY:
			fail(outcome, RCODE_SERVFAIL, NULL);
			outcome->extended_error = EDE_NOT_READY;
			return false;
		}
	}
	return false;
}

static struct copy_message message_of(const struct reply *reply)
{
	return (struct copy_message){
		.packet = reply->packet,
		.at = reply->at,
		.most = MESSAGE_MOST,
		.limit = reply->limit,
	};
}

static void take_message(struct reply *reply, const struct copy_message *message)
{
	reply->at = message->at;
	reply->answers = message->count;
	reply->authoritative = true;
}

/* Whether the client has what we have, or something newer (RFC 1982, 1995 4). */
static bool is_up_to_date(const struct dns_query *query, uint32_t serial, const struct zone_copy *copy)
{
	return query->type == TYPE_IXFR && (int32_t)(serial - zone_copy_serial(copy)) >= 0;
}

static struct outgoing *outgoing_new(const struct question *question, struct zone_copy *copy)
{
	const struct dns_query *query = &question->query;
	struct outgoing *outgoing = mem_zalloc(sizeof(*outgoing));
	outgoing->copy = copy;
	outgoing->serial = zone_copy_serial(copy);
	outgoing->deadline_ns = clock_now_ns() + OUTGOING_MOST_S * UINT64_C(1000000000);
	outgoing->client = question->info->client;
	outgoing->head_size = query->question_end;
	memcpy(outgoing->head, query->packet, query->question_end);
	put_u16(outgoing->head + 2,
		(uint16_t)(FLAG_QR | FLAG_AA | (query->flags & (FLAG_RD | FLAG_CD))));
	memset(outgoing->head + 6, 0, 6);
	name_print(query->lower, outgoing->zone);
	return outgoing;
}

static void put_line(struct log_ring *ring, enum log_level level, const struct line *message)
{
	struct line line;
	if (ring == NULL)
		return;
	line_start(&line);
	if (log_form_in_force() == LOG_FORM_TEXT) {
		line_printf(&line, "[%s] plugin/transfer: ", log_level_name(level));
		line_add_n(&line, message->text, message->size);
	} else {
		line_begin_json(&line, log_level_name(level), message, "transfer");
		line_add(&line, "}");
	}
	log_ring_put(ring, line.text, line.size);
}

static void say_up_to_date(const struct outgoing *outgoing, struct log_ring *ring)
{
	struct line line;
	char client[IP_TEXT_SIZE];
	ip_print(&outgoing->client, client);
	line_start(&line);
	line_printf(&line,
		    "Outgoing noop, incremental transfer for up to date zone \"%s\" to %s for %u SOA serial",
		    outgoing->zone, client, outgoing->serial);
	put_line(ring, LOG_INFO, &line);
}

static void send_first(struct asker *asker, struct outgoing *outgoing, struct reply *reply)
{
	struct copy_message message = message_of(reply);
	enum copy_step step = zone_copy_next(outgoing->copy, &message);
	take_message(reply, &message);
	outgoing->records = message.count;
	if (step != COPY_WHOLE) {
		asker->outgoing = outgoing;
		return;
	}
	outgoing_say(outgoing, true, asker->ring);
	outgoing_free(outgoing);
}

static void send_zone(struct asker *asker, const struct question *question, uint32_t serial,
		      struct reply *reply, struct outcome *outcome)
{
	struct zone_copy *copy;
	if (!copy_zone(asker, question, &copy, outcome))
		return;
	struct outgoing *outgoing = outgoing_new(question, copy);
	if (is_up_to_date(&question->query, serial, copy)) {
		struct copy_message message = message_of(reply);
		zone_copy_soa(copy, &message);
		take_message(reply, &message);
		say_up_to_date(outgoing, asker->ring);
		outgoing_free(outgoing);
	} else if (!asker->takes_outgoing) {
		fail(outcome, RCODE_SERVFAIL, "too many zones are on their way");
		outgoing_free(outgoing);
	} else {
		send_first(asker, outgoing, reply);
	}
}

static void begin(struct asker *asker, struct question *question, struct reply *reply,
		  struct outcome *outcome)
{
	const struct dns_query *query = &question->query;
	const struct block *block = question->route->block;
	const struct config_transfer *transfer = config_transfer_find(block->config, query->lower);
	uint32_t serial = 0;
	outcome->by = transfer != NULL ? BY_TRANSFER : BY_SERVER;
	fail(outcome, RCODE_REFUSED, NULL);
	if (transfer == NULL || query->class_ != CLASS_IN || question->info->proto != PROTO_TCP ||
	    handlers_gate(asker, question, reply, outcome) ||
	    !is_allowed(transfer, &question->info->client))
		return;
	if (query->type == TYPE_IXFR && !dns_query_serial(query, &serial))
		fail(outcome, RCODE_SERVFAIL, NULL);
	else
		send_zone(asker, question, serial, reply, outcome);
}

void outgoing_begin(struct asker *asker, struct question *question, struct reply *reply,
		    struct outcome *outcome)
{
	begin(asker, question, reply, outcome);
	if (outcome->rcode == RCODE_REFUSED && outcome->extended_error == 0) {
		outcome->extended_error = EDE_PROHIBITED;
		outcome->extended_text = "no `transfer` hands this zone to this client";
	}
}

/* ---- the others ---- */

enum outgoing_step outgoing_next(struct outgoing *outgoing, uint8_t *ret_packet, size_t *ret_size)
{
	struct copy_message message = { .packet = ret_packet,
					.at = outgoing->head_size,
					.most = MESSAGE_MOST,
					.limit = DNS_MESSAGE_MAX };
	if (clock_now_ns() >= outgoing->deadline_ns)
		return OUTGOING_LOST;
	memcpy(ret_packet, outgoing->head, outgoing->head_size);
	enum copy_step step = zone_copy_next(outgoing->copy, &message);
	put_u16(ret_packet + 6, message.count);
	outgoing->records += message.count;
	*ret_size = message.count > 0 ? message.at : 0;
	if (step == COPY_LOST)
		return OUTGOING_LOST;
	return step == COPY_WHOLE ? OUTGOING_LAST : OUTGOING_MORE;
}

void outgoing_say(const struct outgoing *outgoing, bool is_whole, struct log_ring *ring)
{
	struct line line;
	char client[IP_TEXT_SIZE];
	ip_print(&outgoing->client, client);
	line_start(&line);
	line_printf(&line, "Outgoing transfer of %llu records of zone \"%s\" to %s for %u SOA serial",
		    (unsigned long long)outgoing->records, outgoing->zone, client, outgoing->serial);
	if (!is_whole)
		line_add(&line, " was broken off");
	put_line(ring, is_whole ? LOG_INFO : LOG_WARNING, &line);
}

void outgoing_free(struct outgoing *outgoing)
{
	if (outgoing == NULL)
		return;
	zone_copy_end(outgoing->copy);
	mem_free(outgoing);
}
