/* SPDX-License-Identifier: Apache-2.0 */
/* The whole: sockets first, so that a port that cannot be had stops the start; then the threads; and back. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "away.h"
#include "cpus.h"
#include "tcp.h"
#include "udp.h"

enum {
	WORKERS_MOST =
		8, /* per address, unless `multisocket` says more: one socket's queue feeds many CPUs */
	STACK_SIZE = 256 * 1024, /* address space; what is not used costs nothing */
	OTHER_FILES = 128,	 /* descriptors that are not connections: sockets, watches, logs */
};

struct thread {
	pthread_t id;
	bool is_running;
};

struct server {
	struct router *router;
	struct tcp_clients *clients;
	struct udp_worker **workers;
	struct thread *worker_threads;
	size_t worker_count;
	struct tcp_thread **tcp;
	struct thread *tcp_threads;
	size_t tcp_count;
	struct away *away; /* NULL: no block forwards */
	struct thread away_thread;
	struct errands **errands; /* of workers, then of TCP threads */
	size_t errand_count;
};

/* ---- threads ---- */

/* Signals are the main thread's. */
static bool thread_start(struct thread *thread, const char *kind, size_t index,
			 void *(*run)(void *), void *context, struct error *error)
{
	char name[16];
	sigset_t all, before;
	pthread_attr_t attributes;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&thread->id, &attributes, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (failure != 0)
		return error_set(error, "cannot start a thread: %s", strerror(failure));
	snprintf(name, sizeof(name), "knamed-%s-%u", kind, (unsigned)(index % 1000));
	pthread_setname_np(thread->id, name);
	thread->is_running = true;
	return true;
}

static void thread_join(struct thread *thread)
{
	if (thread->is_running)
		pthread_join(thread->id, NULL);
	thread->is_running = false;
}

static bool start_threads(struct server *server, struct error *error)
{
	for (size_t i = 0; i < server->worker_count; i++)
		if (!thread_start(&server->worker_threads[i], "udp", i, udp_worker_run,
				  server->workers[i], error))
			return false;
	for (size_t i = 0; i < server->tcp_count; i++)
		if (!thread_start(&server->tcp_threads[i], "tcp", i, tcp_thread_run, server->tcp[i],
				  error))
			return false;
	return server->away == NULL ||
	       thread_start(&server->away_thread, "away", 0, away_run, server->away, error);
}

/* ---- sockets ---- */

static bool open_worker(struct server *server, const struct listener *listener, struct error *error)
{
	int fd = listen_udp(&listener->place, error);
	if (fd < 0)
		return false;
	server->workers[server->worker_count++] = udp_worker_new(server->router, listener, fd);
	return true;
}

static bool open_tcp(struct server *server, struct tcp_thread *thread, struct error *error)
{
	for (size_t i = 0; i < server->router->listener_count; i++) {
		const struct listener *listener = &server->router->listeners[i];
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

static unsigned workers_of(const struct listener *listener, unsigned usual)
{
	return listener->workers > 0 ? listener->workers : usual;
}

static bool open_tcp_threads(struct server *server, const struct serve_limits *limits,
			     unsigned count, struct error *error)
{
	unsigned per_client = limits->per_client > 0 ? limits->per_client : TCP_PER_CLIENT;
	server->clients = tcp_clients_new(connections_most(limits), per_client);
	server->tcp = mem_zalloc(count * sizeof(struct tcp_thread *));
	server->tcp_threads = mem_zalloc(count * sizeof(struct thread));
	for (size_t i = 0; i < count; i++) {
		struct tcp_thread *thread =
			tcp_thread_new(server->router, server->clients, limits->idle_ms,
				       TCP_BUFFERED / count, error);
		if (thread == NULL)
			return false;
		server->tcp[server->tcp_count++] = thread;
		if (!open_tcp(server, thread, error))
			return false;
	}
	return true;
}

static bool open_workers(struct server *server, unsigned usual, struct error *error)
{
	const struct router *router = server->router;
	size_t count = 0;
	for (size_t i = 0; i < router->listener_count; i++)
		count += workers_of(&router->listeners[i], usual);
	server->workers = mem_zalloc((count + 1) * sizeof(struct udp_worker *));
	server->worker_threads = mem_zalloc((count + 1) * sizeof(struct thread));
	for (size_t i = 0; i < router->listener_count; i++)
		for (unsigned j = workers_of(&router->listeners[i], usual); j > 0; j--)
			if (!open_worker(server, &router->listeners[i], error))
				return false;
	return true;
}

static void give_errands(struct server *server, struct asker *asker)
{
	struct errands *errands = away_join(server->away);
	asker->errands = server->errands[server->errand_count++] = errands;
}

/* Who goes to others, and errands for all who may send it. */
static bool open_away(struct server *server, struct error *error)
{
	size_t threads = server->worker_count + server->tcp_count;
	struct error failure = { 0 };
	server->away = away_new(server->router, threads, &failure);
	if (server->away == NULL) {
		*error = failure;
		return failure.text[0] == '\0';
	}
	server->errands = mem_zalloc((threads + 1) * sizeof(*server->errands));
	for (size_t i = 0; i < server->worker_count; i++)
		give_errands(server, udp_worker_asker(server->workers[i]));
	for (size_t i = 0; i < server->tcp_count; i++)
		give_errands(server, server->tcp[i]->asker);
	return true;
}

static bool open_all(struct server *server, const struct serve_limits *limits, struct error *error)
{
	unsigned cpus = cpus_allowed(""), usual = cpus < WORKERS_MOST ? cpus : WORKERS_MOST;
	return open_tcp_threads(server, limits, usual, error) &&
	       open_workers(server, usual, error) && open_away(server, error);
}

/* ---- values for the metrics page ---- */

static double read_unsent(void *context)
{
	const struct server *server = context;
	uint64_t sum = 0;
	for (size_t i = 0; i < server->worker_count; i++)
		sum += udp_worker_unsent(server->workers[i]);
	return (double)sum;
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
		sum += atomic_load_explicit(&server->tcp[i]->refused, memory_order_relaxed);
	return (double)sum;
}

static double read_cut(void *context)
{
	const struct server *server = context;
	uint64_t sum = 0;
	for (size_t i = 0; i < server->tcp_count; i++)
		sum += atomic_load_explicit(&server->tcp[i]->cut, memory_order_relaxed);
	return (double)sum;
}

static void declare_values(struct server *server)
{
	struct metrics *metrics = server->router->metrics;
	metrics_value(metrics, "knamed_udp_replies_unsent_total", "counter",
		      "Replies that the kernel did not take.", "", read_unsent, server);
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
	server->router = router_new(options, error);
	if (server->router == NULL || !open_all(server, &options->tcp, error) ||
	    !start_threads(server, error)) {
		server_stop(server);
		return NULL;
	}
	declare_values(server);
	return server;
}

void server_stop(struct server *server)
{
	if (server == NULL)
		return;
	if (server->router != NULL)
		metrics_withdraw(server->router->metrics, server);
	for (size_t i = 0; i < server->worker_count; i++)
		udp_worker_stop(server->workers[i]);
	for (size_t i = 0; i < server->worker_count; i++)
		thread_join(&server->worker_threads[i]);
	/* What is on its way to others comes back while the ways to clients are still there. */
	if (server->away != NULL)
		away_stop(server->away);
	thread_join(&server->away_thread);
	for (size_t i = 0; i < server->tcp_count; i++)
		tcp_thread_stop(server->tcp[i]);
	for (size_t i = 0; i < server->tcp_count; i++)
		thread_join(&server->tcp_threads[i]);
	for (size_t i = 0; i < server->tcp_count; i++)
		tcp_thread_free(server->tcp[i]);
	for (size_t i = 0; i < server->worker_count; i++)
		udp_worker_free(server->workers[i]);
	for (size_t i = 0; i < server->errand_count; i++)
		errands_free(server->errands[i]);
	away_free(server->away);
	tcp_clients_free(server->clients);
	mem_free(server->workers);
	mem_free(server->worker_threads);
	mem_free(server->errands);
	mem_free(server->tcp);
	mem_free(server->tcp_threads);
	router_free(server->router);
	mem_free(server);
}

/* ---- start-up lines ---- */

static int compare_zones(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* RFC 1035 2.3.1: letters first, then letters, digits and hyphens, no hyphen at the end. */
static bool label_is_preferred(const char *label, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  others[] = "0123456789-";
	if (size == 0 || strchr(letters, label[0]) == NULL || label[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (strchr(letters, label[i]) == NULL && strchr(others, label[i]) == NULL)
			return false;
	return true;
}

static bool zone_is_preferred(const char *zone)
{
	size_t size = strlen(zone);
	if (strcmp(zone, ".") == 0 || (size >= 13 && strcmp(zone + size - 13, "in-addr.arpa.") == 0) ||
	    (size >= 9 && strcmp(zone + size - 9, "ip6.arpa.") == 0))
		return true;
	for (const char *label = zone, *dot; (dot = strchr(label, '.')) != NULL; label = dot + 1)
		if (!label_is_preferred(label, (size_t)(dot - label)))
			return false;
	return true;
}

static void print_listener(const struct listener *listener)
{
	char host[PLACE_TEXT_SIZE], text[NAME_TEXT_SIZE];
	char **zones = mem_zalloc((listener->zone_count + 1) * sizeof(*zones));
	place_print_host(&listener->place, host);
	for (size_t i = 0; i < listener->zone_count; i++) {
		name_print(listener->zones[i].zone.name, text);
		zones[i] = mem_text(text);
	}
	qsort(zones, listener->zone_count, sizeof(*zones), compare_zones);
	for (size_t i = 0; i < listener->zone_count; i++) {
		if (!zone_is_preferred(zones[i]))
			log_plain("Warning: Domain \"%s\" does not follow RFC1035 preferred syntax",
				  zones[i]);
		log_plain("%s:%u%s%s", zones[i], (unsigned)listener->place.port,
			  host[0] != '\0' ? " on " : "", host);
		mem_free(zones[i]);
	}
	mem_free(zones);
}

void server_print_zones(const struct server *server)
{
	for (size_t i = 0; i < server->router->listener_count; i++)
		print_listener(&server->router->listeners[i]);
}
