/* SPDX-License-Identifier: Apache-2.0 */
/* `chaos`: who and what this server is, as TXT in class CH (RFC 4892). */
#include "policy.h"

#include <string.h>
#include <unistd.h>

static struct txt txt_of(const char *text)
{
	struct txt txt;
	size_t size = strnlen(text, sizeof(txt.bytes) - 1);
	txt.bytes[0] = (uint8_t)size;
	memcpy(txt.bytes + 1, text, size);
	txt.size = (uint16_t)(1 + size);
	return txt;
}

void chaos_compile(struct policy *policy, const struct config_chaos *config, const char *version)
{
	char host[256] = "";
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		strncpy(host, "localhost", sizeof(host) - 1);
	policy->chaos = true;
	policy->chaos_host = txt_of(host);
	policy->chaos_version = txt_of(config->version != NULL ? config->version : version);

	size_t count = config->authors.count > 0 ? config->authors.count : 1;
	policy->chaos_authors = mem_alloc(count * sizeof(*policy->chaos_authors));
	policy->chaos_author_count = count;
	policy->chaos_authors[0] = txt_of("The knamed authors");
	for (size_t i = 0; i < config->authors.count; i++)
		policy->chaos_authors[i] = txt_of(config->authors.words[i]);
}

static void write_txt(const struct dns_query *query, struct reply *reply, const struct txt *txt)
{
	const struct record record = {
		.type = TYPE_TXT,
		.class_ = CLASS_CH,
		.ttl = 0,
		.data = txt->bytes,
		.data_size = txt->size,
	};
	record_answer(query, reply, record);
}

/* Wire names with their final NUL, which is the root. */
static bool name_is(const struct dns_query *query, const char *name, size_t size)
{
	return query->name_size == size && memcmp(query->lower, name, size) == 0;
}
#define NAME_IS(query, name) name_is(query, name, sizeof(name))

enum policy_verdict chaos_answer(const struct policy *policy, const struct dns_query *query,
				 struct reply *reply)
{
	if (query->type != TYPE_TXT)
		return POLICY_PASS;
	if (NAME_IS(query, "\7version\4bind") || NAME_IS(query, "\7version\6server")) {
		write_txt(query, reply, &policy->chaos_version);
		return POLICY_ANSWERED;
	}
	if (NAME_IS(query, "\10hostname\4bind") || NAME_IS(query, "\2id\6server")) {
		write_txt(query, reply, &policy->chaos_host);
		return POLICY_ANSWERED;
	}
	if (NAME_IS(query, "\7authors\4bind")) {
		for (size_t i = 0; i < policy->chaos_author_count; i++)
			write_txt(query, reply, &policy->chaos_authors[i]);
		return POLICY_ANSWERED;
	}
	return POLICY_PASS;
}
