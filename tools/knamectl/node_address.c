/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl node address`: addresses that are this node's alone, on an interface that leads nowhere. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "node.h"

enum { REQUEST_MOST = 1024 };
static const char KIND[] = "dummy";

/* A request about an interface: it can be added to, and is sent by ask(). */
struct request {
	_Alignas(NLMSG_ALIGNTO) uint8_t room[REQUEST_MOST];
	struct nlmsghdr *header;
	void *body;
};

static void start(struct request *request, uint16_t type, uint16_t flags, size_t body_size)
{
	memset(request->room, 0, sizeof(request->room));
	request->header = mnl_nlmsg_put_header(request->room);
	request->header->nlmsg_type = type;
	request->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	request->body = mnl_nlmsg_put_extra_header(request->header, body_size);
}

static int ask(struct netlink *netlink, struct request *request, const struct netlink_reader *reader)
{
	return netlink_ask(netlink, request->header, request->header->nlmsg_len, 1, reader);
}

/* ---- the interface ---- */

static int read_kind_of(const struct nlattr *attribute, void *context)
{
	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
	    strncmp(mnl_attr_get_payload(attribute), KIND, mnl_attr_get_payload_len(attribute)) == 0)
		*(bool *)context = true;
	return MNL_CB_OK;
}

static int read_link_info(const struct nlattr *attribute, void *context)
{
	if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
		return mnl_attr_parse_nested(attribute, read_kind_of, context);
	return MNL_CB_OK;
}

static int read_link(const struct nlmsghdr *message, void *context)
{
	return mnl_attr_parse(message, sizeof(struct ifinfomsg), read_link_info, context);
}

/* Whether it leads nowhere: nothing else may be taken away by a name. */
static bool is_dummy(struct netlink *netlink, const char *name)
{
	struct request request;
	bool answer = false;
	const struct netlink_reader reader = { .read = read_link, .context = &answer };
	start(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
	return ask(netlink, &request, &reader) == 0 && answer;
}

static bool make_link(struct netlink *netlink, const char *name, struct error *error)
{
	struct request request;
	start(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
	struct nlattr *info = mnl_attr_nest_start(request.header, IFLA_LINKINFO);
	mnl_attr_put_strz(request.header, IFLA_INFO_KIND, KIND);
	mnl_attr_nest_end(request.header, info);
	int failure = ask(netlink, &request, NULL);
	if (failure == EOPNOTSUPP)
		return error_set(error, "this kernel has no interfaces of type dummy (module dummy): "
					"--interface lo does without");
	return failure == 0 || failure == EEXIST || netlink_refused(error, name, failure);
}

/* Only an interface that is up takes what is sent to its addresses. */
static bool set_up(struct netlink *netlink, const char *name, struct error *error)
{
	struct request request;
	start(&request, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *link = request.body;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
	int failure = ask(netlink, &request, NULL);
	return failure == 0 || netlink_refused(error, name, failure);
}

static bool remove_link(struct netlink *netlink, const char *name, struct error *error)
{
	struct request request;
	if (if_nametoindex(name) == 0)
		return true;
	if (!is_dummy(netlink, name))
		return error_set(error,
				 "%s is no interface of type dummy: name the addresses to remove",
				 name);
	start(&request, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
	int failure = ask(netlink, &request, NULL);
	return failure == 0 || failure == ENODEV || netlink_refused(error, name, failure);
}

/* ---- its addresses ---- */

/* Of the host alone: nothing else is told of it or sends from it by itself. */
static int ask_address(struct netlink *netlink, unsigned link, const struct ip *ip, bool removes)
{
	struct request request;
	size_t size = ip->family == 6 ? 16 : 4;
	start(&request, removes ? RTM_DELADDR : RTM_NEWADDR,
	      removes ? 0 : NLM_F_CREATE | NLM_F_REPLACE, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *address = request.body;
	address->ifa_family = ip->family == 6 ? AF_INET6 : AF_INET;
	address->ifa_prefixlen = (uint8_t)(8 * size);
	address->ifa_flags = ip->family == 6 ? IFA_F_NODAD : 0;
	address->ifa_scope = RT_SCOPE_HOST;
	address->ifa_index = link;
	mnl_attr_put(request.header, IFA_LOCAL, size, ip->bytes);
	mnl_attr_put(request.header, IFA_ADDRESS, size, ip->bytes);
	return ask(netlink, &request, NULL);
}

static bool change_address(struct netlink *netlink, const struct node_options *options,
			   const struct ip *ip, struct error *error)
{
	char text[IP_TEXT_SIZE], what[IP_TEXT_SIZE + IFNAMSIZ + sizeof(" on ")];
	unsigned link = if_nametoindex(options->interface);
	ip_print(ip, text);
	snprintf(what, sizeof(what), "%s on %s", text, options->interface);
	if (link == 0)
		return options->removes || netlink_refused(error, options->interface, ENODEV);
	int failure = ask_address(netlink, link, ip, options->removes);
	if (options->removes && failure == EADDRNOTAVAIL)
		failure = 0;
	if (failure != 0)
		return netlink_refused(error, what, failure);
	printf(options->removes ? "%s: removed\n" : "%s\n", what);
	return true;
}

static bool prepare_link(struct netlink *netlink, const char *name, struct error *error)
{
	return (if_nametoindex(name) != 0 || make_link(netlink, name, error)) &&
	       set_up(netlink, name, error);
}

bool node_address(const struct node_options *options, struct error *error)
{
	struct netlink *netlink = netlink_open(NETLINK_ROUTE, error);
	if (netlink == NULL)
		return false;
	bool good = options->removes || prepare_link(netlink, options->interface, error);
	for (size_t i = 0; good && i < options->address_count; i++)
		good = change_address(netlink, options, &options->addresses[i], error);
	if (good && options->removes && options->address_count == 0) {
		good = remove_link(netlink, options->interface, error);
		if (good)
			printf("%s: removed\n", options->interface);
	}
	netlink_close(netlink);
	return good;
}
