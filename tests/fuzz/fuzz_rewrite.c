/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and replies through rules. The first octet says which rules, and whether the question
 * has an OPT; two say how long the first message is, the second begins behind it. The question is
 * that of the first. What comes of it is a name; a reply that is made is a message with the
 * question as it was, and of no more records than were heard. */
#include "knamed/policy.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const rules[] = {
	"rewrite continue name suffix .example. .a.very.long.name.in.place.of.it. answer auto\n"
	"rewrite continue name regex ^(.*)\\.(.*)\\.$ {2}{1}.{1} answer name (.*)e(.*) {2}.{1} answer value "
	"^(.*)\\.$ {1}{1}\n"
	"rewrite continue ttl regex . 5-60\n",
	"rewrite continue name prefix a b..c\nrewrite continue name substring e eee.e answer auto\n"
	"rewrite continue cname regex (.*)\\.(.*)\\. {2}.{1}\nrewrite continue cname suffix e. e.e.\n",
	"rewrite continue type A CNAME\nrewrite continue class IN CH\nrewrite continue rcode regex . 3 23\n"
	"rewrite continue name regex ^(.*)$ x{1} answer auto answer value ^(.).*$ {1}\n",
	"rewrite name regex . example answer value e .\n",
	"rewrite continue cname substring . .x.\nrewrite name exact example. host.example.\n",
};
static struct policy *policies[COUNT_OF(rules)];

static void compile(void)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct text text = { 0 };
		struct error error;
		text_printf(&text, ".:53 {\n%s}\n", rules[i]);
		struct config *config = config_read("Corefile", text.data, "53", &error);
		assert(config != NULL); /* and stays */
		struct policy_options options = { .block = &config->blocks[0], .version = "" };
		assert(policy_compile(&options, &policies[i], &error));
		text_done(&text);
	}
}

static size_t write_question(const struct dns_message *message, bool edns, uint8_t *packet)
{
	static const uint8_t opt[DNS_OPT_SIZE] = { 0, 0, TYPE_OPT, 4, 0xd0 };
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet + 4, 1);
	put_u16(packet + 10, edns);
	memcpy(packet + DNS_HEADER_SIZE, message->packet + DNS_HEADER_SIZE,
	       message->question_end - DNS_HEADER_SIZE);
	memcpy(packet + message->question_end, opt, sizeof(opt));
	return message->question_end + (edns ? sizeof(opt) : 0);
}

static void check_reply(const struct rewrite_way *way, const struct dns_message *heard,
			const struct dns_message *found)
{
	static uint8_t reply[DNS_MESSAGE_MAX];
	struct dns_writer writer = { reply, reply, reply + sizeof(reply) };
	struct dns_message message;
	if (!rewrite_reply(way, heard, found, &writer))
		return;
	assert(dns_message_read(reply, (size_t)(writer.at - reply), &message));
	assert(message.end == writer.at - reply && message.question_end == way->query->question_end);
	assert(memcmp(reply + DNS_HEADER_SIZE, way->query->packet + DNS_HEADER_SIZE,
		      message.question_end - DNS_HEADER_SIZE) == 0);
	for (unsigned i = 0; i < 3; i++)
		assert(message.counts[i] <= heard->counts[i] + (found != NULL ? found->counts[i] : 0u));
}

static void check_way(const struct rewrite_way *way, const struct dns_message *heard,
		      const struct dns_message *found)
{
	uint8_t target[DNS_NAME_MAX + 1];
	memset(target, 0xff, sizeof(target));
	assert(name_size(way->names + way->name_at) <= DNS_NAME_MAX);
	assert(way->step_count > 0 && way->step_count <= REWRITE_STEPS);
	rewrite_rcode(way, heard->rcode);
	if (rewrite_alias(way, heard, target))
		assert(name_size(target) <= DNS_NAME_MAX);
	check_reply(way, heard, NULL);
	check_reply(way, heard, found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t question[DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_OPT_SIZE];
	struct dns_message heard, found;
	struct dns_query query;
	struct rewrite_way way;
	if (policies[0] == NULL)
		compile();
	if (size < 3)
		return 0;
	size_t first = get_u16(data + 1), rest = size - 3;
	first = first < rest ? first : rest;
	if (!dns_message_read(data + 3, first, &heard))
		return 0;
	bool has_found = dns_message_read(data + 3 + first, rest - first, &found);
	size_t asked = write_question(&heard, (data[0] & 0x80) != 0, question);
	if (dns_query_read(question, asked, &query) != QUERY_GOOD)
		return 0;
	const struct policy *policy = policies[(data[0] & 0x7f) % COUNT_OF(rules)];
	if (rewrite_question(policy, &query, NULL, &way) == REWRITE_DONE)
		check_way(&way, &heard, has_found ? &found : NULL);
	return 0;
}
