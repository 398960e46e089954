/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "query.h"
#include "questions.h"
#include "rdata.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void load(struct questions *questions, const char *text, bool echo)
{
	char path[] = "/tmp/blast-questions-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	questions_load(questions, path, &(struct questions_options){ .edns_size = 1232, .echo = echo });
	unlink(path);
}

static void lines_are_questions_and_comments_are_not(void **state)
{
	(void)state;
	struct questions questions;
	load(&questions,
	     "# comment\n\nweb.default.svc.cluster.local A NOERROR 1\n  x AAAA NXDOMAIN 0\ny TXT - -",
	     false);
	assert_int_equal(questions.count, 3);
	assert_int_equal(questions.question[0].rcode, 0);
	assert_int_equal(questions.question[0].answers, 1);
	assert_int_equal(questions.question[1].rcode, 3);
	assert_int_equal(questions.question[1].answers, 0);
	assert_int_equal(questions.question[2].rcode, REPLY_ANY_RCODE);
	assert_int_equal(questions.question[2].answers, REPLY_ANY_COUNT);
}

static void a_query_is_written_with_its_id(void **state)
{
	(void)state;
	struct questions questions;
	uint8_t written[QUERY_MAX], built[QUERY_MAX];
	load(&questions, "a.b A - -\nlonger.name.example SRV - -\n", false);
	size_t size = query_build("longer.name.example", 19, TYPE_SRV, 1232, built);
	built[0] = 0x12;
	built[1] = 0x34;
	assert_int_equal(questions_write(&questions, 1, 0x1234, 0, written), size);
	assert_memory_equal(written, built, size);
}

static void marks_become_hexadecimal_digits(void **state)
{
	(void)state;
	struct questions questions;
	uint8_t query[QUERY_MAX];
	load(&questions, "q####.z A - -\n", false);
	questions_write(&questions, 0, 0, 0xfedcba987654a1f0, query);
	assert_memory_equal(query + QUERY_HEADER, "\5q0f1a\1z", 9);
	questions_write(&questions, 0, 0, 0, query);
	assert_memory_equal(query + QUERY_HEADER, "\5q0000\1z", 9);
}

static void the_expected_data_is_kept_in_comparable_form(void **state)
{
	(void)state;
	struct questions questions;
	uint16_t size;
	load(&questions,
	     "a A NOERROR 2 10.0.0.1,10.0.0.2\n_p._tcp.a SRV NOERROR 1 80:a.b\nb A NOERROR 1\n",
	     false);
	const struct answer_set *set = &questions.question[0].set;
	assert_int_equal(set->count, 2);
	memcpy(&size, set->bytes, sizeof size);
	assert_int_equal(size, 4);
	assert_memory_equal(set->bytes + 2, "\12\0\0\1", 4);
	assert_memory_equal(set->bytes + 8, "\12\0\0\2", 4);
	set = &questions.question[1].set;
	assert_int_equal(set->count, 1);
	assert_memory_equal(set->bytes + 2, "\0\120\1a\1b", 7);
	assert_int_equal(questions.question[2].set.count, 0);
}

static void of_an_echo_no_answers_are_expected(void **state)
{
	(void)state;
	struct questions questions;
	load(&questions, "a A NXDOMAIN 1\n", true);
	assert_int_equal(questions.question[0].rcode, 0);
	assert_int_equal(questions.question[0].answers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_questions_and_comments_are_not),
		cmocka_unit_test(a_query_is_written_with_its_id),
		cmocka_unit_test(marks_become_hexadecimal_digits),
		cmocka_unit_test(the_expected_data_is_kept_in_comparable_form),
		cmocka_unit_test(of_an_echo_no_answers_are_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
