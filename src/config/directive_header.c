/* SPDX-License-Identifier: Apache-2.0 */
/* header { query|response set|clear FLAGS... }: a later line about a flag takes back an earlier one. */
#include "knamed/dns.h"
#include "directives.h"

static bool read_flag(const struct directive *directive, const char *word, uint16_t *ret_flag,
		      struct error *error)
{
	static const struct {
		const char *word;
		uint16_t flag;
	} flags[] = { { "aa", FLAG_AA }, { "ra", FLAG_RA }, { "rd", FLAG_RD } };
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		if (text_equal_fold(word, flags[i].word)) {
			*ret_flag = flags[i].flag;
			return true;
		}
	}
	return directive_fail(directive, error, "setting up rule: unknown/unsupported flag=%s", word);
}

/* The flags behind query or response and what is done to them. */
static bool read_flags(const struct directive *directive, struct arguments words,
		       struct config_flags *flags, struct error *error)
{
	if (words.count == 0)
		return directive_fail(directive, error, "setting up rule: no flag action provided");
	if (words.count == 1)
		return directive_fail(
			directive, error,
			"setting up rule: invalid length for flags, at least one should be provided");
	bool sets = text_equal_fold(argument(words, 0), "set");
	if (!sets && !text_equal_fold(argument(words, 0), "clear"))
		return directive_fail(directive, error,
				      "setting up rule: unknown flag action=%s, should be set or clear",
				      argument(words, 0));
	for (size_t i = 1; i < words.count; i++) {
		uint16_t flag = 0;
		if (!read_flag(directive, argument(words, i), &flag, error))
			return false;
		flags->set = (uint16_t)(sets ? flags->set | flag : flags->set & ~flag);
		flags->clear = (uint16_t)(sets ? flags->clear & ~flag : flags->clear | flag);
	}
	return true;
}

static bool read_line(struct directive *directive, struct config_header *header, struct error *error)
{
	bool is_query = text_equal_fold(directive_text(directive), "query");
	if (!is_query && !text_equal_fold(directive_text(directive), "response"))
		return directive_fail(directive, error,
				      "setting up rule: invalid selector=%s should be query or response",
				      directive_text(directive));
	return read_flags(directive, directive_arguments(directive),
			  is_query ? &header->query : &header->reply, error);
}

static bool is_empty(const struct config_header *header)
{
	return (header->query.set | header->query.clear | header->reply.set | header->reply.clear) == 0;
}

/* Of several the first that says something counts, as in CoreDNS. */
bool directive_header_read(struct directive *directive, struct error *error)
{
	struct config_header *header = arena_alloc(directive->config->arena, sizeof(*header));
	while (directive_next(directive)) {
		if (!is_empty(header)) {
			directive_note(directive, "header was named before, this one has no effect");
			break;
		}
		if (!directive_expect_none(directive, error))
			return false;
		while (directive_next_option(directive))
			if (!read_line(directive, header, error))
				return false;
	}
	if (is_empty(header))
		return directive_fail_arguments(directive, error);
	directive->block->header = header;
	return true;
}
