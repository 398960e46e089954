/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of an expression. What they need at load time (networks, labels) is a text in the expression itself. */
#include "expression_compiler.h"

#include <stdio.h>
#include <string.h>

typedef bool (*function_finish)(struct compiler *compiler, const struct pending *call);
struct function {
	const char *name;
	unsigned arguments;	   /* all of them texts, but for those of int, string and group */
	enum expression_kind kind; /* of those without arguments */
	enum fact fact;
	function_finish finish; /* of the others; arguments are the last operands */
};

static bool finish_in_network(struct compiler *compiler, const struct pending *call)
{
	struct expression *expression = compiler->expression;
	struct config_network network;
	if (!operand_top(compiler)->is_constant)
		return compiler_fail(compiler, &call->token,
				     "incidr takes its network as a text, such as '10.0.0.0/8'");
	struct value_text text = operand_take_constant(compiler);
	if (memchr(text.text, '\0', text.size) != NULL || strchr(text.text, '/') == NULL ||
	    !ip_parse_cidr(text.text, &network.ip, &network.bits))
		return compiler_fail(compiler, &call->token,
				     "incidr takes a network such as '10.0.0.0/8' behind an address");
	uint32_t index = (uint32_t)expression->network_count;
	expression->networks =
		mem_realloc(expression->networks, (expression->network_count + 1) * sizeof(network));
	expression->networks[expression->network_count++] = network;
	const struct operand *address = operand_top(compiler);
	const struct instruction *last = &expression->code[expression->code_count - 1];
	bool is_fact = address->at + 1 == emit_here(compiler) && last->deed == DO_FACT_TEXT;
	enum deed deed = DO_IN_NETWORK;
	if (is_fact && (last->index == FACT_CLIENT_IP || last->index == FACT_SERVER_IP)) {
		deed = last->index == FACT_CLIENT_IP ? DO_CLIENT_IN : DO_SERVER_IN;
		expression->code_count--;
	}
	return emit_over(compiler, 1, KIND_BOOL, (struct instruction){ .deed = deed, .index = index });
}

static bool finish_metadata(struct compiler *compiler, const struct pending *call)
{
	enum metadata_label label;
	if (!operand_top(compiler)->is_constant)
		return compiler_fail(compiler, &call->token,
				     "metadata takes its label as a text, such as 'view/name'");
	struct value_text text = operand_take_constant(compiler);
	struct instruction instruction = { .deed = DO_PUSH, .value.text = { "", 0 } };
	if (metadata_find(text.text, text.size, &label))
		instruction = (struct instruction){ .deed = DO_METADATA, .index = label };
	return emit_value(compiler, KIND_TEXT, instruction);
}

static bool finish_length(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 1, KIND_NUMBER, (struct instruction){ .deed = DO_LENGTH });
}

static bool finish_lower(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 1, KIND_TEXT, (struct instruction){ .deed = DO_LOWER });
}

static bool finish_upper(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 1, KIND_TEXT, (struct instruction){ .deed = DO_UPPER });
}

static bool finish_replace(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 3, KIND_TEXT, (struct instruction){ .deed = DO_REPLACE });
}

static bool finish_starts(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 2, KIND_BOOL, (struct instruction){ .deed = DO_STARTS });
}

static bool finish_ends(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	return emit_over(compiler, 2, KIND_BOOL, (struct instruction){ .deed = DO_ENDS });
}

/* Of what is one already they make nothing else. */
static bool finish_number(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	if (operand_top(compiler)->kind == KIND_NUMBER)
		return true;
	return emit_over(compiler, 1, KIND_NUMBER, (struct instruction){ .deed = DO_TO_NUMBER });
}

static bool finish_text(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	if (operand_top(compiler)->kind == KIND_TEXT)
		return true;
	return emit_over(compiler, 1, KIND_TEXT, (struct instruction){ .deed = DO_TO_TEXT });
}

static bool finish_group(struct compiler *compiler, const struct pending *call)
{
	(void)call;
	enum deed deed = operand_top(compiler)->kind == KIND_TEXT ? DO_GROUP_TEXT : DO_GROUP_NUMBER;
	return emit_over(compiler, 1, KIND_TEXT, (struct instruction){ .deed = deed });
}

static const struct function functions[] = {
	{ "type", 0, KIND_TEXT, FACT_TYPE, NULL },
	{ "name", 0, KIND_TEXT, FACT_NAME, NULL },
	{ "class", 0, KIND_TEXT, FACT_CLASS, NULL },
	{ "proto", 0, KIND_TEXT, FACT_PROTO, NULL },
	{ "client_ip", 0, KIND_TEXT, FACT_CLIENT_IP, NULL },
	{ "port", 0, KIND_TEXT, FACT_PORT, NULL },
	{ "server_ip", 0, KIND_TEXT, FACT_SERVER_IP, NULL },
	{ "server_port", 0, KIND_TEXT, FACT_SERVER_PORT, NULL },
	{ "size", 0, KIND_NUMBER, FACT_SIZE, NULL },
	{ "bufsize", 0, KIND_NUMBER, FACT_BUFSIZE, NULL },
	{ "id", 0, KIND_NUMBER, FACT_ID, NULL },
	{ "opcode", 0, KIND_NUMBER, FACT_OPCODE, NULL },
	{ "do", 0, KIND_BOOL, FACT_DO, NULL },
	{ "incidr", 2, KIND_BOOL, FACT_COUNT, finish_in_network },
	{ "metadata", 1, KIND_TEXT, FACT_COUNT, finish_metadata },
	{ "len", 1, KIND_NUMBER, FACT_COUNT, finish_length },
	{ "lower", 1, KIND_TEXT, FACT_COUNT, finish_lower },
	{ "upper", 1, KIND_TEXT, FACT_COUNT, finish_upper },
	{ "replace", 3, KIND_TEXT, FACT_COUNT, finish_replace },
	{ "hasPrefix", 2, KIND_BOOL, FACT_COUNT, finish_starts },
	{ "hasSuffix", 2, KIND_BOOL, FACT_COUNT, finish_ends },
	{ "int", 1, KIND_NUMBER, FACT_COUNT, finish_number },
	{ "string", 1, KIND_TEXT, FACT_COUNT, finish_text },
	{ "group", 1, KIND_TEXT, FACT_COUNT, finish_group }, /* last: only where there are groups */
};

static const struct function *find_function(const struct compiler *compiler, const char *name,
					    size_t size)
{
	size_t count = COUNT_OF(functions) - (compiler->names == NULL);
	for (size_t i = 0; i < count; i++)
		if (strlen(functions[i].name) == size && memcmp(functions[i].name, name, size) == 0)
			return &functions[i];
	return NULL;
}

static bool put_fact(struct compiler *compiler, const struct function *function)
{
	static const enum deed deeds[] = {
		[KIND_BOOL] = DO_FACT_BOOL,
		[KIND_NUMBER] = DO_FACT_NUMBER,
		[KIND_TEXT] = DO_FACT_TEXT,
	};
	if (!compiler_is_at(compiler, WORD_CLOSE))
		return compiler_fail_unexpected(compiler, "), for this function takes nothing");
	return emit_value(compiler, function->kind,
			  (struct instruction){ .deed = deeds[function->kind],
						.index = function->fact }) &&
	       compiler_advance(compiler);
}

bool call_begin(struct compiler *compiler, bool *wants_value)
{
	const struct token name = compiler->token;
	const struct function *function =
		find_function(compiler, compiler->lexer.text + name.at, name.size);
	if (function == NULL) {
		char sentence[100];
		snprintf(sentence, sizeof(sentence), "unknown name %.*s",
			 name.size < 60 ? (int)name.size : 60, compiler->lexer.text + name.at);
		return compiler_fail(compiler, &name, sentence);
	}
	if (!compiler_advance(compiler))
		return false;
	if (!compiler_is_at(compiler, WORD_OPEN))
		return compiler_fail_unexpected(compiler, "( behind the name of a function");
	if (!compiler_advance(compiler))
		return false;
	*wants_value = function->arguments > 0;
	if (function->arguments == 0)
		return put_fact(compiler, function);
	struct pending *call = pending_push(compiler, PENDING_CALL);
	if (call == NULL)
		return false;
	call->function = function;
	call->token = name;
	return true;
}

bool call_end_argument(struct compiler *compiler, struct pending *call)
{
	char sentence[100];
	const struct function *function = call->function;
	if (++call->arguments > function->arguments) {
		snprintf(sentence, sizeof(sentence), "too many arguments to call %s", function->name);
		return compiler_fail(compiler, &call->token, sentence);
	}
	bool takes_numbers = function->finish == finish_number || function->finish == finish_text ||
			     function->finish == finish_group;
	enum expression_kind kind = operand_top(compiler)->kind;
	if (kind != KIND_TEXT && !(takes_numbers && kind == KIND_NUMBER)) {
		snprintf(sentence, sizeof(sentence),
			 "cannot use %s as argument (type string) to call %s",
			 expression_kinds[operand_top(compiler)->kind], function->name);
		return compiler_fail(compiler, &call->token, sentence);
	}
	return true;
}

bool call_end(struct compiler *compiler, const struct pending *call)
{
	if (call->arguments == call->function->arguments)
		return call->function->finish(compiler, call);
	char sentence[100];
	snprintf(sentence, sizeof(sentence), "not enough arguments to call %s", call->function->name);
	return compiler_fail(compiler, &call->token, sentence);
}
