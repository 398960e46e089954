/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `knamectl doctor`: each looks at one thing and adds what it finds. */
#ifndef KNAMECTL_DOCTOR_H
#define KNAMECTL_DOCTOR_H

#include <jansson.h>

#include "knamed/config.h"
#include "server_address.h"

enum { REPLICAS_MOST = 64 };
struct doctor_options {
	struct flags flags;
	struct server_address server; /* family 0: as the Corefile says */
	struct server_address replicas[REPLICAS_MOST];
	size_t replica_count; /* 0: those of the Service kube-dns */
	uint64_t pid;	      /* of the server; 0: any */
	const char *socket;   /* its control socket; NULL: any */
	const char *admin; /* the address of its `admin`; NULL: it is asked by its control socket */
	unsigned wait_ms;
	bool is_json;
};

struct doctor {
	const struct doctor_options *options;
	const struct config *config;	  /* NULL: it cannot be read */
	const struct config_block *block; /* the first with a `kubernetes`; NULL: none */
	const char *zone;		  /* of it; NULL: none */
	struct server_address server;
	struct metrics *metrics;
	json_t *state;	  /* of the server, by its control socket; NULL: not known */
	json_t *findings; /* {"severity", "check", "what", "do"} */
};

enum severity { SEVERITY_WARNING, SEVERITY_PROBLEM };
void doctor_find(struct doctor *doctor, enum severity severity, const char *check,
		 const char *advice, const char *format, ...) PRINTF_LIKE(5, 6);

/* One question; the strings of TXT answers, each with a newline. False: no reply. rcode as it is said. */
bool doctor_ask_txt(const struct server_address *server, const char *name, uint16_t *ret_rcode,
		    struct text *ret_texts);

void doctor_look_at_server(struct doctor *doctor);
void doctor_look_at_process(struct doctor *doctor);
void doctor_look_at_upstreams(struct doctor *doctor);
void doctor_look_at_cluster(struct doctor *doctor);
void doctor_look_at_namespaces(struct doctor *doctor);
void doctor_look_at_replicas(struct doctor *doctor);

bool is_top_level_domain(const char *label);

#endif
