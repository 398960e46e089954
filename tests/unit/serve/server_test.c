/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and what is said about it. */
#include "client.h"

#include <unistd.h>

/* What is written to stdout while `print` runs; caller frees. */
static char *printed_zones(const struct server *server)
{
	char path[] = "/tmp/knamed-zones-XXXXXX", *text = mem_zalloc(65536);
	int file = mkstemp(path), saved = dup(STDOUT_FILENO);
	unlink(path);
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	server_print_zones(server);
	dup2(saved, STDOUT_FILENO);
	assert_true(pread(file, text, 65535, 0) >= 0);
	close(saved);
	close(file);
	return text;
}

static void assert_printed(struct world *world, const char *format)
{
	struct server *server = world_serve(world, (struct serve_limits){ 0 });
	struct text expected = { 0 };
	for (const char *at = format; *at != '\0'; at++)
		if (*at == '%')
			text_printf(&expected, "%u", world->info.local_port);
		else
			text_add_n(&expected, at, 1);
	char *text = printed_zones(server);
	assert_string_equal(text, expected.data);
	mem_free(text);
	text_done(&expected);
	server_stop(server);
	world_free(world);
}

static void zones_are_printed_in_order_with_their_port(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_block(world, "example.org.");
	struct config_block *block = world_block(world, "b.test.");
	world_add_address(block, ".", 1);
	world_add_address(block, "10.in-addr.arpa.", 1);
	assert_printed(world, ".:%\n10.in-addr.arpa.:%\nb.test.:%\nexample.org.:%\n");
}

static void bound_listeners_say_where(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_add_word(&block->bind, "127.0.0.2");
	world_add_word(&block->bind, "127.0.0.1");
	assert_printed(world, ".:% on 127.0.0.2\n.:% on 127.0.0.1\n");
}

static void odd_names_are_remarked_upon(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, "under_score.test.");
	world_add_address(block, "1st.test.", 1);
	world_add_address(block, "a-.test.", 1);
	world_add_address(block, "a-1.test.", 1);
	assert_printed(world,
		       "Warning: Domain \"1st.test.\" does not follow RFC1035 preferred "
		       "syntax\n1st.test.:%\n"
		       "Warning: Domain \"a-.test.\" does not follow RFC1035 preferred "
		       "syntax\na-.test.:%\n"
		       "a-1.test.:%\n"
		       "Warning: Domain \"under_score.test.\" does not follow RFC1035 preferred syntax\n"
		       "under_score.test.:%\n");
}

static void a_socket_that_cannot_be_had_stops_the_start(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_add_word(&block->bind, "127.0.0.1");
	world_add_word(&block->bind, "192.0.2.1");
	block->addresses[0].port = free_port();
	struct serve_options options = world_options(world);
	struct error error;
	char expected[128];
	answers_publish(world->answers);
	assert_null(server_start(&options, &error));
	snprintf(expected, sizeof(expected),
		 "listen tcp 192.0.2.1:%u: bind: cannot assign requested address",
		 block->addresses[0].port);
	assert_string_equal(error.text, expected);
	world_free(world);
}

static void the_counts_of_sockets_are_there_from_the_start(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_block(world, ".");
	struct server *server = world_serve(world, (struct serve_limits){ 0 });
	int fd = client_open(world, "127.0.0.1", SOCK_STREAM);
	(void)client_asks(fd, SOCK_STREAM, 1, "a.", TYPE_A); /* REFUSED, but that is a reply */
	struct text text = { 0 };
	metrics_print(world->metrics, &text);
	static const char *const lines[] = {
		"knamed_tcp_connections 1\n",
		"knamed_tcp_connections_refused_total 0\n",
		"knamed_tcp_connections_cut_total 0\n",
		"knamed_udp_replies_unsent_total 0\n",
		"coredns_local_localhost_requests_total 0\n",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (strstr(text.data, lines[i]) == NULL)
			fail_msg("no line %s in\n%s", lines[i], text.data);
	text_clear(&text);
	close(fd);
	server_stop(server);
	metrics_print(world->metrics, &text); /* nobody reads what is gone */
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_null(strstr(text.data, lines[i]));
	text_done(&text);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_are_printed_in_order_with_their_port),
		cmocka_unit_test(bound_listeners_say_where),
		cmocka_unit_test(odd_names_are_remarked_upon),
		cmocka_unit_test(a_socket_that_cannot_be_had_stops_the_start),
		cmocka_unit_test(the_counts_of_sockets_are_there_from_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
