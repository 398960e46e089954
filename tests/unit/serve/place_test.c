/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "listen.h"

static struct places places_of(const char *const *bind, size_t bind_count,
			       const char *const *except, size_t except_count)
{
	struct config_block block = { 0 };
	struct places places;
	struct error error;
	for (size_t i = 0; i < bind_count; i++)
		world_add_word(&block.bind, bind[i]);
	for (size_t i = 0; i < except_count; i++)
		world_add_word(&block.bind_except, except[i]);
	if (!places_of_block(&block, &places, &error))
		fail_msg("%s", error.text);
	world_block_done(&block);
	return places;
}

static void assert_place(const struct place *place, const char *expected)
{
	char text[PLACE_TEXT_SIZE];
	place_print(place, text);
	assert_string_equal(text, expected);
}

static void without_bind_every_address_is_meant(void **state)
{
	(void)state;
	struct places places = places_of(NULL, 0, NULL, 0);
	assert_int_equal(places.count, 1);
	assert_true(place_is_wildcard(&places.list[0]));
	places.list[0].port = 53;
	assert_place(&places.list[0], ":53");
	mem_free(places.list);
}

static void addresses_are_bound_once_each_in_order(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.2", "::1", "127.0.0.2", "127.0.0.1" };
	struct places places = places_of(bind, 4, NULL, 0);
	assert_int_equal(places.count, 3);
	assert_place(&places.list[0], "127.0.0.2:0");
	assert_place(&places.list[1], "[::1]:0");
	assert_place(&places.list[2], "127.0.0.1:0");
	assert_false(place_is_wildcard(&places.list[1]));
	mem_free(places.list);
}

static void an_interface_stands_for_its_addresses_but_for_the_exceptions(void **state)
{
	(void)state;
	const char *bind[] = { "lo" }, *except[] = { "::1" };
	struct places places = places_of(bind, 1, except, 1);
	bool has_ipv4 = false;
	for (size_t i = 0; i < places.count; i++) {
		char text[PLACE_TEXT_SIZE];
		place_print_host(&places.list[i], text);
		has_ipv4 |= strcmp(text, "127.0.0.1") == 0;
		assert_string_not_equal(text, "::1");
	}
	assert_true(has_ipv4);
	mem_free(places.list);
}

static void what_is_neither_address_nor_interface_is_an_error(void **state)
{
	(void)state;
	struct config_block block = { 0 };
	struct places places;
	struct error error;
	world_add_word(&block.bind, "nosuchif0");
	assert_false(places_of_block(&block, &places, &error));
	assert_string_equal(error.text,
			    "plugin/bind: not a valid IP address or interface name: \"nosuchif0\"");
	world_block_done(&block);
}

static void nothing_left_to_listen_on_is_an_error(void **state)
{
	(void)state;
	struct config_block block = { 0 };
	struct places places;
	struct error error;
	world_add_word(&block.bind, "127.0.0.1");
	world_add_word(&block.bind_except, "127.0.0.1");
	assert_false(places_of_block(&block, &places, &error));
	assert_string_equal(error.text, "plugin/bind: no address is left to listen on");
	world_block_done(&block);
}

static void local_addresses_leave_the_loopback_out(void **state)
{
	(void)state;
	struct config_block block = { 0 };
	struct ip found[64], expected;
	world_add_word(&block.bind, "127.0.0.1");
	assert_int_equal(serve_local_addresses(&block, found, COUNT_OF(found)), 0);
	world_add_word(&block.bind, "192.0.2.1");
	world_add_word(&block.bind, "192.0.2.1");
	assert_int_equal(serve_local_addresses(&block, found, COUNT_OF(found)), 1);
	ip_parse("192.0.2.1", &expected);
	assert_true(ip_equal(&found[0], &expected));
	world_add_word(&block.bind, "192.0.2.2");
	assert_int_equal(serve_local_addresses(&block, found, 1), 1);
	world_block_done(&block);
}

static void unbound_blocks_have_the_addresses_of_all_interfaces(void **state)
{
	(void)state;
	struct config_block block = { 0 };
	struct ip found[64];
	size_t count = serve_local_addresses(&block, found, COUNT_OF(found));
	for (size_t i = 0; i < count; i++)
		assert_false(ip_is_loopback(&found[i]));
}

static void a_port_that_is_taken_is_named(void **state)
{
	(void)state;
	struct error error;
	struct place place = { .ip = { .family = 4, .bytes = { 127, 0, 0, 1 } } };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int taken = socket(AF_INET, SOCK_DGRAM, 0);
	char expected[128];
	assert_int_equal(bind(taken, (struct sockaddr *)&address, size), 0);
	getsockname(taken, (struct sockaddr *)&address, &size);
	place.port = ntohs(address.sin_port);
	assert_int_equal(listen_udp(&place, AF_INET, &error), -1);
	snprintf(expected, sizeof(expected),
		 "listen udp 127.0.0.1:%u: bind: address already in use", place.port);
	assert_string_equal(error.text, expected);
	place.ip = (struct ip){ .family = 4, .bytes = { 192, 0, 2, 1 } };
	assert_int_equal(listen_tcp(&place, &error), -1);
	snprintf(expected, sizeof(expected),
		 "listen tcp 192.0.2.1:%u: bind: cannot assign requested address", place.port);
	assert_string_equal(error.text, expected);
	shutdown(taken, SHUT_RDWR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_bind_every_address_is_meant),
		cmocka_unit_test(addresses_are_bound_once_each_in_order),
		cmocka_unit_test(an_interface_stands_for_its_addresses_but_for_the_exceptions),
		cmocka_unit_test(what_is_neither_address_nor_interface_is_an_error),
		cmocka_unit_test(nothing_left_to_listen_on_is_an_error),
		cmocka_unit_test(local_addresses_leave_the_loopback_out),
		cmocka_unit_test(unbound_blocks_have_the_addresses_of_all_interfaces),
		cmocka_unit_test(a_port_that_is_taken_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
