/* SPDX-License-Identifier: Apache-2.0 */
/* notices -- tells other servers that a zone has changed (NOTIFY, RFC 1996), so that they ask for
 * it now and not when its SOA says. Control thread. */
#ifndef KNAMED_NOTICES_H
#define KNAMED_NOTICES_H

#include "knamed/config.h"

struct event_base;
struct notices;
struct notices *notices_new(struct event_base *events);
void notices_free(struct notices *notices);
/* To all addresses that the block's `transfer` for the zone names; none are sent before the loop
 * goes on. Who was not told of the last change yet is told once. */
void notices_send(struct notices *notices, const struct config_block *block, const char *zone);

#endif
