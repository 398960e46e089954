/* SPDX-License-Identifier: Apache-2.0 */
/* What came, and what to make of it. Only what has the id, the whole question and records that can
 * be walked is an answer. Anything else over UDP may be a stranger's and changes nothing; what has
 * the id but cannot be read is asked for again over TCP. */
#include <string.h>

#include "upstream_parts.h"

enum { KEPT_MOST = 1232 };

/* The same question to the same target in another way. */
static void start_again(struct attempt *attempt, bool is_tcp, uint64_t now_ns)
{
	struct question *question = attempt->question;
	struct target *target = attempt->line->target;
	attempt_stop(attempt);
	if (attempt_start(question, target, is_tcp, now_ns) != NULL)
		return;
	question->failed++;
	target_erred(target, true, now_ns);
	if (question_attempts(question) == 0)
		question_go_on(question, now_ns);
}

static bool is_probe(const struct question *question)
{
	return question->probed != NULL || question->looped != NULL;
}

/* Health checks are content with any sign of life; of the others it matters that they came to an end. */
static void end_probe(struct attempt *attempt, bool is_good, uint64_t now_ns)
{
	struct target *target = attempt->line->target;
	if (attempt->question->looped != NULL) {
		attempt_stop(attempt);
		loop_question_ended(target, is_good, now_ns);
		return;
	}
	uint64_t took_ns = now_ns - attempt->sent_ns;
	attempt_stop(attempt);
	if (target->silent > 0)
		target->latency_us = 0; /* measured anew */
	target_answered(target, took_ns, true);
	target_probe_ended(target, true, now_ns);
}

void attempt_take_oversize(struct attempt *attempt, uint64_t now_ns)
{
	if (is_probe(attempt->question))
		end_probe(attempt, true, now_ns);
	else
		start_again(attempt, true, now_ns);
}

static bool is_bad(const struct upstream *upstream, uint16_t rcode)
{
	const struct config_forward *config = upstream->config;
	if (rcode == RCODE_SERVFAIL || rcode == RCODE_REFUSED)
		return true;
	for (size_t i = 0; i < config->failover_count; i++)
		if (config->failover[i] == rcode)
			return true;
	return false;
}

/* Kept for the end, where nobody says anything better. What is big is kept without its records. */
static void keep(struct question *question, const struct dns_message *message)
{
	size_t size = message->size <= KEPT_MOST ? message->size : message->question_end;
	mem_free(question->kept);
	question->kept = mem_copy(message->packet, size);
	question->kept_size = size;
	if (size < message->size)
		memset(question->kept + 6, 0, 6);
}

static void take_bad(struct attempt *attempt, const struct dns_message *message, uint64_t now_ns)
{
	struct question *question = attempt->question;
	if (message->rcode == RCODE_SERVFAIL) /* somebody in a loop waited less long than we do */
		loop_suspect(attempt->line->target, now_ns);
	attempt_stop(attempt);
	bool is_over = question_attempts(question) == 0 && !question_ask_next(question, false, now_ns);
	if (is_over)
		question_end(question, UPSTREAM_ANSWERED, message);
	else
		keep(question, message);
}

/* Servers from before EDNS, and some in front of which a firewall stands. */
static bool dislikes_opt(const struct attempt *attempt, uint16_t rcode, bool has_opt)
{
	return attempt->has_opt && !has_opt && (rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP);
}

static void take_answer(struct attempt *attempt, const struct dns_message *message, uint64_t now_ns)
{
	struct question *question = attempt->question;
	struct upstream *upstream = question->upstream;
	struct target *target = attempt->line->target;
	uint64_t took_ns = now_ns - attempt->sent_ns;
	bool is_cut = (message->flags & FLAG_TC) != 0 && !attempt->line->is_tcp;
	bool bad = is_bad(upstream, message->rcode);
	question->answered = target->address;
	meters_reply(target, message->rcode, took_ns);
	target_answered(target, took_ns, !bad);
	if (dislikes_opt(attempt, message->rcode, message->opt_size > 0)) {
		question->is_plain = true;
		start_again(attempt, attempt->line->is_tcp, now_ns);
	} else if (is_cut && upstream->config->prefer_udp) {
		start_again(attempt, true, now_ns);
	} else if (bad) {
		take_bad(attempt, message, now_ns);
	} else {
		question_end(question, UPSTREAM_ANSWERED, message);
	}
}

/* Nothing but a header: some say so that they do not understand. */
static bool is_bare(const uint8_t *packet, size_t size)
{
	return size >= DNS_HEADER_SIZE && (packet[2] & 0x80) != 0 && get_u16(packet + 4) == 0;
}

static bool take_unreadable(struct attempt *attempt, const uint8_t *packet, size_t size, uint64_t now_ns)
{
	bool is_reply = size >= DNS_HEADER_SIZE && (packet[2] & 0x80) != 0;
	bool is_tcp = attempt->line->is_tcp;
	if (is_bare(packet, size) && dislikes_opt(attempt, packet[3] & 15, false)) {
		attempt->question->is_plain = true;
		start_again(attempt, is_tcp, now_ns);
		return true;
	}
	if (is_tcp || !is_reply)
		return !is_tcp;
	start_again(attempt, true, now_ns);
	return true;
}

bool attempt_take(struct attempt *attempt, const uint8_t *packet, size_t size, uint64_t now_ns)
{
	const struct upstream_question *wanted = &attempt->question->wanted;
	struct dns_message message;
	bool is_tcp = attempt->line->is_tcp;
	if (is_probe(attempt->question)) {
		end_probe(attempt, size >= DNS_HEADER_SIZE && (packet[3] & 15) != RCODE_SERVFAIL,
			  now_ns);
		return true;
	}
	if (!dns_message_read(packet, size, &message))
		return take_unreadable(attempt, packet, size, now_ns);
	if (!dns_message_asks(&message, wanted->name, false, wanted->type, wanted->class_))
		return !is_tcp;
	bool is_exact = !attempt->question->upstream->config->random_case || is_tcp ||
			dns_message_asks(&message, wanted->name, true, wanted->type, wanted->class_);
	if (!is_exact) { /* forged, or the letters mean nothing to it */
		start_again(attempt, true, now_ns);
		return true;
	}
	foreign_leave_out(attempt->question->upstream, &message);
	take_answer(attempt, &message, now_ns);
	return true;
}
