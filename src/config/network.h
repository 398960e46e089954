/* SPDX-License-Identifier: Apache-2.0 */
/* network -- networks as directives write them. */
#ifndef KNAMED_CONFIG_NETWORK_H
#define KNAMED_CONFIG_NETWORK_H

#include "knamed/config.h"

/* "10.0.0.0/8"; what the length leaves out is cleared. Without the leniency of ip_parse(): leading
 * zeros, which some read as octal, are refused. */
bool network_read(const char *text, struct config_network *ret_network);

#endif
