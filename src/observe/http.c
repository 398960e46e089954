/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners and timers. Nothing wakes up while nobody is connected. */
#include "http.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	ACCEPTS = 64,	 /* new connections at once, so that the old ones get their turn */
	RESUME_MS = 100, /* how long to accept nothing when the process is out of files */
};

/* ---- timers ---- */

void http_arm(struct http *http)
{
	if (http_connection_asking(http) != NULL && !event_pending(&http->turn, EV_TIMEOUT, NULL))
		event_add(&http->turn, &(struct timeval){ 0, 0 });
	if (http->oldest == NULL || event_pending(&http->clock, EV_TIMEOUT, NULL))
		return;
	uint64_t now = clock_now_ns(), deadline = http->oldest->deadline_ns;
	struct timeval wait = timeval_of_ns((deadline > now ? deadline - now : 0) + 1000000);
	event_add(&http->clock, &wait);
}

static void on_clock(evutil_socket_t fd, short what, void *context)
{
	struct http *http = context;
	(void)fd;
	(void)what;
	http_connections_expire(http);
	http_arm(http);
}

/* One call, then whatever else the loop has to do. */
static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct http *http = context;
	struct http_connection *connection = http_connection_asking(http);
	(void)fd;
	(void)what;
	if (connection != NULL)
		http_connection_answer(connection);
	http_arm(http);
}

/* ---- accepting ---- */

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	struct http *http = context;
	(void)fd;
	(void)what;
	for (struct http_listener *one = http->listeners; one != NULL; one = one->next)
		event_add(&one->event, NULL);
}

static void pause_accepting(struct http *http)
{
	struct timeval wait = timeval_of_ms(RESUME_MS);
	for (struct http_listener *one = http->listeners; one != NULL; one = one->next)
		event_del(&one->event);
	event_add(&http->resume, &wait);
}

/* Whoever may do with our process what he likes may also see what it does. */
static bool is_welcome(const struct http_listener *listener, int fd)
{
	pid_t pid;
	return !listener->is_local || local_peer_is_ours(fd, &pid);
}

/* False if there is nobody more to accept. */
static bool accept_one(struct http_listener *listener)
{
	struct http *http = listener->http;
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);
	int fd = accept4(event_get_fd(&listener->event), (struct sockaddr *)&address, &size,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		struct ip client = ip_of_sockaddr((struct sockaddr *)&address);
		if (is_welcome(listener, fd) && http_admit(http, &client))
			http_connection_open(listener, fd, &client);
		else
			close(fd);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		if (!http_evict(http))
			pause_accepting(http);
		return false; /* the loop comes back for who still waits */
	}
	return errno != EAGAIN;
}

static void on_connect(evutil_socket_t fd, short what, void *context)
{
	struct http_listener *listener = context;
	(void)fd;
	(void)what;
	for (unsigned i = 0; i < ACCEPTS && accept_one(listener); i++)
		;
	http_arm(listener->http);
}

static void listener_watch(struct http_listener *listener, int fd)
{
	event_assign(&listener->event, listener->http->events, fd, EV_READ | EV_PERSIST, on_connect,
		     listener);
	event_add(&listener->event, NULL);
}

/* ---- listeners and paths ---- */

static struct http_listener **find_listener(struct http *http, const char *address, uint16_t port)
{
	struct http_listener **at = &http->listeners;
	while (*at != NULL && ((*at)->port != port || strcmp((*at)->address, address) != 0))
		at = &(*at)->next;
	return at;
}

static struct http_path *find_path(const struct http_listener *listener, const char *path)
{
	for (size_t i = 0; i < listener->path_count; i++)
		if (strcmp(listener->paths[i].path, path) == 0)
			return &listener->paths[i];
	return NULL;
}

static struct http_listener *listener_new(struct http *http, const char *address, uint16_t port,
					  struct error *error)
{
	int fd = http_listen(address, port, error);
	if (fd < 0)
		return NULL;
	struct http_listener *listener = mem_zalloc(sizeof(*listener));
	listener->http = http;
	listener->address = mem_text(address);
	listener->port = port;
	listener->is_local = address[0] == '@';
	listener_watch(listener, fd);
	return listener;
}

/* Takes it out of the list at `at`. */
static void listener_free(struct http_listener **at)
{
	struct http_listener *listener = *at;
	struct http *http = listener->http;
	*at = listener->next;
	for (struct http_connection *one = http->oldest, *newer; one != NULL; one = newer) {
		newer = one->newer;
		if (one->listener == listener)
			http_connection_orphan(one);
	}
	event_del(&listener->event);
	close(event_get_fd(&listener->event));
	for (size_t i = 0; i < listener->path_count; i++)
		mem_free(listener->paths[i].path);
	mem_free(listener->paths);
	mem_free(listener->address);
	mem_free(listener);
}

bool http_serve(struct http *http, const char *address, uint16_t port, const char *path,
		http_call call, void *context, struct error *error)
{
	struct http_listener **at = find_listener(http, address, port);
	if (*at == NULL)
		*at = listener_new(http, address, port, error);
	struct http_listener *listener = *at;
	if (listener == NULL)
		return false;
	if (find_path(listener, path) != NULL)
		return true;
	listener->paths =
		mem_realloc(listener->paths, (listener->path_count + 1) * sizeof(*listener->paths));
	listener->paths[listener->path_count++] = (struct http_path){ mem_text(path), call, context };
	return true;
}

void http_end(struct http *http, const char *address, uint16_t port, const char *path)
{
	struct http_listener **at = find_listener(http, address, port);
	struct http_path *served = *at != NULL ? find_path(*at, path) : NULL;
	if (served == NULL)
		return;
	mem_free(served->path);
	*served = (*at)->paths[--(*at)->path_count];
	if ((*at)->path_count == 0)
		listener_free(at);
}

/* ---- the whole ---- */

static void assign_timers(struct http *http)
{
	evtimer_assign(&http->clock, http->events, on_clock, http);
	evtimer_assign(&http->turn, http->events, on_turn, http);
	evtimer_assign(&http->resume, http->events, on_resume, http);
}

static void stop_timers(struct http *http)
{
	event_del(&http->clock);
	event_del(&http->turn);
	event_del(&http->resume);
}

struct http *http_new(struct event_base *events)
{
	struct http *http = mem_zalloc(sizeof(*http));
	http->events = events;
	http->patience_ns = HTTP_PATIENCE_MS * 1000000ull;
	assign_timers(http);
	return http;
}

void http_move(struct http *http, struct event_base *events)
{
	stop_timers(http);
	http->events = events;
	assign_timers(http);
	for (struct http_listener *one = http->listeners; one != NULL; one = one->next) {
		int fd = event_get_fd(&one->event);
		event_del(&one->event);
		listener_watch(one, fd);
	}
	for (struct http_connection *one = http->oldest; one != NULL; one = one->newer) {
		event_del(&one->event);
		http_connection_move(one);
	}
	http_arm(http);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	while (http->oldest != NULL)
		http_connection_close(http->oldest);
	while (http->listeners != NULL)
		listener_free(&http->listeners);
	stop_timers(http);
	mem_free(http);
}
