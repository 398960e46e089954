/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines: operands, calls of functions, parentheses and |. Steps come out in the order in which
 * a stack wants them. */
#include <string.h>

#include "template_parts.h"

enum { FRAMES_MOST = 8, ARGUMENTS_MOST = 8 };

static const struct function {
	const char *name;
	enum template_function function;
	unsigned least, most;
} functions[] = {
	{ "index", TEMPLATE_INDEX, 2, 2 },
	{ "len", TEMPLATE_LEN, 1, 1 },
	{ "slice", TEMPLATE_SLICE, 1, 3 },
	{ "parseInt", TEMPLATE_PARSE_INT, 3, 3 },
	{ "print", TEMPLATE_JOIN, 0, ARGUMENTS_MOST },
	{ "printf", TEMPLATE_PRINTF, 1, ARGUMENTS_MOST },
	{ "eq", TEMPLATE_EQ, 2, ARGUMENTS_MOST },
	{ "ne", TEMPLATE_NE, 2, 2 },
	{ "lt", TEMPLATE_LT, 2, 2 },
	{ "le", TEMPLATE_LE, 2, 2 },
	{ "gt", TEMPLATE_GT, 2, 2 },
	{ "ge", TEMPLATE_GE, 2, 2 },
	{ "and", TEMPLATE_AND, 1, ARGUMENTS_MOST },
	{ "or", TEMPLATE_OR, 1, ARGUMENTS_MOST },
	{ "not", TEMPLATE_NOT, 1, 1 },
	{ ".Meta", TEMPLATE_META, 1, 1 },
};

static const char *const unbuilt[] = { "html", "js", "urlquery", "call", "println", "nil" };

static const struct {
	const char *name;
	enum template_field field;
} fields[] = {
	{ ".Name", TEMPLATE_NAME },
	{ ".Zone", TEMPLATE_ZONE },
	{ ".Class", TEMPLATE_CLASS },
	{ ".Type", TEMPLATE_TYPE },
	{ ".Remote", TEMPLATE_REMOTE },
	{ ".Regex", TEMPLATE_REGEX },
	{ ".Match", TEMPLATE_MATCHES },
	{ ".Group", TEMPLATE_GROUPS },
	{ ".Question.Name", TEMPLATE_QUESTION_NAME },
	{ ".Question.Qtype", TEMPLATE_QUESTION_TYPE },
	{ ".Question.Qclass", TEMPLATE_QUESTION_CLASS },
};

/* A pipeline that is being read; those in parentheses lie above the one they stand in. */
struct frame {
	const struct function *function; /* of the command at hand; NULL: none */
	unsigned count;			 /* values of the command, with what was piped into it */
	unsigned wanted;		 /* by printf's format; 0: no printf */
	bool is_piped;
};
struct pipeline {
	struct frame frames[FRAMES_MOST];
	unsigned depth;
};

static struct frame *top(struct pipeline *pipeline)
{
	return &pipeline->frames[pipeline->depth - 1];
}

static bool push(struct template_reader *reader)
{
	return ++reader->stack <= TEMPLATE_STACK ||
	       template_refuse(reader, "more than %d values at once", TEMPLATE_STACK);
}

/* Counts a value that was put on the stack for the command at hand. */
static bool take_operand(struct template_reader *reader, struct frame *frame)
{
	if (frame->function == NULL && frame->count > 0)
		return frame->is_piped
			       ? template_refuse(reader, "non executable command in pipeline")
			       : template_refuse(reader, "can't give argument to non-function");
	frame->count++;
	return push(reader);
}

static bool word_is(const char *at, size_t size, const char *word)
{
	return strlen(word) == size && strncmp(at, word, size) == 0;
}

/* ---- operands ---- */

/* All groups at once are good for `index` and `len` alone. */
static bool check_collection(const struct template_reader *reader, const struct frame *frame,
			     const char *name)
{
	bool is_first = frame->function != NULL && frame->count == frame->is_piped &&
			(frame->function->function == TEMPLATE_INDEX ||
			 frame->function->function == TEMPLATE_LEN);
	return is_first ||
	       template_refuse(reader, "%s stands for many texts: `index %s ...` takes one", name,
			       name);
}

/* .Group.x and .Var.x */
static bool read_member(struct template_reader *reader, struct frame *frame, const char *from,
			size_t size, bool *ret_is_one)
{
	static const struct {
		const char *prefix;
		enum template_op op;
	} of[] = { { ".Group.", TEMPLATE_GROUP }, { ".Var.", TEMPLATE_VAR } };
	*ret_is_one = false;
	for (size_t i = 0; i < COUNT_OF(of); i++) {
		size_t prefix = strlen(of[i].prefix);
		if (size <= prefix || strncmp(from, of[i].prefix, prefix) != 0 ||
		    template_word_size(from + prefix) != size - prefix)
			continue;
		struct template_step *step = template_add(reader, of[i].op);
		step->size = size - prefix;
		step->text = arena_text(reader->arena, from + prefix, step->size);
		*ret_is_one = true;
		return take_operand(reader, frame);
	}
	return true;
}

/* .Name, .Group.x, .Question.Qtype, with `$` in front or not; at stands on the first dot. */
static bool read_field(struct template_reader *reader, struct frame *frame)
{
	const char *from = reader->at;
	size_t size = 0;
	while (from[size] == '.' && template_word_size(from + size + 1) > 0)
		size += 1 + template_word_size(from + size + 1);
	reader->at += size > 0 ? size : 1;
	for (size_t i = 0; i < size; i++)
		if (from[i] == '.' && from[i + 1] >= '0' && from[i + 1] <= '9')
			return template_refuse(reader, "unexpected \".%.*s\" in operand",
					       (int)template_word_size(from + i + 1), from + i + 1);
	bool is_member;
	if (!read_member(reader, frame, from, size, &is_member))
		return false;
	if (is_member)
		return true;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (!word_is(from, size, fields[i].name))
			continue;
		bool is_collection =
			fields[i].field == TEMPLATE_MATCHES || fields[i].field == TEMPLATE_GROUPS;
		if (is_collection && !check_collection(reader, frame, fields[i].name))
			return false;
		template_add(reader, TEMPLATE_FIELD)->number = fields[i].field;
		return take_operand(reader, frame);
	}
	return template_refuse(reader,
			       "%.*s is not built into knamed: .Name .Zone .Class .Type .Match .Group "
			       ".Var .Remote .Regex .Meta .Question.Name .Question.Qtype .Question.Qclass are",
			       (int)(size > 0 ? size : 1), from);
}

static bool read_variable(struct template_reader *reader, struct frame *frame)
{
	const char *name = ++reader->at;
	size_t size = template_word_size(name);
	reader->at += size;
	if (size == 0 && *reader->at == '.') /* $ is the whole */
		return read_field(reader, frame);
	for (unsigned i = reader->variable_count; i-- > 0;) {
		if (reader->variable_sizes[i] != size || strncmp(reader->variables[i], name, size) != 0)
			continue;
		if (*reader->at == '.')
			return template_refuse(reader, "$%.*s is a text or a number, it has no fields",
					       (int)size, name);
		template_add(reader, TEMPLATE_GET)->number = i;
		return take_operand(reader, frame);
	}
	return template_refuse(reader, "undefined variable \"$%.*s\"", (int)size, name);
}

static bool read_string(struct template_reader *reader, struct frame *frame)
{
	const char *text;
	size_t size;
	if (!template_read_string(reader, &text, &size))
		return false;
	bool is_format = frame->function != NULL && frame->count == frame->is_piped &&
			 frame->function->function == TEMPLATE_PRINTF;
	if (is_format && !template_check_format(reader, text, size, &frame->wanted))
		return false;
	struct template_step *step = template_add(reader, TEMPLATE_STRING);
	step->text = text;
	step->size = size;
	return take_operand(reader, frame);
}

static bool read_number(struct template_reader *reader, struct frame *frame)
{
	int64_t number;
	if (!template_read_number(reader, &number))
		return false;
	template_add(reader, TEMPLATE_NUMBER)->number = number;
	return take_operand(reader, frame);
}

/* true, false, or a function. */
static bool read_word(struct template_reader *reader, struct frame *frame)
{
	const char *from = reader->at;
	size_t size = template_word_size(from + 1) + 1;
	reader->at += size;
	if (word_is(from, size, "true") || word_is(from, size, "false")) {
		template_add(reader, TEMPLATE_BOOL)->number = *from == 't';
		return take_operand(reader, frame);
	}
	for (size_t i = 0; i < COUNT_OF(unbuilt); i++)
		if (word_is(from, size, unbuilt[i]))
			return template_refuse(reader, "%s is not built into knamed", unbuilt[i]);
	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		if (!word_is(from, size, functions[i].name))
			continue;
		if (frame->function != NULL || frame->count > frame->is_piped)
			return template_refuse(reader, "%s with its arguments needs parentheses here",
					       functions[i].name);
		frame->function = &functions[i];
		return true;
	}
	return template_refuse(reader, "function \"%.*s\" not defined", (int)size, from);
}

static bool is_meta(const char *at)
{
	return strncmp(at, ".Meta", 5) == 0 && template_word_size(at + 1) == 4;
}

static bool read_operand(struct template_reader *reader, struct frame *frame)
{
	char c = *reader->at;
	if (is_meta(reader->at))
		return read_word(reader, frame);
	if (c == '.')
		return read_field(reader, frame);
	if (c == '$')
		return read_variable(reader, frame);
	if (c == '"' || c == '`')
		return read_string(reader, frame);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+')
		return read_number(reader, frame);
	if (template_word_size(reader->at) > 0)
		return read_word(reader, frame);
	return c == '\0' ? template_refuse(reader, "unclosed action")
			 : template_refuse(reader, "unexpected \"%c\" in operand", c);
}

/* ---- commands ---- */

/* The command's one value is on the stack from here on. */
static bool end_command(struct template_reader *reader, struct frame *frame)
{
	const struct function *function = frame->function;
	if (function == NULL)
		return frame->is_piped && frame->count == 1
			       ? template_refuse(reader, "missing value for command")
		       : frame->count == 1 ? true
					   : template_refuse(reader, "missing value for command");
	if (frame->count < function->least || frame->count > function->most)
		return template_refuse(reader, "wrong number of args for %s: want %u got %u",
				       function->name, function->least, frame->count);
	if (function->function == TEMPLATE_PRINTF && frame->wanted != frame->count)
		return template_refuse(reader,
				       frame->wanted == 0
					       ? "printf: its first argument must be a string "
						 "that stands here"
					       : "printf: its format and its arguments are not of "
						 "the same number");
	struct template_step *step = template_add(reader, TEMPLATE_CALL);
	step->number = function->function;
	step->count = (uint8_t)frame->count;
	step->is_piped = frame->is_piped;
	reader->stack -= frame->count;
	return push(reader);
}

static bool open_parenthesis(struct template_reader *reader, struct pipeline *pipeline)
{
	if (pipeline->depth == FRAMES_MOST)
		return template_refuse(reader, "more than %d parentheses in each other",
				       FRAMES_MOST - 1);
	pipeline->frames[pipeline->depth++] = (struct frame){ 0 };
	reader->at++;
	return true;
}

static bool close_parenthesis(struct template_reader *reader, struct pipeline *pipeline)
{
	if (pipeline->depth == 1)
		return template_refuse(reader, "unexpected right paren");
	if (!end_command(reader, top(pipeline)))
		return false;
	pipeline->depth--;
	reader->at++;
	reader->stack--; /* it is counted as an operand */
	if (*reader->at == '.')
		return template_refuse(reader, "what parentheses give has no fields");
	return take_operand(reader, top(pipeline));
}

static bool read_pipe(struct template_reader *reader, struct frame *frame)
{
	if (!end_command(reader, frame))
		return false;
	*frame = (struct frame){ .count = 1, .is_piped = true };
	reader->at++;
	return true;
}

static bool read_one(struct template_reader *reader, struct pipeline *pipeline)
{
	switch (*reader->at) {
	case '(':
		return open_parenthesis(reader, pipeline);
	case ')':
		return close_parenthesis(reader, pipeline);
	case '|':
		return read_pipe(reader, top(pipeline));
	default:
		return read_operand(reader, top(pipeline));
	}
}

bool template_read_pipeline(struct template_reader *reader)
{
	struct pipeline pipeline = { .depth = 1 };
	for (;;) {
		template_skip_blanks(reader);
		if (template_is_at_end(reader))
			break;
		if (!read_one(reader, &pipeline))
			return false;
	}
	if (pipeline.depth > 1)
		return template_refuse(reader, "unclosed left paren");
	return end_command(reader, top(&pipeline));
}
