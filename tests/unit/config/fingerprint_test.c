/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of the parsed Corefile: of which text it is, and sums that CoreDNS 1.15.0 printed. */
#include <openssl/evp.h>

#include "fingerprint.h"
#include "reading.h"

static char *parse_and_sum(struct arena *arena, const char *text)
{
	struct corefile corefile;
	struct error error = { 0 };

	if (!corefile_parse(arena, "Corefile", text, strlen(text), &corefile, &error))
		fail_msg("%s", error.text);
	return corefile_sha512(arena, &corefile);
}

static void assert_sum_of(const char *corefile, const char *json)
{
	struct arena *arena = arena_new();
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned size = 0;

	assert_int_equal(EVP_Digest(json, strlen(json), sum, &size, EVP_sha512(), NULL), 1);
	for (unsigned i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(parse_and_sum(arena, corefile), hex);
	arena_free(arena);
}

static void the_digest_is_of_keys_and_tokens_with_their_lines(void **state)
{
	(void)state;
	assert_sum_of("", "null");
	assert_sum_of("a b:53 {\n}\n", "[{\"Keys\":[\"a\",\"b:53\"],\"Tokens\":{}}]");
	assert_sum_of(". {\n log\n}\nb {\n}\n", "[{\"Keys\":[\".\"],\"Tokens\":{\"log\":[{\"File\":"
						"\"\",\"Line\":2,\"Text\":\"log\"}]}},"
						"{\"Keys\":[\"b\"],\"Tokens\":{}}]");
}

static void directives_are_in_the_order_of_their_names(void **state)
{
	(void)state;
	assert_sum_of(". {\n whoami\n log x\n log y\n}\n",
		      "[{\"Keys\":[\".\"],\"Tokens\":{\"log\":[{\"File\":\"\",\"Line\":3,\"Text\":"
		      "\"log\"},"
		      "{\"File\":\"\",\"Line\":3,\"Text\":\"x\"},{\"File\":\"\",\"Line\":4,"
		      "\"Text\":\"log\"},"
		      "{\"File\":\"\",\"Line\":4,\"Text\":\"y\"}],"
		      "\"whoami\":[{\"File\":\"\",\"Line\":2,\"Text\":\"whoami\"}]}}]");
}

static void text_is_escaped_as_go_does_it(void **state)
{
	(void)state;
	assert_sum_of("\"<&>\" \"a\\\"b\\\" \xc3\xa9 \xe2\x80\xa8\xe2\x80\xa9 \xe2\x80\xa7 "
		      "\x01\x7f\t\r\n\b\f\"",
		      "[{\"Keys\":[\"\\u003c\\u0026\\u003e\",\"a\\\"b\\\" \xc3\xa9 \\u2028\\u2029 "
		      "\xe2\x80\xa7 "
		      "\\u0001\x7f\\t\\r\\n\\b\\f\"],\"Tokens\":{}}]");
	assert_sum_of("\"\\\\\"", "[{\"Keys\":[\"\\\\\\\\\"],\"Tokens\":{}}]");
}

static void imported_tokens_name_their_file(void **state)
{
	char json[512];

	write_file("part", "\nlog\n");
	snprintf(json, sizeof(json),
		 "[{\"Keys\":[\".\"],\"Tokens\":{\"log\":[{\"File\":\"%s/part\",\"Line\":2,\"Text\":\"log\"}]}}]",
		 (const char *)*state);
	assert_sum_of(". {\n import part\n}\n", json);
}

static void the_sums_are_those_of_coredns(void **state)
{
	(void)state;
	static const struct bad printed[] = {
		{ ".:15400 {\n"
		  "    errors\n"
		  "    whoami\n"
		  "    reload\n"
		  "}\n",
		  "40c76ac5fffbbc834d4ec33d0303a0c9483c33de54fcec9e10435071acf2acf2"
		  "21a42ac390df5886188a9bc6a2c1ac144a3c9744ea4ede9697ee659cbfc18da7" },
		{ "(common) {\n"
		  "    errors\n"
		  "    log . \"{remote} <{name}>\" {\n"
		  "        class denial error\n"
		  "    }\n"
		  "}\n"
		  "example.org:15400, 10.0.0.0/23:15400 {\n"
		  "    import common\n"
		  "    reload 30s\n"
		  "    whoami # a comment\n"
		  "}\n"
		  ".:15401\n",
		  "94a36984dcce9788d9ab0291d6dee0b99389b45840c6388e71f46fa73a2ae537"
		  "69b7bde8a457e0e4b134374e57669ce77905c12011f85668979b3302db0f46cc" },
	};

	for (size_t i = 0; i < COUNT_OF(printed); i++) {
		struct arena *arena = arena_new();
		assert_string_equal(parse_and_sum(arena, printed[i].text), printed[i].sentence);
		arena_free(arena);
	}
}

static void a_config_has_the_sum_of_its_corefile(void **state)
{
	(void)state;
	struct config *config = read_good("a {\n}\n"), *same = read_good("a { \n# no token\n}\n"),
		      *other = read_good("\na {\n}\n");

	assert_int_equal(strlen(config->sha512), 128);
	assert_string_equal(config->sha512, same->sha512);
	assert_string_equal(config->sha512, other->sha512); /* keys have no lines */
	config_free(other);
	other = read_good("b {\n}\n");
	assert_string_not_equal(config->sha512, other->sha512);
	config_free(config);
	config_free(same);
	config_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_digest_is_of_keys_and_tokens_with_their_lines),
		cmocka_unit_test(directives_are_in_the_order_of_their_names),
		cmocka_unit_test(text_is_escaped_as_go_does_it),
		cmocka_unit_test_setup_teardown(imported_tokens_name_their_file, directory_setup,
						directory_teardown),
		cmocka_unit_test(the_sums_are_those_of_coredns),
		cmocka_unit_test(a_config_has_the_sum_of_its_corefile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
