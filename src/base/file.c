/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, with errors in the words that operators know from Go programs: "open PATH: no such file or directory". */
#include "knamed/base.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_STEP = 64 * 1024 };

static bool failed(struct error *error, const char *step, const char *path, int number)
{
	char room[128];
	const char *words = strerror_r(number, room, sizeof(room));
	char first = words[0] >= 'A' && words[0] <= 'Z' ? (char)(words[0] + ('a' - 'A')) : words[0];
	return error_set(error, "%s %s: %c%s", step, path, first, words + 1);
}

static bool read_all(int fd, const char *path, size_t most, struct text *text, struct error *error)
{
	char step[READ_STEP];
	for (;;) {
		ssize_t got = read(fd, step, sizeof(step));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(error, "read", path, errno);
		if (got == 0)
			return true;
		if ((size_t)got > most - text->size)
			return error_set(error, "read %s: larger than %zu bytes", path, most);
		text_add_n(text, step, (size_t)got);
	}
}

bool file_read(const char *path, size_t most, struct text *ret_text, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(error, "open", path, errno);
	struct text text = { 0 };
	text_add(&text, ""); /* an empty file is an empty string */
	bool good = read_all(fd, path, most, &text, error);
	close(fd);
	if (!good) {
		text_done(&text);
		return false;
	}
	text_done(ret_text);
	*ret_text = text;
	return true;
}

char *file_path(const char *base_directory, const char *name)
{
	if (base_directory == NULL || base_directory[0] == '\0' || name[0] == '/')
		return mem_text(name);
	struct text path = { 0 };
	text_add(&path, base_directory);
	if (path.data[path.size - 1] != '/')
		text_add(&path, "/");
	text_add(&path, name);
	return path.data;
}
