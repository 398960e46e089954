/* SPDX-License-Identifier: Apache-2.0 */
/* asking -- questions, replies of upstreams built by hand, and what the cache makes of them. */
#ifndef TESTS_CACHE_ASKING_H
#define TESTS_CACHE_ASKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "knamed/cache.h"

/* A question as clients send it. It holds its own packet and does not move. */
struct asked {
	uint8_t packet[DNS_HEADER_SIZE + DNS_NAME_MAX + 5 + DNS_OPT_SIZE];
	struct dns_query query;
};
enum { ASKED_DO = 0x10000 }; /* beside flags of the header */
void ask_for(struct asked *asked, const char *name, uint16_t type, unsigned flags);

/* A reply under construction: header and question, then records. */
struct said {
	uint8_t packet[DNS_MESSAGE_MAX];
	size_t size;
};
void say(struct said *said, const char *name, uint16_t type, unsigned flags_and_rcode);
enum section { ANSWER, AUTHORITY, ADDITIONAL };
/* owner NULL: the question's name, as a pointer to it. */
void say_record(struct said *said, enum section section, const char *owner, uint16_t type,
		uint32_t ttl, const void *data, size_t data_size);
void say_a(struct said *said, uint32_t ttl, uint8_t last_octet); /* 192.0.2.LAST */
void say_soa(struct said *said, const char *owner, uint32_t ttl, uint32_t minimum);
void say_alias(struct said *said, const char *owner, const char *target, uint32_t ttl);
bool put(struct cache *cache, const char *name, uint16_t type, unsigned flags, const struct said *said);
/* The name's one address. */
void put_a(struct cache *cache, const char *name, uint32_t ttl, uint8_t last_octet);

/* What is found, and what its records are in words: the TTL of the first one, the last octet of all. */
struct found {
	enum cache_verdict verdict;
	struct cached cached;
	uint32_t ttl;
	uint8_t last_octet;
};
struct found find(struct cache *cache, const char *name, uint16_t type, unsigned flags);
struct found find_stale(struct cache *cache, const char *name, uint16_t type);
enum cache_verdict verdict_of(struct cache *cache, const char *name);

/* What the directive stands for without options, for all names; and with times set by hand: the clock begins at an hour. */
struct config_cache usual_config(void);
int clock_setup(void **state);
int clock_teardown(void **state);
void after_ms(uint64_t ms);
void after_s(uint64_t seconds);

#endif
