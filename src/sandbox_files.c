/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock, by its three system calls: reading is not restricted; writing, making and executing are
 * denied but in the places that the configuration names. Ports are left alone: upstreams, the API
 * server and listeners change with a reload or with what others say. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_parts.h"

/* Rights that are younger than the headers of some systems. */
#define RIGHT_REFER (UINT64_C(1) << 13)	    /* ABI 2 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define RIGHT_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */

static const uint64_t rights_of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
					RIGHT_TRUNCATE | RIGHT_IOCTL_DEV;
/* A pipe is also put in a file's place, if somebody made one where the new file is written. */
static const uint64_t rights_to_replace =
	LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG |
	LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/* All that can be restricted but reading. */
static uint64_t rights_of_abi(int abi)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
	rights &= ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	if (abi >= 2)
		rights |= RIGHT_REFER;
	if (abi >= 3)
		rights |= RIGHT_TRUNCATE;
	if (abi >= 5)
		rights |= RIGHT_IOCTL_DEV;
	return rights;
}

struct ruleset {
	int fd;
	uint64_t handled;
};

/* False with errno. */
static bool allow(const struct ruleset *ruleset, const char *path, uint64_t rights,
		  struct stat *ret_found)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = open(path, O_PATH | O_CLOEXEC) };
	if (rule.parent_fd < 0)
		return false;
	bool good = fstat(rule.parent_fd, ret_found) == 0;
	rule.allowed_access = rights & ruleset->handled;
	if (good && !S_ISDIR(ret_found->st_mode))
		rule.allowed_access &= rights_of_files;
	good = good && syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH,
			       &rule, 0) == 0;
	int number = errno;
	close(rule.parent_fd);
	errno = number;
	return good;
}

/* Where a program that prints credentials keeps what it knows. */
static void allow_programs(const struct ruleset *ruleset)
{
	const char *const places[] = { getenv("HOME"), getenv("TMPDIR"), "/tmp", "/var/tmp" };
	struct stat found;
	allow(ruleset, "/", LANDLOCK_ACCESS_FS_EXECUTE, &found);
	allow(ruleset, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_IOCTL_DEV, &found);
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (places[i] != NULL && places[i][0] == '/')
			allow(ruleset, places[i], ruleset->handled, &found);
}

static void allow_places(const struct ruleset *ruleset, struct sandbox_needs *needs)
{
	struct stat found;
	allow(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE, &found);
	for (size_t i = 0; i < needs->place_count; i++) {
		struct sandbox_place *place = &needs->places[i];
		place->is_given = allow(ruleset, place->path, rights_to_replace, &found);
		if (place->is_given) {
			place->device = found.st_dev;
			place->inode = found.st_ino;
		}
	}
	if (needs->runs_programs)
		allow_programs(ruleset);
}

bool sandbox_guard_files(struct sandbox_needs *needs, struct error *error)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return error_set(error, "landlock is not there (%s)", strerrordesc_np(errno));
	struct ruleset ruleset = { .handled = rights_of_abi((int)abi) };
	struct landlock_ruleset_attr attributes = { .handled_access_fs = ruleset.handled };
	ruleset.fd = (int)syscall(SYS_landlock_create_ruleset, &attributes,
				  sizeof(attributes.handled_access_fs), 0);
	if (ruleset.fd < 0)
		return error_set(error, "landlock gives no rules: %s", strerrordesc_np(errno));
	allow_places(&ruleset, needs);
	bool good = syscall(SYS_landlock_restrict_self, ruleset.fd, 0) == 0;
	if (!good)
		error_set(error, "landlock cannot be entered: %s", strerrordesc_np(errno));
	close(ruleset.fd);
	return good;
}
