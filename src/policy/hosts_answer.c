/* SPDX-License-Identifier: Apache-2.0 */
/* What `hosts` says of a question, on query threads: addresses, reverse names, and what it does not know. */
#include "hosts_directive.h"

#include <string.h>

/* False: it does not fit. */
static bool write_record(const struct hosts *hosts, const struct dns_query *query,
			 struct reply *reply, const void *data, size_t size)
{
	const struct record record = {
		.type = query->type,
		.class_ = CLASS_IN,
		.ttl = hosts->ttl,
		.data = data,
		.data_size = (uint16_t)size,
	};
	return record_answer(query, reply, record);
}

static bool addresses_hold(const struct hosts_addresses *addresses, const uint8_t *octets, size_t size)
{
	for (unsigned i = 0; i < addresses->count; i++)
		if (memcmp(addresses->octets + i * size, octets, size) == 0)
			return true;
	return false;
}

/* The file's, then those of the lines that it has not, beginning anywhere. */
static void write_addresses(const struct hosts *hosts, const struct dns_query *query,
			    struct reply *reply, const struct hosts_addresses *file,
			    const struct hosts_addresses *lines)
{
	size_t size = query->type == TYPE_A ? 4 : 16;
	unsigned count = file->count + lines->count, first = 0;
	if (reply->rotate && count > 1)
		first = reply->rotations[query->name_size % ANSWERS_ROTATIONS]++ % count;
	for (unsigned i = 0; i < count; i++) {
		unsigned at = (first + i) % count;
		bool is_file = at < file->count;
		const uint8_t *octets = is_file ? file->octets + at * size
						: lines->octets + (at - file->count) * size;
		if (!is_file && addresses_hold(file, octets, size))
			continue;
		if (!write_record(hosts, query, reply, octets, size))
			return;
	}
}

static bool names_hold(struct hosts_names names, const uint8_t *name)
{
	const uint8_t *other;
	while ((other = hosts_next_name(&names)) != NULL)
		if (memcmp(other, name, name_size(name)) == 0)
			return true;
	return false;
}

/* Reverse names that no line has are nobody's business here, whatever falls through. */
static enum policy_verdict answer_reverse(const struct hosts *hosts, const struct dns_query *query,
					  const struct hosts_table *file, struct reply *reply)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct reverse_name reverse;
	if (!name_read_reverse(query->lower, &reverse) || !reverse.full)
		return POLICY_PASS;
	struct ip *ip = &reverse.ip;
	if (ip->family == 6 && memcmp(ip->bytes, mapped, sizeof(mapped)) == 0) {
		ip->family = 4;
		memmove(ip->bytes, ip->bytes + sizeof(mapped), 4);
	}
	struct hosts_names of_file = hosts_find_names(file, &hosts->key, ip), rest = of_file;
	struct hosts_names of_lines = hosts_find_names(hosts->inline_, &hosts->key, ip);
	const uint8_t *name;
	bool fits = true;
	while (fits && (name = hosts_next_name(&rest)) != NULL)
		fits = write_record(hosts, query, reply, name, name_size(name));
	while (fits && (name = hosts_next_name(&of_lines)) != NULL)
		if (!names_hold(of_file, name))
			fits = write_record(hosts, query, reply, name, name_size(name));
	return reply->answers > 0 || !fits ? POLICY_ANSWERED : POLICY_PASS;
}

static bool falls(const struct hosts *hosts, const struct dns_query *query)
{
	return hosts->config->falls_through &&
	       (hosts->falls.count == 0 || zones_hold(&hosts->falls, query->lower));
}

/* Without a zone's SOA nothing can be denied: who lets nothing fall through says SERVFAIL of it (CoreDNS). */
static enum policy_verdict deny(const struct hosts *hosts, const struct dns_query *query,
				struct reply *reply, enum answerer *ret_by)
{
	if (falls(hosts, query))
		return POLICY_PASS;
	reply->rcode = RCODE_SERVFAIL;
	reply->extended_text = hosts->denial;
	reply->rule = &hosts->config->at;
	*ret_by = BY_NONE;
	return POLICY_ANSWERED;
}

static enum policy_verdict answer_name(const struct hosts *hosts, const struct dns_query *query,
				       const struct hosts_table *file, struct reply *reply,
				       enum answerer *ret_by)
{
	struct hosts_found of_file, of_lines;
	hosts_find(file, &hosts->key, query, &of_file);
	hosts_find(hosts->inline_, &hosts->key, query, &of_lines);
	bool is_known = false;
	for (size_t i = 0; i < 2; i++)
		is_known |= of_file.families[i].count + of_lines.families[i].count > 0;
	if (!is_known)
		return query->type == TYPE_ANY && hosts->leaves_any
			       ? POLICY_PASS
			       : deny(hosts, query, reply, ret_by);
	if (query->type == TYPE_ANY && hosts->leaves_any) {
		policy_write_any(query, reply);
		reply->rule = &hosts->config->at;
		*ret_by = BY_ANY;
		return POLICY_ANSWERED;
	}
	if (query->type == TYPE_A || query->type == TYPE_AAAA) {
		size_t family = query->type == TYPE_AAAA;
		write_addresses(hosts, query, reply, &of_file.families[family],
				&of_lines.families[family]);
	} else if (hosts->config->falls_unsupported && falls(hosts, query)) {
		return POLICY_PASS;
	}
	reply->authoritative = true;
	reply->rule = &hosts->config->at;
	*ret_by = BY_HOSTS;
	return POLICY_ANSWERED;
}

enum policy_verdict hosts_answer(const struct hosts *hosts, const struct dns_query *query,
				 struct reply *reply, enum answerer *ret_by)
{
	const struct hosts_table *file =
		atomic_load_explicit(&((struct hosts *)(uintptr_t)hosts)->file, memory_order_acquire);
	if (query->class_ != CLASS_IN)
		return POLICY_PASS;
	if (query->type != TYPE_PTR)
		return zones_hold(&hosts->zones, query->lower)
			       ? answer_name(hosts, query, file, reply, ret_by)
			       : POLICY_PASS;
	if (answer_reverse(hosts, query, file, reply) == POLICY_PASS)
		return POLICY_PASS;
	reply->authoritative = true;
	reply->rule = &hosts->config->at;
	*ret_by = BY_HOSTS;
	return POLICY_ANSWERED;
}
