/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

/* A service with `count` clusterIPs of each family: 10.96.0.1 ..., fd00::1 ... */
static void put_service_of(struct house *house, const char *name, unsigned count)
{
	struct text line = { 0 };
	text_printf(&line, "Service default/%s ClusterIP", name);
	for (unsigned i = 1; i <= count; i++)
		text_printf(&line, " 10.96.0.%u fd00::%x", i, i);
	house_show(house, line.data);
	text_done(&line);
}

/* The last octets of the answers' addresses, in the order of the reply. */
static size_t last_octets(const struct house *house, const char *question, unsigned ret_octets[64])
{
	struct asked asked = house_ask(house, question);
	const ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
	size_t count = ldns_rr_list_rr_count(answers);
	assert_true(count <= 64);
	for (size_t i = 0; i < count; i++) {
		const ldns_rdf *rdata = ldns_rr_rdf(ldns_rr_list_rr(answers, i), 0);
		ret_octets[i] = ldns_rdf_data(rdata)[ldns_rdf_size(rdata) - 1];
	}
	ldns_pkt_free(asked.packet);
	return count;
}

/* names.md 3, 12 */
static void addresses_keep_their_order_unless_rotation_is_asked_for(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	put_service_of(house, "web", 5);
	for (int question = 0; question < 7; question++) {
		unsigned octets[64];
		assert_int_equal(last_octets(house, "web.default.svc A", octets), 5);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(octets[i], i + 1);
	}
	house_close(house);
}

static void with_rotation_each_address_comes_first_in_turn(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	put_service_of(house, "web", 5);
	house->asking.rotate = true;
	unsigned octets[64], before = 0;
	for (int question = 0; question < 11; question++) {
		assert_int_equal(last_octets(house, "web.default.svc A", octets), 5);
		if (question > 0)
			assert_int_equal(octets[0], before % 5 + 1);
		for (unsigned i = 1; i < 5; i++)
			assert_int_equal(octets[i], octets[i - 1] % 5 + 1);
		before = octets[0];
	}
	house_close(house);
}

/* Clients ask A and AAAA in pairs: one counter for both would give each type every other address only. */
static void questions_of_a_and_aaaa_do_not_fall_into_step(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	put_service_of(house, "web", 4);
	house->asking.rotate = true;
	unsigned first_a = 0, first_aaaa = 0, octets[64];
	for (int pair = 0; pair < 4; pair++) {
		last_octets(house, "web.default.svc A", octets);
		first_a |= 1u << octets[0];
		last_octets(house, "web.default.svc AAAA", octets);
		first_aaaa |= 1u << octets[0];
	}
	assert_int_equal(first_a, 0x1e);
	assert_int_equal(first_aaaa, 0x1e);
	house_close(house);
}

/* names.md 12: sets too big for one block are rotated as others are. */
static void the_addresses_of_a_big_service_are_rotated_too(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_put(house, "Service default/big Headless");
	house_put_many(house, &(struct many){ "default/a", "big", "http=80/TCP", NULL, 0, 400 });
	house_put_many(house, &(struct many){ "default/b", "big", "http=80/TCP", NULL, 400, 400 });
	assert_true(answers_publish(house->answers));
	uint8_t seen[800] = { 0 };
	for (int rotate = 0; rotate <= 1; rotate++) {
		unsigned firsts = 0;
		memset(seen, 0, sizeof seen);
		house->asking.rotate = rotate;
		for (int question = 0; question < 800; question++) {
			struct asked asked = house_ask(house, "big.default.svc A");
			const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0);
			uint32_t number = get_u32(ldns_rdf_data(ldns_rr_rdf(rr, 0))) - 0x0a010000u;
			assert_true(number < 800);
			assert_false(asked.truncated);
			assert_int_equal(ldns_pkt_ancount(asked.packet), 800);
			firsts += !seen[number];
			seen[number] = 1;
			ldns_pkt_free(asked.packet);
		}
		assert_int_equal(firsts, rotate ? 800 : 1);
	}
	house_close(house);
}

/* Counts how often each of `count` addresses was in `questions` cut replies; true if all were. */
static bool all_are_seen(const struct house *house, const char *question, unsigned count,
			 unsigned questions)
{
	uint32_t seen = 0;
	for (unsigned i = 0; i < questions; i++) {
		unsigned octets[64];
		size_t got = last_octets(house, question, octets);
		for (size_t k = 0; k < got; k++)
			seen |= 1u << octets[k];
	}
	return seen == ((1u << count) - 1) << 1;
}

/* names.md 12: what fits is told, TC says that there is more, and the next question shows the next window. */
static void a_cut_answer_is_a_window_that_moves(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	put_service_of(house, "web", 20);
	uint32_t head = DNS_HEADER_SIZE + sizeof "\3web\7default\3svc\7cluster\5local" + 4;
	for (unsigned fit = 1; fit < 20; fit++) {
		for (int rotate = 0; rotate <= 1; rotate++) {
			house->asking =
				(struct asking){ .limit = head + fit * 16 + 15, .rotate = rotate };
			struct asked asked = house_ask(house, "web.default.svc A");
			assert_true(asked.truncated);
			assert_int_equal(ldns_pkt_ancount(asked.packet), fit);
			ldns_pkt_free(asked.packet);
			assert_true(all_are_seen(house, "web.default.svc A", 20, 20));
		}
	}
	house->asking.limit = head + 20 * 16;
	struct asked asked = house_ask(house, "web.default.svc A");
	assert_false(asked.truncated);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 12: 28 addresses fit into 512 octets, for owners are compressed. */
static void twenty_eight_addresses_fit_into_512_octets(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	put_service_of(house, "n28", 28);
	house->asking.limit = 512;
	struct asked asked = house_ask(house, "n28.default.svc A");
	assert_false(asked.truncated);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 28);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* Every set of (name, type) in the additional section has as many records as it has without a limit. */
static void check_glue_is_whole(const ldns_pkt *cut, const ldns_pkt *whole)
{
	const ldns_rr_list *some = ldns_pkt_additional(cut), *all = ldns_pkt_additional(whole);
	for (size_t i = 0; i < ldns_rr_list_rr_count(some); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(some, i);
		size_t in_some = 0, in_all = 0;
		for (size_t k = 0; k < ldns_rr_list_rr_count(some); k++)
			in_some += ldns_rr_get_type(ldns_rr_list_rr(some, k)) == ldns_rr_get_type(rr) &&
				   ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(some, k)),
						      ldns_rr_owner(rr)) == 0;
		for (size_t k = 0; k < ldns_rr_list_rr_count(all); k++)
			in_all += ldns_rr_get_type(ldns_rr_list_rr(all, k)) == ldns_rr_get_type(rr) &&
				  ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(all, k)),
						     ldns_rr_owner(rr)) == 0;
		assert_int_equal(in_some, in_all);
	}
}

/* names.md 12, D22: glue goes first, by whole sets and without a word; then records go, and TC is set. */
static void glue_is_cut_by_whole_sets_before_answers_are(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/db Headless\n"
		   "Slice default/a of=db pg=5432/TCP db-0@10.0.0.1 db-0@10.0.0.2 db-0@10.0.0.3 db-1@10.0.0.4\n"
		   "Slice default/b of=db IPv6 pg=5432/TCP db-0@fd00::1 db-0@fd00::2 db-1@fd00::4\n");
	struct asked whole = house_ask(house, "_pg._tcp.db.default.svc SRV");
	assert_int_equal(ldns_pkt_ancount(whole.packet), 2);
	assert_int_equal(ldns_pkt_arcount(whole.packet), 7);
	unsigned least = 7, counts = 0;
	for (house->asking.limit = whole.size; house->asking.limit > 60; house->asking.limit--) {
		struct asked cut = house_ask(house, "_pg._tcp.db.default.svc SRV");
		unsigned glue = ldns_pkt_arcount(cut.packet);
		check_glue_is_whole(cut.packet, whole.packet);
		assert_true(cut.truncated == (ldns_pkt_ancount(cut.packet) < 2));
		assert_true(!cut.truncated || glue == 0);
		counts |= 1u << glue;
		least = glue < least ? glue : least;
		ldns_pkt_free(cut.packet);
	}
	assert_int_equal(least, 0);
	assert_true(counts & 0x7e); /* some limit left some glue */
	ldns_pkt_free(whole.packet);
	house_close(house);
}

/* Whatever room there is, nothing is written behind it, the packet parses, and only what is cut says so. */
static void no_reply_is_longer_than_it_may_be(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct ip local;
	options.pods = CLUSTER_PODS_INSECURE;
	options.zonal = true;
	assert_true(ip_parse("10.0.0.53", &local));
	options.local_addresses = &local;
	options.local_address_count = 1;
	struct house *house = house_open(&options);
	house_put(house,
		  "Service default/web ClusterIP 10.96.0.1 10.96.0.2 fd00::1 http=80/TCP x=81/UDP\n"
		  "Service default/db Headless\nService default/far ExternalName Far.Example.Org.\n"
		  "Service default/near ExternalName web.default.svc.cluster.local.\n"
		  "Service default/db2 Headless\nService default/big Headless\n"
		  "Slice default/a of=db http=80/TCP h@10.0.0.1%z1 h@10.0.0.2 10.0.0.3%z1\n"
		  "Slice default/a2 of=db2 http=80/TCP 10.0.0.1 i@10.0.0.1\n");
	house_put_many(house, &(struct many){ "default/big", "big", "http=80/TCP", "host-", 0, 600 });
	assert_true(answers_publish(house->answers));
	static const char *const questions[] = {
		"web.default.svc A",
		"web.default.svc AAAA",
		"web.default.svc SRV",
		"web.default.svc ANY",
		"web.default.svc TXT",
		"_http._tcp.web.default.svc SRV",
		"db.default.svc A",
		"db.default.svc SRV",
		"h.db.default.svc SRV",
		"10-0-0-3.db.default.svc A",
		"10-0-0-3.db.default.svc SRV",
		"z1.pin._zone.db.default.svc A",
		"z2.prefer._zone.db.default.svc SRV",
		"far.default.svc A",
		"far.default.svc CNAME",
		"near.default.svc A",
		"near.default.svc SRV",
		"near.default.svc TXT",
		"10.0.0.1 PTR",
		"10.96.0.1 PTR",
		"10.96.0.9 PTR",
		"cluster.local. SOA",
		"cluster.local. NS",
		"ns.dns A",
		"dns-version TXT",
		"nothing.default.svc A",
		"10-9-8-7.default.pod A",
		"big.default.svc A",
		"big.default.svc SRV",
		"_http._tcp.big.default.svc SRV",
		"host-7.big.default.svc SRV",
		"in-addr.arpa. TXT",
	};
	for (size_t q = 0; q < COUNT_OF(questions); q++) {
		for (int chase = 0; chase <= 1; chase++) {
			house->asking = (struct asking){ .chase = chase, .rotate = true };
			struct asked whole = house_ask(house, questions[q]);
			uint32_t top = whole.size < 1300 ? whole.size + 3 : 1300;
			size_t answers = ldns_pkt_ancount(whole.packet);
			uint32_t least = (uint32_t)(DNS_HEADER_SIZE +
						    ldns_rdf_size(ldns_rr_owner(ldns_rr_list_rr(
							    ldns_pkt_question(whole.packet), 0))) +
						    4);
			for (house->asking.limit = least; house->asking.limit <= top;
			     house->asking.limit++) {
				struct asked cut = house_ask(house, questions[q]);
				size_t got =
					ldns_pkt_ancount(cut.packet) + ldns_pkt_nscount(cut.packet);
				assert_true(cut.truncated ==
					    (got < answers + ldns_pkt_nscount(whole.packet)));
				ldns_pkt_free(cut.packet);
			}
			ldns_pkt_free(whole.packet);
		}
	}
	house_close(house);
}

/* names.md 12: SRV targets are never compressed, and glue belongs to them. */
static void targets_of_srv_are_spelled_out(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house, "Service default/web ClusterIP 10.96.0.1 http=80/TCP");
	struct question question = { .type = TYPE_SRV };
	assert_true(name_parse("web.default.svc.cluster.local.", question.name, &question.size));
	struct octets octets = ask_octets(house->answers, house->catalog, &question, &house->asking);
	static const char target[] = "\3web\7default\3svc\7cluster\5local";
	assert_memory_equal(octets.bytes + DNS_HEADER_SIZE + question.size + 4 + 12 + 6, target,
			    sizeof target);
	mem_free(octets.bytes);
	house_close(house);
}

/* names.md 6: the alias comes first, the chased records belong to its target. */
static void what_is_behind_an_alias_belongs_to_its_target(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/near ExternalName Web.Default.svc.cluster.local.\n"
		   "Service default/nearer ExternalName near.default.svc.cluster.local.\n"
		   "Service default/web ClusterIP 10.96.0.1 10.96.0.2 http=80/TCP\n"
		   "Service default/none ExternalName none-such.default.svc.cluster.local.\n"
		   "Service default/db Headless\nSlice default/a of=db http=80/TCP h@10.0.0.1 10.0.0.2\n"
		   "Service default/db2 ExternalName db.default.svc.cluster.local.\n"
		   "Service default/db3 ExternalName 10-0-0-2.db.default.svc.cluster.local.");
	house->asking.chase = true;
	struct asked asked = house_ask(house, "nearer.default.svc A");
	const ldns_rr_list *answers = ldns_pkt_answer(asked.packet);
	static const char *const owners[] = { "nearer.default.svc.cluster.local.",
					      "near.default.svc.cluster.local.",
					      "Web.Default.svc.cluster.local.",
					      "Web.Default.svc.cluster.local." };
	assert_int_equal(ldns_rr_list_rr_count(answers), COUNT_OF(owners));
	for (size_t i = 0; i < COUNT_OF(owners); i++) {
		char *owner = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(answers, i)));
		assert_string_equal(owner, owners[i]);
		free(owner);
	}
	ldns_pkt_free(asked.packet);
	house_expect_glue(house, "nearer.default.svc SRV",
			  "web.default.svc A 10.96.0.1|web.default.svc A 10.96.0.2");
	house_expect_glue(house, "db2.default.svc SRV",
			  "10-0-0-2.db.default.svc A 10.0.0.2|h.db.default.svc A 10.0.0.1");
	house_expect_glue(house, "db3.default.svc SRV", "10-0-0-2.db.default.svc A 10.0.0.2");
	asked = house_ask(house, "none.default.svc A"); /* D9 */
	assert_int_equal(asked.kind, ANSWER_NO_NAME);
	assert_int_equal(asked.rcode, RCODE_NXDOMAIN);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 1);
	char *owner =
		ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_authority(asked.packet), 0)));
	assert_string_equal(owner, "cluster.local.");
	free(owner);
	ldns_pkt_free(asked.packet);
	asked = house_ask(house, "near.default.svc AAAA");
	assert_int_equal(asked.kind, ANSWER_NO_DATA);
	assert_int_equal(asked.rcode, RCODE_NOERROR);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 1);
	assert_int_equal(ldns_pkt_nscount(asked.packet), 1);
	ldns_pkt_free(asked.packet);
	house_close(house);
}

/* names.md 10, 13 */
static void denials_live_for_d_or_for_one_second_at_headless_services(void **state)
{
	(void)state;
	static const struct {
		uint32_t option, d, soon;
	} lives[] = { { 5, 5, 1 }, { 1, 1, 1 }, { 0, 0, 0 }, { 300, 300, 1 } };
	for (size_t i = 0; i < COUNT_OF(lives); i++) {
		struct cluster_options options = house_options();
		options.denial_ttl = lives[i].option;
		struct house *house = house_open(&options);
		house_put(house, "Namespace db\nService default/web ClusterIP 10.96.0.1 http=80/TCP\n"
				 "Service db/db Headless\nService default/empty Headless\n"
				 "Slice db/a of=db http=80/TCP h@10.0.0.1\n");
		answers_publish(house->answers);
		static const char *const long_[] = {
			"nothing.default.svc A", "x.web.default.svc A",
			"web.default.svc TXT",	 "_x._tcp.web.default.svc SRV",
			"default.svc A",	 "x A",
			"10.9.9.9 PTR",		 "_x._tcp.none.svc SRV"
		};
		static const char *const short_[] = { "db.db.svc TXT",
						      "x.db.db.svc A",
						      "h.db.db.svc TXT",
						      "_x._tcp.db.db.svc SRV",
						      "_http._tcp.db.db.svc A",
						      "_tcp.db.db.svc A",
						      "empty.default.svc A",
						      "x.empty.default.svc A",
						      "_http._tcp.empty.default.svc SRV",
						      "_http._tcp.db.svc A",
						      "_x._tcp.db.svc SRV",
						      "a.b.c.db.db.svc A" };
		for (size_t q = 0; q < COUNT_OF(long_); q++)
			house_expect_denial_ttl(house, long_[q], lives[i].d);
		for (size_t q = 0; q < COUNT_OF(short_); q++)
			house_expect_denial_ttl(house, short_[q], lives[i].soon);
		house_close(house);
	}
}

/* names.md 11: one set of the name, whole. */
static void any_is_one_set(void **state)
{
	(void)state;
	struct house *house = house_open_plain();
	house_show(house,
		   "Service default/web ClusterIP 10.96.0.1 10.96.0.2 fd00::1 http=80/TCP\n"
		   "Service default/far ExternalName far.example.\nService default/none ClusterIP\n");
	house_expect_all(house,
			 "web.default.svc ANY: 10.96.0.1|10.96.0.2\nfar.default.svc ANY: far.example.\n"
			 "_tcp.web.default.svc ANY: NODATA\nnone.default.svc ANY: NODATA\n"
			 "nothing.default.svc ANY: NXDOMAIN\n10.96.0.1 ANY: web.default.svc\n");
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_keep_their_order_unless_rotation_is_asked_for),
		cmocka_unit_test(with_rotation_each_address_comes_first_in_turn),
		cmocka_unit_test(questions_of_a_and_aaaa_do_not_fall_into_step),
		cmocka_unit_test(the_addresses_of_a_big_service_are_rotated_too),
		cmocka_unit_test(a_cut_answer_is_a_window_that_moves),
		cmocka_unit_test(twenty_eight_addresses_fit_into_512_octets),
		cmocka_unit_test(glue_is_cut_by_whole_sets_before_answers_are),
		cmocka_unit_test(no_reply_is_longer_than_it_may_be),
		cmocka_unit_test(targets_of_srv_are_spelled_out),
		cmocka_unit_test(what_is_behind_an_alias_belongs_to_its_target),
		cmocka_unit_test(denials_live_for_d_or_for_one_second_at_headless_services),
		cmocka_unit_test(any_is_one_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
