/* SPDX-License-Identifier: Apache-2.0 */
/* The reply around its records: room, header and OPT. */
#include "reply.h"

#include <string.h>

enum { EXTENDED_TEXT_MOST = 255 };

static uint32_t reply_most(const struct question *question, const struct block *block)
{
	uint32_t most = block != NULL ? block->udp_size : DNS_UDP_DEFAULT;
	if (question->info->proto == PROTO_TCP || question->is_inner)
		return DNS_MESSAGE_MAX;
	return question->query.udp_size < most ? question->query.udp_size : most;
}

/* A long name in a small reply may leave no room for it. */
static bool tells_nsid(const struct question *question, const struct block *block)
{
	const struct dns_query *query = &question->query;
	if (!query->nsid || block == NULL || block->nsid_size == 0)
		return false;
	uint32_t size =
		query->question_end + DNS_OPT_SIZE + DNS_OPTION_HEAD + (uint32_t)block->nsid_size;
	return size <= reply_most(question, block);
}

static uint32_t opt_size(const struct question *question, const struct block *block)
{
	if (!question->query.edns)
		return 0;
	if (__builtin_expect(!tells_nsid(question, block), 1))
		return DNS_OPT_SIZE;
	return DNS_OPT_SIZE + DNS_OPTION_HEAD + (uint32_t)block->nsid_size;
}

void reply_begin(struct asker *asker, const struct question *question, uint8_t *packet,
		 struct reply *ret_reply)
{
	const struct block *block = question->route != NULL ? question->route->block : NULL;
	*ret_reply = (struct reply){
		.packet = packet,
		.at = question->query.question_end,
		.limit = reply_most(question, block) - opt_size(question, block),
		.owner_at = DNS_HEADER_SIZE,
		.rotations = asker->rotations,
		.rotate = block != NULL && block->rotate && !question->is_inner,
		.minimal = block != NULL && block->minimal,
	};
}

static uint8_t *write_option(uint8_t *at, uint16_t code, const void *data, uint16_t size)
{
	put_u16(at, code);
	put_u16(at + 2, size);
	memcpy(at + DNS_OPTION_HEAD, data, size);
	return at + DNS_OPTION_HEAD + size;
}

/* The text goes first where room is short. */
static uint8_t *write_extended_error(const struct outcome *outcome, uint8_t *at, const uint8_t *end)
{
	uint8_t data[2 + EXTENDED_TEXT_MOST];
	const char *text = outcome->extended_text != NULL ? outcome->extended_text : "";
	size_t size = strnlen(text, EXTENDED_TEXT_MOST);
	if (end - at < DNS_OPTION_HEAD + 2 + (ptrdiff_t)size)
		size = 0;
	if (end - at < DNS_OPTION_HEAD + 2)
		return at;
	put_u16(data, outcome->extended_error);
	memcpy(data + 2, text, size);
	return write_option(at, OPTION_EDE, data, (uint16_t)(2 + size));
}

/* The place of OPT and NSID was kept free; an extended error is told if there is room for it too. */
static uint8_t *write_opt(const struct question *question, const struct outcome *outcome,
			  uint8_t *at, const uint8_t *end)
{
	const struct dns_query *query = &question->query;
	const struct block *block = question->route != NULL ? question->route->block : NULL;
	uint8_t *options = at + DNS_OPT_SIZE, *size_at = options - 2;
	at[0] = 0;
	put_u16(at + 1, TYPE_OPT);
	put_u16(at + 3, block != NULL ? block->udp_size : DNS_UDP_DEFAULT);
	put_u32(at + 5, (uint32_t)(outcome->rcode >> 4) << 24 | (query->dnssec_ok ? 0x8000u : 0u));
	put_u16(size_at, 0);
	at = options;
	if (tells_nsid(question, block))
		at = write_option(at, OPTION_NSID, block->nsid, block->nsid_size);
	if (outcome->extended_error != 0 || outcome->extended_text != NULL)
		at = write_extended_error(outcome, at, end);
	put_u16(size_at, (uint16_t)(at - options));
	return at;
}

size_t reply_end(const struct question *question, const struct reply *reply,
		 const struct outcome *outcome)
{
	const struct dns_query *query = &question->query;
	uint8_t *packet = reply->packet, *end = packet + reply->at;
	unsigned additionals = reply->additionals;
	if (query->edns) {
		const struct block *block = question->route != NULL ? question->route->block : NULL;
		const uint8_t *most = packet + reply->limit + opt_size(question, block);
		end = write_opt(question, outcome, end, most);
		additionals++;
	}
	unsigned flags = FLAG_QR | (query->flags & (FLAG_RD | FLAG_CD)) | (outcome->rcode & 15u);
	flags |= reply->flags;
	flags |= reply->authoritative ? FLAG_AA : 0;
	flags |= reply->truncated ? FLAG_TC : 0;
	flags = (flags | reply->set_flags) & ~(unsigned)reply->clear_flags;
	put_u16(packet + 2, (uint16_t)flags);
	put_u16(packet + 4, 1);
	put_u16(packet + 6, reply->answers);
	put_u16(packet + 8, reply->authorities);
	put_u16(packet + 10, (uint16_t)additionals);
	return (size_t)(end - packet);
}

void reply_rewind(const struct question *question, struct reply *reply)
{
	reply->at = question->query.question_end;
	reply->answers = reply->authorities = reply->additionals = 0;
	reply->truncated = false;
	reply->flags = 0;
}
