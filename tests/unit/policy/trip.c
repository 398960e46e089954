/* SPDX-License-Identifier: Apache-2.0 */
#include "trip.h"

#include "asking.h"

static size_t write_question(uint8_t *packet, const char *name, uint16_t type, bool edns)
{
	uint8_t size;
	struct dns_writer writer = { packet, packet + DNS_HEADER_SIZE, packet + 512 };
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet + 2, FLAG_RD);
	put_u16(packet + 4, 1);
	put_u16(packet + 10, edns);
	assert_true(name_parse(name, writer.at, &size));
	writer.at += size;
	write_u16(&writer, type);
	write_u16(&writer, CLASS_IN);
	if (edns)
		write_bytes(&writer, "\0\0\51\4\320\0\0\200\0\0\0", DNS_OPT_SIZE);
	return (size_t)(writer.at - packet);
}

struct trip *trip_new(const char *rules)
{
	struct trip *trip = mem_zalloc(sizeof(*trip));
	struct error error = { 0 };
	trip->config = config_of(rules);
	struct policy_options options = { .block = &trip->config->blocks[0], .version = "v" };
	assert_true(policy_compile(&options, &trip->policy, &error));
	return trip;
}

void trip_free(struct trip *trip)
{
	policy_free(trip->policy);
	config_free(trip->config);
	mem_free(trip);
}

void trip_down(struct trip *trip, const char *name, uint16_t type, bool edns)
{
	size_t size = write_question(trip->packet, name, type, edns);
	assert_int_equal(dns_query_read(trip->packet, size, &trip->query), QUERY_GOOD);
	trip->verdict = rewrite_question(trip->policy, &trip->query, trip->client, &trip->way);
}

void trip_print_asked(const struct trip *trip, char ret_text[NAME_TEXT_SIZE + 16])
{
	static const char *const words[] = { [REWRITE_NOTHING] = "nothing", [REWRITE_BROKEN] = "broken" };
	const struct rewrite_way *way = &trip->way;
	char type[16];
	if (trip->verdict != REWRITE_DONE) {
		strcpy(ret_text, words[trip->verdict]);
		return;
	}
	name_print(way->name_at != 0 ? way->names + way->name_at : trip->packet + DNS_HEADER_SIZE,
		   ret_text);
	dns_type_print(way->type, type);
	strcat(strcat(ret_text, " "), type);
}

uint8_t *message_new(const char *name, uint16_t type, const char *records, size_t *ret_size)
{
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), type, LDNS_RR_CLASS_IN,
					      LDNS_QR | LDNS_RD);
	ldns_pkt_section section = LDNS_SECTION_ANSWER;
	char *copy = mem_text(records), *rest = copy;
	for (size_t size; *rest != '\0'; rest += size) {
		size = strcspn(rest, ";/");
		char end = rest[size];
		rest[size] = '\0';
		ldns_rr *record = NULL;
		if (rest[strspn(rest, " ")] != '\0') {
			assert_int_equal(ldns_rr_new_frm_str(&record, rest, 0, NULL, NULL), 0);
			ldns_pkt_push_rr(packet, section, record);
		}
		if (end == '/')
			section++;
		size += end != '\0';
	}
	mem_free(copy);
	uint8_t *wire = NULL;
	assert_int_equal(ldns_pkt2wire(&wire, packet, ret_size), LDNS_STATUS_OK);
	ldns_pkt_free(packet);
	return wire;
}

/* All records in the same words. */
static void print_records(const uint8_t *packet, size_t size, struct text *ret_text)
{
	ldns_pkt *read = NULL;
	assert_int_equal(ldns_wire2pkt(&read, packet, size), LDNS_STATUS_OK);
	const ldns_rr_list *sections[] = { ldns_pkt_answer(read), ldns_pkt_authority(read),
					   ldns_pkt_additional(read) };
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		text_add(ret_text, i > 0 ? "/" : "");
		for (size_t j = 0; j < ldns_rr_list_rr_count(sections[i]); j++) {
			char *line = ldns_rr2str(ldns_rr_list_rr(sections[i], j));
			for (char *at = line; *at != '\0'; at++)
				*at = *at == '\t' ? ' ' : *at == '\n' ? ';' : *at;
			text_add(ret_text, line);
			free(line);
		}
	}
	while (ret_text->size > 0 && ret_text->data[ret_text->size - 1] == '/')
		ret_text->data[--ret_text->size] = '\0';
	ldns_pkt_free(read);
}

uint8_t trip_reply[DNS_MESSAGE_MAX];

void trip_up(struct trip *trip, const char *heard, const char *found, struct text *ret_text)
{
	char asked[NAME_TEXT_SIZE + 16];
	size_t size, found_size;
	struct dns_message message, other;
	trip_print_asked(trip, asked);
	*strchr(asked, ' ') = '\0';
	uint8_t *wire = message_new(asked, trip->way.type, heard, &size), *found_wire = NULL;
	assert_true(dns_message_read(wire, size, &message));
	if (found != NULL) {
		found_wire = message_new("found.", trip->way.type, found, &found_size);
		assert_true(dns_message_read(found_wire, found_size, &other));
	}
	struct dns_writer writer = { trip_reply, trip_reply, trip_reply + sizeof(trip_reply) };
	text_add(ret_text, "");
	if (!rewrite_reply(&trip->way, &message, found != NULL ? &other : NULL, &writer)) {
		text_add(ret_text, "broken");
	} else {
		size = (size_t)(writer.at - trip_reply);
		assert_true(dns_message_read(trip_reply, size, &message));
		assert_memory_equal(trip_reply + DNS_HEADER_SIZE, trip->packet + DNS_HEADER_SIZE,
				    trip->query.question_end - DNS_HEADER_SIZE);
		print_records(trip_reply, size, ret_text);
	}
	free(wire);
	free(found_wire);
}
