/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf files as targets. */
#include <arpa/inet.h>

#include "world.h"
#include "upstream_parts.h"

struct house {
	struct world *world;
	char directory[64], path[96], other[96];
};

static void write_file(const struct house *house, const char *text)
{
	FILE *file = fopen(house->other, "w");
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(house->other, house->path), 0);
}

static struct house *house_new(const char *text)
{
	struct house *house = mem_zalloc(sizeof(*house));
	snprintf(house->directory, sizeof(house->directory), "/tmp/knamed-upstream-XXXXXX");
	assert_non_null(mkdtemp(house->directory));
	snprintf(house->path, sizeof(house->path), "%s/resolv.conf", house->directory);
	snprintf(house->other, sizeof(house->other), "%s/other", house->directory);
	house->world = world_new();
	house->world->targets[0].file = house->path;
	house->world->config.target_count = 1;
	write_file(house, text);
	return house;
}

static void house_free(struct house *house)
{
	world_free(house->world);
	unlink(house->path);
	rmdir(house->directory);
	mem_free(house);
}

static char *targets_print(const struct world *world)
{
	struct text text = { 0 };
	text_add(&text, "");
	for (size_t i = 0; i < world->upstream->target_count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", world->upstream->targets[i]->text);
	return text.data;
}

static void assert_targets(const struct world *world, const char *expected)
{
	char *text = targets_print(world);
	assert_string_equal(text, expected);
	mem_free(text);
}

struct expectation {
	const struct world *world;
	const char *targets;
};

static bool are_targets(void *context)
{
	const struct expectation *expectation = context;
	char *text = targets_print(expectation->world);
	bool are = strcmp(text, expectation->targets) == 0;
	mem_free(text);
	return are;
}

static void wait_targets(struct world *world, const char *expected)
{
	struct expectation expectation = { world, expected };
	world_wait(world, are_targets, &expectation);
}

static void nameservers_follow_the_file(void **state)
{
	(void)state;
	struct house *house = house_new("nameserver 127.0.0.3\nnameserver ::1\n");
	world_open(house->world);
	assert_targets(house->world, "127.0.0.3:53 [::1]:53");
	const struct target *kept = house->world->upstream->targets[1];
	write_file(house, "nameserver ::1\nnameserver 127.0.0.4\nnameserver ::1\n");
	wait_targets(house->world, "[::1]:53 127.0.0.4:53");
	assert_ptr_equal(house->world->upstream->targets[0], kept);
	assert_int_not_equal(kept->number, house->world->upstream->targets[1]->number);
	house_free(house);
}

static void a_file_that_names_nobody_changes_nothing(void **state)
{
	(void)state;
	struct house *house = house_new("nameserver 127.0.0.3\n");
	world_open(house->world);
	write_file(house, "# nobody\n");
	world_run(house->world, 400);
	assert_targets(house->world, "127.0.0.3:53");
	unlink(house->path);
	world_run(house->world, 400);
	assert_targets(house->world, "127.0.0.3:53");
	write_file(house, "nameserver 127.0.0.5\n");
	wait_targets(house->world, "127.0.0.5:53");
	house_free(house);
}

static void addresses_and_files_stand_in_order(void **state)
{
	(void)state;
	struct house *house = house_new("nameserver 127.0.0.3\nnameserver 127.0.0.4\n");
	struct world *world = house->world;
	world->targets[1] = world->targets[0];
	world->targets[0] = (struct config_target){ .port = 53 };
	world->targets[2] = (struct config_target){ .port = 5353 };
	assert_true(ip_parse("127.0.0.4", &world->targets[0].ip));
	assert_true(ip_parse("127.0.0.4", &world->targets[2].ip));
	world->config.target_count = 3;
	world_open(world);
	assert_targets(world, "127.0.0.4:53 127.0.0.3:53 127.0.0.4:5353");
	house_free(house);
}

static void addresses_of_our_own_are_left_out(void **state)
{
	(void)state;
	static char zone[] = ".", port[] = "53", elsewhere[] = "127.0.0.9";
	char *ports[] = { port }, *hosts[] = { elsewhere };
	struct house *house =
		house_new("nameserver 127.0.0.53\nnameserver 198.51.100.1\nnameserver ::1\n");
	struct config_forward *config = &house->world->config;
	config->loop_zone = zone;
	config->own_ports = (struct words){ ports, 1 };
	world_open(house->world);
	assert_targets(house->world, "198.51.100.1:53");
	write_file(house, "nameserver 127.0.0.53\nnameserver 198.51.100.2\n");
	wait_targets(house->world, "198.51.100.2:53");
	upstream_close(house->world->upstream);

	/* Who listens at one address asks the others. */
	config->own_hosts = (struct words){ hosts, 1 };
	write_file(house, "nameserver 127.0.0.53\nnameserver 127.0.0.9\n");
	world_open(house->world);
	assert_targets(house->world, "127.0.0.53:53");
	house_free(house);
}

static void where_all_are_our_own_it_is_a_loop(void **state)
{
	(void)state;
	static char zone[] = ".", port[] = "53";
	char *ports[] = { port };
	struct asked asked;
	struct house *house = house_new("nameserver 127.0.0.53\n");
	house->world->config.loop_zone = zone;
	house->world->config.own_ports = (struct words){ ports, 1 };
	world_open(house->world);
	assert_targets(house->world, "");
	world_ask_and_wait(house->world, &asked, "a.example.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_LOOPS);
	assert_string_equal(asked.problem, "forwarding loop: every upstream leads back here");
	house_free(house);
}

/* Somebody on port 53 who says nothing; -1: not allowed here. */
static int open_silent(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.86.3.7", &address.sin_addr);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void questions_to_who_is_gone_go_elsewhere(void **state)
{
	(void)state;
	int silent = open_silent();
	if (silent < 0)
		skip();
	struct house *house = house_new("nameserver 127.86.3.7\n");
	struct stub *stub = world_stub(house->world, stub_answers);
	struct asked asked;
	house->world->config.target_count = 1; /* the stub comes with the file's place */
	house->world->config.read_timeout_ms = 60000;
	world_open(house->world);
	world_ask(house->world, &asked, "a.", PROTO_UDP);
	house->world->config.target_count = 2;
	write_file(house, "nameserver 127.86.3.8\n");
	world_wait_done(house->world, &asked);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(stub->asked, 1);
	close(silent);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nameservers_follow_the_file),
		cmocka_unit_test(a_file_that_names_nobody_changes_nothing),
		cmocka_unit_test(addresses_and_files_stand_in_order),
		cmocka_unit_test(addresses_of_our_own_are_left_out),
		cmocka_unit_test(where_all_are_our_own_it_is_a_loop),
		cmocka_unit_test(questions_to_who_is_gone_go_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
