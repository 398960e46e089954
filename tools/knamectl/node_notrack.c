/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl node notrack`: an nftables table of rules that keep DNS to and from some addresses away
 * from connection tracking. What is not tracked is not translated either, so that the cluster IP of
 * DNS can be an address of the node: kube-proxy's rules do not see what is sent there. The table is
 * written as a whole, in one transaction, whatever was in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include "node.h"

/* Before conntrack looks (its priority is -200), where iptables' table `raw` is as well. */
enum { PRIORITY_RAW = -300, BATCH_MOST = 1 << 16 };
static const char TABLE[] = "knamed";

/* Messages that the kernel takes all or none of. */
struct batch {
	_Alignas(NLMSG_ALIGNTO) uint8_t room[BATCH_MOST];
	size_t size;
	uint32_t sequence;
	size_t replies;
	struct nlmsghdr *message; /* the last one: it is added to until the next one is started */
};

static void finish(struct batch *batch)
{
	if (batch->message != NULL)
		batch->size += MNL_ALIGN(batch->message->nlmsg_len);
	batch->message = NULL;
}

static void start(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family)
{
	finish(batch);
	batch->message = mnl_nlmsg_put_header(batch->room + batch->size);
	batch->message->nlmsg_type = type;
	batch->message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	batch->message->nlmsg_seq = batch->sequence++;
	struct nfgenmsg *netfilter =
		mnl_nlmsg_put_extra_header(batch->message, sizeof(struct nfgenmsg));
	netfilter->nfgen_family = family;
	netfilter->version = NFNETLINK_V0;
	batch->replies += (flags & NLM_F_ACK) != 0;
}

static void bound(struct batch *batch, uint16_t type)
{
	start(batch, type, 0, AF_UNSPEC);
	struct nfgenmsg *netfilter = mnl_nlmsg_get_payload(batch->message);
	netfilter->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void change(struct batch *batch, uint16_t type, uint16_t flags)
{
	start(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags | NLM_F_ACK, NFPROTO_INET);
}

static void add_table(struct batch *batch)
{
	change(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	mnl_attr_put_strz(batch->message, NFTA_TABLE_NAME, TABLE);
	mnl_attr_put_u32(batch->message, NFTA_TABLE_FLAGS, 0);
}

static void delete_table(struct batch *batch)
{
	change(batch, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(batch->message, NFTA_TABLE_NAME, TABLE);
}

static void add_chain(struct batch *batch, const char *name, uint32_t hook)
{
	change(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_NAME, name);
	struct nlattr *nest = mnl_attr_nest_start(batch->message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(batch->message, NFTA_HOOK_HOOKNUM, htonl(hook));
	mnl_attr_put_u32(batch->message, NFTA_HOOK_PRIORITY, htonl((uint32_t)PRIORITY_RAW));
	mnl_attr_nest_end(batch->message, nest);
	mnl_attr_put_u32(batch->message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_TYPE, "filter");
}

/* ---- rules: each expression loads into register 1, or compares it ---- */

struct expression {
	struct nlattr *element, *data;
};

static struct expression open_expression(struct batch *batch, const char *name)
{
	struct expression expression;
	expression.element = mnl_attr_nest_start(batch->message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(batch->message, NFTA_EXPR_NAME, name);
	expression.data = mnl_attr_nest_start(batch->message, NFTA_EXPR_DATA);
	return expression;
}

static void close_expression(struct batch *batch, struct expression expression)
{
	mnl_attr_nest_end(batch->message, expression.data);
	mnl_attr_nest_end(batch->message, expression.element);
}

static void add_equal(struct batch *batch, const void *bytes, size_t size)
{
	struct expression expression = open_expression(batch, "cmp");
	mnl_attr_put_u32(batch->message, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(batch->message, NFTA_CMP_OP, htonl(NFT_CMP_EQ));
	struct nlattr *data = mnl_attr_nest_start(batch->message, NFTA_CMP_DATA);
	mnl_attr_put(batch->message, NFTA_DATA_VALUE, size, bytes);
	mnl_attr_nest_end(batch->message, data);
	close_expression(batch, expression);
}

static void add_meta_is(struct batch *batch, uint32_t key, uint8_t value)
{
	struct expression expression = open_expression(batch, "meta");
	mnl_attr_put_u32(batch->message, NFTA_META_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(batch->message, NFTA_META_KEY, htonl(key));
	close_expression(batch, expression);
	add_equal(batch, &value, sizeof(value));
}

static void add_payload_is(struct batch *batch, uint32_t base, uint32_t offset, const void *bytes,
			   size_t size)
{
	struct expression expression = open_expression(batch, "payload");
	mnl_attr_put_u32(batch->message, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(batch->message, NFTA_PAYLOAD_BASE, htonl(base));
	mnl_attr_put_u32(batch->message, NFTA_PAYLOAD_OFFSET, htonl(offset));
	mnl_attr_put_u32(batch->message, NFTA_PAYLOAD_LEN, htonl((uint32_t)size));
	close_expression(batch, expression);
	add_equal(batch, bytes, size);
}

struct rule {
	const char *chain;
	const struct ip *ip;
	uint8_t protocol;
	bool is_reply; /* from the address, not to it */
};

static void add_matches(struct batch *batch, const struct rule *rule)
{
	bool is_six = rule->ip->family == 6;
	uint32_t source = is_six ? 8 : 12;
	uint32_t size = is_six ? 16 : 4;
	uint16_t port = htons(NODE_PORT);
	add_meta_is(batch, NFT_META_NFPROTO, is_six ? NFPROTO_IPV6 : NFPROTO_IPV4);
	add_meta_is(batch, NFT_META_L4PROTO, rule->protocol);
	add_payload_is(batch, NFT_PAYLOAD_NETWORK_HEADER, rule->is_reply ? source : source + size,
		       rule->ip->bytes, size);
	add_payload_is(batch, NFT_PAYLOAD_TRANSPORT_HEADER, rule->is_reply ? 0 : 2, &port,
		       sizeof(port));
}

static void add_rule(struct batch *batch, const struct rule *rule)
{
	change(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	mnl_attr_put_strz(batch->message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(batch->message, NFTA_RULE_CHAIN, rule->chain);
	struct nlattr *nest = mnl_attr_nest_start(batch->message, NFTA_RULE_EXPRESSIONS);
	add_matches(batch, rule);
	struct nlattr *element = mnl_attr_nest_start(batch->message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(batch->message, NFTA_EXPR_NAME, "notrack");
	mnl_attr_nest_end(batch->message, element);
	mnl_attr_nest_end(batch->message, nest);
}

/* Pods come in by prerouting, the node's own processes by output; answers leave by output. */
static void add_rules(struct batch *batch, const struct ip *ip)
{
	static const char *const chains[] = { "prerouting", "output" };
	static const uint8_t protocols[] = { IPPROTO_UDP, IPPROTO_TCP };
	for (size_t chain = 0; chain < COUNT_OF(chains); chain++)
		for (size_t i = 0; i < COUNT_OF(protocols); i++)
			for (int reply = 0; reply < 2; reply++)
				add_rule(batch, &(struct rule){ .chain = chains[chain],
								.ip = ip,
								.protocol = protocols[i],
								.is_reply = reply == 1 });
}

static void write_batch(struct batch *batch, const struct node_options *options)
{
	bound(batch, NFNL_MSG_BATCH_BEGIN);
	add_table(batch); /* so that there is one to delete */
	delete_table(batch);
	if (!options->removes) {
		add_table(batch);
		add_chain(batch, "prerouting", NF_INET_PRE_ROUTING);
		add_chain(batch, "output", NF_INET_LOCAL_OUT);
		for (size_t i = 0; i < options->address_count; i++)
			add_rules(batch, &options->addresses[i]);
	}
	bound(batch, NFNL_MSG_BATCH_END);
	finish(batch);
}

bool node_notrack(const struct node_options *options, struct error *error)
{
	struct netlink *netlink = netlink_open(NETLINK_NETFILTER, error);
	if (netlink == NULL)
		return false;
	struct batch *batch = mem_zalloc(sizeof(*batch));
	write_batch(batch, options);
	int failure = netlink_ask(netlink, batch->room, batch->size, batch->replies, NULL);
	mem_free(batch);
	netlink_close(netlink);
	if (failure != 0)
		return netlink_refused(error, "the nftables table inet knamed", failure);
	printf("the nftables table inet knamed: %s\n", options->removes ? "removed" : "written");
	return true;
}
