/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "knamed/policy.h"

enum { SECTIONS = 3, TIMES = 3000 };

/* A reply as it is in a server before its header is written. */
struct written {
	uint8_t packet[DNS_MESSAGE_MAX];
	struct dns_query query;
	struct reply reply;
	uint32_t rotations[ANSWERS_ROTATIONS];
	char text[8192];
};

/* Records of each section, one a line. The writer of ldns points from name to name wherever it can. */
static void write_reply(struct written *written, const char *name, uint16_t type,
			const char *const sections[SECTIONS])
{
	ldns_pkt *packet = NULL;
	ldns_rdf *owner = NULL;
	uint8_t *wire = NULL;
	size_t size = 0;
	assert_int_equal(ldns_str2rdf_dname(&owner, name), LDNS_STATUS_OK);
	packet = ldns_pkt_query_new(owner, (ldns_rr_type)type, LDNS_RR_CLASS_IN, LDNS_RD);
	for (unsigned i = 0; i < SECTIONS; i++) {
		char *copy = mem_text(sections[i]), *rest = copy;
		for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
			ldns_rr *rr = NULL;
			if (*line == 0)
				continue;
			assert_int_equal(ldns_rr_new_frm_str(&rr, line, 60, NULL, NULL),
					 LDNS_STATUS_OK);
			ldns_pkt_push_rr(packet, (ldns_pkt_section)(LDNS_SECTION_ANSWER + i), rr);
		}
		mem_free(copy);
	}
	assert_int_equal(ldns_pkt2wire(&wire, packet, &size), LDNS_STATUS_OK);
	memcpy(written->packet, wire, size);
	uint8_t *question = written->packet;
	struct reply *reply = &written->reply;
	*reply = (struct reply){ .packet = written->packet,
				 .at = (uint32_t)size,
				 .limit = (uint32_t)size,
				 .answers = get_u16(question + 6),
				 .authorities = get_u16(question + 8),
				 .additionals = get_u16(question + 10),
				 .rotations = written->rotations,
				 .rotate = true };
	memset(question + 2, 0, 10);
	put_u16(question + 4, 1);
	size_t ends = DNS_HEADER_SIZE + ldns_rdf_size(owner) + 4;
	uint8_t *query = mem_copy(written->packet, ends);
	assert_int_equal(dns_query_read(query, ends, &written->query), QUERY_GOOD);
	mem_free(query);
	LDNS_FREE(wire);
	ldns_pkt_free(packet);
}

/* "owner TYPE data" of all records, sections between slashes. */
static const char *text_of(struct written *written)
{
	ldns_pkt *packet = NULL;
	uint8_t *wire = mem_copy(written->packet, written->reply.at);
	put_u16(wire + 2, FLAG_QR);
	put_u16(wire + 6, written->reply.answers);
	put_u16(wire + 8, written->reply.authorities);
	put_u16(wire + 10, written->reply.additionals);
	assert_int_equal(ldns_wire2pkt(&packet, wire, written->reply.at), LDNS_STATUS_OK);
	const ldns_rr_list *sections[] = { ldns_pkt_answer(packet), ldns_pkt_authority(packet),
					   ldns_pkt_additional(packet) };
	size_t used = 0;
	written->text[0] = 0;
	for (size_t i = 0; i < SECTIONS; i++) {
		for (size_t j = 0; j < ldns_rr_list_rr_count(sections[i]); j++) {
			const ldns_rr *rr = ldns_rr_list_rr(sections[i], j);
			char *owner = ldns_rdf2str(ldns_rr_owner(rr));
			char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
			char *data = ldns_rdf2str(ldns_rr_rdf(rr, ldns_rr_rd_count(rr) - 1));
			used += (size_t)snprintf(written->text + used, sizeof(written->text) - used,
						 "%s%s %s %s", used > 0 ? ", " : "", owner, type,
						 data);
			free(owner);
			free(type);
			free(data);
		}
		used += (size_t)snprintf(written->text + used, sizeof(written->text) - used,
					 i < 2 ? " /" : "");
	}
	mem_free(wire);
	ldns_pkt_free(packet);
	return written->text;
}

/* The last digit of the address that comes first. */
static unsigned first_address(struct written *written)
{
	const char *address = strstr(text_of(written), " A 10.0.0.");
	assert_non_null(address);
	unsigned digit = (unsigned)(address[strlen(" A 10.0.0.")] - '0');
	assert_in_range(digit, 1, 3);
	return digit;
}

static struct policy *policy_of(const struct config_balance *balance, struct config_block *block)
{
	struct policy_options options = { .block = block, .version = "v" };
	struct policy *policy = NULL;
	struct error error;
	block->balance = (struct config_balance *)(uintptr_t)balance;
	if (!policy_compile(&options, &policy, &error))
		fail_msg("%s", error.text);
	return policy;
}

static const char *const mixed[SECTIONS] = {
	"m.example. 60 IN MX 10 mx1.example.\n"
	"far.example. 60 IN A 10.0.0.1\n"
	"www.example. 60 IN CNAME far.example.\n"
	"far.example. 60 IN TXT text\n",
	"example. 60 IN NS ns1.example.\nexample. 60 IN NS ns2.example.\n",
	"mx1.example. 60 IN A 10.1.0.1\n"
	"ns1.example. 60 IN TXT other\n",
};

static void records_come_in_their_order(void **state)
{
	(void)state;
	static struct written written;
	struct arrange_room *room = arrange_room_new();
	write_reply(&written, "www.example.", TYPE_A, mixed);
	policy_arrange(NULL, &written.query, &written.reply, room);
	assert_string_equal(text_of(&written),
			    "www.example. CNAME far.example., far.example. TXT \"text\", "
			    "far.example. A 10.0.0.1, m.example. MX mx1.example. /, "
			    "example. NS ns1.example., example. NS ns2.example. /, "
			    "ns1.example. TXT \"other\", mx1.example. A 10.1.0.1");
	arrange_room_free(room);
}

static void addresses_and_exchangers_take_turns(void **state)
{
	(void)state;
	static const char *const sections[SECTIONS] = {
		"a.example. 60 IN A 10.0.0.1\na.example. 60 IN A 10.0.0.2\na.example. 60 IN A 10.0.0.3\n"
		"a.example. 60 IN MX 1 b.example.\na.example. 60 IN MX 1 c.example.\n",
		"", ""
	};
	static struct written written;
	struct arrange_room *room = arrange_room_new();
	unsigned addresses[4] = { 0 }, exchangers[2] = { 0 };
	for (unsigned i = 0; i < TIMES; i++) {
		write_reply(&written, "a.example.", TYPE_ANY, sections);
		policy_arrange(NULL, &written.query, &written.reply, room);
		addresses[first_address(&written)]++;
		exchangers[strstr(written.text, "MX ")[3] - 'b']++;
	}
	for (unsigned i = 1; i <= 3; i++)
		assert_in_range(addresses[i], TIMES / 6, TIMES / 2);
	assert_in_range(exchangers[0], TIMES / 4, TIMES * 3 / 4);
	arrange_room_free(room);
}

static void preferred_networks_come_first_in_their_order(void **state)
{
	(void)state;
	static const char *const sections[SECTIONS] = {
		"t.example. 60 IN TXT rest\nt.example. 60 IN A 192.0.2.1\nt.example. 60 IN A 10.9.1.1\n"
		"t.example. 60 IN AAAA fd00::1\nt.example. 60 IN MX 1 b.example.\nt.example. 60 IN A 10.8.1.1\n"
		"www.example. 60 IN CNAME t.example.\n",
		"", "ns.example. 60 IN A 192.0.2.9\nns.example. 60 IN A 10.9.0.9\n"
	};
	static struct written written;
	struct config_network networks[] = { { { 6, { 0xfd } }, 8 },
					     { { 4, { 10, 8 } }, 16 },
					     { { 4, { 10 } }, 8 } };
	struct config_balance balance = { .preferred = networks,
					  .preferred_count = COUNT_OF(networks) };
	struct config_block block = { 0 };
	struct policy *policy = policy_of(&balance, &block);
	struct arrange_room *room = arrange_room_new();
	for (unsigned i = 0; i < 20; i++) {
		write_reply(&written, "www.example.", TYPE_ANY, sections);
		policy_arrange(policy, &written.query, &written.reply, room);
		assert_string_equal(text_of(&written),
				    "www.example. CNAME t.example., t.example. AAAA fd00::1, "
				    "t.example. A 10.8.1.1, t.example. A 10.9.1.1, t.example. A 192.0.2.1, "
				    "t.example. MX b.example., t.example. TXT \"rest\" / /, "
				    "ns.example. A 10.9.0.9, ns.example. A 192.0.2.9");
	}
	arrange_room_free(room);
	policy_free(policy);
}

static void weights_say_how_often_an_address_is_first(void **state)
{
	(void)state;
	static const char *const sections[SECTIONS] = {
		"t.example. 60 IN A 10.0.0.1\nt.example. 60 IN A 10.0.0.2\nt.example. 60 IN A 10.0.0.3\n"
		"w.example. 60 IN CNAME t.example.\n",
		"", ""
	};
	static struct written written;
	char path[] = "/tmp/knamed-weights-XXXXXX", before[256];
	static const char weights[] = "T.example\n10.0.0.1 3\n10.0.0.3 2\n";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, weights, sizeof(weights) - 1), sizeof(weights) - 1);
	close(fd);
	struct config_balance balance = { .weights = path };
	struct config_block block = { 0 };
	struct policy *policy = policy_of(&balance, &block);
	struct arrange_room *room = arrange_room_new();
	unsigned firsts[4] = { 0 };
	for (unsigned i = 0; i < TIMES; i++) {
		write_reply(&written, "w.example.", TYPE_A, sections);
		policy_arrange(policy, &written.query, &written.reply, room);
		firsts[first_address(&written)]++;
		assert_ptr_equal(strstr(written.text, "w.example. CNAME t.example."), written.text);
	}
	assert_in_range(firsts[1], TIMES * 4 / 10, TIMES * 6 / 10);
	assert_in_range(firsts[2], TIMES / 10, TIMES * 2 / 8);
	assert_in_range(firsts[3], TIMES * 2 / 8, TIMES * 4 / 10);

	write_reply(&written, "w.example.", TYPE_TXT, mixed); /* not asked for addresses */
	snprintf(before, sizeof(before), "%s", text_of(&written));
	policy_arrange(policy, &written.query, &written.reply, room);
	assert_string_equal(text_of(&written), before);
	arrange_room_free(room);
	policy_free(policy);
	unlink(path);
}

static void weights_that_cannot_be_read_at_the_start_are_an_error(void **state)
{
	(void)state;
	char path[] = "/tmp/knamed-weights-XXXXXX";
	struct config_balance balance = { .weights = path };
	struct config_block block = { .balance = &balance };
	struct policy_options options = { .block = &block };
	struct policy *policy = NULL;
	struct error error;
	char expected[128];
	int fd = mkstemp(path);
	assert_int_equal(write(fd, "1.1.1.1 1\n", 10), 10);
	close(fd);
	assert_false(policy_compile(&options, &policy, &error));
	snprintf(expected, sizeof(expected),
		 "plugin/loadbalance: %s:1 - missing domain name in front of this address: \"1.1.1.1\"",
		 path);
	assert_string_equal(error.text, expected);
	unlink(path);
	assert_false(policy_compile(&options, &policy, &error));
	balance.reload_ms = 1000;
	assert_true(policy_compile(&options, &policy, &error)); /* it may come */
	policy_free(policy);
}

/* What a reordered reply says more in octets may not cost a record. */
static void what_would_not_fit_stays_as_it_is(void **state)
{
	(void)state;
	static const char *const sections[SECTIONS] = {
		"a.example. 60 IN A 10.0.0.1\na.long.long.long.long.name.example. 60 IN PTR "
		"b.long.long.long.long.name.example.\nc.example. 60 IN PTR b.long.long.long.long.name.example.\n",
		"", ""
	};
	static struct written written;
	char before[512];
	struct arrange_room *room = arrange_room_new();
	write_reply(&written, "a.example.", TYPE_A, sections);
	snprintf(before, sizeof(before), "%s", text_of(&written));
	uint32_t size = written.reply.at;
	written.reply.limit = size / 2;
	policy_arrange(NULL, &written.query, &written.reply, room);
	assert_string_equal(text_of(&written), before);
	assert_int_equal(written.reply.at, size);
	written.reply.limit = size;
	policy_arrange(NULL, &written.query, &written.reply, room);
	assert_string_not_equal(text_of(&written), before);
	arrange_room_free(room);
}

static void many_addresses_keep_their_size(void **state)
{
	(void)state;
	static struct written written;
	struct text lines = { 0 };
	struct arrange_room *room = arrange_room_new();
	for (unsigned i = 0; i < 4000; i++)
		text_printf(&lines, "many.example. 60 IN A 10.0.%u.%u\n", i >> 8, i & 255);
	const char *const sections[SECTIONS] = { lines.data, "", "" };
	write_reply(&written, "many.example.", TYPE_A, sections);
	uint32_t size = written.reply.at;
	uint8_t *before = mem_copy(written.packet, size);
	policy_arrange(NULL, &written.query, &written.reply, room);
	assert_int_equal(written.reply.at, size);
	assert_memory_not_equal(written.packet, before, size);
	mem_free(before);
	text_done(&lines);
	arrange_room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_their_order),
		cmocka_unit_test(addresses_and_exchangers_take_turns),
		cmocka_unit_test(preferred_networks_come_first_in_their_order),
		cmocka_unit_test(weights_say_how_often_an_address_is_first),
		cmocka_unit_test(weights_that_cannot_be_read_at_the_start_are_an_error),
		cmocka_unit_test(what_would_not_fit_stays_as_it_is),
		cmocka_unit_test(many_addresses_keep_their_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
