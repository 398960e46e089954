/* SPDX-License-Identifier: Apache-2.0 */
/* rule_text -- what clients are told of a rule that acted: what it did and where it stands, never
 * what it says. Made when rules are compiled, for query threads make no texts. */
#ifndef KNAMED_POLICY_RULE_TEXT_H
#define KNAMED_POLICY_RULE_TEXT_H

#include "knamed/config.h"

/* "WHAT, Corefile:12", the file without its directory. The caller's. */
char *rule_text(const char *what, const struct config_at *at);

#endif
