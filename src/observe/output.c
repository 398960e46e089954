/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that writes to stdout. A pipe takes long writes piece by piece, hence the lock. */
#include "output.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void output_write(const char *lines, size_t size)
{
	pthread_mutex_lock(&lock);
	while (size > 0) {
		ssize_t written = write(STDOUT_FILENO, lines, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			break;
		lines += written;
		size -= (size_t)written;
	}
	pthread_mutex_unlock(&lock);
}
