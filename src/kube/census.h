/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the names and versions of all objects of one kind, page by page, and nothing else of them; or of one object,
 * for the version that the server is at. Reads are consistent: not older than the moment of asking. */
#ifndef KNAMED_KUBE_CENSUS_H
#define KNAMED_KUBE_CENSUS_H

#include "body.h"
#include "path.h"
#include "transport.h"

struct census_result {
	bool is_complete;
	uint64_t version; /* of the list; 0: no number */
	enum client_trouble trouble;
	int status;
};
struct census_calls {
	void (*item)(void *context, const struct api_object *object);
	/* Once, last. The census may be started again or freed in it. */
	void (*end)(void *context, const struct census_result *result);
	void *context;
};
struct census_options {
	enum object_kind kind;
	const struct config_kubernetes *config;
	const struct decode_options *decode;
	const struct transport *transport;
	unsigned head_ms, silence_ms;
	struct census_calls calls;
};
struct census;
struct census *census_new(const struct census_options *options);
void census_free(struct census *census);
enum census_scope { CENSUS_ALL, CENSUS_ONE };
void census_start(struct census *census, enum census_scope scope); /* anew, if it is running */
void census_stop(struct census *census);
bool census_is_running(const struct census *census);

#endif
