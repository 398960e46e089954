/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a program that prints credentials. A timer looks at its pipes and at whether it ended: it runs about once
 * an hour, so that some turns of the loop cost less than watching three more things. */
#include "exec_plugin.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 20, OUTPUT_MOST = 1024 * 1024, COMPLAINT_MOST = 4096 };

struct stream {
	int fd;
	size_t most;
	bool is_cut; /* it printed more */
	struct text text;
};

struct exec_plugin {
	const struct access_exec *exec;
	struct event *timer;
	struct stream output, complaint;
	pid_t pid; /* also its process group; 0: gone */
	unsigned waited_ms, limit_ms;
	exec_plugin_done done;
	void *context;
};

/* Reads what is there, a pipe's worth at most. What is too much is dropped: a full pipe would stop the program. */
static void read_stream(struct stream *stream)
{
	char bytes[64 * 1024];
	ssize_t size = read(stream->fd, bytes, sizeof(bytes));
	if (size <= 0)
		return;
	size_t room = stream->most - stream->text.size;
	stream->is_cut |= (size_t)size > room;
	text_add_n(&stream->text, bytes, (size_t)size > room ? room : (size_t)size);
}

/* Its own group: what it started goes with it. */
static void kill_plugin(struct exec_plugin *plugin)
{
	if (plugin->pid == 0)
		return;
	kill(-plugin->pid, SIGKILL);
	kill(plugin->pid, SIGKILL);
	while (waitpid(plugin->pid, NULL, 0) < 0 && errno == EINTR)
		; /* at once: nothing survives SIGKILL for long */
	plugin->pid = 0;
}

/* The first line of what it complained about, with unprintable bytes as they do no harm in a log. */
static void add_complaint(struct exec_plugin *plugin, struct error *error)
{
	struct text *text = &plugin->complaint.text;
	char line[200];
	size_t size = 0, at = 0;
	while (at < text->size && strchr("\r\n\t ", text->data[at]) != NULL)
		at++;
	for (; at < text->size && size < sizeof(line) - 1 && text->data[at] != '\n'; at++) {
		unsigned char byte = (unsigned char)text->data[at];
		line[size++] = (char)(byte >= ' ' && byte < 0x7f ? byte : '?');
	}
	line[size] = '\0';
	struct error whole;
	error_set(&whole, "exec plugin %.200s %.300s%s%s%s%.200s", plugin->exec->words[0],
		  error->text, size > 0 ? ": " : "", line, plugin->exec->hint != NULL ? "; " : "",
		  plugin->exec->hint != NULL ? plugin->exec->hint : "");
	*error = whole;
}

static bool judge(struct exec_plugin *plugin, int status, struct exec_credential *ret_credential,
		  struct error *error)
{
	if (WIFSIGNALED(status))
		return error_set(error, "was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == 127 && plugin->output.text.size == 0)
		return error_set(error, "failed with exit code 127 (is it there, and executable?)");
	if (WEXITSTATUS(status) != 0)
		return error_set(error, "failed with exit code %d", WEXITSTATUS(status));
	const struct text *text = &plugin->output.text;
	return exec_credential_read(text->size == 0 ? "" : text->data, text->size,
				    plugin->exec->version, ret_credential, error);
}

static void finish(struct exec_plugin *plugin, struct exec_credential *credential, struct error *error)
{
	evtimer_del(plugin->timer);
	if (credential == NULL)
		add_complaint(plugin, error);
	plugin->done(plugin->context, credential, error); /* last: it may free the plugin */
}

static void look(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct exec_plugin *plugin = context;
	struct error error = { 0 };
	struct exec_credential credential = { 0 };
	int status = 0;
	/* First, so that all it printed is there. */
	pid_t ended = waitpid(plugin->pid, &status, WNOHANG);
	bool has_ended = ended == plugin->pid || (ended < 0 && errno == ECHILD), is_good = false;
	if (has_ended)
		plugin->pid = 0;
	read_stream(&plugin->output);
	read_stream(&plugin->complaint);
	plugin->waited_ms += LOOK_MS;
	if (plugin->output.is_cut)
		error_set(&error, "printed more than %d bytes", OUTPUT_MOST);
	else if (has_ended)
		is_good = judge(plugin, status, &credential, &error);
	else if (plugin->waited_ms < plugin->limit_ms)
		return;
	else
		error_set(&error, "did not end within %u s", plugin->limit_ms / 1000);
	kill_plugin(plugin);
	finish(plugin, is_good ? &credential : NULL, &error);
}

/* Whether `variable` ("NAME=value") has a name that one of `others` has. */
static bool is_replaced(const char *variable, char *const *others)
{
	size_t size = strcspn(variable, "=") + 1;
	for (; *others != NULL; others++)
		if (strncmp(variable, *others, size) == 0)
			return true;
	return false;
}

static size_t count_words(char *const *words)
{
	size_t count = 0;
	while (words[count] != NULL)
		count++;
	return count;
}

/* Ours, the kubeconfig's, and KUBERNETES_EXEC_INFO. */
static char **environment_new(const struct access_exec *exec, char *info)
{
	size_t count = 0;
	char *const last[] = { info, NULL };
	char **variables = mem_alloc((count_words(environ) + count_words(exec->variables) + 2) *
				     sizeof(*variables));
	for (char **at = environ; *at != NULL; at++)
		if (!is_replaced(*at, exec->variables) && !is_replaced(*at, last))
			variables[count++] = *at;
	for (char *const *at = exec->variables; *at != NULL; at++)
		if (!is_replaced(*at, last))
			variables[count++] = *at;
	variables[count++] = info;
	variables[count] = NULL;
	return variables;
}

/* Nothing of ours goes along: no file, no blocked or ignored signal. */
static int spawn(const struct access_exec *exec, char **variables, int output, int complaint,
		 pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, complaint, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int failure =
		posix_spawnp(ret_pid, exec->words[0], &files, &attributes, exec->words, variables);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

/* Our ends are read without waiting; its own must not be without waiting. */
static bool open_pipe(struct stream *stream, int *ret_write)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	stream->fd = ends[0];
	*ret_write = ends[1];
	return true;
}

static bool start(struct exec_plugin *plugin, const struct access *access, const char *ca,
		  size_t ca_size, struct error *error)
{
	int output = -1, complaint = -1, failure;
	struct text info = { 0 };
	char *told = exec_credential_info(access, ca, ca_size);
	text_printf(&info, "KUBERNETES_EXEC_INFO=%s", told);
	mem_free(told);
	char **variables = environment_new(access->exec, info.data);
	if (open_pipe(&plugin->output, &output) && open_pipe(&plugin->complaint, &complaint))
		failure = spawn(access->exec, variables, output, complaint, &plugin->pid);
	else
		failure = errno;
	if (output >= 0)
		close(output);
	if (complaint >= 0)
		close(complaint);
	mem_free(variables);
	text_done(&info);
	if (failure == 0)
		return true;
	plugin->pid = 0;
	error_set(error, "cannot be started: %s%s", strerrordesc_np(failure),
		  failure == EPERM ? " (one that was not there at the start needs a restart)" : "");
	add_complaint(plugin, error);
	return false;
}

struct exec_plugin *exec_plugin_start(struct event_base *events, const struct access *access,
				      const char *ca, size_t ca_size, unsigned limit_ms,
				      exec_plugin_done done, void *context, struct error *error)
{
	struct exec_plugin *plugin = mem_zalloc(sizeof(*plugin));
	plugin->exec = access->exec;
	plugin->output = (struct stream){ .fd = -1, .most = OUTPUT_MOST };
	plugin->complaint = (struct stream){ .fd = -1, .most = COMPLAINT_MOST };
	plugin->limit_ms = limit_ms;
	plugin->done = done;
	plugin->context = context;
	if (!start(plugin, access, ca, ca_size, error)) {
		exec_plugin_free(plugin);
		return NULL;
	}
	const struct timeval turn = { 0, LOOK_MS * 1000 };
	plugin->timer = event_new(events, -1, EV_PERSIST, look, plugin);
	event_add(plugin->timer, &turn);
	return plugin;
}

void exec_plugin_free(struct exec_plugin *plugin)
{
	if (plugin == NULL)
		return;
	kill_plugin(plugin);
	if (plugin->timer != NULL)
		event_free(plugin->timer);
	if (plugin->output.fd >= 0)
		close(plugin->output.fd);
	if (plugin->complaint.fd >= 0)
		close(plugin->complaint.fd);
	text_done(&plugin->output.text);
	text_done(&plugin->complaint.text);
	mem_free(plugin);
}
