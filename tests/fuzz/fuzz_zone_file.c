/* SPDX-License-Identifier: Apache-2.0 */
/* Zone files. What is refused is refused with file and line; what is read is one zone in wire form
 * that ldns can read back, and reading it again gives the same. $INCLUDE finds a few files of this
 * program and nothing else.
 * Covers: src/source/zone_file.c src/source/zone_lines.c src/source/zone_entry.c
 * src/source/zone_rdata.c */
#include "knamed/dns.h"
#include "knamed/source.h"

#undef NDEBUG
#include <assert.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t origin[] = "\7example\3com";
static const struct hash_key key = { 1, 2 };

/* ldns forgets a few bytes when the data of a record is wrong (CERT with algorithm 0, ...): a file
 * is refused for that, so it happens once per reading. */
const char *__lsan_default_suppressions(void)
{
	return "leak:ldns_rdf_new_frm_data\n";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

struct reading {
	uint64_t digest;
	size_t count, soas;
};

static void digest(struct reading *reading, const void *bytes, size_t size)
{
	struct hash_key next = { reading->digest, key.k1 };

	reading->digest = hash_bytes(&next, bytes, size);
}

/* The record as it would stand in a message. */
static void check_wire(const struct zone_record *record)
{
	static uint8_t wire[DNS_NAME_MAX + 10 + 65535];
	struct dns_writer writer = { wire, wire, wire + sizeof(wire) };
	ldns_rr *rr = NULL;
	size_t at = 0;

	assert(write_name(&writer, record->owner) && write_u16(&writer, record->type) &&
	       write_u16(&writer, record->class_) && write_u32(&writer, record->ttl) &&
	       write_u16(&writer, record->rdata_size) &&
	       write_bytes(&writer, record->rdata, record->rdata_size));
	size_t size = (size_t)(writer.at - wire);
	assert(ldns_wire2rr(&rr, wire, size, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK);
	assert(at == size);
	ldns_rr_free(rr);
}

static bool take(void *context, const struct zone_record *record, struct error *error)
{
	struct reading *reading = context;

	assert(name_is_under(record->owner, origin) && record->class_ == CLASS_IN);
	assert(record->ttl <= 0x7fffffff && record->type != 0 && record->type != TYPE_OPT);
	check_wire(record);
	digest(reading, record->owner, name_size(record->owner));
	digest(reading, &record->type, sizeof(record->type));
	digest(reading, &record->ttl, sizeof(record->ttl));
	digest(reading, record->rdata, record->rdata_size);
	reading->soas += record->type == TYPE_SOA;
	return ++reading->count < 1000 * 1000 || error_set(error, "enough");
}

static char directory[] = "/tmp/knamed-fuzz-XXXXXX";
static const char *const files[][2] = {
	{ "f1", "a 5 A 1.1.1.1\n$ORIGIN sub\n@ A 1.1.1.2\n" },
	{ "f2", "$TTL 7\n$INCLUDE f1 deep\n TXT x\n" },
	{ "f3", "$INCLUDE f3\n" },
};

static const char *path_of(const char *name)
{
	static char path[sizeof(directory) + 16];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void remove_files(void)
{
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlink(path_of(files[i][0]));
	rmdir(directory);
}

static void prepare(void)
{
	assert(mkdtemp(directory) != NULL);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		FILE *file = fopen(path_of(files[i][0]), "w");
		assert(file != NULL && fputs(files[i][1], file) >= 0 && fclose(file) == 0);
	}
	atexit(remove_files);
}

/* "file:line: ", but for what the file lacks as a whole. */
static void check_error(const struct error *error)
{
	bool names_line = strstr(error->text, ": no SOA") != NULL;

	for (const char *at = error->text; (at = strchr(at, ':')) != NULL; at++) {
		size_t digits = strspn(at + 1, "0123456789");
		names_line |= digits > 0 && at[1] != '0' && strncmp(at + 1 + digits, ": ", 2) == 0;
	}
	assert(names_line && strncmp(error->text, directory, strlen(directory)) == 0);
	assert(strpbrk(error->text, "\r\n") == NULL);
}

/* Away from this program's files no name leads anywhere. */
static char *stay_here(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1);

	memcpy(text, data, size);
	for (size_t i = 0; memmem(text, size, "$", 1) != NULL && i < size; i++)
		if (text[i] == '/')
			text[i] = '_';
	return text;
}

static void check_reading(const char *text, size_t size)
{
	struct reading first = { 0 }, second = { 0 };
	struct error error = { 0 };
	char name[sizeof(directory) + 16];

	snprintf(name, sizeof(name), "%s", path_of("db")); /* there by name only */
	bool good = zone_text_read(name, text, size, origin, take, &first, &error);
	assert(first.soas <= 1);
	if (!good) {
		check_error(&error);
		return;
	}
	assert(first.soas == 1 && first.count > 0);
	assert(zone_text_read(name, text, size, origin, take, &second, &error));
	assert(second.digest == first.digest && second.count == first.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_prepared;

	if (!is_prepared)
		prepare();
	is_prepared = true;
	char *text = stay_here(data, size);
	check_reading(text, size);
	free(text);
	return 0;
}
