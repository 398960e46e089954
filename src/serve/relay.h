/* SPDX-License-Identifier: Apache-2.0 */
/* relay -- what others said, as records of our reply (private to the stage). */
#ifndef KNAMED_SERVE_RELAY_H
#define KNAMED_SERVE_RELAY_H

#include "reply.h"

/* Behind its own question the records are copied as they stand; behind another, or behind aliases of ours,
 * with their names written out. What does not fit is left out, with TC unless it is only additional. Sets rcode, AA, AD, RA. */
void relay_message(const struct question *question, struct reply *reply, struct outcome *outcome,
		   const struct dns_message *message);
/* Of records that stand behind the question already (size octets, counts in reply). */
void relay_settle(const struct question *question, struct reply *reply, uint32_t size);

#endif
