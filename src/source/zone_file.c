/* SPDX-License-Identifier: Apache-2.0 */
/* Zone files (RFC 1035 5.1), one record at a time: a zone of any size takes no memory here. Files
 * that are included lie on a stack above the file that names them, each with an origin of its
 * own. */
#include "knamed/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zone_entry.h"
#include "zone_lines.h"
#include "zone_rdata.h"

enum {
	INCLUDE_DEPTH = 8,
	INCLUDES_MOST = 10000, /* files that each name the next a hundred times would never end */
};

struct zone_source {
	struct zone_lines lines;
	char *name;
	uint8_t origin[DNS_NAME_MAX], owner[DNS_NAME_MAX]; /* owner: of the record before */
	bool has_owner;
};

struct zone_reader {
	struct zone_source sources[INCLUDE_DEPTH];
	size_t depth, includes;
	const uint8_t *zone;
	uint32_t ttl; /* of records that say none: $TTL, or else that of the record before */
	bool has_ttl, has_default_ttl, has_soa;
	struct zone_rdata rdata;
	zone_record_call take;
	void *context;
};

static struct zone_source *top_of(struct zone_reader *reader)
{
	return &reader->sources[reader->depth - 1];
}

/* Takes the stream. */
static void push_source(struct zone_reader *reader, const char *name, FILE *stream,
			const uint8_t *origin)
{
	struct zone_source *source = &reader->sources[reader->depth++];

	*source = (struct zone_source){ .name = mem_text(name) };
	zone_lines_init(&source->lines, stream);
	memcpy(source->origin, origin, name_size(origin));
	zone_rdata_set_origin(&reader->rdata, origin);
}

static void pop_source(struct zone_reader *reader)
{
	struct zone_source *source = top_of(reader);

	zone_lines_done(&source->lines);
	mem_free(source->name);
	if (--reader->depth > 0)
		zone_rdata_set_origin(&reader->rdata, top_of(reader)->origin);
}

static FILE *open_file(const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
	struct stat status;

	if (fd < 0) {
		error_set(error, "%s: cannot be opened: %s", path, strerrordesc_np(errno));
		return NULL;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		error_set(error, "%s: not a regular file", path);
		return NULL;
	}
	return fdopen(fd, "r");
}

/* Beside the file that names it, unless absolute. */
static char *include_path(const char *includer, struct zone_word word)
{
	const char *slash = strrchr(includer, '/');
	char *directory = mem_text_n(includer, slash == NULL ? 0 : (size_t)(slash + 1 - includer));
	char *name = mem_text_n(word.text, word.size);
	char *path = file_path(directory, name);

	mem_free(directory);
	mem_free(name);
	return path;
}

static bool include(struct zone_reader *reader, struct zone_word word, struct zone_word origin_word,
		    struct error *error)
{
	uint8_t origin[DNS_NAME_MAX];

	if (reader->depth == INCLUDE_DEPTH)
		return error_set(error, "$INCLUDE: too many files within each other");
	if (reader->includes++ == INCLUDES_MOST)
		return error_set(error, "$INCLUDE: more than %d in one zone", INCLUDES_MOST);
	if (origin_word.size == 0)
		origin_word = (struct zone_word){ "@", 1 };
	if (!zone_word_to_name(origin_word, top_of(reader)->origin, origin, error))
		return false;
	char *path = include_path(top_of(reader)->name, word);
	FILE *stream = open_file(path, error);
	if (stream != NULL)
		push_source(reader, path, stream, origin);
	mem_free(path);
	return stream != NULL;
}

static bool set_origin(struct zone_reader *reader, struct zone_word word, struct error *error)
{
	struct zone_source *source = top_of(reader);
	uint8_t origin[DNS_NAME_MAX];

	if (!zone_word_to_name(word, source->origin, origin, error))
		return false;
	memcpy(source->origin, origin, name_size(origin));
	zone_rdata_set_origin(&reader->rdata, origin);
	return true;
}

static bool take_directive(struct zone_reader *reader, const char *text, struct error *error)
{
	struct zone_word name = zone_word_next(&text), first = zone_word_next(&text),
			 second = zone_word_next(&text);
	struct zone_word rest = zone_word_next(&text);

	if (zone_word_is(name, "$INCLUDE") && first.size > 0 && rest.size == 0)
		return include(reader, first, second, error);
	if (zone_word_is(name, "$ORIGIN") && first.size > 0 && second.size == 0)
		return set_origin(reader, first, error);
	if (zone_word_is(name, "$TTL") && second.size == 0 && zone_word_to_ttl(first, &reader->ttl)) {
		reader->has_ttl = reader->has_default_ttl = true;
		return true;
	}
	return error_set(error, "expected $ORIGIN NAME, $TTL TIME or $INCLUDE FILE [ORIGIN]");
}

static bool take_owner(struct zone_reader *reader, struct zone_word word, struct error *error)
{
	struct zone_source *source = top_of(reader);
	char name[NAME_TEXT_SIZE], zone[NAME_TEXT_SIZE];

	if (word.size > 0) {
		source->has_owner = zone_word_to_name(word, source->origin, source->owner, error);
		if (!source->has_owner)
			return false;
	}
	if (!source->has_owner)
		return error_set(error, "expected a name: there is no record before");
	if (name_is_under(source->owner, reader->zone))
		return true;
	name_print(source->owner, name);
	name_print(reader->zone, zone);
	return error_set(error, "%.300s is not in the zone %.300s", name, zone);
}

/* Where neither $TTL nor a record before says one, the SOA's last field does. */
static bool take_ttl(struct zone_reader *reader, const struct zone_entry *entry, uint32_t *ret_ttl,
		     struct error *error)
{
	const struct zone_rdata *rdata = &reader->rdata;
	uint32_t ttl = entry->has_ttl ? entry->ttl : reader->ttl;

	if (!entry->has_ttl && !reader->has_ttl) {
		if (rdata->type != TYPE_SOA || rdata->size < 4)
			return error_set(error, "no TTL: neither here nor before nor as $TTL");
		ttl = get_u32(rdata->wire + rdata->size - 4);
		ttl = ttl > ZONE_TTL_MAX ? ZONE_TTL_MAX : ttl;
	}
	if (!reader->has_default_ttl) {
		reader->ttl = ttl;
		reader->has_ttl = true;
	}
	*ret_ttl = ttl;
	return true;
}

static bool check_soa(struct zone_reader *reader, struct error *error)
{
	if (reader->rdata.type != TYPE_SOA)
		return true;
	if (reader->has_soa)
		return error_set(error, "a second SOA");
	reader->has_soa = true;
	return name_equal_fold(top_of(reader)->owner, reader->zone) ||
	       error_set(error, "the SOA is not at the top of the zone");
}

static bool take_record(struct zone_reader *reader, const char *text, struct error *error)
{
	struct zone_entry entry;
	uint32_t ttl;

	if (!zone_entry_split(text, &entry, error) || !take_owner(reader, entry.owner, error) ||
	    !zone_rdata_read(&reader->rdata, entry.type.text, entry.type.size, entry.rdata, error) ||
	    !take_ttl(reader, &entry, &ttl, error) || !check_soa(reader, error))
		return false;
	struct zone_record record = {
		.owner = top_of(reader)->owner,
		.type = reader->rdata.type,
		.class_ = CLASS_IN,
		.ttl = ttl,
		.rdata = reader->rdata.wire,
		.rdata_size = reader->rdata.size,
	};
	return reader->take(reader->context, &record, error);
}

/* One entry of the file on top. */
static bool take_entry(struct zone_reader *reader, struct error *error)
{
	struct zone_source *source = top_of(reader);
	const char *problem;
	unsigned line = 0;

	switch (zone_lines_next(&source->lines, &problem, &line)) {
	case ZONE_LINE_END:
		pop_source(reader);
		return true;
	case ZONE_LINE_BAD:
		return error_set(error, "%s:%u: %s", source->name, line, problem);
	case ZONE_LINE_ENTRY:
		break;
	}
	const char *text = source->lines.entry.data;
	line = source->lines.entry_line;
	if (text[0] == '$' ? take_directive(reader, text, error) : take_record(reader, text, error))
		return true;
	return error_prefix(error, "%s:%u: ", source->name, line);
}

/* Takes the stream. */
static bool read_stream(struct zone_reader *reader, const char *name, FILE *stream, struct error *error)
{
	bool good = true;

	zone_rdata_init(&reader->rdata);
	push_source(reader, name, stream, reader->zone);
	while (good && reader->depth > 0)
		good = take_entry(reader, error);
	while (reader->depth > 0)
		pop_source(reader);
	zone_rdata_done(&reader->rdata);
	if (good && !reader->has_soa)
		return error_set(error, "%s: no SOA", name);
	return good;
}

bool zone_file_read(const char *path, const uint8_t *origin, zone_record_call take, void *context,
		    struct error *error)
{
	struct zone_reader reader = { .zone = origin, .take = take, .context = context };
	FILE *stream = open_file(path, error);

	return stream != NULL && read_stream(&reader, path, stream, error);
}

bool zone_text_read(const char *name, const char *text, size_t size, const uint8_t *origin,
		    zone_record_call take, void *context, struct error *error)
{
	struct zone_reader reader = { .zone = origin, .take = take, .context = context };
	FILE *stream = fmemopen((char *)text, size, "r");

	if (stream == NULL)
		return error_set(error, "%s: %s", name, strerrordesc_np(errno));
	return read_stream(&reader, name, stream, error);
}
