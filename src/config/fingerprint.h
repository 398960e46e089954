/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint -- one word that changes when the parsed Corefile does. */
#ifndef KNAMED_CONFIG_FINGERPRINT_H
#define KNAMED_CONFIG_FINGERPRINT_H

#include "parser.h"

/* Hex, in the arena. Imports, environment and line numbers count. */
char *corefile_sha512(struct arena *arena, const struct corefile *corefile);

#endif
