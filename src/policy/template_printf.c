/* SPDX-License-Identifier: Apache-2.0 */
/* printf of templates. That a format is good and takes as many values as there are was found when it was read. */
#include "template_value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct verb {
	char letter;
	bool has_zeros, is_left;
	unsigned width;
};

/* Puts text out in the verb's width. */
static bool put(struct template_expansion *expansion, const struct verb *verb, const char *text,
		size_t size)
{
	size_t fill = verb->width > size ? verb->width - size : 0;
	char *to = expansion->scratch + expansion->scratch_size;
	if (size + fill > EXPANSION_MAX - expansion->scratch_size)
		return false;
	if (!verb->is_left)
		memset(to, verb->has_zeros ? '0' : ' ', fill);
	memcpy(to + (verb->is_left ? 0 : fill), text, size);
	if (verb->is_left)
		memset(to + size, ' ', fill);
	expansion->scratch_size += size + fill;
	return true;
}

static size_t print_binary(uint64_t number, char ret_digits[64])
{
	size_t size = 1;
	while (size < 64 && number >> size != 0)
		size++;
	for (size_t i = 0; i < size; i++)
		ret_digits[i] = (char)('0' + (number >> (size - 1 - i) & 1));
	return size;
}

/* The sign stands before zeros that fill the width. */
static bool put_number(struct template_expansion *expansion, const struct verb *verb,
		       const struct value *value)
{
	char digits[66];
	size_t size;
	struct verb rest = *verb;
	unsigned long long number = value->number;
	if (value->is_negative && verb->has_zeros) {
		const struct verb bare = { .letter = verb->letter };
		if (!put(expansion, &bare, "-", 1))
			return false;
		rest.width -= rest.width > 0;
	}
	bool has_sign = value->is_negative && !verb->has_zeros;
	digits[0] = '-';
	char *at = digits + has_sign;
	if (verb->letter == 'b')
		size = print_binary(value->number, at);
	else if (verb->letter == 'x')
		size = (size_t)snprintf(at, 30, "%llx", number);
	else if (verb->letter == 'X')
		size = (size_t)snprintf(at, 30, "%llX", number);
	else if (verb->letter == 'o')
		size = (size_t)snprintf(at, 30, "%llo", number);
	else
		size = (size_t)snprintf(at, 30, "%llu", number);
	return put(expansion, &rest, digits, size + has_sign);
}

/* As hexadecimal digits, or in quotes: longer than the text, so octet by octet. */
static bool put_converted(struct template_expansion *expansion, const struct verb *verb,
			  const struct value *value)
{
	char text[EXPANSION_MAX];
	size_t size = 0;
	if (verb->letter == 'q')
		text[size++] = '"';
	for (size_t i = 0; i < value->size; i++) {
		unsigned char octet = (unsigned char)value->text[i];
		if (size + 6 > sizeof(text))
			return false;
		if (verb->letter != 'q')
			size += (size_t)snprintf(text + size, 3,
						 verb->letter == 'x' ? "%02x" : "%02X", octet);
		else if (octet == '"' || octet == '\\')
			size += (size_t)snprintf(text + size, 3, "\\%c", octet);
		else if (isprint(octet))
			text[size++] = (char)octet;
		else
			size += (size_t)snprintf(text + size, 5, "\\x%02x", octet);
	}
	if (verb->letter == 'q')
		text[size++] = '"';
	return put(expansion, verb, text, size);
}

/* False in ret_fits: no such verb for such a value. */
static bool put_value(struct template_expansion *expansion, const struct verb *verb,
		      const struct value *value, bool *ret_fits)
{
	bool is_any = verb->letter == 'v';
	*ret_fits = true;
	if (value->kind == VALUE_TEXT && (is_any || verb->letter == 's'))
		return put(expansion, verb, value->text, value->size);
	if (value->kind == VALUE_TEXT && strchr("xXq", verb->letter) != NULL)
		return put_converted(expansion, verb, value);
	if (value->kind == VALUE_NUMBER && (is_any || strchr("dxXob", verb->letter) != NULL))
		return put_number(expansion, verb, value);
	if (value->kind == VALUE_BOOL && (is_any || verb->letter == 't'))
		return put(expansion, verb, value->number != 0 ? "true" : "false",
			   value->number != 0 ? 4 : 5);
	*ret_fits = false;
	return false;
}

static const char *read_verb(const char *at, struct verb *ret_verb)
{
	*ret_verb = (struct verb){ .has_zeros = *at == '0', .is_left = *at == '-' };
	at += *at == '0' || *at == '-';
	for (; *at >= '0' && *at <= '9'; at++)
		ret_verb->width = ret_verb->width * 10 + (unsigned)(*at - '0');
	ret_verb->letter = *at;
	return at + 1;
}

struct value template_printf(struct template_machine *machine, const struct value *arguments,
			     unsigned count)
{
	struct template_expansion *expansion = machine->expansion;
	const struct verb bare = { .letter = 's' };
	const char *at = arguments[0].text, *end = at + arguments[0].size;
	size_t from = expansion->scratch_size;
	unsigned next = 1;
	while (at < end) {
		struct verb verb;
		bool fits = true, has_room;
		if (at[0] != '%' || at[1] == '%') {
			has_room = put(expansion, &bare, at, 1);
			at += at[0] == '%' ? 2 : 1;
		} else {
			at = read_verb(at + 1, &verb);
			has_room = next < count &&
				   put_value(expansion, &verb, &arguments[next++], &fits);
		}
		if (!fits)
			return value_failed(machine, "printf: a value does not fit its verb %%%c",
					    verb.letter);
		if (!has_room)
			return value_failed(machine, "printf: more than %d octets", EXPANSION_MAX);
	}
	return value_text(expansion->scratch + from, expansion->scratch_size - from);
}
