/* SPDX-License-Identifier: Apache-2.0 */
#include "tail_filter.h"

#include <ctype.h>
#include <string.h>

/* ---- reading ---- */

enum { VALUE_MOST = NAME_TEXT_SIZE };

static int digit_of(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	return isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10 : -1;
}

/* What stands between `from` and `end`, with its %XX and + undone. False: it is too long or broken. */
static bool decode(const char *from, const char *end, char ret_value[VALUE_MOST])
{
	size_t size = 0;
	for (; from < end; from++) {
		char octet = *from == '+' ? ' ' : *from;
		if (*from == '%') {
			int high = end - from > 2 ? digit_of(from[1]) : -1;
			int low = high >= 0 ? digit_of(from[2]) : -1;
			if (low < 0)
				return false;
			octet = (char)(high * 16 + low);
			from += 2;
		}
		if (octet == '\0' || size + 1 >= VALUE_MOST)
			return false;
		ret_value[size++] = octet;
	}
	ret_value[size] = '\0';
	return true;
}

static bool read_client(const char *value, struct tail_filter *filter, struct error *error)
{
	return ip_parse_cidr(value, &filter->client, &filter->client_bits) ||
	       error_set(error, "client: '%.64s' is no address and no network", value);
}

static bool read_name(const char *value, struct tail_filter *filter, struct error *error)
{
	if (!name_parse(value, filter->name, &filter->name_size))
		return error_set(error, "name: '%.64s' is no name", value);
	name_lower(filter->name, filter->name_size);
	return true;
}

static bool read_rcode(const char *value, struct tail_filter *filter, struct error *error)
{
	for (unsigned rcode = 0; rcode < RCODE_SLOTS; rcode++) {
		char text[16];
		dns_rcode_print((uint16_t)rcode, text);
		if (text_equal_fold(text, value)) {
			filter->rcode = (uint16_t)rcode;
			filter->has_rcode = true;
			return true;
		}
	}
	return error_set(error, "rcode: '%.64s' is none", value);
}

static bool read_namespace(const char *value, struct tail_filter *filter, struct error *error)
{
	if (strlen(value) >= NAMESPACE_SIZE)
		return error_set(error, "namespace: '%.64s' is none", value);
	memcpy(filter->namespace_, value, strlen(value) + 1);
	return true;
}

static bool read_pair(const char *pair, const char *end, struct tail_filter *filter, struct error *error)
{
	static const struct {
		const char *name;
		bool (*read)(const char *, struct tail_filter *, struct error *);
	} readers[] = {
		{ "client", read_client },
		{ "name", read_name },
		{ "rcode", read_rcode },
		{ "namespace", read_namespace },
	};
	char value[VALUE_MOST];
	size_t size = strcspn(pair, "=&");
	const char *from = pair[size] == '=' ? pair + size + 1 : pair + size;
	if (!decode(from, end, value))
		return error_set(error, "%.*s: it cannot be read", size < 64 ? (int)size : 64, pair);
	for (size_t i = 0; i < COUNT_OF(readers); i++)
		if (strlen(readers[i].name) == size && memcmp(readers[i].name, pair, size) == 0)
			return value[0] == '\0' || readers[i].read(value, filter, error);
	return error_set(error, "there is no filter '%.*s'", size < 64 ? (int)size : 64, pair);
}

bool tail_filter_read(const char *query, struct tail_filter *ret_filter, struct error *error)
{
	struct tail_filter filter = { .client = { 0 } };
	for (const char *pair = query; *pair != '\0';) {
		const char *end = pair + strcspn(pair, "&");
		if (end > pair && !read_pair(pair, end, &filter, error))
			return false;
		pair = *end == '&' ? end + 1 : end;
	}
	*ret_filter = filter;
	return true;
}

/* ---- asking ---- */

/* At a label's beginning. */
static bool is_under(const struct sample *sample, const struct tail_filter *filter)
{
	size_t at = 0;
	if (sample->name == NULL || sample->name_size < filter->name_size)
		return false;
	while (sample->name_size - at > filter->name_size)
		at += sample->name[at] + 1u;
	return sample->name_size - at == filter->name_size &&
	       memcmp(sample->name + at, filter->name, filter->name_size) == 0;
}

static bool is_of_namespace(const struct sample *sample, const struct tail_filter *filter,
			    const struct who *who)
{
	char namespace_[NAMESPACE_SIZE];
	struct text pod = { 0 };
	if (who_find_namespace(who, sample, namespace_) && strcmp(namespace_, filter->namespace_) == 0)
		return true;
	size_t size = strlen(filter->namespace_);
	bool is_clients = who_find_pod(who, &sample->client, &pod) &&
			  strncmp(pod.data, filter->namespace_, size) == 0 && pod.data[size] == '/';
	text_done(&pod);
	return is_clients;
}

bool tail_filter_passes(const struct tail_filter *filter, const struct sample *sample,
			const struct who *who)
{
	if (filter->has_rcode && filter->rcode != sample->rcode)
		return false;
	if (filter->client.family != 0 &&
	    !ip_in_cidr(&sample->client, &filter->client, filter->client_bits))
		return false;
	if (filter->name_size > 0 && !is_under(sample, filter))
		return false;
	return filter->namespace_[0] == '\0' || is_of_namespace(sample, filter, who);
}
