/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a reply with what a case expects, and with what is true of every reply. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "../support/case_file.h"
#include "../support/reply.h"
#include "knamed/config.h"
#include "knamed/model.h"

struct asked {
	const struct case_ *case_;
	const uint8_t *packet; /* the question's */
	size_t packet_size;
	const uint8_t *reply;
	size_t reply_size, limit; /* limit: what the transport takes */
	const struct reply_text *whole; /* the same question's reply over TCP, in process; NULL: it has none */
	const struct model *model;
	const struct config_kubernetes *kubernetes;
};
/* True if the reply is right; else complaints has a line for each thing that is not. */
bool case_check(const struct asked *asked, struct text *complaints);

#endif
