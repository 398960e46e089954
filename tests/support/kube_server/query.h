/* SPDX-License-Identifier: Apache-2.0 */
/* What a GET asks: its path, its parameters, the encoding that it accepts; and selectors. */
#ifndef TESTS_KUBE_SERVER_QUERY_H
#define TESTS_KUBE_SERVER_QUERY_H

#include <jansson.h>

#include "knamed/base.h"

/* A URL of this server's: parts are copies. */
struct query {
	char *path;
	struct {
		char *name, *value;
	} parameters[24];
	size_t count;
};
void query_read(struct query *query, const char *url);
void query_done(struct query *query);
const char *query_get(const struct query *query, const char *name); /* "" if absent */
bool query_is_true(const struct query *query, const char *name);
uint64_t query_number(const struct query *query, const char *name); /* 0 if absent or no number */

struct accepted {
	bool is_protobuf, is_partial;
};
/* The first that we can write; false: none. */
bool accept_read(const char *accept, bool has_protobuf, struct accepted *ret_accepted);

/* labelSelector and fieldSelector, both as in the URL's value. */
bool labels_match(const char *selector, const json_t *object);
bool fields_match(const char *selector, const json_t *object);

#endif
