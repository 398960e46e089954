/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as zones: 10.0.0.0/24 is 0.0.10.in-addr.arpa., 10.0.0.0/23 is two zones of /24 each. A
 * "digit" here is what one label of a reverse name holds: an octet of IPv4, a nibble of IPv6. */
#include <string.h>

#include "list.h"
#include "zone.h"

enum { DIGITS_MAX = 32 };

static void read_digits(const struct ip *net, unsigned digits[DIGITS_MAX])
{
	for (size_t i = 0; i < 16; i++) {
		if (net->family == 4) {
			digits[i] = net->bytes[i];
		} else {
			digits[2 * i] = net->bytes[i] >> 4;
			digits[2 * i + 1] = net->bytes[i] & 0xf;
		}
	}
}

static void zone_add(struct arena *arena, unsigned family, const unsigned *digits, unsigned count,
		     struct words *zones)
{
	struct text name = { 0 };
	for (unsigned i = count; i > 0; i--)
		text_printf(&name, family == 4 ? "%u." : "%x.", digits[i - 1]);
	text_add(&name, family == 4 ? "in-addr.arpa." : "ip6.arpa.");
	words_add(arena, zones, name.data);
	text_done(&name);
}

void zones_of_network(struct arena *arena, const struct ip *net, unsigned bits, struct words *zones)
{
	unsigned width = net->family == 4 ? 8 : 4;
	unsigned count = (bits + width - 1) / width;
	unsigned several = 1u << (count * width - bits); /* values that the last digit takes */
	unsigned digits[DIGITS_MAX] = { 0 };
	read_digits(net, digits);
	if (count > 0)
		digits[count - 1] &= ~(several - 1);
	for (unsigned i = 0; i < several; i++) {
		zone_add(arena, net->family, digits, count, zones);
		if (count > 0)
			digits[count - 1]++;
	}
}
