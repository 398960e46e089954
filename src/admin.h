/* SPDX-License-Identifier: Apache-2.0 */
/* admin -- what a live server shows of itself over HTTP.
 *
 *   @knamed.control.<16 hex>   an abstract unix socket, always there: for knamectl, run by our own user or root
 *   admin [ADDRESS:PORT]       the same for browsers, where the Corefile asks for it
 *
 *   /            the live page
 *   /api/state   what is in force and how it is: watches, upstreams, caches, rates, memory
 *   /api/top     what is asked most, by whom, and what is denied in vain
 *   /api/tail    questions as they are answered
 *
 * All of it is the control thread's. Nothing of it costs query threads anything as long as nobody looks. */
#ifndef KNAMED_ADMIN_H
#define KNAMED_ADMIN_H

#include "state.h"

struct admin;
/* All is borrowed. What cannot be opened is told in the log: names are answered all the same. */
struct admin *admin_open(struct event_base *events, const struct state_sources *sources);
void admin_close(struct admin *admin); /* while what it shows is still there */
/* DNS is being served from now on. */
void admin_serving(struct admin *admin, struct server *server);
/* This config is in force, in the pipeline too. Listeners that it has as well stay. */
void admin_use(struct admin *admin, const struct config *config);

#endif
