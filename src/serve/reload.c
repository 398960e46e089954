/* SPDX-License-Identifier: Apache-2.0 */
/* Another router takes the place of the one in force, while both can be asked.
 *
 *   compile, open sockets and upstreams (may fail: then nothing has changed)
 *   --> each thread takes its new asker with its next batch
 *   --> all readers have been quiet: the old askers are free
 *   --> the last errand of the old router is home: it is free, and so are sockets of places that are gone */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "server.h"

/* What was taken the place of. Of several the oldest goes first: a worker that is gone may have
 * sent errands for all routers up to its last one. */
struct left {
	struct left *next;
	struct router *router;
	struct server_worker *workers;
	size_t worker_count;
	void (*call)(void *context);
	void *context;
};

/* ---- what is left ---- */

static void left_free(struct server *server, struct left *left)
{
	for (size_t i = 0; i < left->worker_count; i++)
		server_free_worker(server, &left->workers[i]);
	router_free(left->router);
	mem_free(left->workers);
	mem_free(left);
}

static void wait_for_left(struct server *server)
{
	enum { LOOKED_AFTER_MS = 20 };
	if (server->left != NULL)
		event_add(server->left_timer, &(struct timeval){ .tv_usec = LOOKED_AFTER_MS * 1000 });
}

static void on_left_timer(evutil_socket_t fd, short what, void *context)
{
	struct server *server = context;
	(void)fd;
	(void)what;
	while (server->left != NULL &&
	       atomic_load_explicit(&server->left->router->errands, memory_order_acquire) == 0) {
		struct left *left = server->left;
		void (*call)(void *context) = left->call;
		void *call_context = left->context;
		server->left = left->next;
		left_free(server, left);
		if (call != NULL)
			call(call_context);
	}
	wait_for_left(server);
}

static void left_add(struct server *server, struct left *left)
{
	struct left **end = &server->left;
	while (*end != NULL)
		end = &(*end)->next;
	*end = left;
	if (server->left_timer == NULL)
		server->left_timer = evtimer_new(server->events, on_left_timer, server);
	wait_for_left(server);
}

void server_drop_left(struct server *server)
{
	while (server->left != NULL) {
		struct left *left = server->left;
		server->left = left->next;
		left_free(server, left);
	}
	if (server->left_timer != NULL)
		event_free(server->left_timer);
}

uint64_t server_sum_left(const struct server *server,
			 uint64_t (*count)(const struct udp_worker *worker))
{
	uint64_t sum = 0;
	for (const struct left *left = server->left; left != NULL; left = left->next)
		for (size_t i = 0; i < left->worker_count; i++)
			sum += count(left->workers[i].udp);
	return sum;
}

/* ---- opening ---- */

/* One reload under way. */
struct reload {
	struct server *server;
	struct router *router;
	size_t first_worker;	    /* that is new */
	struct tcp_socket *sockets; /* of each new listener for each TCP thread, thread after thread */
	size_t socket_count;	    /* of each thread */
	struct asker **old;	    /* askers of UDP threads whose place was taken */
	size_t old_count;
};

static bool has_place(const struct server *server, const struct listener *listener)
{
	return router_listener(server->router, &listener->place) != NULL;
}

static bool has_port(const struct server *server, const struct listener *listener)
{
	for (size_t i = 0; i < server->router->listener_count; i++)
		if (server->router->listeners[i].place.port == listener->place.port)
			return true;
	return false;
}

static bool open_tcp(struct reload *reload, const struct listener *listener, size_t index,
		     struct error *error)
{
	for (size_t i = 0; i < reload->server->tcp_count; i++) {
		int fd = listen_tcp(&listener->place, error);
		if (fd < 0)
			return false;
		reload->sockets[i * reload->socket_count + index] =
			(struct tcp_socket){ listener, fd };
	}
	return true;
}

/* A socket for an address of a port that we have takes queries from the one for all addresses at
 * once: these are opened last, when little can fail. */
static bool open_new_places(struct reload *reload, bool with_known_port, size_t *index,
			    struct error *error)
{
	for (size_t i = 0; i < reload->router->listener_count; i++) {
		const struct listener *listener = &reload->router->listeners[i];
		if (has_place(reload->server, listener) ||
		    has_port(reload->server, listener) != with_known_port)
			continue;
		if (!open_tcp(reload, listener, (*index)++, error) ||
		    !server_open_workers(reload->server, reload->router, listener, error))
			return false;
	}
	return true;
}

static bool open_more_workers(struct reload *reload, struct error *error)
{
	for (size_t i = 0; i < reload->router->listener_count; i++)
		if (!server_open_workers(reload->server, reload->router,
					 &reload->router->listeners[i], error))
			return false;
	return true;
}

static bool open_sockets(struct reload *reload, struct error *error)
{
	struct server *server = reload->server;
	size_t index = 0;
	for (size_t i = 0; i < reload->router->listener_count; i++)
		reload->socket_count += !has_place(server, &reload->router->listeners[i]);
	size_t count = reload->socket_count * server->tcp_count;
	reload->sockets = mem_alloc((count + 1) * sizeof(*reload->sockets));
	for (size_t i = 0; i < count; i++)
		reload->sockets[i] = (struct tcp_socket){ NULL, -1 };
	return open_new_places(reload, false, &index, error) &&
	       open_new_places(reload, true, &index, error) && open_more_workers(reload, error);
}

static void close_sockets(struct reload *reload)
{
	for (size_t i = 0;
	     reload->sockets != NULL && i < reload->socket_count * reload->server->tcp_count; i++)
		if (reload->sockets[i].fd >= 0)
			close(reload->sockets[i].fd);
}

/* ---- askers ---- */

static struct asker *next_asker(struct server *server, struct asker *before,
				struct errands **errands, struct router *router)
{
	struct asker *asker = asker_after(before, router);
	server_give_errands(server, errands, asker);
	return asker;
}

/* The away thread answers with the asker of the errand's router. */
static void make_away_asker(const struct server *server, struct router *router)
{
	struct asker *before = server->router->away_asker;
	if (server->away != NULL)
		router->away_asker = before != NULL ? asker_after(before, router) : asker_new(router);
}

static void take_back_away_asker(const struct server *server, struct router *router)
{
	struct asker *before = server->router->away_asker;
	if (before == NULL || router->away_asker == NULL)
		return;
	before->has_heir = false;
	router->away_asker->has_heir = true;
}

static void give_errands_to_new(struct reload *reload)
{
	struct server *server = reload->server;
	for (size_t i = reload->first_worker; i < server->worker_count; i++)
		server_give_errands(server, &server->workers[i].errands,
				    udp_worker_asker(server->workers[i].udp));
}

/* ---- the switch ---- */

static void move_tcp(struct reload *reload)
{
	struct server *server = reload->server;
	for (size_t i = 0; i < server->tcp_count; i++) {
		struct asker *before = server->tcp[i]->asker;
		struct tcp_change change = {
			.asker = next_asker(server, before, &server->tcp_errands[i], reload->router),
			.sockets = reload->sockets + i * reload->socket_count,
			.socket_count = reload->socket_count,
		};
		tcp_thread_change(server->tcp[i], &change);
		asker_free(before);
	}
}

static void move_worker(struct reload *reload, struct server_worker *worker,
			const struct listener *listener)
{
	struct asker *before = udp_worker_asker(worker->udp);
	struct asker *asker = next_asker(reload->server, before, &worker->errands, reload->router);
	asker->listener = listener;
	reload->old[reload->old_count++] = before;
	udp_worker_show(worker->udp, asker);
}

/* Those whose place is gone are put into `left`. */
static void move_workers(struct reload *reload, struct left *left)
{
	struct server *server = reload->server;
	size_t kept = 0;
	for (size_t i = 0; i < server->worker_count; i++) {
		struct server_worker *worker = &server->workers[i];
		const struct listener *listener = udp_worker_listener(worker->udp, reload->router);
		if (listener == NULL)
			left->workers[left->worker_count++] = *worker;
		else if (i < reload->first_worker)
			move_worker(reload, worker, listener);
		if (listener != NULL)
			server->workers[kept++] = *worker;
	}
	server->worker_count = kept;
	for (size_t i = 0; i < left->worker_count; i++)
		server_stop_worker(&left->workers[i]);
}

static void free_old_askers(void *memory)
{
	struct reload *reload = memory;
	for (size_t i = 0; i < reload->old_count; i++)
		asker_free(reload->old[i]);
}

static struct left *switch_over(struct reload *reload)
{
	struct server *server = reload->server;
	struct left *left = mem_zalloc(sizeof(*left));
	left->router = server->router;
	left->workers = mem_zalloc((server->worker_count + 1) * sizeof(*left->workers));
	reload->old = mem_zalloc((server->worker_count + 1) * sizeof(struct asker *));
	move_tcp(reload);
	move_workers(reload, left);
	answers_retire(free_old_askers, reload);
	mem_free(reload->old);
	router_hide(server->router);
	router_show(reload->router);
	server->router = reload->router;
	return left;
}

static bool prepare(struct reload *reload, struct error *error)
{
	struct server *server = reload->server;
	if (!server_open_away(server, reload->router, error) || !server_start_away(server, error) ||
	    !open_sockets(reload, error))
		return false;
	make_away_asker(server, reload->router);
	give_errands_to_new(reload);
	return server_start_workers(server, reload->first_worker, error);
}

/* What new workers have been asked meanwhile they have answered. */
static void undo(struct reload *reload)
{
	struct server *server = reload->server;
	enum { LOOKED_AFTER_NS = 10000000 };
	close_sockets(reload);
	while (server->worker_count > reload->first_worker) {
		struct server_worker *worker = &server->workers[--server->worker_count];
		server_stop_worker(worker);
		while (atomic_load_explicit(&reload->router->errands, memory_order_acquire) > 0)
			nanosleep(&(struct timespec){ .tv_nsec = LOOKED_AFTER_NS }, NULL);
		server_free_worker(server, worker);
	}
	take_back_away_asker(server, reload->router);
	router_free(reload->router);
}

bool server_reload(struct server *server, const struct serve_options *options,
		   void (*call)(void *context), void *context, struct error *error)
{
	struct reload reload = { .server = server, .first_worker = server->worker_count };
	reload.router = router_after(options, server->router, error);
	if (reload.router == NULL)
		return false;
	bool good = prepare(&reload, error);
	if (good) {
		struct left *left = switch_over(&reload);
		left->call = call;
		left->context = context;
		left_add(server, left);
	} else {
		undo(&reload);
	}
	mem_free(reload.sockets);
	return good;
}
