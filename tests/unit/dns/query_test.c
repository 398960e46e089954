/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <ldns/ldns.h>

#include "packet.h"

static void a_plain_question_is_read_whole(void **state)
{
	(void)state;
	struct packet packet = begin(FLAG_RD | FLAG_CD | FLAG_AD, 1, 0, 0, 0);
	add_question(&packet);
	struct dns_query query;
	assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
	assert_sound(&query);
	assert_int_equal(query.size, packet.size);
	assert_int_equal(query.flags, FLAG_RD | FLAG_CD | FLAG_AD);
	assert_int_equal(query.type, TYPE_AAAA);
	assert_int_equal(query.class_, CLASS_IN);
	assert_int_equal(query.question_end, QUESTION_END);
	assert_int_equal(query.udp_size, 512);
	assert_false(query.edns);
	assert_false(query.dnssec_ok);
	assert_false(query.nsid);
	assert_int_equal(query.label_count, 2);
	assert_int_equal(query.labels[1], 4);
	assert_int_equal(query.name_size, NAME_SIZE);
	assert_memory_equal(query.lower, "\3www\7example\0", NAME_SIZE);
}

static void the_root_is_a_name_without_labels(void **state)
{
	(void)state;
	struct packet packet = begin(0, 1, 0, 0, 0);
	add(&packet, "\0\0\2\0\1", 5);
	struct dns_query query;
	assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
	assert_sound(&query);
	assert_int_equal(query.name_size, 1);
	assert_int_equal(query.label_count, 0);
}

static void the_header_decides_first(void **state)
{
	(void)state;
	static const struct {
		unsigned flags, questions, answers, authorities, additional;
		enum dns_verdict verdict;
	} cases[] = {
		{ FLAG_QR, 1, 0, 0, 0, QUERY_DROP },
		{ FLAG_QR | 0x2000, 1, 0, 0, 0, QUERY_DROP },
		{ FLAG_QR, 9, 9, 9, 9, QUERY_DROP },
		{ 1 << 11, 1, 0, 0, 0, QUERY_NOTIMP },
		{ 4 << 11, 1, 0, 0, 0, QUERY_NOTIMP },
		{ 5 << 11, 1, 0, 0, 0, QUERY_NOTIMP },
		{ 15 << 11, 0, 9, 9, 9, QUERY_NOTIMP },
		{ 0, 0, 0, 0, 0, QUERY_FORMERR },
		{ 0, 2, 0, 0, 0, QUERY_FORMERR },
		{ 0, 257, 0, 0, 0, QUERY_FORMERR },
		{ 0, 1, 2, 0, 0, QUERY_FORMERR },
		{ 0, 1, 256, 0, 0, QUERY_FORMERR },
		{ 0, 1, 0, 2, 0, QUERY_FORMERR },
		{ 0, 1, 0, 0, 3, QUERY_FORMERR },
		{ 0, 1, 0, 0, 65535, QUERY_FORMERR },
		{ FLAG_AA | FLAG_TC | FLAG_RD | FLAG_RA | 0x40 | FLAG_AD | FLAG_CD | 15, 1, 0, 0, 0,
		  QUERY_GOOD },
		{ 0, 1, 0, 0, 2, QUERY_GOOD },
		{ 0, 1, 1, 1, 2, QUERY_GOOD },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(cases[i].flags, cases[i].questions, cases[i].answers,
					     cases[i].authorities, cases[i].additional);
		add_question(&packet);
		for (int record = 0; record < 4; record++)
			add_record(&packet, "\1x\0", 3, TYPE_A, 4);
		struct dns_query query;
		enum dns_verdict verdict = read_packet(&packet, &query);
		if (verdict != cases[i].verdict)
			print_error("case %zu: %d\n", i, verdict);
		assert_int_equal(verdict, cases[i].verdict);
		assert_int_equal(query.flags, cases[i].flags);
		assert_int_equal(query.size, packet.size);
	}
}

static void a_notify_is_read_on(void **state)
{
	(void)state;
	static const struct {
		unsigned flags, answers, questions;
		enum dns_verdict verdict;
	} cases[] = {
		{ 4 << 11 | FLAG_AA, 0, 1, QUERY_GOOD },
		{ 4 << 11, 1, 1, QUERY_GOOD }, /* the new SOA */
		{ 4 << 11, 0, 0, QUERY_FORMERR },
		{ 4 << 11, 3, 1, QUERY_FORMERR },
		{ 5 << 11, 0, 1, QUERY_NOTIMP },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet =
			begin(cases[i].flags, cases[i].questions, cases[i].answers, 0, 0);
		struct dns_query query;
		add_question(&packet);
		add_record(&packet, "\1x\0", 3, TYPE_SOA, 24);
		assert_int_equal(read_packet(&packet, &query), QUERY_NOTIMP);
		assert_int_equal(dns_notify_read(&query), cases[i].verdict);
		if (cases[i].verdict != QUERY_GOOD)
			continue;
		assert_sound(&query);
		assert_int_equal(query.type, TYPE_AAAA);
	}
}

static void less_than_a_header_is_dropped_and_a_bare_one_is_refused(void **state)
{
	(void)state;
	struct packet packet = begin(0, 1, 0, 0, 0);
	for (packet.size = 0; packet.size < 12; packet.size++)
		assert_int_equal(verdict_of(packet), QUERY_DROP);
	assert_int_equal(verdict_of(packet), QUERY_FORMERR);
}

static void a_malformed_question_is_refused(void **state)
{
	(void)state;
#define Q(bytes)                                                                                   \
	{                                                                                          \
		bytes, sizeof(bytes) - 1                                                           \
	}
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		Q("\0"),
		Q("\0\0\1\0"),
		Q("\3www"),
		Q("\3ww"),
		Q("\3www\0\0\1\0"),
		Q("\x3fwww\0\0\1\0\1"), /* label runs out of the packet */
		Q("\3www\4\0\1\0\1"),	/* label runs through type and class */
		Q("\3www\0\1\0\1"),	/* no root: the type is taken for it */
		Q("\xc0\x0c\0\1\0\1"),
		Q("\3www\xc0\x0c\0\1\0\1"), /* pointers, back and to itself */
		Q("\xc0\x10\0\1\0\1"),
		Q("\xff\xff\0\1\0\1"),
		Q("\x40"
		  "aaa\0\0\1\0\1"),
		Q("\x80"
		  "aaa\0\0\1\0\1"), /* reserved kinds of label */
	};
#undef Q
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(0, 1, 0, 0, 0);
		add(&packet, cases[i].bytes, cases[i].size);
		assert_int_equal(verdict_of(packet), QUERY_FORMERR);
	}
}

static void names_are_taken_up_to_255_octets_and_labels_up_to_63(void **state)
{
	(void)state;
	static const struct {
		size_t count, size, last;
		enum dns_verdict verdict;
	} cases[] = {
		{ 3, 63, 61, QUERY_GOOD },    { 3, 63, 62, QUERY_FORMERR },
		{ 3, 63, 63, QUERY_FORMERR }, { 0, 0, 63, QUERY_GOOD },
		{ 0, 0, 64, QUERY_FORMERR },  { 126, 1, 1, QUERY_GOOD },
		{ 126, 1, 2, QUERY_FORMERR }, { 127, 1, 1, QUERY_FORMERR },
		{ 200, 1, 1, QUERY_FORMERR }, { 4, 63, 1, QUERY_FORMERR },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(0, 1, 0, 0, 0);
		add_labels(&packet, cases[i].count, cases[i].size);
		add_labels(&packet, 1, cases[i].last);
		add(&packet, "\0\0\1\0\1", 5);
		struct dns_query query;
		assert_int_equal(read_packet(&packet, &query), cases[i].verdict);
		if (cases[i].verdict == QUERY_GOOD) {
			assert_sound(&query);
			assert_int_equal(query.label_count, cases[i].count + 1);
		}
	}
}

static void names_of_every_size_are_folded_to_the_last_octet(void **state)
{
	(void)state;
	uint8_t octet = 0;
	for (size_t size = 3; size <= 255; size++) {
		struct packet packet = begin(0, 1, 0, 0, 0);
		for (size_t left = size - 1; left > 0;) {
			size_t label = left > 64 ? (left == 65 ? 62 : 63) : left - 1;
			add_labels(&packet, 1, label);
			for (size_t i = 0; i < label; i++)
				packet.bytes[packet.size - 1 - i] = octet++;
			left -= label + 1;
		}
		add(&packet, "\0\0\1\0\1", 5);
		struct dns_query query;
		assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
		assert_int_equal(query.name_size, size);
		assert_sound(&query);
	}
}

/* Makes a query with ldns, and compares what ldns put in with what was read. */
static void assert_reads_as_ldns_wrote(uint64_t *random)
{
	uint8_t name[DNS_NAME_MAX];
	size_t size = random_name(random, name);
	ldns_rdf *dname = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, size, name);
	uint16_t type = (uint16_t)random_below(random, 65536),
		 class_ = (uint16_t)random_below(random, 65536);
	uint16_t udp_size = (uint16_t)random_below(random, 65536),
		 flags = (uint16_t)random_below(random, 2) ? LDNS_RD : LDNS_CD;
	bool dnssec_ok = random_below(random, 2);
	ldns_pkt *ldns = ldns_pkt_query_new(dname, (ldns_rr_type)type, (ldns_rr_class)class_, flags);
	ldns_pkt_set_edns_udp_size(ldns, udp_size);
	ldns_pkt_set_edns_do(ldns, dnssec_ok);
	uint8_t *wire;
	size_t wire_size;
	assert_int_equal(ldns_pkt2wire(&wire, ldns, &wire_size), LDNS_STATUS_OK);

	struct dns_query query;
	assert_int_equal(dns_query_read(guarded(wire, wire_size), wire_size, &query), QUERY_GOOD);
	assert_sound(&query);
	assert_int_equal(query.type, type);
	assert_int_equal(query.class_, class_);
	assert_int_equal(query.flags, flags == LDNS_RD ? FLAG_RD : FLAG_CD);
	assert_int_equal(query.edns, ldns_pkt_edns(ldns));
	assert_int_equal(query.dnssec_ok, dnssec_ok);
	assert_int_equal(query.udp_size, udp_size > 512 ? udp_size : 512);
	ldns_dname2canonical(dname);
	assert_int_equal(query.name_size, size);
	assert_memory_equal(query.lower, ldns_rdf_data(dname), size);
	assert_int_equal(query.label_count, ldns_dname_label_count(dname));
	ldns_pkt_free(ldns);
	free(wire);
}

static void queries_written_by_ldns_are_read_as_they_were_meant(void **state)
{
	(void)state;
	uint64_t random = 0x9e3779b97f4a7c15;
	for (int i = 0; i < 3000; i++)
		assert_reads_as_ldns_wrote(&random);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_question_is_read_whole),
		cmocka_unit_test(the_root_is_a_name_without_labels),
		cmocka_unit_test(the_header_decides_first),
		cmocka_unit_test(a_notify_is_read_on),
		cmocka_unit_test(less_than_a_header_is_dropped_and_a_bare_one_is_refused),
		cmocka_unit_test(a_malformed_question_is_refused),
		cmocka_unit_test(names_are_taken_up_to_255_octets_and_labels_up_to_63),
		cmocka_unit_test(names_of_every_size_are_folded_to_the_last_octet),
		cmocka_unit_test(queries_written_by_ldns_are_read_as_they_were_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
