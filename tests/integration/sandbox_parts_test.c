/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done in a sandbox and what cannot, tried from inside. Each case is a process of its
 * own, for nobody leaves a sandbox; it ends with the line of what was not as expected. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox.h"

#define EXPECT(condition)                                                                          \
	if (!(condition))                                                                          \
	return __LINE__

static const char plugin[] =
	"{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}], "
	"clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: u, user: {exec: "
	"{apiVersion: client.authentication.k8s.io/v1, command: /bin/true, interactiveMode: Never}}}]}";

/* Enters with these options of `kubernetes` in a directory of its own, which is the current one. */
static struct sandbox *enter_with(const char *options)
{
	char text[512];
	struct error error;
	snprintf(text, sizeof(text), ".:53 {\n kubernetes cluster.local {\n%s\n}\n}\n", options);
	struct config *config = config_read("Corefile", text, "53", &error);
	return config == NULL ? NULL : sandbox_enter(config);
}

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, "x", 1) == 1;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool can_run(const char *path)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl(path, path, (char *)NULL);
		_exit(99);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void *nothing(void *context)
{
	return context;
}

static bool can_start_thread(void)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool can_open_socket(int family, int kind, int protocol)
{
	int fd = socket(family, kind | SOCK_CLOEXEC, protocol);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A kernel that does not have a call. */
static bool take_away(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0 &&
		    seccomp_load(filter) == 0;
	seccomp_release(filter);
	return good;
}

/* ---- cases ---- */

static int serves_only(void)
{
	struct sandbox *sandbox = enter_with("ttl 5");
	EXPECT(sandbox != NULL);
	EXPECT(can_read("/etc/passwd"));
	EXPECT(can_start_thread());
	EXPECT(can_open_socket(AF_INET, SOCK_DGRAM, 0));
	EXPECT(can_open_socket(AF_NETLINK, SOCK_RAW, 0)); /* what interfaces there are */
	EXPECT(!can_write("file") || !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	EXPECT(!can_run("/bin/true") || !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	if (!sandbox_has(sandbox, SANDBOX_SECCOMP))
		return 0;
	EXPECT(fork() < 0 && errno == EPERM);
	EXPECT(execl("/bin/true", "true", (char *)NULL) < 0 && errno == EPERM);
	EXPECT(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM);
	EXPECT(!can_open_socket(AF_PACKET, SOCK_RAW, 0) && errno == EPERM);
	EXPECT(unlink("/nowhere") < 0 && errno == EPERM);
	EXPECT(kill(getppid(), 0) < 0 && errno == EPERM);
	EXPECT(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED &&
	       errno == EPERM);
	return 0;
}

static int writes_a_snapshot(void)
{
	EXPECT(mkdir("there", 0700) == 0 && mkdir("beside", 0700) == 0);
	struct sandbox *sandbox = enter_with("snapshot there/snapshot");
	EXPECT(sandbox != NULL);
	EXPECT(can_write("there/snapshot.new"));
	EXPECT(rename("there/snapshot.new", "there/snapshot") == 0);
	EXPECT(can_write("there/snapshot"));
	EXPECT(!can_write("beside/file") || !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	return 0;
}

static int another_makes_the_directory(void)
{
	EXPECT(mkdir("beside", 0700) == 0 && mkdir("place", 0700) == 0);
	int entered[2], made[2];
	char byte = 0;
	EXPECT(pipe(entered) == 0 && pipe(made) == 0);
	pid_t other = fork();
	EXPECT(other >= 0);
	if (other == 0) {
		bool good = read(entered[0], &byte, 1) == 1 && mkdir("place/later", 0700) == 0;
		_exit(good && write(made[1], "x", 1) == 1 ? 0 : 1);
	}
	struct sandbox *sandbox = enter_with("snapshot place/later/snapshot");
	EXPECT(sandbox != NULL);
	EXPECT(write(entered[1], "x", 1) == 1 && read(made[0], &byte, 1) == 1);
	EXPECT(can_write("place/later/snapshot"));
	EXPECT(!can_write("beside/file") || !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	return 0;
}

static int runs_a_plugin(void)
{
	FILE *file = fopen("kubeconfig", "w");
	EXPECT(file != NULL && fputs(plugin, file) >= 0 && fclose(file) == 0);
	EXPECT(mkdir("home", 0700) == 0);
	char *home = realpath("home", NULL);
	setenv("HOME", home, 1);
	struct sandbox *sandbox = enter_with("kubeconfig kubeconfig");
	EXPECT(sandbox != NULL);
	EXPECT(can_run("/bin/true"));
	EXPECT(can_write("home/cache"));
	EXPECT(!sandbox_has(sandbox, SANDBOX_SECCOMP) ||
	       (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM));
	return 0;
}

static int has_no_landlock(void)
{
	EXPECT(take_away(SCMP_SYS(landlock_create_ruleset)));
	struct sandbox *sandbox = enter_with("ttl 5");
	EXPECT(sandbox != NULL && !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	EXPECT(can_open_socket(AF_INET, SOCK_DGRAM, 0) && can_start_thread());
	/* The list of calls stands in. */
	EXPECT(!can_write("file") || !sandbox_has(sandbox, SANDBOX_SECCOMP));
	EXPECT(can_read("/etc/passwd"));
	return 0;
}

static int has_no_seccomp(void)
{
	EXPECT(take_away(SCMP_SYS(seccomp)));
	struct sandbox *sandbox = enter_with("ttl 5");
	EXPECT(sandbox != NULL && !sandbox_has(sandbox, SANDBOX_SECCOMP));
	EXPECT(!can_write("file") || !sandbox_has(sandbox, SANDBOX_LANDLOCK));
	EXPECT(can_open_socket(AF_INET, SOCK_DGRAM, 0) && can_start_thread());
	return 0;
}

static int is_off(void)
{
	setenv("KNAMED_SANDBOX", "off", 1);
	struct sandbox *sandbox = enter_with("ttl 5");
	EXPECT(sandbox != NULL);
	for (enum sandbox_part part = SANDBOX_CAPABILITY; part < SANDBOX_PARTS; part++)
		EXPECT(!sandbox_has(sandbox, part));
	EXPECT(can_write("file") && can_run("/bin/true"));
	return 0;
}

static bool allows(const struct sandbox *sandbox, const char *option, struct error *error)
{
	char text[512];
	snprintf(text, sizeof(text), ".:53 {\n kubernetes cluster.local {\n%s\n}\n}\n", option);
	struct config *config = config_read("Corefile", text, "53", error);
	bool good = config != NULL && sandbox_allows(sandbox, config, error);
	config_free(config);
	return good;
}

static int knows_what_it_denies(void)
{
	struct error error = { .text = "" };
	EXPECT(mkdir("there", 0700) == 0 && mkdir("beside", 0700) == 0);
	EXPECT(symlink("there", "link") == 0);
	FILE *file = fopen("kubeconfig", "w");
	EXPECT(file != NULL && fputs(plugin, file) >= 0 && fclose(file) == 0);
	struct sandbox *sandbox = enter_with("snapshot there/snapshot");
	EXPECT(sandbox != NULL && allows(sandbox, "ttl 5", &error));
	EXPECT(allows(sandbox, "snapshot there/another", &error));
	EXPECT(allows(sandbox, "snapshot link/another", &error));
	if (!sandbox_has(sandbox, SANDBOX_LANDLOCK))
		return 0;
	EXPECT(!allows(sandbox, "snapshot beside/snapshot", &error));
	EXPECT(strstr(error.text, "Corefile:3 - ") != NULL && strstr(error.text, "restart") != NULL);
	EXPECT(!allows(sandbox, "kubeconfig kubeconfig", &error));
	EXPECT(strstr(error.text, "Corefile:3 - ") != NULL && strstr(error.text, "restart") != NULL);
	return 0;
}

/* ---- each in a process and a directory of its own ---- */

static void run(int (*scenario)(void))
{
	char place[] = "/tmp/knamed-sandbox-XXXXXX";
	int status = -1;
	assert_non_null(mkdtemp(place));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		_exit(chdir(place) == 0 ? scenario() % 256 : 255);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	char command[64];
	snprintf(command, sizeof(command), "rm -r %s", place);
	assert_int_equal(system(command), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0); /* else the line of this file */
}

#define CASE(name, scenario)                                                                       \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		run(scenario);                                                                     \
	}

CASE(who_only_serves_writes_and_runs_nothing, serves_only)
CASE(a_snapshot_is_written_to_its_directory_alone, writes_a_snapshot)
CASE(a_directory_may_be_made_later, another_makes_the_directory)
CASE(a_plugin_of_a_kubeconfig_runs, runs_a_plugin)
CASE(a_kernel_without_landlock_changes_nothing_else, has_no_landlock)
CASE(a_kernel_without_seccomp_changes_nothing_else, has_no_seccomp)
CASE(it_can_be_turned_off, is_off)
CASE(a_configuration_that_needs_more_is_told_by_its_line, knows_what_it_denies)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_only_serves_writes_and_runs_nothing),
		cmocka_unit_test(a_snapshot_is_written_to_its_directory_alone),
		cmocka_unit_test(a_directory_may_be_made_later),
		cmocka_unit_test(a_plugin_of_a_kubeconfig_runs),
		cmocka_unit_test(a_kernel_without_landlock_changes_nothing_else),
		cmocka_unit_test(a_kernel_without_seccomp_changes_nothing_else),
		cmocka_unit_test(it_can_be_turned_off),
		cmocka_unit_test(a_configuration_that_needs_more_is_told_by_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
