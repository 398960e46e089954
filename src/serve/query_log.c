/* SPDX-License-Identifier: Apache-2.0 */
/* Query lines. A format is cut into pieces when the configuration is read; a line is put together
 * in a buffer on the asking thread's stack and copied into its ring. */
#include "query_log.h"

#include <string.h>

#include "line.h"
#include "query_fields.h"
#include "route.h"

/* A field, a piece of metadata, or where both are not there a part of the configuration's text. */
struct piece {
	const struct query_field *field;
	bool is_metadata;
	enum metadata_label label;
	const char *text;
	size_t size;
};
struct rule {
	struct zone_name *names;
	size_t name_count;
	unsigned classes;
	struct piece *pieces;
	size_t piece_count;
};
struct query_log {
	size_t count;
	struct rule rules[];
};

/* ---- compiling ---- */

static void rule_add(struct rule *rule, const struct piece *piece)
{
	size_t room = (rule->piece_count + 1) * sizeof(*rule->pieces);
	rule->pieces = mem_realloc(rule->pieces, room);
	rule->pieces[rule->piece_count++] = *piece;
}

static void rule_add_text(struct rule *rule, const char *text, size_t size)
{
	if (size > 0)
		rule_add(rule, &(struct piece){ .text = text, .size = size });
}

/* "{rcode}" or "{/kubernetes/service}". False: it is no word. */
static bool word_read(const char *word, size_t size, struct piece *ret_piece)
{
	*ret_piece = (struct piece){ .field = query_field_find(word, size) };
	if (ret_piece->field != NULL)
		return true;
	bool is_metadata = size > 2 && word[1] == '/';
	ret_piece->is_metadata = is_metadata && metadata_find(word + 2, size - 3, &ret_piece->label);
	if (is_metadata && !ret_piece->is_metadata) {
		ret_piece->text = "-"; /* nobody gives it */
		ret_piece->size = 1;
	}
	return is_metadata;
}

/* A word begins at the last '{' before a '}', so that braces may stand around words. */
static void rule_cut_format(struct rule *rule, const char *format)
{
	const char *from = format;
	for (const char *close; (close = strchr(from, '}')) != NULL; from = close + 1) {
		const char *open = memrchr(from, '{', (size_t)(close - from));
		struct piece piece;
		bool is_word = open != NULL && word_read(open, (size_t)(close - open) + 1, &piece);
		const char *text_end = is_word ? open : close + 1;
		rule_add_text(rule, from, (size_t)(text_end - from));
		if (is_word)
			rule_add(rule, &piece);
	}
	rule_add_text(rule, from, strlen(from));
}

static void rule_compile(struct rule *rule, const struct config_log *config)
{
	rule->classes = config->classes;
	rule_cut_format(rule, config->format);
	rule->names = mem_zalloc((config->names.count + 1) * sizeof(*rule->names));
	for (size_t i = 0; i < config->names.count; i++)
		if (zone_name_read(config->names.zones[i].text, &rule->names[rule->name_count]))
			rule->name_count++;
}

struct query_log *query_log_compile(const struct config_block *block)
{
	if (block->log_count == 0)
		return NULL;
	struct query_log *log = mem_zalloc(sizeof(*log) + block->log_count * sizeof(log->rules[0]));
	log->count = block->log_count;
	for (size_t i = 0; i < log->count; i++)
		rule_compile(&log->rules[i], &block->logs[i]);
	return log;
}

void query_log_free(struct query_log *log)
{
	if (log == NULL)
		return;
	for (size_t i = 0; i < log->count; i++) {
		mem_free(log->rules[i].names);
		mem_free(log->rules[i].pieces);
	}
	mem_free(log);
}

/* ---- lines ---- */

static void write_metadata(struct line *line, const struct metadata *metadata, enum metadata_label label)
{
	char value[METADATA_ROOM];
	size_t size;
	if (metadata != NULL && metadata_write(metadata, label, value, &size))
		line_add_n(line, value, size);
	else
		line_add(line, "-");
}

static void write_message(struct line *line, const struct rule *rule, const struct answered *answered)
{
	for (size_t i = 0; i < rule->piece_count; i++) {
		const struct piece *piece = &rule->pieces[i];
		if (piece->field != NULL)
			piece->field->write(line, answered);
		else if (piece->is_metadata)
			write_metadata(line, answered->metadata, piece->label);
		else
			line_add_n(line, piece->text, piece->size);
	}
}

/* The first rule that has the name decides, whether it wants the line or not. */
static const struct rule *rule_for(const struct query_log *log, const struct answered *answered)
{
	for (size_t i = 0; i < log->count; i++)
		for (size_t j = 0; j < log->rules[i].name_count; j++)
			if (name_is_under(answered->query->lower, log->rules[i].names[j].name))
				return &log->rules[i];
	return NULL;
}

static bool rule_wants(const struct rule *rule, const struct answered *answered)
{
	return rule->classes == LOG_CLASS_ALL || (rule->classes & query_class(answered)) != 0;
}

void query_log_put(const struct query_log *log, const struct answered *answered, struct log_ring *ring)
{
	const struct rule *rule = rule_for(log, answered);
	if (rule == NULL || !rule_wants(rule, answered))
		return;
	struct line line, message;
	line_start(&line);
	line_start(&message);
	if (log_form_in_force() == LOG_FORM_TEXT) {
		line_add(&line, "[INFO] ");
		write_message(&line, rule, answered);
	} else {
		write_message(&message, rule, answered);
		line_begin_json(&line, "INFO", &message, "log");
		query_json_write(&line, answered);
		line_add(&line, "}");
	}
	log_ring_put(ring, line.text, line.size);
}
