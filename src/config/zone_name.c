/* SPDX-License-Identifier: Apache-2.0 */
/* Zone names as text. They are compared as strings everywhere, so each name has one spelling only. */
#include <string.h>

#include "zone.h"

enum { LABEL_MAX = 63, NAME_MAX_OCTETS = 255 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One octet of a label, escaped or not; moves *text behind it. */
static bool read_octet(const char **text, unsigned char *ret_octet)
{
	const char *at = *text;
	if (at[0] != '\\') {
		*ret_octet = (unsigned char)at[0];
		*text = at + 1;
		return true;
	}
	if (!is_digit(at[1])) {
		*ret_octet = (unsigned char)at[1];
		*text = at + 2;
		return at[1] != 0;
	}
	if (!is_digit(at[2]) || !is_digit(at[3]))
		return false;
	int value = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
	*ret_octet = (unsigned char)value;
	*text = at + 4;
	return value <= 255;
}

/* The letters that stand for themselves in zone files and logs. */
static void print_octet(struct text *name, unsigned char octet)
{
	if (octet >= 'A' && octet <= 'Z')
		octet = (unsigned char)(octet + ('a' - 'A'));
	if (octet <= ' ' || octet > '~')
		text_printf(name, "\\%03u", octet);
	else if (strchr(".\\;()\"@$", octet) != NULL)
		text_printf(name, "\\%c", octet);
	else
		text_add_n(name, &octet, 1);
}

static bool read_label(const char **text, struct text *name, size_t *octets)
{
	size_t size = 0;
	for (; **text != 0 && **text != '.'; size++) {
		unsigned char octet;
		if (!read_octet(text, &octet))
			return false;
		print_octet(name, octet);
	}
	*octets += size + 1;
	*text += **text == '.';
	text_add(name, ".");
	return size > 0 && size <= LABEL_MAX && *octets <= NAME_MAX_OCTETS;
}

char *config_zone_text(struct arena *arena, const char *text)
{
	if (strcmp(text, ".") == 0)
		return arena_text(arena, text, 1);
	struct text name = { 0 };
	size_t octets = 1; /* the root's */
	bool good = *text != 0;
	while (good && *text != 0)
		good = read_label(&text, &name, &octets);
	char *zone = good ? arena_text(arena, name.data, name.size) : NULL;
	text_done(&name);
	return zone;
}

bool zone_is_below(const char *zone, const char *above)
{
	size_t size = strlen(zone), above_size = strlen(above);
	if (strcmp(above, ".") == 0)
		return true;
	return size >= above_size && strcmp(zone + size - above_size, above) == 0 &&
	       (size == above_size || zone[size - above_size - 1] == '.');
}
