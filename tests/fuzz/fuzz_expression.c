/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of `view`. What is refused is refused with a sentence and its place; what is compiled
 * runs to its end, and says the same of the same question. */
#include "knamed/policy.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A name with octets that must be escaped. */
static const uint8_t packet[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				"\4A\0.\xff\3www\7example\0\0\34\0\1";

static void check(const struct view *view)
{
	struct dns_query query;
	assert(dns_query_read(packet, sizeof(packet) - 1, &query) == QUERY_GOOD);
	struct viewed question = {
		.query = &query,
		.id = 0x1234,
		.size = query.size,
		.client = { .family = 6, .bytes = { 0x20, 1, 0xd, 0xb8 } },
		.local = { .family = 4, .bytes = { 192, 0, 2, 1 } },
		.client_port = 65535,
		.local_port = 53,
		.proto = PROTO_TCP,
	};
	bool first = view_holds(view, &question);
	assert(view_holds(view, &question) == first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), complaint[] = "Corefile:1 - ";
	struct config_expression expression = { .text = text, .complaint = complaint };
	const struct config_view config = { .expressions = &expression, .count = 1 };
	struct error error = { "" };
	struct view *view = NULL;
	if (view_compile(&config, &view, &error))
		check(view);
	else
		assert(strncmp(error.text, complaint, sizeof(complaint) - 1) == 0 &&
		       strchr(error.text + sizeof(complaint) - 1, ':') != NULL);
	view_free(view);
	free(text);
	return 0;
}
