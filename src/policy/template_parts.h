/* SPDX-License-Identifier: Apache-2.0 */
/* What templates are compiled to, and how they count (private to template*.c). */
#ifndef KNAMED_POLICY_TEMPLATE_PARTS_H
#define KNAMED_POLICY_TEMPLATE_PARTS_H

#include "template.h"
#include "template_expand.h"
#include "zone_list.h"

/* `var` and `expr`; NULL: none. */
struct conditions;
bool conditions_compile(const struct config_template *config, struct conditions **ret_conditions,
			struct error *error);
void conditions_free(struct conditions *conditions);
/* BROKEN: one of them has no value. Fills the variables of the data. */
enum conditions_verdict { CONDITIONS_HOLD, CONDITIONS_FAIL, CONDITIONS_BROKEN };
enum conditions_verdict conditions_check(const struct conditions *conditions,
					 struct template_data *data);

/* Why a template says SERVFAIL. */
enum template_failure {
	TEMPLATE_SAYS_SO,	/* `rcode SERVFAIL` */
	TEMPLATE_FITS_NOTHING,	/* nor does it fall through */
	TEMPLATE_HAS_NO_RECORD, /* a text makes none */
	TEMPLATE_FAILURES
};
/* One `template`. */
struct template
{
	const struct config_template *config;
	struct zone_list zones, falls;
	struct regex **regexes;
	size_t regex_count;
	struct conditions *conditions;
	size_t first_zone, first_record;   /* how many the templates before this one have */
	size_t answer_count;		   /* its first records */
	char *failures[TEMPLATE_FAILURES]; /* what clients are told */
	bool rotates; /* its answers are of one kind, so that any may come first */
};
struct templates {
	struct template *list;
	size_t count;
	bool minimal;
	struct counts *matches, *text_failures, *record_failures; /* NULL: not counted */
};

enum { NO_RECORD = -1 };
/* Counts for the zone at `zone` of the template; record: which failed, or NO_RECORD. */
void templates_declare(struct templates *templates, struct metrics *metrics);
void template_count(struct counts *counts, const struct template *template, size_t zone, int record,
		    const struct template_data *data);

/* Writes the records behind the question; POLICY_ANSWERED, or POLICY_ALIAS, or POLICY_FAILED with the problem. */
enum policy_verdict template_write(const struct templates *templates,
				   const struct template *template, size_t zone,
				   const struct template_data *data, struct reply *reply);

#endif
