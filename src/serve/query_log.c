/* SPDX-License-Identifier: Apache-2.0 */
/* Query lines in CoreDNS' words. A format is cut into pieces when the configuration is read; a line is put together
 * in a buffer of the asking thread's stack and copied into its ring. */
#include "query_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "route.h"

#define COMMON_FORMAT                                                                                                  \
	"{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} {rsize} " \
	"{duration}"
#define COMBINED_FORMAT COMMON_FORMAT " \"{>opcode}\""

enum field {
	FIELD_LITERAL, FIELD_TYPE, FIELD_NAME, FIELD_CLASS, FIELD_PROTO, FIELD_SIZE, FIELD_REMOTE, FIELD_PORT,
	FIELD_LOCAL, FIELD_ID, FIELD_OPCODE, FIELD_DO, FIELD_BUFSIZE, FIELD_RCODE, FIELD_RSIZE, FIELD_DURATION,
	FIELD_RFLAGS, FIELD_LOG_CLASS, FIELD_LOG_TYPE, FIELD_UNKNOWN, FIELD_COUNT,
};
static const char *const field_words[FIELD_COUNT] = {
	[FIELD_TYPE] = "{type}", [FIELD_NAME] = "{name}", [FIELD_CLASS] = "{class}", [FIELD_PROTO] = "{proto}",
	[FIELD_SIZE] = "{size}", [FIELD_REMOTE] = "{remote}", [FIELD_PORT] = "{port}", [FIELD_LOCAL] = "{local}",
	[FIELD_ID] = "{>id}", [FIELD_OPCODE] = "{>opcode}", [FIELD_DO] = "{>do}", [FIELD_BUFSIZE] = "{>bufsize}",
	[FIELD_RCODE] = "{rcode}", [FIELD_RSIZE] = "{rsize}", [FIELD_DURATION] = "{duration}",
	[FIELD_RFLAGS] = "{>rflags}", [FIELD_LOG_CLASS] = "{/log/class}", [FIELD_LOG_TYPE] = "{/log/type}",
};

struct piece { enum field field; const char *text; size_t size; };
struct rule {
	struct zone_name *names;
	size_t name_count;
	unsigned classes;
	char *format;        /* what literal pieces point into */
	struct piece *pieces;
	size_t piece_count;
};
struct query_log { size_t count; struct rule rules[]; };

/* ---- compiling ---- */

static char *replace_all(char *text, const char *word, const char *with)
{
	struct text grown = { 0 };
	const char *from = text;
	text_add(&grown, "");
	for (const char *found; (found = strstr(from, word)) != NULL; from = found + strlen(word)) {
		text_add_n(&grown, from, (size_t)(found - from));
		text_add(&grown, with);
	}
	text_add(&grown, from);
	mem_free(text);
	return grown.data;
}

/* What `{word}` stands for: a field, metadata that we do not have, or just text. */
static enum field field_of(const char *word, size_t size)
{
	for (enum field field = FIELD_TYPE; field < FIELD_UNKNOWN; field++)
		if (strlen(field_words[field]) == size && memcmp(field_words[field], word, size) == 0)
			return field;
	return size >= 2 && word[1] == '/' ? FIELD_UNKNOWN : FIELD_LITERAL;
}

static void rule_add(struct rule *rule, enum field field, const char *text, size_t size)
{
	if (field == FIELD_LITERAL && size == 0)
		return;
	rule->pieces = mem_realloc(rule->pieces, (rule->piece_count + 1) * sizeof(*rule->pieces));
	rule->pieces[rule->piece_count++] = (struct piece){ .field = field, .text = text, .size = size };
}

/* A word begins at the last '{' before a '}', so that braces may stand around words. */
static void rule_cut_format(struct rule *rule)
{
	const char *from = rule->format;
	for (const char *close; (close = strchr(from, '}')) != NULL; from = close + 1) {
		const char *open = memrchr(from, '{', (size_t)(close - from));
		enum field field = open != NULL ? field_of(open, (size_t)(close - open) + 1) : FIELD_LITERAL;
		if (field == FIELD_LITERAL) {
			rule_add(rule, FIELD_LITERAL, from, (size_t)(close - from) + 1);
			continue;
		}
		rule_add(rule, FIELD_LITERAL, from, (size_t)(open - from));
		rule_add(rule, field, NULL, 0);
	}
	rule_add(rule, FIELD_LITERAL, from, strlen(from));
}

static void rule_compile(struct rule *rule, const struct config_log *config)
{
	rule->classes = config->classes != 0 ? config->classes : LOG_CLASS_ALL;
	rule->format = mem_text(config->format != NULL ? config->format : COMMON_FORMAT);
	rule->format = replace_all(rule->format, "{common}", COMMON_FORMAT);
	rule->format = replace_all(rule->format, "{combined}", COMBINED_FORMAT);
	rule_cut_format(rule);
	rule->names = mem_zalloc((config->names.count + 1) * sizeof(*rule->names));
	for (size_t i = 0; i < config->names.count; i++)
		if (zone_name_read(config->names.zones[i].text, &rule->names[rule->name_count]))
			rule->name_count++;
	if (config->names.count == 0)
		rule->name_count = zone_name_read(".", &rule->names[0]);
}

struct query_log *query_log_compile(const struct config_block *block)
{
	if (block->log_count == 0)
		return NULL;
	struct query_log *log = mem_zalloc(sizeof(*log) + block->log_count * sizeof(log->rules[0]));
	log->count = block->log_count;
	for (size_t i = 0; i < log->count; i++)
		rule_compile(&log->rules[i], &block->logs[i]);
	return log;
}

void query_log_free(struct query_log *log)
{
	if (log == NULL)
		return;
	for (size_t i = 0; i < log->count; i++) {
		mem_free(log->rules[i].names);
		mem_free(log->rules[i].format);
		mem_free(log->rules[i].pieces);
	}
	mem_free(log);
}

/* ---- fields ---- */

/* What kind of reply it was, in the words of CoreDNS' classes. */
static unsigned class_of(const struct answered *answered)
{
	const uint8_t *reply = answered->reply;
	unsigned answers = get_u16(reply + 6), authorities = get_u16(reply + 8);
	uint16_t type = answered->query->type;
	if (type == TYPE_AXFR || type == TYPE_IXFR)
		return LOG_CLASS_ERROR;
	if (answered->rcode == RCODE_NOERROR)
		return answers == 0 && authorities == 1 && reply_has_soa(reply, answered->reply_size) ?
			LOG_CLASS_DENIAL : LOG_CLASS_SUCCESS;
	return answered->rcode == RCODE_NXDOMAIN && answers == 0 ? LOG_CLASS_DENIAL : LOG_CLASS_ERROR;
}

static const char *class_word(unsigned class_)
{
	return class_ == LOG_CLASS_SUCCESS ? "success" : class_ == LOG_CLASS_DENIAL ? "denial" : "error";
}

static const char *type_word(const struct answered *answered)
{
	unsigned class_ = class_of(answered);
	if (class_ == LOG_CLASS_DENIAL)
		return answered->rcode == RCODE_NOERROR ? "NODATA" : "NXDOMAIN";
	if (class_ == LOG_CLASS_SUCCESS)
		return get_u16(answered->reply + 6) == 0 && get_u16(answered->reply + 8) > 0 ? "DELEGATION" : "NOERROR";
	return answered->rcode == RCODE_SERVFAIL ? "SERVERERROR" : "OTHERERROR";
}

static void add_address(struct line *line, const struct ip *ip, bool brackets)
{
	char text[IP_TEXT_SIZE];
	ip_print(ip, text);
	line_printf(line, ip->family == 6 && brackets ? "[%s]" : "%s", text);
}

static void add_name(struct line *line, const struct dns_query *query)
{
	char name[NAME_TEXT_SIZE];
	name_print(query->lower, name);
	line_add(line, name);
}

static void add_word(struct line *line, void (*print)(uint16_t number, char ret_text[16]), uint16_t number)
{
	char word[16];
	print(number, word);
	line_add(line, word);
}

/* The shortest decimal number of seconds. */
static void add_seconds(struct line *line, uint64_t ns)
{
	char digits[16];
	snprintf(digits, sizeof(digits), "%09u", (unsigned)(ns % 1000000000));
	size_t size = 9;
	while (size > 0 && digits[size - 1] == '0')
		size--;
	line_printf(line, "%llu%s%.*s", (unsigned long long)(ns / 1000000000), size > 0 ? "." : "", (int)size, digits);
}

static void add_flags(struct line *line, uint16_t flags)
{
	static const struct { uint16_t flag; const char *word; } words[] = {
		{ FLAG_QR, "qr" }, { FLAG_AA, "aa" }, { FLAG_TC, "tc" }, { FLAG_RD, "rd" },
		{ FLAG_RA, "ra" }, { FLAG_AD, "ad" }, { FLAG_CD, "cd" },
	};
	const char *between = "";
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if ((flags & words[i].flag) == 0)
			continue;
		line_printf(line, "%s%s", between, words[i].word);
		between = ",";
	}
}

static unsigned buffer_size(const struct answered *answered)
{
	return answered->info->proto == PROTO_TCP ? DNS_MESSAGE_MAX : answered->query->udp_size;
}

static const char *proto_word(const struct answered *answered)
{
	return answered->info->proto == PROTO_TCP ? "tcp" : "udp";
}

static void add_field(struct line *line, enum field field, const struct answered *answered)
{
	const struct dns_query *query = answered->query;
	const struct packet_info *info = answered->info;
	switch (field) {
	case FIELD_TYPE: add_word(line, dns_type_print, query->type); break;
	case FIELD_NAME: add_name(line, query); break;
	case FIELD_CLASS: add_word(line, dns_class_print, query->class_); break;
	case FIELD_PROTO: line_add(line, proto_word(answered)); break;
	case FIELD_SIZE: line_printf(line, "%u", query->size); break;
	case FIELD_REMOTE: add_address(line, &info->client, true); break;
	case FIELD_PORT: line_printf(line, "%u", info->client_port); break;
	case FIELD_LOCAL: add_address(line, &info->local, true); break;
	case FIELD_ID: line_printf(line, "%u", get_u16(answered->reply)); break;
	case FIELD_OPCODE: line_add(line, "0"); break; /* others are turned away before */
	case FIELD_DO: line_add(line, query->dnssec_ok ? "true" : "false"); break;
	case FIELD_BUFSIZE: line_printf(line, "%u", buffer_size(answered)); break;
	case FIELD_RCODE: add_word(line, dns_rcode_print, answered->rcode); break;
	case FIELD_RSIZE: line_printf(line, "%zu", reply_plain_size(answered->reply, answered->reply_size)); break;
	case FIELD_DURATION: add_seconds(line, answered->duration_ns); line_add(line, "s"); break;
	case FIELD_RFLAGS: add_flags(line, get_u16(answered->reply + 2)); break;
	case FIELD_LOG_CLASS: line_add(line, class_word(class_of(answered))); break;
	case FIELD_LOG_TYPE: line_add(line, type_word(answered)); break;
	case FIELD_LITERAL:
	case FIELD_UNKNOWN:
	case FIELD_COUNT: line_add(line, "-"); break;
	}
}

/* ---- lines ---- */

static void add_message(struct line *line, const struct rule *rule, const struct answered *answered)
{
	for (size_t i = 0; i < rule->piece_count; i++) {
		const struct piece *piece = &rule->pieces[i];
		if (piece->field == FIELD_LITERAL)
			line_add_n(line, piece->text, piece->size);
		else
			add_field(line, piece->field, answered);
	}
}

/* The fields that CoreDNS' JSON records have beside the text line. */
static void add_json_fields(struct line *line, const struct answered *answered)
{
	const struct dns_query *query = answered->query;
	char name[NAME_TEXT_SIZE];
	line_add(line, ",\"client_ip\":\"");
	add_address(line, &answered->info->client, false);
	line_printf(line, "\",\"client_port\":%u,\"qname\":", answered->info->client_port);
	name_print(query->lower, name);
	line_add_json(line, name, strlen(name));
	line_add(line, ",\"qtype\":\"");
	add_word(line, dns_type_print, query->type);
	line_add(line, "\",\"qclass\":\"");
	add_word(line, dns_class_print, query->class_);
	line_printf(line, "\",\"protocol\":\"%s\",\"id\":%u,\"opcode\":0,\"request_size\":%u,\"dnssec_ok\":%s,\"bufsize\":%u",
		    proto_word(answered), get_u16(answered->reply), query->size, query->dnssec_ok ? "true" : "false",
		    buffer_size(answered));
	line_add(line, ",\"rcode\":\"");
	add_word(line, dns_rcode_print, answered->rcode);
	line_printf(line, "\",\"response_size\":%zu,\"duration_seconds\":",
		    reply_plain_size(answered->reply, answered->reply_size));
	add_seconds(line, answered->duration_ns);
}

static const struct rule *rule_for(const struct query_log *log, const struct answered *answered)
{
	for (size_t i = 0; i < log->count; i++)
		for (size_t j = 0; j < log->rules[i].name_count; j++)
			if (name_is_under(answered->query->lower, log->rules[i].names[j].name))
				return &log->rules[i];
	return NULL;
}

void query_log_put(const struct query_log *log, const struct answered *answered, struct log_ring *ring)
{
	const struct rule *rule = rule_for(log, answered);
	if (rule == NULL || (rule->classes != LOG_CLASS_ALL && (rule->classes & class_of(answered)) == 0))
		return;
	struct line line, message;
	line_start(&line);
	line_start(&message);
	if (log_form_in_force() == LOG_FORM_TEXT) {
		line_add(&line, "[INFO] ");
		add_message(&line, rule, answered);
	} else {
		add_message(&message, rule, answered);
		line_begin_json(&line, "INFO", &message, "log");
		add_json_fields(&line, answered);
		line_add(&line, "}");
	}
	log_ring_put(ring, line.text, line.size);
}

void query_error_put(const struct dns_query *query, uint16_t rcode, const char *problem, struct log_ring *ring)
{
	struct line line, message;
	line_start(&line);
	line_start(&message);
	line_printf(&message, "%u ", rcode);
	add_name(&message, query);
	line_add(&message, " ");
	add_word(&message, dns_type_print, query->type);
	line_printf(&message, ": %s", problem);
	if (log_form_in_force() == LOG_FORM_TEXT) {
		line_add(&line, "[ERROR] plugin/errors: ");
		line_add_n(&line, message.text, message.size);
	} else {
		line_begin_json(&line, "ERROR", &message, "errors");
		line_add(&line, "}");
	}
	log_ring_put(ring, line.text, line.size);
}
