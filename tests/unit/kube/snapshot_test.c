/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: what is written is read again, and what is not whole is not read at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "knamed/model.h"
#include "snapshot_job.h"

static char directory[] = "/tmp/knamed-snapshot-XXXXXX";
static char path[64];
static const struct snapshot_head head = { "0a1b", "2c3d", "uid-of-kube-system", 1795000000 };

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/snapshot", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static uint32_t seed = 1;
static unsigned below(unsigned bound)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8 & 0xffff ? (seed >> 8) % bound : 0;
}

static const char *some_text(void)
{
	static const char *const texts[] = {
		"", "a", "http", "etcd-0", "Some-Name", "a.b.c", "a-name-of-sixty-three-octets-which-is-the-most-that-a-label-may"
	};
	return texts[below(COUNT_OF(texts))];
}

static struct ip some_address(void)
{
	struct ip ip;
	char text[IP_TEXT_SIZE];
	snprintf(text, sizeof(text), below(2) ? "10.%u.%u.9" : "fd00::%x:%x", below(200), below(200));
	assert_true(ip_parse(text, &ip));
	return ip;
}

struct parts {
	struct ip addresses[4];
	struct port ports[5];
	struct external externals[3];
	struct endpoint_text endpoints[40];
};

static void fill_parts(struct parts *parts)
{
	for (size_t i = 0; i < COUNT_OF(parts->addresses); i++)
		parts->addresses[i] = some_address();
	for (size_t i = 0; i < COUNT_OF(parts->ports); i++)
		parts->ports[i] = (struct port){ some_text(), (uint16_t)below(65536), below(2),
						 (uint8_t)below(4) };
	for (size_t i = 0; i < COUNT_OF(parts->externals); i++)
		parts->externals[i] =
			below(2) == 0 ? (struct external){ .ip = some_address(), .hostname = "" }
				      : (struct external){ .hostname = some_text() };
	for (size_t i = 0; i < COUNT_OF(parts->endpoints); i++)
		parts->endpoints[i] =
			(struct endpoint_text){ some_address(), below(2),    below(2),
						some_text(),	some_text(), some_text() };
}

static struct object *some_object(enum object_kind kind, const char *name)
{
	static struct parts parts;
	struct object top = { .namespace_ = kind == OBJECT_NAMESPACE ? "" : "space", .name = name };
	fill_parts(&parts);
	struct service service = { .head = top,
				   .type = below(3),
				   .publish_not_ready = below(2),
				   .has_selector = below(2),
				   .address_count = (uint8_t)below(3),
				   .listed_count = 4,
				   .port_count = (uint16_t)below(6),
				   .addresses = parts.addresses,
				   .ports = parts.ports,
				   .external_count = (uint16_t)below(4),
				   .externals = parts.externals,
				   .external_name = some_text() };
	struct slice slice = { .head = top,
			       .service = some_text(),
			       .import = some_text(),
			       .cluster = some_text(),
			       .address_type = below(3),
			       .port_count = (uint16_t)below(6),
			       .endpoint_count = below(41),
			       .ports = parts.ports };
	struct pod pod = { top, (uint8_t)below(4), parts.addresses };
	struct import import = { top,	     below(2),		 (uint8_t)below(3),
				 4,	     (uint16_t)below(6), parts.addresses,
				 parts.ports };
	switch (kind) {
	case OBJECT_NAMESPACE:
		return namespace_new(name);
	case OBJECT_SERVICE:
		return service_new(&service);
	case OBJECT_SLICE:
		return slice_new(&slice, parts.endpoints);
	case OBJECT_POD:
		return pod_new(&pod);
	case OBJECT_IMPORT:
	case OBJECT_KINDS:
		break;
	}
	return import_new(&import);
}

static struct model *some_model(unsigned objects_of_a_kind)
{
	struct model *model = model_new();
	char name[32];
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		for (unsigned i = 0; i < objects_of_a_kind; i++) {
			snprintf(name, sizeof(name), "object-%u", i);
			struct object *object = some_object(kind, name);
			object->version = (uint64_t)below(1000) << 40 | i;
			model_put(model, object);
		}
	}
	return model;
}

static bool write_model(const struct model *model, struct error *error)
{
	struct snapshot *snapshot = snapshot_take(&head, model);
	bool is_written = snapshot_write(snapshot, path, error);
	snapshot_drop(snapshot);
	return is_written;
}

static void assert_models_equal(const struct model *a, const struct model *b)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		size_t position = 0;
		const struct object *object;
		assert_int_equal(model_count(a, kind), model_count(b, kind));
		while ((object = model_next(a, kind, &position)) != NULL) {
			const struct object *other =
				model_get(b, kind, object->namespace_, object->name);
			assert_non_null(other);
			assert_true(object_equal(object, other));
			assert_true(object->version == other->version);
		}
	}
}

static size_t count_all(const struct model *model)
{
	size_t count = 0;
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		count += model_count(model, kind);
	return count;
}

static void assert_refused(const struct snapshot_head *wanted, const char *why)
{
	struct model *model = model_new();
	struct snapshot_head read;
	struct error error = { .text = "" };
	assert_false(snapshot_read(path, wanted, model, &read, &error));
	assert_int_equal(count_all(model), 0);
	if (why != NULL)
		assert_non_null(strstr(error.text, why));
	model_free(model);
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		struct model *before = some_model(round), *after = model_new();
		struct snapshot_head read;
		struct error error;
		struct stat status;
		assert_true(write_model(before, &error));
		assert_true(snapshot_read(path, &head, after, &read, &error));
		assert_models_equal(before, after);
		assert_string_equal(read.cluster, head.cluster);
		assert_true(read.unix_s == head.unix_s);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
		model_free(before);
		model_free(after);
	}
}

static void snapshots_of_others_are_refused(void **state)
{
	(void)state;
	struct snapshot_head other = head;
	struct model *model = some_model(2);
	struct error error;
	assert_true(write_model(model, &error));
	other.key[3] = 'c';
	assert_refused(&other, "another API server");
	other = head;
	other.options[3] = 'e';
	assert_refused(&other, "other options");
	model_free(model);
}

static void overwrite(const struct text *text, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text->data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void what_is_changed_or_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct model *model = some_model(1);
	struct text text = { 0 };
	struct error error;
	assert_true(write_model(model, &error));
	assert_true(file_read(path, 1 << 20, &text, &error));
	for (size_t i = 0; i < text.size; i++) {
		text.data[i] ^= 0x10;
		overwrite(&text, text.size);
		assert_refused(&head, NULL);
		text.data[i] ^= 0x10;
		overwrite(&text, i);
		assert_refused(&head, NULL);
	}
	text.data[19]++;
	overwrite(&text, text.size);
	assert_refused(&head, "another version");
	text_done(&text);
	model_free(model);
}

static void the_old_one_stays_where_the_new_one_cannot_be_written(void **state)
{
	(void)state;
	struct model *model = some_model(1), *after = model_new();
	struct snapshot_head read;
	struct error error;
	char beside[80];
	assert_true(write_model(model, &error));
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_false(write_model(after, &error));
	assert_non_null(strstr(error.text, "cannot be written"));
	assert_int_equal(rmdir(beside), 0);
	assert_true(snapshot_read(path, &head, after, &read, &error));
	assert_models_equal(model, after);
	model_free(model);
	model_free(after);
}

static void note_end(void *context, const char *trouble)
{
	snprintf(context, 1024, "%s", trouble != NULL ? trouble : "written");
}

static struct snapshot_job *start_job(struct event_base *events, const struct model *model,
				      char *ret_end)
{
	struct snapshot_job_options options = { events, path, note_end, ret_end };
	struct error error;
	ret_end[0] = '\0';
	struct snapshot_job *job = snapshot_job_start(&options, snapshot_take(&head, model), &error);
	assert_non_null(job);
	return job;
}

/* Some of it goes, some is replaced, some gets another version. */
static void change_model(struct model *model, unsigned i)
{
	char name[32];
	snprintf(name, sizeof(name), "object-%u", i);
	model_remove(model, OBJECT_POD, "space", name);
	model_put(model, some_object(OBJECT_SLICE, name));
	struct object *equal = namespace_new(name);
	equal->version = 5;
	model_put(model, equal);
}

static void what_changes_while_it_is_written_is_not_in_it(void **state)
{
	(void)state;
	enum { OBJECTS = 500 };
	struct event_base *events = event_base_new();
	struct model *model = some_model(OBJECTS), *expected = model_new(), *after = model_new();
	struct snapshot_head read;
	struct error error;
	char end[1024];
	assert_true(write_model(model, &error));
	assert_true(snapshot_read(path, &head, expected, &read, &error));
	assert_int_equal(unlink(path), 0);
	start_job(events, model, end);
	for (unsigned i = 0; i < OBJECTS; i++)
		change_model(model, i);
	while (end[0] == '\0')
		event_base_loop(events, EVLOOP_ONCE);
	assert_string_equal(end, "written");
	assert_true(snapshot_read(path, &head, after, &read, &error));
	assert_models_equal(expected, after);
	assert_int_equal(model_count(model, OBJECT_POD), 0);
	model_free(model);
	model_free(expected);
	model_free(after);
	event_base_free(events);
}

static void a_job_can_be_waited_for_and_says_how_it_ended(void **state)
{
	(void)state;
	struct event_base *events = event_base_new();
	struct model *model = some_model(3), *after = model_new();
	struct snapshot_head read;
	struct error error;
	char end[1024], beside[80];
	snapshot_job_wait(start_job(events, model, end));
	assert_string_equal(end, "written");
	assert_true(snapshot_read(path, &head, after, &read, &error));
	assert_models_equal(model, after);
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkdir(beside, 0700), 0);
	snapshot_job_wait(start_job(events, model, end));
	assert_non_null(strstr(end, "cannot be written: Is a directory"));
	assert_int_equal(rmdir(beside), 0);
	model_free(model);
	model_free(after);
	event_base_free(events);
}

static void a_missing_file_is_told(void **state)
{
	(void)state;
	unlink(path);
	assert_refused(&head, "No such file");
}

static void what_is_no_file_holds_nobody_up(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(&head, "it is no file");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(snapshots_of_others_are_refused),
		cmocka_unit_test(what_is_changed_or_cut_anywhere_is_refused),
		cmocka_unit_test(the_old_one_stays_where_the_new_one_cannot_be_written),
		cmocka_unit_test(what_changes_while_it_is_written_is_not_in_it),
		cmocka_unit_test(a_job_can_be_waited_for_and_says_how_it_ended),
		cmocka_unit_test(a_missing_file_is_told),
		cmocka_unit_test(what_is_no_file_holds_nobody_up),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
