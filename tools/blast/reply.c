/* SPDX-License-Identifier: Apache-2.0 */
/* Replies are read by code of their own, far from the server's: writer and reader share nothing.
 * Every fault has its sentence, because "wrong" alone sends nobody to the cause. */
#include "reply.h"

#include "query.h"
#include "rdata.h"

#include <string.h>

enum { COUNTED_ANSWERS_MAX = 65536 };

struct record {
	uint8_t owner[QUERY_NAME_MAX];
	size_t owner_size;
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_size;
};

/* What was seen in the sections so far. */
struct reading {
	const uint8_t *reply;
	size_t size, at;
	uint8_t expected_owner[QUERY_NAME_MAX]; /* the name asked, or the end of the CNAMEs so far */
	size_t expected_owner_size;
	uint16_t type;
	uint32_t answers; /* of the type asked */
	uint32_t soas, opts;
	uint8_t matched[COUNTED_ANSWERS_MAX / 8];
};

static uint16_t number16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint16_t section_count(const uint8_t *reply, unsigned section)
{
	return number16(reply + 4 + 2 * section);
}

bool reply_is_truncated(const uint8_t *reply)
{
	return reply[2] & 2;
}

const char *reply_header_fault(const uint8_t *reply, size_t size, uint8_t rcode, uint16_t answers)
{
	if (size < QUERY_HEADER)
		return "shorter than a header";
	if (!(reply[2] & 0x80))
		return "QR is not set";
	if (rcode != REPLY_ANY_RCODE && (reply[3] & 15) != rcode)
		return "unexpected rcode";
	if (section_count(reply, 0) != 1)
		return "not one question";
	if (answers != REPLY_ANY_COUNT && section_count(reply, 1) != answers &&
	    !reply_is_truncated(reply))
		return "unexpected number of answers";
	return NULL;
}

static const char *record_read(struct reading *reading, struct record *record)
{
	const uint8_t *reply = reading->reply;

	if (!rdata_name(reply, reading->size, &reading->at, record->owner, &record->owner_size))
		return "an owner name does not parse";
	if (reading->at + 10 > reading->size)
		return "a record is cut";
	const uint8_t *fixed = reply + reading->at;
	record->type = number16(fixed);
	record->class = number16(fixed + 2);
	record->ttl = (uint32_t)number16(fixed + 4) << 16 | number16(fixed + 6);
	record->data_size = number16(fixed + 8);
	record->data = reading->at + 10;
	reading->at = record->data + record->data_size;
	return reading->at > reading->size ? "record data is cut" : NULL;
}

/* Marks the answer in the expected set; an answer twice or outside the set is a fault. */
static const char *set_match(struct reading *reading, const struct answer_set *set,
			     const uint8_t *data, size_t data_size)
{
	const uint8_t *entry = set->bytes;

	for (uint32_t i = 0; i < set->count && i < COUNTED_ANSWERS_MAX; i++) {
		uint16_t entry_size;
		memcpy(&entry_size, entry, sizeof entry_size);
		if (entry_size == data_size && memcmp(entry + sizeof entry_size, data, data_size) == 0) {
			if (reading->matched[i / 8] & 1u << i % 8)
				return "an answer stands twice";
			reading->matched[i / 8] |= (uint8_t)(1u << i % 8);
			return NULL;
		}
		entry += sizeof entry_size + entry_size;
	}
	return "an answer that was not expected";
}

static const char *answer_fault(struct reading *reading, const struct record *record,
				const struct answer_set *set)
{
	uint8_t data[RDATA_MAX];
	size_t data_size;

	if (record->owner_size != reading->expected_owner_size ||
	    memcmp(record->owner, reading->expected_owner, record->owner_size) != 0)
		return "an answer for another name";
	if (!rdata_read(reading->reply, reading->size, record->data, record->data_size,
			record->type, data, &data_size))
		return "answer data does not parse";
	if (record->type == TYPE_CNAME && reading->type != TYPE_CNAME) {
		memcpy(reading->expected_owner, data, data_size);
		reading->expected_owner_size = data_size;
		return NULL;
	}
	if (reading->type != TYPE_ANY && record->type != reading->type)
		return "an answer of another type";
	reading->answers++;
	return set->count > 0 ? set_match(reading, set, data, data_size) : NULL;
}

static const char *record_fault(struct reading *reading, unsigned section, const struct answer_set *set)
{
	struct record record;
	uint8_t data[RDATA_MAX];
	size_t data_size;
	const char *fault = record_read(reading, &record);

	if (fault != NULL)
		return fault;
	if (record.type == TYPE_OPT) {
		reading->opts++;
		return section == 3 && record.owner_size == 1 ? NULL : "an OPT out of place";
	}
	if (record.class != 1)
		return "a record of another class";
	if (record.ttl > INT32_MAX)
		return "a TTL above 2^31";
	if (section == 1)
		return answer_fault(reading, &record, set);
	reading->soas += section == 2 && record.type == TYPE_SOA;
	if (!rdata_read(reading->reply, reading->size, record.data, record.data_size, record.type,
			data, &data_size))
		return "record data does not parse";
	return NULL;
}

static const char *question_fault(const struct expectation *expectation, struct reading *reading)
{
	const uint8_t *query = expectation->query;
	size_t at = QUERY_HEADER;

	if (!rdata_name(query, expectation->query_size, &at, reading->expected_owner,
			&reading->expected_owner_size))
		return "the query itself does not parse";
	reading->type = number16(query + at);
	reading->at = at + 4;
	if (reading->size < reading->at)
		return "the question is cut";
	if (memcmp(reading->reply, query, 2) != 0)
		return "another id";
	if (memcmp(reading->reply + QUERY_HEADER, query + QUERY_HEADER, reading->at - QUERY_HEADER) != 0)
		return "the question is not echoed byte for byte";
	return NULL;
}

static const char *outcome_fault(const struct expectation *expectation, const struct reading *reading)
{
	const uint8_t *reply = reading->reply;
	bool denial = reading->answers == 0 &&
		      ((reply[3] & 15) == 0 || (reply[3] & 15) == RCODE_NXDOMAIN);

	if (reading->at != reading->size)
		return "bytes behind the last record";
	if (reading->opts != (expectation->query[11] > 0))
		return "an OPT too many or too few";
	if (reply_is_truncated(reply))
		return NULL;
	if (denial && reading->soas != 1)
		return "a denial without its SOA";
	if (expectation->set.count > 0 && reading->answers != expectation->set.count)
		return "not every expected answer";
	return NULL;
}

const char *reply_fault(const struct expectation *expectation, const uint8_t *reply, size_t size)
{
	struct reading reading = { .reply = reply, .size = size };
	const char *fault = reply_header_fault(reply, size, expectation->rcode, expectation->answers);

	if (fault == NULL)
		fault = question_fault(expectation, &reading);
	if (fault != NULL || expectation->echo)
		return fault;
	for (unsigned section = 1; section <= 3; section++) {
		for (unsigned left = section_count(reply, section); left > 0; left--) {
			fault = record_fault(&reading, section, &expectation->set);
			if (fault != NULL)
				return fault;
		}
	}
	return outcome_fault(expectation, &reading);
}
