/* SPDX-License-Identifier: Apache-2.0 */
#include "web_house.h"

#include <string.h>
#include <unistd.h>

/* ---- what is answered ---- */

static void a_path_is_answered_as_its_call_says(void **state)
{
	(void)state;
	struct house *house = house_new();
	struct text text = ask(house, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_starts(&text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
			     "Content-Length: 2\r\nDate: ");
	assert_ends(&text, " GMT\r\n\r\nOK");
	text_done(&text);
	text = ask(house, "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_starts(&text, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n");
	assert_ends(&text, "\r\n\r\n{}");
	text_done(&text);
	house_free(house);
}

static void requests_and_their_statuses(void **state)
{
	(void)state;
	static const struct {
		const char *request, *start;
	} cases[] = {
		{ "GET /health HTTP/1.0\r\n\r\n", "HTTP/1.1 200 " },
		{ "GET /health?verbose=1&x=/y HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 " },
		{ "GET http://127.0.0.1:8080/health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 " },
		{ "\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 " },
		{ "GET /health HTTP/1.1\nHost: x\n\n", "HTTP/1.1 200 " },
		{ "GET /health HTTP/1.1\r\nContent-Length: 0\r\nX:\t a\tb\r\n\r\n", "HTTP/1.1 200 " },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n" },
		{ "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
		{ "GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
		{ "GET http://127.0.0.1:8080 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
		{ "GET ? HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
		{ "POST /health HTTP/1.1\r\nContent-Length: 2\r\n\r\nOK",
		  "HTTP/1.1 405 Method Not Allowed\r\n" },
		{ "get /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 " },
		{ "PUT /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 " },
		{ "GET /health HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
		  "HTTP/1.1 413 Content Too Large\r\n" },
		{ "GET /health HTTP/1.1\r\ncontent-length: 0, 0\r\n\r\n", "HTTP/1.1 413 " },
		{ "GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  "HTTP/1.1 413 " },
		{ "GET /health HTTP/2.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n" },
		{ "GET /health\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n" },
		{ "GET  /health HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /health HTTP/1.1 \r\n\r\n", "HTTP/1.1 505 " },
		{ "GET /health HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /health HTTP/1.1\r\n: x\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /health HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /health HTTP/1.1\r\nContent-Length : 5\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /hea\rlth HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /health HTTP/1.1\r\nA: \x01\r\n\r\n", "HTTP/1.1 400 " },
		{ "\x16\x03\x01\x02\n\n", "HTTP/1.1 400 " },
	};
	struct house *house = house_new();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text text = ask(house, cases[i].request);
		if (strncmp(text.data, cases[i].start, strlen(cases[i].start)) != 0)
			fail_msg("%s\n-> %s", cases[i].request, text.data);
		text_done(&text);
	}
	house_free(house);
}

static void a_refused_method_is_told_which_are_allowed(void **state)
{
	(void)state;
	struct house *house = house_new();
	struct text text = ask(house, "DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(text.data, "\r\nAllow: GET, HEAD\r\n"));
	assert_non_null(strstr(text.data, "\r\nConnection: close\r\n"));
	text_done(&text);
	assert_int_equal(house->calls, 0);
	house_free(house);
}

static void head_is_get_without_the_body(void **state)
{
	(void)state;
	struct house *house = house_new();
	struct text text = ask(house, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(text.data, "\r\nContent-Length: 2\r\n"));
	assert_ends(&text, " GMT\r\n\r\n");
	text_done(&text);
	house_free(house);
}

/* ---- how it comes in ---- */

static void a_request_may_come_octet_by_octet(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fd = client_open(house);
	const char *request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
	for (size_t i = 0; request[i] != '\0'; i++) {
		assert_int_equal(house->calls, 0);
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		turn(house);
		turn(house);
	}
	struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
	text_done(&text);
	close(fd);
	house_free(house);
}

static void requests_in_one_go_are_answered_in_order(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fd = client_open(house);
	client_send(fd,
		    "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
		    "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /ready HTTP/1.1\r\nConnection: Close\r\n\r\n"
		    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	struct text text = read_to_end(house, fd);
	static const char *const order[] = { "HTTP/1.1 200 ", "\r\n\r\nOKHTTP/1.1 404 ",
					     "HTTP/1.1 200 ", "\r\n\r\nHTTP/1.1 503 ",
					     "\r\nConnection: close\r\n\r\n{}" };
	const char *at = text.data;
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		at = strstr(at, order[i]);
		if (at == NULL)
			fail_msg("no %s where it belongs in %s", order[i], text.data);
		at++;
	}
	assert_ends(&text, "\r\n\r\n{}"); /* what follows a last request is not answered */
	text_done(&text);
	assert_int_equal(house->calls, 2);
	close(fd);
	house_free(house);
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fd = client_open(house);
	for (unsigned i = 1; i <= 3; i++) {
		client_send(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
		struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
		text_done(&text);
		assert_int_equal(house->calls, i);
	}
	close(fd);
	house_free(house);
}

static void a_head_without_end_is_refused(void **state)
{
	(void)state;
	struct house *house = house_new();
	char *line = mem_alloc(2 * HTTP_HEAD_MOST + 1);
	memset(line, 'x', 2 * HTTP_HEAD_MOST);
	line[2 * HTTP_HEAD_MOST] = '\0';
	int fd = client_open(house);
	client_send(fd, "GET /health HTTP/1.1\r\nX: ");
	client_send(fd, line);
	client_send(fd, "\r\n\r\n");
	struct text text = read_until(house, fd, "HTTP/1.1 431 ", 1);
	text_done(&text);
	close(fd);

	line[HTTP_HEAD_MOST - 30] = '\0'; /* the largest that is taken */
	fd = client_open(house);
	client_send(fd, "GET /health HTTP/1.1\r\nX: ");
	client_send(fd, line);
	client_send(fd, "\r\n\r\n");
	text = read_until(house, fd, "\r\n\r\nOK", 1);
	text_done(&text);
	close(fd);
	mem_free(line);
	house_free(house);
}

/* A request with some octets changed, cut anywhere, at the end of its memory. */
static void any_octets_are_read_without_harm(void **state)
{
	(void)state;
	static const char whole[] =
		"\r\nGET http://h/health?x=y HTTP/1.1\r\nHost: x\r\nConnection: a, close \r\n"
		"Content-Length: 0\r\n\r\n";
	static const char octets[] = "\r\n :,/? \tGH0\0\xff";
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t dice[6];
		random_bytes(dice, sizeof(dice));
		size_t size = dice[0] % sizeof(whole);
		char *text = mem_copy(whole, size > 0 ? size : 1);
		for (unsigned j = 1; j < dice[1] % 5 + 1 && size > 0; j++)
			text[dice[j + 1] % size] = octets[dice[j + 1] / 1000 % sizeof(octets)];
		struct http_request request;
		if (http_request_read(text, size, &request)) {
			assert_in_range(request.size, 2, size);
			if (request.refusal == 0) {
				assert_true(request.path_start <= request.size);
				assert_true(request.path_size <= request.size - request.path_start);
			}
		}
		mem_free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_answered_as_its_call_says),
		cmocka_unit_test(requests_and_their_statuses),
		cmocka_unit_test(a_refused_method_is_told_which_are_allowed),
		cmocka_unit_test(head_is_get_without_the_body),
		cmocka_unit_test(a_request_may_come_octet_by_octet),
		cmocka_unit_test(requests_in_one_go_are_answered_in_order),
		cmocka_unit_test(a_connection_is_kept_for_the_next_request),
		cmocka_unit_test(a_head_without_end_is_refused),
		cmocka_unit_test(any_octets_are_read_without_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
