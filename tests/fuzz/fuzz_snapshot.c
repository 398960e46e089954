/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots whose digest is right: the input is all that stands behind the head. What is read can
 * be written again and is then read as the same; what is refused leaves the model empty. */
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
static const uint8_t top[] =
	"knamed snapshot\n\0\0\0\1\0\1k\0\0\1o\0\0\0\0\0\0\0\0\0\0\0"; /* no cluster, time 0 */

static void clean_up(void)
{
	unlink(path);
	rmdir(directory);
}

static void prepare(void)
{
	assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/snapshot", directory);
	atexit(clean_up);
}

static void write_file(const uint8_t *data, size_t size)
{
	uint8_t digest[32];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	FILE *file = fopen(path, "w");
	assert(file != NULL);
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, top, sizeof(top) - 1);
	EVP_DigestUpdate(context, data, size);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	fwrite(top, 1, sizeof(top) - 1, file);
	fwrite(data, 1, size, file);
	fwrite(digest, 1, sizeof(digest), file);
	assert(fclose(file) == 0);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot_head read;
	struct error error;
	if (path[0] == '\0')
		prepare();
	write_file(data, size);
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
		assert(strstr(error.text, "object") != NULL || strstr(error.text, "cut") != NULL);
	}
	model_free(model);
	model_free(again);
	return 0;
}
