/* SPDX-License-Identifier: Apache-2.0 */
/* api_list -- objects as the API server has them at this moment, with all that the server itself does not keep. */
#ifndef KNAMECTL_API_LIST_H
#define KNAMECTL_API_LIST_H

#include <jansson.h>

#include "knamed/config.h"

/* The items of a list at this path; NULL: there is no answer, or it is a refusal. The caller's. */
json_t *api_list(const struct config_kubernetes *kubernetes, unsigned wait_ms, const char *path);

#endif
