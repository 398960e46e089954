/* SPDX-License-Identifier: Apache-2.0 */
/* Counts connections in all and by client address. A lock is fine: it is taken twice in a connection's life. */
#include <pthread.h>

#include "tcp.h"

struct tcp_clients {
	pthread_mutex_t lock;
	struct map *counts; /* struct ip -> number of connections, as a pointer */
	unsigned count, most, per_client;
};

struct tcp_clients *tcp_clients_new(unsigned most, unsigned per_client)
{
	struct tcp_clients *clients = mem_zalloc(sizeof(*clients));
	pthread_mutex_init(&clients->lock, NULL);
	clients->counts = map_new();
	clients->most = most;
	clients->per_client = per_client;
	return clients;
}

void tcp_clients_free(struct tcp_clients *clients)
{
	if (clients == NULL)
		return;
	pthread_mutex_destroy(&clients->lock);
	map_free(clients->counts);
	mem_free(clients);
}

static enum tcp_admission admit(struct tcp_clients *clients, const struct ip *ip)
{
	uintptr_t own = (uintptr_t)map_get(clients->counts, ip, sizeof(*ip));
	if (own >= clients->per_client || !share_is_fair(clients->most, clients->count, (unsigned)own))
		return TCP_CLIENT_FULL;
	if (clients->count >= clients->most)
		return TCP_FULL;
	clients->count++;
	map_put(clients->counts, ip, sizeof(*ip), (void *)(own + 1));
	return TCP_ADMITTED;
}

enum tcp_admission tcp_clients_admit(struct tcp_clients *clients, const struct ip *ip)
{
	pthread_mutex_lock(&clients->lock);
	enum tcp_admission admission = admit(clients, ip);
	pthread_mutex_unlock(&clients->lock);
	return admission;
}

void tcp_clients_leave(struct tcp_clients *clients, const struct ip *ip)
{
	pthread_mutex_lock(&clients->lock);
	uintptr_t own = (uintptr_t)map_get(clients->counts, ip, sizeof(*ip));
	if (own > 1)
		map_put(clients->counts, ip, sizeof(*ip), (void *)(own - 1));
	else
		map_remove(clients->counts, ip, sizeof(*ip));
	clients->count--;
	pthread_mutex_unlock(&clients->lock);
}

unsigned tcp_clients_count(struct tcp_clients *clients)
{
	pthread_mutex_lock(&clients->lock);
	unsigned count = clients->count;
	pthread_mutex_unlock(&clients->lock);
	return count;
}
