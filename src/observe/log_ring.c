/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of query threads on their way to stdout: a byte ring per thread and one thread that writes.
 *
 * A ring has one producer and one consumer; `head` and `tail` only grow, and what lies between them is whole
 * lines. The writer sleeps on a futex: a producer pays a system call only if the writer says that it sleeps. */
#include "knamed/observe.h"

#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "output.h"

enum { RING_SIZE = 256 * 1024 };

struct log_ring {
	alignas(64) _Atomic uint64_t tail; /* producer */
	_Atomic uint64_t dropped;
	bool has_news;			   /* put since the last flush; producer only */
	alignas(64) _Atomic uint64_t head; /* consumer */
	struct log_ring *next;
	bool is_left; /* its thread has ended; under start_lock */
	void *memory;
	char bytes[RING_SIZE];
};

static _Atomic(struct log_ring *) rings;
static _Atomic uint64_t dropped_before; /* by rings that are gone */
static _Atomic uint32_t is_asleep;
static atomic_bool is_stopping;
static pthread_t writer;
static bool has_writer;
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;

static void copy_in(struct log_ring *ring, uint64_t at, const char *bytes, size_t size)
{
	size_t offset = at % RING_SIZE, first = RING_SIZE - offset;
	if (first > size)
		first = size;
	memcpy(ring->bytes + offset, bytes, first);
	memcpy(ring->bytes, bytes + first, size - first);
}

void log_ring_put(struct log_ring *ring, const char *line, size_t size)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	ring->has_news = true;
	if (size + 1 > RING_SIZE - (tail - head)) {
		tally_add(&ring->dropped, 1);
		return;
	}
	copy_in(ring, tail, line, size);
	copy_in(ring, tail + size, "\n", 1);
	atomic_store_explicit(&ring->tail, tail + size + 1, memory_order_release);
}

static void wake_writer(void)
{
	if (atomic_exchange(&is_asleep, 0) == 1)
		syscall(SYS_futex, &is_asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void log_ring_flush(struct log_ring *ring)
{
	if (!ring->has_news)
		return;
	ring->has_news = false;
	wake_writer();
}

uint64_t log_ring_dropped(void)
{
	uint64_t dropped = atomic_load(&dropped_before) + output_dropped();
	for (struct log_ring *ring = atomic_load(&rings); ring != NULL; ring = ring->next)
		dropped += atomic_load_explicit(&ring->dropped, memory_order_relaxed);
	return dropped;
}

/* Writes what is there. The bytes up to the end of the ring may end amid a line, so both parts go
 * in one piece. */
static bool drain(struct log_ring *ring, char *room)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t tail = atomic_load(&ring->tail);
	size_t size = tail - head, offset = head % RING_SIZE, first = RING_SIZE - offset;
	if (size == 0)
		return false;
	if (first > size)
		first = size;
	memcpy(room, ring->bytes + offset, first);
	memcpy(room + first, ring->bytes, size - first);
	atomic_store_explicit(&ring->head, tail, memory_order_release);
	output_write(room, size);
	return true;
}

static bool drain_all(char *room)
{
	bool has_written = false;
	for (struct log_ring *ring = atomic_load(&rings); ring != NULL; ring = ring->next)
		has_written |= drain(ring, room);
	return has_written;
}

static bool is_any_filled(void)
{
	for (struct log_ring *ring = atomic_load(&rings); ring != NULL; ring = ring->next)
		if (atomic_load(&ring->tail) != atomic_load_explicit(&ring->head, memory_order_relaxed))
			return true;
	return false;
}

static void *write_lines(void *unused)
{
	char *room = mem_alloc(RING_SIZE);
	while (!atomic_load(&is_stopping)) {
		if (drain_all(room))
			continue;
		atomic_exchange(&is_asleep, 1); /* no mere store: it takes what a wake-up gave */
		if (is_any_filled() || atomic_load(&is_stopping))
			atomic_store(&is_asleep, 0);
		else
			syscall(SYS_futex, &is_asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	}
	drain_all(room);
	mem_free(room);
	return unused;
}

static void start_writer(void)
{
	if (has_writer)
		return;
	atomic_store(&is_stopping, false);
	int failure = thread_start(&writer, "knamed-log", 0, write_lines, NULL);
	assert(failure == 0);
	has_writer = failure == 0;
}

/* What a thread that has ended left behind. */
static struct log_ring *take_left(void)
{
	struct log_ring *ring = atomic_load(&rings);
	while (ring != NULL && !ring->is_left)
		ring = ring->next;
	if (ring != NULL)
		ring->is_left = false;
	return ring;
}

static struct log_ring *ring_new(void)
{
	/* Not zeroed: pages that no line was ever put into cost nothing. */
	void *memory = mem_alloc(sizeof(struct log_ring) + alignof(struct log_ring));
	uintptr_t aligned = ((uintptr_t)memory + alignof(struct log_ring) - 1) &
			    ~(uintptr_t)(alignof(struct log_ring) - 1);
	struct log_ring *ring = (struct log_ring *)aligned;
	memset(ring, 0, offsetof(struct log_ring, bytes));
	ring->memory = memory;
	ring->next = atomic_load(&rings);
	atomic_store(&rings, ring);
	return ring;
}

struct log_ring *log_ring_new(void)
{
	pthread_mutex_lock(&start_lock);
	struct log_ring *ring = take_left();
	if (ring == NULL)
		ring = ring_new();
	start_writer();
	pthread_mutex_unlock(&start_lock);
	return ring;
}

void log_ring_leave(struct log_ring *ring)
{
	pthread_mutex_lock(&start_lock);
	for (struct log_ring *one = atomic_load(&rings); one != NULL; one = one->next)
		one->is_left |= one == ring; /* not there: all were stopped before */
	pthread_mutex_unlock(&start_lock);
}

void log_rings_stop(void)
{
	pthread_mutex_lock(&start_lock);
	if (has_writer) {
		atomic_store(&is_stopping, true);
		wake_writer();
		pthread_join(writer, NULL);
		has_writer = false;
	}
	struct log_ring *ring = atomic_exchange(&rings, NULL);
	for (struct log_ring *next; ring != NULL; ring = next) {
		next = ring->next;
		atomic_fetch_add(&dropped_before, atomic_load(&ring->dropped));
		mem_free(ring->memory);
	}
	pthread_mutex_unlock(&start_lock);
}
