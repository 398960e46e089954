/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

/* Key 00..0f over the inputs 00, 00 01, ...: from an implementation in another language that was
 * itself checked with the published vectors of SipHash-2-4. */
static void hashes_are_siphash_1_3(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		uint64_t hash;
	} vectors[] = {
		{ 0, 0xabac0158050fc4dc },  { 1, 0xc9f49bf37d57ca93 },	{ 2, 0x82cb9b024dc7d44d },
		{ 3, 0x8bf80ab8e7ddf7fb },  { 4, 0xcf75576088d38328 },	{ 5, 0xdef9d52f49533b67 },
		{ 6, 0xc50d2b50c59f22a7 },  { 7, 0xd3927d989bb11140 },	{ 8, 0x369095118d299a8e },
		{ 9, 0x25a48eb36c063de4 },  { 10, 0x79de85ee92ff097f }, { 11, 0x70c118c1f94dc352 },
		{ 12, 0x78a384b157b4d9a2 }, { 13, 0x306f760c1229ffa7 }, { 14, 0x605aa111c0f95d34 },
		{ 15, 0xd320d86d2a519956 }, { 16, 0xcc4fdd1a7d908b66 }, { 31, 0x2370dd1f8c21d1bc },
		{ 63, 0x9d199062b7bbb3a8 },
	};
	uint8_t bytes[16];
	struct hash_key key;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	memcpy(&key, bytes, sizeof(key));
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t *input = mem_alloc(
			vectors[i].size); /* exact, so that a sanitizer sees one byte too far */
		for (size_t at = 0; at < vectors[i].size; at++)
			input[at] = (uint8_t)at;
		assert_int_equal(hash_bytes(&key, input, vectors[i].size), vectors[i].hash);
		mem_free(input);
	}
}

static void another_key_gives_other_hashes(void **state)
{
	(void)state;
	struct hash_key a = hash_key_random(), b = hash_key_random();
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_true(hash_bytes(&a, "name", 4) != hash_bytes(&b, "name", 4));
}

static void random_bytes_fill_all_that_was_asked(void **state)
{
	(void)state;
	uint8_t bytes[100], any_set[100] = { 0 };
	for (int round = 0; round < 32; round++) {
		memset(bytes, 0, sizeof(bytes));
		random_bytes(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes); i++)
			any_set[i] |= bytes[i];
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_not_equal(any_set[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_siphash_1_3),
		cmocka_unit_test(another_key_gives_other_hashes),
		cmocka_unit_test(random_bytes_fill_all_that_was_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
