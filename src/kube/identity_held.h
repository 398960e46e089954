/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of an access that are in force: given directly, or read from files and found good. What was good stays
 * until something good takes its place: files are looked at while others write them. */
#ifndef KNAMED_KUBE_IDENTITY_HELD_H
#define KNAMED_KUBE_IDENTITY_HELD_H

#include "access.h"
#include "identity_file.h"

struct held {
	struct identity_file file; /* path NULL: none */
	struct text text;
	bool is_there;
};
struct held_texts {
	struct held ca, certificate, key, token;
	uint32_t generation, serial; /* as in struct credentials */
};
/* Begins anew with another access, which is borrowed. Its files are not read yet. */
void held_begin(struct held_texts *texts, const struct access *access);
void held_done(struct held_texts *texts);
/* Reads the files that are not those that were read. False: error says which one is no good; others were taken. */
bool held_look(struct held_texts *texts, struct error *error);
/* There is something in force for all that the access names. */
bool held_is_complete(const struct held_texts *texts);
/* The next look reads the token again, whether or not its file seems to be another one. */
void held_doubt_token(struct held_texts *texts);

#endif
