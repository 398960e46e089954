/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

static uint64_t now_ns;

static size_t name_put(uint8_t *to, const char *text)
{
	uint8_t name[DNS_NAME_MAX], size;
	assert_true(name_parse(text, name, &size));
	memcpy(to, name, size);
	return size;
}

/* Header and question. */
static size_t begin(uint8_t *packet, const char *name, uint16_t type, unsigned flags)
{
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet + 2, (uint16_t)flags);
	put_u16(packet + 4, 1);
	size_t size = DNS_HEADER_SIZE + name_put(packet + DNS_HEADER_SIZE, name);
	put_u16(packet + size, type);
	put_u16(packet + size + 2, CLASS_IN);
	return size + 4;
}

void ask_for(struct asked *asked, const char *name, uint16_t type, unsigned flags)
{
	size_t size = begin(asked->packet, name, type, (flags | FLAG_RD) & 0x7fff);
	if (flags & ASKED_DO) {
		static const uint8_t opt[DNS_OPT_SIZE] = { 0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0 };
		memcpy(asked->packet + size, opt, sizeof(opt));
		put_u16(asked->packet + 10, 1);
		size += sizeof(opt);
	}
	assert_int_equal(dns_query_read(asked->packet, size, &asked->query), QUERY_GOOD);
}

void say(struct said *said, const char *name, uint16_t type, unsigned flags_and_rcode)
{
	said->size = begin(said->packet, name, type, FLAG_QR | FLAG_RD | flags_and_rcode);
}

void say_record(struct said *said, enum section section, const char *owner, uint16_t type,
		uint32_t ttl, const void *data, size_t data_size)
{
	uint8_t *at = said->packet + said->size, *count = said->packet + 6 + 2 * section;
	assert_true(said->size + DNS_NAME_MAX + 10 + data_size <= sizeof(said->packet));
	if (owner == NULL) {
		put_u16(at, 0xc00c);
		at += 2;
	} else {
		at += name_put(at, owner);
	}
	put_u16(at, type);
	put_u16(at + 2, CLASS_IN);
	put_u32(at + 4, ttl);
	put_u16(at + 8, (uint16_t)data_size);
	memcpy(at + 10, data, data_size);
	said->size = (size_t)(at - said->packet) + 10 + data_size;
	put_u16(count, get_u16(count) + 1);
}

void say_a(struct said *said, uint32_t ttl, uint8_t last_octet)
{
	uint8_t address[4] = { 192, 0, 2, last_octet };
	say_record(said, ANSWER, NULL, TYPE_A, ttl, address, 4);
}

void say_soa(struct said *said, const char *owner, uint32_t ttl, uint32_t minimum)
{
	uint8_t data[22] = { 0 };
	put_u32(data + 18, minimum);
	say_record(said, AUTHORITY, owner, TYPE_SOA, ttl, data, sizeof(data));
}

void say_alias(struct said *said, const char *owner, const char *target, uint32_t ttl)
{
	uint8_t name[DNS_NAME_MAX], size;
	assert_true(name_parse(target, name, &size));
	say_record(said, ANSWER, owner, TYPE_CNAME, ttl, name, size);
}

bool put(struct cache *cache, const char *name, uint16_t type, unsigned flags, const struct said *said)
{
	struct asked asked;
	struct dns_message message;
	ask_for(&asked, name, type, flags);
	if (said == NULL)
		return cache_put(cache, &asked.query, NULL, now_ns);
	/* In memory of its own size: reading behind it is seen. */
	uint8_t *packet = mem_copy(said->packet, said->size);
	assert_true(dns_message_read(packet, said->size, &message));
	bool is_worse = cache_put(cache, &asked.query, &message, now_ns);
	mem_free(packet);
	return is_worse;
}

void put_a(struct cache *cache, const char *name, uint32_t ttl, uint8_t last_octet)
{
	struct said said;
	say(&said, name, TYPE_A, FLAG_RA);
	say_a(&said, ttl, last_octet);
	assert_false(put(cache, name, TYPE_A, 0, &said));
}

/* The records are walked where they would stand: behind the question. */
static void describe(const struct asked *asked, const uint8_t *records, struct found *found)
{
	static uint8_t packet[DNS_MESSAGE_MAX];
	struct dns_message message;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	size_t end = asked->query.question_end;
	memcpy(packet, asked->packet, end);
	put_u16(packet + 2, FLAG_QR);
	for (unsigned i = 0; i < 3; i++)
		put_u16(packet + 6 + 2 * i, found->cached.counts[i]);
	assert_true(end + found->cached.size <= sizeof(packet));
	memcpy(packet + end, records, found->cached.size);
	assert_true(dns_message_read(packet, end + found->cached.size, &message));
	assert_int_equal(message.end, message.size);
	for (bool is_first = true; dns_message_next(&message, &walk, &record); is_first = false) {
		if (is_first)
			found->ttl = record.ttl;
		assert_int_equal(record.ttl, found->ttl);
		found->last_octet = packet[record.end - 1];
	}
}

typedef enum cache_verdict (*finder)(struct cache *cache, const struct dns_query *query,
				     uint64_t at_ns, uint8_t *ret_records, size_t room,
				     struct cached *ret_cached);
static struct found find_by(finder call, struct cache *cache, const char *name, uint16_t type,
			    unsigned flags)
{
	static uint8_t records[DNS_MESSAGE_MAX];
	struct asked asked;
	struct found found = { 0 };
	ask_for(&asked, name, type, flags);
	found.verdict = call(cache, &asked.query, now_ns, records, sizeof(records), &found.cached);
	assert_int_not_equal(found.verdict, CACHE_TOO_LARGE);
	if (found.verdict != CACHE_MISS)
		describe(&asked, records, &found);
	return found;
}

struct found find(struct cache *cache, const char *name, uint16_t type, unsigned flags)
{
	return find_by(cache_find, cache, name, type, flags);
}

struct found find_stale(struct cache *cache, const char *name, uint16_t type)
{
	return find_by(cache_find_stale, cache, name, type, 0);
}

enum cache_verdict verdict_of(struct cache *cache, const char *name)
{
	return find(cache, name, TYPE_A, 0).verdict;
}

struct config_cache usual_config(void)
{
	static char dot[] = ".";
	static struct config_zone root = { dot };
	return (struct config_cache){
		.zones = { &root, 1 },
		.success = { .capacity = 9984, .most_s = 3600, .least_s = 5 },
		.denial = { .capacity = 9984, .most_s = 1800, .least_s = 5 },
		.prefetch_within_ms = 60000,
		.prefetch_percent = 10,
		.serves_stale = true,
		.stale_ms = 86400000,
		.stale_verify_ms = 400,
		.stale_recheck_ms = 1000,
		.stale_ttl_s = 30,
		.servfail_s = 5,
	};
}

static void clock_show(void)
{
	clock_set(now_ns, 1700000000 + now_ns / 1000000000);
}

int clock_setup(void **state)
{
	(void)state;
	now_ns = 3600000000000;
	clock_show();
	return 0;
}

int clock_teardown(void **state)
{
	(void)state;
	clock_release();
	return 0;
}

void after_ms(uint64_t ms)
{
	now_ns += ms * 1000000;
	clock_show();
}

void after_s(uint64_t seconds)
{
	after_ms(1000 * seconds);
}
