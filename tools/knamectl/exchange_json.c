/* SPDX-License-Identifier: Apache-2.0 */
/* A message as JSON; records in the words of a zone file. */
#include "exchange.h"

#include <ldns/ldns.h>
#include <string.h>

/* Of an option of the OPT: the first extended error. */
static json_t *extended_error(const ldns_pkt *packet)
{
	const ldns_rdf *data = ldns_pkt_edns_data(packet);
	const uint8_t *at = data != NULL ? ldns_rdf_data(data) : NULL;
	size_t left = data != NULL ? ldns_rdf_size(data) : 0;
	while (left >= 4 && get_u16(at + 2) <= left - 4) {
		size_t size = get_u16(at + 2);
		if (get_u16(at) == 15 && size >= 2) {
			json_t *text = json_stringn((const char *)at + 6, size - 2);
			return json_pack("{s:i,s:o}", "code", (int)get_u16(at + 4), "text",
					 text != NULL ? text : json_string(""));
		}
		at += 4 + size;
		left -= 4 + size;
	}
	return NULL;
}

static void tidy(char *text)
{
	size_t size = strcspn(text, "\n");
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\t')
			text[i] = ' ';
}

static json_t *section(const ldns_rr_list *records)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		char *text = ldns_rr2str(ldns_rr_list_rr(records, i));
		tidy(text);
		json_array_append_new(list, json_string(text));
		mem_free(text);
	}
	return list;
}

static json_t *flags(uint16_t bits)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} known[] = { { FLAG_AA, "aa" }, { FLAG_TC, "tc" }, { FLAG_RD, "rd" },
		      { FLAG_RA, "ra" }, { FLAG_AD, "ad" }, { FLAG_CD, "cd" } };
	json_t *list = json_array();
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if ((bits & known[i].bit) != 0)
			json_array_append_new(list, json_string(known[i].name));
	return list;
}

json_t *exchange_json(const uint8_t *packet, size_t size)
{
	struct dns_message message;
	ldns_pkt *read = NULL;
	char rcode[16] = "unreadable";
	if (!dns_message_read(packet, size, &message) ||
	    ldns_wire2pkt(&read, packet, size) != LDNS_STATUS_OK)
		return json_pack("{s:s}", "rcode", rcode);
	dns_rcode_print(message.rcode, rcode);
	json_t *json = json_pack("{s:s,s:o,s:o,s:o,s:o}", "rcode", rcode, "flags",
				 flags(message.flags), "answer", section(ldns_pkt_answer(read)),
				 "authority", section(ldns_pkt_authority(read)), "additional",
				 section(ldns_pkt_additional(read)));
	json_t *ede = extended_error(read);
	if (ede != NULL)
		json_object_set_new(json, "ede", ede);
	ldns_pkt_free(read);
	return json;
}
