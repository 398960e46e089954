/* SPDX-License-Identifier: Apache-2.0 */
/* Reads twice: first the digest of the whole, then object by object, so that no more than one is in
 * memory beside the model. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "snapshot.h"
#include "snapshot_form.h"

enum { PIECE = 64 * 1024 };

/* Whether the last octets are the digest of all before. */
static bool is_intact(FILE *file, size_t size)
{
	uint8_t piece[PIECE], wanted[SNAPSHOT_DIGEST_SIZE], digest[SNAPSHOT_DIGEST_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	for (size_t left = size - sizeof(wanted), got; left > 0; left -= got) {
		got = fread(piece, 1, left < sizeof(piece) ? left : sizeof(piece), file);
		if (got == 0)
			break;
		EVP_DigestUpdate(context, piece, got);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	return fread(wanted, 1, sizeof(wanted), file) == sizeof(wanted) &&
	       memcmp(wanted, digest, sizeof(digest)) == 0;
}

static bool read_text(FILE *file, char *ret_text, size_t room)
{
	uint8_t size[2];

	if (fread(size, 1, 2, file) != 2)
		return false;
	size_t count = (size_t)(size[0] << 8 | size[1]) + 1;
	return count <= room && fread(ret_text, 1, count, file) == count &&
	       ret_text[count - 1] == '\0';
}

static bool read_number(FILE *file, unsigned size, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < size; i++) {
		int octet = fgetc(file);
		if (octet == EOF)
			return false;
		number = number << 8 | (uint8_t)octet;
	}
	*ret_number = number;
	return true;
}

static bool read_head(FILE *file, struct snapshot_head *ret_head)
{
	return read_text(file, ret_head->key, sizeof(ret_head->key)) &&
	       read_text(file, ret_head->options, sizeof(ret_head->options)) &&
	       read_text(file, ret_head->cluster, sizeof(ret_head->cluster)) &&
	       read_number(file, 8, &ret_head->unix_s);
}

/* NULL, or why this is no snapshot for us. The file stands behind the head then. */
static const char *look_at(FILE *file, const struct snapshot_head *wanted,
			   struct snapshot_head *ret_head)
{
	char magic[SNAPSHOT_MAGIC_SIZE];
	uint64_t form;
	struct stat status;

	if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode))
		return "it is no file";
	if (fread(magic, 1, sizeof(magic), file) != sizeof(magic) ||
	    memcmp(magic, SNAPSHOT_MAGIC, sizeof(magic)) != 0)
		return "it is no snapshot";
	if (!read_number(file, 4, &form) || form != SNAPSHOT_FORM)
		return "it was written by another version";
	if (status.st_size < SNAPSHOT_DIGEST_SIZE)
		return "it is cut";
	rewind(file);
	if (!is_intact(file, (size_t)status.st_size))
		return "it is corrupt or cut";
	fseek(file, SNAPSHOT_MAGIC_SIZE + 4, SEEK_SET);
	if (!read_head(file, ret_head))
		return "its head is corrupt";
	if (strcmp(ret_head->key, wanted->key) != 0)
		return "it is of another API server or CA";
	if (strcmp(ret_head->options, wanted->options) != 0)
		return "it was made with other options";
	return NULL;
}

static bool read_object(FILE *file, size_t size, struct text *room, struct object **ret_object)
{
	/* in pieces: a size that promises more than is there takes no memory */
	text_clear(room);
	for (size_t left = size; left > 0;) {
		uint8_t piece[PIECE];
		size_t got = fread(piece, 1, left < sizeof(piece) ? left : sizeof(piece), file);
		if (got == 0)
			return false;
		text_add_n(room, piece, got);
		left -= got;
	}
	*ret_object = snapshot_object_read((const uint8_t *)room->data, size);
	return *ret_object != NULL;
}

static bool read_objects(FILE *file, struct model *model)
{
	struct text room = { 0 };
	uint64_t size;
	bool good;

	while ((good = read_number(file, 4, &size) && size <= SNAPSHOT_OBJECT_MOST) && size > 0) {
		struct object *object;
		good = read_object(file, (size_t)size, &room, &object);
		if (!good)
			break;
		model_put(model, object);
	}
	text_done(&room);
	return good;
}

static void empty(struct model *model)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		model_relist_begin(model, kind);
		model_relist_end(model, kind);
	}
}

bool snapshot_read(const char *path, const struct snapshot_head *wanted, struct model *model,
		   struct snapshot_head *ret_head, struct error *error)
{
	struct snapshot_head head = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* nobody waits for a pipe's writer */
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file == NULL)
		return error_set(error, "snapshot %s cannot be read: %s", path,
				 strerrordesc_np(errno));
	const char *why = look_at(file, wanted, &head);
	if (why == NULL && !read_objects(file, model)) {
		empty(model);
		why = "an object in it is corrupt";
	}
	fclose(file);
	if (why != NULL)
		return error_set(error, "snapshot %s is not used: %s", path, why);
	*ret_head = head;
	return true;
}
