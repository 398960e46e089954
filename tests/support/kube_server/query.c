/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent signs and pluses undone. */
static char *unescaped(const char *text, size_t size)
{
	char *copy = mem_zalloc(size + 1), *to = copy;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '%' && i + 2 < size && hex_digit(text[i + 1]) >= 0 &&
		    hex_digit(text[i + 2]) >= 0) {
			*to++ = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
			i += 2;
		} else {
			*to++ = text[i] == '+' ? ' ' : text[i];
		}
	}
	return copy;
}

void query_read(struct query *query, const char *url)
{
	size_t size = strcspn(url, "?");
	*query = (struct query){ .path = unescaped(url, size) };
	url += size + (url[size] == '?');
	while (*url != '\0' && query->count < COUNT_OF(query->parameters)) {
		size_t name = strcspn(url, "=&"), all = strcspn(url, "&");
		size_t value = name < all ? name + 1 : name;
		query->parameters[query->count].name = unescaped(url, name);
		query->parameters[query->count++].value = unescaped(url + value, all - value);
		url += all + (url[all] == '&');
	}
}

void query_done(struct query *query)
{
	mem_free(query->path);
	for (size_t i = 0; i < query->count; i++) {
		mem_free(query->parameters[i].name);
		mem_free(query->parameters[i].value);
	}
	*query = (struct query){ 0 };
}

const char *query_get(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->parameters[i].name, name) == 0)
			return query->parameters[i].value;
	return "";
}

bool query_is_true(const struct query *query, const char *name)
{
	const char *value = query_get(query, name);
	return strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

uint64_t query_number(const struct query *query, const char *name)
{
	uint64_t number;
	return text_to_number(query_get(query, name), 0, UINT64_MAX, &number) ? number : 0;
}

/* ---- Accept ---- */

static bool starts(const char *text, size_t size, const char *with)
{
	return size >= strlen(with) && strncmp(text, with, strlen(with)) == 0;
}

/* One media range with its parameters. */
static bool accept_one(const char *range, size_t size, bool has_protobuf, struct accepted *ret_accepted)
{
	struct accepted accepted = { 0 };
	size_t type = 0;
	while (type < size && range[type] != ';' && range[type] != ' ')
		type++;
	accepted.is_protobuf = type == strlen("application/vnd.kubernetes.protobuf") &&
			       starts(range, type, "application/vnd.kubernetes.protobuf");
	bool is_json =
		(type == strlen("application/json") && starts(range, type, "application/json")) ||
		(type == 3 && starts(range, type, "*/*"));
	for (size_t i = type; i < size; i++)
		if (starts(range + i, size - i, "as=PartialObjectMetadata"))
			accepted.is_partial = true;
		else if (starts(range + i, size - i, "as="))
			return false;
	if (!is_json && !(accepted.is_protobuf && (has_protobuf || accepted.is_partial)))
		return false;
	*ret_accepted = accepted;
	return true;
}

bool accept_read(const char *accept, bool has_protobuf, struct accepted *ret_accepted)
{
	if (accept == NULL || accept[0] == '\0')
		accept = "*/*";
	while (*accept != '\0') {
		accept += strspn(accept, ", ");
		size_t size = strcspn(accept, ",");
		if (accept_one(accept, size, has_protobuf, ret_accepted))
			return true;
		accept += size;
	}
	return false;
}

/* ---- selectors ---- */

/* Cuts the next requirement off: at a comma outside parentheses. */
static char *next_term(char **rest)
{
	char *term = *rest;
	unsigned depth = 0;
	if (term == NULL || *term == '\0')
		return NULL;
	for (char *at = term;; at++) {
		depth += *at == '(';
		depth -= *at == ')' && depth > 0;
		if (*at != '\0' && (*at != ',' || depth > 0))
			continue;
		*rest = *at == '\0' ? at : at + 1;
		*at = '\0';
		return term + strspn(term, " ");
	}
}

static bool listed(const char *list, const char *value)
{
	size_t size = strlen(value);
	for (list += strcspn(list, "(") + 1; *list != '\0'; list += strspn(list, ", )")) {
		size_t word = strcspn(list, ", )");
		if (word == size && strncmp(list, value, size) == 0)
			return true;
		list += word;
		if (*list == ')')
			break;
	}
	return size == 0 && strstr(list, "()") != NULL;
}

/* key in (a,b) | key notin (a) | key=a | key==a | key!=a | key | !key */
static bool label_term_matches(char *term, const json_t *labels)
{
	bool is_not = *term == '!';
	term += is_not;
	size_t size = strcspn(term, " =!");
	char *rest = term + size + strspn(term + size, " "), *key = mem_text_n(term, size);
	const char *value = json_string_value(json_object_get(labels, key));
	mem_free(key);
	if (*rest == '\0')
		return (value != NULL) != is_not;
	if (starts(rest, strlen(rest), "in "))
		return value != NULL && listed(rest, value);
	if (starts(rest, strlen(rest), "notin "))
		return value == NULL || !listed(rest, value);
	bool differs = *rest == '!';
	rest += strspn(rest, "!= ");
	return (value != NULL && strcmp(value, rest) == 0) != differs;
}

bool labels_match(const char *selector, const json_t *object)
{
	const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
	char *copy = mem_text(selector), *rest = copy, *term;
	bool matches = true;
	while (matches && (term = next_term(&rest)) != NULL)
		matches = label_term_matches(term, labels);
	mem_free(copy);
	return matches;
}

/* a.b.c=value | a.b.c!=value */
static bool field_term_matches(char *term, const json_t *object)
{
	size_t size = strcspn(term, "=!");
	char *value = term + size;
	bool differs = *value == '!';
	value += strspn(value, "!=");
	term[size] = '\0';
	for (char *name; (name = strsep(&term, ".")) != NULL;)
		object = json_object_get(object, name);
	const char *found = json_string_value(object);
	return (strcmp(found != NULL ? found : "", value) == 0) != differs;
}

bool fields_match(const char *selector, const json_t *object)
{
	char *copy = mem_text(selector), *rest = copy, *term;
	bool matches = true;
	while (matches && (term = next_term(&rest)) != NULL)
		matches = field_term_matches(term, object);
	mem_free(copy);
	return matches;
}
