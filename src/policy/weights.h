/* SPDX-License-Identifier: Apache-2.0 */
/* weights -- how often which address of a name comes first: a file of names, each with its
 * addresses below it (private to the stage). What was read never changes. */
#ifndef KNAMED_POLICY_WEIGHTS_H
#define KNAMED_POLICY_WEIGHTS_H

#include "knamed/base.h"

enum { WEIGHTS_SIZE_MOST = 4 << 20 /* octets of a file */ };

struct weights;
/* NULL and a sentence with file and line if anything in it is not as it should be. */
struct weights *weights_read(const char *path, const char *text, size_t size, struct error *error);
void weights_free(struct weights *weights);
/* 1 to 255; 1 for those that nobody named. The name in wire form, lower case. */
unsigned weights_get(const struct weights *weights, const uint8_t *name, const struct ip *ip);

#endif
