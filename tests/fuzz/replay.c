/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer: feeds a target every input of its corpus, each in a heap block of its exact size. The
 * program's name says which corpus: fuzz_query reads tests/fuzz/corpus/query. Names the input that ended it. */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*call)(void)) __attribute__((weak));

static char path[1024];

static void name_input(void)
{
	static const char words[] = "the input is ";
	ssize_t ignored = write(STDERR_FILENO, words, sizeof(words) - 1);
	ignored += write(STDERR_FILENO, path, strlen(path));
	ignored += write(STDERR_FILENO, "\n", 1);
	(void)ignored;
}

static void on_signal(int number)
{
	name_input();
	signal(number, SIG_DFL);
	raise(number);
}

static bool feed(void)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	if (file == NULL || fstat(fileno(file), &status) != 0)
		return false;
	size_t size = (size_t)status.st_size;
	uint8_t *data = malloc(size > 0 ? size : 1);
	bool is_read = data != NULL && fread(data, 1, size, file) == size;
	fclose(file);
	if (is_read)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	return is_read;
}

int main(int argc, char **argv)
{
	(void)argc;
	char corpus[256];
	FILE *tap = fdopen(dup(STDOUT_FILENO), "w"); /* what targets themselves say is no TAP */
	const char *name = strstr(argv[0], "fuzz_");
	for (const char *next = name; next != NULL; next = strstr(next + 1, "fuzz_"))
		name = next;
	snprintf(corpus, sizeof(corpus), "tests/fuzz/corpus/%s", name != NULL ? name + 5 : "");
	DIR *directory = opendir(corpus);
	if (directory == NULL) {
		fprintf(tap, "1..1\nnot ok 1 - there is no %s\n", corpus);
		return fclose(tap) + 1;
	}
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(name_input);
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	unsigned count = 0, failed = 0;
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", corpus, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		count++;
		failed += !feed();
	}
	closedir(directory);
	bool good = count > 0 && failed == 0;
	fprintf(tap, "1..1\n%s 1 - %u inputs of %s\n", good ? "ok" : "not ok", count, corpus);
	return fclose(tap) == 0 && good ? 0 : 1;
}
