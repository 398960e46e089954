/* SPDX-License-Identifier: Apache-2.0 */
/* shown -- what a server says, as a terminal shows it. */
#ifndef KNAMECTL_SHOWN_H
#define KNAMECTL_SHOWN_H

#include <jansson.h>

#include "knamed/base.h"

/* A member's text, "" if it is none. Whatever a terminal could take for an order is a '?'. */
void shown_text(const json_t *object, const char *name, char *ret_text, size_t room);
double shown_number(const json_t *object, const char *name); /* 0 if it is none */
void shown_time(double seconds, char ret_text[24]);

#endif
