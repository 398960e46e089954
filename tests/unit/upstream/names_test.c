/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that have a name: who is looked up, by whom, and who is asked then. */
#include "naming.h"
#include "pki.h"

/* ---- finding ---- */

static void questions_wait_for_the_first_look_up(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	world_open(house->world);
	assert_int_equal(house->world->upstream->target_count, 0);
	ask_good(house);
	assert_int_equal(house->resolver->asked, 2);
	assert_int_equal(house->stub->asked, 1);
	ask_good(house);
	assert_int_equal(house->stub->asked, 2);
	house_free(house);
}

static void both_kinds_of_addresses_are_asked(void **state)
{
	(void)state;
	struct house *house = house_new("::1 127.0.0.3 127.0.0.2");
	struct world *world = house->world;
	world->config.target_count = 3;
	world->targets[1] = world->targets[0];
	world->targets[0] = world->targets[2] =
		(struct config_target){ .port = world->targets[1].port };
	assert_true(ip_parse("127.0.0.9", &world->targets[0].ip));
	assert_true(ip_parse("127.0.0.3", &world->targets[2].ip));
	world_open(world);
	assert_targets(house, "127.0.0.9 127.0.0.3");
	wait_targets(house, "127.0.0.9 127.0.0.3 127.0.0.2 ::1");
	house_free(house);
}

static void aliases_are_followed(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.4");
	house->book.alias = "far.example.";
	world_open(house->world);
	wait_targets(house, "127.0.0.4");
	house_free(house);
}

static void at_most_eight_of_a_kind_are_asked_and_nobody_who_cannot_be(void **state)
{
	(void)state;
	struct house *house =
		house_new("0.0.0.0 224.0.0.1 255.255.255.255 127.0.0.1 127.0.0.2 127.0.0.3 "
			  "127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 "
			  ":: fe80::1 ff02::1 ::1");
	world_open(house->world);
	wait_targets(house, "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 "
			    "127.0.0.8 ::1");
	house_free(house);
}

static void a_cut_reply_is_asked_for_over_tcp(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	house->book.flags = FLAG_TC;
	world_open(house->world);
	ask_good(house);
	assert_int_equal(house->resolver->asked_tcp, 2);
	house_free(house);
}

static void one_kind_alone_is_enough(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1 ::1");
	house->book.silent_type = TYPE_AAAA;
	house->world->config.target_count = 1;
	world_open(house->world);
	ask_good(house); /* when AAAA was waited for in vain */
	assert_targets(house, "127.0.0.1");
	house_free(house);
}

/* ---- resolvers ---- */

static void who_does_not_know_the_name_is_followed_by_the_next(void **state)
{
	(void)state;
	static const uint16_t rcodes[] = { RCODE_NXDOMAIN, RCODE_SERVFAIL, RCODE_REFUSED };
	for (size_t i = 0; i < COUNT_OF(rcodes); i++) {
		struct house *house = house_new("127.0.0.1");
		struct world *world = house->world;
		struct book empty = { .addresses = "", .flags = rcodes[i] };
		struct stub *first = stub_new(world->events, looks_up);
		world->stubs[world->stub_count++] = first;
		first->context = &empty;
		house->resolvers[1] = house->resolvers[0];
		house->resolvers[0].port = first->port;
		world->config.resolver_count = 2;
		world_open(world);
		ask_good(house);
		assert_int_equal(first->asked, 2);
		house_free(house);
	}
}

static void without_resolvers_the_hosts_file_comes_first(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	snprintf(house->hosts, sizeof(house->hosts), "/tmp/knamed-hosts-XXXXXX");
	int fd = mkstemp(house->hosts);
	assert_true(fd >= 0);
	dprintf(fd, "# 127.0.0.6 dns.example\n127.0.0.5 other.example\n127.0.0.1 a DNS.Example. b # c\n"
		    "::1\tdns.example\n");
	close(fd);
	house->world->config.resolver_count = 0;
	world_open(house->world);
	ask_good(house);
	assert_targets(house, "127.0.0.1 ::1");
	assert_int_equal(house->resolver->asked, 0);
	unlink(house->hosts);
	house_free(house);
}

static void resolvers_that_are_told_are_asked_whatever_the_hosts_file_says(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	snprintf(house->hosts, sizeof(house->hosts), "/tmp/knamed-hosts-XXXXXX");
	int fd = mkstemp(house->hosts);
	assert_true(fd >= 0);
	dprintf(fd, "127.0.0.6 dns.example\n");
	close(fd);
	world_open(house->world);
	ask_good(house);
	assert_targets(house, "127.0.0.1");
	unlink(house->hosts);
	house_free(house);
}

/* ---- whom it may name ---- */

static void addresses_of_our_own_are_left_out(void **state)
{
	(void)state;
	static char zone[] = ".";
	char number[8], *ports[] = { number };
	struct asked asked;
	struct house *house = house_new("127.0.0.1 198.51.100.1");
	snprintf(number, sizeof(number), "%u", house->world->targets[0].port);
	house->book.ttl = 0;
	house->world->config.loop_zone = zone;
	house->world->config.own_ports = (struct words){ ports, 1 };
	world_open(house->world);
	wait_targets(house, "198.51.100.1");
	house->book.addresses = "127.0.0.1";
	wait_targets(house, "");
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_LOOPS);
	house_free(house);
}

static void check_tls(const char *certificate, const char *name, bool is_good)
{
	char ca[] = "/tmp/knamed-ca-XXXXXX";
	char *tls_name = mem_text(name);
	struct house *house = house_new("127.0.0.1");
	struct pki *authority = pki_new(NULL, NULL), *leaf = pki_new(authority, certificate);
	struct asked asked;
	close(mkstemp(ca));
	pki_write(authority, ca, NULL);
	house->stub->tls = pki_server(leaf, NULL);
	house->world->targets[0].tls = true;
	house->world->targets[0].tls_name = tls_name;
	house->world->config.tls_ca = ca;
	house->world->config.max_connect_attempts = 1;
	world_open(house->world);
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, is_good ? UPSTREAM_ANSWERED : UPSTREAM_UNREACHABLE);
	house_free(house);
	pki_free(authority);
	pki_free(leaf);
	mem_free(tls_name);
	unlink(ca);
}

static void certificates_must_hold_the_address_or_the_name_that_is_told(void **state)
{
	(void)state;
	check_tls("IP:127.0.0.1", NULL, true);
	check_tls("DNS:dns.example", NULL, false);
	check_tls("DNS:dns.example", "dns.example", true);
	check_tls("IP:127.0.0.1,DNS:dns.example", "other.example", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_wait_for_the_first_look_up),
		cmocka_unit_test(both_kinds_of_addresses_are_asked),
		cmocka_unit_test(aliases_are_followed),
		cmocka_unit_test(at_most_eight_of_a_kind_are_asked_and_nobody_who_cannot_be),
		cmocka_unit_test(a_cut_reply_is_asked_for_over_tcp),
		cmocka_unit_test(one_kind_alone_is_enough),
		cmocka_unit_test(who_does_not_know_the_name_is_followed_by_the_next),
		cmocka_unit_test(without_resolvers_the_hosts_file_comes_first),
		cmocka_unit_test(resolvers_that_are_told_are_asked_whatever_the_hosts_file_says),
		cmocka_unit_test(addresses_of_our_own_are_left_out),
		cmocka_unit_test(certificates_must_hold_the_address_or_the_name_that_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
