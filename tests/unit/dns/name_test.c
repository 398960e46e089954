/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <ldns/ldns.h>

#include "inputs.h"

/* Parses text that ends at a guard page. */
static bool parse(const char *text, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	return name_parse((const char *)guarded(text, strlen(text) + 1), ret_name, ret_size);
}

struct name {
	uint8_t wire[DNS_NAME_MAX], size;
};

static struct name name_of(const char *text)
{
	struct name name;
	assert_true(parse(text, name.wire, &name.size));
	return name;
}

static void text_becomes_wire_form_and_text_again(void **state)
{
	(void)state;
#define WIRE(bytes) bytes, sizeof(bytes)
	static const struct {
		const char *text;
		const char *wire;
		size_t size;
		const char *printed;
	} cases[] = {
		{ ".", WIRE(""), "." },
		{ "a", WIRE("\1a"), "a." },
		{ "a.", WIRE("\1a"), "a." },
		{ "WWW.Example.", WIRE("\3WWW\7Example"), "WWW.Example." },
		{ "web\\.x.default", WIRE("\5web.x\7default"), "web\\.x.default." },
		{ "\\a\\b", WIRE("\2ab"), "ab." },
		{ "\\097\\066", WIRE("\2aB"), "aB." },
		{ "\\000\\255", WIRE("\2\0\377"), "\\000\\255." },
		{ "\\046.\\.", WIRE("\1.\1."), "\\..\\.." },
		{ "back\\\\slash",
		  WIRE("\x0a"
		       "back\\slash"),
		  "back\\\\slash." },
		{ "a b\tc", WIRE("\5a b\tc"), "a\\032b\\009c." },
		{ "\xc3\xa4", WIRE("\2\xc3\xa4"), "\\195\\164." },
		{ "*._tcp.@.$x", WIRE("\1*\4_tcp\1@\2$x"), "*._tcp.\\@.\\$x." },
		{ "\"(;)\"", WIRE("\5\"(;)\""), "\\\"\\(\\;\\)\\\"." },
		{ "!#%&'+,-/09:<=>?[]^_`{|}~", WIRE("\x19!#%&'+,-/09:<=>?[]^_`{|}~"),
		  "!#%&'+,-/09:<=>?[]^_`{|}~." },
		{ "\\1234", WIRE("\2{4"), "{4." },
	};
#undef WIRE
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct name name = name_of(cases[i].text);
		assert_int_equal(name.size, cases[i].size);
		assert_memory_equal(name.wire, cases[i].wire, name.size);
		char printed[NAME_TEXT_SIZE];
		name_print(guarded(name.wire, name.size), printed);
		assert_string_equal(printed, cases[i].printed);
	}
}

static void text_that_is_no_name_is_refused_and_nothing_is_written(void **state)
{
	(void)state;
	static const char *const refused[] = {
		"",	 "..",	  ".a",	      "a..",   "a..b",	"...",	 "\\",
		"a.\\",	 "\\0",	  "\\00",     "\\1",   "\\12",	"\\1a2", "\\12a",
		"\\256", "\\999", "a\\300.b", "\\01.", "\\0.1",
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct name name = { .size = 77 }, before = name;
		bool taken = parse(refused[i], name.wire, &name.size);
		if (taken)
			print_error("taken: %s\n", refused[i]);
		assert_false(taken);
		assert_memory_equal(&name, &before, sizeof name);
	}
}

/* `count` labels of `size` octets and one of `last`, each octet written as `octet`. */
static const char *text_of_labels(size_t count, size_t size, size_t last, const char *octet)
{
	static char text[4 * 300 + 1];
	text[0] = 0;
	char *at = text;
	for (size_t label = 0; label <= count; label++) {
		for (size_t i = 0; i < (label < count ? size : last); i++)
			at = stpcpy(at, octet);
		at = stpcpy(at, label < count ? "." : "");
	}
	return text;
}

static void labels_end_at_63_and_names_at_255_octets(void **state)
{
	(void)state;
	static const struct {
		size_t count, size, last;
		bool good;
	} cases[] = {
		{ 0, 0, 63, true },   { 0, 0, 64, false },  { 3, 63, 61, true },
		{ 3, 63, 62, false }, { 3, 63, 63, false }, { 126, 1, 1, true },
		{ 126, 1, 2, false }, { 127, 1, 1, false }, { 1, 64, 1, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int dot = 0; dot < 2; dot++) {
			for (int escaped = 0; escaped < 2; escaped++) {
				char text[1300];
				stpcpy(stpcpy(text, text_of_labels(cases[i].count, cases[i].size,
								   cases[i].last,
								   escaped ? "\\001" : "x")),
				       dot ? "." : "");
				struct name name;
				assert_int_equal(parse(text, name.wire, &name.size), cases[i].good);
				if (cases[i].good)
					assert_int_equal(name_label_count(name.wire),
							 cases[i].count + 1);
			}
		}
	}
}

static void the_longest_text_of_a_name_fits(void **state)
{
	(void)state;
	struct name name = name_of(text_of_labels(3, 63, 61, "\\001"));
	char room[NAME_TEXT_SIZE] = { 0 };
	char *text = (char *)guarded(room, sizeof room);
	name_print(name.wire, text);
	assert_int_equal(strlen(text), 4 * (3 * 63 + 61) + 4);
}

static void names_of_any_octets_pass_through_ldns_unchanged(void **state)
{
	(void)state;
	uint64_t random = 0x853c49e6748fea9b;
	for (int i = 0; i < 5000; i++) {
		struct name name, back;
		name.size = (uint8_t)random_name(&random, name.wire);
		assert_int_equal(name_size(guarded(name.wire, name.size)), name.size);
		char text[NAME_TEXT_SIZE];
		name_print(name.wire, text);
		ldns_rdf *theirs = ldns_dname_new_frm_str(text);
		assert_non_null(theirs);
		assert_int_equal(ldns_rdf_size(theirs), name.size);
		assert_memory_equal(ldns_rdf_data(theirs), name.wire, name.size);
		assert_int_equal(name_label_count(name.wire), ldns_dname_label_count(theirs));
		char *their_text = ldns_rdf2str(theirs);
		assert_true(parse(their_text, back.wire, &back.size));
		assert_int_equal(back.size, name.size);
		assert_memory_equal(back.wire, name.wire, name.size);
		free(their_text);
		ldns_rdf_deep_free(theirs);
	}
}

static void random_text_is_a_name_exactly_where_ldns_says_so(void **state)
{
	(void)state;
	static const char alphabet[] = "ab.\\0129.-\\Z";
	uint64_t random = 0xda3e39cb94b95bdb;
	unsigned good = 0;
	for (int i = 0; i < 50000; i++) {
		char text[24];
		size_t size = 1 + random_below(&random, sizeof text - 1);
		for (size_t at = 0; at < size; at++)
			text[at] = alphabet[random_below(&random, sizeof alphabet - 1)];
		text[size] = 0;
		struct name name;
		bool ours = parse(text, name.wire, &name.size);
		ldns_rdf *theirs = ldns_dname_new_frm_str(text);
		if (ours != (theirs != NULL))
			print_error("%s: ours %d\n", text, ours);
		assert_int_equal(ours, theirs != NULL);
		if (ours) {
			assert_int_equal(name.size, ldns_rdf_size(theirs));
			assert_memory_equal(name.wire, ldns_rdf_data(theirs), name.size);
			good++;
		}
		ldns_rdf_deep_free(theirs);
	}
	assert_in_range(good, 5000, 45000);
}

static void lowering_folds_ascii_letters_only(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		uint8_t name[] = { 1, (uint8_t)octet, 0 };
		name_lower(name, sizeof name);
		assert_int_equal(name[0], 1);
		assert_int_equal(name[1], octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
		assert_int_equal(name[2], 0);
	}
}

static void names_are_equal_whatever_their_case(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ ".", ".", true },
		{ ".", "a.", false },
		{ "wWw.eXample.", "WwW.ExamplE.", true },
		{ "www.example.", "www.example.a.", false },
		{ "a.b.", "a\\.b.", false },
		{ "a.bc.", "ab.c.", false },
		{ "\\193.", "\\225.", false },
		{ "@.", "`.", false },
		{ "[.", "{.", false },
		{ "www.", "wwx.", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct name a = name_of(cases[i].a), b = name_of(cases[i].b);
		assert_int_equal(name_equal_fold(a.wire, b.wire), cases[i].equal);
		assert_int_equal(name_equal_fold(b.wire, a.wire), cases[i].equal);
	}
}

static void a_zone_ends_at_a_label_not_at_a_suffix(void **state)
{
	(void)state;
	static const struct {
		const char *name, *zone;
		bool under;
	} cases[] = {
		{ ".", ".", true },
		{ "a.", ".", true },
		{ ".", "a.", false },
		{ "cluster.local.", "cluster.local.", true },
		{ "x.cluster.local.", "Cluster.LOCAL.", true },
		{ "a.b.c.CLUSTER.local.", "cluster.local.", true },
		{ "xcluster.local.", "cluster.local.", false },
		{ "x\\.cluster.local.", "cluster.local.", false },
		{ "cluster.local.", "x.cluster.local.", false },
		{ "local.", "cluster.local.", false },
		{ "cluster.local.x.", "cluster.local.", false },
		/* a label whose octets look like the zone's wire form */
		{ "\\007cluster\\005local.", "cluster.local.", false },
		{ "a\\007cluster.local.", "cluster.local.", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct name name = name_of(cases[i].name), zone = name_of(cases[i].zone);
		assert_int_equal(name_is_under(name.wire, zone.wire), cases[i].under);
		ldns_rdf *their_name = ldns_dname_new_frm_str(cases[i].name),
			 *their_zone = ldns_dname_new_frm_str(cases[i].zone);
		bool theirs = ldns_dname_is_subdomain(their_name, their_zone) ||
			      ldns_dname_compare(their_name, their_zone) == 0;
		assert_int_equal(theirs, cases[i].under);
		ldns_rdf_deep_free(their_name);
		ldns_rdf_deep_free(their_zone);
	}
}

static void a_label_is_put_in_front_of_a_name(void **state)
{
	(void)state;
	struct name parent = name_of("default.svc."), name;
	assert_true(name_prepend("web.x", 5, parent.wire, name.wire, &name.size));
	struct name expected = name_of("web\\.x.default.svc.");
	assert_int_equal(name.size, expected.size);
	assert_memory_equal(name.wire, expected.wire, name.size);

	/* in place, and from the root on */
	name = name_of(".");
	assert_true(name_prepend("c", 1, name.wire, name.wire, &name.size));
	assert_true(name_prepend("bb", 2, name.wire, name.wire, &name.size));
	expected = name_of("bb.c.");
	assert_int_equal(name.size, expected.size);
	assert_memory_equal(name.wire, expected.wire, name.size);
}

static void a_label_that_breaks_a_limit_is_not_put_in_front(void **state)
{
	(void)state;
	static const char label[64] = "x";
	struct name root = name_of("."), longest = name_of(text_of_labels(3, 63, 59, "x")),
		    name = { .size = 77 };
	assert_false(name_prepend(label, 0, root.wire, name.wire, &name.size));
	assert_false(name_prepend(label, 64, root.wire, name.wire, &name.size));
	assert_false(name_prepend(label, SIZE_MAX, root.wire, name.wire, &name.size));
	assert_false(name_prepend(label, 2, longest.wire, name.wire, &name.size));
	assert_int_equal(name.size, 77);
	assert_true(name_prepend(label, 63, root.wire, name.wire, &name.size));
	assert_int_equal(name.size, 65);
	assert_true(name_prepend(label, 1, longest.wire, name.wire, &name.size));
	assert_int_equal(name.size, 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_wire_form_and_text_again),
		cmocka_unit_test(text_that_is_no_name_is_refused_and_nothing_is_written),
		cmocka_unit_test(labels_end_at_63_and_names_at_255_octets),
		cmocka_unit_test(the_longest_text_of_a_name_fits),
		cmocka_unit_test(names_of_any_octets_pass_through_ldns_unchanged),
		cmocka_unit_test(random_text_is_a_name_exactly_where_ldns_says_so),
		cmocka_unit_test(lowering_folds_ascii_letters_only),
		cmocka_unit_test(names_are_equal_whatever_their_case),
		cmocka_unit_test(a_zone_ends_at_a_label_not_at_a_suffix),
		cmocka_unit_test(a_label_is_put_in_front_of_a_name),
		cmocka_unit_test(a_label_that_breaks_a_limit_is_not_put_in_front),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
