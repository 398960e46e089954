/* SPDX-License-Identifier: Apache-2.0 */
/* command_words -- words that mean the same to several commands. */
#ifndef KNAMECTL_COMMAND_WORDS_H
#define KNAMECTL_COMMAND_WORDS_H

#include "knamed/config.h"

/* "--x" is "-x". */
const char *option_word(const char *word);
bool word_is_help(const char *word);

/* -conf and -dns.port, which mean what they mean to the server. False: the word is neither. */
bool corefile_option_take(struct flags *flags, const char *word, const char *value);
/* If no -conf was there: the Corefile of a pod, where one is. */
void corefile_option_default(struct flags *flags);

#endif
