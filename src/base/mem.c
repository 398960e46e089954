/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that never fails: a server that cannot get a few bytes cannot go on, so it aborts and is restarted. */
#include "knamed/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *memory)
{
	if (memory == NULL) {
		fputs("[FATAL] out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return or_abort(malloc(size > 0 ? size : 1));
}

void *mem_zalloc(size_t size)
{
	return or_abort(calloc(1, size > 0 ? size : 1));
}

void *mem_realloc(void *memory, size_t size)
{
	return or_abort(realloc(memory, size > 0 ? size : 1));
}

void *mem_copy(const void *bytes, size_t size)
{
	void *copy = mem_alloc(size);
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

char *mem_text(const char *text)
{
	return text == NULL ? NULL : mem_copy(text, strlen(text) + 1);
}

char *mem_text_n(const char *text, size_t size)
{
	char *copy = mem_alloc(size + 1);
	if (size > 0)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

void mem_free(void *memory)
{
	free(memory);
}
