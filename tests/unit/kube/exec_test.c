/* SPDX-License-Identifier: Apache-2.0 */
/* Exec plugins: programs that run beside the event loop, and the objects that they print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "asking.h"
#include "exec_plugin.h"

static const char v1[] = "client.authentication.k8s.io/v1";

static bool read_text(const char *text, struct exec_credential *ret_credential, struct error *error)
{
	char *exact = mem_copy(text, strlen(text));
	bool good = exec_credential_read(exact, strlen(text), v1, ret_credential, error);
	mem_free(exact);
	return good;
}

/* A credential with these fields of its status. */
static bool read_status(const char *status, struct exec_credential *ret_credential, struct error *error)
{
	struct text text = { 0 };
	text_printf(&text, "{\"kind\": \"ExecCredential\", \"apiVersion\": \"%s\", \"status\": {%s}}",
		    v1, status);
	bool good = read_text(text.data, ret_credential, error);
	text_done(&text);
	return good;
}

static void a_credential_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *time;
		uint64_t unix_s;
	} times[] = {
		{ "2026-11-21T05:00:00Z", 1795237200 },
		{ "2026-11-21T05:00:00.123456Z", 1795237200 },
		{ "2026-11-21T07:30:00+02:30", 1795237200 },
		{ "2026-11-20T23:00:00-06:00", 1795237200 },
		{ "1960-01-01T00:00:00Z", 0 },
	};
	struct exec_credential credential = { 0 };
	struct error error = { 0 };
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char status[200];
		snprintf(status, sizeof(status),
			 "\"token\": \"t\", \"expirationTimestamp\": \"%s\"", times[i].time);
		assert_true(read_status(status, &credential, &error));
		assert_string_equal(credential.token, "t");
		assert_null(credential.certificate);
		assert_int_equal(credential.expires_unix_s, times[i].unix_s);
		exec_credential_done(&credential);
	}
	assert_true(read_status("\"clientCertificateData\": \"c\", \"clientKeyData\": \"k\"",
				&credential, &error));
	assert_null(credential.token);
	assert_string_equal(credential.certificate, "c");
	assert_string_equal(credential.key, "k");
	assert_true(credential.expires_unix_s == UINT64_MAX);
	exec_credential_done(&credential);
}

static void a_credential_that_is_none_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[][2] = {
		{ "", "printed what is no JSON object" },
		{ "secret", "printed what is no JSON object" },
		{ "[]", "printed what is no JSON object" },
		{ "{\"kind\": \"Pod\"}", "printed an object that is no ExecCredential" },
		{ "{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\"}",
		  "printed another apiVersion than client.authentication.k8s.io/v1" },
		{ "{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\"}",
		  "printed an ExecCredential without a status" },
	};
	static const char *const wrong_status[][2] = {
		{ "", "printed neither a token nor a certificate" },
		{ "\"token\": 7", "printed neither a token nor a certificate" },
		{ "\"token\": \"a\\nb\"", "printed a token with letters that none has" },
		{ "\"token\": \"a\", \"clientKeyData\": \"k\"",
		  "printed a certificate without a key, or a key without one" },
		{ "\"token\": \"a\", \"expirationTimestamp\": \"soon\"",
		  "printed an expirationTimestamp that is no time" },
		{ "\"token\": \"a\", \"expirationTimestamp\": \"2026-11-21T05:00:00\"",
		  "printed an expirationTimestamp that is no time" },
	};
	struct exec_credential credential;
	struct error error = { 0 };
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(read_text(wrong[i][0], &credential, &error));
		assert_string_equal(error.text, wrong[i][1]);
	}
	for (size_t i = 0; i < COUNT_OF(wrong_status); i++) {
		assert_false(read_status(wrong_status[i][0], &credential, &error));
		assert_string_equal(error.text, wrong_status[i][1]);
	}
}

/* One run, as it ended. */
struct run {
	unsigned count;
	bool is_good;
	struct exec_credential credential;
	struct error error;
};

static void note(void *context, struct exec_credential *credential, const struct error *error)
{
	struct run *run = context;
	run->count++;
	run->is_good = credential != NULL;
	run->error = *error;
	if (credential != NULL)
		run->credential = *credential;
}

static struct exec_plugin *start(struct world *world, struct access *access, const char *script,
				 unsigned limit_ms, struct run *run, struct error *error)
{
	static char *words[3];
	static char *variables[] = { (char *)"GREETING=hello", NULL };
	static struct access_exec exec;
	char *path = world_path(world, "plugin");
	world_write_program(world, "plugin", script);
	words[0] = path;
	words[1] = (char *)"an argument";
	exec = (struct access_exec){
		.words = words, .variables = variables, .version = v1, .wants_cluster = true
	};
	*access = (struct access){ .server = "https://10.0.0.1", .exec = &exec };
	*run = (struct run){ 0 };
	struct exec_plugin *plugin =
		exec_plugin_start(world->events, access, "CA", 2, limit_ms, note, run, error);
	world->scratch = path; /* words are borrowed until the end */
	return plugin;
}

static struct run run_plugin(struct world *world, const char *script, unsigned limit_ms)
{
	struct access access;
	struct error error = { 0 };
	struct run run;
	struct exec_plugin *plugin = start(world, &access, script, limit_ms, &run, &error);
	assert_non_null(plugin);
	world_wait(world, &run.count, 1);
	exec_plugin_free(plugin);
	mem_free(world->scratch);
	return run;
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void a_plugin_is_told_where_it_is_wanted(void **state)
{
	struct world *world = *state;
	setenv("KUBERNETES_EXEC_INFO", "of somebody else", 1);
	setenv("GREETING", "goodbye", 1);
	struct run run =
		run_plugin(world,
			   "#!/bin/sh\n"
			   "cd \"$(dirname \"$0\")\"\n"
			   "printf %s \"$KUBERNETES_EXEC_INFO\" > info\n"
			   "printf %s \"$GREETING $1\" > greeting\n"
			   "cat > input\n"
			   "ls /proc/self/fd | wc -l > files\n"
			   "printf '{\"kind\": \"ExecCredential\", \"apiVersion\": "
			   "\"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"t\"}}'\n",
			   60000);
	static const char *const expected[][2] = {
		{ "info", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":"
			  "{\"interactive\":false,\"cluster\":{\"server\":\"https://10.0.0.1\","
			  "\"certificate-authority-data\":\"Q0E=\"}}}" },
		{ "greeting", "hello an argument" },
		{ "input", "" },
		{ "files", "4\n" }, /* the three, and ls's own */
	};
	assert_true(run.is_good);
	assert_string_equal(run.credential.token, "t");
	exec_credential_done(&run.credential);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		struct text text = { 0 };
		struct error error = { 0 };
		char *path = world_path(world, expected[i][0]);
		assert_true(file_read(path, 10000, &text, &error));
		assert_string_equal(text.data, expected[i][1]);
		text_done(&text);
		mem_free(path);
	}
	unsetenv("KUBERNETES_EXEC_INFO");
	unsetenv("GREETING");
}

static void a_plugin_that_goes_wrong_is_told_apart(void **state)
{
	struct world *world = *state;
	static const char *const wrong[][2] = {
		{ "#!/bin/sh\nprintf '\\n  first \\033 line\\nsecond\\n' >&2\nexit 3\n",
		  "failed with exit code 3: first ? line" },
		{ "#!/bin/sh\nkill -TERM $$\n", "was ended by signal 15" },
		{ "#!/bin/sh\necho secret\n", "printed what is no JSON object" },
		{ "#!/bin/sh\nexec yes secret\n", "printed more than 1048576 bytes" },
		{ "#!/bin/sh\nyes complaint | head -c 3000000 >&2\nexit 4\n",
		  "failed with exit code 4: complaint" },
		{ "#!/bin/sh\nsleep 60 & sleep 60\n", "did not end within" },
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct run run = run_plugin(world, wrong[i][0], i == 5 ? 100 : 60000);
		assert_false(run.is_good);
		assert_contains(run.error.text, "exec plugin ");
		assert_contains(run.error.text, wrong[i][1]);
		assert_null(strstr(run.error.text, "secret"));
	}
}

static void a_plugin_that_is_not_there_cannot_be_started(void **state)
{
	struct world *world = *state;
	struct access access;
	struct error error = { 0 };
	struct run run;
	struct exec_plugin *plugin =
		start(world, &access, "#!/bin/does-not-exist\n", 60000, &run, &error);
	assert_null(plugin);
	assert_contains(error.text, "cannot be started: No such file or directory");
	assert_int_equal(run.count, 0);
	mem_free(world->scratch);
}

static void a_plugin_that_is_freed_is_ended(void **state)
{
	struct world *world = *state;
	struct access access;
	struct error error = { 0 };
	struct run run;
	struct exec_plugin *plugin =
		start(world, &access,
		      "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nsleep 60 &\necho $! > child\nwait\n",
		      60000, &run, &error);
	struct text text = { 0 };
	char *path = world_path(world, "child");
	uint64_t child = 0;
	for (unsigned i = 0; i < 500 && (child == 0); i++) {
		world_turn(world, 20);
		if (file_read(path, 100, &text, &error) && text.size > 1) {
			text.data[text.size - 1] = '\0';
			assert_true(text_to_number(text.data, 1, INT32_MAX, &child));
		}
	}
	assert_int_not_equal(child, 0);
	exec_plugin_free(plugin);
	char command[64], stat_path[64];
	snprintf(stat_path, sizeof(stat_path), "/proc/%u/stat", (unsigned)child);
	bool is_running = true;
	for (unsigned i = 0; i < 500 && is_running; i++) {
		FILE *file = fopen(stat_path, "r");
		char kind = 'X';
		if (file != NULL && fscanf(file, "%*d %63s %c", command, &kind) < 2)
			kind = 'X';
		if (file != NULL)
			fclose(file);
		is_running = kind != 'X' && kind != 'Z';
		world_turn(world, 20);
	}
	assert_false(is_running);
	assert_int_equal(run.count, 0);
	text_done(&text);
	mem_free(path);
	mem_free(world->scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_credential_is_read),
		cmocka_unit_test(a_credential_that_is_none_is_refused),
		with_world(a_plugin_is_told_where_it_is_wanted),
		with_world(a_plugin_that_goes_wrong_is_told_apart),
		with_world(a_plugin_that_is_not_there_cannot_be_started),
		with_world(a_plugin_that_is_freed_is_ended),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
