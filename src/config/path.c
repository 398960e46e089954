/* SPDX-License-Identifier: Apache-2.0 */
/* File names as text: no look at the disk, so "a/../b" is "b" even if a is a link (as Go does it). */
#include "path.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Takes the last part off, unless it is a ".." that has to stay. False then. */
static bool drop_last(char *clean, size_t *size, bool is_absolute)
{
	size_t slash = *size;
	while (slash > 0 && clean[slash - 1] != '/')
		slash--;
	bool is_up = *size - slash == 2 && memcmp(clean + slash, "..", 2) == 0;
	if (*size == slash || is_up)
		return is_absolute; /* above the root is the root */
	*size = slash > (is_absolute ? 1 : 0) ? slash - 1 : slash;
	return true;
}

static void add_part(char *clean, size_t *size, bool is_absolute, const char *part, size_t part_size)
{
	bool is_here = part_size == 0 || (part_size == 1 && part[0] == '.');
	bool is_up = part_size == 2 && memcmp(part, "..", 2) == 0;
	if (is_here || (is_up && drop_last(clean, size, is_absolute)))
		return;
	if (*size > (is_absolute ? 1 : 0))
		clean[(*size)++] = '/';
	memcpy(clean + *size, part, part_size);
	*size += part_size;
}

char *path_clean(struct arena *arena, const char *path)
{
	bool is_absolute = path[0] == '/';
	char *clean = arena_alloc(arena, strlen(path) + 2);
	size_t size = 0;
	if (is_absolute)
		clean[size++] = '/';
	while (*path != 0) {
		size_t part = strcspn(path, "/");
		add_part(clean, &size, is_absolute, path, part);
		path += part + (path[part] == '/');
	}
	if (size == 0)
		clean[size++] = '.';
	clean[size] = 0;
	return clean;
}

char *path_under(struct arena *arena, const char *directory, const char *name)
{
	char *joined = file_path(directory, name);
	char *clean = path_clean(arena, joined);
	mem_free(joined);
	return clean;
}

char *path_absolute(struct arena *arena, const char *path)
{
	char here[PATH_MAX];
	if (path[0] == '/')
		return path_clean(arena, path);
	if (getcwd(here, sizeof(here)) == NULL)
		return NULL;
	return path_under(arena, here, path);
}

char *errno_words(struct arena *arena, int number)
{
	const char *words = strerrordesc_np(number);
	char *copy = arena_text(arena, words, strlen(words));
	if (copy[0] >= 'A' && copy[0] <= 'Z')
		copy[0] = (char)(copy[0] + ('a' - 'A'));
	return copy;
}

char *path_directory(struct arena *arena, const char *path)
{
	size_t size = (size_t)(strrchr(path, '/') - path);
	return arena_text(arena, path, size > 0 ? size : 1);
}
