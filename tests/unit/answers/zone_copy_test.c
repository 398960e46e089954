/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of zones: all that is told of them, in messages, as one edition has it. */
#include "random_cluster.h"
#include "zones.h"

/* ---- copying ---- */

struct copying {
	struct zone_copy *copy;
	uint8_t packet[DNS_MESSAGE_MAX];
	uint32_t question_end, most;
	uint8_t zone[DNS_NAME_MAX];
	struct text lines; /* what was copied so far, as ldns prints it */
	size_t messages, largest;
};

static enum copy_start copying_begin(struct copying *copying, struct answers *answers,
				     struct catalog *catalog, const char *zone, uint32_t most)
{
	uint8_t size;
	struct dns_query query;
	*copying = (struct copying){ .most = most };
	text_add(&copying->lines, "");
	put_u16(copying->packet + 4, 1);
	assert_true(name_parse(zone, copying->packet + DNS_HEADER_SIZE, &size));
	copying->question_end = DNS_HEADER_SIZE + size + 4u;
	put_u16(copying->packet + DNS_HEADER_SIZE + size, TYPE_AXFR);
	put_u16(copying->packet + DNS_HEADER_SIZE + size + 2, CLASS_IN);
	assert_int_equal(dns_query_read(copying->packet, copying->question_end, &query), QUERY_GOOD);
	return zone_copy_begin(answers, catalog, &query, &copying->copy);
}

static void take_lines(struct copying *copying, const struct copy_message *message)
{
	put_u16(message->packet + 6, message->count);
	for (size_t at = copying->question_end, i = 0; at < message->at; i++) {
		ldns_rr *rr = NULL;
		assert_int_equal(ldns_wire2rr(&rr, message->packet, message->at, &at,
					      LDNS_SECTION_ANSWER),
				 LDNS_STATUS_OK);
		ldns_rr2canonical(rr);
		char *line = ldns_rr2str(rr);
		text_add(&copying->lines, line);
		free(line);
		ldns_rr_free(rr);
		assert_true(i < message->count);
	}
}

/* One message; its octets lie in a block of just their size. */
static enum copy_step copying_go(struct copying *copying)
{
	struct copy_message message = { .packet = mem_alloc(DNS_MESSAGE_MAX),
					.at = copying->question_end,
					.most = copying->most,
					.limit = DNS_MESSAGE_MAX };
	memcpy(message.packet, copying->packet, copying->question_end);
	enum copy_step step = zone_copy_next(copying->copy, &message);
	if (step != COPY_LOST) {
		message.packet = mem_realloc(message.packet, message.at);
		take_lines(copying, &message);
		copying->messages++;
		if (message.count > 1)
			copying->largest =
				message.at > copying->largest ? message.at : copying->largest;
	}
	mem_free(message.packet);
	return step;
}

static void copying_done(struct copying *copying)
{
	zone_copy_end(copying->copy);
	text_done(&copying->lines);
}

static struct text copy_all(struct answers *answers, struct catalog *catalog, const char *zone,
			    uint32_t most)
{
	struct copying copying;
	enum copy_step step;
	assert_int_equal(copying_begin(&copying, answers, catalog, zone, most), COPY_STARTED);
	while ((step = copying_go(&copying)) != COPY_WHOLE)
		assert_int_not_equal(step, COPY_LOST);
	assert_true(copying.largest <= most);
	struct text lines = copying.lines;
	copying.lines = (struct text){ 0 };
	copying_done(&copying);
	return lines;
}

static char *next_line(char **at)
{
	char *line = strsep(at, "\n");
	return line == NULL || *line == '\0' ? NULL : line;
}

/* The first and the last record are the same SOA; the others come back sorted. */
static struct text between_soas(struct text lines)
{
	char **list = mem_alloc((lines.size / 2 + 2) * sizeof(char *)), *rest = lines.data, *line;
	struct text sorted = { 0 };
	size_t count = 0;
	while ((line = next_line(&rest)) != NULL)
		list[count++] = line;
	assert_true(count >= 2);
	assert_non_null(strstr(list[0], "\tSOA\t"));
	assert_string_equal(list[0], list[count - 1]);
	qsort(list + 1, count - 2, sizeof(char *), by_text);
	text_add(&sorted, "");
	for (size_t i = 1; i + 1 < count; i++)
		text_printf(&sorted, "%s\n", list[i]);
	mem_free(list);
	text_done(&lines);
	return sorted;
}

/* With blanks for tabs; "" between SOAs. */
static void expect_copy(struct answers *answers, struct catalog *catalog, const char *zone,
			const char *expected)
{
	static const uint32_t sizes[] = { 16384, 200, 65535 };
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct text text = between_soas(copy_all(answers, catalog, zone, sizes[i]));
		for (size_t k = 0; k < text.size; k++)
			text.data[k] = text.data[k] == '\t' ? ' ' : text.data[k];
		assert_string_equal(text.data, expected);
		text_done(&text);
	}
}

/* ---- zones of files ---- */

static void a_zone_is_copied_with_its_soa_around_it(void **state)
{
	(void)state;
	struct shop shop =
		open_shop(SOA "@ NS ns\n*.a MX 10 z\nb.a TXT \"x\"\nz A 10.0.0.1\nz A 10.0.0.2\n"
			      "z AAAA fd00::1\ngone DNAME other.\nempty.deep.a CNAME z\n");
	expect_copy(shop.answers, shop.catalog, "EXAMPLE.",
		    "*.a.example. 300 IN MX 10 z.example.\n"
		    "b.a.example. 300 IN TXT \"x\"\n"
		    "empty.deep.a.example. 300 IN CNAME z.example.\n"
		    "example. 300 IN NS ns.example.\n"
		    "gone.example. 300 IN DNAME other.\n"
		    "z.example. 300 IN A 10.0.0.1\n"
		    "z.example. 300 IN A 10.0.0.2\n"
		    "z.example. 300 IN AAAA fd00::1\n");
	close_shop(&shop);
}

static void addresses_of_a_delegations_servers_are_copied(void **state)
{
	(void)state;
	struct shop shop =
		open_shop(SOA "sub NS ns.sub\nsub NS deep.ns.sub\nsub NS ns\nns.sub A 10.0.0.3\n"
			      "ns.sub AAAA ::1\ndeep.ns.sub A 10.0.0.4\nns A 10.0.0.5\n");
	expect_copy(shop.answers, shop.catalog, "example.",
		    "deep.ns.sub.example. 300 IN A 10.0.0.4\n"
		    "ns.example. 300 IN A 10.0.0.5\n"
		    "ns.sub.example. 300 IN A 10.0.0.3\n"
		    "ns.sub.example. 300 IN AAAA ::1\n"
		    "sub.example. 300 IN NS deep.ns.sub.example.\n"
		    "sub.example. 300 IN NS ns.example.\n"
		    "sub.example. 300 IN NS ns.sub.example.\n");
	close_shop(&shop);
}

static void an_empty_zone_is_two_soas(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	expect_copy(shop.answers, shop.catalog, "example.", "");
	close_shop(&shop);
}

static void only_the_name_of_a_zone_names_it(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\n");
	struct copying copying;
	static const char *const names[] = { "a.example.", "x.example.", "org.", "." };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(copying_begin(&copying, shop.answers, shop.catalog, names[i], 1000),
				 COPY_NO_ZONE);
		text_done(&copying.lines);
	}
	close_shop(&shop);
}

static void a_zone_at_the_root_is_copied(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	expect_load(&shop, ".", "@ SOA ns host 7 2 3 4 5\n@ NS ns\na.b A 10.0.0.1\n");
	answers_publish(shop.answers);
	expect_copy(shop.answers, shop.catalog, ".", ". 300 IN NS ns.\na.b. 300 IN A 10.0.0.1\n");
	close_shop(&shop);
}

/* A record that needs a message of its own size gets one. */
static void large_records_are_copied(void **state)
{
	(void)state;
	struct text zone = { 0 }, expected = { 0 };
	text_add(&zone, SOA "a A 10.0.0.1\nbig TXT");
	text_add(&expected, "a.example. 300 IN A 10.0.0.1\nbig.example. 300 IN TXT");
	for (unsigned i = 0; i < 200; i++) {
		static const char word[] =
			" \"0123456789012345678901234567890123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789012345678901234567890123456789\"";
		text_add(&zone, word);
		text_add(&expected, word);
	}
	text_add(&zone, "\n");
	text_add(&expected, "\n");
	struct shop shop = open_shop(zone.data);
	expect_copy(shop.answers, shop.catalog, "example.", expected.data);
	close_shop(&shop);
	text_done(&zone);
	text_done(&expected);
}

static void serials_are_told(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	struct copying copying;
	assert_int_equal(copying_begin(&copying, shop.answers, shop.catalog, "example.", 1000),
			 COPY_STARTED);
	assert_int_equal(zone_copy_serial(copying.copy), 7);
	copying_done(&copying);
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	assert_int_equal(copying_begin(&copying, house->answers, house->catalog, "cluster.local.", 1000),
			 COPY_STARTED);
	assert_int_equal(zone_copy_serial(copying.copy), house_serial(house, "cluster.local."));
	copying_done(&copying);
	house_close(house);
	close_shop(&shop);
}

/* ---- clusters ---- */

/* names.md 15; also slices without ports, addresses or anything (CVE-2026-62994). */
static void a_clusters_zone_has_its_services_but_no_pods(void **state)
{
	(void)state;
	static const char *const zones[] = { "cluster.local.", "10.in-addr.arpa.", "other.example." };
	struct cluster_options options = house_options();
	struct ip local;
	assert_true(ip_parse("10.9.9.9", &local));
	options.zones = zones;
	options.pods = CLUSTER_PODS_VERIFIED;
	options.local_addresses = &local;
	options.local_address_count = 1;
	struct house *house = house_open(&options);
	house_show(house,
		   "Namespace web\nService web/shop ClusterIP 10.96.0.10 http=80/TCP\n"
		   "Slice web/shop-a of=shop http=8080/TCP x@10.0.0.7 10.0.0.8\n"
		   "Service web/db Headless\nSlice web/db-a of=db c=1/TCP db-0@10.0.0.1 10.0.0.2\n"
		   "Slice web/db-b of=db 10.0.0.3\nSlice web/db-c of=db\nSlice web/db-d of=db p=-/TCP 10.0.0.2\n"
		   "Service web/none Headless\nService web/far ExternalName Far.example.\n"
		   "Service web/new ClusterIP\nPod web/p 10.0.0.1");
	expect_copy(house->answers, house->catalog, "cluster.local.",
		    "10-0-0-2.db.web.svc.cluster.local. 30 IN A 10.0.0.2\n"
		    "10-0-0-2.db.web.svc.cluster.local. 30 IN SRV 0 50 1 10-0-0-2.db.web.svc.cluster.local.\n"
		    "10-0-0-3.db.web.svc.cluster.local. 30 IN A 10.0.0.3\n"
		    "_c._tcp.db.web.svc.cluster.local. 30 IN SRV 0 50 1 10-0-0-2.db.web.svc.cluster.local.\n"
		    "_c._tcp.db.web.svc.cluster.local. 30 IN SRV 0 50 1 db-0.db.web.svc.cluster.local.\n"
		    "_http._tcp.shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n"
		    "cluster.local. 30 IN NS ns.dns.cluster.local.\n"
		    "db-0.db.web.svc.cluster.local. 30 IN A 10.0.0.1\n"
		    "db-0.db.web.svc.cluster.local. 30 IN SRV 0 100 1 db-0.db.web.svc.cluster.local.\n"
		    "db.web.svc.cluster.local. 30 IN A 10.0.0.1\n"
		    "db.web.svc.cluster.local. 30 IN A 10.0.0.2\n"
		    "db.web.svc.cluster.local. 30 IN A 10.0.0.3\n"
		    "db.web.svc.cluster.local. 30 IN SRV 0 25 1 10-0-0-2.db.web.svc.cluster.local.\n"
		    "db.web.svc.cluster.local. 30 IN SRV 0 25 1 db-0.db.web.svc.cluster.local.\n"
		    "dns-version.cluster.local. 28800 IN TXT \"1.1.0\"\n"
		    "far.web.svc.cluster.local. 30 IN CNAME far.example.\n"
		    "ns.dns.cluster.local. 30 IN A 10.9.9.9\n"
		    "shop.web.svc.cluster.local. 30 IN A 10.96.0.10\n"
		    "shop.web.svc.cluster.local. 30 IN SRV 0 100 80 shop.web.svc.cluster.local.\n");
	expect_copy(house->answers, house->catalog, "10.in-addr.arpa.",
		    "1.0.0.10.in-addr.arpa. 30 IN PTR db-0.db.web.svc.cluster.local.\n"
		    "10.0.96.10.in-addr.arpa. 30 IN PTR shop.web.svc.cluster.local.\n"
		    "10.in-addr.arpa. 30 IN NS ns.dns.cluster.local.\n"
		    "2.0.0.10.in-addr.arpa. 30 IN PTR 10-0-0-2.db.web.svc.cluster.local.\n"
		    "3.0.0.10.in-addr.arpa. 30 IN PTR 10-0-0-3.db.web.svc.cluster.local.\n"
		    "7.0.0.10.in-addr.arpa. 30 IN PTR x.shop.web.svc.cluster.local.\n"
		    "8.0.0.10.in-addr.arpa. 30 IN PTR 10-0-0-8.shop.web.svc.cluster.local.\n"
		    "ns.dns.10.in-addr.arpa. 30 IN A 10.9.9.9\n");
	const char *texts[] = { "state=in-step" };
	catalog_set_sync_text(house->catalog, texts, 1);
	answers_publish(house->answers);
	struct text text = copy_all(house->answers, house->catalog, "cluster.local.", 1000);
	assert_null(strstr(text.data, "_knamed"));
	text_done(&text);
	house_close(house);
}

static void what_is_not_known_yet_is_not_copied(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	struct copying copying;
	catalog_set_synced(house->catalog, false);
	answers_publish(house->answers);
	assert_int_equal(copying_begin(&copying, house->answers, house->catalog, "cluster.local.", 1000),
			 COPY_NOT_READY);
	text_done(&copying.lines);
	house_close(house);
}

static void add_line(void *context, const char *line)
{
	ldns_rr *rr = NULL;
	assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
	ldns_rr2canonical(rr);
	char *text = ldns_rr2str(rr);
	text_add(context, text);
	free(text);
	ldns_rr_free(rr);
}

/* What the dump tells of a zone and a copy does not: endpoints of ClusterIP services, pods, and the SOA. */
static bool is_left_out(struct house *house, char *line)
{
	char name[NAME_TEXT_SIZE], service[NAME_TEXT_SIZE + 4];
	uint8_t wire[DNS_NAME_MAX], size;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "\t"), line);
	assert_true(name_parse(name, wire, &size));
	if (strstr(line, "\tSOA\t") != NULL || strstr(name, ".pod.") != NULL)
		return true;
	if (name_label_count(wire) != 6 || wire[1] == '_' || strstr(name, ".svc.cluster.local.") == NULL)
		return false;
	snprintf(service, sizeof(service), "%s TXT", strchr(name, '.') + 1);
	struct asked asked = house_ask(house, service);
	const ldns_rr_list *authority = ldns_pkt_authority(asked.packet);
	uint32_t ttl = ldns_rr_ttl(ldns_rr_list_rr(authority, 0));
	ldns_pkt_free(asked.packet);
	return ttl == 5; /* a headless service's denials live for one second */
}

static struct text dumped(struct house *house, const char *zone)
{
	struct text text = { 0 }, kept = { 0 };
	uint8_t only[DNS_NAME_MAX], size;
	assert_true(name_parse(zone, only, &size));
	text_add(&text, "");
	text_add(&kept, "");
	catalog_dump(house->catalog, only, add_line, &text);
	char **list = mem_alloc((text.size / 2 + 2) * sizeof(char *)), *rest = text.data, *line;
	size_t count = 0;
	while ((line = next_line(&rest)) != NULL)
		if (name_is_under(only, only) && !is_left_out(house, line))
			list[count++] = line;
	qsort(list, count, sizeof(char *), by_text);
	for (size_t i = 0; i < count; i++)
		text_printf(&kept, "%s\n", list[i]);
	mem_free(list);
	text_done(&text);
	return kept;
}

/* A copy begun before changes is what was there when it began, whatever becomes of it meanwhile. */
static void a_copy_is_of_one_edition(void **state)
{
	(void)state;
	enum { ROUNDS = 40, STEPS = 60, CHANGES = 2 };
	static const char *const zones[] = { "cluster.local." };
	struct random random = { 0x5eedc0de };
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct cluster_options options = house_options();
		options.zones = zones;
		options.zone_count = COUNT_OF(zones);
		struct house *house = house_open(&options);
		struct random_slices *slices = random_slices_new();
		struct copying copying;
		for (unsigned i = 0; i < STEPS; i++)
			random_change(&random, slices, house->model);
		answers_publish(house->answers);
		struct text expected = dumped(house, "cluster.local.");
		assert_int_equal(copying_begin(&copying, house->answers, house->catalog,
					       "cluster.local.", 4000 + random_below(&random, 6000)),
				 COPY_STARTED);
		enum copy_step step;
		while ((step = copying_go(&copying)) != COPY_WHOLE) {
			assert_int_not_equal(step, COPY_LOST);
			for (unsigned i = 0; i < CHANGES; i++) {
				random_change(&random, slices, house->model);
				answers_publish(house->answers);
			}
		}
		struct text found = between_soas(copying.lines);
		copying.lines = (struct text){ 0 };
		assert_string_equal(found.data, expected.data);
		text_done(&found);
		text_done(&expected);
		copying_done(&copying);
		random_slices_free(slices);
		house_close(house);
	}
}

/* ---- holds ---- */

static void a_copy_of_what_was_removed_is_lost(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\nb A 10.0.0.2\n");
	struct catalog *other = answers_add_static(shop.answers);
	struct error error = { 0 };
	struct copying copying;
	assert_true(load_zone(other, "other.", SOA "a A 10.0.0.1\nb A 10.0.0.2\n", &error));
	answers_publish(shop.answers);
	assert_int_equal(copying_begin(&copying, shop.answers, other, "other.", 100), COPY_STARTED);
	assert_int_equal(copying_go(&copying), COPY_FULL);
	answers_remove(other);
	assert_int_equal(copying_go(&copying), COPY_LOST);
	copying_done(&copying);
	close_shop(&shop);
}

static void a_copy_outlives_its_zone_for_a_while_only(void **state)
{
	(void)state;
	clock_set(1, 1700000000);
	struct shop shop = open_shop(SOA "a A 10.0.0.1\nb A 10.0.0.2\n");
	struct copying copying, late;
	assert_int_equal(copying_begin(&copying, shop.answers, shop.catalog, "example.", 100),
			 COPY_STARTED);
	assert_int_equal(copying_begin(&late, shop.answers, shop.catalog, "example.", 100),
			 COPY_STARTED);
	assert_int_equal(copying_go(&copying), COPY_FULL);
	catalog_remove_zone(shop.catalog, "example."); /* a table goes: worth looking who holds it */
	answers_publish(shop.answers);
	while (copying_go(&copying) != COPY_WHOLE)
		;
	clock_set(121 * UINT64_C(1000000000) + 2, 1700000121);
	expect_load(&shop, "second.", SOA "a A 10.0.0.1\n");
	answers_publish(shop.answers);
	assert_int_equal(copying_go(&late), COPY_LOST);
	copying_done(&copying);
	copying_done(&late);
	clock_release();
	close_shop(&shop);
}

/* However much changes, what is kept for a copy that does not end has an end. */
static void what_is_held_is_bounded(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	struct copying copying;
	enum copy_step step = COPY_FULL;
	unsigned rounds = 0;
	assert_int_equal(copying_begin(&copying, house->answers, house->catalog, "cluster.local.", 90),
			 COPY_STARTED);
	for (; rounds < 300000 && step != COPY_LOST; rounds++) {
		house_show(house, rounds % 2 == 0 ? "Service default/a ClusterIP 10.96.0.1"
						  : "Service default/a ClusterIP 10.96.0.2");
		struct copy_message message = { .packet = copying.packet,
						.at = copying.question_end,
						.most = 0 };
		step = zone_copy_next(copying.copy, &message); /* no room: nothing is said */
	}
	assert_int_equal(step, COPY_LOST);
	assert_true(rounds > 1000);
	copying_done(&copying);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_copied_with_its_soa_around_it),
		cmocka_unit_test(addresses_of_a_delegations_servers_are_copied),
		cmocka_unit_test(an_empty_zone_is_two_soas),
		cmocka_unit_test(only_the_name_of_a_zone_names_it),
		cmocka_unit_test(a_zone_at_the_root_is_copied),
		cmocka_unit_test(large_records_are_copied),
		cmocka_unit_test(serials_are_told),
		cmocka_unit_test(a_clusters_zone_has_its_services_but_no_pods),
		cmocka_unit_test(what_is_not_known_yet_is_not_copied),
		cmocka_unit_test(a_copy_is_of_one_edition),
		cmocka_unit_test(a_copy_of_what_was_removed_is_lost),
		cmocka_unit_test(a_copy_outlives_its_zone_for_a_while_only),
		cmocka_unit_test(what_is_held_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
