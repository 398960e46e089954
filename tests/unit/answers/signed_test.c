/* SPDX-License-Identifier: Apache-2.0 */
/* A zone that ldns has signed: ldns must find every signature good and every denial proven. */
#include "zones.h"

static ldns_rr_list *keys; /* DNSKEY */

static ldns_key_list *keys_new(ldns_dnssec_zone *zone)
{
	ldns_key_list *list = ldns_key_list_new();
	ldns_key *key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256);
	ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("example."));
	ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
	ldns_key_list_push_key(list, key);
	ldns_rr *rr = ldns_key2rr(key);
	ldns_key_set_keytag(key, ldns_calc_keytag(rr));
	ldns_dnssec_zone_add_rr(zone, rr);
	keys = ldns_rr_list_new();
	ldns_rr_list_push_rr(keys, ldns_rr_clone(rr));
	return list;
}

/* The text of the zone, signed. Caller frees. */
static char *sign(const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	ldns_rdf *origin = ldns_dname_new_frm_str("example.");
	ldns_dnssec_zone *zone = NULL;
	int line = 0;
	assert_int_equal(ldns_dnssec_zone_new_frm_fp_l(&zone, in, origin, 300, LDNS_RR_CLASS_IN, &line),
			 LDNS_STATUS_OK);
	fclose(in);
	ldns_key_list *list = keys_new(zone);
	ldns_rr_list *added = ldns_rr_list_new();
	assert_int_equal(ldns_dnssec_zone_mark_glue(zone), LDNS_STATUS_OK);
	assert_int_equal(ldns_dnssec_zone_sign(zone, added, list,
					       ldns_dnssec_default_replace_signatures, NULL),
			 LDNS_STATUS_OK);
	char *signed_text = NULL;
	size_t size;
	FILE *out = open_memstream(&signed_text, &size);
	ldns_dnssec_zone_print(out, zone);
	fclose(out);
	ldns_rr_list_free(added);
	ldns_key_list_free(list);
	ldns_dnssec_zone_deep_free(zone);
	ldns_rdf_deep_free(origin);
	return signed_text;
}

static struct shop shop;

static int open_signed(void **state)
{
	(void)state;
	char *text = sign(
		"$ORIGIN example.\n$TTL 300\n" SOA
		"@ NS ns\nns A 10.0.0.1\na.b.c A 10.0.0.2\n*.w TXT wild\nx.y.w TXT x\n*.v CNAME ns\nalias CNAME ns\n"
		"safe NS ns.safe\nsafe DS 1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
		"ns.safe A 10.0.0.3\nopen NS ns.out.\nd DNAME ns.out.\nmail MX 1 ns\n");
	shop = open_shop(text);
	free(text);
	return 0;
}

static int close_signed(void **state)
{
	(void)state;
	close_shop(&shop);
	ldns_rr_list_deep_free(keys);
	return 0;
}

static bool is_signature_of(const ldns_rr *rr, const ldns_rr *of)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
	       ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == ldns_rr_get_type(of) &&
	       ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(of)) == 0;
}

/* The set that `of` belongs to, or its signatures. */
static ldns_rr_list *pick(const ldns_rr_list *section, const ldns_rr *of, bool signatures)
{
	ldns_rr_list *list = ldns_rr_list_new();
	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		ldns_rr *rr = ldns_rr_list_rr(section, i);
		bool is_in_set = ldns_rr_get_type(rr) == ldns_rr_get_type(of) &&
				 ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(of)) == 0;
		if (signatures ? is_signature_of(rr, of) : is_in_set)
			ldns_rr_list_push_rr(list, ldns_rr_clone(rr));
	}
	return list;
}

static bool is_signed(const ldns_rr_list *section, const ldns_rr *rr)
{
	ldns_rr_list *set = pick(section, rr, false), *signatures = pick(section, rr, true),
		     *good = ldns_rr_list_new();
	bool is_good = ldns_rr_list_rr_count(signatures) > 0 &&
		       ldns_verify(set, signatures, keys, good) == LDNS_STATUS_OK;
	ldns_rr_list_deep_free(set);
	ldns_rr_list_deep_free(signatures);
	ldns_rr_list_free(good);
	return is_good;
}

/* "TYPE owner": of records, "!" in front of what has no good signature, sorted. */
static void describe(char *text, size_t room, const ldns_rr_list *section, const char *title)
{
	char *words[64];
	size_t count = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		ldns_rr *rr = ldns_rr_list_rr(section, i);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG)
			continue;
		char *owner = ldns_rdf2str(ldns_rr_owner(rr)),
		     *type = ldns_rr_type2str(ldns_rr_get_type(rr));
		struct text word = { 0 };
		text_printf(&word, "%s%s %s", is_signed(section, rr) ? "" : "!", type, owner);
		words[count++] = word.data;
		free(owner);
		free(type);
	}
	qsort(words, count, sizeof *words, by_text);
	append(text, room, count > 0 ? title : "");
	for (size_t i = 0; i < count; i++) {
		append(text, room, words[i]);
		append(text, room, "\n");
		mem_free(words[i]);
	}
}

static ldns_status denial_status(const struct asked *asked)
{
	ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(asked->packet), 0);
	ldns_rr_list *nsecs =
		ldns_pkt_rr_list_by_type(asked->packet, LDNS_RR_TYPE_NSEC, LDNS_SECTION_AUTHORITY);
	ldns_rr_list *signatures =
		ldns_pkt_rr_list_by_type(asked->packet, LDNS_RR_TYPE_RRSIG, LDNS_SECTION_AUTHORITY);
	ldns_status status = nsecs == NULL ? LDNS_STATUS_ERR
					   : ldns_dnssec_verify_denial(question, nsecs, signatures);
	ldns_rr_list_deep_free(nsecs);
	ldns_rr_list_deep_free(signatures);
	return status;
}

static void expect_signed(const char *name, const char *type, const char *text)
{
	char got[4096];
	asking_dnssec = true;
	struct asked asked = ask(shop.answers, shop.catalog, name, type, 0);
	asking_dnssec = false;
	snprintf(got, sizeof got, "%s\n", kind_names[asked.kind]);
	describe(got, sizeof got, ldns_pkt_answer(asked.packet), "");
	describe(got, sizeof got, ldns_pkt_authority(asked.packet), "--\n");
	describe(got, sizeof got, ldns_pkt_additional(asked.packet), "++\n");
	assert_string_equal(got, text);
	bool is_denial = asked.kind == ANSWER_NO_DATA || asked.kind == ANSWER_NO_NAME;
	if (is_denial &&
	    strstr(text, "NSEC alias.example.") == NULL) /* of empty names ldns knows nothing */
		assert_int_equal(denial_status(&asked), LDNS_STATUS_OK);
	ldns_pkt_free(asked.packet);
}

static void records_come_with_their_signatures(void **state)
{
	(void)state;
	expect_signed("ns.example.", "A", "FOUND\nA ns.example.\n");
	expect_signed("NS.example.", "A", "FOUND\nA NS.example.\n");
	expect_signed("example.", "SOA", "FOUND\nSOA example.\n");
	expect_signed("example.", "DNSKEY", "FOUND\nDNSKEY example.\n");
	expect_signed("example.", "NS", "FOUND\nNS example.\n");
	expect_signed("mail.example.", "MX", "FOUND\nMX mail.example.\n");
	expect_signed("ns.example.", "NSEC", "FOUND\nNSEC ns.example.\n");
	expect_signed("alias.example.", "A", "ALIAS\nCNAME alias.example.\n");
	expect_signed("alias.example.", "NSEC", "FOUND\nNSEC alias.example.\n");
}

static void who_does_not_ask_sees_no_signatures(void **state)
{
	(void)state;
	expect(&shop, "ns.example.", "A", "FOUND\nns.example. 300 A 10.0.0.1\n");
	expect(&shop, "alias.example.", "A", "ALIAS\nalias.example. 300 CNAME ns.example.\n");
	expect(&shop, "mail.example.", "MX",
	       "FOUND\nmail.example. 300 MX 1 ns.example.\n++\nns.example. 300 A 10.0.0.1\n");
	expect(&shop, "x.example.", "A", NO_NAME);
	expect(&shop, "c.example.", "A", NO_DATA);
	expect(&shop, "open.example.", "A", "REFERRAL\n--\nopen.example. 300 NS ns.out.\n");
}

static void what_is_not_there_is_proven(void **state)
{
	(void)state;
	expect_signed("nt.example.", "A",
		      "NO_NAME\n--\nNSEC example.\nNSEC ns.example.\nSOA example.\n");
	expect_signed("aaa.example.", "A", "NO_NAME\n--\nNSEC example.\nSOA example.\n");
	expect_signed("a.b.ns.example.", "A", "NO_NAME\n--\nNSEC ns.example.\nSOA example.\n");
	expect_signed("ns.example.", "AAAA", "NO_DATA\n--\nNSEC ns.example.\nSOA example.\n");
	expect_signed("example.", "TXT", "NO_DATA\n--\nNSEC example.\nSOA example.\n");
}

static void empty_names_are_proven_by_the_name_before(void **state)
{
	(void)state;
	expect_signed("c.example.", "A", "NO_DATA\n--\nNSEC alias.example.\nSOA example.\n");
	expect_signed("b.c.example.", "A", "NO_DATA\n--\nNSEC alias.example.\nSOA example.\n");
}

static void wildcards_prove_that_nothing_is_closer(void **state)
{
	(void)state;
	expect_signed("q.w.example.", "TXT", "FOUND\nTXT q.w.example.\n--\nNSEC *.w.example.\n");
	expect_signed("q.w.example.", "A", "NO_DATA\n--\nNSEC *.w.example.\nSOA example.\n");
	expect_signed("z.w.example.", "A",
		      "NO_DATA\n--\nNSEC *.w.example.\nNSEC x.y.w.example.\nSOA example.\n");
	expect_signed("q.v.example.", "A", "FOUND\nCNAME q.v.example.\n--\nNSEC *.v.example.\n");
	expect_signed("a.x.y.w.example.", "A", "NO_NAME\n--\nNSEC x.y.w.example.\nSOA example.\n");
}

static void delegations_are_signed_or_proven_not_to_be(void **state)
{
	(void)state;
	expect_signed("www.safe.example.", "A",
		      "REFERRAL\n--\n!NS safe.example.\nDS safe.example.\n++\n!A ns.safe.example.\n");
	expect_signed("www.open.example.", "A",
		      "REFERRAL\n--\n!NS open.example.\nNSEC open.example.\n");
	expect_signed("safe.example.", "DS", "FOUND\nDS safe.example.\n");
	expect_signed("open.example.", "DS", "NO_DATA\n--\nNSEC open.example.\nSOA example.\n");
}

static void a_dname_is_signed_and_its_alias_is_not(void **state)
{
	(void)state;
	expect_signed("x.d.example.", "A", "ALIAS\n!CNAME x.d.example.\nDNAME d.example.\n");
	expect_signed("d.example.", "A", "NO_DATA\n--\nNSEC d.example.\nSOA example.\n");
}

static void a_proof_that_does_not_fit_sets_tc(void **state)
{
	(void)state;
	asking_dnssec = true;
	struct asked asked = ask(shop.answers, shop.catalog, "nt.example.", "A", 200);
	asking_dnssec = false;
	assert_true(asked.truncated);
	ldns_pkt_free(asked.packet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_with_their_signatures),
		cmocka_unit_test(who_does_not_ask_sees_no_signatures),
		cmocka_unit_test(what_is_not_there_is_proven),
		cmocka_unit_test(empty_names_are_proven_by_the_name_before),
		cmocka_unit_test(wildcards_prove_that_nothing_is_closer),
		cmocka_unit_test(delegations_are_signed_or_proven_not_to_be),
		cmocka_unit_test(a_dname_is_signed_and_its_alias_is_not),
		cmocka_unit_test(a_proof_that_does_not_fit_sets_tc),
	};
	return cmocka_run_group_tests(tests, open_signed, close_signed);
}
