/* SPDX-License-Identifier: Apache-2.0 */
/* How a reply goes back that is not sent at once (private to the stage). */
#ifndef KNAMED_SERVE_WAY_BACK_H
#define KNAMED_SERVE_WAY_BACK_H

#include "knamed/serve.h"

#include "listen.h"

struct connection;
struct msghdr;

struct way_back {
	int fd;			       /* of UDP */
	const struct msghdr *message;  /* its address and control data are copied */
	struct packet_info *info;      /* of it; addresses only where all questions want them */
	struct connection *connection; /* of TCP; NULL: UDP */
};

/* Who asked, and whom: as a message on a socket of that place tells it. */
void way_back_addresses(const struct msghdr *message, const struct place *place,
			struct packet_info *ret_info);

#endif
