/* SPDX-License-Identifier: Apache-2.0 */
/* writer -- puts wire form into a fixed buffer; what does not fit whole is not written at all. */
#include "knamed/dns.h"

#include <string.h>

static bool has_room(const struct dns_writer *writer, size_t size)
{
	return (size_t)(writer->end - writer->at) >= size;
}

bool write_u8(struct dns_writer *writer, uint8_t value)
{
	return write_bytes(writer, &value, 1);
}

bool write_u16(struct dns_writer *writer, uint16_t value)
{
	if (!has_room(writer, 2))
		return false;
	put_u16(writer->at, value);
	writer->at += 2;
	return true;
}

bool write_u32(struct dns_writer *writer, uint32_t value)
{
	if (!has_room(writer, 4))
		return false;
	put_u32(writer->at, value);
	writer->at += 4;
	return true;
}

bool write_bytes(struct dns_writer *writer, const void *bytes, size_t size)
{
	if (!has_room(writer, size))
		return false;
	if (size > 0) /* memcpy() takes no NULL, not even for nothing */
		memcpy(writer->at, bytes, size);
	writer->at += size;
	return true;
}

bool write_name(struct dns_writer *writer, const uint8_t *name)
{
	return write_bytes(writer, name, name_size(name));
}
