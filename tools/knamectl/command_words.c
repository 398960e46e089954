/* SPDX-License-Identifier: Apache-2.0 */
#include "command_words.h"

#include <string.h>
#include <unistd.h>

static const char corefile_of_pods[] = "/etc/coredns/Corefile";

const char *option_word(const char *word)
{
	return word[0] == '-' && word[1] == '-' ? word + 1 : word;
}

bool word_is_help(const char *word)
{
	return strcmp(option_word(word), "-help") == 0 || strcmp(word, "-h") == 0;
}

bool corefile_option_take(struct flags *flags, const char *word, const char *value)
{
	if (strcmp(word, "-conf") == 0)
		flags->conf = value;
	else if (strcmp(word, "-dns.port") == 0)
		flags->port = value;
	else
		return false;
	return true;
}

void corefile_option_default(struct flags *flags)
{
	if (flags->conf == NULL && access(corefile_of_pods, R_OK) == 0)
		flags->conf = corefile_of_pods;
}
