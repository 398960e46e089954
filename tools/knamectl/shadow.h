/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `knamectl shadow`: the same questions to two servers, and what differs. */
#ifndef KNAMECTL_SHADOW_H
#define KNAMECTL_SHADOW_H

#include "exchange.h"
#include "live.h"

enum { SHADOW_SERVERS_MOST = 8, SHADOW_TIMEOUT_MS = 2000, SHADOW_PORT = 53 };
enum shadow_ignore { IGNORE_TTL = 1, IGNORE_FLAGS = 2, IGNORE_AUTHORITY = 4 };

struct shadow_options {
	struct server_address ours, theirs[SHADOW_SERVERS_MOST];
	size_t server_count;
	const char *pcap, *names; /* NULL: not from there */
	struct live live;
	bool is_live;
	uint64_t count_most, rate;
	unsigned ignored; /* bits of enum shadow_ignore */
};
bool shadow_options_read(int argc, char **argv, struct shadow_options *ret_options,
			 struct error *error);
const char *shadow_usage(void);

enum { DIFFERENCE_SIZE = 160 };
/* What differs, in a few words that are the same for differences of a kind; "" if nothing. */
void shadow_compare(const struct dns_message *ours, const struct dns_message *theirs,
		    unsigned ignored, char ret_difference[DIFFERENCE_SIZE]);

/* Differences of each kind, counted, with examples of some. */
struct shadow_groups;
struct shadow_groups *shadow_groups_new(void);
void shadow_groups_free(struct shadow_groups *groups);
void shadow_groups_add(struct shadow_groups *groups, const char *server, const char *difference,
		       const char *question);
void shadow_groups_print(const struct shadow_groups *groups); /* the most frequent first */

/* What our server was asked by ourselves, and is still to tell us of. */
struct shadow_echoes;
struct shadow_echoes *shadow_echoes_new(uint64_t rate);
void shadow_echoes_free(struct shadow_echoes *echoes);
void shadow_echoes_expect(struct shadow_echoes *echoes, const uint8_t *name, uint16_t type,
			  unsigned count);
/* Whether this one was expected; it is not any more. */
bool shadow_echoes_take(struct shadow_echoes *echoes, const uint8_t *name, uint16_t type);

#endif
