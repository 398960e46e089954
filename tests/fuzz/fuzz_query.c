/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from clients. Beside staying inside: what is read is what is there, and a packet cut
 * short is never anything but malformed. */
#include "knamed/dns.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_read(enum dns_verdict verdict)
{
	return verdict == QUERY_GOOD || verdict == QUERY_BADVERS;
}

static void check_question(const struct dns_query *query)
{
	const uint8_t *name = query->packet + DNS_HEADER_SIZE;
	size_t at = 0, count = 0;
	for (; name[at] != 0; at += name[at] + 1u) {
		assert(name[at] <= DNS_LABEL_MAX);
		assert(query->labels[count++] == at);
	}
	assert(query->name_size == at + 1 && query->label_count == count);
	assert(query->question_end == DNS_HEADER_SIZE + at + 5 && query->question_end <= query->size);
	assert(query->type == get_u16(name + at + 1) && query->class_ == get_u16(name + at + 3));
	for (size_t i = 0; i <= at; i++)
		assert(query->lower[i] == (name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
	assert(query->udp_size >= DNS_UDP_MIN);
	assert(query->edns || (!query->dnssec_ok && !query->nsid && query->udp_size == DNS_UDP_MIN));
}

/* Reads the first `size` octets alone, in a block of exactly that size. */
static enum dns_verdict verdict_of_cut(const uint8_t *packet, size_t size)
{
	static struct dns_query query;
	uint8_t *cut = malloc(size);
	memcpy(cut, packet, size);
	enum dns_verdict verdict = dns_query_read(cut, size, &query);
	assert(query.size == size && query.packet == cut);
	free(cut);
	return verdict;
}

/* As a packet grows it is dropped, then malformed, then what it is, and it stays that. */
static void check_cuts(const struct dns_query *query, enum dns_verdict verdict)
{
	enum dns_verdict last = QUERY_DROP;
	for (size_t size = 1; size < query->size; size++) {
		enum dns_verdict cut = verdict_of_cut(query->packet, size);
		assert((cut == QUERY_DROP) == (size < DNS_HEADER_SIZE));
		assert(cut == QUERY_DROP || cut == QUERY_FORMERR ||
		       (cut == verdict && size >= query->question_end));
		assert(cut == verdict || !is_read(last));
		last = cut;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_query query;
	if (size > DNS_MESSAGE_MAX)
		return 0;
	enum dns_verdict verdict = dns_query_read(data, size, &query);
	assert(query.packet == data && query.size == size);
	bool dropped = size < DNS_HEADER_SIZE || (data[2] & 0x80) != 0;
	assert(dropped == (verdict == QUERY_DROP));
	assert(dropped || query.flags == get_u16(data + 2));
	assert(dropped || ((data[2] & 0x78) != 0) == (verdict == QUERY_NOTIMP));
	if (is_read(verdict)) {
		check_question(&query);
		if (size <= 400)
			check_cuts(&query, verdict);
	}
	return 0;
}
