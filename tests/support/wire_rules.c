/* SPDX-License-Identifier: Apache-2.0 */
/* Reads packets by itself, apart from the server's own readers; replies are read by ldns as well. */
#include "wire_rules.h"

#undef NDEBUG
#include <assert.h>
#include <ldns/ldns.h>
#include <string.h>

enum { POINTER = 0xc0, RECORD_FIXED = 10 };

/* ---- queries ---- */

/* Behind the name, which may end in a pointer where `pointers` says so; 0: it is cut, or no name. */
static size_t name_end(const struct packet *packet, size_t at, bool pointers)
{
	for (size_t start = at; at < packet->size && at - start < DNS_NAME_MAX;) {
		uint8_t label = packet->bytes[at];
		if (label >= POINTER)
			return pointers && at + 2 <= packet->size ? at + 2 : 0;
		if (label > DNS_LABEL_MAX)
			return 0;
		at += 1u + label;
		if (label == 0)
			return at;
	}
	return 0;
}

/* `fixed`: where the record's type stands. */
static bool judge_opt(const struct packet *query, size_t fixed, struct judged *judged)
{
	const uint8_t *opt = query->bytes + fixed, *at = opt + RECORD_FIXED,
		      *end = at + get_u16(opt + 8);
	if (judged->opt)
		return false;
	judged->opt = true;
	judged->udp_size = get_u16(opt + 2);
	judged->dnssec_ok = (opt[6] & 0x80) != 0;
	if (opt[5] != 0) {
		judged->rcode = RCODE_BADVERS;
		return true;
	}
	while (end - at >= DNS_OPTION_HEAD && end - at - DNS_OPTION_HEAD >= get_u16(at + 2)) {
		judged->nsid |= get_u16(at) == OPTION_NSID;
		at += DNS_OPTION_HEAD + get_u16(at + 2);
	}
	return at == end;
}

static bool judge_record(const struct packet *query, size_t *at, bool is_additional,
			 struct judged *judged)
{
	size_t start = *at, fixed = name_end(query, start, true);
	if (fixed == 0 || fixed + RECORD_FIXED > query->size)
		return false;
	*at = fixed + RECORD_FIXED + get_u16(query->bytes + fixed + 8);
	if (*at > query->size)
		return false;
	if (get_u16(query->bytes + fixed) != TYPE_OPT)
		return true;
	bool is_at_root = query->bytes[start] == 0;
	return is_additional && is_at_root && judge_opt(query, fixed, judged);
}

static bool judge_body(const struct packet *query, struct judged *judged)
{
	const uint8_t *bytes = query->bytes;
	unsigned answers = get_u16(bytes + 6), authorities = get_u16(bytes + 8),
		 additionals = get_u16(bytes + 10);
	if (get_u16(bytes + 4) != 1 || answers > 1 || authorities > 1 || additionals > 2)
		return false;
	size_t at = name_end(query, DNS_HEADER_SIZE, false);
	if (at == 0 || at + 4 > query->size)
		return false;
	judged->type = get_u16(bytes + at);
	judged->class_ = get_u16(bytes + at + 2);
	judged->question_end = at += 4;
	for (unsigned i = 0; i < answers + authorities + additionals; i++)
		if (!judge_record(query, &at, i >= answers + authorities, judged))
			return false;
	return true;
}

struct judged wire_judge(const struct packet *query)
{
	struct judged judged = { .outcome = OUT_NOTHING, .udp_size = DNS_UDP_MIN };
	if (query->size < DNS_HEADER_SIZE || (get_u16(query->bytes + 2) & FLAG_QR) != 0)
		return judged;
	if ((get_u16(query->bytes + 2) & OPCODE_MASK) != 0)
		return (struct judged){ .outcome = OUT_HEADER,
					.rcode = RCODE_NOTIMP,
					.udp_size = DNS_UDP_MIN };
	if (!judge_body(query, &judged))
		return (struct judged){ .outcome = OUT_HEADER,
					.rcode = RCODE_FORMERR,
					.udp_size = DNS_UDP_MIN };
	judged.outcome = OUT_REPLY;
	judged.udp_size = judged.udp_size > DNS_UDP_MIN ? judged.udp_size : DNS_UDP_MIN;
	return judged;
}

/* ---- reading replies ---- */

struct record {
	uint16_t type, class_;
	size_t fixed, data_at, data_size;
};

/* A pointer leads to what came before the name that it ends. Returns where the name ends. */
static size_t read_name(const struct packet *reply, size_t at)
{
	size_t end = 0, from = at, size = 0;
	for (;;) {
		assert(at < reply->size);
		uint8_t label = reply->bytes[at];
		if (label >= POINTER) {
			assert(at + 2 <= reply->size);
			size_t to = get_u16(reply->bytes + at) & 0x3fffu;
			end = end == 0 ? at + 2 : end;
			assert(to >= DNS_HEADER_SIZE && to < from);
			at = from = to;
			continue;
		}
		assert(label <= DNS_LABEL_MAX && at + 1 + label <= reply->size);
		size += 1u + label;
		at += 1u + label;
		assert(size <= DNS_NAME_MAX);
		if (label == 0)
			return end == 0 ? at : end;
	}
}

/* Names in data end where the data end, or where the numbers behind them begin. */
static void check_data(const struct packet *reply, const struct record *record)
{
	size_t at = record->data_at, end = at + record->data_size;
	switch (record->type) {
	case TYPE_A:
		assert(record->data_size == 4);
		break;
	case TYPE_AAAA:
		assert(record->data_size == 16);
		break;
	case TYPE_SOA:
		assert(read_name(reply, read_name(reply, at)) + 20 == end);
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		assert(read_name(reply, at) == end);
		break;
	case TYPE_SRV: /* never compressed */
		assert(record->data_size > 6 && name_end(reply, at + 6, false) == end);
		break;
	}
}

static struct record read_record(const struct packet *reply, size_t at)
{
	struct record record = { .fixed = read_name(reply, at) };
	assert(record.fixed + RECORD_FIXED <= reply->size);
	record.type = get_u16(reply->bytes + record.fixed);
	record.class_ = get_u16(reply->bytes + record.fixed + 2);
	record.data_at = record.fixed + RECORD_FIXED;
	record.data_size = get_u16(reply->bytes + record.fixed + 8);
	assert(record.data_at + record.data_size <= reply->size);
	return record;
}

static void read_opt(const struct packet *reply, const struct record *record, struct view *view)
{
	const uint8_t *opt = reply->bytes + record->fixed, *at = opt + RECORD_FIXED,
		      *end = at + record->data_size;
	assert(!view->opt && opt[-1] == 0);
	view->opt = true;
	view->opt_size = record->class_;
	view->rcode |= (uint16_t)(opt[4] << 4);
	view->dnssec_ok = opt[6] != 0;
	assert(opt[5] == 0 && (opt[6] & 0x7f) == 0 && opt[7] == 0);
	for (; at < end; at += DNS_OPTION_HEAD + get_u16(at + 2)) {
		assert(end - at >= DNS_OPTION_HEAD && end - at - DNS_OPTION_HEAD >= get_u16(at + 2));
		assert(get_u16(at) == OPTION_NSID || get_u16(at) == OPTION_EDE);
		view->nsid |= get_u16(at) == OPTION_NSID;
	}
}

/* All of it, and nothing is left over. */
static struct view read_reply(const struct packet *reply, const struct judged *judged)
{
	const uint8_t *bytes = reply->bytes;
	struct view view = { .size = reply->size,
			     .flags = get_u16(bytes + 2),
			     .rcode = get_u16(bytes + 2) & 15,
			     .answers = get_u16(bytes + 6),
			     .authorities = get_u16(bytes + 8),
			     .additionals = get_u16(bytes + 10) };
	size_t at = get_u16(bytes + 4) == 0 ? DNS_HEADER_SIZE : judged->question_end;
	unsigned plain = view.answers + view.authorities, count = plain + view.additionals;
	for (unsigned i = 0; i < count; i++) {
		struct record record = read_record(reply, at);
		at = record.data_at + record.data_size;
		if (record.type == TYPE_OPT) {
			assert(i >= plain);
			read_opt(reply, &record, &view);
			continue;
		}
		assert(record.class_ == judged->class_);
		check_data(reply, &record);
		view.soas += record.type == TYPE_SOA && i >= view.answers && i < plain;
	}
	assert(at == reply->size);
	view.additionals -= view.opt;
	return view;
}

/* ---- rules ---- */

static void check_flags(const struct packet *query, const struct judged *judged, const struct view *view)
{
	unsigned may_be_kept = FLAG_RD | FLAG_CD | (judged->rcode == RCODE_NOTIMP ? OPCODE_MASK : 0u);
	unsigned kept = get_u16(query->bytes + 2) & may_be_kept;
	assert((view->flags & ~(15u | FLAG_AA | FLAG_TC)) == (FLAG_QR | kept));
}

static void check_rcode(const struct judged *judged, const struct view *view)
{
	if (judged->rcode != 0)
		assert(view->rcode == judged->rcode);
	else
		assert(view->rcode == RCODE_NOERROR || view->rcode == RCODE_SERVFAIL ||
		       view->rcode == RCODE_NXDOMAIN || view->rcode == RCODE_REFUSED ||
		       view->rcode == RCODE_YXDOMAIN);
	bool is_refused = judged->rcode != 0 || view->rcode == RCODE_REFUSED;
	assert(is_refused || judged->class_ == CLASS_IN || judged->class_ == CLASS_CH);
	if (is_refused)
		assert((view->flags & (FLAG_AA | FLAG_TC)) == 0 &&
		       view->answers + view->authorities + view->additionals == 0);
	bool is_cut = (view->flags & FLAG_TC) != 0, has_soa = view->soas == 1 || is_cut;
	if (view->rcode == RCODE_NXDOMAIN)
		assert(has_soa && (view->flags & FLAG_AA) != 0);
	assert(view->soas <= 1);
}

static void check_question(const struct packet *query, const struct judged *judged,
			   const struct packet *reply)
{
	bool is_header = judged->outcome == OUT_HEADER;
	assert(memcmp(query->bytes, reply->bytes, 2) == 0 && get_u16(reply->bytes + 4) == !is_header);
	if (is_header)
		assert(reply->size == DNS_HEADER_SIZE);
	else
		assert(reply->size >= judged->question_end &&
		       memcmp(query->bytes + DNS_HEADER_SIZE, reply->bytes + DNS_HEADER_SIZE,
			      judged->question_end - DNS_HEADER_SIZE) == 0);
}

struct view wire_check(const struct packet *query, const struct judged *judged,
		       const struct packet *reply)
{
	ldns_pkt *packet = NULL;
	assert(judged->outcome != OUT_NOTHING && reply->size >= DNS_HEADER_SIZE);
	check_question(query, judged, reply);
	struct view view = read_reply(reply, judged);
	assert(ldns_wire2pkt(&packet, reply->bytes, reply->size) == LDNS_STATUS_OK);
	ldns_pkt_free(packet);
	check_flags(query, judged, &view);
	check_rcode(judged, &view);
	assert(view.opt == judged->opt && view.dnssec_ok == judged->dnssec_ok &&
	       (!view.nsid || judged->nsid));
	return view;
}

void wire_check_same(const struct view *udp, const struct view *tcp)
{
	bool is_cut = (udp->flags & FLAG_TC) != 0;
	bool is_less = udp->answers + udp->authorities < tcp->answers + tcp->authorities;
	bool is_cut_in_chain = is_cut && udp->rcode == RCODE_NOERROR;
	assert(udp->rcode == tcp->rcode || is_cut_in_chain);
	assert(((udp->flags ^ tcp->flags) & FLAG_AA) == 0);
	assert(udp->answers <= tcp->answers && udp->authorities <= tcp->authorities &&
	       udp->additionals <= tcp->additionals);
	assert(is_cut || !is_less);
	assert(!is_cut || is_less || (tcp->flags & FLAG_TC) != 0 ||
	       udp->additionals < tcp->additionals);
}
