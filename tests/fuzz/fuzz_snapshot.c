/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: the input is all that stands behind the head, then all behind the magic, each with a
 * digest that is right, then the whole file. What is read can be written again and is then read as
 * the same; what is refused leaves the model empty. Covers: src/kube/snapshot_read.c */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../../src/kube/snapshot.h"

static char directory[] = "/tmp/knamed-fuzz-XXXXXX";
static char path[sizeof(directory) + 16];
static const struct snapshot_head head = { .key = "k", .options = "o" };
static const uint8_t top[] = "knamed snapshot\n\0\0\0\2\0\1k\0\0\1o\0" /* no cluster, time 0: */
			     "\0\0\0\0\0\0\0\0\0\0\0";
enum { MAGIC_AND_FORM_SIZE = 20, TOP_SIZE = sizeof(top) - 1 };

static void clean_up(void)
{
	unlink(path);
	rmdir(directory);
}

/* The first octets of `top`, the data, and the digest unless that is the data's affair. */
static void write_file(size_t top_size, const uint8_t *data, size_t size)
{
	uint8_t digest[32];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	FILE *file = fopen(path, "w");
	assert(file != NULL);
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, top, top_size);
	EVP_DigestUpdate(context, data, size);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	fwrite(top, 1, top_size, file);
	fwrite(data, 1, size, file);
	if (top_size > 0)
		fwrite(digest, 1, sizeof(digest), file);
	assert(fclose(file) == 0);
}

/* With no object behind it, `top` is a snapshot: else all that follows would be refused for its sake. */
static void prepare(void)
{
	struct snapshot_head read;
	struct error error;
	struct model *model = model_new();
	assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/snapshot", directory);
	atexit(clean_up);
	write_file(TOP_SIZE, (const uint8_t[4]){ 0 }, 4);
	assert(snapshot_read(path, &head, model, &read, &error));
	model_free(model);
}

static void check_equal(const struct model *a, const struct model *b)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		size_t position = 0;
		const struct object *object;
		assert(model_count(a, kind) == model_count(b, kind));
		while ((object = model_next(a, kind, &position)) != NULL)
			assert(object_equal(object,
					    model_get(b, kind, object->namespace_, object->name)));
	}
}

static void read_it(void)
{
	struct snapshot_head read;
	struct error error;
	struct model *model = model_new(), *again = model_new();
	if (snapshot_read(path, &head, model, &read, &error)) {
		struct snapshot *snapshot = snapshot_take(&read, model);
		assert(snapshot_write(snapshot, path, &error));
		snapshot_drop(snapshot);
		assert(snapshot_read(path, &head, again, &read, &error));
		check_equal(model, again);
	} else {
		for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
			assert(model_count(model, kind) == 0);
		assert(strstr(error.text, "/snapshot is not used: ") != NULL);
	}
	model_free(model);
	model_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t top_sizes[] = { TOP_SIZE, MAGIC_AND_FORM_SIZE, 0 };
	if (path[0] == '\0')
		prepare();
	for (size_t i = 0; i < COUNT_OF(top_sizes); i++) {
		write_file(top_sizes[i], data, size);
		read_it();
	}
	return 0;
}
