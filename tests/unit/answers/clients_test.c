/* SPDX-License-Identifier: Apache-2.0 */
/* Which pod has an address. */
#include "house.h"

static struct house *open_clients(void)
{
	struct cluster_options options = house_options();
	options.pods = CLUSTER_PODS_VERIFIED;
	options.keep_clients = true;
	return house_open(&options);
}

static void expect_pod(const struct house *house, const char *address, const char *told)
{
	struct catalog_pod pod;
	struct ip ip;
	char text[300] = "nobody";

	answers_reader_start();
	const struct edition *edition = answers_edition(house->answers);
	assert_true(ip_parse(address, &ip));
	if (catalog_find_pod(house->catalog, edition, &ip, &pod))
		snprintf(text, sizeof text, "%s/%s", pod.namespace_, pod.name);
	answers_reader_end();
	assert_string_equal(text, told);
}

static void a_pod_is_known_by_its_addresses(void **state)
{
	(void)state;
	struct house *house = open_clients();

	house_show(house, "Pod web/Shop-1 10.0.0.1 fd00::1");
	expect_pod(house, "10.0.0.1", "web/Shop-1");
	expect_pod(house, "fd00::1", "web/Shop-1");
	expect_pod(house, "10.0.0.2", "nobody");
	house_show(house, "Pod web/Shop-1 10.0.0.2");
	expect_pod(house, "10.0.0.1", "nobody");
	expect_pod(house, "10.0.0.2", "web/Shop-1");
	house_hide(house, "Pod web/Shop-1");
	expect_pod(house, "10.0.0.2", "nobody");
	house_close(house);
}

static void an_address_goes_over_to_the_next_pod(void **state)
{
	(void)state;
	struct house *house = open_clients();

	house_show(house, "Pod web/a 10.0.0.1");
	house_show(house, "Pod web/b 10.0.0.1");
	expect_pod(house, "10.0.0.1", "web/b");
	house_hide(house, "Pod web/a");
	expect_pod(house, "10.0.0.1", "web/b");
	house_close(house);
}

static void who_had_an_address_first_does_not_take_it_back(void **state)
{
	(void)state;
	struct house *house = open_clients();

	house_show(house, "Pod web/a 10.0.0.1");
	house_show(house, "Pod web/b 10.0.0.1");
	house_show(house, "Pod web/a 10.0.0.1 10.0.0.2");
	expect_pod(house, "10.0.0.1", "web/b");
	expect_pod(house, "10.0.0.2", "web/a");
	house_close(house);
}

static void an_address_of_several_is_known_as_long_as_one_has_it(void **state)
{
	(void)state;
	struct house *house = open_clients();

	house_show(house, "Pod web/a 10.0.0.1");
	house_show(house, "Pod data/a 10.0.0.1");
	house_show(house, "Pod web/c 10.0.0.1");
	house_hide(house, "Pod web/c");
	expect_pod(house, "10.0.0.1", "data/a");
	house_hide(house, "Pod web/a");
	expect_pod(house, "10.0.0.1", "data/a");
	house_hide(house, "Pod data/a");
	expect_pod(house, "10.0.0.1", "nobody");
	house_close(house);
}

static void of_very_many_the_last_ones_are_known(void **state)
{
	(void)state;
	struct house *house = open_clients();
	char line[40];

	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof line, "Pod web/p%d 10.0.0.1", i);
		house_show(house, line);
	}
	expect_pod(house, "10.0.0.1", "web/p49");
	for (int i = 49; i > 0; i--) {
		snprintf(line, sizeof line, "Pod web/p%d", i);
		house_hide(house, line);
		if (i == 40)
			expect_pod(house, "10.0.0.1", "web/p39");
	}
	expect_pod(house, "10.0.0.1", "nobody");
	house_hide(house, "Pod web/p0");
	house_close(house);
}

static void long_names_are_kept_whole(void **state)
{
	(void)state;
	struct house *house = open_clients();
	char name[254] = { 0 }, line[300], told[300];

	memset(name, 'n', sizeof name - 1);
	snprintf(line, sizeof line, "Pod web/%s 10.0.0.1", name);
	snprintf(told, sizeof told, "web/%s", name);
	house_show(house, line);
	expect_pod(house, "10.0.0.1", told);
	house_close(house);
}

static void who_does_not_keep_clients_knows_none(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.pods = CLUSTER_PODS_VERIFIED;
	struct house *house = house_open(&options);

	house_show(house, "Pod web/a 10.0.0.1");
	expect_pod(house, "10.0.0.1", "nobody");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_is_known_by_its_addresses),
		cmocka_unit_test(an_address_goes_over_to_the_next_pod),
		cmocka_unit_test(who_had_an_address_first_does_not_take_it_back),
		cmocka_unit_test(an_address_of_several_is_known_as_long_as_one_has_it),
		cmocka_unit_test(of_very_many_the_last_ones_are_known),
		cmocka_unit_test(long_names_are_kept_whole),
		cmocka_unit_test(who_does_not_keep_clients_knows_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
