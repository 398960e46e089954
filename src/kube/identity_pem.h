/* SPDX-License-Identifier: Apache-2.0 */
/* Whether PEM text is whole: a file may be looked at while it is being written. */
#ifndef KNAMED_KUBE_IDENTITY_PEM_H
#define KNAMED_KUBE_IDENTITY_PEM_H

#include "knamed/base.h"

/* At least one certificate, and all of them readable. `name` begins the sentence. */
bool pem_check_certificates(const char *name, const char *pem, size_t size, struct error *error);
/* A certificate and the key that belongs to it. */
bool pem_check_pair(const char *name, const struct text *certificate, const struct text *key,
		    struct error *error);

#endif
