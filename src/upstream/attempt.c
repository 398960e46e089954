/* SPDX-License-Identifier: Apache-2.0 */
/* One question on its way to one target: its id, its message, its place on a line. Ids are random and stand once on
 * a line; whatever comes over a line is looked up by the line and its id, and nothing else matters. */
#include <errno.h>
#include <string.h>

#include "upstream_parts.h"

enum { MESSAGE_MAX = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_OPT_SIZE };

/* ---- ids ---- */

static struct attempt **bucket_of(struct upstream *upstream, const struct line *line, uint16_t id)
{
	return &upstream->ids[(id ^ line->number * 2654435761u >> 16) % IDS_BUCKETS];
}

struct attempt *attempt_find(struct upstream *upstream, const struct line *line, uint16_t id)
{
	struct attempt *attempt = *bucket_of(upstream, line, id);
	while (attempt != NULL && (attempt->line != line || attempt->id != id))
		attempt = attempt->next;
	return attempt;
}

static void ids_add(struct upstream *upstream, struct attempt *attempt)
{
	do
		attempt->id = (uint16_t)draw_u32(&upstream->draw);
	while (attempt_find(upstream, attempt->line, attempt->id) != NULL);
	struct attempt **bucket = bucket_of(upstream, attempt->line, attempt->id);
	attempt->next = *bucket;
	*bucket = attempt;
}

static void ids_remove(struct upstream *upstream, struct attempt *attempt)
{
	struct attempt **at = bucket_of(upstream, attempt->line, attempt->id);
	while (*at != attempt)
		at = &(*at)->next;
	*at = attempt->next;
}

/* ---- messages ---- */

static void write_opt(struct dns_writer *writer, bool dnssec_ok)
{
	write_u8(writer, 0);
	write_u16(writer, TYPE_OPT);
	write_u16(writer, DNS_UDP_DEFAULT);
	write_u32(writer, dnssec_ok ? 0x8000 : 0);
	write_u16(writer, 0);
}

static size_t message_write(const struct attempt *attempt, uint8_t ret_message[MESSAGE_MAX])
{
	const struct upstream_question *wanted = &attempt->question->wanted;
	struct dns_writer writer = { ret_message, ret_message, ret_message + MESSAGE_MAX };
	unsigned flags = (wanted->recursion ? FLAG_RD : 0) | (wanted->authentic_data ? FLAG_AD : 0) |
			 (wanted->checking_disabled ? FLAG_CD : 0) |
			 (wanted->authoritative ? FLAG_AA : 0) | (wanted->available ? FLAG_RA : 0);
	write_u16(&writer, attempt->id);
	write_u16(&writer, (uint16_t)flags);
	write_u32(&writer, 1 << 16); /* one question, no answers */
	write_u32(&writer, attempt->has_opt ? 1 : 0);
	write_bytes(&writer, wanted->name, wanted->name_size);
	write_u16(&writer, wanted->type);
	write_u16(&writer, wanted->class_);
	if (attempt->has_opt)
		write_opt(&writer, wanted->dnssec_ok);
	return (size_t)(writer.at - writer.start);
}

/* ---- starting and stopping ---- */

unsigned question_attempts(const struct question *question)
{
	unsigned count = 0;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
		count += question->attempts[i].line != NULL;
	return count;
}

static struct attempt *free_attempt(struct question *question)
{
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
		if (question->attempts[i].line == NULL)
			return &question->attempts[i];
	return NULL;
}

static bool send_over(struct line *line, const uint8_t *message, size_t size)
{
	return line->is_tcp ? tcp_send(line, message, size) : udp_send(line, message, size);
}

struct attempt *attempt_start(struct question *question, struct target *target, bool is_tcp,
			      uint64_t now_ns)
{
	struct upstream *upstream = question->upstream;
	uint8_t message[MESSAGE_MAX];
	is_tcp |= target->is_tls;
	struct attempt *attempt = free_attempt(question);
	struct line *line = is_tcp ? tcp_line(target, now_ns) : udp_line(target, now_ns);
	if (attempt == NULL || line == NULL) {
		question->failure = (struct failure){ .trouble = TROUBLE_DIAL,
						      .is_tcp = is_tcp,
						      .number = errno,
						      .remote = target->address };
		return NULL;
	}
	uint64_t patience_ns = upstream->config->read_timeout_ms * MS_NS;
	*attempt = (struct attempt){
		.question = question,
		.line = line,
		.sent_ns = now_ns,
		.expires_ns = now_ns + patience_ns,
		.has_opt = !question->is_plain,
	};
	ids_add(upstream, attempt);
	line_put(line, attempt);
	line->used_ns = now_ns;
	if (send_over(line, message, message_write(attempt, message)))
		return attempt;
	question->failure = line_failure(line, TROUBLE_READ, errno);
	attempt_stop(attempt);
	line_retire(line);
	return NULL;
}

void attempt_stop(struct attempt *attempt)
{
	ids_remove(attempt->question->upstream, attempt);
	line_take_off(attempt);
	attempt->line = NULL;
}
