/* SPDX-License-Identifier: Apache-2.0 */
/* A .case file: questions with the answers they must have. tests/cases/README.md has the form. */
#ifndef TESTS_CASE_FILE_H
#define TESTS_CASE_FILE_H

#include "lines.h"
#include "ask.h"

struct expectation {
	char *rcode;
	bool aa, tc, opt, header;     /* header: the reply is the header alone */
	bool not_ready;		      /* OPT has the extended error 14, "Not Ready" */
	bool cut;		      /* some records of the whole answer, as many as fit */
	bool any_answer, any_extra;   /* that section is free */
	struct lines answers, extras; /* with @ for the asked name */
	char *last; /* the answer that must come behind all others; NULL: the order is free */
	char *soa;  /* zone of the one SOA in authority; NULL: authority is empty */
};
struct case_ {
	const char *heading; /* "[tags] note" */
	unsigned line;
	struct ask question;
	const struct expectation *expected;
};
struct case_file {
	char *path;
	struct case_ *cases;
	size_t case_count;
	struct ip *local_addresses; /* the server's own, from the line `local` */
	size_t local_address_count;
	struct arena *arena;
	struct expectation **expectations;
	size_t expectation_count;
};
/* NULL and "file:line: ..." on the first line that is no case. */
struct case_file *case_file_read(const char *path, struct error *error);
void case_file_free(struct case_file *file);

#endif
