/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "asking.h"

struct walker {
	struct config *config;
	struct policy *policy;
	struct metrics *metrics;
	unsigned meter;
	uint8_t packet[512];
	struct dns_query query;
	struct autopath_way way;
};

static struct walker *walker_new(const char *body)
{
	struct walker *walker = mem_zalloc(sizeof(*walker));
	walker->config = config_of(body);
	walker->metrics = metrics_new();
	walker->meter = metrics_meter(walker->metrics, "dns://:53", ".", "");
	return walker;
}

static void start(struct walker *walker)
{
	struct error error;
	const struct policy_options options = { .block = &walker->config->blocks[0],
						.metrics = walker->metrics };
	assert_true(policy_compile(&options, &walker->policy, &error));
}

/* In the place of what this machine has in /etc/resolv.conf. */
static struct walker *cluster_walker(const char *first, const char *second)
{
	struct walker *walker =
		walker_new("autopath @kubernetes\nkubernetes cluster.local k8s.example in-addr.arpa");
	static struct config_zone search[2];
	search[0].text = (char *)(uintptr_t)first;
	search[1].text = (char *)(uintptr_t)second;
	walker->config->blocks[0].autopath->search =
		(struct config_zones){ search, (first != NULL) + (second != NULL) };
	start(walker);
	return walker;
}

static struct walker *file_walker(const char *lines)
{
	char path[] = "/tmp/knamed-autopath-XXXXXX", body[128];
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
	close(fd);
	snprintf(body, sizeof(body), "autopath %s", path);
	struct walker *walker = walker_new(body);
	unlink(path);
	start(walker);
	return walker;
}

static void walker_free(struct walker *walker)
{
	policy_free(walker->policy);
	metrics_free(walker->metrics);
	config_free(walker->config);
	mem_free(walker);
}

static bool begins(struct walker *walker, const char *name, uint16_t class_)
{
	ask_question(walker->packet, name, TYPE_A, class_, &walker->query);
	return autopath_begin(walker->policy, &walker->query, &walker->way);
}

/* Names tried for `name`, separated by blanks; "-": it is not walked. */
static void assert_walk(struct walker *walker, const char *name, const char *expected)
{
	struct text tried = { 0 };
	uint8_t wire[DNS_NAME_MAX + 1];
	enum autopath_verdict verdict;
	text_add(&tried, "");
	if (!begins(walker, name, CLASS_IN)) {
		assert_string_equal("-", expected);
		text_done(&tried);
		return;
	}
	for (unsigned i = 1; (verdict = autopath_next(&walker->way, i, wire)) != AUTOPATH_END; i++) {
		char text[NAME_TEXT_SIZE];
		if (verdict == AUTOPATH_SKIP)
			continue;
		name_print(wire, text);
		text_printf(&tried, tried.size > 0 ? " %s" : "%s", text);
	}
	assert_string_equal(tried.data, expected);
	text_done(&tried);
}

static void the_question_names_its_namespace(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker("eu.example.", "corp.");
	assert_walk(walker, "api.github.com.shop.svc.cluster.local.",
		    "api.github.com.svc.cluster.local. api.github.com.cluster.local. "
		    "api.github.com.eu.example. api.github.com.corp. api.github.com.");
	assert_walk(walker, "web.shop.other.svc.k8s.example.",
		    "web.shop.svc.k8s.example. web.shop.k8s.example. web.shop.eu.example. "
		    "web.shop.corp. web.shop.");
	walker_free(walker);
}

static void what_was_looked_for_is_tried_as_it_was_spelled(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker(NULL, NULL);
	assert_walk(walker, "API.Github.com.SHOP.Svc.cluster.LOCAL.",
		    "API.Github.com.svc.cluster.local. API.Github.com.cluster.local. API.Github.com.");
	walker_free(walker);
}

static void other_names_are_not_walked(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker("eu.example.", NULL);
	static const char *const names[] = {
		"web.shop.svc.cluster.local.", /* a Service */
		"shop.svc.cluster.local.",
		"svc.cluster.local.",
		"cluster.local.",
		"a.b.c.cluster.local.",
		"a.b.shop.pod.cluster.local.",
		"api.github.com.cluster.local.",
		"api.github.com.",
		"a.b.c.svc.in-addr.arpa.",
		".",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_walk(walker, names[i], "-");
	assert_false(begins(walker, "api.github.com.shop.svc.cluster.local.", CLASS_CH));
	walker_free(walker);
}

/* A pod whose own resolv.conf is the cluster's. */
static void a_name_is_tried_once(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker("svc.cluster.local.", "Shop.svc.cluster.local.");
	assert_walk(walker, "a.b.shop.svc.cluster.local.",
		    "a.b.svc.cluster.local. a.b.cluster.local. a.b.");
	walker_free(walker);
}

static void names_that_would_be_too_long_are_passed_over(void **state)
{
	(void)state;
	struct walker *walker =
		cluster_walker("a.very.long.suffix.that.nobody.would.have.in.a.search.list.example.",
			       "b.");
	struct text name = { 0 }, expected = { 0 };
	for (unsigned i = 0; i < 100; i++)
		text_add(&name, "x.");
	text_printf(&expected, "%ssvc.cluster.local. %scluster.local. %sb. %s", name.data,
		    name.data, name.data, name.data);
	text_add(&name, "shop.svc.cluster.local.");
	assert_walk(walker, name.data, expected.data);
	text_done(&name);
	text_done(&expected);
	walker_free(walker);
}

static void a_file_has_a_search_list(void **state)
{
	(void)state;
	struct walker *walker =
		file_walker("nameserver 192.0.2.1\nsearch old\nsearch First.example corp b..d\n"
			    "options ndots:5\n");
	assert_walk(walker, "host.FIRST.example.", "host.corp. host.");
	assert_walk(walker, "a.b.first.example.", "a.b.corp. a.b.");
	assert_walk(walker, "first.example.", "-");
	assert_walk(walker, "host.corp.", "-");
	walker_free(walker);
	walker = file_walker("search a b\ndomain c.example d\n");
	assert_walk(walker, "host.c.example.", "host.");
	walker_free(walker);
	walker = file_walker("nameserver 192.0.2.1\n");
	assert_walk(walker, "host.c.example.", "-");
	walker_free(walker);
	walker = file_walker("search a b c d e f g h\n");
	assert_walk(walker, "x.a.", "x.b. x.c. x.d. x.e. x.f. x.");
	walker_free(walker);
}

static void only_questions_in_its_zones_are_walked(void **state)
{
	(void)state;
	struct walker *walker =
		walker_new("autopath k8s.example @kubernetes\nkubernetes cluster.local k8s.example");
	start(walker);
	assert_false(begins(walker, "a.b.shop.svc.cluster.local.", CLASS_IN));
	assert_true(begins(walker, "a.b.shop.svc.k8s.example.", CLASS_IN));
	const uint8_t *cluster = (const uint8_t *)"\7cluster\5local",
		      *other = (const uint8_t *)"\3k8s\7example", *foreign = (const uint8_t *)"\3org";
	assert_int_equal(policy_touches(walker->policy, cluster), 0);
	assert_int_equal(policy_touches(walker->policy, other), TOUCH_ABOVE);
	assert_int_equal(policy_touches(walker->policy, foreign), 0);
	walker_free(walker);
}

/* ---- replies ---- */

/* What autopath_write() makes of a reply with these answers ("@": of the authority section). */
static char *written(struct walker *walker, const char *name, const char *lines)
{
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), LDNS_RR_TYPE_A,
					      LDNS_RR_CLASS_IN, LDNS_QR | LDNS_RA);
	char *copy = mem_text(lines), *rest = copy;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		ldns_rr *rr = NULL;
		bool is_authority = line[0] == '@';
		if (line[0] == '\0')
			continue;
		assert_int_equal(ldns_rr_new_frm_str(&rr, line + is_authority, 60, NULL, NULL),
				 LDNS_STATUS_OK);
		ldns_pkt_push_rr(packet,
				 is_authority ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ANSWER, rr);
	}
	uint8_t *wire, *out = mem_alloc(DNS_MESSAGE_MAX);
	size_t size;
	struct dns_message found;
	assert_int_equal(ldns_pkt2wire(&wire, packet, &size), LDNS_STATUS_OK);
	assert_true(dns_message_read(wire, size, &found));
	size = autopath_write(&walker->way, &found, out);
	ldns_pkt *reply;
	assert_int_equal(ldns_wire2pkt(&reply, out, size), LDNS_STATUS_OK);
	char *answer = ldns_rr_list2str(ldns_pkt_answer(reply)),
	     *authority = ldns_rr_list2str(ldns_pkt_authority(reply));
	struct text text = { 0 };
	text_printf(&text, "%s%s%s", answer, authority[0] != '\0' ? "@" : "", authority);
	free(answer);
	free(authority);
	ldns_pkt_free(reply);
	ldns_pkt_free(packet);
	free(wire);
	mem_free(out);
	mem_free(copy);
	return text.data;
}

static void what_was_found_stands_behind_an_alias(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker(NULL, NULL);
	assert_true(begins(walker, "Api.example.shop.svc.cluster.local.", CLASS_IN));
	char *text = written(walker, "api.example.",
			     "api.example. 50 IN CNAME b.example.\nb.example. 60 IN A 192.0.2.1");
	assert_string_equal(text,
			    "Api.example.shop.svc.cluster.local.\t50\tIN\tCNAME\tapi.example.\n"
			    "api.example.\t50\tIN\tCNAME\tb.example.\nb.example.\t60\tIN\tA\t192.0.2.1\n");
	mem_free(text);
	text = written(walker, "api.example.", "@example. 60 IN SOA a. b. 1 2 3 4 5");
	assert_string_equal(text, "@example.\t60\tIN\tSOA\ta. b. 1 2 3 4 5\n");
	mem_free(text);
	walker_free(walker);
}

static void what_is_found_is_counted_by_server(void **state)
{
	(void)state;
	struct walker *walker = cluster_walker(NULL, NULL);
	struct text text = { 0 };
	autopath_count(walker->policy, walker->meter);
	autopath_count(walker->policy, walker->meter);
	autopath_count(walker->policy, METER_NONE);
	metrics_print(walker->metrics, &text);
	assert_non_null(
		strstr(text.data, "\ncoredns_autopath_success_total{server=\"dns://:53\"} 2\n"));
	text_done(&text);
	walker_free(walker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_names_its_namespace),
		cmocka_unit_test(what_was_looked_for_is_tried_as_it_was_spelled),
		cmocka_unit_test(other_names_are_not_walked),
		cmocka_unit_test(a_name_is_tried_once),
		cmocka_unit_test(names_that_would_be_too_long_are_passed_over),
		cmocka_unit_test(a_file_has_a_search_list),
		cmocka_unit_test(only_questions_in_its_zones_are_walked),
		cmocka_unit_test(what_was_found_stands_behind_an_alias),
		cmocka_unit_test(what_is_found_is_counted_by_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
