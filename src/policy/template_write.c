/* SPDX-License-Identifier: Apache-2.0 */
/* The reply of a template: each text is expanded, read as a record, and written behind the question. */
#include "template_parts.h"

#include <string.h>

#include "policy.h"

/* The sentence for `errors` lasts until the thread's next failure, and that is long enough. */
static _Thread_local struct error problem;

static enum policy_verdict fail(struct reply *reply)
{
	reply->problem = problem.text;
	return POLICY_FAILED;
}

/* False: it cannot be made. */
static bool make(const struct templates *templates, const struct template *template, size_t zone,
		 size_t record, const struct template_data *data, struct dns_line *ret_line)
{
	struct template_expansion expansion;
	const struct template_text *text = &template->config->records[record].text;
	struct counts *failures = templates->text_failures;
	bool is_made = template_expand(text, data, &expansion, &problem);
	if (is_made) {
		failures = templates->record_failures;
		is_made = dns_line_read(expansion.text, expansion.size, ret_line, &problem);
	}
	if (!is_made)
		template_count(failures, template, zone, (int)record, data);
	return is_made;
}

static bool write_line(const struct template_data *data, const struct dns_line *line,
		       struct reply *reply)
{
	struct owner_pointer owner = owner_at_question(data->query, data->query->name_size);
	bool is_question = name_equal_fold(line->owner, data->query->lower);
	struct record record = {
		.owner = is_question ? owner.octets : line->owner,
		.owner_size = is_question ? sizeof(owner.octets) : (uint16_t)name_size(line->owner),
		.type = line->type,
		.class_ = line->class_,
		.ttl = line->ttl,
		.data = line->rdata,
		.data_size = line->rdata_size,
	};
	return record_write(reply, &record);
}

/* Each of several addresses comes first in turn where `loadbalance` asks for it. */
static size_t first_answer(const struct template *template, struct reply *reply)
{
	if (!template->rotates || !reply->rotate)
		return 0;
	uint32_t turn = reply->rotations[template->first_record % ANSWERS_ROTATIONS]++;
	return turn % template->answer_count;
}

static bool is_address_question(const struct dns_query *query)
{
	return query->type == TYPE_A || query->type == TYPE_AAAA;
}

/* Its target is the last thing that was written. */
static enum policy_verdict settle_alias(const struct dns_line *line, struct reply *reply)
{
	reply->alias_at = (uint16_t)(reply->at - line->rdata_size);
	reply->alias = NULL;
	return POLICY_ALIAS;
}

/* POLICY_PASS: go on with the other sections. */
static enum policy_verdict write_answers(const struct templates *templates,
					 const struct template *template, size_t zone,
					 const struct template_data *data, struct reply *reply)
{
	struct dns_line line = { .type = 0 };
	size_t count = template->answer_count, first = first_answer(template, reply);
	for (size_t i = 0; i < count; i++) {
		if (!make(templates, template, zone, (first + i) % count, data, &line))
			return fail(reply);
		if (!write_line(data, &line, reply)) {
			reply->truncated = true;
			return POLICY_ANSWERED;
		}
		reply->answers++;
	}
	bool is_followed = count > 0 && line.type == TYPE_CNAME && line.class_ == CLASS_IN &&
			   is_address_question(data->query) && reply->at <= UINT16_MAX;
	return is_followed ? settle_alias(&line, reply) : POLICY_PASS;
}

static enum policy_verdict write_others(const struct templates *templates,
					const struct template *template, size_t zone,
					const struct template_data *data, struct reply *reply)
{
	struct dns_line line;
	for (size_t i = template->answer_count; i < template->config->record_count; i++) {
		bool is_authority = template->config->records[i].section == TEMPLATE_AUTHORITY;
		if (!make(templates, template, zone, i, data, &line))
			return fail(reply);
		if (!write_line(data, &line, reply)) {
			reply->truncated |= is_authority;
			return POLICY_ANSWERED;
		}
		reply->authorities += is_authority;
		reply->additionals += !is_authority;
	}
	return POLICY_ANSWERED;
}

enum policy_verdict template_write(const struct templates *templates, const struct template *template,
				   size_t zone, const struct template_data *data, struct reply *reply)
{
	const struct config_template *config = template->config;
	struct reply before = *reply;
	enum policy_verdict verdict = write_answers(templates, template, zone, data, reply);
	bool leaves_out = templates->minimal && reply->answers > 0 && config->rcode == RCODE_NOERROR;
	if (verdict == POLICY_PASS)
		verdict = leaves_out ? POLICY_ANSWERED
				     : write_others(templates, template, zone, data, reply);
	if (verdict == POLICY_FAILED) {
		const char *sentence = reply->problem;
		*reply = before;
		reply->problem = sentence;
		return verdict;
	}
	reply->authoritative = true;
	reply->rcode = config->rcode;
	if (config->has_extended_error) {
		reply->extended_error = config->extended_error;
		reply->extended_text = config->extended_text;
	}
	return verdict;
}
