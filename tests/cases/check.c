/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a reply with a case: rcode, flags, TTLs and all records, as sets. Beyond the case, every
 * reply must echo its question octet by octet, keep to the size, repeat no record, order aliases,
 * spell SRV targets out, give glue by whole sets, and deny with one SOA whose TTL follows the rule.
 */
#include "check.h"

#include <string.h>

#include "../support/case_file.h"
#include "denial.h"
#include "knamed/dns.h"

/* One comparison under way. */
struct check {
	const struct asked *asked;
	const struct ask *question;
	const struct expectation *expected;
	struct reply_text reply;
	struct text *complaints;
};

#define COMPLAIN(check, ...)                                                                       \
	(text_printf((check)->complaints, __VA_ARGS__), text_add((check)->complaints, "\n"))

static void complain_lines(struct check *check, const char *what, const struct lines *expected,
			   const struct lines *got)
{
	for (size_t i = 0; i < expected->count; i++) {
		if (!lines_have(got, expected->lines[i]))
			COMPLAIN(check, "%s: missing %s", what, expected->lines[i]);
	}
	for (size_t i = 0; i < got->count; i++) {
		if (!lines_have(expected, got->lines[i]))
			COMPLAIN(check, "%s: unexpected %s", what, got->lines[i]);
	}
}

static void check_flag(struct check *check, const char *name, bool expected, bool got)
{
	if (expected != got)
		COMPLAIN(check, "%s is %d", name, got);
}

static void check_header(struct check *check)
{
	const struct expectation *expected = check->expected;
	const struct reply_text *reply = &check->reply;
	if (strcmp(expected->rcode, reply->rcode) != 0)
		COMPLAIN(check, "expected %s, got %s", expected->rcode, reply->rcode);
	if (reply->id != get_u16(check->asked->packet))
		COMPLAIN(check, "id is %u", reply->id);
	if (reply->opcode != check->question->opcode)
		COMPLAIN(check, "opcode is %u", reply->opcode);
	check_flag(check, "qr", true, reply->qr);
	check_flag(check, "aa", expected->aa, reply->aa);
	check_flag(check, "tc", expected->tc, reply->tc);
	check_flag(check, "rd", check->question->recursion, reply->rd);
	check_flag(check, "ra", false, reply->ra);
	check_flag(check, "ad", false, reply->ad);
	check_flag(check, "cd", check->question->checking_disabled, reply->cd);
	if (check->asked->reply_size > check->asked->limit)
		COMPLAIN(check, "%zu octets, at most %zu fit", check->asked->reply_size,
			 check->asked->limit);
}

static void check_opt(struct check *check)
{
	const struct reply_text *reply = &check->reply;
	check_flag(check, "opt", check->expected->opt, reply->opt);
	if (!reply->opt)
		return;
	check_flag(check, "do", check->question->dnssec_ok, reply->dnssec_ok);
	if (check->expected->not_ready != (reply->extended_error == EDE_NOT_READY))
		COMPLAIN(check, "the extended error is %d", reply->extended_error);
	if (reply->edns_size != DNS_UDP_DEFAULT || reply->edns_version != 0 ||
	    reply->edns_flags != 0 || (reply->edns_options != 0) != check->expected->not_ready)
		COMPLAIN(check, "OPT says size %u, version %u, flags %#x, %zu octets of options",
			 reply->edns_size, reply->edns_version, reply->edns_flags,
			 reply->edns_options);
}

static void check_question(struct check *check)
{
	const struct asked *asked = check->asked;
	if (check->expected->header) {
		if (asked->reply_size != DNS_HEADER_SIZE)
			COMPLAIN(check, "expected the header alone, got %zu octets", asked->reply_size);
		return;
	}
	uint8_t wire[DNS_NAME_MAX], size;
	name_parse(check->question->name, wire, &size);
	size_t end = DNS_HEADER_SIZE + size + 4u;
	if (get_u16(asked->reply + 4) != 1 || asked->reply_size < end ||
	    memcmp(asked->reply + DNS_HEADER_SIZE, asked->packet + DNS_HEADER_SIZE,
		   end - DNS_HEADER_SIZE) != 0)
		COMPLAIN(check, "the question did not come back as sent");
}

/* Expected lines have @ for the asked name; in the answer section names are lower case. */
static void expand(const struct check *check, const struct lines *from, bool fold,
		   struct lines *ret_lines)
{
	for (size_t i = 0; i < from->count; i++) {
		const char *line = from->lines[i];
		size_t owner_size = strcspn(line, " ");
		struct text text = { 0 };
		if (line[0] == '@' && owner_size == 1)
			text_add(&text, check->question->name);
		else
			text_add_n(&text, line, owner_size);
		if (fold) {
			for (size_t j = 0; j < text.size; j++)
				text.data[j] +=
					text.data[j] >= 'A' && text.data[j] <= 'Z' ? 'a' - 'A' : 0;
		}
		text_add(&text, line + owner_size);
		lines_add(ret_lines, text.data);
		text_done(&text);
	}
}

static void check_repeats(struct check *check, const char *what, const struct lines *sorted)
{
	for (size_t i = 1; i < sorted->count; i++) {
		if (strcmp(sorted->lines[i - 1], sorted->lines[i]) == 0)
			COMPLAIN(check, "%s: twice %s", what, sorted->lines[i]);
	}
}

/* Aliases come first, each the owner of the next. [RFC 1034 3.6.2] */
static void check_alias_order(struct check *check)
{
	const struct lines *answers = &check->reply.answers;
	bool aliases_over = false;
	const char *next = NULL;
	for (size_t i = 0; i < answers->count; i++) {
		const char *line = answers->lines[i], *alias = strstr(line, " CNAME ");
		if (alias == NULL) {
			aliases_over = true;
			continue;
		}
		if (aliases_over || (next != NULL && strncasecmp(next, line, strlen(next)) != 0))
			COMPLAIN(check, "out of order: %s", line);
		next = alias + strlen(" CNAME ");
	}
}

/* A cut answer is a part of the whole, and another record would not have fitted. */
static void check_cut(struct check *check)
{
	const struct reply_text *reply = &check->reply, *whole = check->asked->whole;
	if (reply->answers.count == 0)
		COMPLAIN(check, "the cut answer is empty");
	if (reply->size + reply->largest <= check->asked->limit)
		COMPLAIN(check, "%zu octets of %zu: another record of %zu fits", reply->size,
			 check->asked->limit, reply->largest);
	if (whole == NULL || whole->tc)
		return;
	for (size_t i = 0; i < reply->answers.count; i++) {
		if (!lines_have(&whole->answers, reply->answers.lines[i]))
			COMPLAIN(check, "not in the whole answer: %s", reply->answers.lines[i]);
	}
}

static void check_answers(struct check *check)
{
	struct lines expected = { 0 };
	check_alias_order(check);
	expand(check, &check->expected->answers, true, &expected);
	/* a `last` answer was read last */
	if (check->expected->last != NULL && check->reply.answers.count > 0 &&
	    strcmp(check->reply.answers.lines[check->reply.answers.count - 1],
		   expected.lines[expected.count - 1]) != 0)
		COMPLAIN(check, "not last: %s", expected.lines[expected.count - 1]);
	lines_sort(&expected);
	lines_sort(&check->reply.answers);
	check_repeats(check, "answer", &check->reply.answers);
	if (check->expected->cut)
		check_cut(check);
	else if (!check->expected->any_answer)
		complain_lines(check, "answer", &expected, &check->reply.answers);
	lines_done(&expected);
	if (!check->reply.plain_targets)
		COMPLAIN(check, "an SRV target is compressed");
}

/* Glue is there by whole sets: all addresses of one target and family, or none. [RFC 2181 9] */
static void check_glue_sets(struct check *check)
{
	const struct lines *extras = &check->reply.extras;
	const struct reply_text *whole = check->asked->whole;
	for (size_t i = 0; whole != NULL && !whole->tc && i < extras->count; i++) {
		const char *type_at = strrchr(extras->lines[i], ' ');
		struct text set = { 0 };
		text_add_n(&set, extras->lines[i], (size_t)(type_at - extras->lines[i]));
		text_add(&set, " ");
		if (lines_count_prefix(extras, set.data) !=
		    lines_count_prefix(&whole->extras, set.data))
			COMPLAIN(check, "glue: a part of the set %s", set.data);
		text_done(&set);
	}
}

static void check_extras(struct check *check)
{
	struct lines expected = { 0 };
	expand(check, &check->expected->extras, false, &expected);
	lines_sort(&expected);
	lines_sort(&check->reply.extras);
	check_repeats(check, "additional", &check->reply.extras);
	if (!check->expected->any_extra)
		complain_lines(check, "additional", &expected, &check->reply.extras);
	check_glue_sets(check);
	lines_done(&expected);
}

/* The name that the reply denies: the asked one, or the end of the chain of aliases. */
static const char *denied_name(const struct check *check)
{
	const char *name = check->question->name;
	for (size_t hops = 0; hops < check->reply.answers.count; hops++) {
		for (size_t i = 0; i < check->reply.answers.count; i++) {
			const char *line = check->reply.answers.lines[i],
				   *alias = strstr(line, " CNAME ");
			if (alias != NULL && strncasecmp(line, name, strlen(name)) == 0 &&
			    line[strlen(name)] == ' ') {
				name = alias + strlen(" CNAME ");
				break;
			}
		}
	}
	return name;
}

static void check_authority(struct check *check)
{
	const char *zone = check->expected->soa;
	struct lines expected = { 0 };
	if (zone != NULL) {
		const struct config_kubernetes *kubernetes = check->asked->kubernetes;
		struct denial_ttls ttls =
			denial_ttls(check->asked->model, kubernetes, zone, denied_name(check));
		bool is_low = check->reply.soa_ttl == ttls.low;
		struct text line = { 0 };
		text_printf(&line, "%s %u SOA ns.dns.%s hostmaster.%s SERIAL 7200 1800 86400 %u",
			    zone, is_low ? ttls.low : ttls.high, zone, zone, kubernetes->denial_ttl);
		lines_add(&expected, line.data);
		text_done(&line);
	}
	check_repeats(check, "authority", &check->reply.authorities);
	complain_lines(check, "authority", &expected, &check->reply.authorities);
	lines_done(&expected);
}

bool case_check(const struct asked *asked, struct text *complaints)
{
	struct check check = { .asked = asked,
			       .question = &asked->case_->question,
			       .expected = asked->case_->expected,
			       .complaints = complaints };
	struct error error = { 0 };
	size_t before = complaints->size;
	if (!reply_text_read(asked->reply, asked->reply_size, &check.reply, &error)) {
		COMPLAIN(&check, "%s", error.text);
		return false;
	}
	check_header(&check);
	check_question(&check);
	check_opt(&check);
	check_answers(&check);
	check_authority(&check);
	check_extras(&check);
	reply_text_done(&check.reply);
	return complaints->size == before;
}
