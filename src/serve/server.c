/* SPDX-License-Identifier: Apache-2.0 */
/* The whole: sockets first, so that a port that cannot be had stops the start; then the threads; and back. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cpus.h"
#include "server.h"
#include "sockets.h"

enum {
	/* Per address, unless `multisocket` says more: one socket's queue feeds many CPUs. */
	WORKERS_MOST = 8,
	STACK_SIZE = 256 * 1024, /* address space; what is not used costs nothing */
	OTHER_FILES = 128,	 /* descriptors that are not connections: sockets, watches, logs */
};

/* ---- threads ---- */

static bool start_thread(struct thread *thread, const char *kind, size_t index,
			 void *(*run)(void *), void *context, struct error *error)
{
	char name[16];
	snprintf(name, sizeof(name), "knamed-%s-%u", kind, (unsigned)(index % 1000));
	int failure = thread_start(&thread->id, name, STACK_SIZE, run, context);
	if (failure != 0)
		return error_set(error, "cannot start a thread: %s", strerror(failure));
	thread->is_running = true;
	return true;
}

static void thread_join(struct thread *thread)
{
	if (thread->is_running)
		pthread_join(thread->id, NULL);
	thread->is_running = false;
}

bool server_start_workers(struct server *server, size_t first, struct error *error)
{
	for (size_t i = first; i < server->worker_count; i++)
		if (!start_thread(&server->workers[i].thread, "udp", i, udp_worker_run,
				  server->workers[i].udp, error))
			return false;
	return true;
}

bool server_start_away(struct server *server, struct error *error)
{
	if (server->away == NULL || server->away_thread.is_running)
		return true;
	if (!start_thread(&server->away_thread, "away", 0, away_run, server->away, error))
		return false;
	away_started(server->away);
	return true;
}

static bool start_threads(struct server *server, struct error *error)
{
	for (size_t i = 0; i < server->tcp_count; i++)
		if (!start_thread(&server->tcp_threads[i], "tcp", i, tcp_thread_run, server->tcp[i],
				  error))
			return false;
	return server_start_workers(server, 0, error) && server_start_away(server, error);
}

void server_stop_worker(struct server_worker *worker)
{
	udp_worker_stop(worker->udp);
	thread_join(&worker->thread);
}

/* ---- sockets ---- */

static bool add_worker(struct server *server, struct router *router,
		       const struct listener *listener, int fd, struct error *error)
{
	size_t count = ++server->worker_count;
	server->workers = mem_realloc(server->workers, count * sizeof(*server->workers));
	server->workers[count - 1] =
		(struct server_worker){ .udp = udp_worker_new(router, listener, fd) };
	return server->events == NULL ||
	       udp_worker_relieve(server->workers[count - 1].udp, server->events, error);
}

static bool open_workers_of(struct server *server, struct router *router,
			    const struct listener *listener, int family, struct error *error)
{
	size_t wanted = listener->workers > 0 ? listener->workers : server->tcp_count;
	for (size_t i = 0; i < server->worker_count; i++)
		if (wanted > 0 && udp_worker_is_at(server->workers[i].udp, &listener->place, family))
			wanted--;
	for (; wanted > 0; wanted--) {
		int fd = listen_udp(&listener->place, family, error);
		if (fd == LISTEN_NO_FAMILY)
			return true;
		if (fd < 0 || !add_worker(server, router, listener, fd, error))
			return false;
	}
	return true;
}

bool server_open_workers(struct server *server, struct router *router,
			 const struct listener *listener, struct error *error)
{
	int families[LISTENER_FAMILIES];
	size_t count = listener_families(router, listener, families);
	for (size_t i = 0; i < count; i++)
		if (!open_workers_of(server, router, listener, families[i], error))
			return false;
	return true;
}

void server_free_worker(struct server *server, struct server_worker *worker)
{
	server->unsent_before += udp_worker_unsent(worker->udp);
	server->missed_before += udp_worker_missed(worker->udp);
	udp_worker_free(worker->udp);
	errands_free(worker->errands);
}

static bool open_tcp(struct server *server, const struct serve_options *options, size_t index,
		     unsigned count, struct error *error)
{
	struct tcp_thread *thread = server->tcp[index];
	for (size_t i = 0; i < server->router->listener_count; i++) {
		const struct listener *listener = &server->router->listeners[i];
		if (sockets_share(options, thread, index, count, listener))
			continue;
		int fd = listen_tcp(&listener->place, error);
		if (fd < 0)
			return false;
		tcp_thread_listen(thread, listener, fd);
	}
	return true;
}

/* As many connections as the process may have files, of which we may take all that we are allowed. */
static unsigned connections_most(const struct serve_limits *limits)
{
	unsigned most = limits->connections > 0 ? limits->connections : TCP_CONNECTIONS;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return most;
	if (files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
		getrlimit(RLIMIT_NOFILE, &files);
	}
	rlim_t free_files =
		files.rlim_cur > 2 * OTHER_FILES ? files.rlim_cur - OTHER_FILES : OTHER_FILES;
	return free_files < most ? (unsigned)free_files : most;
}

static bool open_tcp_threads(struct server *server, const struct serve_options *options,
			     unsigned count, struct error *error)
{
	const struct serve_limits *limits = &options->tcp;
	unsigned per_client = limits->per_client > 0 ? limits->per_client : TCP_PER_CLIENT;
	server->clients = tcp_clients_new(connections_most(limits), per_client);
	server->tcp = mem_zalloc(count * sizeof(struct tcp_thread *));
	server->tcp_threads = mem_zalloc(count * sizeof(struct thread));
	server->tcp_errands = mem_zalloc(count * sizeof(struct errands *));
	unsigned buffered = limits->buffered > 0 ? limits->buffered : TCP_BUFFERED;
	for (size_t i = 0; i < count; i++) {
		struct tcp_thread *thread = tcp_thread_new(server->router, server->clients,
							   limits->idle_ms, buffered / count, error);
		if (thread == NULL)
			return false;
		server->tcp[server->tcp_count++] = thread;
		if (!open_tcp(server, options, i, count, error))
			return false;
	}
	return true;
}

static bool open_workers(struct server *server, struct error *error)
{
	for (size_t i = 0; i < server->router->listener_count; i++)
		if (!server_open_workers(server, server->router, &server->router->listeners[i], error))
			return false;
	return true;
}

/* ---- others ---- */

bool server_open_away(struct server *server, struct router *router, struct error *error)
{
	if (server->away == NULL && !away_is_needed(router))
		return true;
	if (server->away == NULL)
		server->away = away_new(error);
	return server->away != NULL && away_open(server->away, router, error);
}

void server_give_errands(struct server *server, struct errands **errands, struct asker *asker)
{
	if (*errands == NULL && server->away != NULL)
		*errands = away_join(server->away, server->worker_count + server->tcp_count);
	asker->errands = *errands;
}

/* Who goes to others, and errands for all who may send it. */
static bool open_away(struct server *server, struct error *error)
{
	if (!server_open_away(server, server->router, error))
		return false;
	if (server->away != NULL)
		server->router->away_asker = asker_new(server->router);
	for (size_t i = 0; i < server->worker_count; i++)
		server_give_errands(server, &server->workers[i].errands,
				    udp_worker_asker(server->workers[i].udp));
	for (size_t i = 0; i < server->tcp_count; i++)
		server_give_errands(server, &server->tcp_errands[i], server->tcp[i]->asker);
	return true;
}

static bool open_all(struct server *server, const struct serve_options *options, struct error *error)
{
	unsigned cpus = cpus_allowed(""), usual = cpus < WORKERS_MOST ? cpus : WORKERS_MOST;
	return open_tcp_threads(server, options, usual, error) && open_workers(server, error) &&
	       open_away(server, error);
}

/* ---- values for the metrics page ---- */

static double read_unsent(void *context)
{
	const struct server *server = context;
	uint64_t sum = server->unsent_before;
	for (size_t i = 0; i < server->worker_count; i++)
		sum += udp_worker_unsent(server->workers[i].udp);
	sum += server_sum_left(server, udp_worker_unsent);
	if (server->away != NULL)
		sum += away_unsent(server->away);
	return (double)sum;
}

static double read_missed(void *context)
{
	const struct server *server = context;
	uint64_t sum = server->missed_before;
	for (size_t i = 0; i < server->worker_count; i++)
		sum += udp_worker_missed(server->workers[i].udp);
	sum += server_sum_left(server, udp_worker_missed);
	return (double)sum;
}

static double read_held_back(void *context)
{
	const struct server *server = context;
	unsigned sum = 0;
	for (size_t i = 0; i < server->worker_count; i++)
		sum += udp_worker_held_back(server->workers[i].udp);
	return sum;
}

static double read_connections(void *context)
{
	const struct server *server = context;
	return tcp_clients_count(server->clients);
}

static double read_refused(void *context)
{
	const struct server *server = context;
	uint64_t sum = 0;
	for (size_t i = 0; i < server->tcp_count; i++)
		sum += tally_count(&server->tcp[i]->refused);
	return (double)sum;
}

static double read_cut(void *context)
{
	const struct server *server = context;
	uint64_t sum = 0;
	for (size_t i = 0; i < server->tcp_count; i++)
		sum += tally_count(&server->tcp[i]->cut);
	return (double)sum;
}

static void declare_values(struct server *server)
{
	struct metrics *metrics = server->router->metrics;
	metrics_value(metrics, "knamed_udp_replies_unsent_total", "counter",
		      "Replies that the kernel did not take.", "", read_unsent, server);
	metrics_value(metrics, "knamed_udp_requests_missed_total", "counter",
		      "Packets that the kernel dropped, for they came faster than they were read.",
		      "", read_missed, server);
	metrics_value(metrics, "knamed_udp_clients_held_back", "gauge",
		      "Addresses that send so much that part of it is dropped, for others' sake, by sockets.",
		      "", read_held_back, server);
	metrics_value(metrics, "knamed_tcp_connections", "gauge", "Open TCP connections.", "",
		      read_connections, server);
	metrics_value(metrics, "knamed_tcp_connections_refused_total", "counter",
		      "TCP connections turned away, for there were too many.", "", read_refused,
		      server);
	metrics_value(metrics, "knamed_tcp_connections_cut_total", "counter",
		      "TCP connections closed while in order, to make room.", "", read_cut, server);
}

/* ---- the server ---- */

struct server *server_start(const struct serve_options *options, struct error *error)
{
	struct server *server = mem_zalloc(sizeof(*server));
	server->events = options->events;
	server->router = router_new(options, error);
	if (server->router == NULL || !open_all(server, options, error) ||
	    !start_threads(server, error)) {
		server_stop(server);
		return NULL;
	}
	declare_values(server);
	return server;
}

/* Nothing new comes in. */
static void close_doors(struct server *server, bool is_succeeded)
{
	for (size_t i = 0; i < server->worker_count; i++)
		udp_worker_stop(server->workers[i].udp);
	for (size_t i = 0; i < server->tcp_count; i++)
		if (server->tcp_threads[i].is_running)
			tcp_thread_close_doors(server->tcp[i], !is_succeeded);
	for (size_t i = 0; i < server->worker_count; i++)
		thread_join(&server->workers[i].thread);
}

/* What is on its way to others comes back while the ways to clients are still there. */
static void stop_threads(struct server *server, const struct serve_ending *ending)
{
	close_doors(server, ending->is_succeeded);
	if (server->away != NULL)
		away_stop(server->away, ending->others_ms);
	thread_join(&server->away_thread);
	for (size_t i = 0; i < server->tcp_count; i++)
		tcp_thread_stop(server->tcp[i], ending->connections_ms);
	for (size_t i = 0; i < server->tcp_count; i++)
		thread_join(&server->tcp_threads[i]);
}

static void free_threads(struct server *server)
{
	for (size_t i = 0; i < server->tcp_count; i++) {
		tcp_thread_free(server->tcp[i]);
		errands_free(server->tcp_errands[i]);
	}
	for (size_t i = 0; i < server->worker_count; i++)
		server_free_worker(server, &server->workers[i]);
	mem_free(server->workers);
	mem_free(server->tcp);
	mem_free(server->tcp_threads);
	mem_free(server->tcp_errands);
}

void server_end(struct server *server, const struct serve_ending *ending)
{
	if (server == NULL)
		return;
	if (server->router != NULL)
		metrics_withdraw(server->router->metrics, server);
	stop_threads(server, ending);
	free_threads(server);
	away_free(server->away);
	tcp_clients_free(server->clients);
	server_drop_left(server);
	router_free(server->router);
	mem_free(server);
}

void server_stop(struct server *server)
{
	server_end(server, &(struct serve_ending){ .others_ms = SERVE_UNDER_WAY_MS });
}
