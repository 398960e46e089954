/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "knamed/base.h"

static void zeroed_memory_is_zero(void **state)
{
	(void)state;
	static const uint8_t zeros[64];
	uint8_t *memory = mem_zalloc(sizeof(zeros));
	assert_memory_equal(memory, zeros, sizeof(zeros));
	mem_free(memory);
}

static void copies_hold_the_same_bytes_elsewhere(void **state)
{
	(void)state;
	char *text = mem_text("cluster.local."), *part = mem_text_n("cluster.local.", 7);
	assert_string_equal(text, "cluster.local.");
	assert_string_equal(part, "cluster");
	uint8_t *bytes = mem_copy("a\0b", 3);
	assert_memory_equal(bytes, "a\0b", 3);
	mem_free(text);
	mem_free(part);
	mem_free(bytes);
}

static void no_text_copies_to_no_text(void **state)
{
	(void)state;
	assert_null(mem_text(NULL));
	mem_free(NULL);
}

static void a_size_of_nothing_still_gives_memory(void **state)
{
	(void)state;
	void *memory = mem_alloc(0);
	assert_non_null(memory);
	memory = mem_realloc(memory, 0);
	assert_non_null(memory);
	mem_free(memory);
	void *copy = mem_copy(NULL, 0);
	assert_non_null(copy);
	mem_free(copy);
}

static void growing_keeps_what_is_there(void **state)
{
	(void)state;
	char *memory = mem_text("abc");
	memory = mem_realloc(memory, 100000);
	assert_string_equal(memory, "abc");
	mem_free(memory);
}

static void running_out_of_memory_ends_the_process_with_a_word(void **state)
{
	(void)state;
	int output[2];
	assert_int_equal(pipe(output), 0);
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(output[1], STDERR_FILENO);
		volatile size_t too_much = SIZE_MAX / 4; /* volatile: the compiler must not see it */
		void *volatile memory = mem_alloc(too_much);
		_exit(memory == NULL);
	}
	close(output[1]);
	char words[16 * 1024] = "";
	size_t size = 0;
	for (ssize_t got; (got = read(output[0], words + size, sizeof(words) - 1 - size)) > 0;)
		size += (size_t)got;
	close(output[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	/* Under a sanitizer the sentence is its own. */
	assert_true(strstr(words, "out of memory") != NULL || strstr(words, "allocation") != NULL);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_memory_is_zero),
		cmocka_unit_test(copies_hold_the_same_bytes_elsewhere),
		cmocka_unit_test(no_text_copies_to_no_text),
		cmocka_unit_test(a_size_of_nothing_still_gives_memory),
		cmocka_unit_test(growing_keeps_what_is_there),
		cmocka_unit_test(running_out_of_memory_ends_the_process_with_a_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
