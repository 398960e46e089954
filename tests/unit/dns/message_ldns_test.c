/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of random records that ldns writes, names compressed: both take the same records out of them. */
#include "knamed/dns.h"

#include <ldns/ldns.h>

#include "said.h"

/* Types whose data are random in every field that ldns knows them to have. */
static const ldns_rr_type types[] = {
	LDNS_RR_TYPE_A,	    LDNS_RR_TYPE_NS,	LDNS_RR_TYPE_MD,    LDNS_RR_TYPE_MF,
	LDNS_RR_TYPE_CNAME, LDNS_RR_TYPE_SOA,	LDNS_RR_TYPE_MB,    LDNS_RR_TYPE_MG,
	LDNS_RR_TYPE_MR,    LDNS_RR_TYPE_PTR,	LDNS_RR_TYPE_HINFO, LDNS_RR_TYPE_MINFO,
	LDNS_RR_TYPE_MX,    LDNS_RR_TYPE_TXT,	LDNS_RR_TYPE_RP,    LDNS_RR_TYPE_AFSDB,
	LDNS_RR_TYPE_RT,    LDNS_RR_TYPE_SIG,	LDNS_RR_TYPE_PX,    LDNS_RR_TYPE_AAAA,
	LDNS_RR_TYPE_SRV,   LDNS_RR_TYPE_NAPTR, LDNS_RR_TYPE_KX,    LDNS_RR_TYPE_DNAME,
	LDNS_RR_TYPE_DS,    LDNS_RR_TYPE_RRSIG, LDNS_RR_TYPE_NSEC,  LDNS_RR_TYPE_DNSKEY,
	LDNS_RR_TYPE_SVCB,  LDNS_RR_TYPE_HTTPS,
};

/* Names have few labels in common, so that there is something to compress. */
static ldns_rdf *random_owner(uint64_t *random)
{
	static const char *const labels[] = { "a", "B", "host", "Example", "a-label-that-is-longer" };
	uint8_t name[DNS_NAME_MAX];
	size_t size = 0;
	if (random_below(random, 16) == 0) {
		size = random_name(random, name);
	} else {
		for (uint64_t count = random_below(random, 5); count > 0; count--) {
			const char *label = labels[random_below(random, COUNT_OF(labels))];
			name[size++] = (uint8_t)strlen(label);
			memcpy(name + size, label, strlen(label));
			size += strlen(label);
		}
		name[size++] = 0;
	}
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, size, name);
}

static ldns_rdf *random_octets(uint64_t *random, ldns_rdf_type kind, size_t size)
{
	uint8_t octets[64];
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)random_below(random, 256);
	if (kind == LDNS_RDF_TYPE_STR)
		octets[0] = (uint8_t)(size - 1);
	return ldns_rdf_new_frm_data(kind, size, octets);
}

static ldns_rdf *random_field(uint64_t *random, ldns_rdf_type kind)
{
	switch (kind) {
	case LDNS_RDF_TYPE_DNAME:
		return random_owner(random);
	case LDNS_RDF_TYPE_INT8:
	case LDNS_RDF_TYPE_ALG:
		return random_octets(random, kind, 1);
	case LDNS_RDF_TYPE_INT16:
	case LDNS_RDF_TYPE_TYPE:
		return random_octets(random, kind, 2);
	case LDNS_RDF_TYPE_A:
	case LDNS_RDF_TYPE_INT32:
	case LDNS_RDF_TYPE_TIME:
	case LDNS_RDF_TYPE_PERIOD:
		return random_octets(random, kind, 4);
	case LDNS_RDF_TYPE_AAAA:
		return random_octets(random, kind, 16);
	case LDNS_RDF_TYPE_STR:
	case LDNS_RDF_TYPE_B64:
	case LDNS_RDF_TYPE_HEX:
		return random_octets(random, kind, 1 + random_below(random, 63));
	case LDNS_RDF_TYPE_NSEC:
		return ldns_rdf_new_frm_data(kind, 3, "\0\1\x40");
	case LDNS_RDF_TYPE_SVCPARAMS:
		return ldns_rdf_new_frm_data(kind, 7, "\0\1\0\3\2h2");
	default:
		fail_msg("a field of the kind %d", kind);
		return NULL;
	}
}

static ldns_rr *random_record(uint64_t *random)
{
	ldns_rr_type type = types[random_below(random, COUNT_OF(types))];
	const ldns_rr_descriptor *form = ldns_rr_descript((uint16_t)type);
	ldns_rr *record = ldns_rr_new();
	ldns_rr_set_owner(record, random_owner(random));
	ldns_rr_set_type(record, type);
	ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(record, (uint32_t)random_below(random, 0x80000000));
	for (size_t i = 0; i < ldns_rr_descriptor_minimum(form); i++)
		ldns_rr_push_rdf(record, random_field(random, ldns_rr_descriptor_field_type(form, i)));
	return record;
}

static ldns_pkt *random_packet(uint64_t *random)
{
	ldns_pkt *packet = ldns_pkt_new();
	ldns_pkt_set_id(packet, (uint16_t)random_below(random, 65536));
	ldns_pkt_set_qr(packet, true);
	ldns_pkt_set_ra(packet, random_below(random, 2));
	ldns_pkt_set_rcode(packet, (uint8_t)random_below(random, 6));
	ldns_rr *question = ldns_rr_new();
	ldns_rr_set_question(question, true);
	ldns_rr_set_owner(question, random_owner(random));
	ldns_rr_set_type(question, (ldns_rr_type)random_below(random, 300));
	ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
	ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
	static const ldns_pkt_section sections[] = { LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY,
						     LDNS_SECTION_ADDITIONAL };
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		for (uint64_t count = random_below(random, 5); count > 0; count--)
			ldns_pkt_push_rr(packet, sections[i], random_record(random));
	if (random_below(random, 2) == 0) {
		ldns_pkt_set_edns_udp_size(packet, 1232);
		ldns_pkt_set_edns_extended_rcode(packet, (uint8_t)random_below(random, 3));
	}
	return packet;
}

/* The next record is that of ldns. Whether it has its names in full both ways is seen by its octets. */
static void assert_record(const struct dns_message *message, const struct dns_record *record,
			  const ldns_rr *expected, ldns_pkt_section section)
{
	uint8_t name[DNS_NAME_MAX + 1], size, room[4096];
	struct dns_writer writer = { room, room, room + sizeof(room) };
	uint8_t *wire;
	size_t wire_size;
	const ldns_rdf *owner = ldns_rr_owner(expected);
	dns_message_name(message, record->at, name, &size);
	assert_int_equal(size, ldns_rdf_size(owner));
	assert_memory_equal(name, ldns_rdf_data(owner), size);
	assert_int_equal(record->type, ldns_rr_get_type(expected));
	assert_int_equal(record->class_, ldns_rr_get_class(expected));
	assert_int_equal(record->ttl, ldns_rr_ttl(expected));
	assert_int_equal(ldns_rr2wire(&wire, expected, (int)section, &wire_size), LDNS_STATUS_OK);
	assert_true(dns_record_write(message, record, record->ttl, &writer, NULL));
	assert_int_equal(writer.at - room, wire_size);
	assert_memory_equal(room, wire, wire_size);
	free(wire);
}

static void assert_section(const struct dns_message *message, struct dns_walk *walk,
			   const ldns_rr_list *expected, unsigned section)
{
	assert_int_equal(message->counts[section], ldns_rr_list_rr_count(expected));
	for (size_t i = 0; i < ldns_rr_list_rr_count(expected); i++) {
		struct dns_record record;
		assert_true(dns_message_next(message, walk, &record));
		assert_int_equal(record.section, section);
		assert_record(message, &record, ldns_rr_list_rr(expected, i),
			      (ldns_pkt_section)(LDNS_SECTION_ANSWER + section));
	}
}

static void assert_agrees(const struct dns_message *message, const ldns_pkt *expected)
{
	const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(expected), 0);
	assert_int_equal(message->id, ldns_pkt_id(expected));
	assert_int_equal(message->rcode, ldns_pkt_get_rcode(expected) |
						 ldns_pkt_edns_extended_rcode(expected) << 4);
	assert_int_equal(message->opt_size > 0, ldns_pkt_edns(expected));
	assert_true(dns_message_asks(message, ldns_rdf_data(ldns_rr_owner(question)), true,
				     (uint16_t)ldns_rr_get_type(question), CLASS_IN));
	struct dns_walk walk = { 0 };
	struct dns_record record;
	assert_section(message, &walk, ldns_pkt_answer(expected), 0);
	assert_section(message, &walk, ldns_pkt_authority(expected), 1);
	assert_section(message, &walk, ldns_pkt_additional(expected), 2);
	assert_false(dns_message_next(message, &walk, &record));
}

/* Not compared with what was written: ldns points at names of other case. */
static void messages_written_by_ldns_are_read_as_ldns_reads_them(void **state)
{
	(void)state;
	uint64_t random = 0x9e3779b97f4a7c15;
	for (int i = 0; i < 3000; i++) {
		ldns_pkt *written = random_packet(&random), *read;
		uint8_t *wire;
		size_t size;
		assert_int_equal(ldns_pkt2wire(&wire, written, &size), LDNS_STATUS_OK);
		assert_int_equal(ldns_wire2pkt(&read, wire, size), LDNS_STATUS_OK);
		struct dns_message message;
		assert_true(dns_message_read(guarded(wire, size), size, &message));
		assert_walks(&message);
		assert_agrees(&message, read);
		ldns_pkt_free(written);
		ldns_pkt_free(read);
		free(wire);
	}
}

/* The message anew, with pointers wherever there can be some. Its size. */
static size_t write_short(const struct dns_message *message, uint8_t *ret_bytes, size_t size)
{
	struct compress compress = { .count = 0 };
	struct dns_writer writer = { ret_bytes, ret_bytes, ret_bytes + size };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	assert_true(write_bytes(&writer, message->packet, message->question_end));
	for (unsigned i = 0; i < 3; i++)
		put_u16(ret_bytes + 6 + 2 * i, message->counts[i]);
	compress_learn(&compress, ret_bytes, DNS_HEADER_SIZE);
	while (dns_message_next(message, &walk, &record))
		assert_true(dns_record_write(message, &record, record.ttl, &writer, &compress));
	return (size_t)(writer.at - ret_bytes);
}

static void messages_with_pointers_are_read_by_ldns_as_those_without(void **state)
{
	(void)state;
	uint64_t random = 0x2545f4914f6cdd1d;
	for (int i = 0; i < 3000; i++) {
		ldns_pkt *written = random_packet(&random), *read, *short_read;
		uint8_t *wire, bytes[16384];
		size_t size;
		assert_int_equal(ldns_pkt2wire(&wire, written, &size), LDNS_STATUS_OK);
		assert_int_equal(ldns_wire2pkt(&read, wire, size), LDNS_STATUS_OK);
		struct dns_message message;
		assert_true(dns_message_read(wire, size, &message));
		size = write_short(&message, bytes, sizeof(bytes));
		assert_int_equal(ldns_wire2pkt(&short_read, bytes, size), LDNS_STATUS_OK);
		assert_int_equal(ldns_rr_list_compare(ldns_pkt_answer(read),
						      ldns_pkt_answer(short_read)),
				 0);
		assert_int_equal(ldns_rr_list_compare(ldns_pkt_authority(read),
						      ldns_pkt_authority(short_read)),
				 0);
		assert_int_equal(ldns_rr_list_compare(ldns_pkt_additional(read),
						      ldns_pkt_additional(short_read)),
				 0);
		ldns_pkt_free(written);
		ldns_pkt_free(read);
		ldns_pkt_free(short_read);
		free(wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_with_pointers_are_read_by_ldns_as_those_without),
		cmocka_unit_test(messages_written_by_ldns_are_read_as_ldns_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
