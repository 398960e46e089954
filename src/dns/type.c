/* SPDX-License-Identifier: Apache-2.0 */
/* type -- the words of types, classes and rcodes (IANA's registry), and the numbers behind them.
 *
 * What has no word is printed as RFC 3597 says: TYPE65534, CLASS7; rcodes alike. */
#include "knamed/dns.h"

#include <stdio.h>
#include <string.h>

struct word {
	uint16_t number;
	char text[12];
};

/* Each table in the order of its numbers. */
static const struct word types[] = {
	{ 1, "A" },	    { 2, "NS" },      { 3, "MD" },	    { 4, "MF" },
	{ 5, "CNAME" },	    { 6, "SOA" },     { 7, "MB" },	    { 8, "MG" },
	{ 9, "MR" },	    { 10, "NULL" },   { 11, "WKS" },	    { 12, "PTR" },
	{ 13, "HINFO" },    { 14, "MINFO" },  { 15, "MX" },	    { 16, "TXT" },
	{ 17, "RP" },	    { 18, "AFSDB" },  { 19, "X25" },	    { 20, "ISDN" },
	{ 21, "RT" },	    { 22, "NSAP" },   { 23, "NSAP-PTR" },   { 24, "SIG" },
	{ 25, "KEY" },	    { 26, "PX" },     { 27, "GPOS" },	    { 28, "AAAA" },
	{ 29, "LOC" },	    { 30, "NXT" },    { 31, "EID" },	    { 32, "NIMLOC" },
	{ 33, "SRV" },	    { 34, "ATMA" },   { 35, "NAPTR" },	    { 36, "KX" },
	{ 37, "CERT" },	    { 38, "A6" },     { 39, "DNAME" },	    { 40, "SINK" },
	{ 41, "OPT" },	    { 42, "APL" },    { 43, "DS" },	    { 44, "SSHFP" },
	{ 45, "IPSECKEY" }, { 46, "RRSIG" },  { 47, "NSEC" },	    { 48, "DNSKEY" },
	{ 49, "DHCID" },    { 50, "NSEC3" },  { 51, "NSEC3PARAM" }, { 52, "TLSA" },
	{ 53, "SMIMEA" },   { 55, "HIP" },    { 56, "NINFO" },	    { 57, "RKEY" },
	{ 58, "TALINK" },   { 59, "CDS" },    { 60, "CDNSKEY" },    { 61, "OPENPGPKEY" },
	{ 62, "CSYNC" },    { 63, "ZONEMD" }, { 64, "SVCB" },	    { 65, "HTTPS" },
	{ 66, "DSYNC" },    { 67, "HHIT" },   { 68, "BRID" },	    { 99, "SPF" },
	{ 100, "UINFO" },   { 101, "UID" },   { 102, "GID" },	    { 103, "UNSPEC" },
	{ 104, "NID" },	    { 105, "L32" },   { 106, "L64" },	    { 107, "LP" },
	{ 108, "EUI48" },   { 109, "EUI64" }, { 128, "NXNAME" },    { 249, "TKEY" },
	{ 250, "TSIG" },    { 251, "IXFR" },  { 252, "AXFR" },	    { 253, "MAILB" },
	{ 254, "MAILA" },   { 255, "ANY" },   { 256, "URI" },	    { 257, "CAA" },
	{ 258, "AVC" },	    { 259, "DOA" },   { 260, "AMTRELAY" },  { 261, "RESINFO" },
	{ 262, "WALLET" },  { 263, "CLA" },   { 264, "IPN" },	    { 32768, "TA" },
	{ 32769, "DLV" },
};

static const struct word classes[] = {
	{ 1, "IN" }, { 2, "CS" }, { 3, "CH" }, { 4, "HS" }, { 254, "NONE" }, { 255, "ANY" },
};

static const struct word rcodes[] = {
	{ 0, "NOERROR" },  { 1, "FORMERR" }, { 2, "SERVFAIL" },	 { 3, "NXDOMAIN" },
	{ 4, "NOTIMP" },   { 5, "REFUSED" }, { 6, "YXDOMAIN" },	 { 7, "YXRRSET" },
	{ 8, "NXRRSET" },  { 9, "NOTAUTH" }, { 10, "NOTZONE" },	 { 11, "DSOTYPENI" },
	{ 16, "BADVERS" }, { 17, "BADKEY" }, { 18, "BADTIME" },	 { 19, "BADMODE" },
	{ 20, "BADNAME" }, { 21, "BADALG" }, { 22, "BADTRUNC" }, { 23, "BADCOOKIE" },
};

static void word_print(const struct word *words, size_t count, const char *prefix, uint16_t number,
		       char ret_text[16])
{
	size_t first = 0, end = count;
	while (first < end) {
		size_t middle = (first + end) / 2;
		if (words[middle].number == number) {
			memcpy(ret_text, words[middle].text, sizeof words[middle].text);
			return;
		}
		if (words[middle].number < number)
			first = middle + 1;
		else
			end = middle;
	}
	snprintf(ret_text, 16, "%s%u", prefix, number);
}

static bool word_read(const struct word *words, size_t count, const char *prefix, const char *text,
		      uint16_t *ret_number)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal_fold(words[i].text, text)) {
			*ret_number = words[i].number;
			return true;
		}
	}
	uint64_t number;
	if (strncasecmp(text, prefix, strlen(prefix)) != 0 ||
	    !text_to_number(text + strlen(prefix), 0, UINT16_MAX, &number))
		return false;
	*ret_number = (uint16_t)number;
	return true;
}

bool dns_type_from_text(const char *text, uint16_t *ret_type)
{
	return word_read(types, COUNT_OF(types), "TYPE", text, ret_type);
}

void dns_type_print(uint16_t type, char ret_text[16])
{
	word_print(types, COUNT_OF(types), "TYPE", type, ret_text);
}

bool dns_class_from_text(const char *text, uint16_t *ret_class)
{
	return word_read(classes, COUNT_OF(classes), "CLASS", text, ret_class);
}

void dns_class_print(uint16_t class_, char ret_text[16])
{
	word_print(classes, COUNT_OF(classes), "CLASS", class_, ret_text);
}

bool dns_rcode_from_text(const char *text, uint16_t *ret_rcode)
{
	return word_read(rcodes, COUNT_OF(rcodes), "RCODE", text, ret_rcode);
}

void dns_rcode_print(uint16_t rcode, char ret_text[16])
{
	word_print(rcodes, COUNT_OF(rcodes), "RCODE", rcode, ret_text);
}
