/* SPDX-License-Identifier: Apache-2.0 */
/* names.md 2: a record whose owner or target is too long for DNS is left out and told of. */
#include "house.h"

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X63 X50 X10 "xxx"
#define X64 X63 "x"

/* A zone name of `size` octets that ends in cluster.local. */
static const char *zone_of(unsigned size)
{
	static char text[NAME_TEXT_SIZE];
	unsigned rest = size - 15;
	text[0] = '\0';
	while (rest > 0) {
		unsigned label = rest > 60 ? (rest < 63 ? 31 : 60) : rest - 1;
		snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s.", (int)label, X63);
		rest -= label + 1;
	}
	snprintf(text + strlen(text), sizeof text - strlen(text), "cluster.local.");
	uint8_t name[DNS_NAME_MAX], name_size;
	assert_true(name_parse(text, name, &name_size));
	assert_int_equal(name_size, size);
	return text;
}

static struct house *open_below(unsigned size)
{
	struct cluster_options options = house_options();
	const char *zones[] = { zone_of(size), "in-addr.arpa." };
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.zonal = true;
	return house_open(&options);
}

/* The reply to `labels` in front of the zone. */
static enum answer_kind kind_of(const struct house *house, unsigned size, const char *labels,
				const char *type)
{
	char name[2 * NAME_TEXT_SIZE];
	snprintf(name, sizeof name, "%s.%s", labels, zone_of(size));
	struct asked asked = ask(house->answers, house->catalog, name, type, 0);
	ldns_pkt_free(asked.packet);
	return asked.kind;
}

static void labels_of_63_octets_are_names_as_others(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, "Namespace " X63 "\nService " X63 "/" X63 " Headless\n"
			  "Slice " X63 "/s of=" X63
			  " a23456789012345678901234567890123456789012345678901234567890123=1/TCP "
			  "y" X50 X10 "xx@10.0.0.1 10.0.0.2");
	house_expect_all(house, X63 ".svc A: NODATA\n" X63 "." X63 ".svc A: 10.0.0.1|10.0.0.2\n"
				    "y" X50 X10 "xx." X63 "." X63 ".svc A: 10.0.0.1\n10-0-0-2." X63
				    "." X63 ".svc A: 10.0.0.2\n"
				    "10.0.0.1 PTR: y" X50 X10 "xx." X63 "." X63 ".svc\n");
	house_expect_complaint(house, "a port"); /* with its underscore it has 64 */
	house_close(house);
}

static void a_port_name_of_62_octets_has_room_for_its_underscore(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, "Service default/web ClusterIP 10.96.0.1 " X50 X10 "xx=1/TCP " X63 "=2/UDP");
	house_expect_all(house,
			 "_" X50 X10 "xx._tcp.web.default.svc SRV: 0 100 1 web.default.svc\n"
			 "_udp.web.default.svc A: NXDOMAIN\n"
			 "web.default.svc SRV: 0 50 1 web.default.svc|0 50 2 web.default.svc\n");
	house_expect_complaint(house, "Service default/web");
	house_close(house);
}

static void labels_of_64_octets_are_left_out(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, "Service default/db Headless\nSlice default/s of=db a=1/TCP " X64
			  "@10.0.0.1 h@10.0.0.2");
	house_expect_all(house,
			 "db.default.svc A: 10.0.0.1|10.0.0.2\n_a._tcp.db.default.svc SRV: 0 50 1 h.db.default.svc\n"
			 "10-0-0-1.db.default.svc A: NXDOMAIN\n10.0.0.1 PTR: NXDOMAIN\n");
	house_expect_complaint(house, "Service default/db");
	house_put(house, "Service default/" X64 " ClusterIP 10.96.0.1");
	answers_publish(house->answers);
	house_expect(house, "10.96.0.1 PTR", "NXDOMAIN");
	house_expect_complaint(house, "Service default/" X64);
	house_put(house, "Namespace " X64 "\nService " X64 "/web ClusterIP 10.96.0.2");
	answers_publish(house->answers);
	house_expect(house, "10.96.0.2 PTR", "NXDOMAIN");
	house_expect_complaint(house, "Service " X64 "/web");
	house_close(house);
}

/* web.default.svc.Z takes 4 + 8 + 4 octets beyond Z. */
static void a_name_may_have_255_octets_and_not_one_more(void **state)
{
	(void)state;
	for (unsigned size = 255 - 16 - 1; size <= 255 - 16 + 1; size++) {
		struct house *house = open_below(size);
		house_put(house, "Service default/web ClusterIP 10.96.0.1 a=1/TCP");
		answers_publish(house->answers);
		assert_int_equal(house->complaints.size > 0, 1); /* of the port at least */
		if (size + 16 > 255) {
			house_expect_complaint(house, "the service");
			house_expect(house, "10.96.0.1 PTR", "NXDOMAIN");
		} else {
			assert_int_equal(kind_of(house, size, "web.default.svc", "A"), ANSWER_FOUND);
			assert_int_equal(kind_of(house, size, "web.default.svc", "SRV"), ANSWER_FOUND);
			struct asked asked = house_ask(house, "10.96.0.1 PTR");
			assert_int_equal(asked.kind, ANSWER_FOUND);
			ldns_pkt_free(asked.packet);
		}
		house_close(house);
	}
}

/* db.default.svc.Z leaves room for 10-0-0-1 and h but not for hostname-of-13. */
static void hosts_that_are_too_long_are_left_out_alone(void **state)
{
	(void)state;
	const unsigned size = 255 - 15 - 9;
	struct house *house = open_below(size);
	house_show(house,
		   "Service default/db Headless\nSlice default/s of=db a=1/TCP 10.0.0.1 h@10.0.0.2 hostname-of-13@10.0.0.3 "
		   "10.0.0.100");
	assert_int_equal(kind_of(house, size, "10-0-0-1.db.default.svc", "A"), ANSWER_FOUND);
	assert_int_equal(kind_of(house, size, "10-0-0-1.db.default.svc", "SRV"), ANSWER_FOUND);
	assert_int_equal(kind_of(house, size, "h.db.default.svc", "A"), ANSWER_FOUND);
	house_expect_complaint(house, "Service default/db");
	house_expect(house, "10.0.0.3 PTR", "NXDOMAIN");
	house_expect(house, "10.0.0.100 PTR", "NXDOMAIN");
	char name[2 * NAME_TEXT_SIZE];
	snprintf(name, sizeof name, "db.default.svc.%s", zone_of(size));
	struct asked asked = ask(house->answers, house->catalog, name, "SRV", 0);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 2);
	ldns_pkt_free(asked.packet);
	asked = ask(house->answers, house->catalog, name, "A", 0);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 4);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* Endpoints without a hostname are told of too. */
static void a_dashed_name_that_is_too_long_is_told_of(void **state)
{
	(void)state;
	struct house *house = open_below(255 - 15 - 9);
	house_show(house, "Service default/db Headless\nSlice default/s of=db a=1/TCP 10.0.0.100");
	house_expect_complaint(house, "Service default/db");
	house_close(house);
}

/* The longest zones have no room for services; what has room is there. */
static void a_zone_may_be_so_long_that_little_fits_below_it(void **state)
{
	(void)state;
	for (unsigned size = 255 - 30; size + sizeof "hostmaster" <= 255; size++) {
		struct house *house = open_below(size);
		house_put(house, "Service default/web ClusterIP 10.96.0.1");
		answers_publish(house->answers);
		struct asked asked = ask(house->answers, house->catalog, zone_of(size), "SOA", 0);
		assert_int_equal(asked.kind, ANSWER_FOUND);
		ldns_pkt_free(asked.packet);
		assert_int_equal(kind_of(house, size, "svc", "A"), ANSWER_NO_DATA);
		assert_int_equal(kind_of(house, size, "ns.dns", "A"), ANSWER_NO_DATA);
		if (size + 12 <= 255)
			assert_int_equal(kind_of(house, size, "dns-version", "TXT"), ANSWER_FOUND);
		assert_int_equal(kind_of(house, size, "x", "A"), ANSWER_NO_NAME);
		house_close(house);
	}
}

static void an_alias_to_no_name_is_told_of(void **state)
{
	(void)state;
	static const char *const targets[] = { "a..b", X64 ".example",
					       X63 "." X63 "." X63 "." X63 ".example" };
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct text line = { 0 };
		text_printf(&line, "Service default/far ExternalName %s", targets[i]);
		house_put(house, line.data);
		answers_publish(house->answers);
		house_expect_complaint(house, "Service default/far: externalName");
		house_expect(house, "far.default.svc CNAME", "NXDOMAIN");
		text_done(&line);
	}
	house_close(house);
}

/* Names that Kubernetes would refuse are octets as others. */
static void any_octet_may_stand_in_a_label(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house,
		   "Namespace 1.2\nService 1.2/a_b* ClusterIP 10.96.0.1\nService default/1kubernetes ClusterIP 10.96.0.2 =443/TCP");
	house_expect_all(house,
			 "a_b*.1\\.2.svc A: 10.96.0.1\n10.96.0.1 PTR: a_b*.1\\.2.svc\na_b*.1.2.svc A: NXDOMAIN\n"
			 "1kubernetes.default.svc A: 10.96.0.2\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_of_63_octets_are_names_as_others),
		cmocka_unit_test(a_port_name_of_62_octets_has_room_for_its_underscore),
		cmocka_unit_test(labels_of_64_octets_are_left_out),
		cmocka_unit_test(a_name_may_have_255_octets_and_not_one_more),
		cmocka_unit_test(hosts_that_are_too_long_are_left_out_alone),
		cmocka_unit_test(a_dashed_name_that_is_too_long_is_told_of),
		cmocka_unit_test(a_zone_may_be_so_long_that_little_fits_below_it),
		cmocka_unit_test(an_alias_to_no_name_is_told_of),
		cmocka_unit_test(any_octet_may_stand_in_a_label),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
