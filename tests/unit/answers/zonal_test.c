/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

static const char some[] =
	"Service default/db Headless\nService default/web ClusterIP 10.96.0.1\nService default/empty Headless\n"
	"Slice default/a of=db x=1/TCP h@10.0.0.1%East 10.0.0.2%west 10.0.0.3%east 10.0.0.4 10.0.0.5%a.b\n"
	"Slice default/b of=web x=1/TCP 10.0.0.9%east\n";

/* names.md 15 */
static void a_pinned_zone_has_its_endpoints_only(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.zonal = true;
	struct house *house = house_open(&options);
	house_show(house, some);
	house_expect_all(
		house,
		"east.pin._zone.db.default.svc A: 10.0.0.1|10.0.0.3\n"
		"EAST.Pin._Zone.db.default.svc A: 10.0.0.1|10.0.0.3\n"
		"west.pin._zone.db.default.svc A: 10.0.0.2\nwest.pin._zone.db.default.svc AAAA: NODATA\n"
		"a.b.pin._zone.db.default.svc A: 10.0.0.5\nsouth.pin._zone.db.default.svc A: NODATA\n"
		"x.y.pin._zone.db.default.svc A: NODATA\n"
		"west.pin._zone.db.default.svc SRV: 0 100 1 10-0-0-2.db.default.svc\n"
		"east.pin._zone.db.default.svc SRV: 0 50 1 h.db.default.svc|0 50 1 10-0-0-3.db.default.svc\n");
	house_expect_glue(house, "west.pin._zone.db.default.svc SRV",
			  "10-0-0-2.db.default.svc A 10.0.0.2");
	house_expect_denial_ttl(house, "south.pin._zone.db.default.svc A", 1);
	house_close(house);
}

static void a_preferred_zone_falls_back_to_all(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.zonal = true;
	struct house *house = house_open(&options);
	house_show(house, some);
	house_expect_all(house,
			 "east.prefer._zone.db.default.svc A: 10.0.0.1|10.0.0.3\n"
			 "south.prefer._zone.db.default.svc A: 10.0.0.1|10.0.0.2|10.0.0.3|10.0.0.4|10.0.0.5\n"
			 "x.y.prefer._zone.db.default.svc A: 10.0.0.1|10.0.0.2|10.0.0.3|10.0.0.4|10.0.0.5\n"
			 "south.prefer._zone.db.default.svc MX: NODATA\n");
	house_expect_glue(
		house, "south.prefer._zone.db.default.svc SRV",
		"10-0-0-2.db.default.svc A 10.0.0.2|10-0-0-3.db.default.svc A 10.0.0.3|"
		"10-0-0-4.db.default.svc A 10.0.0.4|10-0-0-5.db.default.svc A 10.0.0.5|h.db.default.svc A 10.0.0.1");
	house_show(house, "Slice default/a of=db x=1/TCP 10.0.0.1%south 10.0.0.2");
	house_expect_all(
		house,
		"south.prefer._zone.db.default.svc A: 10.0.0.1\neast.prefer._zone.db.default.svc A: 10.0.0.1|10.0.0.2\n"
		"east.pin._zone.db.default.svc A: NODATA\nsouth.pin._zone.db.default.svc A: 10.0.0.1\n");
	house_close(house);
}

/* names.md 15: other services have none. */
static void only_headless_services_have_zonal_names(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	options.zonal = true;
	struct house *house = house_open(&options);
	house_show(house, some);
	house_expect_all(house,
			 "east.pin._zone.web.default.svc A: NXDOMAIN\neast.prefer._zone.web.default.svc A: NXDOMAIN\n"
			 "east.pin._zone.none.default.svc A: NXDOMAIN\neast.other._zone.db.default.svc A: NXDOMAIN\n"
			 "east.pin.zone.db.default.svc A: NXDOMAIN\npin._zone.db.default.svc A: NODATA\n"
			 "_zone.db.default.svc A: NODATA\n");
	house_close(house);
}

static void without_the_option_there_are_none(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	house_show(house, some);
	house_expect_all(
		house,
		"east.pin._zone.db.default.svc A: NXDOMAIN\neast.prefer._zone.db.default.svc A: NXDOMAIN\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pinned_zone_has_its_endpoints_only),
		cmocka_unit_test(a_preferred_zone_falls_back_to_all),
		cmocka_unit_test(only_headless_services_have_zonal_names),
		cmocka_unit_test(without_the_option_there_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
