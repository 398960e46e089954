/* SPDX-License-Identifier: Apache-2.0 */
/* One named part of a kubeconfig and typed access to its fields. Absent, null and "" are the same, as kubectl has it. */
#ifndef KNAMED_KUBE_KUBECONFIG_PART_H
#define KNAMED_KUBE_KUBECONFIG_PART_H

#include "access.h"

struct kubeconfig_part {
	const char *file;      /* for sentences */
	const char *directory; /* what relative paths are relative to; NULL: where the process runs */
	const char *kind, *name;
	const json_t *value; /* an object; NULL: empty */
	struct arena *arena; /* takes the texts that are given out */
	struct error *error;
};

/* "FILE: user "NAME": what". False. */
#define part_wrong(...) (part_fill_error(__VA_ARGS__), error_is_false())
void part_fill_error(const struct kubeconfig_part *part, const char *format, ...) PRINTF_LIKE(2, 3);
/* NULL if absent. */
bool part_text(const struct kubeconfig_part *part, const char *key, const char **ret_text);
bool part_bool(const struct kubeconfig_part *part, const char *key, bool *ret_value);
/* NULL if absent. */
bool part_object(const struct kubeconfig_part *part, const char *key, const json_t **ret_value);
bool part_list(const struct kubeconfig_part *part, const char *key, const json_t **ret_value);
/* NULL if absent or empty; else words, then NULL. */
bool part_words(const struct kubeconfig_part *part, const char *key, const char *const **ret_words);
/* The file `key` or the base64 text `key`-data, which goes first. */
bool part_file_or_data(const struct kubeconfig_part *part, const char *key,
		       struct access_text *ret_text);
/* As kubeconfig_part.directory says, in the arena. */
const char *part_path(const struct kubeconfig_part *part, const char *path);

#endif
