/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of a YAML scalar is: as the YAML reader in front of the Kubernetes API takes it
 * (YAML 1.1 words for true and false, base prefixes, `_` in numbers). What is not a number, a bool
 * or null is text. */
#include "items.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static const char *const true_words[] = { "y",	  "Y",	  "yes", "Yes", "YES", "true",
					  "True", "TRUE", "on",	 "On",	"ON" };
static const char *const false_words[] = { "n",	    "N",     "no",  "No",  "NO", "false",
					   "False", "FALSE", "off", "Off", "OFF" };
static const char *const null_words[] = { "", "~", "null", "Null", "NULL" };

static bool is_among(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

enum { LONGEST_NUMBER = 80 }; /* a sign, a prefix and 64 binary digits, or a float of any use */

/* [-+]?(0x|0o|0b|0)?digits that fit into 64 bits; what is larger than JSON's integers becomes a
 * real. */
static json_t *read_integer(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	int base = 10;

	if (digits[0] == '0' && digits[1] != '\0') {
		char prefix = digits[1] | 0x20;
		base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
		digits += prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1;
	}
	if (digits[strspn(digits, "0123456789abcdefABCDEF")] != '\0' || digits[0] == '\0')
		return NULL;

	char *end;
	errno = 0;
	unsigned long long number = strtoull(digits, &end, base);
	if (*end != '\0' || errno != 0)
		return NULL;
	if (*text == '-')
		return number <= (unsigned long long)INT64_MAX + 1 ? json_integer((json_int_t)-number)
								   : NULL;
	return number <= INT64_MAX ? json_integer((json_int_t)number) : json_real((double)number);
}

/* [-+]?(.digits|digits[.digits])([eE][-+]?digits)? */
static bool is_real(const char *at)
{
	static const char digits[] = "0123456789";

	at += *at == '-' || *at == '+';
	size_t whole = strspn(at, digits), fraction = 0;
	at += whole;
	if (*at == '.') {
		fraction = strspn(++at, digits);
		at += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (strspn(at, digits) == 0)
			return false;
		at += strspn(at, digits);
	}
	return *at == '\0';
}

static json_t *read_real(const char *text)
{
	if (!is_real(text))
		return NULL;
	double number = strtod(text, NULL);
	if (!isfinite(number))
		return NULL;
	if (number == rint(number) && fabs(number) <= 9007199254740992.0)
		return json_integer((json_int_t)number); /* as it is printed on the way to the API */
	return json_real(number);
}

static json_t *read_number(const char *text, size_t size)
{
	char plain[LONGEST_NUMBER + 1];
	size_t used = 0;

	if (size == 0 || size > LONGEST_NUMBER || strchr("+-.0123456789", text[0]) == NULL)
		return NULL;
	for (size_t i = 0; i < size; i++)
		if (text[i] != '_' || text[0] == '.')
			plain[used++] = text[i];
	plain[used] = '\0';
	json_t *integer = text[0] == '.' ? NULL : read_integer(plain);
	return integer != NULL ? integer : read_real(plain);
}

static json_t *resolve(const char *text, size_t size)
{
	if (is_among(text, null_words, COUNT_OF(null_words)))
		return json_null();
	if (is_among(text, true_words, COUNT_OF(true_words)))
		return json_true();
	if (is_among(text, false_words, COUNT_OF(false_words)))
		return json_false();
	json_t *number = read_number(text, size);
	return number != NULL ? number : json_stringn(text, size);
}

static bool fits_tag(const json_t *value, const char *tag)
{
	if (strcmp(tag, YAML_NULL_TAG) == 0)
		return json_is_null(value);
	if (strcmp(tag, YAML_BOOL_TAG) == 0)
		return json_is_boolean(value);
	if (strcmp(tag, YAML_INT_TAG) == 0)
		return json_is_integer(value);
	return json_is_number(value);
}

static bool is_value_tag(const char *tag)
{
	return strcmp(tag, YAML_NULL_TAG) == 0 || strcmp(tag, YAML_BOOL_TAG) == 0 ||
	       strcmp(tag, YAML_INT_TAG) == 0 || strcmp(tag, YAML_FLOAT_TAG) == 0;
}

json_t *yaml_scalar(const struct yaml_event_s *event, struct error *error)
{
	const char *text = (const char *)event->data.scalar.value,
		   *tag = (const char *)event->data.scalar.tag;
	size_t size = event->data.scalar.length;

	if (tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return resolve(text, size);
	if (tag == NULL || !is_value_tag(tag))
		return json_stringn(text, size);

	json_t *value = resolve(text, size);
	if (fits_tag(value, tag))
		return value;
	json_decref(value);
	error_set(error, "the text is not what its tag !!%s says", strrchr(tag, ':') + 1);
	return NULL;
}
