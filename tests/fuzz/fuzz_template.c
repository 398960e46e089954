/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: the first line is a pattern, the second the text of an answer, the third the name that is
 * asked for. What is read can be expanded for any name, ends, and writes nothing but a record. */
#include "knamed/policy.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_ROOM = 2048 };

static char *take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size == 0 ? NULL : memchr(*data, '\n', *size);
	size_t line = end == NULL ? *size : (size_t)(end - *data);
	char *text = strndup((const char *)*data, line);
	line += end != NULL;
	*data += line;
	*size -= line;
	return text;
}

static void ask(const struct policy *policy, const uint8_t *name, size_t name_size)
{
	static uint32_t rotations[ANSWERS_ROTATIONS];
	uint8_t *packet = calloc(1, PACKET_ROOM);
	struct dns_query query;
	put_u16(packet + 4, 1);
	memcpy(packet + DNS_HEADER_SIZE, name, name_size);
	put_u16(packet + DNS_HEADER_SIZE + name_size, TYPE_A);
	put_u16(packet + DNS_HEADER_SIZE + name_size + 2, CLASS_IN);
	assert(dns_query_read(packet, DNS_HEADER_SIZE + name_size + 4, &query) == QUERY_GOOD);
	struct reply reply = { .packet = packet,
			       .at = query.question_end,
			       .limit = PACKET_ROOM,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotations = rotations };
	struct client client = { .meter = METER_NONE };
	enum answerer by;
	enum policy_verdict verdict = policy_front(policy, &query, &client, &reply, &by);
	assert(reply.at <= reply.limit && reply.answers <= 1);
	if (verdict == POLICY_ALIAS)
		assert(reply.alias_at > query.question_end && reply.alias_at < reply.at);
	if (reply.answers == 1) {
		struct dns_message message;
		put_u16(packet + 2, FLAG_QR);
		put_u16(packet + 6, 1);
		assert(dns_message_read(packet, reply.at, &message));
		assert(message.counts[0] == 1 && message.end == reply.at);
	}
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = take_line(&data, &size), *source = take_line(&data, &size);
	char *name = take_line(&data, &size), *patterns[] = { pattern };
	uint8_t wire[DNS_NAME_MAX], wire_size;
	struct arena *arena = arena_new();
	struct error error = { "" };
	struct config_zone root = { (char *)"." };
	struct config_template_record record = { .section = TEMPLATE_ANSWER };
	struct config_template template = {
		.class_ = CLASS_ANY,
		.type = TYPE_ANY,
		.zones = { &root, 1 },
		.patterns = { patterns, pattern[0] != '\0' },
		.records = &record,
		.record_count = 1,
	};
	struct config_block block = { .templates = &template, .template_count = 1 };
	struct policy_options options = { .block = &block };
	struct policy *policy = NULL;
	bool is_read = template_text_read(arena, "answer", source, &record.text, &error) &&
		       template_text_check(&record.text, &record.type, &error) &&
		       policy_compile(&options, &policy, &error);
	assert(is_read || error.text[0] != '\0');
	if (is_read && name_parse(name, wire, &wire_size))
		ask(policy, wire, wire_size);
	policy_free(policy);
	arena_free(arena);
	free(pattern);
	free(source);
	free(name);
	return 0;
}
