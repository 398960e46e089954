/* SPDX-License-Identifier: Apache-2.0 */
/* What `kubernetes` denies and lets go; what it says while its data are those of an earlier run. */
#include "world.h"

#define RECORDS                                                                                    \
	"a.svc.cluster.local. 60 IN A 192.0.2.1\nc.svc.cluster.local. 60 IN CNAME x.svc.cluster.local.\n"

static struct world *world_falling(const char *zone, struct catalog **ret_cluster)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	struct catalog *cluster = world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->falls_through = true;
	if (zone != NULL)
		world_add_zone(&block->kubernetes->fallthrough, zone);
	world_file(world, block, "cluster.local.", RECORDS);
	if (ret_cluster != NULL)
		*ret_cluster = cluster;
	return world;
}

static void assert_reply(struct world *world, const char *name, ldns_rr_type type,
			 const char *status, const char *answer)
{
	ldns_pkt *reply = world_ask(world, name, type);
	assert_status(reply, status);
	assert_answer(reply, answer);
	ldns_pkt_free(reply);
}

static void what_is_denied_is_asked_of_the_next(void **state)
{
	(void)state;
	struct world *world = world_falling(NULL, NULL);
	world_start(world);
	assert_reply(world, "a.svc.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "a.svc.cluster.local. 60 IN A 192.0.2.1");
	assert_reply(world, "a.svc.cluster.local.", LDNS_RR_TYPE_AAAA, "NOERROR aa", "");
	assert_reply(world, "b.svc.cluster.local.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	world_free(world);
}

static void what_exists_stays(void **state)
{
	(void)state;
	clock_set(1, 1); /* serials are times */
	struct world *world = world_falling(NULL, NULL);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_authority(reply,
			 "cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 "
			 "1800 86400 5");
	ldns_pkt_free(reply);
	world_free(world);
}

static void only_names_in_its_zones_fall(void **state)
{
	(void)state;
	struct world *world = world_falling("a.svc.cluster.local.", NULL);
	world_start(world);
	assert_reply(world, "a.svc.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "a.svc.cluster.local. 60 IN A 192.0.2.1");
	assert_reply(world, "c.svc.cluster.local.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	world_free(world);
}

static void targets_of_aliases_fall_too(void **state)
{
	(void)state;
	struct world *world = world_falling(NULL, NULL);
	struct config_block *other = world_block(world, "test.");
	world_file(world, other, "test.", "x.test. 60 IN CNAME a.svc.cluster.local.");
	world_start(world);
	assert_reply(world, "x.test.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "x.test. 60 IN CNAME a.svc.cluster.local. | a.svc.cluster.local. 60 IN A 192.0.2.1");
	world_free(world);
}

static void what_falls_into_a_zone_that_could_not_be_read_is_servfail(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->falls_through = true;
	world_file(world, block, "cluster.local.", NULL);
	world_file(world, block, "test.", "x.test. 60 IN CNAME a.svc.cluster.local.");
	world_start(world);
	assert_reply(world, "a.svc.cluster.local.", LDNS_RR_TYPE_A, "SERVFAIL", "");
	ldns_pkt *reply = world_ask(world, "x.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_answer(reply, "x.test. 60 IN CNAME a.svc.cluster.local.");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void nothing_falls_before_the_first_sync(void **state)
{
	(void)state;
	struct catalog *cluster;
	struct world *world = world_falling(NULL, &cluster);
	catalog_set_synced(cluster, false);
	world_start(world);
	assert_reply(world, "a.b.svc.cluster.local.", LDNS_RR_TYPE_A, "SERVFAIL", "");
	world_free(world);
}

static void a_denial_stays_where_nobody_behind_has_the_name(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->falls_through = true;
	world_auto(world, block, "cluster.local.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.y.svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	assert_int_equal(ldns_pkt_nscount(reply), 1);
	ldns_pkt_free(reply);
	world_free(world);
}

static void whoami_takes_what_falls(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->falls_through = true;
	block->whoami = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.y.svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_int_equal(ldns_pkt_get_rcode(reply), LDNS_RCODE_NOERROR);
	assert_int_equal(ldns_pkt_arcount(reply), 2);
	ldns_pkt_free(reply);
	world_free(world);
}

static void any_makes_no_name_of_what_is_denied(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->falls_through = true;
	block->any = true;
	world_auto(world, block, "cluster.local.");
	world_start(world);
	assert_reply(world, "x.y.svc.cluster.local.", LDNS_RR_TYPE_ANY, "NXDOMAIN aa", "");
	world_free(world);
}

/* An address from outside in the namespace "web". */
static void put_service(struct catalog *catalog, const char *name, const char *address)
{
	struct external external = { .hostname = "" };
	struct port port = { .name = "http", .number = 80, .has_number = true };
	if (!ip_parse(address, &external.ip))
		external.hostname = address;
	world_put(catalog, service_new(&(struct service){
				   .head = { .namespace_ = "web", .name = name },
				   .external_name = "",
				   .external_count = 1,
				   .externals = &external,
				   .port_count = 1,
				   .ports = &port,
			   }));
}

static struct world *world_outside(const char *zone)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_kubernetes(world, block, "cluster.local.");
	struct catalog *external = world_external(world, block, zone);
	world_put(external, namespace_new("web"));
	put_service(external, "shop", "192.0.2.1");
	put_service(external, "far", "shop.web.example.org");
	return world;
}

static void the_outside_is_asked_before_the_cluster(void **state)
{
	(void)state;
	struct world *world = world_outside("local.");
	world_start(world);
	assert_reply(world, "shop.web.local.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "shop.web.local. 5 IN A 192.0.2.1");
	assert_reply(world, "cluster.local.", LDNS_RR_TYPE_SOA, "NXDOMAIN aa", "");
	world_free(world);
}

static void the_outside_follows_names_of_load_balancers(void **state)
{
	(void)state;
	struct world *world = world_outside("example.org.");
	world_start(world);
	assert_reply(world, "far.web.example.org.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "far.web.example.org. 5 IN CNAME shop.web.example.org. | "
		     "shop.web.example.org. 5 IN A 192.0.2.1");
	assert_reply(world, "_http._tcp.far.web.example.org.", LDNS_RR_TYPE_SRV, "NOERROR aa",
		     "_http._tcp.far.web.example.org. 5 IN SRV 0 100 80 shop.web.example.org.");
	world_free(world);
}

/* Each directive lets go of names in zones of its own. */
static void names_fall_from_directive_to_directive(void **state)
{
	(void)state;
	struct world *world = world_outside("local.");
	struct config_block *block = &world->blocks[0];
	block->external->falls_through = true;
	world_add_zone(&block->external->fallthrough, "local.");
	block->kubernetes->falls_through = true;
	world_file(world, block, "a.cluster.local.", "x.a.cluster.local. 60 IN A 192.0.2.2\n");
	block->files[0].falls_through = true;
	world_auto(world, block, "cluster.local.");
	world_load(world->autos[0][0], "a.cluster.local.", "y.a.cluster.local. 60 IN A 192.0.2.3\n");
	world_start(world);
	assert_reply(world, "svc.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa", "");
	assert_reply(world, "dns-version.cluster.local.", LDNS_RR_TYPE_TXT, "NOERROR aa",
		     "dns-version.cluster.local. 28800 IN TXT \"1.1.0\"");
	assert_reply(world, "x.a.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "x.a.cluster.local. 60 IN A 192.0.2.2");
	assert_reply(world, "y.a.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "y.a.cluster.local. 60 IN A 192.0.2.3");
	assert_reply(world, "z.a.cluster.local.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	assert_reply(world, "gone.web.local.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	world_free(world);
}

/* A name that is there because another is below it is asked of those behind; whoever denies it there is wrong. */
static void a_name_above_others_falls_and_still_exists(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "test.",
		   "x.known.test. 60 IN A 192.0.2.1\nx.lost.test. 60 IN A 192.0.2.2\n"
		   "to.test. 60 IN CNAME known.test.\n");
	block->files[0].falls_through = true;
	world_auto(world, block, "test.");
	world_load(world->autos[0][0], "test.", "known.test. 60 IN A 192.0.2.3\n");
	world_start(world);
	assert_reply(world, "known.test.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "known.test. 60 IN A 192.0.2.3");
	assert_reply(world, "to.test.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "to.test. 60 IN CNAME known.test. | known.test. 60 IN A 192.0.2.3");
	assert_reply(world, "lost.test.", LDNS_RR_TYPE_A, "NOERROR aa", "");
	assert_reply(world, "x.known.test.", LDNS_RR_TYPE_AAAA, "NOERROR aa", "");
	assert_reply(world, "x.lost.test.", LDNS_RR_TYPE_A, "NOERROR aa",
		     "x.lost.test. 60 IN A 192.0.2.2");
	assert_reply(world, "y.lost.test.", LDNS_RR_TYPE_A, "NXDOMAIN aa", "");
	world_free(world);
}

/* The extended error of the reply to a question with OPT; 0: none. */
static unsigned extended_error(struct world *world, const char *name)
{
	world_question(world, name, LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, NULL, 0);
	size_t size = world_exchange(world);
	struct dns_message message;
	assert_true(dns_message_read(world->reply, size, &message));
	return message.extended_error;
}

static void data_of_an_earlier_run_are_called_stale(void **state)
{
	(void)state;
	struct catalog *cluster;
	struct world *world = world_falling("x.test.", &cluster);
	world_file(world, &world->blocks[0], "test.", "x.test. 60 IN A 192.0.2.1");
	world_start(world);
	assert_int_equal(extended_error(world, "svc.cluster.local."), 0);
	catalog_set_stale(cluster, true);
	assert_true(answers_publish(world->answers));
	assert_int_equal(extended_error(world, "svc.cluster.local."), 3);
	assert_int_equal(extended_error(world, "nope.ns.svc.cluster.local."), 3);
	assert_int_equal(extended_error(world, "x.test."), 0);
	catalog_set_stale(cluster, false);
	assert_true(answers_publish(world->answers));
	assert_int_equal(extended_error(world, "nope.ns.svc.cluster.local."), 0);
	world_free(world);
}

static void how_fresh_it_is_can_be_asked_at_any_time(void **state)
{
	(void)state;
	static const char *const texts[] = { "state=unsynced", "config=ab" }, *const later[] = {
		"state=in-step"
	};
	struct catalog *cluster;
	struct world *world = world_falling(NULL, &cluster);
	catalog_set_synced(cluster, false);
	catalog_set_sync_text(cluster, texts, COUNT_OF(texts));
	world_start(world);
	assert_reply(world, "sync._knamed.cluster.local.", LDNS_RR_TYPE_TXT, "NOERROR aa",
		     "sync._knamed.cluster.local. 0 IN TXT \"state=unsynced\" \"config=ab\"");
	assert_reply(world, "sync._knamed.cluster.local.", LDNS_RR_TYPE_A, "NOERROR aa", "");
	assert_reply(world, "_knamed.cluster.local.", LDNS_RR_TYPE_TXT, "NOERROR aa", "");
	assert_false(answers_publish(world->answers));
	catalog_set_sync_text(cluster, later, COUNT_OF(later));
	assert_true(answers_publish(world->answers));
	assert_reply(world, "SYNC._knamed.cluster.local.", LDNS_RR_TYPE_TXT, "NOERROR aa",
		     "SYNC._knamed.cluster.local. 0 IN TXT \"state=in-step\"");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_denied_is_asked_of_the_next),
		cmocka_unit_test(what_exists_stays),
		cmocka_unit_test(only_names_in_its_zones_fall),
		cmocka_unit_test(targets_of_aliases_fall_too),
		cmocka_unit_test(what_falls_into_a_zone_that_could_not_be_read_is_servfail),
		cmocka_unit_test(nothing_falls_before_the_first_sync),
		cmocka_unit_test(a_denial_stays_where_nobody_behind_has_the_name),
		cmocka_unit_test(the_outside_is_asked_before_the_cluster),
		cmocka_unit_test(the_outside_follows_names_of_load_balancers),
		cmocka_unit_test(names_fall_from_directive_to_directive),
		cmocka_unit_test(a_name_above_others_falls_and_still_exists),
		cmocka_unit_test(whoami_takes_what_falls),
		cmocka_unit_test(any_makes_no_name_of_what_is_denied),
		cmocka_unit_test(data_of_an_earlier_run_are_called_stale),
		cmocka_unit_test(how_fresh_it_is_can_be_asked_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
