/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the blocks of a zone answers. Each has a record of its own to tell them apart. */
#include "world.h"

struct views {
	struct world *world;
	struct config_view views[WORLD_BLOCKS];
	struct config_expression expressions[WORLD_BLOCKS];
};

static struct views *views_new(void)
{
	struct views *views = mem_zalloc(sizeof(*views));
	views->world = world_new();
	return views;
}

static void views_free(struct views *views)
{
	world_free(views->world);
	mem_free(views);
}

/* A block with data for the zone; expression NULL: without a view. */
static struct config_block *add(struct views *views, const char *zone, const char *expression,
				const char *lines)
{
	size_t index = views->world->block_count;
	struct config_block *block = world_block(views->world, zone);
	if (lines != NULL)
		world_file(views->world, block, zone, lines);
	if (expression == NULL)
		return block;
	views->expressions[index] =
		(struct config_expression){ (char *)(uintptr_t)expression, (char *)"Corefile:1 - " };
	views->views[index] = (struct config_view){ (char *)"some", &views->expressions[index], 1 };
	block->view = &views->views[index];
	return block;
}

static void assert_said(struct views *views, const char *name, ldns_rr_type type,
			const char *status, const char *answer)
{
	ldns_pkt *reply = world_ask(views->world, name, type);
	assert_status(reply, status);
	assert_answer(reply, answer);
	ldns_pkt_free(reply);
}

static void from(struct views *views, const char *ip)
{
	assert_true(ip_parse(ip, &views->world->info.client));
}

static void the_first_view_that_holds_answers_else_the_block_without_one(void **state)
{
	(void)state;
	struct views *views = views_new();
	add(views, "example.org.", "incidr(client_ip(), '10.1.0.0/16')",
	    "a.example.org. 60 IN A 192.0.2.1");
	add(views, "example.org.", "incidr(client_ip(), '10.0.0.0/8')",
	    "a.example.org. 60 IN A 192.0.2.2");
	add(views, "example.org.", NULL, "a.example.org. 60 IN A 192.0.2.3");
	add(views, "example.org.", "true", "a.example.org. 60 IN A 192.0.2.4");
	world_start(views->world);
	from(views, "10.1.2.3");
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "a.example.org. 60 IN A 192.0.2.1");
	from(views, "10.2.2.3");
	assert_said(views, "A.Example.ORG.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "A.Example.ORG. 60 IN A 192.0.2.2");
	from(views, "192.0.2.7");
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "a.example.org. 60 IN A 192.0.2.3");
	views_free(views);
}

static void a_question_that_is_in_no_view_goes_to_the_zone_above_or_is_refused(void **state)
{
	(void)state;
	struct views *views = views_new();
	add(views, "example.org.", "type() == 'A'", "a.example.org. 60 IN A 192.0.2.1");
	add(views, "org.", "type() in ['TXT', 'A']", "a.example.org. 60 IN TXT \"above\"");
	world_start(views->world);
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "a.example.org. 60 IN A 192.0.2.1");
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_TXT, "NOERROR aa",
		    "a.example.org. 60 IN TXT \"above\"");
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_MX, "REFUSED", "");
	assert_said(views, "b.org.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	views_free(views);
}

static void what_is_asked_of_others_is_known_to_views(void **state)
{
	(void)state;
	struct views *views = views_new();
	add(views, "example.org.",
	    "server_ip() == '192.0.2.1' && server_port() == '53' && port() == '4711' && id() == 0x1234 "
	    "&& size() == 31 && bufsize() == 512 && not do() && proto() == 'udp'",
	    "a.example.org. 60 IN A 192.0.2.1");
	world_start(views->world);
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "a.example.org. 60 IN A 192.0.2.1");
	views->world->info.proto = PROTO_TCP;
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "REFUSED", "");
	views_free(views);
}

/* An alias is followed as if its target had been asked for: by the same client. */
static void the_end_of_an_alias_is_judged_by_itself(void **state)
{
	(void)state;
	struct views *views = views_new();
	add(views, "org.", NULL, "alias.org. 60 IN CNAME www.example.net.");
	add(views, "net.", "name() == 'www.example.net.' && client_ip() == '10.0.0.1'",
	    "www.example.net. 60 IN A 192.0.2.1");
	add(views, "net.", NULL, "www.example.net. 60 IN A 192.0.2.2");
	world_start(views->world);
	from(views, "10.0.0.1");
	assert_said(views, "alias.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "alias.org. 60 IN CNAME www.example.net. | www.example.net. 60 IN A 192.0.2.1");
	from(views, "10.0.0.2");
	assert_said(views, "alias.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "alias.org. 60 IN CNAME www.example.net. | www.example.net. 60 IN A 192.0.2.2");
	views_free(views);
}

static void ds_goes_to_the_view_of_the_parent(void **state)
{
	(void)state;
	struct views *views = views_new();
	static const char ds[] = "example.org. 60 IN NS ns.example.org.\n"
				 "example.org. 60 IN DS 1 8 2 "
				 "0000000000000000000000000000000000000000000000000000000000000001";
	add(views, "example.org.", "true", "a.example.org. 60 IN A 192.0.2.1");
	add(views, "org.", "client_ip() == '10.0.0.1'", ds);
	add(views, "org.", NULL, "b.org. 60 IN A 192.0.2.2");
	world_start(views->world);
	from(views, "10.0.0.1");
	assert_said(views, "example.org.", LDNS_RR_TYPE_DS, "NOERROR aa",
		    "example.org. 60 IN DS 1 8 2 "
		    "0000000000000000000000000000000000000000000000000000000000000001");
	from(views, "10.0.0.2");
	assert_said(views, "example.org.", LDNS_RR_TYPE_DS, "NXDOMAIN aa", "");
	views_free(views);
}

static void views_are_told_apart_when_they_are_counted(void **state)
{
	(void)state;
	struct views *views = views_new();
	add(views, "example.org.", "type() == 'A'", "a.example.org. 60 IN A 192.0.2.1");
	add(views, "example.org.", NULL, "a.example.org. 60 IN TXT \"x\"");
	world_start(views->world);
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		    "a.example.org. 60 IN A 192.0.2.1");
	assert_said(views, "a.example.org.", LDNS_RR_TYPE_TXT, "NOERROR aa",
		    "a.example.org. 60 IN TXT \"x\"");
	struct text text = { 0 };
	metrics_print(views->world->metrics, &text);
	assert_non_null(
		strstr(text.data,
		       "coredns_dns_requests_total{family=\"1\",proto=\"udp\","
		       "server=\"dns://:53\",type=\"A\",view=\"some\",zone=\"example.org.\"} 1\n"));
	assert_non_null(
		strstr(text.data,
		       "coredns_dns_requests_total{family=\"1\",proto=\"udp\","
		       "server=\"dns://:53\",type=\"TXT\",view=\"\",zone=\"example.org.\"} 1\n"));
	text_done(&text);
	views_free(views);
}

static void an_expression_that_cannot_be_compiled_is_refused_with_its_place(void **state)
{
	(void)state;
	struct views *views = views_new();
	struct error error;
	struct config_block *block = add(views, "example.org.", "name() == 1", NULL);
	struct serve_options options = world_options(views->world);
	assert_null(router_new(&options, &error));
	assert_string_equal(error.text, "Corefile:1 - invalid operation: == (mismatched types string "
					"and number) (1:8)");
	block->view = NULL; /* a world ends when it has begun */
	world_start(views->world);
	views_free(views);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_view_that_holds_answers_else_the_block_without_one),
		cmocka_unit_test(a_question_that_is_in_no_view_goes_to_the_zone_above_or_is_refused),
		cmocka_unit_test(what_is_asked_of_others_is_known_to_views),
		cmocka_unit_test(the_end_of_an_alias_is_judged_by_itself),
		cmocka_unit_test(ds_goes_to_the_view_of_the_parent),
		cmocka_unit_test(views_are_told_apart_when_they_are_counted),
		cmocka_unit_test(an_expression_that_cannot_be_compiled_is_refused_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
