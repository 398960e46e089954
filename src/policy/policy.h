/* SPDX-License-Identifier: Apache-2.0 */
/* How a policy lies in memory, and what its parts share (private to the stage). */
#ifndef KNAMED_POLICY_POLICY_H
#define KNAMED_POLICY_POLICY_H

#include <stdatomic.h>

#include "knamed/policy.h"

struct acl;
struct autopath;
struct balance;
struct hosts;
struct templates;

/* TXT data: one or more character strings, ready to copy. */
struct txt {
	uint16_t size;
	uint8_t bytes[1 + 255];
};

struct policy {
	bool any, local, local_prefix, chaos, whoami, minimal;
	const struct config_header *header; /* NULL: none */
	struct acl *acl;
	const struct config_dns64 *dns64; /* NULL: none */
	struct counts *translated;
	struct templates *templates;
	struct txt chaos_version, chaos_host;
	struct txt *chaos_authors;
	size_t chaos_author_count;
	struct rewrite *rewrite;	      /* NULL: no rules */
	struct hosts *hosts;		      /* NULL: none */
	struct autopath *autopath;	      /* NULL: none */
	struct balance *balance;	      /* NULL: no loadbalance, or the plain one */
	_Atomic uint64_t *localhost_requests; /* apart, so that a policy itself is never written */
};

enum { POINTER_TO_QUESTION = 0xc000 | DNS_HEADER_SIZE };

/* A record to write: its owner is whatever octets stand for it, mostly a pointer. */
struct record {
	const uint8_t *owner;
	uint16_t owner_size;
	uint16_t type, class_;
	uint32_t ttl;
	const void *data;
	uint16_t data_size;
};
/* The owner of records at the question's name, or at its last `zone_size` octets. */
struct owner_pointer {
	uint8_t octets[2];
};
struct owner_pointer owner_at_question(const struct dns_query *query, size_t zone_size);

/* Appends the record; false if it does not fit, and nothing was written. Sections count by themselves. */
bool record_write(struct reply *reply, const struct record *record);
/* As an answer at the question's name, whatever owner the record has; false: it is cut. */
bool record_answer(const struct dns_query *query, struct reply *reply, struct record record);

/* made.c: a whole message in answer to the question as it came, of records that were heard. Flags of `heard` in `kept` stay. */
struct made_message {
	struct dns_writer writer;
	struct compress compress;
	uint16_t counts[3];
};
void made_begin(struct made_message *made, const struct dns_query *query,
		const struct dns_message *heard, unsigned kept, uint8_t ret_packet[DNS_MESSAGE_MAX]);
void made_cut(struct made_message *made, unsigned section); /* a record of it did not fit */
size_t made_end(struct made_message *made);		    /* its size */

enum policy_verdict local_answer(const struct policy *policy, const struct dns_query *query,
				 struct reply *reply);
enum policy_verdict chaos_answer(const struct policy *policy, const struct dns_query *query,
				 struct reply *reply);
enum policy_verdict whoami_answer(const struct policy *policy, const struct dns_query *query,
				  const struct client *client, struct reply *reply);

/* False and error if a zone is none. */
void hosts_declare(struct metrics *metrics, void *context);
bool hosts_open(const struct policy_options *options, struct hosts **ret_hosts, struct error *error);
void hosts_close(struct hosts *hosts);
/* Whether it may have a say in names of this zone, wire form and lower case. */
bool hosts_touches(const struct hosts *hosts, const uint8_t *zone);
enum policy_verdict hosts_answer(const struct hosts *hosts, const struct dns_query *query,
				 struct reply *reply, enum answerer *ret_by);
/* False and error if a zone is none. */
bool autopath_compile(const struct policy_options *options, struct autopath **ret_autopath,
		      struct error *error);
void autopath_free(struct autopath *autopath);
bool autopath_touches(const struct autopath *autopath, const uint8_t *zone);
void dns64_compile(struct policy *policy, const struct config_dns64 *config, struct metrics *metrics);
void chaos_compile(struct policy *policy, const struct config_chaos *config, const char *version);

#endif
