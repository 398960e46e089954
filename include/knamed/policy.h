/* SPDX-License-Identifier: Apache-2.0 */
/* policy -- what the Corefile asks per query beside the data.
 *
 *   above: local, chaos, then those that ask questions of their own (dns64, rewrite, autopath)
 *   gate:  acl, header                 front: template, hosts
 *   (the data: kubernetes, file, auto) after: whoami
 *
 * A block without such a directive has no policy at all (NULL), and its queries pay nothing. A policy is compiled
 * once from the config; query threads read it. What it has of files is replaced as a whole when they change. */
#ifndef KNAMED_POLICY_H
#define KNAMED_POLICY_H

#include "knamed/answers.h"
#include "knamed/config.h"
#include "knamed/observe.h"

struct policy;
/* What a block's policy is made of. All is borrowed and must outlive it. */
struct policy_options {
	const struct config_block *block;
	const char *version;       /* what `chaos` says without an argument */
	struct event_base *events; /* of the control thread: files are followed on it; NULL: read once */
	struct metrics *metrics;
};
/* *ret_policy is NULL if the block asks for nothing. False and error if a directive cannot be set up. */
bool policy_compile(const struct policy_options *options, struct policy **ret_policy, struct error *error);
/* What is on the page of metrics whether a block has the directive or not, until context is withdrawn. */
void policy_declare(struct metrics *metrics, void *context);
/* On the control thread, when no query thread reads it any more. */
void policy_free(struct policy *policy);

/* Which of a block's directives may have a say in a name: asked once for each zone, when routes are compiled. Names of a
 * zone that nothing touches are answered as if the block had no such directive. */
enum policy_touch { TOUCH_ABOVE = 1, TOUCH_GATE = 2, TOUCH_FRONT = 4 };
unsigned policy_touches(const struct policy *policy, const uint8_t *zone);

/* ---- metadata: facts about a question, by the label that CoreDNS' plugins give them ---- */
enum metadata_label {
	METADATA_CLIENT_NAMESPACE, METADATA_CLIENT_POD, /* kubernetes/client-...: with `pods verified` alone */
	METADATA_CLUSTER, METADATA_ENDPOINT, METADATA_KIND, METADATA_NAMESPACE, METADATA_PARSE_ERROR, METADATA_PORT,
	METADATA_PROTOCOL, METADATA_SERVICE, METADATA_ZONE, /* kubernetes/...: of names in its zones */
	METADATA_VIEW,
	/* what is known when the question was answered, for `log` */
	METADATA_UPSTREAM, METADATA_WILDCARD, METADATA_ANSWERER, METADATA_EXTENDED_ERROR,
	METADATA_COUNT,
};
/* "kubernetes/service"; false: there is no such label. */
bool metadata_find(const char *label, size_t size, enum metadata_label *ret_label);
/* A question as its client asked it. Borrowed; made where it is needed, on the stack. */
struct metadata {
	const struct config_block *block;    /* without `metadata` nothing is known */
	const struct dns_query *query;
	const struct ip *client;
	const struct catalog *kubernetes;    /* of the block; NULL: none */
	const struct edition *edition;
	const char *told[METADATA_COUNT];    /* what is not computed; NULL: not known */
};
enum { METADATA_ROOM = 1024 }; /* what is longer is cut */
/* Writes the value, without NUL; false: it is not known. */
bool metadata_write(const struct metadata *metadata, enum metadata_label label, char ret_value[METADATA_ROOM],
		    size_t *ret_size);

/* ---- view: whether a block is for a question ---- */
struct view;
/* False and error: an expression cannot be compiled. */
bool view_compile(const struct config_view *config, struct view **ret_view, struct error *error);
void view_free(struct view *view);
/* What expressions ask about. */
struct viewed {
	const struct dns_query *query;
	uint16_t id, size;                   /* of the packet */
	struct ip client, local;             /* who asks, and at which address */
	uint16_t client_port, local_port;
	enum proto proto;
	const struct metadata *metadata;     /* NULL: nothing is known */
};
bool view_holds(const struct view *view, const struct viewed *question);

/* Who asks. meter: where rules count, as in observe.h; METER_NONE: nowhere, for the same question was counted before. */
#define METER_NONE UINT32_MAX
struct client {
	struct ip ip; uint16_t port; enum proto proto; unsigned meter;
	const struct metadata *metadata;     /* NULL: the block has none */
	const struct viewed *viewed;         /* the question for expressions; NULL: where no template is asked */
};

enum policy_verdict {
	POLICY_PASS,     /* not ours: go on */
	POLICY_ANSWERED, /* reply is complete; by says who */
	POLICY_ALIAS,    /* the same, but the last record is a CNAME, whose target is to be followed: reply->alias_at, alias */
	POLICY_FAILED,   /* SERVFAIL, for it is nobody else's; reply->problem says why, if that is to be told */
	POLICY_DROPPED,  /* nothing is to be said */
};
/* Directives that stand before the data (local, chaos), in chain order. */
enum policy_verdict policy_before(const struct policy *policy, const struct dns_query *query, struct reply *reply,
				  enum answerer *ret_by);
/* `dns64`: whether it may have a say in the question; whether addresses are to be made in place of what is known of
 * AAAA; and the message that says them, made of what is known of A, DNS_MESSAGE_MAX octets at most. */
bool policy_dns64_wants(const struct policy *policy, const struct dns_query *query, const struct client *client);
bool policy_dns64_replaces(const struct policy *policy, const struct dns_message *aaaa);
size_t policy_dns64_write(const struct policy *policy, const struct dns_query *query, const struct client *client,
			  const struct dns_message *aaaa, const struct dns_message *a, uint8_t *ret_packet);
/* Directives between those that ask and the data: the gate (acl, header) and the front (template, hosts). */
enum policy_verdict policy_gate(const struct policy *policy, struct dns_query *query, const struct client *client,
				struct reply *reply, enum answerer *ret_by);
enum policy_verdict policy_front(const struct policy *policy, const struct dns_query *query,
				 const struct client *client, struct reply *reply, enum answerer *ret_by);
/* Directives behind the data (any, whoami): for names that no data handler of the block holds. */
enum policy_verdict policy_after(const struct policy *policy, const struct dns_query *query,
				 const struct client *client, struct reply *reply, enum answerer *ret_by);
/* What `any` says of a name that has records, in their place. */
void policy_write_any(const struct dns_query *query, struct reply *reply);

/* `rewrite`: a question is changed on its way down and its answer on its way up, rule by rule and backwards. What is
 * needed for the way back is in the way, so that all of it are plain functions. */
enum { REWRITE_STEPS = REWRITE_CONTINUES_MAX + 1, REWRITE_NAMES_SIZE = 4096 };
struct rewrite_step { uint16_t rule, old_at, new_at; }; /* new_at: in names; 0: the name stayed */
struct rewrite_way {
	const struct policy *policy;
	const struct dns_query *query;
	uint16_t type, class_;                  /* what is asked below */
	uint16_t name_at;                       /* its name, in names; 0: the question's own, as it is spelled */
	uint16_t step_count, names_size;
	bool maps_records, maps_aliases;        /* some rule may change records; targets of CNAMEs */
	struct rewrite_step steps[REWRITE_STEPS];
	uint8_t names[REWRITE_NAMES_SIZE];      /* in wire form, one after the other */
};
enum rewrite_verdict {
	REWRITE_NOTHING, /* no rule is for this question */
	REWRITE_DONE,
	REWRITE_BROKEN,  /* SERVFAIL: its new name is none; the last step is of that rule */
};
enum rewrite_verdict rewrite_question(const struct policy *policy, const struct dns_query *query,
				      const struct client *client, struct rewrite_way *ret_way);
/* The first CNAME of the answer that a `cname` rule gives another target: that one is to be looked up, by all rules.
 * False: none, or the CNAME itself was asked for. */
bool rewrite_alias(const struct rewrite_way *way, const struct dns_message *heard,
		   uint8_t ret_target[DNS_NAME_MAX + 1]);
uint16_t rewrite_rcode(const struct rewrite_way *way, uint16_t rcode);
/* The whole reply to the question as it came. found: what is known of rewrite_alias()'s target; NULL: there is none.
 * False: a new name is none. What does not fit is cut, with TC. */
bool rewrite_reply(const struct rewrite_way *way, const struct dns_message *heard, const struct dns_message *found,
		   struct dns_writer *writer);

/* `autopath`: the names of a search list, tried one after the other. */
struct autopath_way {
	const struct policy *policy;
	const struct dns_query *query;
	uint8_t base_labels;        /* what was looked for: so many labels of the question */
	uint8_t zone_labels;        /* by_cluster: of the zone */
	bool by_cluster;            /* then the base is followed by NS.svc.ZONE */
};
/* False: the question has not the form of one that comes from a search list. */
bool autopath_begin(const struct policy *policy, const struct dns_query *query, struct autopath_way *ret_way);
enum autopath_verdict { AUTOPATH_NAME, AUTOPATH_SKIP /* none to be tried, others follow */, AUTOPATH_END };
/* The name to be tried behind the question's own, from index 1 on. */
enum autopath_verdict autopath_next(const struct autopath_way *way, unsigned index, uint8_t ret_name[DNS_NAME_MAX + 1]);
/* The whole reply: what was found under another name, and an alias to it; DNS_MESSAGE_MAX octets at most. */
size_t autopath_write(const struct autopath_way *way, const struct dns_message *found, uint8_t *ret_packet);
void autopath_count(const struct policy *policy, unsigned meter);

/* `loadbalance`, for what is more than turning a row of addresses: puts the records of a whole reply in CoreDNS' order
 * (aliases, others, addresses, MX), and the addresses in that of the networks or weights that the block has. policy NULL:
 * they take turns. What cannot be put in order, for it would not fit, stays as it is. room: one for each thread. */
struct arrange_room;
struct arrange_room *arrange_room_new(void);
void arrange_room_free(struct arrange_room *room);
void policy_arrange(const struct policy *policy, const struct dns_query *query, struct reply *reply,
		    struct arrange_room *room);

/* How often `local` answered for names made of localhost and more, as CoreDNS counts. Any thread. */
uint64_t policy_localhost_requests(const struct policy *policy);

#endif
