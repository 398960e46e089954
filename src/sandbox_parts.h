/* SPDX-License-Identifier: Apache-2.0 */
/* What both guards of the sandbox are told: what a configuration needs beside reading and serving. */
#ifndef KNAMED_SANDBOX_PARTS_H
#define KNAMED_SANDBOX_PARTS_H

#include <sys/types.h>

#include "knamed/base.h"

/* A directory that is written to; is_given: all that is below it may be. */
struct sandbox_place {
	char *path;
	bool is_given;
	dev_t device;
	ino_t inode;
};
/* runs_programs: a kubeconfig's plugin. Nobody knows what such a program needs, and it inherits our limits. */
struct sandbox_needs {
	struct sandbox_place *places;
	size_t place_count;
	bool runs_programs;
};

/* In force for this thread and those that it starts. False: it is not. */
bool sandbox_guard_files(struct sandbox_needs *needs, struct error *error);
bool sandbox_guard_calls(const struct sandbox_needs *needs, struct error *error);

#endif
