/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the question: the OPT, records that are only walked, and packets that are cut. */
#include "knamed/dns.h"

#include "packet.h"

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
		{ "\0", 1 },
		{ "\0\3", 2 },
		{ "\0\3\0", 3 },
		{ "\0\3\0\1", 4 },
		{ "\0\3\xff\xff", 4 },
		{ "\0\3\0\0\0", 5 },
		{ "\0\x0a\0\4coo", 7 },
		{ "\0\x0a\0\4cook\0\3\0\1", 12 },
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
		struct packet packet =
			begin(0, 1, cases[i].answers, cases[i].authorities, cases[i].additional);
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
	assert_int_equal(dns_query_read(guarded(bytes, sizeof bytes), sizeof bytes, &query),
			 QUERY_GOOD);
	assert_int_equal(dns_query_read(guarded(bytes, sizeof bytes - 1), sizeof bytes - 1, &query),
			 QUERY_FORMERR);
}

static void broken_packets_never_lead_outside(void **state)
{
	(void)state;
	uint64_t random = 0x2545f4914f6cdd1d;
	unsigned good = 0;
	for (int i = 0; i < 200000; i++) {
		struct packet packet = full_packet((unsigned)random_below(&random, 8) == 0);
		for (uint64_t hits = 1 + random_below(&random, 4); hits > 0; hits--)
			packet.bytes[random_below(&random, packet.size)] =
				(uint8_t)random_below(&random, 256);
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
		cmocka_unit_test(broken_packets_never_lead_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
