/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot_job.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

struct snapshot_job {
	struct snapshot_job_options options;
	struct snapshot *snapshot;
	struct event *over; /* the thread's last word, by an eventfd */
	pthread_t thread;
	struct error error; /* this and the next are the thread's until it was joined */
	bool is_written;
};

static void *write_snapshot(void *context)
{
	struct snapshot_job *job = context;

	job->is_written = snapshot_write(job->snapshot, job->options.path, &job->error);
	eventfd_write(event_get_fd(job->over), 1);
	return NULL;
}

static void job_free(struct snapshot_job *job)
{
	snapshot_drop(job->snapshot);
	if (job->over != NULL) {
		close(event_get_fd(job->over));
		event_free(job->over);
	}
	mem_free(job);
}

void snapshot_job_wait(struct snapshot_job *job)
{
	struct snapshot_job_options options = job->options;
	struct error error;

	pthread_join(job->thread, NULL);
	bool is_written = job->is_written;
	error = job->error;
	job_free(job);
	options.done(options.context, is_written ? NULL : error.text);
}

static void on_over(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	snapshot_job_wait(context);
}

static bool start_thread(struct snapshot_job *job, struct error *error)
{
	int failure = thread_start(&job->thread, "knamed-snapshot", 0, write_snapshot, job);
	return failure == 0 || error_set(error, "snapshot %s cannot be written: no thread: %s",
					 job->options.path, strerrordesc_np(failure));
}

static bool start(struct snapshot_job *job, struct error *error)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return error_set(error, "snapshot %s cannot be written: no eventfd: %s",
				 job->options.path, strerrordesc_np(errno));
	job->over = event_new(job->options.events, fd, EV_READ, on_over, job);
	event_add(job->over, NULL);
	return start_thread(job, error);
}

struct snapshot_job *snapshot_job_start(const struct snapshot_job_options *options,
					struct snapshot *snapshot, struct error *error)
{
	struct snapshot_job *job = mem_zalloc(sizeof(*job));

	job->options = *options;
	job->snapshot = snapshot;
	if (start(job, error))
		return job;
	job_free(job);
	return NULL;
}
