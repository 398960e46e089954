/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that writes to stdout. A pipe takes long writes piece by piece, hence the lock.
 *
 * Who logs may have more important things to do, such as following the cluster or ending on
 * SIGTERM: a pipe that nobody reads is waited for once, and then not until somebody reads again. */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_stuck; /* nobody reads */
static _Atomic uint64_t dropped;

/* Of a pipe poll() says that PIPE_BUF octets go in without waiting. */
static bool has_room(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int ready;
	do
		ready = poll(&out, 1, is_stuck ? 0 : PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	is_stuck = ready == 0;
	return !is_stuck;
}

/* Whole lines, as many as go in at once; of a longer line a part. */
static size_t piece_of(const char *lines, size_t size)
{
	if (size <= PIPE_BUF)
		return size;
	const char *end = memrchr(lines, '\n', PIPE_BUF);
	return end != NULL ? (size_t)(end + 1 - lines) : PIPE_BUF;
}

static uint64_t count_lines(const char *lines, size_t size)
{
	uint64_t count = 0;
	for (size_t i = 0; i < size; i++)
		count += lines[i] == '\n';
	return count;
}

void output_write(const char *lines, size_t size)
{
	pthread_mutex_lock(&lock);
	while (size > 0 && has_room()) {
		ssize_t written = write(STDOUT_FILENO, lines, piece_of(lines, size));
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			break;
		lines += written;
		size -= (size_t)written;
	}
	atomic_fetch_add_explicit(&dropped, count_lines(lines, size), memory_order_relaxed);
	pthread_mutex_unlock(&lock);
}

uint64_t output_dropped(void)
{
	return atomic_load_explicit(&dropped, memory_order_relaxed);
}
