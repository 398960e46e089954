/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 of the parsed Corefile, equal to what CoreDNS prints for the same file: its digest is
 * over the JSON text that Go makes of the server blocks, keys of objects in byte order. */
#include "fingerprint.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct digest {
	EVP_MD_CTX *context;
	struct text text; /* what is not in the digest yet */
};

static void flush(struct digest *digest)
{
	int good = EVP_DigestUpdate(digest->context, digest->text.data, digest->text.size);
	assert(good == 1);
	text_clear(&digest->text);
}

/* Characters that Go does not leave as they are. Returns how many bytes were read. */
static size_t add_special(struct text *json, const char *at)
{
	static const char short_names[] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
					    ['\t'] = 't', ['"'] = '"',	['\\'] = '\\' };
	unsigned char c = (unsigned char)*at;
	if (c < sizeof(short_names) && short_names[c] != 0) {
		text_printf(json, "\\%c", short_names[c]);
		return 1;
	}
	if (c < ' ' || c == '<' || c == '>' || c == '&') {
		text_printf(json, "\\u%04x", c);
		return 1;
	}
	if (strncmp(at, "\xe2\x80\xa8", 3) == 0 || strncmp(at, "\xe2\x80\xa9", 3) == 0) {
		text_printf(json, "\\u202%c", at[2] == '\xa8' ? '8' : '9');
		return 3;
	}
	return 0;
}

static void add_string(struct text *json, const char *text)
{
	text_add(json, "\"");
	while (*text != 0) {
		size_t special = add_special(json, text);
		if (special == 0)
			text_add_n(json, text, 1);
		text += special > 0 ? special : 1;
	}
	text_add(json, "\"");
}

static void add_keys(struct digest *digest, const struct tokens *keys)
{
	text_add(&digest->text, "{\"Keys\":[");
	for (size_t i = 0; i < keys->count; i++) {
		text_add(&digest->text, i > 0 ? "," : "");
		add_string(&digest->text, keys->items[i].text);
		flush(digest);
	}
	text_add(&digest->text, "],\"Tokens\":{");
}

static void add_directive(struct digest *digest, const struct directive_tokens *directive)
{
	add_string(&digest->text, directive->name);
	text_add(&digest->text, ":[");
	for (size_t i = 0; i < directive->tokens.count; i++) {
		const struct token *token = &directive->tokens.items[i];
		text_add(&digest->text, i > 0 ? ",{\"File\":" : "{\"File\":");
		add_string(&digest->text, token->file != NULL ? token->file : "");
		text_printf(&digest->text, ",\"Line\":%u,\"Text\":", token->line);
		add_string(&digest->text, token->text);
		text_add(&digest->text, "}");
		flush(digest);
	}
	text_add(&digest->text, "]");
}

static int compare_directives(const void *a, const void *b)
{
	const struct directive_tokens *left = a, *right = b;
	return strcmp(left->name, right->name);
}

static void add_block(struct digest *digest, const struct block_tokens *block)
{
	size_t size = block->directive_count * sizeof(block->directives[0]);
	add_keys(digest, &block->keys);
	if (block->directive_count > 0) {
		struct directive_tokens *sorted = mem_copy(block->directives, size);
		qsort(sorted, block->directive_count, sizeof(sorted[0]), compare_directives);
		for (size_t i = 0; i < block->directive_count; i++) {
			text_add(&digest->text, i > 0 ? "," : "");
			add_directive(digest, &sorted[i]);
		}
		mem_free(sorted);
	}
	text_add(&digest->text, "}}");
}

static void add_blocks(struct digest *digest, const struct corefile *corefile)
{
	if (corefile->block_count == 0) {
		text_add(&digest->text, "null");
		return;
	}
	for (size_t i = 0; i < corefile->block_count; i++) {
		text_add(&digest->text, i > 0 ? "," : "[");
		add_block(digest, &corefile->blocks[i]);
	}
	text_add(&digest->text, "]");
}

char *corefile_sha512(struct arena *arena, const struct corefile *corefile)
{
	struct digest digest = { .context = EVP_MD_CTX_new() };
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned size;
	assert(digest.context != NULL);
	int good = EVP_DigestInit_ex(digest.context, EVP_sha512(), NULL);
	assert(good == 1);
	add_blocks(&digest, corefile);
	flush(&digest);
	good = EVP_DigestFinal_ex(digest.context, sum, &size);
	assert(good == 1);
	EVP_MD_CTX_free(digest.context);

	text_clear(&digest.text);
	for (unsigned i = 0; i < size; i++)
		text_printf(&digest.text, "%02x", sum[i]);
	char *hex = arena_text(arena, digest.text.data, digest.text.size);
	text_done(&digest.text);
	return hex;
}
