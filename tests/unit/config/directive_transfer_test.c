/* SPDX-License-Identifier: Apache-2.0 */
/* transfer: to whom zones go, and which directive says so. */
#include "reading.h"

#include "knamed/dns.h"

#define AT(line) "plugin/transfer: Corefile:" #line " - Error during parsing: "

static void assert_peer(const struct config_peer *peer, const char *ip, unsigned port, const char *link)
{
	char text[IP_TEXT_SIZE];

	ip_print(&peer->ip, text);
	assert_string_equal(text, ip);
	assert_int_equal(peer->port, port);
	if (link == NULL)
		assert_null(peer->link);
	else
		assert_string_equal(peer->link, link);
}

static void it_names_zones_and_addresses(void **state)
{
	(void)state;
	struct config *config =
		read_body("transfer A.net example.org {\nto 1.2.3.4 5.6.7.8:1053 [1::2]:34\n"
			  "to fe80::1%eth0 [fe80::2%eth1]:54 ::1 10.0.0.1:\nsource 2001:db8::53\n}\n"
			  "transfer {\nto * 1.2.3.4\n}");
	const struct config_block *block = &config->blocks[0];
	const struct config_transfer *first = &block->transfers[0], *second = first + 1;

	assert_int_equal(block->transfer_count, 2);
	assert_zones(&first->zones, "a.net. example.org.");
	assert_false(first->to_all);
	assert_int_equal(first->to.count, 7);
	assert_peer(&first->to.list[0], "1.2.3.4", 53, NULL);
	assert_peer(&first->to.list[1], "5.6.7.8", 1053, NULL);
	assert_peer(&first->to.list[2], "1::2", 34, NULL);
	assert_peer(&first->to.list[3], "fe80::1", 53, "eth0");
	assert_peer(&first->to.list[4], "fe80::2", 54, "eth1");
	assert_peer(&first->to.list[5], "::1", 53, NULL);
	assert_peer(&first->to.list[6], "10.0.0.1", 53, NULL);
	assert_int_equal(first->source.family, 6);
	assert_zones(&second->zones, "example.org.");
	assert_true(second->to_all);
	assert_int_equal(second->to.count, 1);
	assert_int_equal(second->source.family, 0);
	config_free(config);
}

static void nobody_has_it_without_the_directive(void **state)
{
	(void)state;
	static const uint8_t name[] = "\7example\3org";
	struct config *config = read_body("whoami");

	assert_int_equal(config->blocks[0].transfer_count, 0);
	assert_null(config_transfer_find(&config->blocks[0], name));
	config_free(config);
}

static void what_cannot_be_is_named(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "transfer", "plugin/transfer: " AT(2) "'to' is required" },
		{ "transfer {\n}", "plugin/transfer: " AT(3) "'to' is required" },
		{ "transfer {\nto\n}",
		  "plugin/transfer: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'to'" },
		{ "transfer {\nto here\n}", AT(3) "must specify an IP address: `here'" },
		{ "transfer {\nto a.test:53\n}", AT(3) "must specify an IP address: `a.test'" },
		{ "transfer {\nto 10.0.0.1:0\n}", AT(3) "not a port: 0" },
		{ "transfer {\nto 10.0.0.1:65536\n}", AT(3) "not a port: 65536" },
		{ "transfer {\nfoo\n}", "plugin/transfer: " AT(3) "unknown property \"foo\"" },
		{ "transfer {\nto *\nsource here\n}",
		  "plugin/transfer: " AT(4) "invalid source address \"here\"" },
		{ "transfer {\nto *\nsource ::1\nsource ::2\n}",
		  "plugin/transfer: " AT(5) "source already specified" },
	};

	assert_all_bad_bodies(table);
}

/* ---- the longest zone (CVE-2026-33489: compared as strings, "b.test." beats "a.b.test.") ---- */

static const struct config_transfer *found_for(const struct config *config, const char *name)
{
	uint8_t wire[DNS_NAME_MAX], size;

	assert_true(name_parse(name, wire, &size));
	return config_transfer_find(&config->blocks[0], wire);
}

static void the_longest_zone_decides(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int found;
	} table[] = {
		{ "z.test.", 0 },
		{ "a.z.test.", 1 },
		{ "b.a.z.test.", 1 },
		{ "xa.z.test.", 0 },
		{ "xz.test.", 2 },
		{ "test.", 2 },
		{ "org.", 3 },
		{ ".", 3 },
		{ "verylonglabel.org.", 3 },
		{ "a\\.z.test.", 2 },
		{ "b.c.same.test.", 4 },
	};
	struct config *config = read_body("transfer z.test {\nto 10.0.0.1\n}\n"
					  "transfer a.z.test {\nto 10.0.0.2\n}\n"
					  "transfer test {\nto 10.0.0.3\n}\n"
					  "transfer . {\nto 10.0.0.4\n}\n"
					  "transfer other.test same.test {\nto 10.0.0.5\n}\n"
					  "transfer same.test {\nto *\n}");

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_int_equal(found_for(config, table[i].name) - config->blocks[0].transfers,
				 table[i].found);
	config_free(config);
}

/* Labels that sort before and behind each other, shorter and longer than each other. */
static const char *const labels[] = { "a", "z", "longlabel", "zz", "test" };

static void add_name(struct text *name, unsigned number, unsigned count)
{
	for (unsigned i = 0; i < count; i++, number /= COUNT_OF(labels))
		text_printf(name, "%s.", labels[number % COUNT_OF(labels)]);
	if (count == 0)
		text_add(name, ".");
}

/* By the texts alone: no label here has a dot. */
static bool holds(const char *zone, const char *name)
{
	size_t size = strlen(name), zone_size = strlen(zone);

	if (strcmp(zone, ".") == 0)
		return true;
	return size >= zone_size && strcmp(name + size - zone_size, zone) == 0 &&
	       (size == zone_size || name[size - zone_size - 1] == '.');
}

static unsigned dots(const char *name)
{
	unsigned count = 0;

	for (; *name != '\0'; name++)
		count += *name == '.';
	return count;
}

static void of_any_zones_the_one_with_most_labels_decides(void **state)
{
	(void)state;
	enum { ROUNDS = 2000, ZONES = 8, NAMES = 8 };

	srandom(33489);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct text body = { 0 }, zones[ZONES] = { 0 };
		for (unsigned i = 0; i < ZONES; i++) {
			add_name(&zones[i], (unsigned)random(), (unsigned)random() % 5);
			text_printf(&body, "transfer %s {\nto *\n}\n", zones[i].data);
		}
		struct config *config = read_body(body.data);
		for (unsigned n = 0; n < NAMES; n++) {
			struct text name = { 0 };
			const struct config_transfer *expected = NULL;
			int most = -1;
			add_name(&name, (unsigned)random(), (unsigned)random() % 6);
			for (unsigned i = 0; i < ZONES; i++) {
				int count = strcmp(zones[i].data, ".") == 0
						    ? 0
						    : (int)dots(zones[i].data);
				if (!holds(zones[i].data, name.data) || count <= most)
					continue;
				most = count;
				expected = &config->blocks[0].transfers[i];
			}
			assert_ptr_equal(found_for(config, name.data), expected);
			text_done(&name);
		}
		config_free(config);
		text_done(&body);
		for (unsigned i = 0; i < ZONES; i++)
			text_done(&zones[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_names_zones_and_addresses),
		cmocka_unit_test(nobody_has_it_without_the_directive),
		cmocka_unit_test(what_cannot_be_is_named),
		cmocka_unit_test(the_longest_zone_decides),
		cmocka_unit_test(of_any_zones_the_one_with_most_labels_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
