/* SPDX-License-Identifier: Apache-2.0 */
/* dns -- names, questions and records in wire form.
 *
 * A name here is wire form: length octets and labels up to and including the root's 0; at most 255
 * octets. "Lower" means ASCII A-Z folded, and that is how names are compared and stored as keys.
 * dns_query_read() is the one parser of client packets; it never allocates and never reads outside. */
#ifndef KNAMED_DNS_H
#define KNAMED_DNS_H

#include "knamed/base.h"

enum {
	DNS_NAME_MAX = 255,
	DNS_LABEL_MAX = 63,
	DNS_LABELS_MAX = 127,
	DNS_HEADER_SIZE = 12,
	DNS_OPT_SIZE = 11,
	DNS_OPTION_HEAD = 4,    /* code and length of an option in it */
	DNS_UDP_MIN = 512,      /* what a client without EDNS takes */
	DNS_UDP_DEFAULT = 1232, /* our EDNS size and the cap of UDP replies */
	DNS_MESSAGE_MAX = 65535,
};

enum dns_type {
	TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_HINFO = 13, TYPE_MX = 15,
	TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_NAPTR = 35, TYPE_DNAME = 39, TYPE_OPT = 41,
	TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_NSEC = 47, TYPE_DNSKEY = 48, TYPE_NSEC3 = 50, TYPE_SVCB = 64,
	TYPE_HTTPS = 65, TYPE_IXFR = 251, TYPE_AXFR = 252, TYPE_ANY = 255, TYPE_CAA = 257,
};
enum dns_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_HS = 4, CLASS_NONE = 254, CLASS_ANY = 255 };
enum dns_rcode {
	RCODE_NOERROR = 0, RCODE_FORMERR = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5, RCODE_YXDOMAIN = 6, RCODE_NOTAUTH = 9, RCODE_BADVERS = 16,
};
enum dns_flag { FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080,
	FLAG_AD = 0x0020, FLAG_CD = 0x0010 };
enum dns_opcode { OPCODE_NOTIFY = 4 << 11, OPCODE_MASK = 0x7800 }; /* where they stand in the flags */
enum dns_option { OPTION_NSID = 3 /* RFC 5001 */, OPTION_EDE = 15 /* RFC 8914 */ };
/* Extended errors of RFC 8914 and of its registry, those that we say. */
enum dns_extended_error {
	EDE_STALE = 3, EDE_CACHED_ERROR = 13, EDE_NOT_READY = 14, EDE_BLOCKED = 15, EDE_FILTERED = 17, EDE_PROHIBITED = 18,
	EDE_NOT_OURS = 20, EDE_NO_UPSTREAM = 22, EDE_NETWORK_ERROR = 23, EDE_SYNTHESIZED = 29,
};

/* Words and numbers: "A" <-> 1, "TYPE65534" both ways; unknown text is false. */
bool dns_type_from_text(const char *text, uint16_t *ret_type);
void dns_type_print(uint16_t type, char ret_text[16]);
bool dns_class_from_text(const char *text, uint16_t *ret_class);
void dns_class_print(uint16_t class_, char ret_text[16]);
void dns_rcode_print(uint16_t rcode, char ret_text[16]);
bool dns_rcode_from_text(const char *text, uint16_t *ret_rcode);

/* Names. Text is presentation form: \. \\ \DDD escapes, final dot optional (always absolute). */
bool name_parse(const char *text, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size);
/* Room for the worst case: every octet escaped as \DDD. */
#define NAME_TEXT_SIZE (4 * DNS_NAME_MAX + 1)
void name_print(const uint8_t *name, char ret_text[NAME_TEXT_SIZE]); /* with final dot; "." for the root */
size_t name_size(const uint8_t *name); /* of a well-formed name */
void name_lower(uint8_t *name, size_t size); /* in place */
bool name_equal_fold(const uint8_t *a, const uint8_t *b);
bool name_is_under(const uint8_t *name, const uint8_t *zone); /* or equal; by label, case folded */
unsigned name_label_count(const uint8_t *name); /* root not counted */
/* Appends label (size bytes) and then `parent` to ret_name; false if a limit is broken. */
bool name_prepend(const void *label, size_t label_size, const uint8_t *parent,
		  uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size);
/* The zone of a CIDR on an octet (IPv4) or nibble (IPv6) boundary: 10.96.0.0/16 -> 96.10.in-addr.arpa. */
void name_of_cidr(const struct ip *net, unsigned bits, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size);
void name_of_ptr(const struct ip *ip, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size);
bool name_is_reverse(const uint8_t *name); /* at or below in-addr.arpa or ip6.arpa */
bool name_text_is_reverse(const char *text); /* the same; false if it is no name */
/* Reads a reverse name, lower case: `parts` of the address are there (octets or nibbles, most significant first).
 * False if the name is not at (no parts) or below in-addr.arpa / ip6.arpa or a label is not a plain octet / nibble. */
struct reverse_name { struct ip ip; uint8_t parts; bool full; };
bool name_read_reverse(const uint8_t *lower, struct reverse_name *ret_reverse);

/* Of questions for a whole zone. */
static inline bool dns_type_is_transfer(uint16_t type) { return type == TYPE_AXFR || type == TYPE_IXFR; }
/* Types whose names everybody expects to be compressed (RFC 3597 4). */
static inline bool dns_type_may_point(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_NS || type == TYPE_PTR || type == TYPE_SOA || type == TYPE_MX;
}

/* One question, as read from a client packet. `lower` is the folded name; labels[i] the offset in it of label i. */
struct dns_query {
	const uint8_t *packet;
	uint16_t size;         /* of the packet */
	uint16_t question_end; /* offset just behind the question in the packet */
	uint16_t type, class_;
	uint16_t flags;        /* of the header */
	uint16_t udp_size;     /* what the client takes over UDP: at least 512 */
	uint8_t name_size, label_count;
	bool edns, dnssec_ok, nsid; /* OPT there; its DO bit; its NSID option */
	uint8_t labels[DNS_LABELS_MAX];
	uint8_t lower[DNS_NAME_MAX + 1];
};

enum dns_verdict {
	QUERY_GOOD,
	QUERY_DROP,    /* a reply, or too short to be answered */
	QUERY_FORMERR, /* header-only reply */
	QUERY_NOTIMP,  /* header-only reply; opcode is not QUERY */
	QUERY_BADVERS, /* reply with OPT; question is good */
};
/* Reads a packet. On GOOD and BADVERS all of ret_query is set; else only packet, size and flags. */
enum dns_verdict dns_query_read(const uint8_t *packet, size_t size, struct dns_query *ret_query);
/* Goes on with one that was QUERY_NOTIMP, if it is a NOTIFY (RFC 1996): its question is about a zone that has changed. */
enum dns_verdict dns_notify_read(struct dns_query *query);

/* The serial of the SOA that stands behind the question, as a secondary says which zone it has (RFC 1995 3). */
bool dns_query_serial(const struct dns_query *query, uint32_t *ret_serial);

/* Writing: a cursor over a fixed buffer. Every add checks the room; false leaves the cursor as it was. */
struct dns_writer { uint8_t *start, *at, *end; };
bool write_u8(struct dns_writer *writer, uint8_t value);
bool write_u16(struct dns_writer *writer, uint16_t value);
bool write_u32(struct dns_writer *writer, uint32_t value);
bool write_bytes(struct dns_writer *writer, const void *bytes, size_t size);
bool write_name(struct dns_writer *writer, const uint8_t *name); /* never compressed */

/* A whole message of somebody else, checked once, walked often: what an upstream said. */
struct dns_message {
	const uint8_t *packet;
	uint16_t size, id, flags; /* of the header */
	uint16_t rcode;           /* with the bits that OPT has */
	uint16_t question_end;    /* records begin here */
	uint16_t end;             /* and end here; OPT, TSIG and SIG(0) are left out, and what stands behind them */
	uint16_t counts[3];       /* answers, authorities, additionals, of those */
	uint16_t type, class_;    /* of the question */
	uint16_t opt_size;        /* octets of the OPT; 0: none */
	uint16_t extended_error;  /* the first of RFC 8914, 0: none */
};
struct dns_record {
	uint16_t at, end;         /* in the packet */
	uint16_t type, class_;
	uint32_t ttl;             /* 0 for one with the top bit (RFC 2181 8) */
	uint16_t ttl_at, rdata_at, rdata_size;
	uint8_t section;          /* 0 answer, 1 authority, 2 additional */
};
/* True: a reply (QR, opcode QUERY) with one question, whose names and record data can all be walked: pointers lead
 * backwards, lengths fit, known record data hold what they must. With TC it may end anywhere behind the question, and
 * what is whole of it counts. Octets behind the last record are no part of it. */
bool dns_message_read(const uint8_t *packet, size_t size, struct dns_message *ret_message);
/* The same of one of the messages of a transfer, which may be without a question (RFC 5936 2.2): then its records begin
 * right behind the header. */
bool dns_message_read_part(const uint8_t *packet, size_t size, struct dns_message *ret_message);
/* The walk starts as { 0 }. False: there are no more. */
struct dns_walk { uint16_t at, done; };
bool dns_message_next(const struct dns_message *message, struct dns_walk *walk, struct dns_record *ret_record);
/* The name at `at` of a checked message, without pointers: of the question (12), an owner, or in record data. */
void dns_message_name(const struct dns_message *message, uint16_t at, uint8_t ret_name[DNS_NAME_MAX + 1],
		      uint8_t *ret_size);
/* Whether the question is this one: name byte for byte or case folded, type and class. */
bool dns_message_asks(const struct dns_message *message, const uint8_t *name, bool is_case_exact, uint16_t type,
		      uint16_t class_);
/* The data of a record alone, names written out. */
bool dns_rdata_write(const struct dns_message *message, const struct dns_record *record, struct dns_writer *writer);

/* Where names, and ends of names, stand in a message that is being written. All 0 at its beginning. */
enum { COMPRESS_SLOTS = 512 };
struct compress {
	uint16_t places[COMPRESS_SLOTS]; /* 0: free */
	unsigned count;
};
/* A name that stands in the message, whole. */
void compress_learn(struct compress *compress, const uint8_t *message, size_t at);
/* writer->start is the message. False: no room, and nothing was written. */
bool compress_write(struct compress *compress, struct dns_writer *writer, const uint8_t *name);
/* Appends the record, so that it may stand anywhere. compress: with pointers for its owner and for the names of NS, CNAME,
 * PTR, MX and SOA (RFC 3597 4), where they are known; NULL: names are written out. False: no room, or its data would be
 * too long; the cursor is as it was, and the message ends here, for `compress` may know names that are not there. */
bool dns_record_write(const struct dns_message *message, const struct dns_record *record, uint32_t ttl,
		      struct dns_writer *writer, struct compress *compress);

/* One record in the words of a zone file: "a.example. 60 IN A 192.0.2.1". Names are absolute, with or without the final
 * dot; TTL and class may be missing (3600, IN) and stand in either order; parentheses and comments are passed over. */
enum { DNS_LINE_RDATA_MAX = 2048 };
struct dns_line {
	uint8_t owner[DNS_NAME_MAX + 1];
	uint16_t type, class_;
	uint32_t ttl;
	uint16_t rdata_size;
	uint8_t rdata[DNS_LINE_RDATA_MAX];
};
/* Of A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV and CAA. Never allocates. */
bool dns_line_read(const char *text, size_t size, struct dns_line *ret_line, struct error *error);
bool dns_line_has_type(uint16_t type); /* one of these */
/* "60", "1h30m" */
bool dns_ttl_from_text(const char *text, uint32_t *ret_ttl);

/* Big-endian access to unaligned memory. */
static inline uint16_t get_u16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline void put_u16(uint8_t *at, uint16_t value) { at[0] = value >> 8; at[1] = (uint8_t)value; }
static inline void put_u32(uint8_t *at, uint32_t value) { put_u16(at, value >> 16); put_u16(at + 2, (uint16_t)value); }

#endif
