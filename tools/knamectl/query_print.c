/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a reply as dig does, or the data of its answer alone. */
#include <stdio.h>
#include <string.h>

#include "knamed/dns.h"
#include "query.h"

static void print_brief(const ldns_pkt *packet)
{
	const ldns_rr_list *answers = ldns_pkt_answer(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);
		for (size_t j = 0; j < ldns_rr_rd_count(rr); j++) {
			char *text = ldns_rdf2str(ldns_rr_rdf(rr, j));
			printf("%s%s", j > 0 ? " " : "", text);
			mem_free(text);
		}
		putchar('\n');
	}
}

static void print_header(const ldns_pkt *packet)
{
	static const struct {
		const char *name;
		bool (*get)(const ldns_pkt *packet);
	} flags[] = {
		{ "qr", ldns_pkt_qr }, { "aa", ldns_pkt_aa }, { "tc", ldns_pkt_tc },
		{ "rd", ldns_pkt_rd }, { "ra", ldns_pkt_ra }, { "ad", ldns_pkt_ad },
		{ "cd", ldns_pkt_cd },
	};
	char rcode[16];
	char *opcode = ldns_pkt_opcode2str(ldns_pkt_get_opcode(packet));
	unsigned code = ldns_pkt_get_rcode(packet) | (unsigned)ldns_pkt_edns_extended_rcode(packet)
							     << 4;
	dns_rcode_print((uint16_t)code, rcode);
	printf(";; ->>HEADER<<- opcode: %s, status: %s, id: %u\n;; flags:", opcode, rcode,
	       ldns_pkt_id(packet));
	mem_free(opcode);
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		if (flags[i].get(packet))
			printf(" %s", flags[i].name);
	}
	printf("; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", ldns_pkt_qdcount(packet),
	       ldns_pkt_ancount(packet), ldns_pkt_nscount(packet),
	       ldns_pkt_arcount(packet) + (ldns_pkt_edns(packet) ? 1 : 0));
}

/* Options as NSID and Extended DNS Errors are; others as their number. */
static void print_option(unsigned code, const uint8_t *data, size_t size)
{
	if (code == 15 && size >= 2)
		printf("; EDE: %u %.*s\n", get_u16(data), (int)size - 2, (const char *)data + 2);
	else if (code == 3)
		printf("; NSID: %.*s\n", (int)size, (const char *)data);
	else
		printf("; OPT=%u: %zu octets\n", code, size);
}

static void print_edns(const ldns_pkt *packet)
{
	if (!ldns_pkt_edns(packet))
		return;
	printf("\n;; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n",
	       ldns_pkt_edns_version(packet), ldns_pkt_edns_do(packet) ? " do" : "",
	       ldns_pkt_edns_udp_size(packet));
	const ldns_rdf *data = ldns_pkt_edns_data(packet);
	const uint8_t *at = data != NULL ? ldns_rdf_data(data) : NULL;
	size_t left = data != NULL ? ldns_rdf_size(data) : 0;
	while (left >= 4 && get_u16(at + 2) <= left - 4) {
		size_t size = get_u16(at + 2);
		print_option(get_u16(at), at + 4, size);
		at += 4 + size;
		left -= 4 + size;
	}
}

static void print_section(const char *title, const ldns_rr_list *records, bool question)
{
	if (ldns_rr_list_rr_count(records) == 0)
		return;
	printf("\n;; %s SECTION:\n", title);
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		char *text = ldns_rr2str(ldns_rr_list_rr(records, i));
		printf("%s%s", question ? ";" : "", text);
		mem_free(text);
	}
}

void query_print(const struct query_options *options, const struct query_reply *reply)
{
	if (options->brief) {
		print_brief(reply->packet);
		return;
	}
	if (reply->truncated)
		printf(";; Truncated, retrying in TCP mode.\n");
	print_header(reply->packet);
	print_edns(reply->packet);
	print_section("QUESTION", ldns_pkt_question(reply->packet), true);
	print_section("ANSWER", ldns_pkt_answer(reply->packet), false);
	print_section("AUTHORITY", ldns_pkt_authority(reply->packet), false);
	print_section("ADDITIONAL", ldns_pkt_additional(reply->packet), false);
	char server[IP_TEXT_SIZE];
	ip_print(&options->server, server);
	printf("\n;; Query time: %llu usec\n;; SERVER: %s#%u (%s)\n;; MSG SIZE  rcvd: %zu\n",
	       (unsigned long long)(reply->took_ns / 1000), server, options->port,
	       reply->tcp ? "TCP" : "UDP", reply->size);
}
