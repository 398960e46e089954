/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox -- the process gives up what its configuration does not need, before anybody talks to it.
 *
 *   capability   none in use, none inherited; NET_BIND_SERVICE may be raised around a bind
 *   landlock     reads everywhere; writes and executes only where the configuration says
 *   seccomp      a list of system calls; others fail with EPERM
 *
 * What the kernel does not have is told in one line, and changes nothing else. $KNAMED_SANDBOX
 * turns it off for debugging: "off", "no-landlock", "no-seccomp". */
#ifndef KNAMED_SANDBOX_H
#define KNAMED_SANDBOX_H

#include "knamed/config.h"
#include "knamed/observe.h"

enum sandbox_part { SANDBOX_CAPABILITY, SANDBOX_LANDLOCK, SANDBOX_SECCOMP, SANDBOX_PARTS };

struct sandbox;
/* For the process's life, with what this configuration needs. No other thread has been started. */
struct sandbox *sandbox_enter(const struct config *config);
/* The first sockets are open. */
void sandbox_tighten(struct sandbox *sandbox);
/* Whether a configuration needs no more than what was given at the start; else `error` names its line. */
bool sandbox_allows(const struct sandbox *sandbox, const struct config *config, struct error *error);
bool sandbox_has(const struct sandbox *sandbox, enum sandbox_part part);
void sandbox_show(struct sandbox *sandbox, struct metrics *metrics);
void sandbox_free(struct sandbox *sandbox); /* forgets what it was: the process stays in it */

#endif
