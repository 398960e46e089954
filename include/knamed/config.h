/* SPDX-License-Identifier: Apache-2.0 */
/* config -- the command line and the Corefile.
 *
 *   text --lexer--> tokens (file, line) --parser--> server blocks of directives --each directive's reader--> config
 *
 * The grammar, its quirks and its sentences are those of CoreDNS. A config is plain data and never changes;
 * other stages read the structs below. Every error says file:line and what was expected. */
#ifndef KNAMED_CONFIG_H
#define KNAMED_CONFIG_H

#include "knamed/base.h"

/* The command line (Go flag rules: -x v, -x=v, --x). */
struct flags {
	const char *conf;    /* NULL: ./Corefile if there, else the built-in one */
	const char *port;    /* -dns.port / -p; "53" */
	const char *pidfile; /* NULL: none */
	bool quiet, version, plugins, log_json;
};
enum flags_verdict { FLAGS_GOOD, FLAGS_HELP, FLAGS_BAD };
/* On BAD (exit 1, or 2 as Go's flag package does for unknown flags) error has the line for stderr. */
enum flags_verdict flags_read(int argc, char **argv, struct flags *ret_flags, int *ret_exit, struct error *error);
const char *flags_usage(void);

/* A list of strings. */
struct words { char **words; size_t count; };

/* A zone a block or directive serves: presentation text, lower case, final dot. */
struct config_zone { char *text; };
struct config_zones { struct config_zone *zones; size_t count; };

/* label selector: key op values */
enum selector_op { SELECT_IN, SELECT_NOT_IN, SELECT_EXISTS, SELECT_NOT_EXISTS };
struct selector_term { char *key; enum selector_op op; struct words values; };
struct selector { struct selector_term *terms; size_t count; }; /* count 0: matches all */

/* Where a directive or one of its rules stands. */
struct config_at { const char *file; unsigned line; };
/* What a directive was read from: its words, the zones it has and the root it is behind. Two with equal words mean the
 * same, whatever changed around them and wherever they stand. */
struct config_said { char *text; struct config_at at; };

enum pods_mode { PODS_DISABLED, PODS_INSECURE, PODS_VERIFIED };

struct config_kubernetes {
	struct config_zones zones;       /* as configured order; CIDRs expanded; the block's zones if none given */
	struct config_zones multicluster; /* a subset of zones */
	struct words namespaces;
	struct selector labels, namespace_labels;
	enum pods_mode pods;
	uint32_t ttl, denial_ttl;        /* denial_ttl default min(ttl, 5) */
	bool endpoint_pod_names, no_endpoints, ignore_empty_service, shorthand, zonal;
	bool keeps_externals;            /* the block's k8s_external tells them */
	bool denies_junk;                /* not after `search_junk off`: what search lists make of names is not forwarded */
	bool ipv6_auto;                  /* `ipv6 auto`: AAAA is not forwarded where the cluster has IPv4 alone */
	bool falls_through;              /* `fallthrough`: what would be NXDOMAIN goes to the next handler */
	struct config_zones fallthrough; /* for names in these; none: all */
	/* Where objects come from: a directory, or an API server (all NULL: the pod's own). Files are behind `root`
	 * if that is named and they are relative. */
	char *manifests;
	char *endpoint;                  /* URL without final slash */
	char *kubeconfig, *context;      /* context NULL: the current one */
	char *tls_certificate, *tls_key, *tls_ca; /* files; NULL: not named */
	char *snapshot;                  /* file of the warm start; NULL: none */
	char *kubeconfig_complaint, *snapshot_complaint; /* what an error in these begins with, if it is found later */
	uint64_t startup_timeout_ms;     /* default 5000 */
	uint64_t audit_ms;               /* default 300000; 0: off */
	struct config_said said;
};
/* `autopath`: search lists walked for names in zones. by_cluster: NS.svc.ZONE, svc.ZONE and ZONE stand in front of search;
 * else its first name is where questions are. The empty name, which is the last of all, is not in it. */
struct config_autopath { struct config_zones zones, search; bool by_cluster; };
/* `k8s_external`. The block has a `kubernetes`. */
struct config_external {
	struct config_zones zones;
	char *apex;                      /* a relative name, which fits into all of the zones */
	uint32_t ttl;
	bool headless;
	bool falls_through;
	struct config_zones fallthrough; /* as above */
	struct config_said said;
};
struct config_file {
	char *path;                      /* behind `root`, as above */
	struct config_zones zones;
	uint64_t reload_ms;              /* 0: never reread; default 60000 */
	bool reload_by_mtime;
	bool falls_through;
	struct config_zones fallthrough; /* as above */
	struct config_said said;
};
struct config_auto {
	char *directory;                 /* behind `root`, as above */
	char *pattern, *template_;       /* regexp of file names, parentheses match; origin template with {1}.. */
	struct config_zones zones;
	uint64_t reload_ms;
	struct config_said said;
};
/* Other name servers. link: the interface of a link-local address; NULL: none said. */
struct config_peer { struct ip ip; uint16_t port; char *link; };
struct config_peers { struct config_peer *list; size_t count; };
/* `transfer`: who may take zones, and whom to tell of changes. */
struct config_transfer {
	struct config_zones zones;
	bool to_all;
	struct config_peers to;
	struct ip source;                /* of notes about changes; family 0: any */
};
/* `secondary`: zones taken from primaries, who are tried in turn. */
enum { PRIMARIES_MOST = 64 };
struct config_secondary {
	struct config_zones zones;
	struct config_peers primaries;
	bool falls_through;
	struct config_zones fallthrough; /* as above */
	struct config_said said;
};
enum log_class { LOG_CLASS_SUCCESS = 1, LOG_CLASS_DENIAL = 2, LOG_CLASS_ERROR = 4, LOG_CLASS_ALL = 7 };
/* format: {common} and {combined} are written out; never NULL. The first log whose names hold a query logs it. */
struct config_log { struct config_zones names; char *format; unsigned classes; };
/* `consolidate`: errors like the pattern are told as a number, when period_ms has passed since the first. The first
 * rule that an error matches has it. */
enum errors_level { ERRORS_DEBUG, ERRORS_INFO, ERRORS_WARNING, ERRORS_ERROR };
struct config_consolidation { uint64_t period_ms; const char *pattern; enum errors_level level; bool shows_first; };
struct config_errors {
	struct config_consolidation *consolidations; size_t consolidation_count;
};
struct config_chaos { char *version; struct words authors; }; /* version NULL: ours; authors sorted, may be none */

/* A network; the bits behind its length are 0. */
struct config_network { struct ip ip; unsigned bits; };
/* `acl`: its zones, and who may ask for names in them. The first rule that fits a question decides; where none does
 * the next acl is looked at, and behind the last one questions are let through. */
enum acl_action { ACL_ALLOW, ACL_BLOCK, ACL_FILTER, ACL_DROP };
struct config_acl_rule {
	enum acl_action action;
	bool all_types, all_networks;
	uint16_t *types; size_t type_count;
	struct config_network *networks; size_t network_count;
	struct config_at at;
};
struct config_acl { struct config_zones zones; struct config_acl_rule *rules; size_t rule_count; };
/* `header`: flags of the DNS header that are set and cleared in questions and replies. */
struct config_flags { uint16_t set, clear; };
struct config_header { struct config_flags query, reply; };
/* `view`: the block is for questions of which all expressions hold. complaint: what an error in one begins with. */
struct config_expression { char *text, *complaint; };
struct config_view { char *name; struct config_expression *expressions; size_t count; };
/* `timeouts` of connections, 0: not named. read: until the first query is there, idle: until the next one, write: until
 * replies are taken. queries_most 0: no bound. */
struct config_timeouts { uint64_t read_ms, write_ms, idle_ms; uint32_t queries_most; };
/* `dns64`: the prefix has 32, 40, 48, 56, 64 or 96 bits. */
struct config_dns64 { struct config_network prefix; bool translates_all, allows_ipv4; };

/* Who is asked: one address of `forward`. A resolv.conf stands for the nameservers in it, read anew when it changes, and
 * a name for its addresses, looked up anew when their TTL has run out. */
struct config_target {
	char *file, *host;               /* both NULL: ip is set; host: lower case, no final dot */
	struct ip ip; uint16_t port;
	bool tls;                        /* tls:// */
	char *tls_name;                  /* tls://IP%NAME, else tls_servername, else NULL */
};
enum forward_policy { FORWARD_RANDOM, FORWARD_ROUND_ROBIN, FORWARD_SEQUENTIAL };
struct config_forward {
	struct config_zone from;
	struct config_zones except;
	struct config_target *targets; size_t target_count;
	enum forward_policy policy;
	bool force_tcp, prefer_udp;
	uint32_t max_fails;              /* default 2; 0: never down */
	uint32_t max_concurrent;         /* 0: our own bound only */
	uint32_t max_connect_attempts;   /* 0: twice the targets; UINT32_MAX: no bound of its own */
	uint64_t expire_ms;              /* how long an unused connection is kept; 10 s; 0: not at all */
	uint64_t max_age_ms;             /* of any connection; 0: no bound */
	uint32_t max_idle_connections;   /* 0: no bound of its own */
	uint64_t read_timeout_ms;        /* 2 s */
	uint64_t health_check_ms;        /* 500; 0: never */
	bool health_recursion;           /* RD in the health check */
	char *health_domain;             /* "." */
	char *tls_certificate, *tls_key, *tls_ca;
	char *tls_servername;
	uint16_t next[32]; size_t next_count;         /* rcodes that make the next `forward` of the block be asked */
	bool next_on_no_data;
	uint16_t failover[32]; size_t failover_count; /* rcodes that make the next target be asked */
	bool fails_fast;                 /* failfast_all_unhealthy_upstreams */
	struct ip source;                /* family 0: any */
	bool random_case;                /* 0x20: names are spelled by chance, replies must spell them alike */
	/* Who knows the names of targets: these, in turn, or as the machine's own programs look names up: first a hosts file,
	 * then the nameservers of a resolv.conf. */
	struct config_target *resolvers; size_t resolver_count;
	char *hosts_file, *resolver_file;
	uint64_t lookup_least_ms;        /* between two look-ups of a name that is known; 5 s */
	/* `loop`: what is sent through a target and comes back is found. Questions for that are asked below this name;
	 * NULL: there is no `loop`. Nameservers of a file are left out where the block itself listens. */
	char *loop_zone;
	struct words own_hosts;          /* the block's `bind`; none: everywhere */
	struct words own_ports;
	struct config_said said;
};
/* The nameservers of a resolv.conf; nothing else in it counts, and nothing behind the first 15. */
enum { RESOLV_CONF_MOST = 15 };
struct resolv_conf { struct ip nameservers[RESOLV_CONF_MOST]; size_t count; };
/* False: it cannot be read. */
bool resolv_conf_read(const char *path, struct resolv_conf *ret_conf, struct error *error);
/* The addresses that a file like /etc/hosts has for a name, which has no final dot; returns how many, 0 also where the
 * file cannot be read. */
size_t hosts_file_find(const char *path, const char *name, struct ip *ret_ips, size_t most);
/* `cache`. A kind is disabled for names in disabled_zones, or for all if there are none. */
struct config_cache_kind { uint32_t capacity, most_s, least_s; bool disabled; struct config_zones disabled_zones; };
struct config_cache {
	struct config_zones zones;                    /* the block's where none are given */
	struct config_cache_kind success, denial;     /* 9984 entries each; 3600 and 1800 s at most, 5 at least */
	uint64_t memory_size;                         /* octets for both; 0: what the capacities stand for */
	uint32_t prefetch;                            /* 0: off; hits before it is worth it */
	uint64_t prefetch_within_ms; uint32_t prefetch_percent;
	/* What has run out is kept for stale_ms. Without serve_stale: 24 h, shown when upstreams fail or say nothing for
	 * 400 ms, with a TTL of 30 s, and asked for again after 1 s (RFC 8767). */
	bool serves_stale;                            /* not after `serve_stale off` or 0 */
	bool stale_at_once, stale_verifies;           /* serve_stale immediate; verify */
	uint64_t stale_ms;
	uint64_t stale_verify_ms;                     /* how long upstreams are waited for; 0: to their end */
	uint64_t stale_recheck_ms; uint32_t stale_ttl_s;
	bool stale_prefers_positive;
	uint32_t servfail_s;                          /* 5; 0: SERVFAIL is not kept */
	bool keep_ttl;
	struct config_said said;
};

/* `rewrite`: one rule. Names are compared as text in lower case with a final dot, as CoreDNS writes them. */
enum rewrite_field { REWRITE_NAME, REWRITE_TYPE, REWRITE_CLASS, REWRITE_TTL, REWRITE_RCODE, REWRITE_CNAME };
enum rewrite_match { MATCH_EXACT, MATCH_PREFIX, MATCH_SUFFIX, MATCH_SUBSTRING, MATCH_REGEX };
/* What becomes of names in an answer: `answer name` (owners) or `answer value` (in record data). */
struct config_rewrite_answer { bool is_value; char *pattern, *to; };
struct config_rewrite {
	enum rewrite_field field;
	bool continues;                  /* the next rule has its say too */
	enum rewrite_match match;
	char *from;                      /* the question's name; of `cname` the target. NULL: type and class */
	char *to;                        /* of `name` and `cname`; patterns' groups are {1}.. */
	bool has_metadata;               /* {plugin/label} in `to` is what is known of the question */
	bool is_auto;                    /* names in answers go back the way the question's came */
	struct config_rewrite_answer *answers; size_t answer_count;
	uint16_t code, new_code;         /* of `type`, `class`, `rcode` */
	uint32_t ttl_least, ttl_most;
	struct config_at at;
};
enum { REWRITES_MAX = 4096, REWRITE_CONTINUES_MAX = 63 }; /* of a block */
/* `hosts`. The file is read even if there are inline lines. */
struct config_hosts {
	char *path;                      /* behind `root`, as above; "/etc/hosts" */
	struct config_zones zones;       /* other names are not taken from the file; the block's where none are given */
	char *lines;                     /* inline: the text of a second hosts file; NULL: none */
	uint32_t ttl;                    /* 3600 */
	bool reverse;                    /* addresses have PTR records */
	uint64_t reload_ms;              /* 5 s; 0: never read again */
	bool falls_through;              /* names that are not known go to the next handler */
	struct config_zones fallthrough; /* for names in these; none: all */
	bool falls_unsupported;          /* and of those that are known, types that are not */
	struct config_at at;
};
/* `loadbalance` with more to it than turns: addresses in `preferred` come first, in its order, or one address does by its
 * weight in a file. */
struct config_balance {
	struct config_network *preferred; size_t preferred_count;
	char *weights;                   /* behind `root`, as above; NULL: none */
	uint64_t reload_ms;              /* of the weights; 30 s; 0: never read again */
};
/* A text of Go's text/template, as steps for a machine with a stack of values. Jumps lead forward only. */
enum template_op {
	TEMPLATE_TEXT,        /* puts text out */
	TEMPLATE_PRINT,       /* takes a value and puts it out */
	TEMPLATE_STRING, TEMPLATE_NUMBER, TEMPLATE_BOOL, /* a value of its own: text, or number */
	TEMPLATE_FIELD,       /* enum template_field in number */
	TEMPLATE_GROUP,       /* .Group.text */
	TEMPLATE_VAR,         /* .Var.text */
	TEMPLATE_SET, TEMPLATE_GET, /* variable number */
	TEMPLATE_CALL,        /* enum template_function in number, of count values; piped: the first is the last argument */
	TEMPLATE_SKIP,        /* goes on at step number */
	TEMPLATE_SKIP_UNLESS, /* the same, if the value that it takes is empty or false */
};
enum template_field {
	TEMPLATE_NAME, TEMPLATE_ZONE, TEMPLATE_CLASS, TEMPLATE_TYPE, TEMPLATE_REMOTE, TEMPLATE_REGEX, TEMPLATE_MATCHES,
	TEMPLATE_GROUPS, TEMPLATE_QUESTION_NAME, TEMPLATE_QUESTION_TYPE, TEMPLATE_QUESTION_CLASS,
};
enum template_function {
	TEMPLATE_INDEX, TEMPLATE_LEN, TEMPLATE_SLICE, TEMPLATE_PARSE_INT, TEMPLATE_JOIN /* print */, TEMPLATE_PRINTF,
	TEMPLATE_EQ, TEMPLATE_NE, TEMPLATE_LT, TEMPLATE_LE, TEMPLATE_GT, TEMPLATE_GE, TEMPLATE_AND, TEMPLATE_OR,
	TEMPLATE_NOT, TEMPLATE_META,
};
enum { TEMPLATE_STACK = 16, TEMPLATE_VARIABLES = 8, TEMPLATE_SOURCE_MAX = 4096 };
struct template_step { enum template_op op; bool is_piped; uint8_t count; int64_t number; const char *text; size_t size; };
struct template_text {
	const char *source;
	const char *printed;  /* as Go prints it again: blanks within actions are not as they were */
	struct template_step *steps; size_t count;
};
/* name is what Go's sentences begin with: "answer". All goes into the arena. */
bool template_text_read(struct arena *arena, const char *name, const char *source, struct template_text *ret_text,
			struct error *error);
/* What is certain of the record that the text makes: its type, if that is not made (0 else), and that its fixed data
 * are good. */
bool template_text_check(const struct template_text *text, uint16_t *ret_type, struct error *error);

enum template_section { TEMPLATE_ANSWER, TEMPLATE_AUTHORITY, TEMPLATE_ADDITIONAL };
struct config_template_record { enum template_section section; struct template_text text; uint16_t type; };
/* `var` and `expr`: a value with a name, or (name NULL) what has to hold. */
struct config_condition { char *name; struct config_expression expression; };
enum { TEMPLATE_VARS_MAX = 16 };
struct config_template {
	uint16_t class_, type;           /* may be ANY */
	struct config_zones zones;
	struct words patterns;           /* none: all names */
	struct config_condition *conditions; size_t condition_count;
	struct config_template_record *records; size_t record_count; /* by section, as they stand in a reply */
	uint16_t rcode;
	bool has_extended_error;
	uint16_t extended_error; char *extended_text;
	bool falls_through;              /* names that no pattern fits: to the next template, or directive */
	struct config_at at;
	struct config_zones fallthrough; /* in these; none: all */
};

/* Where an HTTP listener is: address as ip_print() writes it, "" for all. */
struct config_place { char *address; uint16_t port; };
struct config_health { struct config_place place; uint64_t lameduck_ms; };
struct config_ready { struct config_place place; bool continuously; };
struct config_prometheus { struct config_place place; };
struct config_admin { struct config_place place; }; /* what a live server shows of itself, for people */

struct config_directive { const char *name; struct config_at at; /* where it begins */ };

/* One server block: the directives that it names, each present at most once but for those with a count. */
struct config_block {
	const char *file; unsigned line;         /* where it begins */
	struct config_address *addresses; size_t address_count;
	struct config_kubernetes *kubernetes;    /* NULL: not there */
	struct config_external *external;        /* k8s_external */
	struct config_autopath *autopath;
	struct config_file *files; size_t file_count;
	struct config_auto *autos; size_t auto_count;
	struct config_transfer *transfers; size_t transfer_count;
	struct config_secondary *secondaries; size_t secondary_count;
	struct config_log *logs; size_t log_count;
	struct config_errors *errors;
	struct config_chaos *chaos;
	struct config_health *health;
	struct config_ready *ready;
	struct config_prometheus *prometheus;
	struct config_admin *admin;
	/* Addresses (as ip_print() writes them) and interfaces; bind empty: all. What interfaces in bind_except have,
	 * or its addresses, are not listened on. An address may come twice by way of interfaces. */
	struct words bind, bind_except;
	struct config_forward *forwards; size_t forward_count;
	struct config_cache *cache;
	struct config_acl *acls; size_t acl_count;
	struct config_header *header;
	struct config_rewrite *rewrites; size_t rewrite_count;
	struct config_hosts *hosts;
	struct config_balance *balance;          /* NULL: no loadbalance, or the plain one */
	struct config_dns64 *dns64;
	struct config_template *templates; size_t template_count;
	struct config_view *view;                /* NULL: for all questions */
	uint64_t cancel_ms;                      /* what others do not answer by then fails; 0: not named */
	struct config_timeouts timeouts;
	bool debug;                              /* DEBUG lines are written */
	char *nsid;                              /* NULL: off; text as given */
	char *root;                              /* NULL: where knamed runs */
	bool loop;                               /* each forward has a loop_zone */
	bool metadata;                           /* names in these zones have it */
	struct config_zones metadata_zones;
	bool any, minimal, whoami, local, loadbalance;
	bool local_prefix;                       /* local, unless { localhost_prefix off } */
	uint16_t bufsize;                        /* 0: not named */
	uint16_t multisocket;                    /* 0: not named; N as given or the number of allowed CPUs */
	struct config_directive *directives; size_t directive_count; /* in CoreDNS' chain order */
};
/* One `zone:port` of a block. Blocks with equal zone and port on the same addresses are refused before this. */
struct config_address { char *zone; uint16_t port; char *text; /* "dns://.:53" */ };

/* How often the Corefile is looked at: each interval, shifted by chance by up to half of jitter (`reload`). */
struct config_reload { uint64_t interval_ms, jitter_ms; };

struct config {
	struct config_block *blocks; size_t block_count;
	struct config_reload *reload; /* NULL: only when told to */
	struct words notes;   /* warnings and "always on" remarks, each "file:line - ..." or a sentence */
	char *sha512;         /* hex of the parsed tokens, as `reload` prints */
	struct arena *arena;  /* holds all of it but the selectors */
	unsigned holders;     /* beside the first one */
};

/* Reads a Corefile from `text` (name is used in messages and for relative imports). default_port from flags.
 * A text without a block stands for `.:default_port { whoami log }`. NULL and error on failure. */
struct config *config_read(const char *name, const char *text, const char *default_port, struct error *error);
/* The Corefile that flags name: file, stdin, ./Corefile or the built-in one. */
struct config *config_load(const struct flags *flags, struct error *error);
/* The same once more, by who has one: a file that is gone is an error, and so is standard input. */
struct config *config_load_again(const struct flags *flags, struct error *error);
/* The sha512 that it would have; NULL and error if it cannot be parsed. Caller frees. */
char *config_fingerprint_again(const struct flags *flags, struct error *error);
/* What serves in a cluster (KUBERNETES_SERVICE_HOST is set) whose Corefile cannot be used: cluster names, forwarding, a
 * cache; zone, ports and addresses as far as the text tells them. NULL: not in a cluster, or the text has rules about
 * who may ask what (acl, view), or binds to what cannot be told. */
struct config *config_built_in(const struct flags *flags);
/* A config has one holder from the start; each gives it back with config_free(). */
struct config *config_hold(struct config *config);
void config_free(struct config *config);
bool config_is_debug(const struct config *config); /* some block says so */
/* The `transfer` with the longest zone, by labels, that holds the name (lower case); NULL: there is none. */
const struct config_transfer *config_transfer_find(const struct config_block *block, const uint8_t *lower);
/* Queries come by it; others only set something up. CoreDNS calls the former handlers. */
bool config_directive_is_in_chain(const char *name);
/* Where the block's directive of this name begins; NULL: it has none. */
const struct config_at *config_directive_at(const struct config_block *block, const char *name);
/* Adds the names of the directives that are built in, sorted, one per line (-plugins). */
void config_directives_print(struct text *ret_text);

bool selector_read(const char *text, struct selector *ret_selector, struct error *error);
/* values are looked up by key: `get` returns NULL if the object has no such label. */
typedef const char *(*selector_get)(const void *labels, const char *key);
bool selector_matches(const struct selector *selector, selector_get get, const void *labels);
void selector_done(struct selector *selector);

#endif
