/* SPDX-License-Identifier: Apache-2.0 */
/* Who is held back, and what the kernel does with packets of theirs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>

#include "relief.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return ip;
}

/* Each has as many of the sample as `counts` says; the rest is of clients that have one. */
static unsigned choose(const unsigned *counts, unsigned size, struct ip *clients, unsigned count,
		       struct relief_shares *ret_shares)
{
	struct ip sample[RELIEF_SAMPLE];
	unsigned at = 0;
	for (unsigned i = 0; i < size; i++)
		for (unsigned k = 0; k < counts[i]; k++)
			sample[at++] = (struct ip){ .family = 4, .bytes = { 10, 0, 0, (uint8_t)i } };
	for (; at < RELIEF_SAMPLE; at++)
		sample[at] = (struct ip){ .family = 4, .bytes = { 10, 1, 0, (uint8_t)at } };
	return relief_choose(sample, clients, count, ret_shares);
}

static void who_sends_most_is_chosen(void **state)
{
	(void)state;
	struct ip clients[RELIEF_CLIENTS], first = ip_of("10.0.0.0");
	struct relief_shares shares;
	assert_int_equal(choose((unsigned[]){ 192 }, 1, clients, 0, &shares), 1);
	assert_true(ip_equal(&clients[0], &first));
	assert_true(shares.held == 0.75);
	assert_int_equal(choose((unsigned[]){ 100, 100 }, 2, clients, 0, &shares), 2);
	assert_int_equal(choose((unsigned[]){ 256 }, 1, clients, 0, &shares), 1);
}

/* Of 256 packets 192 are of one, and 64 of others with one each. */
static void what_others_have_on_average_is_fair(void **state)
{
	(void)state;
	struct ip clients[RELIEF_CLIENTS];
	struct relief_shares shares;
	choose((unsigned[]){ 192 }, 1, clients, 0, &shares);
	assert_true(shares.fair == 1.0 / 256);
	choose((unsigned[]){ 100, 92 }, 2, clients, 0, &shares);
	assert_true(shares.held == 0.75 && shares.fair == 2.0 / 256);
	choose((unsigned[]){ 256 }, 1, clients, 0, &shares);
	assert_true(shares.held == 1 && shares.fair == 0);
}

static void many_who_send_alike_are_not(void **state)
{
	(void)state;
	struct ip clients[RELIEF_CLIENTS];
	struct relief_shares shares;
	assert_int_equal(choose(NULL, 0, clients, 0, &shares), 0);
	assert_int_equal(choose((unsigned[]){ 64, 64, 64, 64 }, 4, clients, 0, &shares), 0);
	assert_int_equal(choose((unsigned[]){ 15 }, 1, clients, 0, &shares), 0);
	assert_true(shares.held == 0);
}

static void who_is_chosen_stays_and_others_join(void **state)
{
	(void)state;
	struct ip clients[RELIEF_CLIENTS] = { ip_of("10.9.9.9") };
	struct relief_shares shares;
	assert_int_equal(choose((unsigned[]){ 128 }, 1, clients, 1, &shares), 2);
	assert_int_equal(choose((unsigned[]){ 128 }, 1, clients, 2, &shares), 2);
	assert_true(shares.held == 0.5);
}

static void add_clients(struct relief_gauge *gauge, const char *address, unsigned count)
{
	struct ip client = ip_of(address);
	for (unsigned i = 0; i < count && relief_sample_is_wanted(gauge); i++)
		relief_sample_add(gauge, &client);
}

static void a_sample_has_none_from_before_it_was_asked_for(void **state)
{
	(void)state;
	struct relief_gauge gauge = { .filled = 0 };
	struct ip now = ip_of("10.0.0.2");
	relief_sample_ask(&gauge);
	add_clients(&gauge, "10.0.0.1", RELIEF_SAMPLE - 1);
	assert_null(relief_sample_get(&gauge));
	relief_sample_ask(&gauge);
	add_clients(&gauge, "10.0.0.2", RELIEF_SAMPLE - 1);
	assert_null(relief_sample_get(&gauge));
	add_clients(&gauge, "10.0.0.2", RELIEF_SAMPLE);
	const struct ip *sample = relief_sample_get(&gauge);
	assert_non_null(sample);
	for (unsigned i = 0; i < RELIEF_SAMPLE; i++)
		assert_true(ip_equal(&sample[i], &now));
	assert_false(relief_sample_is_wanted(&gauge));
	relief_sample_ask(&gauge);
	assert_null(relief_sample_get(&gauge));
}

static int open_bound(const char *address, int family, uint16_t *ret_port)
{
	struct ip ip = ip_of(address);
	struct sockaddr_storage own;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = ip_to_sockaddr(&ip, 0, &own);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, size) != 0)
		return -1;
	getsockname(fd, (struct sockaddr *)&own, &size);
	*ret_port = ntohs(((struct sockaddr_in *)&own)->sin_port);
	return fd;
}

/* How many of 100 packets from there arrive; loopback brings them at once. */
static unsigned arriving(int fd, uint16_t port, const char *to, const char *from)
{
	struct ip server = ip_of(to);
	struct sockaddr_storage address;
	uint16_t unused;
	unsigned count = 0;
	char octet;
	int client = open_bound(from, server.family == 6 ? AF_INET6 : AF_INET, &unused);
	assert_true(client >= 0);
	socklen_t size = ip_to_sockaddr(&server, port, &address);
	for (unsigned i = 0; i < 100; i++) {
		sendto(client, "x", 1, 0, (struct sockaddr *)&address, size);
		count += recv(fd, &octet, 1, MSG_DONTWAIT) == 1;
	}
	close(client);
	return count;
}

static void packets_of_those_are_dropped_and_of_no_others(void **state)
{
	(void)state;
	struct ip clients[] = { ip_of("fd00::7"), ip_of("127.0.0.2"), ip_of("127.0.0.5") };
	uint16_t port;
	int fd = open_bound("127.0.0.1", AF_INET, &port);
	assert_true(relief_filter(fd, clients, 3, 0));
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 0);
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.5"), 0);
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.3"), 100);
	assert_true(relief_filter(fd, clients, 3, 0.5));
	assert_in_range(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 10, 90);
	assert_true(relief_filter(fd, clients, 3, 1));
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 100);
	assert_true(relief_filter(fd, clients, 3, 0));
	assert_true(relief_filter(fd, NULL, 0, 1));
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 100);
	close(fd);
}

static void a_socket_of_both_families_is_filtered_by_either(void **state)
{
	(void)state;
	struct ip clients[] = { ip_of("127.0.0.2"), ip_of("::1") };
	uint16_t port;
	int fd = open_bound("::", AF_INET6, &port);
	if (fd < 0)
		skip(); /* a machine without IPv6 */
	assert_true(relief_filter(fd, clients, 2, 0));
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 0);
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.3"), 100);
	assert_int_equal(arriving(fd, port, "::1", "::1"), 0);
	assert_true(relief_filter(fd, clients, 1, 0));
	assert_int_equal(arriving(fd, port, "::1", "::1"), 100);
	close(fd);
}

/* As many as fit, of the longest kind. */
static void a_full_list_is_a_program_that_the_kernel_takes(void **state)
{
	(void)state;
	struct ip clients[RELIEF_CLIENTS];
	uint16_t port;
	int fd = open_bound("127.0.0.1", AF_INET, &port);
	for (unsigned i = 0; i < RELIEF_CLIENTS; i++)
		clients[i] = (struct ip){ .family = 6, .bytes = { 0xfd, [15] = (uint8_t)i } };
	assert_true(relief_filter(fd, clients, RELIEF_CLIENTS, 0));
	clients[RELIEF_CLIENTS - 1] = ip_of("127.0.0.2");
	assert_true(relief_filter(fd, clients, RELIEF_CLIENTS, 0));
	assert_int_equal(arriving(fd, port, "127.0.0.1", "127.0.0.2"), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sends_most_is_chosen),
		cmocka_unit_test(what_others_have_on_average_is_fair),
		cmocka_unit_test(many_who_send_alike_are_not),
		cmocka_unit_test(who_is_chosen_stays_and_others_join),
		cmocka_unit_test(a_sample_has_none_from_before_it_was_asked_for),
		cmocka_unit_test(packets_of_those_are_dropped_and_of_no_others),
		cmocka_unit_test(a_socket_of_both_families_is_filtered_by_either),
		cmocka_unit_test(a_full_list_is_a_program_that_the_kernel_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
