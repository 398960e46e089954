/* SPDX-License-Identifier: Apache-2.0 */
/* One snapshot on its way to the disk, on a thread of its own: disks are slow, and events must not wait for them. */
#ifndef KNAMED_KUBE_SNAPSHOT_JOB_H
#define KNAMED_KUBE_SNAPSHOT_JOB_H

#include "snapshot.h"

struct event_base;
struct snapshot_job_options {
	struct event_base *events;
	const char *path; /* must outlive the job */
	/* Once, when the job is over and gone, from the loop or from snapshot_job_wait(). trouble:
	 * why nothing was written, NULL if it was; good during the call. */
	void (*done)(void *context, const char *trouble);
	void *context;
};
struct snapshot_job;
/* Takes the snapshot, also where it fails. NULL: no thread is to be had. */
struct snapshot_job *snapshot_job_start(const struct snapshot_job_options *options,
					struct snapshot *snapshot, struct error *error);
void snapshot_job_wait(struct snapshot_job *job);

#endif
