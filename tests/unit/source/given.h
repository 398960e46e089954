/* SPDX-License-Identifier: Apache-2.0 */
/* Random API objects, written down twice: in JSON and in protobuf. What is NULL or -1 is left out;
 * JSON sometimes says null instead, and both say things that nobody asked for. */
#ifndef TESTS_SOURCE_GIVEN_H
#define TESTS_SOURCE_GIVEN_H

#include "knamed/model.h"

enum { GIVEN_MOST = 6 };

struct given_pair {
	const char *key, *value;
};
struct given_pairs {
	struct given_pair list[GIVEN_MOST];
	size_t count;
};
struct given_texts {
	const char *list[GIVEN_MOST];
	size_t count;
};
struct given_ingress {
	const char *ip, *hostname;
};
struct given_port {
	const char *name, *protocol;
	int64_t number; /* -1: left out */
};
struct given_endpoint {
	struct given_texts addresses;
	int has_conditions, ready, terminating; /* -1: left out */
	const char *hostname, *pod_name, *zone;
};
struct given {
	enum object_kind kind;
	const char *name, *namespace_, *uid, *version;
	struct given_pairs labels, annotations;
	bool is_deleted;

	const char *type, *external_name, *cluster_ip; /* of a Service */
	struct given_texts cluster_ips, external_ips;
	struct given_ingress ingress[GIVEN_MOST];
	size_t ingress_count;
	struct given_pairs selector;
	int publish;

	const char *address_type; /* of an EndpointSlice */
	struct given_endpoint endpoints[GIVEN_MOST];
	size_t endpoint_count;

	struct given_port ports[GIVEN_MOST]; /* of both */
	size_t port_count;

	const char *phase, *pod_ip; /* of a Pod */
	struct given_texts pod_ips;
};

/* A number below `most`; the same row for the same seed. */
struct dice {
	uint64_t state;
};
uint32_t dice_throw(struct dice *dice, uint32_t most);

void given_throw(struct dice *dice, struct given *ret_given);
/* Makes one thing wrong that a decoder must refuse. False: this object has nothing of the kind. */
bool given_spoil(struct dice *dice, struct given *given);

void given_print_json(const struct given *given, struct dice *dice, struct text *ret_text);
void given_print_protobuf(const struct given *given, struct dice *dice, struct text *ret_text);

/* Protobuf by hand, for other tests, too. put_message() takes the message. */
void put_varint(struct text *text, uint64_t value);
void put_number(struct text *text, unsigned field, uint64_t value);
void put_bytes(struct text *text, unsigned field, const void *bytes, size_t size);
void put_word(struct text *text, unsigned field, const char *word); /* NULL: nothing */
void put_message(struct text *text, unsigned field, struct text message);

#endif
