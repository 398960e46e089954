/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

void house_put(struct house *house, const char *lines)
{
	while (*lines != '\0') {
		size_t size = strcspn(lines, "\n");
		char *line = mem_text_n(lines, size);
		model_put(house->model, object_of_line(line));
		mem_free(line);
		lines += size;
		lines += *lines == '\n';
	}
}

void house_take(struct house *house, const char *kind_and_name)
{
	struct object *object = object_of_line(kind_and_name);
	assert_true(model_remove(house->model, object->kind, object->namespace_, object->name));
	object_drop(object);
}

void house_show(struct house *house, const char *lines)
{
	house_put(house, lines);
	assert_true(answers_publish(house->answers));
}

void house_hide(struct house *house, const char *kind_and_name)
{
	house_take(house, kind_and_name);
	assert_true(answers_publish(house->answers));
}

void house_put_many(struct house *house, const struct many *many)
{
	struct text line = { 0 };
	text_printf(&line, "Slice %s of=%s %s", many->slice, many->service, many->ports);
	for (unsigned i = many->from; i < many->from + many->count; i++) {
		if (many->prefix != NULL)
			text_printf(&line, " %s%u@10.%u.%u.%u", many->prefix, i, 1 + (i >> 16),
				    i >> 8 & 255, i & 255);
		else
			text_printf(&line, " 10.%u.%u.%u", 1 + (i >> 16), i >> 8 & 255, i & 255);
	}
	house_put(house, line.data);
	text_done(&line);
}

/* ---- the house ---- */

static void take_complaint(void *context, const char *text)
{
	text_printf(context, "%s\n", text);
}

struct cluster_options house_options(void)
{
	static const char *const zones[] = { "cluster.local.", "in-addr.arpa.", "ip6.arpa." };
	return (struct cluster_options){ .zones = zones,
					 .zone_count = COUNT_OF(zones),
					 .ttl = 30,
					 .denial_ttl = 5,
					 .shorthand = true,
					 .port = 53 };
}

struct house *house_open(const struct cluster_options *options)
{
	struct house *house = mem_zalloc(sizeof *house);
	house->ttl = options->ttl;
	house->denial_ttl = options->denial_ttl;
	house->answers = answers_new();
	answers_complain_to(house->answers, take_complaint, &house->complaints);
	house->catalog = answers_add_cluster(house->answers, options);
	house->model = model_new();
	model_listen(house->model, catalog_listener(house->catalog));
	house_show(house, "Namespace default");
	return house;
}

struct house *house_open_plain(void)
{
	struct cluster_options options = house_options();
	return house_open(&options);
}

void house_close(struct house *house)
{
	model_free(house->model);
	answers_free(house->answers);
	text_done(&house->complaints);
	mem_free(house);
}

/* ---- questions ---- */

/* The name of a question as absolute text; returns its type's. */
static const char *question_read(const char *question, char ret_name[NAME_TEXT_SIZE])
{
	size_t size = strcspn(question, " ");
	struct ip ip;
	snprintf(ret_name, NAME_TEXT_SIZE, "%.*s", (int)size, question);
	if (ip_parse(ret_name, &ip)) {
		uint8_t name[DNS_NAME_MAX], name_size;
		name_of_ptr(&ip, name, &name_size);
		name_print(name, ret_name);
	} else if (size == 0 || question[size - 1] != '.') {
		snprintf(ret_name + size, NAME_TEXT_SIZE - size, "%scluster.local.",
			 size == 0 ? "" : ".");
	}
	return question + size + 1;
}

struct asked house_ask(const struct house *house, const char *question)
{
	char name[NAME_TEXT_SIZE];
	const char *type = question_read(question, name);
	return ask_with(house->answers, house->catalog, name, type, &house->asking);
}

static void shorten(char *text)
{
	static const char tail[] = ".cluster.local.";
	char *found;
	while ((found = strstr(text, tail)) != NULL)
		memmove(found, found + sizeof tail - 1, strlen(found + sizeof tail - 1) + 1);
}

static const char *asked_text(const struct asked *asked)
{
	switch (asked->kind) {
	case ANSWER_NO_DATA:
		return "NODATA";
	case ANSWER_NO_NAME:
		return "NXDOMAIN";
	case ANSWER_NOT_READY:
		return "NOT_READY";
	case ANSWER_BROKEN:
		return "BROKEN";
	case ANSWER_REFERRAL:
		return "REFERRAL";
	case ANSWER_FOUND:
	case ANSWER_ALIAS:
		break;
	}
	char *text = answer_text(asked);
	shorten(text);
	return text;
}

/* names.md 10: one SOA, whose TTL is D or at most 1, and nothing else. */
static void check_denial(const struct house *house, const struct asked *asked)
{
	const ldns_rr_list *authority = ldns_pkt_authority(asked->packet);
	assert_int_equal(asked->rcode, asked->kind == ANSWER_NO_NAME ? RCODE_NXDOMAIN : RCODE_NOERROR);
	assert_int_equal(ldns_pkt_ancount(asked->packet), 0);
	assert_int_equal(ldns_pkt_arcount(asked->packet), 0);
	assert_int_equal(ldns_rr_list_rr_count(authority), 1);
	const ldns_rr *soa = ldns_rr_list_rr(authority, 0);
	assert_int_equal(ldns_rr_get_type(soa), LDNS_RR_TYPE_SOA);
	uint32_t d = house->denial_ttl, ttl = ldns_rr_ttl(soa);
	assert_true(ttl == d || ttl == (d < 1 ? d : 1));
	assert_int_equal(ldns_rdf2native_int32(ldns_rr_rdf(soa, 6)), d);
}

/* names.md 10 and 13: no authority, the name asked as owner, the option's TTL. */
static void check_found(const struct house *house, const struct asked *asked)
{
	const ldns_rr_list *answers = ldns_pkt_answer(asked->packet);
	const ldns_rdf *name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(asked->packet), 0));
	assert_int_equal(asked->rcode, RCODE_NOERROR);
	assert_int_equal(ldns_pkt_nscount(asked->packet), 0);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);
		ldns_rr_type type = ldns_rr_get_type(rr);
		assert_int_equal(ldns_dname_compare(ldns_rr_owner(rr), name), 0);
		if (type != LDNS_RR_TYPE_SOA && type != LDNS_RR_TYPE_TXT)
			assert_int_equal(ldns_rr_ttl(rr), house->ttl);
	}
	for (size_t i = 0; i < ldns_pkt_arcount(asked->packet); i++)
		assert_int_equal(ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_additional(asked->packet), i)),
				 house->ttl);
}

void house_expect(const struct house *house, const char *question, const char *told)
{
	struct asked asked = house_ask(house, question);
	const char *got = asked_text(&asked);
	if (strcmp(got, told) != 0)
		fail_msg("%s: %s, expected: %s", question, got, told);
	if (asked.kind == ANSWER_NO_DATA || asked.kind == ANSWER_NO_NAME)
		check_denial(house, &asked);
	else if (asked.kind == ANSWER_FOUND && !house->asking.chase)
		check_found(house, &asked);
	ldns_pkt_free(asked.packet);
}

void house_expect_all(const struct house *house, const char *lines)
{
	while (*lines != '\0') {
		size_t size = strcspn(lines, "\n");
		char *line = mem_text_n(lines, size), *colon = strstr(line, ": ");
		assert_non_null(colon);
		*colon = '\0';
		house_expect(house, line, colon + 2);
		mem_free(line);
		lines += size;
		lines += *lines == '\n';
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *rr_text(const ldns_rr *rr)
{
	struct text text = { 0 };
	char *owner = ldns_rdf2str(ldns_rr_owner(rr)), *type = ldns_rr_type2str(ldns_rr_get_type(rr)),
	     *rdata = ldns_rdf2str(ldns_rr_rdf(rr, 0));
	text_printf(&text, "%s %s %s", owner, type, rdata);
	free(owner);
	free(type);
	free(rdata);
	return text.data;
}

void house_expect_glue(const struct house *house, const char *question, const char *told)
{
	struct asked asked = house_ask(house, question);
	const ldns_rr_list *list = ldns_pkt_additional(asked.packet);
	size_t count = ldns_rr_list_rr_count(list);
	char **texts = mem_zalloc((count + 1) * sizeof *texts);
	struct text all = { 0 };
	for (size_t i = 0; i < count; i++)
		texts[i] = rr_text(ldns_rr_list_rr(list, i));
	qsort(texts, count, sizeof *texts, by_text);
	text_add(&all, "");
	for (size_t i = 0; i < count; i++) {
		text_printf(&all, "%s%s", i > 0 ? "|" : "", texts[i]);
		mem_free(texts[i]);
	}
	shorten(all.data);
	if (strcmp(all.data, told) != 0)
		fail_msg("glue of %s: %s, expected: %s", question, all.data, told);
	mem_free(texts);
	text_done(&all);
	ldns_pkt_free(asked.packet);
}

void house_expect_denial_ttl(const struct house *house, const char *question, uint32_t ttl)
{
	struct asked asked = house_ask(house, question);
	if (ldns_pkt_nscount(asked.packet) != 1)
		fail_msg("%s: no denial", question);
	uint32_t got = ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_authority(asked.packet), 0));
	if (got != ttl)
		fail_msg("%s: denied for %u s, expected: %u", question, got, ttl);
	ldns_pkt_free(asked.packet);
}

uint32_t house_serial(const struct house *house, const char *zone)
{
	struct asked asked =
		ask_with(house->answers, house->catalog, zone, "SOA", &(struct asking){ 0 });
	assert_int_equal(ldns_pkt_ancount(asked.packet), 1);
	const ldns_rr *soa = ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0);
	uint32_t serial = ldns_rdf2native_int32(ldns_rr_rdf(soa, 2));
	ldns_pkt_free(asked.packet);
	return serial;
}

void house_expect_complaint(struct house *house, const char *part)
{
	const char *said = house->complaints.data == NULL ? "" : house->complaints.data;
	if (strstr(said, part) == NULL)
		fail_msg("complaints: '%s', expected: %s", said, part);
	text_clear(&house->complaints);
}
