/* SPDX-License-Identifier: Apache-2.0 */
/* Whole strings read as numbers and durations. Anything left over makes the string malformed: a
 * typing error in a configuration must not become another value. */
#include "knamed/base.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_to_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (!is_digit(*text) || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	if (number < least || number > most)
		return false;
	*ret_number = number;
	return true;
}

bool text_to_integer(const char *text, int64_t *ret_number)
{
	bool is_negative = *text == '-';
	uint64_t number;
	if (*text == '-' || *text == '+')
		text++;
	if (!text_to_number(text, 0, INT64_MAX, &number))
		return false;
	*ret_number = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000ULL },
	{ "h", 3600 * 1000000000ULL },
};

static const struct unit *unit_named(const char *name, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strlen(units[i].name) == size && memcmp(units[i].name, name, size) == 0)
			return &units[i];
	return NULL;
}

/* The digits behind the point as a share of a unit; digits too small to matter are skipped. */
static const char *read_fraction(const char *text, uint64_t *ret_part, uint64_t *ret_whole)
{
	uint64_t part = 0, whole = 1;
	for (; is_digit(*text); text++) {
		if (whole < 1000000000000ULL) {
			part = part * 10 + (uint64_t)(*text - '0');
			whole *= 10;
		}
	}
	*ret_part = part;
	*ret_whole = whole;
	return text;
}

/* One "1.5h" of a duration, added to *ns. Returns what follows, or NULL. */
static const char *read_term(const char *text, uint64_t *ns)
{
	const char *start = text;
	uint64_t number = 0, part = 0, whole = 1;
	for (; is_digit(*text); text++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return NULL;
	}
	bool has_digits = text > start;
	if (*text == '.') {
		const char *fraction = text + 1;
		text = read_fraction(fraction, &part, &whole);
		has_digits |= text > fraction;
	}
	if (!has_digits)
		return NULL;

	size_t size = 0;
	while (text[size] != '\0' && text[size] != '.' && !is_digit(text[size]))
		size++;
	const struct unit *unit = unit_named(text, size);
	if (unit == NULL || __builtin_mul_overflow(number, unit->ns, &number))
		return NULL;
	uint64_t fraction_ns = (uint64_t)((unsigned __int128)part * unit->ns / whole);
	if (__builtin_add_overflow(number, fraction_ns, &number) ||
	    __builtin_add_overflow(*ns, number, ns) || *ns > INT64_MAX)
		return NULL;
	return text + size;
}

bool text_to_duration_ms(const char *text, uint64_t *ret_ms)
{
	uint64_t ns = 0;
	if (*text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	if (*text == '\0')
		return false;
	while (*text != '\0') {
		text = read_term(text, &ns);
		if (text == NULL)
			return false;
	}
	*ret_ms = ns / 1000000;
	return true;
}

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool text_equal(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool text_equal_fold(const char *a, const char *b)
{
	for (; *a != '\0' && fold(*a) == fold(*b); a++)
		b++;
	return fold(*a) == fold(*b);
}
