/* SPDX-License-Identifier: Apache-2.0 */
/* How a snapshot lies in its file. Numbers are in network order.
 *
 *   magic[16] form u32 | head | u32 size, object | ... | u32 0 | SHA-256 of all before
 *
 * A text is u16 size, its octets, a NUL. An object is u8 kind, u64 version, text namespace, text
 * name and the fields of its kind in the order of model.h. */
#ifndef KNAMED_KUBE_SNAPSHOT_FORM_H
#define KNAMED_KUBE_SNAPSHOT_FORM_H

#include "knamed/model.h"

#define SNAPSHOT_MAGIC "knamed snapshot\n"
enum {
	SNAPSHOT_MAGIC_SIZE = 16,
	SNAPSHOT_FORM = 2, /* counts up with every change of what is written */
	SNAPSHOT_DIGEST_SIZE = 32,
	SNAPSHOT_OBJECT_MOST = 64 * 1024 * 1024,
	SNAPSHOT_TEXT_MOST = 0xffff,
};

/* NULL: it is not whole, or not what was written. */
struct object *snapshot_object_read(const uint8_t *bytes, size_t size);

#endif
