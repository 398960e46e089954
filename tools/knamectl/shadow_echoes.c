/* SPDX-License-Identifier: Apache-2.0 */
/* Of a server that is followed live we hear our own questions, too. By whom an event is says little
 * (behind a NAT neither address nor port are ours), so each question that we ask is expected back
 * as often as it was asked, and passed over. If a client's takes the place of ours nothing is lost:
 * it is the same question, which has just been asked. */
#include <string.h>

#include "shadow.h"

/* How many lines can be under way to us; a busy server shows one question in so many, and never the rest. */
enum { ECHOES_MOST = 4096, ECHO_S = 10 };

struct echo {
	uint64_t key, until_ns;
	unsigned left; /* events that are still to come */
};

struct shadow_echoes {
	struct hash_key key;
	uint64_t wait_ns;
	size_t next;
	struct echo list[ECHOES_MOST];
};

static uint64_t key_of(const struct shadow_echoes *echoes, const uint8_t *name, uint16_t type)
{
	uint8_t bytes[sizeof(type) + DNS_NAME_MAX];
	size_t size = name_size(name);
	put_u16(bytes, type);
	memcpy(bytes + sizeof(type), name, size);
	name_lower(bytes + sizeof(type), size);
	return hash_bytes(&echoes->key, bytes, sizeof(type) + size);
}

/* As long as it takes at this rate to ask what was heard before it. */
struct shadow_echoes *shadow_echoes_new(uint64_t rate)
{
	struct shadow_echoes *echoes = mem_zalloc(sizeof(*echoes));
	echoes->key = hash_key_random();
	echoes->wait_ns = (ECHO_S + ECHOES_MOST / rate) * UINT64_C(1000000000);
	return echoes;
}

void shadow_echoes_free(struct shadow_echoes *echoes)
{
	mem_free(echoes);
}

void shadow_echoes_expect(struct shadow_echoes *echoes, const uint8_t *name, uint16_t type,
			  unsigned count)
{
	echoes->list[echoes->next++ % ECHOES_MOST] =
		(struct echo){ key_of(echoes, name, type), clock_now_ns() + echoes->wait_ns, count };
}

bool shadow_echoes_take(struct shadow_echoes *echoes, const uint8_t *name, uint16_t type)
{
	uint64_t key = key_of(echoes, name, type), now = clock_now_ns();
	for (size_t i = 0; i < ECHOES_MOST; i++) {
		struct echo *echo = &echoes->list[i];
		if (echo->key != key || echo->left == 0 || echo->until_ns < now)
			continue;
		echo->left--;
		return true;
	}
	return false;
}
