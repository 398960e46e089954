/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <curl/curl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command_words.h"

enum { REPLY_MOST = 16 << 20, LINE_MOST = 16 * 1024, CONNECT_S = 5, WHOLE_S = 10 };

/* ---- which one ---- */

static bool take_value(int argc, char **argv, int *index, const char **ret_value, struct error *error)
{
	if (*index + 1 >= argc)
		return error_set(error, "%s wants a value", argv[*index]);
	*ret_value = argv[++*index];
	return true;
}

enum live_option { LIVE_TAKEN, LIVE_OTHER, LIVE_BAD };

static enum live_option read_option(struct live *live, int argc, char **argv, int *index,
				    struct error *error)
{
	const char *word = option_word(argv[*index]), *pid;
	if (strcmp(word, "-socket") == 0)
		return take_value(argc, argv, index, &live->socket, error) ? LIVE_TAKEN : LIVE_BAD;
	if (strcmp(word, "-admin") == 0)
		return take_value(argc, argv, index, &live->admin, error) ? LIVE_TAKEN : LIVE_BAD;
	if (strcmp(word, "-pid") != 0)
		return LIVE_OTHER;
	if (!take_value(argc, argv, index, &pid, error))
		return LIVE_BAD;
	if (text_to_number(pid, 1, INT32_MAX, &live->pid))
		return LIVE_TAKEN;
	error_set(error, "--pid: '%.32s' is no process", pid);
	return LIVE_BAD;
}

bool live_options_read(struct live *live, int argc, char **argv, live_other other, void *options,
		       struct error *error)
{
	for (int i = 1; i < argc; i++) {
		enum live_option taken = read_option(live, argc, argv, &i, error);
		if (taken == LIVE_BAD ||
		    (taken == LIVE_OTHER && !other(options, argc, argv, &i, error)))
			return false;
	}
	return true;
}

/* Whether the process has this socket open. */
static bool has_socket(uint64_t pid, uint64_t inode)
{
	char path[300], link[64], wanted[64];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%llu/fd", (unsigned long long)pid);
	snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)inode);
	DIR *files = opendir(path);
	for (const struct dirent *file; files != NULL && !found && (file = readdir(files)) != NULL;) {
		ssize_t size = readlinkat(dirfd(files), file->d_name, link, sizeof(link) - 1);
		link[size > 0 ? size : 0] = '\0';
		found = strcmp(link, wanted) == 0;
	}
	if (files != NULL)
		closedir(files);
	return found;
}

struct search {
	uint64_t pid; /* 0: any */
	struct live_sockets *found;
};

static void add_socket(void *context, const char *name, uint64_t inode)
{
	const struct search *search = context;
	struct live_sockets *found = search->found;
	if (found->count < LIVE_SOCKETS_MOST && (search->pid == 0 || has_socket(search->pid, inode)))
		memcpy(found->names[found->count++], name, strlen(name) + 1);
}

bool live_sockets(uint64_t pid, struct live_sockets *ret_sockets)
{
	struct search search = { .pid = pid, .found = ret_sockets };
	ret_sockets->count = 0;
	return local_names_each("control", add_socket, &search);
}

static bool choose(const struct live_sockets *found, char ret_name[LOCAL_NAME_SIZE], struct error *error)
{
	struct text list = { 0 };
	if (found->count == 1) {
		memcpy(ret_name, found->names[0], sizeof(found->names[0]));
		return true;
	}
	if (found->count == 0)
		return error_set(error,
				 "no server with a control socket runs in this network namespace: run "
				 "knamectl where knamed runs, or name an address with --admin HOST:PORT");
	for (size_t i = 0; i < found->count; i++)
		text_printf(&list, " %s", found->names[i]);
	error_set(error, "there are several servers: choose one with --pid PID or --socket NAME of%s",
		  list.data);
	text_done(&list);
	return false;
}

static bool find_socket(const struct live *live, char ret_name[LOCAL_NAME_SIZE], struct error *error)
{
	struct live_sockets found;
	if (live->socket != NULL) {
		snprintf(ret_name, LOCAL_NAME_SIZE, "%s", live->socket);
		return true;
	}
	if (!live_sockets(live->pid, &found))
		return error_set(error, "/proc/net/unix cannot be read: use --socket or --admin");
	return choose(&found, ret_name, error);
}

/* ---- asking ---- */

struct asking {
	live_take take; /* NULL: the whole is wanted */
	void *context;
	struct text text; /* the whole, or a line that is not whole yet */
	bool is_ended;	  /* by who takes */
};

static bool take_lines(struct asking *asking, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (asking->text.size >= LINE_MOST)
				return false;
			text_add_n(&asking->text, &bytes[i], 1);
			continue;
		}
		text_add(&asking->text, "");
		asking->is_ended = !asking->take(asking->context, asking->text.data);
		text_clear(&asking->text);
		if (asking->is_ended)
			return false;
	}
	return true;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct asking *asking = context;
	size_t all = size * count;
	if (asking->take != NULL)
		return take_lines(asking, bytes, all) ? all : 0;
	if (all > REPLY_MOST - asking->text.size)
		return 0;
	text_add_n(&asking->text, bytes, all);
	return all;
}

/* Called when bytes come, and each second; curl's own wait is not ended by a signal. */
static int on_progress(void *context, curl_off_t to_get, curl_off_t got, curl_off_t to_put,
		       curl_off_t put)
{
	const struct live *live = context;
	(void)to_get;
	(void)got;
	(void)to_put;
	(void)put;
	return *live->stop != 0;
}

static bool check(CURL *easy, CURLcode code, const struct asking *asking, const char *where,
		  struct error *error)
{
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (asking->is_ended || code == CURLE_ABORTED_BY_CALLBACK)
		return true;
	if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
		return error_set(error, "%s hung up: it answers its own user and root alone", where);
	if (code != CURLE_OK)
		return error_set(error, "%s: %s", where, curl_easy_strerror(code));
	if (status == 200)
		return true;
	const char *reason = asking->text.size > 0 ? asking->text.data : "no";
	return error_set(error, "%s: %.*s (status %ld)", where, (int)strcspn(reason, "\n"), reason,
			 status);
}

static bool ask(const struct live *live, const char *path, struct asking *asking, struct error *error)
{
	char name[LOCAL_NAME_SIZE] = "";
	struct text url = { 0 };
	const char *where = live->admin != NULL ? live->admin : name;
	if (live->admin == NULL && !find_socket(live, name, error))
		return false;
	CURL *easy = curl_easy_init();
	text_printf(&url, "http://%s%s", live->admin != NULL ? live->admin : "localhost", path);
	curl_easy_setopt(easy, CURLOPT_URL, url.data);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	if (asking->take == NULL)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)WHOLE_S);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, asking);
	if (live->stop != NULL) {
		curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)(uintptr_t)live);
	}
	if (live->admin == NULL)
		curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, name[0] == '@' ? name + 1 : name);
	bool good = check(easy, curl_easy_perform(easy), asking, where, error);
	curl_easy_cleanup(easy);
	text_done(&url);
	return good;
}

json_t *live_get(const struct live *live, const char *path, struct error *error)
{
	struct asking asking = { .take = NULL };
	json_t *page = NULL;
	if (ask(live, path, &asking, error)) {
		page = json_loadb(asking.text.data, asking.text.size, 0, NULL);
		if (page == NULL)
			error_set(error, "what %s says is no JSON", path);
	}
	text_done(&asking.text);
	return page;
}

bool live_follow(const struct live *live, const char *path, live_take take, void *context,
		 struct error *error)
{
	struct asking asking = { .take = take, .context = context };
	bool good = ask(live, path, &asking, error);
	text_done(&asking.text);
	return good;
}
