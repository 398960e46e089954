/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `knamectl explain`.
 *
 *   who asks --explain_from--> search list --explain_walk--> each name through the server's own router, whose
 *   decisions become steps; explain_objects adds which objects gave or denied it; then the live server is asked
 *
 * All of it is put into one JSON value, which is what --json prints and what the text is made of. */
#ifndef KNAMECTL_EXPLAIN_H
#define KNAMECTL_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "knamed/answers.h"
#include "knamed/config.h"
#include "knamed/policy.h"
#include "server_address.h"

struct explain_options {
	struct flags flags;
	const char *name, *from; /* from NULL: not said */
	uint16_t type, class_;
	struct server_address server; /* family 0: as the Corefile says */
	unsigned wait_s;	      /* for the API server */
	bool is_json, is_offline;     /* is_offline: no live server is asked */
};
/* EXPLAIN_WRONG: error says what is. */
enum explain_verdict { EXPLAIN_GO, EXPLAIN_HELP, EXPLAIN_WRONG };
enum explain_verdict explain_options_read(int argc, char **argv,
					  struct explain_options *ret_options, struct error *error);
const char *explain_usage(void);

/* What is known of the cluster beside what the server keeps. */
struct cluster_view {
	const struct config *config;
	const struct config_block *block; /* NULL: no block has a `kubernetes` */
	const char *zone;    /* the first of it that is not a reverse zone; NULL: none */
	const char *trouble; /* why the API server was not read; NULL: it was, or there is none */
	unsigned wait_ms;
};
void cluster_view_begin(struct cluster_view *view, const struct config *config, unsigned wait_s);
/* Where a server of this Corefile can be asked from here: of the blocks on this port. */
struct server_address cluster_view_address(const struct config *config, const char *port);
/* Log lines of the server's own code go to stderr from now on: stdout is for what is printed to the result. NULL: failed. */
FILE *explain_take_stdout(void);
/* The items that an API list has, by its path; NULL: there is no API server, or it did not say. */
json_t *cluster_list(const struct cluster_view *view, const struct config_kubernetes *kubernetes,
		     const char *path);
/* Whether `namespaces` names this one, or there is none. */
bool cluster_lists(const struct config_kubernetes *kubernetes, const char *namespace_);

/* Who asks, and how its resolver goes about it. */
enum { SEARCH_MOST = 32 };
struct asking_pod {
	struct ip ip; /* family 0: not known */
	unsigned ndots;
	size_t search_count;
	char search[SEARCH_MOST][NAME_TEXT_SIZE];
};
/* Adds "from" to the explanation. False: --from cannot be read. */
bool explain_from(const struct cluster_view *view, const struct explain_options *options,
		  json_t *explanation, struct asking_pod *ret_pod, struct error *error);

/* As JSON can have it: what is no UTF-8 is not shown. */
json_t *text_value(const char *text);
/* Adds a step: {"who", "text"}, "at" where it stands in the Corefile if that is known. The step is the list's. */
json_t *explain_step(json_t *steps, const char *who, const struct config_at *at, const char *format,
		     ...) PRINTF_LIKE(4, 5);

/* The objects that gave or denied a name of the cluster's zones, as steps. */
struct explained_name {
	const struct cluster_view *view;
	const struct config_block *block; /* with its `kubernetes` */
	const struct model *model;
	const struct dns_query *query;
	bool is_outside;   /* in a zone of its `k8s_external` */
	bool is_not_ready; /* the answer was that stores are not in step */
};
void explain_objects(const struct explained_name *name, json_t *steps);

/* Sets up the router, explains every name of the search list; "candidates", "differences". */
bool explain_walk(struct cluster_view *view, const struct explain_options *options,
		  json_t *explanation, struct error *error);

void explain_print(FILE *output, const json_t *explanation);

#endif
