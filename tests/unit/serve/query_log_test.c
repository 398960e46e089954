/* SPDX-License-Identifier: Apache-2.0 */
/* Query lines as they come out of stdout, in CoreDNS' words. */
#include "caught.h"

#define ZONE                                                                                       \
	"a.example.org. 60 IN A 192.0.2.1\nl.example.org. 60 IN CNAME "                            \
	"l.example.org.\nx.example.org. 60 IN CNAME y.org."

#define COMMON                                                                                     \
	"{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" "       \
	"{rcode} {>rflags} {rsize} {duration}"

static struct world *log_world(const char *format, unsigned classes)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	static struct config_errors errors;
	world_file(world, block, "example.org.", ZONE);
	block->logs = mem_zalloc(sizeof(*block->logs));
	block->log_count = 1;
	block->logs[0].format = mem_text(format);
	world_add_zone(&block->logs[0].names, ".");
	block->logs[0].classes = classes;
	block->errors = &errors;
	return world;
}

static void log_world_free(struct world *world)
{
	struct config_block *block = &world->blocks[0];
	for (size_t i = 0; i < block->log_count; i++) {
		world_zones_done(&block->logs[i].names);
		mem_free(block->logs[i].format);
	}
	mem_free(block->logs);
	world_free(world);
}

/* Digits of times are told apart from nothing. */
static void hide_duration(char *text)
{
	for (char *at = text; (at = strstr(at, " 0")) != NULL; at++) {
		size_t size = strspn(at + 1, "0123456789.");
		if (at[1 + size] == 's' && (at[2 + size] == '\n' || at[2 + size] == ' ')) {
			memmove(at + 2, at + 1 + size, strlen(at + 1 + size) + 1);
			at[1] = '0';
		}
	}
}

static void assert_lines(struct caught caught, const char *expected)
{
	char *text = catch_stop(caught);
	hide_duration(text);
	assert_string_equal(text, expected);
	mem_free(text);
}

static void the_common_format_is_coredns_own(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world(COMMON, LOG_CLASS_ALL);
	world_start(world);
	ldns_pkt_free(world_ask(world, "A.example.org.", LDNS_RR_TYPE_A));
	world_question(world, "n.example.org.", LDNS_RR_TYPE_AAAA, LDNS_RR_CLASS_IN);
	world_add_opt(world, 4096, 0, 0x8000, NULL, 0);
	ldns_pkt_free(world_send(world));
	world->info.proto = PROTO_TCP;
	ip_parse("2001:db8::7", &world->info.client);
	ldns_pkt_free(world_ask(world, "a.example.com.", LDNS_RR_TYPE_TXT));
	log_world_free(world);
	assert_lines(caught, "[INFO] 192.0.2.7:4711 - 4660 \"A IN a.example.org. udp 31 false "
			     "512\" NOERROR qr,aa,rd 60 0s\n"
			     "[INFO] 192.0.2.7:4711 - 4660 \"AAAA IN n.example.org. udp 42 true "
			     "4096\" NXDOMAIN qr,aa,rd 108 0s\n"
			     "[INFO] [2001:db8::7]:4711 - 4660 \"TXT IN a.example.com. tcp 31 "
			     "false 65535\" REFUSED qr,rd 31 0s\n");
}

static void formats_mix_words_and_text(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world("{ {name} } {type}{class} {local} {>opcode} {/x} {nope} "
					"{/log/class}/{/log/type} 5%}",
					LOG_CLASS_ALL);
	world_start(world);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_MX));
	ldns_pkt_free(world_ask(world, "b.example.org.", LDNS_RR_TYPE_MX));
	ldns_pkt_free(world_ask(world, "b.", LDNS_RR_TYPE_MX));
	log_world_free(world);
	assert_lines(caught,
		     "[INFO] { a.example.org. } AIN 192.0.2.1 0 - {nope} success/NOERROR 5%}\n"
		     "[INFO] { a.example.org. } MXIN 192.0.2.1 0 - {nope} denial/NODATA 5%}\n"
		     "[INFO] { b.example.org. } MXIN 192.0.2.1 0 - {nope} denial/NXDOMAIN 5%}\n"
		     "[INFO] { b. } MXIN 192.0.2.1 0 - {nope} error/OTHERERROR 5%}\n");
}

static void classes_choose_what_is_said(void **state)
{
	(void)state;
	static const struct {
		unsigned classes;
		const char *expected;
	} table[] = {
		{ LOG_CLASS_SUCCESS, "[INFO] a.example.org.\n[INFO] x.example.org.\n" },
		{ LOG_CLASS_DENIAL, "[INFO] n.example.org.\n" },
		{ LOG_CLASS_ERROR, "[INFO] example.com.\n" },
		{ LOG_CLASS_DENIAL | LOG_CLASS_ERROR, "[INFO] n.example.org.\n[INFO] example.com.\n" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct caught caught = catch_start();
		struct world *world = log_world("{name}", table[i].classes);
		world_start(world);
		ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "x.example.org.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "n.example.org.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "example.com.", LDNS_RR_TYPE_A));
		log_world_free(world);
		assert_lines(caught, table[i].expected);
	}
}

static void the_first_rule_with_the_name_decides(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world("first {name}", LOG_CLASS_ERROR);
	struct config_block *block = &world->blocks[0];
	world_zones_done(&block->logs[0].names);
	block->logs[0].names = (struct config_zones){ 0 };
	world_add_zone(&block->logs[0].names, "a.example.org.");
	block->logs = mem_realloc(block->logs, 2 * sizeof(*block->logs));
	block->logs[1] =
		(struct config_log){ .format = mem_text("second {name}"), .classes = LOG_CLASS_ALL };
	world_add_zone(&block->logs[1].names, "example.com.");
	world_add_zone(&block->logs[1].names, "example.org.");
	block->log_count = 2;
	world_start(world);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "N.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "other.", LDNS_RR_TYPE_A));
	log_world_free(world);
	assert_lines(caught, "[INFO] second n.example.org.\n");
}

static void failures_of_our_own_are_errors(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world("{rcode}", LOG_CLASS_DENIAL);
	world_file(world, &world->blocks[0], "example.net.", NULL);
	world_start(world);
	ldns_pkt_free(world_ask(world, "l.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "a.example.net.", LDNS_RR_TYPE_A));
	log_world_free(world);
	assert_lines(caught, "[ERROR] plugin/errors: 2 l.example.org. A: chain of aliases is a "
			     "loop or too long\n"
			     "[ERROR] plugin/errors: 2 a.example.net. A: zone is not loaded\n");
}

static void metadata_is_told_where_the_block_has_it(void **state)
{
	static const char format[] =
		"{name} {/zone/wildcard} {/knamed/plugin} [{/kubernetes/endpoint}] "
		"{/knamed/ede} {/forward/upstream} {/nobody/gives}";
	(void)state;
	for (int has_it = 0; has_it < 2; has_it++) {
		struct caught caught = catch_start();
		struct world *world = log_world(format, LOG_CLASS_ALL);
		struct config_block *block = &world->blocks[0];
		world_file(world, block, "example.net.", "*.w.example.net. 60 IN A 192.0.2.1");
		catalog_set_synced(world_kubernetes(world, block, "cluster.local."), false);
		block->metadata = has_it == 1;
		world_add_zone(&block->metadata_zones, ".");
		world_start(world);
		ldns_pkt_free(world_ask(world, "a.b.W.example.net.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "h.s.ns.svc.cluster.local.", LDNS_RR_TYPE_A));
		ldns_pkt_free(world_ask(world, "s.ns.svc.cluster.local.", LDNS_RR_TYPE_A));
		world_zones_done(&block->metadata_zones);
		log_world_free(world);
		assert_lines(caught,
			     has_it == 0
				     ? "[INFO] a.b.w.example.net. - - [-] - - -\n"
				       "[INFO] a.example.org. - - [-] - - -\n"
				       "[INFO] h.s.ns.svc.cluster.local. - - [-] - - -\n"
				       "[INFO] s.ns.svc.cluster.local. - - [-] - - -\n"
				     : "[INFO] a.b.w.example.net. *.w.example.net. file [-] - - -\n"
				       "[INFO] a.example.org. - file [-] - - -\n"
				       "[INFO] h.s.ns.svc.cluster.local. - kubernetes [h] 14 - -\n"
				       "[INFO] s.ns.svc.cluster.local. - kubernetes [] 14 - -\n");
	}
}

static void bufsize_is_what_the_directive_leaves_of_it(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world("{>bufsize}", LOG_CLASS_ALL);
	world->blocks[0].bufsize = 1100;
	world_start(world);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 4096, 0, 0, NULL, 0);
	ldns_pkt_free(world_send(world));
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 700, 0, 0, NULL, 0);
	ldns_pkt_free(world_send(world));
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	log_world_free(world);
	assert_lines(caught, "[INFO] 1100\n[INFO] 700\n[INFO] 512\n");
}

static void json_records_have_fields_of_their_own(void **state)
{
	(void)state;
	struct caught caught = catch_start();
	struct world *world = log_world("{name} \"x\"", LOG_CLASS_ALL);
	world_start(world);
	log_set_form(LOG_FORM_JSON);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "l.example.org.", LDNS_RR_TYPE_A));
	log_set_form(LOG_FORM_TEXT);
	log_world_free(world);
	char *text = catch_stop(caught);
	static const char *const parts[] = {
		"\"level\":\"INFO\",\"msg\":\"a.example.org. \\\"x\\\"\",\"plugin\":\"log\",",
		",\"client_ip\":\"192.0.2.7\",\"client_port\":4711,\"qname\":\"a.example.org.\",",
		",\"qtype\":\"A\",\"qclass\":\"IN\",\"protocol\":\"udp\",\"id\":4660,\"opcode\":0,",
		",\"request_size\":31,\"dnssec_ok\":false,\"bufsize\":512,\"rcode\":\"NOERROR\",",
		",\"response_size\":60,\"duration_seconds\":0",
		"\"msg\":\"2 l.example.org. A: chain of aliases is a loop or too long\",",
		"\"level\":\"ERROR\"",
		"\"plugin\":\"errors\"}\n",
	};
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (strstr(text, parts[i]) == NULL)
			fail_msg("no %s in %s", parts[i], text);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_common_format_is_coredns_own),
		cmocka_unit_test(formats_mix_words_and_text),
		cmocka_unit_test(classes_choose_what_is_said),
		cmocka_unit_test(the_first_rule_with_the_name_decides),
		cmocka_unit_test(failures_of_our_own_are_errors),
		cmocka_unit_test(metadata_is_told_where_the_block_has_it),
		cmocka_unit_test(bufsize_is_what_the_directive_leaves_of_it),
		cmocka_unit_test(json_records_have_fields_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
