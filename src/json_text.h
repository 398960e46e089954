/* SPDX-License-Identifier: Apache-2.0 */
/* json_text -- pieces of JSON at the end of a text. */
#ifndef KNAMED_JSON_TEXT_H
#define KNAMED_JSON_TEXT_H

#include "knamed/config.h"

/* "name":  with a comma in front unless it is the first behind a bracket. */
void json_add_name(struct text *text, const char *name);
void json_add_bool(struct text *text, const char *name, bool value);
void json_add_text(struct text *text, const char *name, const char *value);
void json_add_number(struct text *text, const char *name, double value);
/* Seconds since a moment of clock_now_ns(); null for 0, which is never. */
void json_add_age(struct text *text, const char *name, uint64_t since_ns);
/* "zones": their names. */
void json_add_zones(struct text *text, const struct config_zones *zones);
/* The next of a list or object: a comma unless it is the first. */
void json_add_comma(struct text *text);

#endif
