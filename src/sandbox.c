/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <libgen.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "knamed/kube.h"
#include "sandbox_parts.h"

/* What is in force unless the environment says otherwise. Sanitizers need calls that are not on the list (ptrace for one),
 * and what measures coverage writes files: the Makefile leaves out what they cannot bear. */
#ifndef KNAMED_SANDBOX
#define KNAMED_SANDBOX "on"
#endif

enum { PATH_ROOM = 4096 };

struct sandbox {
	struct sandbox_needs needs;
	bool parts[SANDBOX_PARTS];
};

/* ---- what a configuration needs ---- */

static void climb(char path[PATH_ROOM])
{
	const char *above = dirname(path);
	memmove(path, above, strlen(above) + 1);
}

/* The directory that a snapshot is written to; false: there is no snapshot. */
static bool directory_of(const struct config_kubernetes *kubernetes, char ret_path[PATH_ROOM])
{
	if (kubernetes == NULL || kubernetes->snapshot == NULL ||
	    strlen(kubernetes->snapshot) >= PATH_ROOM)
		return false;
	memcpy(ret_path, kubernetes->snapshot, strlen(kubernetes->snapshot) + 1);
	climb(ret_path);
	return true;
}

/* As long as a directory is not there, the last one on the way to it stands for it, but for the
 * root: whoever makes it need not start us again. False: there is none. */
static bool find_directory(char path[PATH_ROOM])
{
	struct stat found;
	if (stat(path, &found) == 0)
		return true;
	while (stat(path, &found) != 0 && path[1] != '\0')
		climb(path);
	return path[0] != '/' || path[1] != '\0';
}

static bool runs_program(const struct config_kubernetes *kubernetes)
{
	if (kubernetes == NULL)
		return false;
	char *program = kube_program(kubernetes);
	bool runs = program[0] != '\0';
	mem_free(program);
	return runs;
}

static void find_needs(struct sandbox_needs *needs, const struct config *config)
{
	char directory[PATH_ROOM];
	needs->places = mem_zalloc((config->block_count + 1) * sizeof(*needs->places));
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_kubernetes *kubernetes = config->blocks[i].kubernetes;
		if (directory_of(kubernetes, directory)) {
			if (!find_directory(directory)) /* it will be told as missing */
				directory_of(kubernetes, directory);
			needs->places[needs->place_count++].path = mem_text(directory);
		}
		needs->runs_programs |= runs_program(kubernetes);
	}
}

/* ---- entering ---- */

/* What opens sockets of its own accord: a reload does, whenever the Corefile says so or somebody
 * sends SIGUSR1, and may name a port below 1024 that is new. So NET_BIND_SERVICE stays with the
 * control thread for good, unused. NET_ADMIN, where we have it, lets the first sockets have more
 * room than net.core.rmem_max, and goes then. */
static bool limit_capabilities(bool keeps_admin)
{
	uint64_t kept = UINT64_C(1) << CAP_NET_BIND_SERVICE;
	return capability_limit(kept | (uint64_t)keeps_admin << CAP_NET_ADMIN);
}

static void add_missing(struct text *missing, const char *what)
{
	text_printf(missing, "%s%s", missing->size > 0 ? "; " : "", what);
}

static void add_missing_places(struct text *missing, const struct sandbox_needs *needs)
{
	for (size_t i = 0; i < needs->place_count; i++) {
		if (needs->places[i].is_given)
			continue;
		add_missing(missing, needs->places[i].path);
		text_add(missing, " is not there: a snapshot cannot be written");
	}
}

static void enter(struct sandbox *sandbox, const char *wanted, struct text *missing)
{
	struct error error = { .text = "" };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		add_missing(missing, "no_new_privs cannot be set");
	sandbox->parts[SANDBOX_CAPABILITY] = limit_capabilities(true);
	if (!sandbox->parts[SANDBOX_CAPABILITY])
		add_missing(missing, "capabilities cannot be given up");
	if (strcmp(wanted, "no-landlock") != 0) {
		sandbox->parts[SANDBOX_LANDLOCK] = sandbox_guard_files(&sandbox->needs, &error);
		if (sandbox->parts[SANDBOX_LANDLOCK])
			add_missing_places(missing, &sandbox->needs);
		else
			add_missing(missing, error.text);
	}
	if (strcmp(wanted, "no-seccomp") != 0) {
		sandbox->parts[SANDBOX_SECCOMP] = sandbox_guard_calls(&sandbox->needs, &error);
		if (!sandbox->parts[SANDBOX_SECCOMP])
			add_missing(missing, error.text);
	}
}

/* A word that is none of them is as good as none: the sandbox is on. */
static const char *wanted_by_environment(void)
{
	const char *said = getenv("KNAMED_SANDBOX");
	if (said == NULL || said[0] == '\0')
		return KNAMED_SANDBOX;
	log_line(LOG_INFO, NULL, "sandbox: $KNAMED_SANDBOX is %s", said);
	return said;
}

struct sandbox *sandbox_enter(const struct config *config)
{
	struct sandbox *sandbox = mem_zalloc(sizeof(*sandbox));
	struct text missing = { 0 };
	const char *wanted = wanted_by_environment();
	if (strcmp(wanted, "off") == 0)
		return sandbox;
	find_needs(&sandbox->needs, config);
	enter(sandbox, wanted, &missing);
	if (missing.size > 0)
		log_line(LOG_INFO, NULL, "sandbox: not all of it is in force: %s", missing.data);
	text_done(&missing);
	return sandbox;
}

void sandbox_tighten(struct sandbox *sandbox)
{
	if (sandbox->parts[SANDBOX_CAPABILITY])
		sandbox->parts[SANDBOX_CAPABILITY] = limit_capabilities(false);
}

/* ---- what came later ---- */

static bool is_place(const struct sandbox *sandbox, const struct stat *found)
{
	for (size_t i = 0; i < sandbox->needs.place_count; i++) {
		const struct sandbox_place *place = &sandbox->needs.places[i];
		if (place->is_given && place->device == found->st_dev && place->inode == found->st_ino)
			return true;
	}
	return false;
}

/* What is below a place is given with it, whatever links lead there. */
static bool is_below_place(const struct sandbox *sandbox, const char *directory)
{
	char path[PATH_ROOM];
	struct stat found;
	if (realpath(directory, path) == NULL)
		return false;
	for (;; climb(path)) {
		if (stat(path, &found) == 0 && is_place(sandbox, &found))
			return true;
		if (path[1] == '\0')
			return false;
	}
}

static bool may_write_to(const struct sandbox *sandbox, char directory[PATH_ROOM])
{
	if (sandbox->parts[SANDBOX_LANDLOCK])
		return find_directory(directory) && is_below_place(sandbox, directory);
	/* The list of calls does not know one place from another. */
	return !sandbox->parts[SANDBOX_SECCOMP] || sandbox->needs.place_count > 0 ||
	       sandbox->needs.runs_programs;
}

static bool may_run_programs(const struct sandbox *sandbox)
{
	return sandbox->needs.runs_programs ||
	       (!sandbox->parts[SANDBOX_LANDLOCK] && !sandbox->parts[SANDBOX_SECCOMP]);
}

bool sandbox_allows(const struct sandbox *sandbox, const struct config *config, struct error *error)
{
	char directory[PATH_ROOM];
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_kubernetes *kubernetes = config->blocks[i].kubernetes;
		if (directory_of(kubernetes, directory) && !may_write_to(sandbox, directory))
			return error_set(error,
					 "%sthe sandbox forbids to write %s, for nothing was written to that "
					 "directory when knamed started: restart knamed",
					 kubernetes->snapshot_complaint, kubernetes->snapshot);
		if (runs_program(kubernetes) && !may_run_programs(sandbox))
			return error_set(error,
					 "%sthe sandbox forbids to run the program of a kubeconfig, for there was "
					 "none when knamed started: restart knamed",
					 kubernetes->kubeconfig_complaint);
	}
	return true;
}

/* ---- what is told ---- */

bool sandbox_has(const struct sandbox *sandbox, enum sandbox_part part)
{
	return sandbox->parts[part];
}

static double read_part(void *context)
{
	return *(const bool *)context;
}

void sandbox_show(struct sandbox *sandbox, struct metrics *metrics)
{
	static const char *const labels[SANDBOX_PARTS] = { "part=\"capability\"",
							   "part=\"landlock\"", "part=\"seccomp\"" };
	for (enum sandbox_part part = SANDBOX_CAPABILITY; part < SANDBOX_PARTS; part++)
		metrics_value(metrics, "knamed_sandbox", "gauge",
			      "1: this part of the sandbox is in force.", labels[part], read_part,
			      &sandbox->parts[part]);
}

void sandbox_free(struct sandbox *sandbox)
{
	if (sandbox == NULL)
		return;
	for (size_t i = 0; i < sandbox->needs.place_count; i++)
		mem_free(sandbox->needs.places[i].path);
	mem_free(sandbox->needs.places);
	mem_free(sandbox);
}
