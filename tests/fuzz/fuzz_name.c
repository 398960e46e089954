/* SPDX-License-Identifier: Apache-2.0 */
/* Names as text (in configuration, zone files and on command lines), and reverse names. What is read
 * prints and reads back; the parts of a name make up the name. The octets are read as an address too. */
#include "knamed/dns.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_text(const uint8_t *name, size_t size)
{
	char text[NAME_TEXT_SIZE];
	uint8_t back[DNS_NAME_MAX], back_size;
	name_print(name, text);
	assert(name_parse(text, back, &back_size));
	assert(back_size == size && memcmp(back, name, size) == 0);
	text[strlen(text) - 1] =
		0; /* the same without its final dot; the root is nothing without it */
	assert(name_parse(text, back, &back_size) == (size > 1));
	assert(back_size == size && memcmp(back, name, size) == 0);
}

static void check_labels(const uint8_t *name, size_t size)
{
	unsigned count = name_label_count(name);
	for (const uint8_t *parent = name; *parent != 0; parent += *parent + 1) {
		uint8_t built[DNS_NAME_MAX], built_size;
		assert(name_prepend(parent + 1, *parent, parent + *parent + 1, built, &built_size));
		assert(built_size == name_size(parent) && memcmp(built, parent, built_size) == 0);
		assert(name_is_under(name, parent) &&
		       name_equal_fold(name, parent) == (parent == name));
		assert(parent == name || !name_is_under(parent, name));
		count--;
	}
	assert(count == 0 && name_size(name) == size && name_is_under(name, (const uint8_t *)""));

	uint8_t other[DNS_NAME_MAX], other_size;
	memcpy(other, name, size);
	if (size > 1) /* another octet in front */
		other[1] = other[1] == '0' ? '1' : '0';
	assert(name_equal_fold(other, name) == (size == 1));

	static const uint8_t label[DNS_LABEL_MAX];
	assert(name_prepend(label, sizeof label, name, other, &other_size) ==
	       (size + 1 + sizeof label <= DNS_NAME_MAX));
}

static void check_reverse(const uint8_t *name, size_t size)
{
	uint8_t lower[DNS_NAME_MAX], back[DNS_NAME_MAX], back_size;
	memcpy(lower, name, size);
	name_lower(lower, size);
	assert(name_equal_fold(lower, name));
	struct reverse_name reverse;
	if (!name_read_reverse(lower, &reverse))
		return;
	unsigned all = reverse.ip.family == 4 ? 4 : 32, bits = reverse.ip.family == 4 ? 8 : 4;
	assert(reverse.parts <= all && reverse.full == (reverse.parts == all));
	name_of_cidr(&reverse.ip, reverse.parts * bits, back, &back_size);
	assert(back_size == size && memcmp(back, lower, size) == 0);
}

static void check_address(const uint8_t *data, size_t size)
{
	struct ip ip = { .family = size % 2 == 0 ? 4 : 6 };
	memcpy(ip.bytes, data, ip.family == 4 ? 4 : 16);
	uint8_t name[DNS_NAME_MAX], name_size;
	struct reverse_name reverse;
	name_of_ptr(&ip, name, &name_size);
	assert(name_read_reverse(name, &reverse) && reverse.full);
	assert(memcmp(&reverse.ip, &ip, sizeof ip) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = 0;
	uint8_t name[DNS_NAME_MAX], wire_size;
	if (name_parse(text, name, &wire_size)) {
		check_text(name, wire_size);
		check_labels(name, wire_size);
		check_reverse(name, wire_size);
	}
	free(text);
	if (size >= 16)
		check_address(data, size);
	return 0;
}
