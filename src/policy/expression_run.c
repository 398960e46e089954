/* SPDX-License-Identifier: Apache-2.0 */
/* Runs instructions. Texts that facts are made into lie in a room on the stack, each fact once. */
#include "expression_run.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The compiler counted how deep it gets. */
static struct value *push(struct run *run)
{
	assert(run->depth < EXPRESSION_DEPTH);
	return &run->stack[run->depth++];
}

/* ---- facts ---- */

static void write_fact(const struct viewed *question, enum fact fact, char ret_text[NAME_TEXT_SIZE])
{
	switch (fact) {
	case FACT_TYPE:
		dns_type_print(question->query->type, ret_text);
		break;
	case FACT_NAME:
		name_print(question->query->lower, ret_text);
		break;
	case FACT_CLASS:
		dns_class_print(question->query->class_, ret_text);
		break;
	case FACT_PROTO:
		memcpy(ret_text, question->proto == PROTO_TCP ? "tcp" : "udp", sizeof("tcp"));
		break;
	case FACT_CLIENT_IP:
		ip_print(&question->client, ret_text);
		break;
	case FACT_SERVER_IP:
		ip_print(&question->local, ret_text);
		break;
	case FACT_PORT:
		snprintf(ret_text, NAME_TEXT_SIZE, "%u", (unsigned)question->client_port);
		break;
	default:
		snprintf(ret_text, NAME_TEXT_SIZE, "%u", (unsigned)question->local_port);
		break;
	}
}

static bool put_fact(struct run *run, enum fact fact)
{
	struct value_text *text = &run->facts[fact];
	if (text->text == NULL) {
		char *at = run->room + run->used;
		if (EXPRESSION_ROOM - run->used < NAME_TEXT_SIZE)
			return false;
		write_fact(run->question, fact, at);
		*text = (struct value_text){ at, strlen(at) };
		run->used += text->size;
	}
	push(run)->text = *text;
	return true;
}

static double number_of(const struct viewed *question, enum fact fact)
{
	switch (fact) {
	case FACT_SIZE:
		return question->size;
	case FACT_BUFSIZE:
		return question->proto == PROTO_TCP ? DNS_MESSAGE_MAX : question->query->udp_size;
	case FACT_ID:
		return question->id;
	default:
		return 0; /* of opcodes only QUERY comes here */
	}
}

static bool put_metadata(struct run *run, enum metadata_label label)
{
	struct value_text *text = &push(run)->text;
	char *at = run->room + run->used;
	*text = (struct value_text){ "", 0 };
	if (run->question->metadata == NULL)
		return true;
	if (EXPRESSION_ROOM - run->used < METADATA_ROOM)
		return false;
	size_t size = 0;
	if (metadata_write(run->question->metadata, label, at, &size)) {
		*text = (struct value_text){ at, size };
		run->used += size;
	}
	return true;
}

/* ---- what is done with them ---- */

static bool is_in_network(const struct run *run, const struct ip *ip, uint32_t index)
{
	const struct config_network *network = &run->expression->networks[index];
	return ip_in_cidr(ip, &network->ip, network->bits);
}

/* What is no address has no answer. */
static bool check_network(struct run *run, uint32_t index)
{
	struct value_text text = top(run)->text;
	char copy[64];
	struct ip ip = { 0 };
	if (text.size >= sizeof(copy) || memchr(text.text, '\0', text.size) != NULL)
		return false;
	memcpy(copy, text.text, text.size);
	copy[text.size] = '\0';
	if (!ip_parse(copy, &ip))
		return false;
	top(run)->is_true = is_in_network(run, &ip, index);
	return true;
}

static bool is_same_text(struct value_text a, struct value_text b)
{
	return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static int compare_texts(struct value_text a, struct value_text b)
{
	int order = memcmp(a.text, b.text, a.size < b.size ? a.size : b.size);
	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool is_in_order(enum word word, int order)
{
	switch (word) {
	case WORD_LESS:
		return order < 0;
	case WORD_LESS_EQUAL:
		return order <= 0;
	case WORD_MORE:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool text_holds(enum deed deed, struct value_text whole, struct value_text part)
{
	if (part.size > whole.size)
		return false;
	if (deed == DO_CONTAINS)
		return part.size == 0 || memmem(whole.text, whole.size, part.text, part.size) != NULL;
	const char *at = whole.text + (deed == DO_ENDS ? whole.size - part.size : 0);
	return memcmp(at, part.text, part.size) == 0;
}

static bool is_same(enum deed deed, struct value a, struct value b)
{
	switch (deed) {
	case DO_SAME_BOOL:
	case DO_ITEM_BOOL:
		return a.is_true == b.is_true;
	case DO_SAME_NUMBER:
	case DO_ITEM_NUMBER:
		return a.number == b.number;
	default:
		return is_same_text(a.text, b.text);
	}
}

/* ---- steps ---- */

/* Two values become one. */
static void combine(struct run *run, const struct instruction *step)
{
	struct value right = pop(run), *left = top(run);
	switch (step->deed) {
	case DO_ADD:
		left->number += right.number;
		break;
	case DO_SUBTRACT:
		left->number -= right.number;
		break;
	case DO_ORDER_NUMBER:
		left->is_true = is_in_order(step->word, (left->number > right.number) -
								(left->number < right.number));
		break;
	case DO_ORDER_TEXT:
		left->is_true = is_in_order(step->word, compare_texts(left->text, right.text));
		break;
	case DO_CONTAINS:
	case DO_STARTS:
	case DO_ENDS:
		left->is_true = text_holds(step->deed, left->text, right.text);
		break;
	default:
		left->is_true = is_same(step->deed, *left, right);
		break;
	}
}

/* One value becomes another. */
static bool change(struct run *run, const struct instruction *step)
{
	struct value *value = top(run);
	switch (step->deed) {
	case DO_NOT:
		value->is_true = !value->is_true;
		return true;
	case DO_NEGATE:
		value->number = -value->number;
		return true;
	case DO_IN_NETWORK:
		return check_network(run, step->index);
	default:
		assert(run->expression->regexes != NULL);
		value->is_true = regex_find(run->expression->regexes[step->index], value->text.text,
					    value->text.size, NULL);
		return true;
	}
}

static struct value value_of(const struct worth *worth)
{
	struct value value = { 0 };
	if (worth->kind == KIND_BOOL)
		value.is_true = worth->is_true;
	else if (worth->kind == KIND_NUMBER)
		value.number = worth->number;
	else
		value.text = (struct value_text){ worth->text, worth->size };
	return value;
}

/* A value comes from outside. */
static bool put(struct run *run, const struct instruction *step)
{
	struct value *value;
	const struct viewed *question = run->question;
	switch (step->deed) {
	case DO_FACT_TEXT:
		return put_fact(run, (enum fact)step->index);
	case DO_METADATA:
		return put_metadata(run, (enum metadata_label)step->index);
	default:
		value = push(run);
		break;
	}
	switch (step->deed) {
	case DO_VARIABLE:
		*value = value_of(&run->given->variables[step->index]);
		break;
	case DO_FACT_NUMBER:
		value->number = number_of(question, (enum fact)step->index);
		break;
	case DO_FACT_BOOL:
		value->is_true = question->query->dnssec_ok;
		break;
	case DO_CLIENT_IN:
		value->is_true = is_in_network(run, &question->client, step->index);
		break;
	case DO_SERVER_IN:
		value->is_true = is_in_network(run, &question->local, step->index);
		break;
	default:
		*value = step->value;
		break;
	}
	return true;
}

/* Where it goes on. */
static size_t jump(struct run *run, const struct instruction *step, size_t next)
{
	struct value *value = top(run);
	switch (step->deed) {
	case DO_AND:
	case DO_OR:
		if (value->is_true == (step->deed == DO_OR))
			return step->index;
		run->depth--;
		return next;
	case DO_BRANCH:
		run->depth--;
		return value->is_true ? next : step->index;
	case DO_JUMP:
		return step->index;
	default: /* an item */
		run->depth--;
		if (!is_same(step->deed, *top(run), *value))
			return next;
		top(run)->is_true = true;
		return step->index;
	}
}

/* False: the step has no value. */
static bool run_step(struct run *run, const struct instruction *step, size_t *at)
{
	switch (step->deed) {
	case DO_PUSH:
	case DO_FACT_TEXT:
	case DO_FACT_NUMBER:
	case DO_FACT_BOOL:
	case DO_VARIABLE:
	case DO_METADATA:
	case DO_CLIENT_IN:
	case DO_SERVER_IN:
		return put(run, step);
	case DO_IN_NETWORK:
	case DO_NOT:
	case DO_NEGATE:
	case DO_MATCHES:
		return change(run, step);
	case DO_GROUP_TEXT:
	case DO_GROUP_NUMBER:
	case DO_TO_NUMBER:
	case DO_TO_TEXT:
	case DO_LENGTH:
	case DO_LOWER:
	case DO_UPPER:
		return make_one(run, step->deed);
	case DO_SAME_BOOL:
	case DO_SAME_NUMBER:
	case DO_SAME_TEXT:
	case DO_ORDER_NUMBER:
	case DO_ORDER_TEXT:
	case DO_CONTAINS:
	case DO_STARTS:
	case DO_ENDS:
	case DO_ADD:
	case DO_SUBTRACT:
		combine(run, step);
		return true;
	case DO_JOIN:
		return make_join(run);
	case DO_REPLACE:
		return make_replaced(run);
	case DO_AND:
	case DO_OR:
	case DO_BRANCH:
	case DO_JUMP:
	case DO_ITEM_BOOL:
	case DO_ITEM_NUMBER:
	case DO_ITEM_TEXT:
		*at = jump(run, step, *at);
		return true;
	case DO_NO_ITEM:
		top(run)->is_true = false;
		return true;
	}
	return false;
}

static bool run_all(struct run *run, const struct expression *expression,
		    const struct viewed *question, const struct expression_given *given)
{
	assert(question != NULL);
	memset(run->stack, 0, sizeof(run->stack));
	memset(run->facts, 0, sizeof(run->facts));
	run->expression = expression;
	run->question = question;
	run->given = given;
	run->depth = run->used = 0;
	for (size_t at = 0; at < expression->code_count;) {
		const struct instruction *step = &expression->code[at++];
		if (!run_step(run, step, &at))
			return false;
	}
	return true;
}

bool expression_holds(const struct expression *expression, const struct viewed *question)
{
	struct run run;
	return run_all(&run, expression, question, NULL) && top(&run)->is_true;
}

bool expression_evaluate(const struct expression *expression, const struct viewed *question,
			 struct expression_given *given, struct worth *ret_worth)
{
	struct run run;
	if (!run_all(&run, expression, question, given))
		return false;
	const struct value *value = top(&run);
	*ret_worth = (struct worth){ .kind = expression->kind };
	if (expression->kind == KIND_BOOL)
		ret_worth->is_true = value->is_true;
	if (expression->kind == KIND_NUMBER)
		ret_worth->number = value->number;
	if (expression->kind != KIND_TEXT)
		return true;
	char *text = given->room + given->used;
	if (value->text.size > given->room_size - given->used)
		return false;
	assert(value->text.text != NULL);
	memcpy(text, value->text.text, value->text.size);
	given->used += value->text.size;
	ret_worth->text = text;
	ret_worth->size = value->text.size;
	return true;
}
