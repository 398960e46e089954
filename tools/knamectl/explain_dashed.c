/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "explain_objects.h"

bool explain_dashed(const char *label, struct ip *ret_ip)
{
	char text[PART_SIZE];
	unsigned dashes = 0, digits = 0;
	size_t size = strlen(label);
	if (size >= sizeof(text))
		return false;
	for (size_t i = 0; i < size; i++) {
		dashes += label[i] == '-';
		digits += isdigit((unsigned char)label[i]) != 0;
	}
	bool is_ipv4 = dashes == 3 && digits == size - 3;
	for (size_t i = 0; i <= size; i++)
		text[i] = (char)(label[i] != '-' ? label[i] : is_ipv4 ? '.' : ':');
	return ip_parse(text, ret_ip);
}
