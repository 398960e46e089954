/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "route.h"

/* Blocks with claims and zones, without a router around them. Catalogs are only told apart by their addresses. */
struct fixture {
	struct block blocks[4];
	struct config_block configs[4];
	struct served_zone zones[600];
	size_t zone_count;
	struct routes routes;
	struct answers *answers;
	struct catalog *cluster;
};

static char catalog_marks[8];
static const struct catalog *catalog_mark(unsigned i)
{
	return (const struct catalog *)&catalog_marks[i];
}

static void serve(struct fixture *fixture, unsigned block, const char *zone)
{
	struct served_zone *served = &fixture->zones[fixture->zone_count++];
	fixture->blocks[block].config = &fixture->configs[block];
	*served = (struct served_zone){ .block = &fixture->blocks[block], .meter = block };
	assert_true(zone_name_read(zone, &served->zone));
}

static void claim(struct fixture *fixture, unsigned block, const char *zone, enum rank rank,
		  unsigned mark)
{
	struct block *owner = &fixture->blocks[block];
	owner->claims = mem_realloc(owner->claims, (owner->claim_count + 1) * sizeof(*owner->claims));
	struct claim *claimed = &owner->claims[owner->claim_count++];
	*claimed = (struct claim){ .catalog = rank == RANK_KUBERNETES ? fixture->cluster
								      : catalog_mark(mark),
				   .rank = rank };
	assert_true(zone_name_read(zone, &claimed->zone));
}

static void compile(struct fixture *fixture)
{
	routes_compile(&fixture->routes, fixture->answers, fixture->zones, fixture->zone_count);
}

static const struct route *find(const struct fixture *fixture, const char *name, uint16_t type)
{
	uint8_t packet[300] = { [5] = 1 }, size;
	struct dns_query query;
	assert_true(name_parse(name, packet + DNS_HEADER_SIZE, &size));
	put_u16(packet + DNS_HEADER_SIZE + size, type);
	put_u16(packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(packet, DNS_HEADER_SIZE + size + 4u, &query), QUERY_GOOD);
	return routes_find(&fixture->routes, &query);
}

static void assert_route(const struct fixture *fixture, const char *name, const char *zone,
			 unsigned block)
{
	const struct route *route = find(fixture, name, TYPE_A);
	char text[NAME_TEXT_SIZE];
	assert_non_null(route);
	name_print(route->zone_name.name, text);
	assert_string_equal(text, zone);
	assert_ptr_equal(route->block, &fixture->blocks[block]);
	assert_int_equal(route->meter, block);
}

static int setup(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	const char *zones[] = { "cluster.local.", "in-addr.arpa.", "local." };
	struct cluster_options options = {
		.zones = zones, .zone_count = COUNT_OF(zones), .ttl = 5, .denial_ttl = 5
	};
	fixture->answers = answers_new();
	fixture->cluster = answers_add_cluster(fixture->answers, &options);
	answers_publish(fixture->answers);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	routes_done(&fixture->routes);
	for (size_t i = 0; i < COUNT_OF(fixture->blocks); i++)
		mem_free(fixture->blocks[i].claims);
	answers_free(fixture->answers);
	mem_free(fixture);
	return 0;
}

static void the_longest_zone_wins_by_label(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, "example.org.");
	serve(fixture, 1, "a.example.org.");
	serve(fixture, 2, "org.");
	compile(fixture);
	assert_route(fixture, "example.org.", "example.org.", 0);
	assert_route(fixture, "x.A.Example.ORG.", "a.example.org.", 1);
	assert_route(fixture, "ba.example.org.", "example.org.", 0);
	assert_route(fixture, "xexample.org.", "org.", 2);
	assert_null(find(fixture, "example.com.", TYPE_A));
	assert_null(find(fixture, ".", TYPE_A));
}

static void the_root_block_takes_what_is_left(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, ".");
	serve(fixture, 1, "a.");
	compile(fixture);
	assert_route(fixture, ".", ".", 0);
	assert_route(fixture, "b.", ".", 0);
	assert_route(fixture, "x.a.", "a.", 1);
}

static void zones_of_directives_route_within_their_block(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, ".");
	serve(fixture, 1, "example.org.");
	claim(fixture, 0, "cluster.local.", RANK_KUBERNETES, 0);
	claim(fixture, 0, "in-addr.arpa.", RANK_KUBERNETES, 0);
	claim(fixture, 0, "a.example.org.", RANK_FILE,
	      1); /* never asked: the name belongs to the other block */
	compile(fixture);
	assert_ptr_equal(find(fixture, "a.cluster.local.", TYPE_A)->catalog, fixture->cluster);
	assert_non_null(find(fixture, "a.cluster.local.", TYPE_A)->zone);
	assert_ptr_equal(find(fixture, "1.in-addr.arpa.", TYPE_A)->catalog, fixture->cluster);
	assert_int_equal(find(fixture, "a.cluster.local.", TYPE_A)->by, BY_KUBERNETES);
	assert_null(find(fixture, "b.", TYPE_A)->catalog);
	assert_route(fixture, "a.example.org.", "a.example.org.", 1);
	assert_null(find(fixture, "a.example.org.", TYPE_A)->catalog);
}

static void a_zone_above_the_block_serves_the_part_below(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, "a.example.org.");
	claim(fixture, 0, "example.org.", RANK_FILE, 0);
	compile(fixture);
	assert_ptr_equal(find(fixture, "x.a.example.org.", TYPE_A)->catalog, catalog_mark(0));
	assert_null(find(fixture, "b.example.org.", TYPE_A));
}

static void directives_go_by_chain_order_and_files_by_the_longest_zone(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, ".");
	claim(fixture, 0, "local.", RANK_KUBERNETES, 0);
	claim(fixture, 0, "a.local.", RANK_FILE, 1);
	claim(fixture, 0, "org.", RANK_FILE, 1);
	claim(fixture, 0, "example.org.", RANK_FILE, 2);
	claim(fixture, 0, "x.org.", RANK_AUTO, 3);
	claim(fixture, 0, "net.", RANK_AUTO, 3);
	claim(fixture, 0, ".", RANK_AUTO, 4);
	compile(fixture);
	assert_ptr_equal(find(fixture, "a.local.", TYPE_A)->catalog, fixture->cluster);
	assert_ptr_equal(find(fixture, "b.example.org.", TYPE_A)->catalog, catalog_mark(2));
	assert_ptr_equal(find(fixture, "b.org.", TYPE_A)->catalog, catalog_mark(1));
	assert_ptr_equal(find(fixture, "x.org.", TYPE_A)->catalog, catalog_mark(1));

	const struct route *route = find(fixture, "a.net.", TYPE_A);
	assert_null(route->catalog);
	assert_int_equal(route->auto_count, 2);
	assert_ptr_equal(route->autos[0], catalog_mark(3));
	assert_ptr_equal(route->autos[1], catalog_mark(4));
	assert_int_equal(find(fixture, "com.", TYPE_A)->auto_count, 1);
}

static void ds_of_a_zone_is_asked_of_the_parents_block(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, "example.org.");
	serve(fixture, 1, "a.example.org.");
	serve(fixture, 2, "b.a.example.org.");
	claim(fixture, 0, "example.org.", RANK_FILE, 0);
	claim(fixture, 2, "b.a.example.org.", RANK_FILE, 2);
	compile(fixture);
	assert_ptr_equal(find(fixture, "a.example.org.", TYPE_DS)->block, &fixture->blocks[0]);
	assert_ptr_equal(find(fixture, "x.a.example.org.", TYPE_DS)->block, &fixture->blocks[1]);
	assert_ptr_equal(find(fixture, "a.example.org.", TYPE_DNSKEY)->block, &fixture->blocks[1]);
	/* the block between has no data */
	assert_ptr_equal(find(fixture, "b.a.example.org.", TYPE_DS)->block, &fixture->blocks[0]);
	/* there is nobody above */
	assert_ptr_equal(find(fixture, "example.org.", TYPE_DS)->block, &fixture->blocks[0]);
}

static void ds_stays_where_the_parent_has_no_data(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, ".");
	serve(fixture, 1, "a.");
	claim(fixture, 1, "a.", RANK_FILE, 0);
	compile(fixture);
	assert_ptr_equal(find(fixture, "a.", TYPE_DS)->block, &fixture->blocks[1]);
}

static void hundreds_of_zones_are_found_like_a_few(void **state)
{
	struct fixture *fixture = *state;
	serve(fixture, 0, ".");
	serve(fixture, 1, "10.in-addr.arpa.");
	for (unsigned i = 0; i < 256; i++) {
		char zone[64];
		snprintf(zone, sizeof(zone), "%u.1.10.in-addr.arpa.", i);
		serve(fixture, 2, zone);
		snprintf(zone, sizeof(zone), "Zone%u.example.org.", i);
		serve(fixture, 3, zone);
	}
	compile(fixture);
	assert_non_null(fixture->routes.table);
	for (unsigned i = 0; i < 256; i++) {
		char name[128], zone[64];
		snprintf(zone, sizeof(zone), "%u.1.10.in-addr.arpa.", i);
		snprintf(name, sizeof(name), "7.%s", zone);
		assert_route(fixture, name, zone, 2);
		assert_route(fixture, zone, zone, 2);
		snprintf(zone, sizeof(zone), "zone%u.example.org.", i);
		snprintf(name, sizeof(name), "a.b.c.d.e.ZONE%u.Example.org.", i);
		assert_route(fixture, name, zone, 3);
	}
	assert_route(fixture, "1.2.10.in-addr.arpa.", "10.in-addr.arpa.", 1);
	assert_route(fixture, "256.1.10.in-addr.arpa.", "10.in-addr.arpa.", 1);
	assert_route(fixture, "1.10.in-addr.arpa.", "10.in-addr.arpa.", 1);
	assert_route(fixture, "zone256.example.org.", ".", 0);
	assert_route(fixture, "example.org.", ".", 0);
	assert_route(fixture, ".", ".", 0);
}

static bool is_bounded(const struct fixture *fixture, const char *name)
{
	return find(fixture, name, TYPE_A)->bounds != NULL;
}

static void a_cache_bounds_ttls_of_files_in_its_zones(void **state)
{
	struct fixture *fixture = *state;
	struct config_zone zones[] = { { (char *)"a.file.test." }, { (char *)"cluster.local." } };
	struct config_cache cache = { .zones = { zones, COUNT_OF(zones) } };
	serve(fixture, 0, ".");
	fixture->configs[0].cache = &cache;
	claim(fixture, 0, "cluster.local.", RANK_KUBERNETES, 0);
	compile(fixture);
	assert_false(is_bounded(fixture, "a.file.test."));
	assert_route(fixture, "a.file.test.", ".", 0);
	routes_done(&fixture->routes);
	claim(fixture, 0, "file.test.", RANK_FILE, 1);
	compile(fixture);
	assert_true(is_bounded(fixture, "x.a.file.test."));
	assert_false(is_bounded(fixture, "x.file.test."));
	assert_false(is_bounded(fixture, "x.cluster.local."));
	assert_false(is_bounded(fixture, "else.where."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_longest_zone_wins_by_label, setup, teardown),
		cmocka_unit_test_setup_teardown(the_root_block_takes_what_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(zones_of_directives_route_within_their_block, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_zone_above_the_block_serves_the_part_below, setup,
						teardown),
		cmocka_unit_test_setup_teardown(directives_go_by_chain_order_and_files_by_the_longest_zone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(ds_of_a_zone_is_asked_of_the_parents_block, setup,
						teardown),
		cmocka_unit_test_setup_teardown(ds_stays_where_the_parent_has_no_data, setup, teardown),
		cmocka_unit_test_setup_teardown(hundreds_of_zones_are_found_like_a_few, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cache_bounds_ttls_of_files_in_its_zones, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
