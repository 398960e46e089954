/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of bodies share: responses are written by hand, fed in pieces, and what comes out
 * is put down as lines of text to compare. */
#ifndef TESTS_KUBE_BODIES_H
#define TESTS_KUBE_BODIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "body.h"

/* --- protobuf by hand --- */

static inline void put_varint(struct text *text, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		text_add_n(text, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

static inline void put_number(struct text *text, unsigned field, uint64_t value)
{
	put_varint(text, (uint64_t)field << 3);
	put_varint(text, value);
}

static inline void put_bytes(struct text *text, unsigned field, const void *bytes, size_t size)
{
	put_varint(text, (uint64_t)field << 3 | 2);
	put_varint(text, size);
	text_add_n(text, bytes, size);
}

static inline void put_word(struct text *text, unsigned field, const char *word)
{
	put_bytes(text, field, word, strlen(word));
}

/* Takes the message. */
static inline void put_message(struct text *text, unsigned field, struct text message)
{
	put_bytes(text, field, message.data, message.size);
	text_done(&message);
}

/* Takes `raw`. */
static inline struct text unknown_of(const char *kind, struct text raw)
{
	struct text text = { 0 }, type = { 0 };

	text_add_n(&text, "k8s", 4);
	put_word(&type, 1, "v1");
	put_word(&type, 2, kind);
	put_message(&text, 1, type);
	put_message(&text, 2, raw);
	put_word(&text, 3, "");
	put_word(&text, 4, "");
	return text;
}

static inline struct text frame_of(struct text event)
{
	struct text text = { 0 };
	uint8_t size[4] = { (uint8_t)(event.size >> 24), (uint8_t)(event.size >> 16),
			    (uint8_t)(event.size >> 8), (uint8_t)event.size };

	text_add_n(&text, size, 4);
	text_add_n(&text, event.data, event.size);
	text_done(&event);
	return text;
}

/* Takes `unknown`. */
static inline void put_event(struct text *stream, const char *word, struct text unknown)
{
	struct text event = { 0 }, extension = { 0 };

	put_message(&extension, 1, unknown);
	put_word(&event, 1, word);
	put_message(&event, 2, extension);
	struct text frame = frame_of(event);
	text_add_n(stream, frame.data, frame.size);
	text_done(&frame);
}

/* A Service of the cluster address 10.0.0.`n`. */
static inline struct text service_message(const char *name, unsigned n, unsigned port)
{
	struct text object = { 0 }, metadata = { 0 }, spec = { 0 }, port_message = { 0 };
	char address[16], version[16];

	snprintf(address, sizeof(address), "10.0.0.%u", n);
	snprintf(version, sizeof(version), "%u", 100 + n);
	put_word(&metadata, 1, name);
	put_word(&metadata, 3, "ns");
	put_word(&metadata, 6, version);
	put_word(&port_message, 1, "http");
	put_number(&port_message, 3, port);
	put_message(&spec, 1, port_message);
	put_word(&spec, 3, address);
	put_message(&object, 1, metadata);
	put_message(&object, 2, spec);
	return object;
}

/* --- what came out --- */

static inline const char *event_name(enum body_event event)
{
	static const char *const names[] = { "item",	"added",    "modified",
					     "deleted", "bookmark", "error" };
	return names[event];
}

struct seen {
	struct text lines;
	size_t stop_at; /* refuse the n-th; 0: none */
	size_t count;
};

static inline bool see(void *context, const struct body_item *item)
{
	struct seen *seen = context;

	text_add(&seen->lines, event_name(item->event));
	if (item->event == BODY_ERROR) {
		text_printf(&seen->lines, " %d %s: %s (%u)\n", item->status.code,
			    item->status.reason, item->status.message, item->status.retry_after_s);
	} else {
		const struct api_object *object = item->object;
		text_printf(&seen->lines, " %s/%s @%s%s%s", object->namespace_, object->name,
			    object->version, object->is_initial_end ? " end" : "",
			    object->object == NULL ? "" : " kept");
		if (object->object != NULL && object->kind == OBJECT_SERVICE) {
			const struct service *service = (const struct service *)object->object;
			char address[IP_TEXT_SIZE] = "";
			if (service->address_count > 0)
				ip_print(&service->addresses[0], address);
			text_printf(&seen->lines, " %s:%u", address,
				    service->port_count > 0 ? service->ports[0].number : 0);
		}
		text_printf(&seen->lines, "%s%s\n", item->fault == NULL ? "" : " but ",
			    item->fault == NULL ? "" : item->fault);
	}
	return ++seen->count != seen->stop_at;
}

static const struct decode_options keep_all = {
	.keep_pod_names = true,
	.keep_zones = true,
	.keep_pods = true,
	.keep_imports = true,
	.keep_slices = true,
};

static inline struct body_options options_of(enum body_form form, enum body_encoding encoding,
					     struct seen *seen)
{
	return (struct body_options){ .form = form,
				      .encoding = encoding,
				      .kind = OBJECT_SERVICE,
				      .decode = &keep_all,
				      .calls = { see, seen } };
}

/* Feeds the response in pieces of `piece` bytes, each in a block of its exact size; 0: as one. What
 * came out are lines; of a list also its metadata, and at the end the sentence of an error. */
static inline struct text lines_of(const struct body_options *options, struct seen *seen,
				   const void *bytes, size_t size, size_t piece)
{
	struct body *body = body_new(options);
	struct error error = { 0 };
	struct body_list list;
	bool good = true;

	for (size_t at = 0, part; good && at < size; at += part) {
		part = piece == 0 || piece > size - at ? size - at : piece;
		uint8_t *copy = mem_copy((const uint8_t *)bytes + at, part);
		good = body_feed(body, copy, part, &error);
		mem_free(copy);
	}
	if (good && body_end(body, &list, &error)) {
		if (options->form == BODY_LIST)
			text_printf(&seen->lines, "list @%s next '%s' %llu\n", list.version,
				    list.next, (unsigned long long)list.remaining);
	} else {
		text_printf(&seen->lines, "! %s\n", error.text);
	}
	body_free(body);
	return seen->lines;
}

/* Whatever the pieces, these lines come out. */
static inline void assert_lines(const struct body_options *given, const void *bytes, size_t size,
				const char *lines)
{
	for (size_t piece = 0; piece <= 70; piece++) {
		struct seen seen = { 0 };
		struct body_options options = *given;
		options.calls = (struct body_calls){ see, &seen };
		struct text found = lines_of(&options, &seen, bytes, size, piece);
		assert_string_equal(found.data == NULL ? "" : found.data, lines);
		text_done(&found);
	}
}

#endif
