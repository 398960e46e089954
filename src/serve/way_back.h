/* SPDX-License-Identifier: Apache-2.0 */
/* How a reply goes back that is not sent at once (private to the stage). */
#ifndef KNAMED_SERVE_WAY_BACK_H
#define KNAMED_SERVE_WAY_BACK_H

struct connection;
struct msghdr;

struct way_back {
	int fd;			       /* of UDP */
	const struct msghdr *message;  /* its address and control data are copied */
	struct connection *connection; /* of TCP; NULL: UDP */
};

#endif
