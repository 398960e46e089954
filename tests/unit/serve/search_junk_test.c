/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are denied before they are forwarded. Nobody can be asked here: what would be forwarded is SERVFAIL. */
#include "world.h"

#define SOA " 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5"

static struct config_forward forwards[] = {
	{ .from = { (char[]){ "corp." } } },
	{ .from = { (char[]){ "." } } },
};

/* Blocks "." with a cluster, and "stub." without; both forward. */
static struct world *junk_world(bool ipv6_auto)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "."), *stub = world_block(world, "stub.");
	world_kubernetes(world, block, "cluster.local.");
	block->kubernetes->denies_junk = true;
	block->kubernetes->denial_ttl = 5;
	block->kubernetes->ipv6_auto = ipv6_auto;
	block->forwards = stub->forwards = forwards;
	block->forward_count = stub->forward_count = COUNT_OF(forwards);
	return world;
}

static void assert_rcode(struct world *world, const char *name, ldns_rr_type type, const char *status)
{
	ldns_pkt *reply = world_ask(world, name, type);
	assert_status(reply, status);
	ldns_pkt_free(reply);
}

#define DENIED "NXDOMAIN"
#define FORWARDED "SERVFAIL"

static void names_of_services_with_more_behind_are_denied(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world_start(world);
	assert_rcode(world, "web.default.svc.cluster.local.example.com.", LDNS_RR_TYPE_A, DENIED);
	assert_rcode(world, "WEB.default.SVC.Cluster.local.internal.", LDNS_RR_TYPE_AAAA, DENIED);
	assert_rcode(world, "_x._tcp.web.default.svc.cluster.local.a.b.", LDNS_RR_TYPE_SRV, DENIED);
	assert_rcode(world, "svc.cluster.local.example.com.", LDNS_RR_TYPE_A, DENIED);
	assert_rcode(world, "cluster.local.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "a.b.pod.cluster.local.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "a.svc.cluster.locals.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "a.svcs.cluster.local.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "a.svc.cluster.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "web.default.svc.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "web.default.svc.cluster.local.", LDNS_RR_TYPE_A, "NXDOMAIN aa");
	world_free(world);
}

static void ports_of_a_single_label_are_denied(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world_start(world);
	assert_rcode(world, "_etcd-server-ssl._tcp.etcd.", LDNS_RR_TYPE_SRV, DENIED);
	assert_rcode(world, "_etcd-server-ssl._TCP.etcd.", LDNS_RR_TYPE_A, DENIED);
	assert_rcode(world, "_ldap._tcp.example.com.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "_tcp.etcd.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "a._tcp.etcd.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "_a.tcp.etcd.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "etcd.", LDNS_RR_TYPE_A, FORWARDED);
	world_free(world);
}

static void what_is_forwarded_by_name_is_asked_for(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world_start(world);
	assert_rcode(world, "_ldap._tcp.corp.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "_ldap._tcp.stub.", LDNS_RR_TYPE_SRV, FORWARDED);
	assert_rcode(world, "web.default.svc.cluster.local.corp.", LDNS_RR_TYPE_A, DENIED);
	assert_rcode(world, "web.default.svc.cluster.local.stub.", LDNS_RR_TYPE_A, DENIED);
	world_free(world);

	world = junk_world(false);
	struct config_block *other = world_block(world, "cluster.local.stub.");
	other->forwards = forwards;
	other->forward_count = COUNT_OF(forwards);
	world_start(world);
	assert_rcode(world, "web.default.svc.cluster.local.stub.", LDNS_RR_TYPE_A, FORWARDED);
	world_free(world);
}

static void a_denial_has_an_soa_in_our_name(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "_a._tcp.etcd.", LDNS_RR_TYPE_SRV);
	assert_authority(reply, "." SOA);
	assert_true(ldns_pkt_ra(reply));
	ldns_pkt_free(reply);
	reply = world_ask(world, "a.svc.cluster.local.corp.", LDNS_RR_TYPE_A);
	assert_authority(reply, "corp." SOA);
	ldns_pkt_free(reply);
	world_free(world);
}

static void search_junk_off_forwards_them(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world->blocks[0].kubernetes->denies_junk = false;
	world_start(world);
	assert_rcode(world, "web.default.svc.cluster.local.example.com.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "_etcd-server._tcp.etcd.", LDNS_RR_TYPE_SRV, FORWARDED);
	world_free(world);
}

static void names_as_long_as_can_be_are_looked_at(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	char name[300] = "", *at = name;
	world_start(world);
	for (int i = 0; i < 63; i++)
		at += sprintf(at, "svc.");
	assert_rcode(world, name, LDNS_RR_TYPE_A, FORWARDED);
	snprintf(name + 4 * 55, 40, "svc.cluster.local.a.b.c.d.e.f.g.h.");
	assert_rcode(world, name, LDNS_RR_TYPE_A, DENIED);
	at = name;
	for (int i = 0; i < 60; i++)
		at += sprintf(at, "svc.");
	snprintf(at, 40, "svc.cluster.l.");
	assert_rcode(world, name, LDNS_RR_TYPE_A, FORWARDED);
	world_free(world);
}

/* ---- ipv6 auto ---- */

static void put_service(struct world *world, unsigned block, const char *address)
{
	struct model *model = model_new();
	struct ip ip;
	assert_true(ip_parse(address, &ip));
	const struct service service = {
		.head = { .kind = OBJECT_SERVICE, .namespace_ = "default", .name = "web" },
		.address_count = 1,
		.listed_count = 1,
		.addresses = &ip,
		.external_name = "",
	};
	model_listen(model, catalog_listener(world->sources[block].kubernetes));
	model_put(model, namespace_new("default"));
	model_put(model, service_new(&service));
	answers_publish(world->answers);
	answers_reader_offline();
	answers_reader_online();
	model_free(model);
}

static void without_ipv6_in_the_cluster_aaaa_is_empty(void **state)
{
	(void)state;
	struct world *world = junk_world(true);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "host.example.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR");
	assert_answer(reply, "");
	assert_authority(reply, "." SOA);
	ldns_pkt_free(reply);
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_A, FORWARDED);
	assert_rcode(world, "host.corp.", LDNS_RR_TYPE_AAAA, "NOERROR");
	assert_rcode(world, "host.stub.", LDNS_RR_TYPE_AAAA, "NOERROR");
	ip_parse("2001:db8::7", &world->info.client);
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, FORWARDED);
	world_free(world);
}

static void one_ipv6_address_is_enough(void **state)
{
	(void)state;
	struct world *world = junk_world(true);
	world_start(world);
	put_service(world, 0, "10.96.0.1");
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, "NOERROR");
	put_service(world, 0, "fd00::1");
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, FORWARDED);
	world_free(world);
}

static void one_cluster_with_ipv6_is_enough(void **state)
{
	(void)state;
	struct world *world = junk_world(true);
	struct config_block *other = world_block(world, "other.");
	world_kubernetes(world, other, "far.local.");
	world_start(world);
	put_service(world, 2, "10.96.0.1");
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, "NOERROR");
	put_service(world, 2, "fd00::1");
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, FORWARDED);
	world_free(world);
}

static void it_is_not_known_before_all_was_read(void **state)
{
	(void)state;
	struct world *world = junk_world(true);
	catalog_set_synced(world->sources[0].kubernetes, false);
	world_start(world);
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, FORWARDED);
	world_free(world);
}

static void ipv6_is_forwarded_unless_told(void **state)
{
	(void)state;
	struct world *world = junk_world(false);
	world_start(world);
	assert_rcode(world, "host.example.", LDNS_RR_TYPE_AAAA, FORWARDED);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_services_with_more_behind_are_denied),
		cmocka_unit_test(ports_of_a_single_label_are_denied),
		cmocka_unit_test(what_is_forwarded_by_name_is_asked_for),
		cmocka_unit_test(a_denial_has_an_soa_in_our_name),
		cmocka_unit_test(search_junk_off_forwards_them),
		cmocka_unit_test(names_as_long_as_can_be_are_looked_at),
		cmocka_unit_test(without_ipv6_in_the_cluster_aaaa_is_empty),
		cmocka_unit_test(one_ipv6_address_is_enough),
		cmocka_unit_test(one_cluster_with_ipv6_is_enough),
		cmocka_unit_test(it_is_not_known_before_all_was_read),
		cmocka_unit_test(ipv6_is_forwarded_unless_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
