/* SPDX-License-Identifier: Apache-2.0 */
/* A zone as a primary hands it over, up to its place in a catalog. Beside staying inside: records
 * begin with one SOA, lie in the zone and are whole; what came to its end ended with that SOA.
 *
 * An input is a row of messages, each behind an octet and its size; an odd octet gives it the id
 * and the flags of an answer, as a mutated one would never have them. */
#include "../../src/source/transfer.h"
#include "knamed/answers.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

enum { ID = 0x1234, HEAD = 3 };

static const uint8_t zone[] = "\4away\4test";

struct sink {
	struct answers *answers;
	struct zone_load *load;
	unsigned count;
	bool has_refused;
};

static bool take(void *context, const struct zone_record *record, struct error *error)
{
	struct sink *sink = context;
	bool is_soa = record->type == TYPE_SOA && name_equal_fold(record->owner, zone);
	assert(is_soa == (sink->count == 0) && !sink->has_refused);
	assert(name_is_under(record->owner, zone) && record->class_ == CLASS_IN);
	assert(name_size(record->owner) <= DNS_NAME_MAX && record->ttl <= INT32_MAX);
	sink->count++;
	sink->has_refused = !zone_load_add(sink->load, record->owner, record->type, record->ttl,
					   record->rdata, record->rdata_size, error);
	return !sink->has_refused;
}

/* Whether more is wanted. The message lies in a block of just its size. */
static bool hand_over(struct transfer *transfer, const uint8_t *bytes, size_t size, bool is_answer,
		      enum transfer_step *ret_step)
{
	struct error error = { .text = "" };
	struct soa soa;
	uint8_t *message = mem_copy(bytes, size);
	if (is_answer && size >= 4) {
		put_u16(message, ID);
		put_u16(message + 2, FLAG_QR | FLAG_AA);
	}
	transfer_read_soa(zone, ID, message, size, &soa, &error);
	error.text[0] = '\0';
	*ret_step = transfer_take(transfer, message, size, &error);
	assert((*ret_step == TRANSFER_BAD) == (error.text[0] != '\0'));
	mem_free(message);
	return *ret_step == TRANSFER_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink sink = { .answers = answers_new() };
	struct transfer *transfer = mem_alloc(sizeof(*transfer));
	struct error error = { .text = "" };
	enum transfer_step step = TRANSFER_MORE;
	sink.load = zone_load_begin(answers_add_static(sink.answers), "away.test.");
	transfer_begin(transfer, zone, ID, take, &sink);
	while (size >= HEAD) {
		size_t message = get_u16(data + 1);
		message = message < size - HEAD ? message : size - HEAD;
		if (!hand_over(transfer, data + HEAD, message, data[0] & 1, &step))
			break;
		data += HEAD + message;
		size -= HEAD + message;
	}
	if (step == TRANSFER_OVER) {
		assert(sink.count > 0 && transfer->soa_size > 20);
		zone_load_end(sink.load, &error);
	} else {
		zone_load_abandon(sink.load);
	}
	mem_free(transfer);
	answers_free(sink.answers);
	return 0;
}
