/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* A cluster in words: a model, the catalog that listens to it, and what is asked of both.
 *
 * Objects, a line each (words in any order behind the name):
 *   Namespace web
 *   Service web/shop ClusterIP 10.96.0.10 fd00::10 http=80/TCP dns=53/UDP =9/TCP http=-/TCP (a port without number)
 *     out=192.0.2.1 out=lb.example. (from outside)
 *   Service web/db Headless unready
 *   Service web/far ExternalName Far.Example.
 *   Slice web/db-a of=db IPv4 http=8080/TCP 10.0.0.1 db-0@10.0.0.2 !10.0.0.3 (not ready) 10.0.0.4#pod 10.0.0.5%zone
 *   Slice web/imp import=db cluster=east ...
 *   Pod web/p 10.0.0.1
 *   Import web/db ClusterSetIP 10.2.0.1 http=80/TCP
 *
 * Questions are "name TYPE": a name without a final dot is below cluster.local., an address is its PTR name.
 * Replies in words: NXDOMAIN, NODATA, NOT_READY, else the rdata joined by "|", sorted, ".cluster.local." left out. */
/* clang-format on */
#ifndef KNAMED_TESTS_HOUSE_H
#define KNAMED_TESTS_HOUSE_H

#include "asking.h"

struct house {
	struct answers *answers;
	struct catalog *catalog;
	struct model *model;
	struct asking asking; /* how to ask; for a test to set */
	uint32_t ttl, denial_ttl;
	struct text complaints; /* a line each */
};

/* cluster.local., in-addr.arpa. and ip6.arpa.; ttl 30, denials 5, the short form, port 53. */
struct cluster_options house_options(void);
/* With the namespace "default", published. */
struct house *house_open(const struct cluster_options *options);
struct house *house_open_plain(void); /* with the options above */
void house_close(struct house *house);

void house_put(struct house *house, const char *lines);
void house_take(struct house *house, const char *kind_and_name); /* "Service web/shop" */
/* Puts, publishes, and sees that there was something to publish. */
void house_show(struct house *house, const char *lines);
void house_hide(struct house *house, const char *kind_and_name);
/* Puts many endpoints: 10.1.0.0 + from ..., with "PREFIXn" as hostnames unless prefix is NULL. ports: words. */
struct many {
	const char *slice, *service, *ports, *prefix;
	unsigned from, count;
};
void house_put_many(struct house *house, const struct many *many);
/* The object of such a line; the caller's. */
struct object *object_of_line(const char *line);

struct asked house_ask(const struct house *house, const char *question);
/* Sees that the reply is as told, and sound: one SOA in denials and nothing else, owners, TTLs. */
void house_expect(const struct house *house, const char *question, const char *told);
/* Several, a line each: "question: told". */
void house_expect_all(const struct house *house, const char *lines);
/* Of the additional section, "name TYPE rdata" joined by "|", sorted. */
void house_expect_glue(const struct house *house, const char *question, const char *told);
void house_expect_denial_ttl(const struct house *house, const char *question, uint32_t ttl);
uint32_t house_serial(const struct house *house, const char *zone);
void house_expect_complaint(struct house *house, const char *part); /* empties them */

#endif
