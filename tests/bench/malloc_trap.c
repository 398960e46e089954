/* SPDX-License-Identifier: Apache-2.0 */
/* malloc_trap -- preloaded into a server, counts what its threads allocate, free, lock and receive.
 *
 * The counts lie in the file that MALLOC_TRAP_FILE names, mapped and shared, so that a script can read
 * them before and after a load while the server runs. A thread that calls recvmmsg answers queries. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

/* As the script reads it. */
struct thread_counts {
	uint64_t thread, allocations, frees, locks, receives;
};

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static struct thread_counts unseen, *table;
static _Atomic uint32_t used;
static __thread struct thread_counts *mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void map_table(void)
{
	const char *path = getenv("MALLOC_TRAP_FILE");
	size_t size = THREADS_MAX * sizeof *table;
	int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		return;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages != MAP_FAILED)
		table = pages;
	close(fd);
}

static struct thread_counts *counts(void)
{
	if (mine != NULL)
		return mine;
	if (table == NULL)
		return &unseen;
	uint32_t place = atomic_fetch_add(&used, 1);
	mine = place < THREADS_MAX ? &table[place] : &unseen;
	mine->thread = (uint64_t)syscall(SYS_gettid);
	return mine;
}

void *malloc(size_t size)
{
	counts()->allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	counts()->allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	counts()->allocations++;
	return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
	counts()->allocations++;
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	void *memory = memalign(alignment, size);
	if (memory == NULL)
		return ENOMEM;
	*ret_memory = memory;
	return 0;
}

void free(void *memory)
{
	counts()->frees += memory != NULL;
	__libc_free(memory);
}

/* The function behind ours, looked up when it is first called: other libraries start before this one. */
static void *behind(void *_Atomic *known, const char *name)
{
	void *function = atomic_load_explicit(known, memory_order_relaxed);
	if (function == NULL) {
		function = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(known, function, memory_order_relaxed);
	}
	return function;
}

#define COUNT_LOCK(function, type)                                                                 \
	int function(type *lock)                                                                   \
	{                                                                                          \
		static void *_Atomic known;                                                        \
		int (*real)(type *) = (int (*)(type *))behind(&known, #function);                  \
		counts()->locks++;                                                                 \
		return real(lock);                                                                 \
	}

COUNT_LOCK(pthread_mutex_lock, pthread_mutex_t)
COUNT_LOCK(pthread_mutex_trylock, pthread_mutex_t)
COUNT_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNT_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNT_LOCK(pthread_spin_lock, pthread_spinlock_t)

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int size, int flags, struct timespec *timeout)
{
	static void *_Atomic known;
	int (*real)(int, struct mmsghdr *, unsigned int, int, struct timespec *) =
		(int (*)(int, struct mmsghdr *, unsigned int, int,
			 struct timespec *))behind(&known, "recvmmsg");

	counts()->receives++;
	return real(fd, messages, size, flags, timeout);
}
