/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of names.md 12 that do not depend on what a zone says. */
#include "world.h"

#define ZONE                                                                                       \
	"example.org. 60 IN NS ns.example.org.\n"                                                  \
	"ns.example.org. 60 IN A 192.0.2.53\n"                                                     \
	"a.example.org. 60 IN A 192.0.2.1\n"                                                       \
	"b.c.example.org. 60 IN TXT \"t\"\n"                                                       \
	"_s._tcp.example.org. 60 IN SRV 0 0 80 a.example.org.\n"                                   \
	"sub.example.org. 60 IN NS ns.sub.example.org.\n"                                          \
	"ns.sub.example.org. 60 IN A 192.0.2.54\n"
#define SOA(ttl) "example.org. " ttl " IN SOA ns.example.org. host.example.org. 7 2 3 4 5"

/* One block with one zone. */
static struct world *simple_world(void (*change)(struct config_block *block))
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "example.org.");
	world_file(world, block, "example.org.", ZONE);
	if (change != NULL)
		change(block);
	world_start(world);
	return world;
}

static void the_question_comes_back_byte_for_byte_and_the_id_too(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "A.eXample.oRg.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_memory_equal(world->reply + 12, world->packet + 12, world->packet_size - 12);
	assert_int_equal(world->reply_size,
			 world->packet_size + 16); /* the owner is a pointer, an address has 4 */
	ldns_pkt_free(reply);
	world_free(world);
}

static void rd_and_cd_are_copied_and_nothing_else(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	put_u16(world->packet + 2, FLAG_CD | FLAG_AD | FLAG_RA | FLAG_TC | FLAG_AA | 0x40 | 7);
	world_exchange(world);
	assert_int_equal(get_u16(world->reply + 2), FLAG_QR | FLAG_AA | FLAG_CD);
	put_u16(world->packet + 2, FLAG_RD);
	world_exchange(world);
	assert_int_equal(get_u16(world->reply + 2), FLAG_QR | FLAG_AA | FLAG_RD);
	world_free(world);
}

static void denials_carry_one_soa_and_are_authoritative(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR aa");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "c.example.org.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR aa");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_delegation_is_not_authoritative(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "x.sub.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR");
	assert_answer(reply, "");
	assert_authority(reply, "sub.example.org. 60 IN NS ns.sub.example.org.");
	ldns_pkt_free(reply);
	world_free(world);
}

static void set_minimal(struct config_block *block)
{
	block->minimal = true;
}

static void minimal_leaves_glue_to_delegations(void **state)
{
	(void)state;
	struct world *world = simple_world(set_minimal);
	ldns_pkt *reply = world_ask(world, "_s._tcp.example.org.", LDNS_RR_TYPE_SRV);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "_s._tcp.example.org. 60 IN SRV 0 0 80 a.example.org.");
	assert_additional(reply, "");
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.sub.example.org.", LDNS_RR_TYPE_A);
	assert_additional(reply, "ns.sub.example.org. 60 IN A 192.0.2.54");
	ldns_pkt_free(reply);
	world_free(world);
	world = simple_world(NULL);
	reply = world_ask(world, "_s._tcp.example.org.", LDNS_RR_TYPE_SRV);
	assert_additional(reply, "a.example.org. 60 IN A 192.0.2.1");
	ldns_pkt_free(reply);
	world_free(world);
}

static void names_of_no_block_are_refused(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const char *const names[] = { "org.", ".", "xexample.org.", "a.example.com." };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		ldns_pkt *reply = world_ask(world, names[i], LDNS_RR_TYPE_A);
		assert_status(reply, "REFUSED");
		assert_int_equal(world->reply_size, world->packet_size);
		ldns_pkt_free(reply);
	}
	world_free(world);
}

static void transfers_are_refused(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_AXFR, LDNS_RR_TYPE_IXFR };
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		for (enum proto proto = PROTO_UDP; proto <= PROTO_TCP; proto++) {
			world->info.proto = proto;
			ldns_pkt *reply = world_ask(world, "example.org.", types[i]);
			assert_status(reply, "REFUSED");
			ldns_pkt_free(reply);
		}
	}
	world_free(world);
}

static void add_chaos(struct config_block *block)
{
	static struct config_chaos chaos;
	block->chaos = &chaos;
}

static void other_classes_are_refused_but_for_what_chaos_answers(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const ldns_rr_class classes[] = { LDNS_RR_CLASS_CH, LDNS_RR_CLASS_HS,
						 LDNS_RR_CLASS_NONE, LDNS_RR_CLASS_ANY };
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		world_question(world, "a.example.org.", LDNS_RR_TYPE_A, classes[i]);
		ldns_pkt *reply = world_send(world);
		assert_status(reply, "REFUSED");
		ldns_pkt_free(reply);
	}
	world_free(world);

	world = world_new();
	add_chaos(world_block(world, "bind."));
	world_start(world);
	world_question(world, "version.bind.", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "NOERROR");
	assert_answer(reply, "version.bind. 0 CH TXT \"knamed-test\"");
	ldns_pkt_free(reply);
	world_question(world, "other.bind.", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH);
	reply = world_send(world);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_free(world);
}

static void set_any(struct config_block *block)
{
	block->any = true;
}

static void any_hides_records_but_not_that_there_are_none(void **state)
{
	(void)state;
	struct world *world = simple_world(set_any);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "a.example.org. 8482 IN HINFO \"ANY obsoleted\" \"See RFC 8482\"");
	ldns_pkt_free(reply);
	reply = world_ask(world, "c.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NXDOMAIN aa");
	ldns_pkt_free(reply);
	world_free(world);
}

static void without_any_one_rrset_is_shown(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_ANY);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.1");
	ldns_pkt_free(reply);
	world_free(world);
}

static void whoami_answers_where_no_zone_does(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "example.org.", ZONE);
	block->whoami = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.example.com.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_additional(reply,
			  "x.example.com. 0 IN A 192.0.2.7 | _udp.x.example.com. 0 IN SRV 0 0 4711 .");
	ldns_pkt_free(reply);
	world_free(world);
}

static void local_answers_before_the_data(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "example.org.", "localhost.example.org. 60 IN A 192.0.2.9");
	block->local = block->local_prefix = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "localhost.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "localhost.example.org. 604800 IN A 127.0.0.1");
	ldns_pkt_free(reply);
	world_free(world);
}

static void what_is_not_in_step_is_servfail_and_says_so(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	catalog_set_synced(world_kubernetes(world, block, "cluster.local."), false);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.b.svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_question(world, "a.b.svc.cluster.local.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, NULL, 0);
	reply = world_send(world);
	assert_status(reply, "SERVFAIL");
	static const char said[] = "\0\16the cluster has not been read yet"; /* EDE 14 */
	assert_memory_equal(world->reply + world->reply_size - (sizeof(said) - 1), said,
			    sizeof(said) - 1);
	ldns_pkt_free(reply);
	reply = world_ask(world, "svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	ldns_pkt_free(reply);
	world_free(world);
}

/* ---- counting ---- */

static void answers_are_counted_by_block_type_and_rcode(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, "example.org.");
	world_file(world, block, "example.org.", ZONE);
	world_add_directive(block, "file");
	world_start(world);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "x.example.org.", LDNS_RR_TYPE_AAAA));
	ldns_pkt_free(world_ask(world, "x.example.com.", LDNS_RR_TYPE_A));
	world->info.proto = PROTO_TCP;
	ip_parse("2001:db8::7", &world->info.client);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	struct text text = { 0 };
	metrics_print(world->metrics, &text);
	static const char *const lines[] = {
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://"
		":53\",type=\"A\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://"
		":53\",type=\"AAAA\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"2\",proto=\"tcp\",server=\"dns://"
		":53\",type=\"A\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://"
		":53\",type=\"A\",view=\"\",zone=\"dropped\"} 1",
		"coredns_dns_responses_total{plugin=\"file\",rcode=\"NOERROR\",server=\"dns://"
		":53\",view=\"\",zone=\"example.org.\"} 2",
		"coredns_dns_responses_total{plugin=\"file\",rcode=\"NXDOMAIN\",server=\"dns://"
		":53\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_responses_total{plugin=\"\",rcode=\"REFUSED\",server=\"dns://"
		":53\",view=\"\",zone=\"dropped\"} 1",
		"coredns_dns_request_duration_seconds_count{server=\"dns://"
		":53\",view=\"\",zone=\"example.org.\"} 3",
		"coredns_plugin_enabled{name=\"file\",server=\"dns://"
		":53\",view=\"\",zone=\"example.org.\"} 1",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (strstr(text.data, lines[i]) == NULL)
			fail_msg("no line %s in\n%s", lines[i], text.data);
	text_done(&text);
	world_free(world);
}

static void a_block_without_prometheus_is_not_counted(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *shown = world_block(world, "example.org."),
			    *hidden = world_block(world, "b.example.org."),
			    *other = world_block(world, "c.example.org.");
	hidden->prometheus = other->prometheus = NULL;
	world_file(world, shown, "example.org.", ZONE);
	world_add_directive(shown, "file");
	world_add_directive(hidden, "file");
	world_start(world);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "x.b.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "x.c.example.org.", LDNS_RR_TYPE_A));
	struct text text = { 0 };
	metrics_print(world->metrics, &text);
	const char *at = strstr(text.data, "\ncoredns_dns_requests_total{");
	assert_non_null(at);
	assert_non_null(strstr(at, "zone=\"example.org.\"} 1\n"));
	assert_null(strstr(at + 1, "\ncoredns_dns_requests_total{"));
	at = strstr(text.data, "\ncoredns_plugin_enabled{");
	assert_non_null(at);
	assert_null(strstr(at + 1, "\ncoredns_plugin_enabled{"));
	assert_null(strstr(text.data, "b.example.org."));
	text_done(&text);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_comes_back_byte_for_byte_and_the_id_too),
		cmocka_unit_test(rd_and_cd_are_copied_and_nothing_else),
		cmocka_unit_test(denials_carry_one_soa_and_are_authoritative),
		cmocka_unit_test(a_delegation_is_not_authoritative),
		cmocka_unit_test(minimal_leaves_glue_to_delegations),
		cmocka_unit_test(names_of_no_block_are_refused),
		cmocka_unit_test(transfers_are_refused),
		cmocka_unit_test(other_classes_are_refused_but_for_what_chaos_answers),
		cmocka_unit_test(any_hides_records_but_not_that_there_are_none),
		cmocka_unit_test(without_any_one_rrset_is_shown),
		cmocka_unit_test(whoami_answers_where_no_zone_does),
		cmocka_unit_test(local_answers_before_the_data),
		cmocka_unit_test(what_is_not_in_step_is_servfail_and_says_so),
		cmocka_unit_test(answers_are_counted_by_block_type_and_rcode),
		cmocka_unit_test(a_block_without_prometheus_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
