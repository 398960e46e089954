/* SPDX-License-Identifier: Apache-2.0 */
/* notify -- a primary says that a zone has changed (RFC 1996) (private to the stage). */
#ifndef KNAMED_SERVE_NOTIFY_H
#define KNAMED_SERVE_NOTIFY_H

#include "query.h"

enum notify {
	NOTIFY_NOBODYS,	  /* it is none, or for no zone of a `secondary` */
	NOTIFY_STRANGERS, /* it is not from a primary of the zone */
	NOTIFY_TAKEN,
};
/* Looks at a packet that is no query. Unless it is nobody's, question becomes that of the NOTIFY, with its route. */
enum notify notify_take(struct asker *asker, struct question *question);

#endif
