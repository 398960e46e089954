/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

static bool load_rr(struct zone_load *load, const ldns_rr *rr, struct error *error)
{
	ldns_buffer *buffer = ldns_buffer_new(65536);
	assert_int_equal(ldns_rr_rdata2buffer_wire(buffer, rr), LDNS_STATUS_OK);
	bool good = zone_load_add(load, ldns_rdf_data(ldns_rr_owner(rr)),
				  (uint16_t)ldns_rr_get_type(rr), ldns_rr_ttl(rr),
				  ldns_buffer_begin(buffer), (uint16_t)ldns_buffer_position(buffer),
				  error);
	ldns_buffer_free(buffer);
	return good;
}

/* The records of a text in zone file form; TTL 300 where none is said. */
bool load_text(struct zone_load *load, const char *origin_text, const char *text, struct error *error)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	ldns_rdf *origin = ldns_dname_new_frm_str(origin_text), *previous = NULL;
	uint32_t ttl = 300;
	int line = 1;
	bool good = true;
	while (good && !feof(file)) {
		ldns_rr *rr = NULL;
		ldns_status status = ldns_rr_new_frm_fp_l(&rr, file, &ttl, &origin, &previous, &line);
		if (status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
		    status == LDNS_STATUS_SYNTAX_ORIGIN)
			continue;
		if (status != LDNS_STATUS_OK)
			fail_msg("line %d: %s", line, ldns_get_errorstr_by_id(status));
		good = load_rr(load, rr, error);
		ldns_rr_free(rr);
	}
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(previous);
	fclose(file);
	return good;
}

bool load_zone(struct catalog *catalog, const char *origin, const char *text, struct error *error)
{
	struct zone_load *load = zone_load_begin(catalog, origin);
	if (load_text(load, origin, text, error))
		return zone_load_end(load, error);
	zone_load_abandon(load);
	return false;
}

void append(char *text, size_t room, const char *more)
{
	size_t size = strlen(text);
	snprintf(text + size, room - size, "%s", more);
}

/* "name ttl TYPE rdata" and a newline. */
static char *rr_text(const ldns_rr *rr)
{
	char *line = ldns_rr2str(rr), *class_ = strstr(line, "\tIN\t");
	memmove(class_, class_ + 3, strlen(class_ + 3) + 1);
	for (char *at = line; *at != '\0'; at++)
		*at = *at == '\t' ? ' ' : *at;
	size_t end = strlen(line) - 1;
	while (end > 0 && line[end - 1] == ' ')
		end--;
	memcpy(line + end, "\n", 2);
	return line;
}

int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line for each record, sorted. */
static void append_section(char *text, size_t room, ldns_rr_list *list, const char *title)
{
	size_t count = ldns_rr_list_rr_count(list);
	if (count == 0)
		return;
	append(text, room, title);
	char **lines = mem_alloc(count * sizeof *lines);
	for (size_t i = 0; i < count; i++)
		lines[i] = rr_text(ldns_rr_list_rr(list, i));
	qsort(lines, count, sizeof *lines, by_text);
	for (size_t i = 0; i < count; i++) {
		append(text, room, lines[i]);
		free(lines[i]);
	}
	mem_free(lines);
}

const char *const kind_names[] = {
	[ANSWER_FOUND] = "FOUND",	[ANSWER_NO_DATA] = "NO_DATA",
	[ANSWER_NO_NAME] = "NO_NAME",	[ANSWER_ALIAS] = "ALIAS",
	[ANSWER_REFERRAL] = "REFERRAL", [ANSWER_NOT_READY] = "NOT_READY",
	[ANSWER_BROKEN] = "BROKEN",
};

/* The whole reply: kind (and TC), answer, then authority behind "--" and additional behind "++". */
const char *reply_text(const struct asked *asked)
{
	static char text[1 << 20];
	snprintf(text, sizeof text, "%s%s\n", kind_names[asked->kind], asked->truncated ? " TC" : "");
	append_section(text, sizeof text, ldns_pkt_answer(asked->packet), "");
	append_section(text, sizeof text, ldns_pkt_authority(asked->packet), "--\n");
	append_section(text, sizeof text, ldns_pkt_additional(asked->packet), "++\n");
	return text;
}

void expect_load(struct shop *shop, const char *origin, const char *text)
{
	struct error error = { 0 };
	if (!load_zone(shop->catalog, origin, text, &error))
		fail_msg("%s", error.text);
}

struct shop open_shop(const char *text)
{
	struct shop shop = { .answers = answers_new() };
	shop.catalog = answers_add_static(shop.answers);
	expect_load(&shop, "example.", text);
	answers_publish(shop.answers);
	return shop;
}

void close_shop(struct shop *shop)
{
	answers_free(shop->answers);
}

void expect_within(struct shop *shop, const char *name, const char *type, uint32_t limit,
		   const char *text)
{
	struct asked asked = ask(shop->answers, shop->catalog, name, type, limit);
	const char *got = reply_text(&asked);
	if (strcmp(got, text) != 0)
		print_error("%s %s\ngot: %s\nexpected: %s\n", name, type, got, text);
	assert_string_equal(got, text);
	ldns_pkt_free(asked.packet);
}

void expect(struct shop *shop, const char *name, const char *type, const char *text)
{
	expect_within(shop, name, type, 0, text);
}
