/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <ldns/ldns.h>

#include "inputs.h"

/* Packets are put together by hand here, wrong ones too. */
struct packet {
	uint8_t bytes[4096];
	size_t size;
};

static void add(struct packet *packet, const void *bytes, size_t size)
{
	assert_true(size <= sizeof packet->bytes - packet->size);
	memcpy(packet->bytes + packet->size, bytes, size);
	packet->size += size;
}

static void add_u16(struct packet *packet, unsigned value)
{
	add(packet, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static struct packet begin(unsigned flags, unsigned questions, unsigned answers, unsigned authorities,
			   unsigned additional)
{
	struct packet packet = { .size = 0 };
	add_u16(&packet, 0x1234);
	add_u16(&packet, flags);
	add_u16(&packet, questions);
	add_u16(&packet, answers);
	add_u16(&packet, authorities);
	add_u16(&packet, additional);
	return packet;
}

#define NAME "\3wWw\7Example\0" /* and the string's own NUL is not part of it */
enum { NAME_SIZE = sizeof NAME - 1, QUESTION_END = 12 + NAME_SIZE + 4 };

static void add_question(struct packet *packet)
{
	add(packet, NAME, NAME_SIZE);
	add_u16(packet, TYPE_AAAA);
	add_u16(packet, CLASS_IN);
}

static void add_record(struct packet *packet, const void *owner, size_t owner_size, unsigned type, size_t data_size)
{
	uint8_t data[512] = { 0 };
	add(packet, owner, owner_size);
	add_u16(packet, type);
	add_u16(packet, CLASS_IN);
	add(packet, "\0\0\0\5", 4);
	add_u16(packet, (unsigned)data_size);
	add(packet, data, data_size);
}

struct opt {
	unsigned udp_size, version, flags;
	const void *options;
	size_t options_size;
};

static void add_opt(struct packet *packet, struct opt opt)
{
	add(packet, "\0\0\x29", 3);
	add_u16(packet, opt.udp_size);
	add_u16(packet, opt.version);
	add_u16(packet, opt.flags);
	add_u16(packet, (unsigned)opt.options_size);
	add(packet, opt.options, opt.options_size);
}

static enum dns_verdict read_packet(const struct packet *packet, struct dns_query *ret_query)
{
	memset(ret_query, 0xa5, sizeof *ret_query);
	return dns_query_read(guarded(packet->bytes, packet->size), packet->size, ret_query);
}

static enum dns_verdict verdict_of(struct packet packet)
{
	struct dns_query query;
	return read_packet(&packet, &query);
}

/* What must hold for any query that was read, wherever it came from. */
static void assert_sound(const struct dns_query *query)
{
	const uint8_t *name = query->packet + 12;
	unsigned at = 0, count = 0;
	for (; name[at] != 0; at += name[at] + 1u) {
		assert_int_equal(query->labels[count], at);
		count++;
	}
	assert_int_equal(query->label_count, count);
	assert_int_equal(query->name_size, at + 1);
	assert_int_equal(query->question_end, 12 + at + 1 + 4);
	assert_true(query->question_end <= query->size);
	assert_true(query->udp_size >= DNS_UDP_MIN);
	for (unsigned i = 0; i <= at; i++)
		assert_int_equal(query->lower[i], name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
}

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
		{ FLAG_AA | FLAG_TC | FLAG_RD | FLAG_RA | 0x40 | FLAG_AD | FLAG_CD | 15, 1, 0, 0, 0, QUERY_GOOD },
		{ 0, 1, 0, 0, 2, QUERY_GOOD },
		{ 0, 1, 1, 1, 2, QUERY_GOOD },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(cases[i].flags, cases[i].questions, cases[i].answers, cases[i].authorities,
					     cases[i].additional);
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
#define Q(bytes)                                                                                                       \
	{                                                                                                              \
		bytes, sizeof(bytes) - 1                                                                               \
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

static void add_labels(struct packet *packet, size_t count, size_t size)
{
	for (; count > 0; count--) {
		add(packet, (uint8_t[]){ (uint8_t)size }, 1);
		for (size_t i = 0; i < size; i++)
			add(packet, "X", 1);
	}
}

static void names_are_taken_up_to_255_octets_and_labels_up_to_63(void **state)
{
	(void)state;
	static const struct {
		size_t count, size, last;
		enum dns_verdict verdict;
	} cases[] = {
		{ 3, 63, 61, QUERY_GOOD },    { 3, 63, 62, QUERY_FORMERR }, { 3, 63, 63, QUERY_FORMERR },
		{ 0, 0, 63, QUERY_GOOD },     { 0, 0, 64, QUERY_FORMERR },  { 126, 1, 1, QUERY_GOOD },
		{ 126, 1, 2, QUERY_FORMERR }, { 127, 1, 1, QUERY_FORMERR }, { 200, 1, 1, QUERY_FORMERR },
		{ 4, 63, 1, QUERY_FORMERR },
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

static struct packet question_with_opt(struct opt opt)
{
	struct packet packet = begin(0, 1, 0, 0, 1);
	add_question(&packet);
	add_opt(&packet, opt);
	return packet;
}

static void an_opt_says_what_the_client_takes(void **state)
{
	(void)state;
	static const struct {
		struct opt opt;
		enum dns_verdict verdict;
		uint16_t udp_size;
		bool dnssec_ok, nsid;
	} cases[] = {
		{ { 1232, 0, 0, "", 0 }, QUERY_GOOD, 1232, false, false },
		{ { 65535, 0, 0x8000, "", 0 }, QUERY_GOOD, 65535, true, false },
		{ { 0, 0, 0x7fff, "", 0 }, QUERY_GOOD, 512, false, false },
		{ { 511, 0, 0, "", 0 }, QUERY_GOOD, 512, false, false },
		{ { 512, 0, 0, "", 0 }, QUERY_GOOD, 512, false, false },
		{ { 513, 0, 0xffff, "", 0 }, QUERY_GOOD, 513, true, false },
		{ { 1232, 0, 0, "\0\3\0\0", 4 }, QUERY_GOOD, 1232, false, true },
		{ { 1232, 0, 0, "\0\3\0\2id", 6 }, QUERY_GOOD, 1232, false, true },
		{ { 1232, 0, 0, "\0\x0a\0\4cook\0\3\0\0\x12\x34\0\1.", 17 }, QUERY_GOOD, 1232, false, true },
		{ { 1232, 0, 0, "\0\x0a\0\4\0\3\0\0", 8 }, QUERY_GOOD, 1232, false, false },
		{ { 4096, 0x100, 0, "", 0 }, QUERY_GOOD, 4096, false, false }, /* upper bits of an rcode */
		{ { 4096, 1, 0x8000, "", 0 }, QUERY_BADVERS, 4096, true, false },
		{ { 100, 255, 0, "", 0 }, QUERY_BADVERS, 512, false, false },
		{ { 1232, 1, 0, "\0\3\0\5", 4 }, QUERY_BADVERS, 1232, false, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = question_with_opt(cases[i].opt);
		struct dns_query query;
		assert_int_equal(read_packet(&packet, &query), cases[i].verdict);
		assert_sound(&query);
		assert_true(query.edns);
		assert_int_equal(query.udp_size, cases[i].udp_size);
		assert_int_equal(query.dnssec_ok, cases[i].dnssec_ok);
		assert_int_equal(query.nsid, cases[i].nsid);
		assert_int_equal(query.type, TYPE_AAAA);
	}
}

static void a_malformed_list_of_options_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *options;
		size_t size;
	} cases[] = {
		{ "\0", 1 },	       { "\0\3", 2 },	    { "\0\3\0", 3 },	    { "\0\3\0\1", 4 },
		{ "\0\3\xff\xff", 4 }, { "\0\3\0\0\0", 5 }, { "\0\x0a\0\4coo", 7 }, { "\0\x0a\0\4cook\0\3\0\1", 12 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct opt opt = { 1232, 0, 0, cases[i].options, cases[i].size };
		assert_int_equal(verdict_of(question_with_opt(opt)), QUERY_FORMERR);
	}
}

static void an_option_may_not_reach_into_the_next_record(void **state)
{
	(void)state;
	struct packet packet = begin(0, 1, 0, 0, 2);
	add_question(&packet);
	add_opt(&packet, (struct opt){ 1232, 0, 0, "\0\3\0\2", 4 });
	add_record(&packet, "\0", 1, TYPE_A, 4);
	assert_int_equal(verdict_of(packet), QUERY_FORMERR);
}

static void one_opt_is_taken_anywhere_in_the_additional_section(void **state)
{
	(void)state;
	for (int opt_first = 0; opt_first < 2; opt_first++) {
		struct packet packet = begin(0, 1, 1, 1, 2);
		add_question(&packet);
		add_record(&packet, "\xc0\x0c", 2, TYPE_CNAME, 9);
		add_record(&packet, "\1a\xc0\x0c", 4, TYPE_SOA, 40);
		if (opt_first)
			add_opt(&packet, (struct opt){ 1400, 0, 0x8000, "", 0 });
		add_record(&packet, "\3key\0", 5, 250, 61); /* TSIG */
		if (!opt_first)
			add_opt(&packet, (struct opt){ 1400, 0, 0x8000, "", 0 });
		struct dns_query query;
		assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
		assert_sound(&query);
		assert_int_equal(query.udp_size, 1400);
		assert_true(query.dnssec_ok);
	}
}

static void two_opts_are_refused_whatever_their_versions(void **state)
{
	(void)state;
	for (unsigned versions = 0; versions < 4; versions++) {
		struct packet packet = begin(0, 1, 0, 0, 2);
		add_question(&packet);
		add_opt(&packet, (struct opt){ 1232, versions & 1, 0, "", 0 });
		add_opt(&packet, (struct opt){ 1232, versions >> 1, 0, "", 0 });
		assert_int_equal(verdict_of(packet), QUERY_FORMERR);
	}
}

static void an_opt_belongs_to_the_root_and_the_additional_section(void **state)
{
	(void)state;
	static const struct {
		unsigned answers, authorities, additional;
		const char *owner;
		size_t owner_size;
	} cases[] = {
		{ 0, 0, 1, "\1a\0", 3 },
		{ 0, 0, 1, "\xc0\x18", 2 }, /* a pointer to the question's root */
		{ 1, 0, 0, "\0", 1 },
		{ 0, 1, 0, "\0", 1 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(0, 1, cases[i].answers, cases[i].authorities, cases[i].additional);
		add_question(&packet);
		add_record(&packet, cases[i].owner, cases[i].owner_size, TYPE_OPT, 0);
		assert_int_equal(verdict_of(packet), QUERY_FORMERR);
	}
}

static void a_record_with_a_malformed_owner_is_refused(void **state)
{
	(void)state;
	struct packet long_owner = { .size = 0 }, longest_owner = { .size = 0 };
	add_labels(&long_owner, 4, 63);
	add(&long_owner, "\0", 1);
	add_labels(&longest_owner, 3, 63);
	add_labels(&longest_owner, 1, 61);
	add(&longest_owner, "\0", 1);
	const struct {
		const void *owner;
		size_t size;
		enum dns_verdict verdict;
	} cases[] = {
		{ "\x40x\0", 3, QUERY_FORMERR },
		{ "\x80x\0", 3, QUERY_FORMERR },
		{ "\1a\x70", 3, QUERY_FORMERR },
		{ long_owner.bytes, long_owner.size, QUERY_FORMERR },
		{ longest_owner.bytes, longest_owner.size, QUERY_GOOD },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct packet packet = begin(0, 1, 0, 0, 1);
		add_question(&packet);
		add_record(&packet, cases[i].owner, cases[i].size, TYPE_A, 4);
		assert_int_equal(verdict_of(packet), cases[i].verdict);
	}
}

static struct packet full_packet(unsigned version)
{
	struct packet packet = begin(FLAG_RD, 1, 1, 1, 2);
	add_question(&packet);
	add_record(&packet, "\xc0\x0c", 2, TYPE_A, 4);
	add_record(&packet, "\1a\1b\0", 5, TYPE_SOA, 33);
	add_opt(&packet, (struct opt){ 1232, version, 0, "\0\3\0\0\0\x0a\0\10cookies!", 16 });
	add_record(&packet, "\3key\xc0\x0c", 6, 250, 30);
	return packet;
}

static void a_packet_cut_anywhere_is_refused(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 2; version++) {
		struct packet packet = full_packet(version);
		assert_int_equal(verdict_of(packet), version == 0 ? QUERY_GOOD : QUERY_BADVERS);
		for (packet.size--; packet.size >= 12; packet.size--)
			assert_int_equal(verdict_of(packet), QUERY_FORMERR);
	}
}

static void octets_behind_the_last_record_do_not_matter(void **state)
{
	(void)state;
	struct packet packet = begin(0, 1, 0, 0, 0);
	add_question(&packet);
	add_opt(&packet, (struct opt){ 1232, 1, 0x8000, "", 0 }); /* not counted in the header */
	struct dns_query query;
	assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
	assert_sound(&query);
	assert_false(query.edns);
	assert_int_equal(query.udp_size, 512);

	packet = question_with_opt((struct opt){ 1232, 0, 0, "\0\3\0\0", 4 });
	for (int i = 0; i < 512; i++)
		add(&packet, "\xff", 1);
	assert_int_equal(read_packet(&packet, &query), QUERY_GOOD);
	assert_true(query.nsid);
}

static void the_longest_message_is_read(void **state)
{
	(void)state;
	static uint8_t bytes[DNS_MESSAGE_MAX];
	struct packet packet = question_with_opt((struct opt){ 1232, 0, 0, "", 0 });
	memcpy(bytes, packet.bytes, packet.size);
	put_u16(bytes + packet.size - 2, (uint16_t)(sizeof bytes - packet.size));
	put_u16(bytes + packet.size + 2, (uint16_t)(sizeof bytes - packet.size - 4));
	struct dns_query query;
	assert_int_equal(dns_query_read(guarded(bytes, sizeof bytes), sizeof bytes, &query), QUERY_GOOD);
	assert_int_equal(dns_query_read(guarded(bytes, sizeof bytes - 1), sizeof bytes - 1, &query), QUERY_FORMERR);
}

/* Makes a query with ldns, and compares what ldns put in with what was read. */
static void assert_reads_as_ldns_wrote(uint64_t *random)
{
	uint8_t name[DNS_NAME_MAX];
	size_t size = random_name(random, name);
	ldns_rdf *dname = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, size, name);
	uint16_t type = (uint16_t)random_below(random, 65536), class_ = (uint16_t)random_below(random, 65536);
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

static void broken_packets_never_lead_outside(void **state)
{
	(void)state;
	uint64_t random = 0x2545f4914f6cdd1d;
	unsigned good = 0;
	for (int i = 0; i < 200000; i++) {
		struct packet packet = full_packet((unsigned)random_below(&random, 8) == 0);
		for (uint64_t hits = 1 + random_below(&random, 4); hits > 0; hits--)
			packet.bytes[random_below(&random, packet.size)] = (uint8_t)random_below(&random, 256);
		packet.bytes[2] &= 1; /* else most would end at the header */
		packet.size -= random_below(&random, 4) == 0 ? random_below(&random, packet.size) : 0;
		struct dns_query query;
		enum dns_verdict verdict = read_packet(&packet, &query);
		if (verdict == QUERY_GOOD || verdict == QUERY_BADVERS) {
			assert_sound(&query);
			good++;
		}
	}
	assert_in_range(good, 10000, 190000); /* both ways were taken */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_question_is_read_whole),
		cmocka_unit_test(the_root_is_a_name_without_labels),
		cmocka_unit_test(the_header_decides_first),
		cmocka_unit_test(less_than_a_header_is_dropped_and_a_bare_one_is_refused),
		cmocka_unit_test(a_malformed_question_is_refused),
		cmocka_unit_test(names_are_taken_up_to_255_octets_and_labels_up_to_63),
		cmocka_unit_test(names_of_every_size_are_folded_to_the_last_octet),
		cmocka_unit_test(an_opt_says_what_the_client_takes),
		cmocka_unit_test(a_malformed_list_of_options_is_refused),
		cmocka_unit_test(an_option_may_not_reach_into_the_next_record),
		cmocka_unit_test(one_opt_is_taken_anywhere_in_the_additional_section),
		cmocka_unit_test(two_opts_are_refused_whatever_their_versions),
		cmocka_unit_test(an_opt_belongs_to_the_root_and_the_additional_section),
		cmocka_unit_test(a_record_with_a_malformed_owner_is_refused),
		cmocka_unit_test(a_packet_cut_anywhere_is_refused),
		cmocka_unit_test(octets_behind_the_last_record_do_not_matter),
		cmocka_unit_test(the_longest_message_is_read),
		cmocka_unit_test(queries_written_by_ldns_are_read_as_they_were_meant),
		cmocka_unit_test(broken_packets_never_lead_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
