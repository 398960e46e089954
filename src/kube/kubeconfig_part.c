/* SPDX-License-Identifier: Apache-2.0 */
/* One named part of a kubeconfig and typed access to its fields. */
#include "kubeconfig_part.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void part_fill_error(const struct kubeconfig_part *part, const char *format, ...)
{
	char what[512];
	va_list values;
	va_start(values, format);
	vsnprintf(what, sizeof(what), format, values);
	va_end(values);
	if (part->name == NULL)
		error_fill(part->error, "%s: %s", part->file, what);
	else
		error_fill(part->error, "%s: %s \"%.100s\": %s", part->file, part->kind, part->name,
			   what);
}

/* Present, and neither null nor "". */
static const json_t *field_of(const struct kubeconfig_part *part, const char *key)
{
	const json_t *field = json_object_get(part->value, key);
	bool is_empty =
		json_is_null(field) || (json_is_string(field) && json_string_length(field) == 0);
	return is_empty ? NULL : field;
}

static const char *text_of(const json_t *value)
{
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return NULL;
	return json_string_value(value);
}

bool part_text(const struct kubeconfig_part *part, const char *key, const char **ret_text)
{
	const json_t *field = field_of(part, key);
	const char *text = field == NULL ? NULL : text_of(field);
	if (field != NULL && text == NULL)
		return part_wrong(part, "%s: expected text", key);
	*ret_text = text == NULL ? NULL : arena_text(part->arena, text, strlen(text));
	return true;
}

bool part_bool(const struct kubeconfig_part *part, const char *key, bool *ret_value)
{
	const json_t *field = json_object_get(part->value, key);
	if (field != NULL && !json_is_null(field) && !json_is_boolean(field))
		return part_wrong(part, "%s: expected true or false", key);
	*ret_value = json_is_true(field);
	return true;
}

bool part_object(const struct kubeconfig_part *part, const char *key, const json_t **ret_value)
{
	const json_t *field = json_object_get(part->value, key);
	if (field != NULL && !json_is_null(field) && !json_is_object(field))
		return part_wrong(part, "%s: expected a mapping", key);
	*ret_value = json_is_object(field) ? field : NULL;
	return true;
}

bool part_list(const struct kubeconfig_part *part, const char *key, const json_t **ret_value)
{
	const json_t *field = json_object_get(part->value, key);
	if (field != NULL && !json_is_null(field) && !json_is_array(field))
		return part_wrong(part, "%s: expected a list", key);
	*ret_value = json_is_array(field) ? field : NULL;
	return true;
}

bool part_words(const struct kubeconfig_part *part, const char *key, const char *const **ret_words)
{
	const json_t *list = NULL;
	if (!part_list(part, key, &list))
		return false;
	size_t count = json_array_size(list);
	const char **words =
		count == 0 ? NULL : arena_alloc(part->arena, (count + 1) * sizeof(*words));
	for (size_t i = 0; i < count; i++) {
		const char *word = text_of(json_array_get(list, i));
		if (word == NULL)
			return part_wrong(part, "%s: expected a list of texts", key);
		words[i] = arena_text(part->arena, word, strlen(word));
	}
	*ret_words = words;
	return true;
}

const char *part_path(const struct kubeconfig_part *part, const char *path)
{
	char *whole = file_path(part->directory, path);
	const char *kept = arena_text(part->arena, whole, strlen(whole));
	mem_free(whole);
	return kept;
}

/* Blanks and line ends between the digits are fine, as in PEM. False: not base64. */
static bool decode(const char *digits, size_t size, unsigned char *ret_bytes, size_t *ret_size)
{
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	int done = 0, rest = 0;
	EVP_DecodeInit(context);
	bool good = EVP_DecodeUpdate(context, ret_bytes, &done, (const unsigned char *)digits,
				     (int)size) >= 0 &&
		    EVP_DecodeFinal(context, ret_bytes + done, &rest) == 1;
	EVP_ENCODE_CTX_free(context);
	*ret_size = (size_t)done + (size_t)rest;
	return good;
}

static bool part_data(const struct kubeconfig_part *part, const char *key, struct access_text *ret_text)
{
	const char *digits;
	if (!part_text(part, key, &digits))
		return false;
	if (digits == NULL)
		return true;
	size_t size = strlen(digits);
	unsigned char *bytes = arena_alloc(part->arena, size + 4);
	if (!decode(digits, size, bytes, &ret_text->size) || ret_text->size == 0)
		return part_wrong(part, "%s: expected base64", key);
	ret_text->data = (const char *)bytes;
	return true;
}

bool part_file_or_data(const struct kubeconfig_part *part, const char *key, struct access_text *ret_text)
{
	char data_key[64];
	const char *path;
	snprintf(data_key, sizeof(data_key), "%s-data", key);
	if (!part_text(part, key, &path) || !part_data(part, data_key, ret_text))
		return false;
	ret_text->path = path != NULL && ret_text->data == NULL ? part_path(part, path) : NULL;
	return true;
}
