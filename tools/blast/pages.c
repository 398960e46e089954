/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by mmap, touched at once, so that no page fault falls into a measured second. */
#include "pages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("blast: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(2);
}

void *pages_take(size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	/* cppcheck-suppress invalidFunctionArg ; no file is what anonymous memory is asked with */
	void *pages = mmap(NULL, size > 0 ? size : 1, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (pages == MAP_FAILED)
		die("no memory for %zu bytes", size);
	return pages;
}
