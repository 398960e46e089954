/* SPDX-License-Identifier: Apache-2.0 */
/* What log lines can say about a query that was answered (private to the stage). */
#ifndef KNAMED_SERVE_QUERY_FIELDS_H
#define KNAMED_SERVE_QUERY_FIELDS_H

#include "line.h"
#include "query_log.h"

/* A word of a format, such as "{rcode}". */
struct query_field {
	const char *word;
	void (*write)(struct line *line, const struct answered *answered);
};
/* NULL: no such word. Of "{/x}", metadata, the two that `log` gives itself are here. */
const struct query_field *query_field_find(const char *word, size_t size);

/* enum log_class of the reply. */
unsigned query_class(const struct answered *answered);

void query_name_write(struct line *line, const struct dns_query *query);
void query_type_write(struct line *line, const struct dns_query *query);
/* The fields that CoreDNS' JSON records have beside the text: ,"client_ip":... */
void query_json_write(struct line *line, const struct answered *answered);

#endif
