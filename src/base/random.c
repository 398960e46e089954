/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel. */
#include "knamed/base.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>

void random_bytes(void *ret_bytes, size_t size)
{
	uint8_t *at = ret_bytes;
	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);
		if (got < 0 && errno == EINTR)
			continue;
		assert(got > 0); /* since Linux 3.17; guessable keys would be worse than no service */
		at += got;
		size -= (size_t)got;
	}
}

struct hash_key hash_key_random(void)
{
	struct hash_key key;
	random_bytes(&key, sizeof(key));
	return key;
}
