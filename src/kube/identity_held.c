/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of an access that are in force. */
#include "identity_held.h"

#include <string.h>

#include "identity_pem.h"

static void begin_one(struct held *held, const struct access_text *text)
{
	identity_file_done(&held->file);
	text_done(&held->text);
	*held = (struct held){ .file.path = text->path };
	if (text->data == NULL)
		return;
	text_add_n(&held->text, text->data, text->size);
	held->is_there = true;
}

static void begin_generation(struct held_texts *texts)
{
	texts->generation++;
	texts->serial++;
}

void held_begin(struct held_texts *texts, const struct access *access)
{
	begin_one(&texts->ca, &access->ca);
	begin_one(&texts->certificate, &access->certificate);
	begin_one(&texts->key, &access->key);
	begin_one(&texts->token, &access->token);
	begin_generation(texts);
}

void held_done(struct held_texts *texts)
{
	static const struct access nothing = { 0 };
	held_begin(texts, &nothing);
}

/* True if that is other text than before. */
static bool take(struct held *held, const char *bytes, size_t size)
{
	if (held->is_there && size == held->text.size && memcmp(bytes, held->text.data, size) == 0)
		return false;
	text_clear(&held->text);
	text_add_n(&held->text, bytes, size);
	held->is_there = true;
	return true;
}

static bool look_at_ca(struct held_texts *texts, struct error *error)
{
	struct held *ca = &texts->ca;
	const struct text *pem = &ca->file.text;
	bool is_new;
	if (ca->file.path == NULL)
		return true;
	if (!identity_file_look(&ca->file, &is_new, error))
		return false;
	if (!is_new)
		return true;
	if (!pem_check_certificates(ca->file.path, pem->data, pem->size, error)) {
		ca->file.is_read = false; /* look again */
		return false;
	}
	if (take(ca, pem->data, pem->size))
		begin_generation(texts);
	return true;
}

/* The two files are replaced one after the other: the new ones are used when they fit together. */
static bool look_at_pair(struct held_texts *texts, struct error *error)
{
	struct held *certificate = &texts->certificate, *key = &texts->key;
	bool has_file = certificate->file.path != NULL, has_key_file = key->file.path != NULL;
	bool is_new = false, is_new_key = false;
	bool good = (!has_file || identity_file_look(&certificate->file, &is_new, error)) &&
		    (!has_key_file || identity_file_look(&key->file, &is_new_key, error));
	const struct text *pem = has_file ? &certificate->file.text : &certificate->text;
	const struct text *key_pem = has_key_file ? &key->file.text : &key->text;
	if (good && !is_new && !is_new_key)
		return true;
	if (!good || !pem_check_pair(has_file ? certificate->file.path : key->file.path, pem,
				     key_pem, error)) {
		certificate->file.is_read = key->file.is_read = false; /* look again, at both */
		return false;
	}
	bool is_other = has_file && take(certificate, pem->data, pem->size);
	is_other |= has_key_file && take(key, key_pem->data, key_pem->size);
	if (is_other)
		begin_generation(texts);
	return true;
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* One word of visible ASCII; blanks around it are nothing. */
static bool find_token(const struct text *text, const char **ret_token, size_t *ret_size)
{
	const char *at = text->data, *end = text->data + text->size;
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	for (const char *byte = at; byte < end; byte++)
		if (*byte <= ' ' || *byte > '~')
			return false;
	*ret_token = at;
	*ret_size = (size_t)(end - at);
	return end > at;
}

static bool look_at_token(struct held_texts *texts, struct error *error)
{
	struct held *token = &texts->token;
	const char *bytes;
	size_t size;
	bool is_new;
	if (token->file.path == NULL)
		return true;
	if (!identity_file_look(&token->file, &is_new, error))
		return false;
	if (!is_new)
		return true;
	if (!find_token(&token->file.text, &bytes, &size)) {
		token->file.is_read = false; /* look again */
		return error_set(error, "%s: expected a token", token->file.path);
	}
	if (take(token, bytes, size))
		texts->serial++;
	return true;
}

bool held_look(struct held_texts *texts, struct error *error)
{
	struct error ignored;
	bool good = look_at_ca(texts, error);
	good &= look_at_pair(texts, good ? error : &ignored);
	good &= look_at_token(texts, good ? error : &ignored);
	return good;
}

static bool is_complete(const struct held *held)
{
	return held->is_there || held->file.path == NULL;
}

bool held_is_complete(const struct held_texts *texts)
{
	return is_complete(&texts->ca) && is_complete(&texts->certificate) &&
	       is_complete(&texts->key) && is_complete(&texts->token);
}

void held_doubt_token(struct held_texts *texts)
{
	texts->token.file.is_young = true;
}
