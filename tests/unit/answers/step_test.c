/* SPDX-License-Identifier: Apache-2.0 */
/* A step compiles what is marked: whole, once, and as a change only if an answer changed. */
#include "house.h"

enum { START = 1700000000 };
static const char *const set_zones[] = { "cluster.local.", "in-addr.arpa.", "ip6.arpa.",
					 "clusterset.local." };

static struct house *open_at_start(void)
{
	struct cluster_options options = house_options();
	options.zones = set_zones;
	options.zone_count = COUNT_OF(set_zones);
	options.multicluster = set_zones + 3;
	options.multicluster_count = 1;
	options.pods = CLUSTER_PODS_VERIFIED;
	clock_set(0, START);
	return house_open(&options);
}

static void close_all(struct house *house)
{
	house_close(house);
	clock_release();
}

static void nothing_is_seen_before_it_is_published(void **state)
{
	(void)state;
	struct house *house = open_at_start();
	house_put(house, "Service default/web ClusterIP 10.96.0.1");
	house_expect_all(house, "web.default.svc A: NXDOMAIN\n10.96.0.1 PTR: NXDOMAIN\n");
	assert_true(answers_publish(house->answers));
	house_expect_all(house, "web.default.svc A: 10.96.0.1\n10.96.0.1 PTR: web.default.svc\n");
	house_take(house, "Service default/web");
	house_expect(house, "web.default.svc A", "10.96.0.1");
	assert_true(answers_publish(house->answers));
	house_expect(house, "web.default.svc A", "NXDOMAIN");
	close_all(house);
}

/* names.md 9: before anything changed the serial is the start time; then the time of the change. */
static void the_serial_is_the_time_of_the_last_change(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	clock_set(0, START);
	struct answers *answers = answers_new();
	struct house house = { .answers = answers, .catalog = answers_add_cluster(answers, &options) };
	clock_set(0, START + 50);
	answers_publish(answers);
	assert_int_equal(house_serial(&house, "cluster.local."), START);
	answers_free(answers);

	struct house *other = open_at_start();
	clock_set(0, START + 100);
	house_show(other, "Service default/web ClusterIP 10.96.0.1");
	assert_int_equal(house_serial(other, "cluster.local."), START + 100);
	clock_set(0, START + 200);
	assert_false(answers_publish(other->answers));
	assert_int_equal(house_serial(other, "cluster.local."), START + 100);
	close_all(other);
}

/* names.md 9: "never going back; several changes in a second: +1 each" */
static void the_serial_moves_by_one_when_time_does_not(void **state)
{
	(void)state;
	struct house *house = open_at_start();
	uint32_t before = house_serial(house, "cluster.local.");
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	assert_int_equal(house_serial(house, "cluster.local."), before + 1);
	house_show(house, "Service default/web ClusterIP 10.96.0.2");
	assert_int_equal(house_serial(house, "cluster.local."), before + 2);
	clock_set(0, START - 1000);
	house_show(house, "Service default/web ClusterIP 10.96.0.3");
	assert_int_equal(house_serial(house, "cluster.local."), before + 3);
	clock_set(0, START + 1000);
	house_show(house, "Service default/web ClusterIP 10.96.0.4");
	assert_int_equal(house_serial(house, "cluster.local."), START + 1000);
	close_all(house);
}

/* names.md 17 "Own SOA serial" */
static void imports_move_their_own_serial_only(void **state)
{
	(void)state;
	struct house *house = open_at_start();
	clock_set(0, START + 100);
	house_show(house, "Service default/web ClusterIP 10.96.0.1");
	assert_int_equal(house_serial(house, "cluster.local."), START + 100);
	assert_true(house_serial(house, "clusterset.local.") < START + 100);
	clock_set(0, START + 200);
	house_show(house, "Import default/a ClusterSetIP 10.2.0.1");
	assert_int_equal(house_serial(house, "clusterset.local."), START + 200);
	assert_int_equal(house_serial(house, "cluster.local."), START + 100);
	clock_set(0, START + 300);
	house_show(house, "Import default/h Headless\nSlice default/s import=h cluster=x 10.0.0.1");
	assert_int_equal(house_serial(house, "clusterset.local."), START + 300);
	assert_int_equal(house_serial(house, "cluster.local."), START + 100);
	clock_set(0, START + 400);
	house_show(house, "Namespace new");
	assert_int_equal(house_serial(house, "clusterset.local."), START + 400);
	assert_int_equal(house_serial(house, "cluster.local."), START + 400);
	close_all(house);
}

static void expect_no_change(struct house *house, const char *line)
{
	house_put(house, line);
	if (answers_publish(house->answers))
		fail_msg("published: %s", line);
}

/* names.md 9: "the last change that alters any answer" */
static void what_alters_no_answer_moves_nothing(void **state)
{
	(void)state;
	struct house *house = open_at_start();
	house_show(house,
		   "Namespace web\nService default/web ClusterIP 10.96.0.1 http=80/TCP\nService default/db Headless\n"
		   "Slice default/s of=db a=1/TCP h@10.0.0.1 10.0.0.2\nSlice default/w of=web a=1/TCP i@10.0.0.3\n"
		   "Pod default/p 10.0.0.1\nService default/empty Headless");
	clock_set(0, START + 100);
	uint32_t serial = house_serial(house, "cluster.local.");
	expect_no_change(house, "Service default/web ClusterIP 10.96.0.1 http=80/TCP");
	expect_no_change(house, "Service default/db Headless a=9/TCP");
	expect_no_change(house, "Slice default/s of=db a=1/TCP h@10.0.0.1 10.0.0.2 !10.0.0.4");
	expect_no_change(house, "Slice default/s of=db a=1/TCP h@10.0.0.1#pod 10.0.0.2%zone");
	expect_no_change(house, "Slice default/s of=db a=1/TCP H@10.0.0.1 10.0.0.2");
	expect_no_change(house, "Slice default/w of=web b=1/UDP i@10.0.0.3");
	expect_no_change(house, "Slice default/e of=empty a=1/TCP !10.0.0.5");
	expect_no_change(house, "Slice default/none a=1/TCP 10.0.0.5");
	expect_no_change(house, "Slice default/gone of=gone a=1/TCP 10.0.0.5");
	expect_no_change(house, "Slice default/names of=db FQDN a=1/TCP 10.0.0.5");
	expect_no_change(house, "Slice nowhere/s of=db a=1/TCP 10.0.0.5");
	expect_no_change(house, "Service nowhere/db Headless");
	expect_no_change(house, "Pod nowhere/p");
	assert_int_equal(house_serial(house, "cluster.local."), serial);
	house_take(house, "Slice default/gone");
	house_take(house, "Slice default/names");
	house_take(house, "Service nowhere/db");
	house_take(house, "Slice nowhere/s");
	assert_false(answers_publish(house->answers));
	assert_int_equal(house_serial(house, "cluster.local."), serial);
	close_all(house);
}

/* What comes and goes between two publishes was never there. */
static void what_is_undone_before_it_is_published_is_no_change(void **state)
{
	(void)state;
	struct house *house = open_at_start();
	house_show(house, "Service default/db Headless\nSlice default/s of=db a=1/TCP h@10.0.0.1");
	house_put(house, "Slice default/s of=db a=1/TCP h@10.0.0.1 10.0.0.2");
	house_put(house, "Slice default/s of=db a=1/TCP h@10.0.0.1");
	assert_false(answers_publish(house->answers));
	house_put(house, "Service default/x ClusterIP 10.96.0.1\nSlice default/x of=x 10.0.0.3");
	house_take(house, "Service default/x");
	house_take(house, "Slice default/x");
	assert_false(answers_publish(house->answers));
	house_take(house, "Service default/db");
	house_put(house, "Service default/db Headless");
	assert_false(answers_publish(house->answers));
	house_take(house, "Slice default/s");
	house_put(house, "Slice default/s of=db a=1/TCP h@10.0.0.1");
	assert_false(answers_publish(house->answers));
	house_take(house, "Namespace default");
	house_put(house, "Namespace default");
	assert_false(answers_publish(house->answers));
	close_all(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_seen_before_it_is_published),
		cmocka_unit_test(the_serial_is_the_time_of_the_last_change),
		cmocka_unit_test(the_serial_moves_by_one_when_time_does_not),
		cmocka_unit_test(imports_move_their_own_serial_only),
		cmocka_unit_test(what_alters_no_answer_moves_nothing),
		cmocka_unit_test(what_is_undone_before_it_is_published_is_no_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
