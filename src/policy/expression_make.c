/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and numbers that an expression makes. Texts lie in the run's room, one behind the other. */
#include "expression_run.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Of UTF-8, in characters. */
static size_t length_of(struct value_text text)
{
	size_t length = 0;
	for (size_t i = 0; i < text.size; i++)
		length += ((unsigned char)text.text[i] & 0xc0) != 0x80;
	return length;
}

static bool change_case(struct run *run, int (*change)(int))
{
	struct value_text *text = &top(run)->text;
	char *at = run->room + run->used;
	if (EXPRESSION_ROOM - run->used < text->size)
		return false;
	for (size_t i = 0; i < text->size; i++)
		at[i] = (char)((unsigned char)text->text[i] < 0x80 ? change(text->text[i])
								   : text->text[i]);
	run->used += text->size;
	text->text = at;
	return true;
}

static char *take_room(struct run *run, size_t size)
{
	if (size > EXPRESSION_ROOM - run->used)
		return NULL;
	run->used += size;
	return run->room + run->used - size;
}

static bool put_group(struct run *run, struct value_text name)
{
	struct worth group = { .text = "" };
	run->given->group(run->given->context, name.text, name.size, &group);
	top(run)->text = (struct value_text){ group.text, group.size };
	return true;
}

static bool make_text(struct run *run)
{
	char *text = take_room(run, 32);
	if (text == NULL)
		return false;
	int size = snprintf(text, 32, "%.15g", top(run)->number);
	top(run)->text = (struct value_text){ text, (size_t)size };
	return true;
}

/* Digits with a sign or without. */
static bool make_number(struct run *run)
{
	struct value_text text = top(run)->text;
	bool is_negative = text.size > 0 && text.text[0] == '-';
	size_t first = text.size > 0 && (text.text[0] == '-' || text.text[0] == '+');
	double number = 0;
	for (size_t i = first; i < text.size; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		number = number * 10 + (text.text[i] - '0');
	}
	top(run)->number = is_negative ? -number : number;
	return first < text.size && text.size < 20;
}

bool make_join(struct run *run)
{
	struct value_text right = pop(run).text, *left = &top(run)->text;
	char *text = take_room(run, left->size + right.size);
	if (text == NULL)
		return false;
	memcpy(text, left->text, left->size);
	memcpy(text + left->size, right.text, right.size);
	*left = (struct value_text){ text, left->size + right.size };
	return true;
}

/* All occurrences; an empty one stands before each octet and at the end, as in Go for ASCII. */
bool make_replaced(struct run *run)
{
	struct value_text to = pop(run).text, from = pop(run).text;
	struct value_text *whole = &top(run)->text;
	char *made = run->room + run->used;
	size_t size = 0, at = 0;
	while (at <= whole->size) {
		size_t left = whole->size - at;
		bool is_found =
			from.size <= left && memcmp(whole->text + at, from.text, from.size) == 0;
		bool takes_octet = !is_found || from.size == 0;
		size_t more = (is_found ? to.size : 0) + (takes_octet && left > 0);
		if (more > EXPRESSION_ROOM - run->used - size)
			return false;
		if (is_found)
			memcpy(made + size, to.text, to.size);
		size += is_found ? to.size : 0;
		if (takes_octet && left > 0)
			made[size++] = whole->text[at];
		at += takes_octet ? 1 : from.size;
	}
	run->used += size;
	*whole = (struct value_text){ made, size };
	return true;
}

static bool put_group_number(struct run *run)
{
	char name[32];
	int size = snprintf(name, sizeof(name), "%.15g", top(run)->number);
	return put_group(run, (struct value_text){ name, (size_t)size });
}

bool make_one(struct run *run, enum deed deed)
{
	switch (deed) {
	case DO_GROUP_TEXT:
		return put_group(run, top(run)->text);
	case DO_GROUP_NUMBER:
		return put_group_number(run);
	case DO_TO_TEXT:
		return make_text(run);
	case DO_TO_NUMBER:
		return make_number(run);
	case DO_LOWER:
		return change_case(run, tolower);
	case DO_UPPER:
		return change_case(run, toupper);
	default:
		top(run)->number = (double)length_of(top(run)->text);
		return true;
	}
}
