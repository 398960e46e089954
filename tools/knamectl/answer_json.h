/* SPDX-License-Identifier: Apache-2.0 */
/* answer_json -- messages as exchange_json() writes them, compared: what two servers said, but for what may differ. */
#ifndef KNAMECTL_ANSWER_JSON_H
#define KNAMECTL_ANSWER_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* "no reply" where there is no message. */
const char *answer_rcode(const json_t *message);
/* NOERROR, with records in the answer section. */
bool answer_has_records(const json_t *message);
/* The same records in the answer section, whatever their order, letters and TTLs, and the numbers of an SOA. */
bool answer_is_same_set(const json_t *a, const json_t *b);

#endif
