/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of a question and writes its packet, octet by octet, with ldns for names and types only. */
#include "ask.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "knamed/dns.h"

static bool number_of(const char *word, const char *key, unsigned *ret_number)
{
	size_t size = strlen(key);
	uint64_t number;
	if (strncmp(word, key, size) != 0 || !text_to_number(word + size, 0, 65535, &number))
		return false;
	*ret_number = (unsigned)number;
	return true;
}

static bool option_read(struct ask *ask, const char *word, struct error *error)
{
	unsigned size;
	if (strcmp(word, "udp") == 0)
		ask->transport = TRANSPORT_UDP;
	else if (strcmp(word, "tcp") == 0)
		ask->transport = TRANSPORT_TCP;
	else if (number_of(word, "edns=", &size)) {
		ask->edns_size = (uint16_t)size;
		ask->opts = 1;
	} else if (strcmp(word, "do") == 0)
		ask->dnssec_ok = true;
	else if (strcmp(word, "cookie") == 0)
		ask->cookie = true;
	else if (strcmp(word, "nsid") == 0)
		ask->nsid = true;
	else if (strcmp(word, "z") == 0)
		ask->edns_flags = 0x7fff;
	else if (strcmp(word, "two-opts") == 0)
		ask->opts = 2;
	else if (strcmp(word, "norec") == 0)
		ask->recursion = false;
	else if (strcmp(word, "ad") == 0)
		ask->authentic = true;
	else if (strcmp(word, "cd") == 0)
		ask->checking_disabled = true;
	else if (strncmp(word, "class=", 6) == 0) {
		mem_free(ask->class_);
		ask->class_ = mem_text(word + 6);
	} else if (!number_of(word, "ednsver=", &ask->edns_version) &&
		   !number_of(word, "opcode=", &ask->opcode) &&
		   !number_of(word, "questions=", &ask->questions))
		return error_set(error, "unknown option '%s'", word);
	return true;
}

bool ask_read(const char *text, struct ask *ret_ask, struct error *error)
{
	struct ask ask = { .questions = 1, .recursion = true, .class_ = mem_text("IN") };
	char *words = mem_text(text), *rest = words, *word;
	bool good = true;
	while (good && (word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (ask.name == NULL)
			ask.name = mem_text(word);
		else if (ask.type == NULL)
			ask.type = mem_text(word);
		else
			good = option_read(&ask, word, error);
	}
	mem_free(words);
	if (good && ask.type == NULL)
		good = error_set(error, "expected a name and a type in '%s'", text);
	if (good)
		*ret_ask = ask;
	else
		ask_done(&ask);
	return good;
}

void ask_done(struct ask *ask)
{
	mem_free(ask->name);
	mem_free(ask->type);
	mem_free(ask->class_);
}

static bool write_name_and_type(struct dns_writer *writer, const struct ask *ask)
{
	ldns_rdf *name = ldns_dname_new_frm_str(ask->name);
	uint16_t type = (uint16_t)ldns_get_rr_type_by_name(ask->type);
	uint16_t class_ = strcmp(ask->class_, "ANY") == 0
				  ? 255
				  : (uint16_t)ldns_get_rr_class_by_name(ask->class_);
	if (type == 0) /* this ldns may be built without the youngest types */
		dns_type_from_text(ask->type, &type);
	bool good = name != NULL && type != 0 && class_ != 0 &&
		    write_bytes(writer, ldns_rdf_data(name), ldns_rdf_size(name)) &&
		    write_u16(writer, type) && write_u16(writer, class_);
	ldns_rdf_deep_free(name);
	return good;
}

static void write_opt(struct dns_writer *writer, const struct ask *ask)
{
	static const uint8_t cookie[] = { 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 },
			     nsid[] = { 0, 3, 0, 0 };
	uint16_t size = (ask->cookie ? sizeof(cookie) : 0) + (ask->nsid ? sizeof(nsid) : 0);
	write_u8(writer, 0);
	write_u16(writer, TYPE_OPT);
	write_u16(writer, ask->edns_size);
	write_u8(writer, 0);
	write_u8(writer, (uint8_t)ask->edns_version);
	write_u16(writer, ask->edns_flags | (ask->dnssec_ok ? 0x8000 : 0));
	write_u16(writer, size);
	if (ask->cookie)
		write_bytes(writer, cookie, sizeof(cookie));
	if (ask->nsid)
		write_bytes(writer, nsid, sizeof(nsid));
}

size_t ask_write(const struct ask *ask, uint8_t ret_packet[ASK_ROOM])
{
	struct dns_writer writer = { ret_packet, ret_packet, ret_packet + ASK_ROOM };
	uint8_t id[2];
	random_bytes(id, sizeof(id));
	write_bytes(&writer, id, sizeof(id));
	write_u16(&writer, (uint16_t)(ask->opcode << 11 | (ask->recursion ? FLAG_RD : 0) |
				      (ask->authentic ? FLAG_AD : 0) |
				      (ask->checking_disabled ? FLAG_CD : 0)));
	write_u16(&writer, (uint16_t)ask->questions);
	write_u32(&writer, 0);
	write_u16(&writer, (uint16_t)ask->opts);
	for (unsigned i = 0; i < ask->questions; i++) {
		if (!write_name_and_type(&writer, ask))
			return 0;
	}
	for (unsigned i = 0; i < ask->opts; i++)
		write_opt(&writer, ask);
	return (size_t)(writer.at - writer.start);
}

size_t ask_udp_limit(const struct ask *ask)
{
	if (ask->opts == 0 || ask->edns_size < DNS_UDP_MIN)
		return DNS_UDP_MIN;
	return ask->edns_size < DNS_UDP_DEFAULT ? ask->edns_size : DNS_UDP_DEFAULT;
}
