/* SPDX-License-Identifier: Apache-2.0 */
/* The loader reads the symbol tables of all libraries, most of which nobody looks at again: three
 * quarters of what an idle server holds. Pages of files that nothing was written to can be let go;
 * those that are used come back from the page cache. */
#include "footprint.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int forget_object(struct dl_phdr_info *object, size_t size, void *context)
{
	uintptr_t page = *(const uintptr_t *)context;
	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		if (part->p_type != PT_LOAD || (part->p_flags & PF_W) != 0)
			continue;
		uintptr_t start = (object->dlpi_addr + part->p_vaddr + page - 1) & ~(page - 1);
		uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_filesz) & ~(page - 1);
		if (end > start)
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void footprint_forget_loading(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	dl_iterate_phdr(forget_object, &page);
}
