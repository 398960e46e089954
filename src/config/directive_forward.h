/* SPDX-License-Identifier: Apache-2.0 */
/* directive_forward -- the options of `forward`, and whom it asks. */
#ifndef KNAMED_CONFIG_DIRECTIVE_FORWARD_H
#define KNAMED_CONFIG_DIRECTIVE_FORWARD_H

#include "directive.h"

/* The current token is the option's name. */
bool forward_read_option(struct directive *directive, struct config_forward *forward,
			 struct error *error);
/* Adds what one word of TO stands for. The directive's own tls_servername is read already. */
bool forward_add_target(struct directive *directive, const char *word,
			struct config_forward *forward, struct error *error);
/* IP or IP:PORT, of `resolver`. */
bool forward_add_resolver(struct directive *directive, const char *word,
			  struct config_forward *forward, struct error *error);
/* With `loop` in the block: what its targets' answers are to be watched for. */
void forward_find_loops(struct directive *directive, struct config_forward *forward);

#endif
