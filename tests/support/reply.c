/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a reply through ldns into lines that can be compared. */
#include "reply.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <string.h>

#include "knamed/dns.h"

static void text_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void add_rdata(struct text *line, const ldns_rr *rr)
{
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		char *rdata = ldns_rdf2str(ldns_rr_rdf(rr, i));
		bool serial = ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && i == 2;
		text_printf(line, " %s", serial ? "SERIAL" : rdata);
		mem_free(rdata);
	}
}

static void soa_read(struct reply_text *reply, const ldns_rr *rr)
{
	reply->soa_ttl = ldns_rr_ttl(rr);
	reply->soa_serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
	reply->soa_minimum = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
}

static void section_read(struct reply_text *reply, const ldns_rr_list *records, bool fold,
			 struct lines *lines)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(records, i);
		bool soa = ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA;
		char *owner = ldns_rdf2str(ldns_rr_owner(rr)),
		     *type = ldns_rr_type2str(ldns_rr_get_type(rr));
		if (fold || soa)
			text_lower(owner);
		struct text line = { 0 };
		text_printf(&line, "%s %u %s", owner, ldns_rr_ttl(rr), type);
		size_t rdata_at = line.size;
		add_rdata(&line, rr);
		if (soa) {
			text_lower(line.data + rdata_at);
			char *serial = strstr(line.data + rdata_at, " serial ");
			memcpy(serial, " SERIAL ", 8);
			soa_read(reply, rr);
		}
		lines_add(lines, line.data);
		text_done(&line);
		mem_free(owner);
		mem_free(type);
	}
}

/* Past a name that may end in a pointer; 0 if it leaves the packet. */
static size_t skip_name(const uint8_t *packet, size_t size, size_t at)
{
	while (at < size) {
		if (packet[at] >= 0xc0)
			return at + 2;
		if (packet[at] == 0)
			return at + 1;
		at += 1u + packet[at];
	}
	return 0;
}

/* What a decoded packet no longer shows: sizes of records, compression inside rdata, the octets of OPT. */
static bool wire_read(const uint8_t *packet, size_t size, struct reply_text *reply)
{
	size_t at = DNS_HEADER_SIZE;
	unsigned questions = get_u16(packet + 4), answers = get_u16(packet + 6);
	unsigned records = answers + get_u16(packet + 8) + get_u16(packet + 10);
	for (unsigned i = 0; i < questions; i++) {
		at = skip_name(packet, size, at);
		if (at == 0)
			return false;
		at += 4;
	}
	for (unsigned i = 0; i < records; i++) {
		at = skip_name(packet, size, at);
		if (at == 0 || at + 10 > size)
			return false;
		uint16_t type = get_u16(packet + at), rdata_size = get_u16(packet + at + 8);
		if (i < answers && reply->largest < 12u + rdata_size)
			reply->largest = 12u + rdata_size;
		if (type == TYPE_SRV) {
			size_t target = at + 16, end = at + 10 + rdata_size;
			for (; target < end && packet[target] < 0xc0 && packet[target] != 0;)
				target += 1u + packet[target];
			reply->plain_targets &= target + 1 == end && packet[target] == 0;
		}
		if (type == TYPE_OPT) {
			reply->opt = true;
			reply->edns_size = get_u16(packet + at + 2);
			reply->edns_version = packet[at + 5];
			reply->edns_flags = get_u16(packet + at + 6) & 0x7fff;
			reply->dnssec_ok = packet[at + 6] & 0x80;
			reply->edns_options = rdata_size;
			if (rdata_size >= 6 && at + 16 <= size && get_u16(packet + at + 10) == 15 &&
			    get_u16(packet + at + 12) + 4u == rdata_size)
				reply->extended_error = get_u16(packet + at + 14);
		}
		at += 10u + rdata_size;
	}
	return at == size;
}

static void header_read(struct reply_text *reply, const ldns_pkt *packet)
{
	unsigned rcode = ldns_pkt_get_rcode(packet) | (unsigned)ldns_pkt_edns_extended_rcode(packet)
							      << 4;
	dns_rcode_print((uint16_t)rcode, reply->rcode);
	reply->id = ldns_pkt_id(packet);
	reply->opcode = ldns_pkt_get_opcode(packet);
	reply->qr = ldns_pkt_qr(packet);
	reply->aa = ldns_pkt_aa(packet);
	reply->tc = ldns_pkt_tc(packet);
	reply->rd = ldns_pkt_rd(packet);
	reply->ra = ldns_pkt_ra(packet);
	reply->ad = ldns_pkt_ad(packet);
	reply->cd = ldns_pkt_cd(packet);
}

bool reply_text_read(const uint8_t *packet, size_t size, struct reply_text *ret_reply,
		     struct error *error)
{
	ldns_pkt *decoded = NULL;
	ldns_status status = ldns_wire2pkt(&decoded, packet, size);
	if (status != LDNS_STATUS_OK)
		return error_set(error, "ldns: %s", ldns_get_errorstr_by_id(status));
	struct reply_text reply = { .size = size, .plain_targets = true, .extended_error = -1 };
	header_read(&reply, decoded);
	section_read(&reply, ldns_pkt_answer(decoded), true, &reply.answers);
	section_read(&reply, ldns_pkt_authority(decoded), false, &reply.authorities);
	section_read(&reply, ldns_pkt_additional(decoded), false, &reply.extras);
	ldns_pkt_free(decoded);
	if (!wire_read(packet, size, &reply)) {
		reply_text_done(&reply);
		return error_set(error, "octets behind the last record, or a record past the end");
	}
	*ret_reply = reply;
	return true;
}

void reply_text_done(struct reply_text *reply)
{
	lines_done(&reply->answers);
	lines_done(&reply->authorities);
	lines_done(&reply->extras);
}
