/* SPDX-License-Identifier: Apache-2.0 */
/* The words of log formats, as CoreDNS writes them. */
#include "query_fields.h"

#include <stdio.h>
#include <string.h>

/* ---- classes ---- */

/* What kind of reply it is, in the order in which CoreDNS asks. */
enum kind {
	KIND_NOERROR,
	KIND_NXDOMAIN,
	KIND_NODATA,
	KIND_DELEGATION,
	KIND_SERVERERROR,
	KIND_META,
	KIND_OTHERERROR,
};

static enum kind kind_of(const struct answered *answered)
{
	const uint8_t *reply = answered->reply;
	size_t size = answered->reply_size;
	uint16_t type = answered->query->type, rcode = answered->rcode;
	if (size == 0)
		return KIND_OTHERERROR;
	if (dns_type_is_transfer(type))
		return KIND_META;
	if (get_u16(reply + 6) > 0 && (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN))
		return rcode == RCODE_NOERROR ? KIND_NOERROR : KIND_OTHERERROR;
	if (rcode == RCODE_NXDOMAIN)
		return KIND_NXDOMAIN;
	if (rcode == RCODE_SERVFAIL || rcode == RCODE_NOTIMP)
		return KIND_SERVERERROR;
	if (rcode != RCODE_NOERROR)
		return KIND_OTHERERROR;
	if (reply_has_authority(reply, size, TYPE_SOA))
		return KIND_NODATA;
	return reply_has_authority(reply, size, TYPE_NS) ? KIND_DELEGATION : KIND_NOERROR;
}

unsigned query_class(const struct answered *answered)
{
	static const unsigned classes[] = {
		[KIND_NOERROR] = LOG_CLASS_SUCCESS,   [KIND_DELEGATION] = LOG_CLASS_SUCCESS,
		[KIND_NXDOMAIN] = LOG_CLASS_DENIAL,   [KIND_NODATA] = LOG_CLASS_DENIAL,
		[KIND_SERVERERROR] = LOG_CLASS_ERROR, [KIND_META] = LOG_CLASS_ERROR,
		[KIND_OTHERERROR] = LOG_CLASS_ERROR,
	};
	return classes[kind_of(answered)];
}

static void write_class(struct line *line, const struct answered *answered)
{
	static const char *const words[] = {
		[LOG_CLASS_SUCCESS] = "success",
		[LOG_CLASS_DENIAL] = "denial",
		[LOG_CLASS_ERROR] = "error",
	};
	line_add(line, words[query_class(answered)]);
}

static void write_kind(struct line *line, const struct answered *answered)
{
	static const char *const words[] = {
		[KIND_NOERROR] = "NOERROR",	    [KIND_NXDOMAIN] = "NXDOMAIN",
		[KIND_NODATA] = "NODATA",	    [KIND_DELEGATION] = "DELEGATION",
		[KIND_SERVERERROR] = "SERVERERROR", [KIND_META] = "META",
		[KIND_OTHERERROR] = "OTHERERROR",
	};
	line_add(line, words[kind_of(answered)]);
}

/* ---- fields ---- */

static void write_word(struct line *line, void (*print)(uint16_t, char[16]), uint16_t number)
{
	char word[16];
	print(number, word);
	line_add(line, word);
}

static void write_address(struct line *line, const struct ip *ip, bool brackets)
{
	char text[IP_TEXT_SIZE];
	ip_print(ip, text);
	line_printf(line, ip->family == 6 && brackets ? "[%s]" : "%s", text);
}

void query_name_write(struct line *line, const struct dns_query *query)
{
	char name[NAME_TEXT_SIZE];
	name_print(query->lower, name);
	line_add(line, name);
}

void query_type_write(struct line *line, const struct dns_query *query)
{
	write_word(line, dns_type_print, query->type);
}

static void write_qname(struct line *line, const struct answered *answered)
{
	query_name_write(line, answered->query);
}

static void write_type(struct line *line, const struct answered *answered)
{
	query_type_write(line, answered->query);
}

static void write_dns_class(struct line *line, const struct answered *answered)
{
	write_word(line, dns_class_print, answered->query->class_);
}

static void write_proto(struct line *line, const struct answered *answered)
{
	line_add(line, answered->info->proto == PROTO_TCP ? "tcp" : "udp");
}

static void write_size(struct line *line, const struct answered *answered)
{
	line_printf(line, "%u", answered->query->size);
}

static void write_remote(struct line *line, const struct answered *answered)
{
	write_address(line, &answered->info->client, true);
}

static void write_port(struct line *line, const struct answered *answered)
{
	line_printf(line, "%u", answered->info->client_port);
}

static void write_local(struct line *line, const struct answered *answered)
{
	write_address(line, &answered->info->local, true);
}

static void write_id(struct line *line, const struct answered *answered)
{
	line_printf(line, "%u", get_u16(answered->reply));
}

/* Others than QUERY are turned away before. */
static void write_opcode(struct line *line, const struct answered *answered)
{
	(void)answered;
	line_add(line, "0");
}

static void write_do(struct line *line, const struct answered *answered)
{
	line_add(line, answered->query->dnssec_ok ? "true" : "false");
}

static void write_bufsize(struct line *line, const struct answered *answered)
{
	bool is_tcp = answered->info->proto == PROTO_TCP;
	line_printf(line, "%u", is_tcp ? DNS_MESSAGE_MAX : answered->udp_size);
}

static void write_rcode(struct line *line, const struct answered *answered)
{
	if (answered->reply_size == 0)
		line_add(line, "-");
	else
		write_word(line, dns_rcode_print, answered->rcode);
}

static void write_reply_size(struct line *line, const struct answered *answered)
{
	size_t size = reply_plain_size(answered->reply, answered->reply_size);
	line_printf(line, "%zu", size + answered->opt_size);
}

/* The shortest decimal number. */
static void write_seconds(struct line *line, const struct answered *answered)
{
	uint64_t ns = answered->duration_ns;
	char digits[16];
	snprintf(digits, sizeof(digits), "%09u", (unsigned)(ns % 1000000000));
	int size = 9;
	while (size > 0 && digits[size - 1] == '0')
		size--;
	line_printf(line, "%llu%s%.*s", (unsigned long long)(ns / 1000000000), size > 0 ? "." : "",
		    size, digits);
}

static void write_duration(struct line *line, const struct answered *answered)
{
	write_seconds(line, answered);
	line_add(line, "s");
}

static void write_flags(struct line *line, const struct answered *answered)
{
	static const struct {
		uint16_t flag;
		const char *word;
	} words[] = {
		{ FLAG_QR, "qr" }, { FLAG_AA, "aa" }, { FLAG_TC, "tc" }, { FLAG_RD, "rd" },
		{ FLAG_RA, "ra" }, { FLAG_AD, "ad" }, { FLAG_CD, "cd" },
	};
	uint16_t flags = get_u16(answered->reply + 2);
	const char *between = "";
	if (answered->reply_size == 0)
		line_add(line, "-");
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (answered->reply_size == 0 || (flags & words[i].flag) == 0)
			continue;
		line_printf(line, "%s%s", between, words[i].word);
		between = ",";
	}
}

/* ---- all of them ---- */

const struct query_field *query_field_find(const char *word, size_t size)
{
	static const struct query_field fields[] = {
		{ "{type}", write_type },
		{ "{name}", write_qname },
		{ "{class}", write_dns_class },
		{ "{proto}", write_proto },
		{ "{size}", write_size },
		{ "{remote}", write_remote },
		{ "{port}", write_port },
		{ "{local}", write_local },
		{ "{>id}", write_id },
		{ "{>opcode}", write_opcode },
		{ "{>do}", write_do },
		{ "{>bufsize}", write_bufsize },
		{ "{rcode}", write_rcode },
		{ "{rsize}", write_reply_size },
		{ "{duration}", write_duration },
		{ "{>rflags}", write_flags },
		{ "{/log/class}", write_class },
		{ "{/log/type}", write_kind },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (strlen(fields[i].word) == size && memcmp(fields[i].word, word, size) == 0)
			return &fields[i];
	return NULL;
}

static void write_json_rcode(struct line *line, const struct answered *answered)
{
	if (answered->reply_size == 0) {
		line_add(line, "null");
		return;
	}
	line_add(line, "\"");
	write_rcode(line, answered);
	line_add(line, "\"");
}

static void write_json_name(struct line *line, const struct answered *answered)
{
	char name[NAME_TEXT_SIZE];
	name_print(answered->query->lower, name);
	line_add_json(line, name, strlen(name));
}

static void write_client(struct line *line, const struct answered *answered)
{
	write_address(line, &answered->info->client, false);
}

void query_json_write(struct line *line, const struct answered *answered)
{
	static const struct {
		const char *before;
		void (*write)(struct line *line, const struct answered *answered);
	} parts[] = {
		{ ",\"client_ip\":\"", write_client },
		{ "\",\"client_port\":", write_port },
		{ ",\"qname\":", write_json_name },
		{ ",\"qtype\":\"", write_type },
		{ "\",\"qclass\":\"", write_dns_class },
		{ "\",\"protocol\":\"", write_proto },
		{ "\",\"id\":", write_id },
		{ ",\"opcode\":", write_opcode },
		{ ",\"request_size\":", write_size },
		{ ",\"dnssec_ok\":", write_do },
		{ ",\"bufsize\":", write_bufsize },
		{ ",\"rcode\":", write_json_rcode },
		{ ",\"response_size\":", write_reply_size },
		{ ",\"duration_seconds\":", write_seconds },
	};
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		line_add(line, parts[i].before);
		parts[i].write(line, answered);
	}
}
