/* SPDX-License-Identifier: Apache-2.0 */
/* Writes beside the file, in one go, and puts the result in its place: whoever reads finds the old
 * one or the new.
 *
 * Objects do not change, but for their references and what a put of an equal one brings. So the one
 * thread that puts holds them and notes the version; then any thread may read them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "snapshot.h"
#include "snapshot_form.h"

struct held {
	struct object *object;
	uint64_t version;
};

struct snapshot {
	struct snapshot_head head;
	struct held *held;
	size_t count;
};

struct writer {
	FILE *file;
	EVP_MD_CTX *digest;
	struct text object; /* the one at hand */
};

static void put_bytes(struct writer *writer, const void *bytes, size_t size)
{
	fwrite(bytes, 1, size, writer->file); /* a failure is found at the end, by ferror() */
	EVP_DigestUpdate(writer->digest, bytes, size);
}

static void add_number(struct text *text, uint64_t number, unsigned size)
{
	uint8_t octets[8];

	for (unsigned i = 0; i < size; i++)
		octets[i] = (uint8_t)(number >> 8 * (size - 1 - i));
	text_add_n(text, octets, size);
}

static void add_text(struct text *text, const char *string)
{
	size_t size = strlen(string);

	if (size > SNAPSHOT_TEXT_MOST) /* the API bounds all that is kept far below */
		size = 0;
	add_number(text, size, 2);
	text_add_n(text, string, size);
	text_add_n(text, "", 1);
}

static void add_addresses(struct text *text, const struct ip *addresses, size_t count)
{
	add_number(text, count, 1);
	for (size_t i = 0; i < count; i++) {
		add_number(text, addresses[i].family, 1);
		text_add_n(text, addresses[i].bytes, addresses[i].family == 4 ? 4 : 16);
	}
}

static void add_ports(struct text *text, const struct port *ports, size_t count)
{
	add_number(text, count, 2);
	for (size_t i = 0; i < count; i++) {
		add_text(text, ports[i].name);
		add_number(text, ports[i].number, 2);
		add_number(text, ports[i].has_number, 1);
		add_number(text, ports[i].protocol, 1);
	}
}

static void add_service(struct text *text, const struct service *service)
{
	add_number(text, service->type, 1);
	add_number(text, service->publish_not_ready, 1);
	add_number(text, service->has_selector, 1);
	add_number(text, service->listed_count, 1);
	add_addresses(text, service->addresses, service->address_count);
	add_ports(text, service->ports, service->port_count);
	add_text(text, service->external_name);
	add_number(text, service->external_count, 2);
	for (size_t i = 0; i < service->external_count; i++) {
		bool is_name = service->externals[i].ip.family == 0;
		add_addresses(text, &service->externals[i].ip, is_name ? 0 : 1);
		add_text(text, service->externals[i].hostname);
	}
}

static void add_slice(struct text *text, const struct slice *slice)
{
	add_text(text, slice->service);
	add_text(text, slice->import);
	add_text(text, slice->cluster);
	add_number(text, slice->address_type, 1);
	add_ports(text, slice->ports, slice->port_count);
	add_number(text, slice->endpoint_count, 4);
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		add_addresses(text, &endpoint->address, 1);
		add_number(text, endpoint->ready + 2u * endpoint->terminating, 1);
		add_text(text, slice_string(slice, endpoint->hostname));
		add_text(text, slice_string(slice, endpoint->pod_name));
		add_text(text, slice_string(slice, endpoint->zone));
	}
}

static void add_import(struct text *text, const struct import *import)
{
	add_number(text, import->type, 1);
	add_number(text, import->listed_count, 1);
	add_addresses(text, import->addresses, import->address_count);
	add_ports(text, import->ports, import->port_count);
}

static void add_object(struct text *text, const struct held *held)
{
	const struct object *object = held->object;

	add_number(text, object->kind, 1);
	add_number(text, held->version, 8);
	add_text(text, object->namespace_);
	add_text(text, object->name);
	switch (object->kind) {
	case OBJECT_NAMESPACE:
	case OBJECT_KINDS:
		break;
	case OBJECT_SERVICE:
		add_service(text, (const struct service *)object);
		break;
	case OBJECT_SLICE:
		add_slice(text, (const struct slice *)object);
		break;
	case OBJECT_POD:
		add_addresses(text, ((const struct pod *)object)->addresses,
			      ((const struct pod *)object)->address_count);
		break;
	case OBJECT_IMPORT:
		add_import(text, (const struct import *)object);
		break;
	}
}

static void put_sized(struct writer *writer)
{
	struct text size = { 0 };

	add_number(&size, writer->object.size, 4);
	put_bytes(writer, size.data, size.size);
	put_bytes(writer, writer->object.data, writer->object.size);
	text_done(&size);
}

static void put_head(struct writer *writer, const struct snapshot_head *head)
{
	text_clear(&writer->object);
	text_add_n(&writer->object, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_SIZE);
	add_number(&writer->object, SNAPSHOT_FORM, 4);
	add_text(&writer->object, head->key);
	add_text(&writer->object, head->options);
	add_text(&writer->object, head->cluster);
	add_number(&writer->object, head->unix_s, 8);
	put_bytes(writer, writer->object.data, writer->object.size);
}

static void put_objects(struct writer *writer, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		text_clear(&writer->object);
		add_object(&writer->object, &snapshot->held[i]);
		if (writer->object.size <= SNAPSHOT_OBJECT_MOST)
			put_sized(writer);
	}
	put_bytes(writer, "\0\0\0", 4);
}

static void put_digest(struct writer *writer)
{
	uint8_t digest[SNAPSHOT_DIGEST_SIZE];

	EVP_DigestFinal_ex(writer->digest, digest, NULL);
	fwrite(digest, 1, sizeof(digest), writer->file);
}

/* No fsync(): what a power cut leaves of a file its digest tells. */
static bool settle(struct writer *writer)
{
	bool good = fflush(writer->file) == 0 && !ferror(writer->file);

	return (fclose(writer->file) == 0) && good;
}

static bool fill(int fd, const struct snapshot *snapshot)
{
	struct writer writer = { .file = fdopen(fd, "w"), .digest = EVP_MD_CTX_new() };

	EVP_DigestInit_ex(writer.digest, EVP_sha256(), NULL);
	put_head(&writer, &snapshot->head);
	put_objects(&writer, snapshot);
	put_digest(&writer);
	bool good = settle(&writer);
	EVP_MD_CTX_free(writer.digest);
	text_done(&writer.object);
	return good;
}

static size_t count_objects(const struct model *model)
{
	size_t count = 0;

	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		count += model_count(model, kind);
	return count;
}

struct snapshot *snapshot_take(const struct snapshot_head *head, const struct model *model)
{
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot));

	*snapshot = (struct snapshot){ .head = *head };
	snapshot->held = mem_alloc((count_objects(model) + 1) * sizeof(*snapshot->held));
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		size_t position = 0;
		const struct object *object;
		while ((object = model_next(model, kind, &position)) != NULL)
			snapshot->held[snapshot->count++] =
				(struct held){ object_hold(object), object->version };
	}
	return snapshot;
}

void snapshot_drop(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		object_drop(snapshot->held[i].object);
	mem_free(snapshot->held);
	mem_free(snapshot);
}

bool snapshot_write(const struct snapshot *snapshot, const char *path, struct error *error)
{
	struct text beside = { 0 };

	text_printf(&beside, "%s.new", path);
	int fd = open(beside.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && fill(fd, snapshot) && rename(beside.data, path) == 0;
	if (!good) {
		error_set(error, "snapshot %s cannot be written: %s", path, strerrordesc_np(errno));
		if (fd >= 0)
			unlink(beside.data);
	}
	text_done(&beside);
	return good;
}
