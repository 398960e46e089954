/* SPDX-License-Identifier: Apache-2.0 */
/* fold -- ASCII case of octets. A length octet (at most 63) is never in 'A'..'Z', so whole wire
 * names can be folded without looking for their labels. */
#ifndef KNAMED_DNS_FOLD_H
#define KNAMED_DNS_FOLD_H

#include <stddef.h>
#include <stdint.h>

static inline uint8_t octet_lower(uint8_t octet)
{
	return octet + (uint8_t)(((uint8_t)(octet - 'A') < 26) << 5);
}

#endif
