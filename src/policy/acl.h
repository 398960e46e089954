/* SPDX-License-Identifier: Apache-2.0 */
/* acl -- who may ask for what, as the name stands when it is answered: below whatever rewrites it. */
#ifndef KNAMED_POLICY_ACL_H
#define KNAMED_POLICY_ACL_H

#include "knamed/policy.h"

struct acl;
/* metrics NULL: nothing is counted. */
bool acl_compile(const struct config_block *block, struct metrics *metrics, struct acl **ret_acl,
		 struct error *error);
void acl_free(struct acl *acl);
bool acl_touches(const struct acl *acl, const uint8_t *zone);
/* PASS, or ANSWERED with rcode and extended error in the reply, or DROPPED. */
enum policy_verdict acl_judge(const struct acl *acl, const struct dns_query *query,
			      const struct client *client, struct reply *reply);

#endif
