/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl query`: asks one question over UDP, again over TCP when the reply was cut, and prints what came. */
#include "query.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "knamectl.h"
#include "knamed/dns.h"

enum { EXIT_NO_REPLY = 9 };

/* The name as given, or the reverse name of the address that was given. */
static ldns_rdf *name_of(const struct query_options *options)
{
	uint8_t wire[DNS_NAME_MAX], size;
	struct ip ip;
	if (options->reverse && ip_parse(options->name, &ip))
		name_of_ptr(&ip, wire, &size);
	else if (!name_parse(options->name, wire, &size))
		return NULL;
	return ldns_dname_new_frm_data(size, wire);
}

static ldns_pkt *packet_of(const struct query_options *options)
{
	ldns_rdf *name = name_of(options);
	assert(name != NULL); /* the options were checked */
	uint16_t flags =
		(options->no_recursion ? 0 : LDNS_RD) | (options->checking_disabled ? LDNS_CD : 0);
	ldns_pkt *packet = ldns_pkt_query_new(name, options->type, options->class_, flags);
	uint16_t id;
	random_bytes(&id, sizeof(id));
	ldns_pkt_set_id(packet, id);
	if (options->edns)
		ldns_pkt_set_edns_udp_size(packet, options->edns_size);
	ldns_pkt_set_edns_do(packet, options->dnssec);
	if (options->nsid) {
		static const uint8_t nsid[] = { 0, 3, 0, 0 };
		ldns_pkt_set_edns_data(packet,
				       ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, sizeof(nsid), nsid));
	}
	return packet;
}

/* One try. NULL and error without a reply to this very question. */
static ldns_pkt *exchange(const struct query_options *options, const ldns_pkt *query, bool tcp,
			  size_t *ret_size, struct error *error)
{
	struct sockaddr_storage address;
	socklen_t address_size = ip_to_sockaddr(&options->server, options->port, &address);
	struct timeval timeout = { options->timeout_ms / 1000, options->timeout_ms % 1000 * 1000 };
	ldns_buffer *wire = ldns_buffer_new(LDNS_MIN_BUFLEN);
	uint8_t *bytes = NULL;
	ldns_status status = ldns_pkt2buffer_wire(wire, query);
	if (status == LDNS_STATUS_OK)
		status = tcp ? ldns_tcp_send(&bytes, wire, &address, address_size, timeout, ret_size)
			     : ldns_udp_send(&bytes, wire, &address, address_size, timeout, ret_size);
	ldns_pkt *reply = NULL;
	if (status == LDNS_STATUS_OK)
		status = ldns_wire2pkt(&reply, bytes, *ret_size);
	ldns_buffer_free(wire);
	mem_free(bytes); /* ldns takes from malloc, as mem_alloc() does */
	if (status != LDNS_STATUS_OK) {
		error_set(error, "%s", ldns_get_errorstr_by_id(status));
		return NULL;
	}
	if (ldns_pkt_id(reply) == ldns_pkt_id(query) && ldns_pkt_qr(reply))
		return reply;
	error_set(error, "the reply is not to this question");
	ldns_pkt_free(reply);
	return NULL;
}

/* Tries until a reply comes; took_ns is the last try's time. */
static bool ask_over(const struct query_options *options, const ldns_pkt *query, bool tcp,
		     struct query_reply *reply, struct error *error)
{
	ldns_pkt_free(reply->packet);
	reply->packet = NULL;
	reply->tcp = tcp;
	for (unsigned i = 0; reply->packet == NULL && i < options->tries; i++) {
		uint64_t start = clock_now_ns();
		reply->packet = exchange(options, query, tcp, &reply->size, error);
		reply->took_ns = clock_now_ns() - start;
	}
	char server[IP_TEXT_SIZE];
	ip_print(&options->server, server);
	return reply->packet != NULL || error_prefix(error, "no reply from %s#%u (%s): ", server,
						     options->port, tcp ? "TCP" : "UDP");
}

/* Asks; false and error if no good reply came. */
static bool ask(const struct query_options *options, struct query_reply *ret_reply, struct error *error)
{
	struct query_reply reply = { 0 };
	ldns_pkt *query = packet_of(options);
	bool good = ask_over(options, query, options->tcp, &reply, error);
	if (good && ldns_pkt_tc(reply.packet) && !options->tcp && !options->ignore_truncation) {
		reply.truncated = true;
		good = ask_over(options, query, true, &reply, error);
	}
	ldns_pkt_free(query);
	if (good)
		*ret_reply = reply;
	return good;
}

int knamectl_query(int argc, char **argv)
{
	struct query_options options;
	struct query_reply reply;
	struct error error = { 0 };
	switch (query_options_read(argc, argv, &options, &error)) {
	case QUERY_HELP:
		fputs(query_usage(), stdout);
		return 0;
	case QUERY_WRONG:
		fprintf(stderr, "knamectl query: %s\n", error.text);
		return 1;
	case QUERY_ASK:
		break;
	}
	if (!ask(&options, &reply, &error)) {
		fprintf(stderr, "knamectl query: %s\n", error.text);
		return EXIT_NO_REPLY;
	}
	query_print(&options, &reply);
	ldns_pkt_free(reply.packet);
	return 0;
}
