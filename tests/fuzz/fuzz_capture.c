/* SPDX-License-Identifier: Apache-2.0 */
/* Packet captures. Whatever is in one, reading ends, no payload lies outside of what was read, and none is larger than a
 * packet may be.
 * Covers: tools/knamectl/capture.c tools/knamectl/capture_packet.c */
#include "../../tools/knamectl/capture.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

struct input {
	const uint8_t *at;
	size_t left, taken;
};

static size_t give(void *context, uint8_t *bytes, size_t size)
{
	struct input *input = context;
	size_t given = size < input->left ? size : input->left;
	memcpy(bytes, input->at, given);
	input->at += given;
	input->left -= given;
	return given;
}

static bool take(void *context, const uint8_t *payload, size_t size)
{
	struct input *input = context;
	volatile uint8_t last = 0;
	assert(size <= CAPTURE_PACKET_MOST);
	for (size_t i = 0; i < size; i++) /* all of it can be read */
		last ^= payload[i];
	(void)last;
	return ++input->taken < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size, 0 };
	const struct capture_calls calls = { give, take, &input };
	struct error error = { .text = "" };
	if (!capture_read(&calls, 53, &error))
		assert(error.text[0] != '\0');
	return 0;
}
