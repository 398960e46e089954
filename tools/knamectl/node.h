/* SPDX-License-Identifier: Apache-2.0 */
/* What `knamectl node` has in common: the addresses that it is told, and its talk with the kernel. */
#ifndef KNAMECTL_NODE_H
#define KNAMECTL_NODE_H

#include <linux/netlink.h>

#include "knamed/base.h"

enum { NODE_ADDRESSES_MOST = 8, NODE_PORT = 53 };
struct node_options {
	struct ip addresses[NODE_ADDRESSES_MOST];
	size_t address_count;
	const char *interface;
	bool removes;
	bool stays; /* does not end by itself: in a pod that must not start anew */
};
enum node_verdict { NODE_RUN, NODE_HELP, NODE_BAD };
/* argv[0] is the word behind `node`. */
enum node_verdict node_options_read(int argc, char **argv, struct node_options *ret_options,
				    struct error *error);
const char *node_usage(void);

/* ---- node_netlink.c ---- */

struct netlink;
struct netlink *netlink_open(int bus, struct error *error);
void netlink_close(struct netlink *netlink); /* NULL is fine */
/* What the kernel hands over for a request that asks for something. */
struct netlink_reader {
	int (*read)(const struct nlmsghdr *message, void *context); /* as libmnl's callbacks */
	void *context;
};
/* Sends messages and reads what comes back for each that wants it (`replies` in all). 0, or the
 * errno that the kernel refused the first with. */
int netlink_ask(struct netlink *netlink, const void *messages, size_t size, size_t replies,
		const struct netlink_reader *reader);
/* "WHAT: Operation not permitted (it needs the capability NET_ADMIN)"; always false. */
bool netlink_refused(struct error *error, const char *what, int number);

/* ---- the commands ---- */

bool node_address(const struct node_options *options, struct error *error); /* node_address.c */
bool node_notrack(const struct node_options *options, struct error *error); /* node_notrack.c */

#endif
