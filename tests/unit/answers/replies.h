/* SPDX-License-Identifier: Apache-2.0 */
/* Replies compared: the same records in each section, in whatever order, but for the serial. */
#ifndef KNAMED_TESTS_REPLIES_H
#define KNAMED_TESTS_REPLIES_H

#include "asking.h"

/* Overwrites the serial of the SOA that a reply ends in. */
void reply_hide_serial(struct octets *octets);
bool replies_equal(const struct octets *a, const struct octets *b);

#endif
