/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "knamed/base.h"

static int listen_at(const char *name)
{
	struct sockaddr_un address;
	socklen_t size = local_name_address(name, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && size > 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int connect_to(const char *name)
{
	struct sockaddr_un address;
	socklen_t size = local_name_address(name, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

struct sought {
	const char *name;
	unsigned count;
	uint64_t inode;
};

static void look(void *context, const char *name, uint64_t inode)
{
	struct sought *sought = context;
	if (strcmp(name, sought->name) != 0)
		return;
	sought->count++;
	sought->inode = inode;
}

/* How often the name is among those of its kind. Other processes may have some, too. */
static struct sought find(const char *kind, const char *name)
{
	struct sought sought = { .name = name };
	assert_true(local_names_each(kind, look, &sought));
	return sought;
}

static void a_name_is_of_its_kind_and_nobody_elses(void **state)
{
	(void)state;
	char one[LOCAL_NAME_SIZE], other[LOCAL_NAME_SIZE];
	local_name_make("test", one);
	local_name_make("test", other);
	assert_memory_equal(one, "@knamed.test.", 13);
	assert_int_equal(strlen(one), 13 + 16);
	assert_string_not_equal(one, other);
}

static void who_listens_is_found_as_long_as_it_does(void **state)
{
	(void)state;
	char name[LOCAL_NAME_SIZE];
	struct stat stat;
	local_name_make("test", name);
	assert_int_equal(find("test", name).count, 0);
	int fd = listen_at(name);
	assert_int_equal(fstat(fd, &stat), 0);
	struct sought sought = find("test", name);
	assert_int_equal(sought.count, 1);
	assert_int_equal(sought.inode, stat.st_ino);
	assert_int_equal(find("tes", name).count, 0);
	close(fd);
	assert_int_equal(find("test", name).count, 0);
}

static void connections_are_not_taken_for_who_listens(void **state)
{
	(void)state;
	char name[LOCAL_NAME_SIZE];
	local_name_make("test", name);
	int fd = listen_at(name), client = connect_to(name);
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(find("test", name).count, 1);
	close(fd);
	assert_int_equal(find("test", name).count, 0);
	close(accepted);
	close(client);
}

static void a_process_of_our_user_is_ours(void **state)
{
	(void)state;
	char name[LOCAL_NAME_SIZE];
	pid_t pid = 0;
	local_name_make("test", name);
	int fd = listen_at(name), client = connect_to(name);
	assert_true(local_peer_is_ours(client, &pid));
	assert_int_equal(pid, getpid());
	assert_false(local_peer_is_ours(-1, &pid));
	close(client);
	close(fd);
}

static void a_name_without_room_has_no_address(void **state)
{
	(void)state;
	struct sockaddr_un address;
	char name[sizeof(address.sun_path) + 2];
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(local_name_address(name, &address), 0);
	assert_int_equal(local_name_address(name + 1, &address), sizeof(address));
	assert_int_equal(local_name_address("", &address), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_of_its_kind_and_nobody_elses),
		cmocka_unit_test(who_listens_is_found_as_long_as_it_does),
		cmocka_unit_test(connections_are_not_taken_for_who_listens),
		cmocka_unit_test(a_process_of_our_user_is_ours),
		cmocka_unit_test(a_name_without_room_has_no_address),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
