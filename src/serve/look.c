/* SPDX-License-Identifier: Apache-2.0 */
/* What a server that serves has to show of others: whom it asks, and what it keeps of their answers. */
#include "elsewhere.h"
#include "server.h"

size_t server_upstreams(struct server *server, struct serve_upstream *ret_upstreams, size_t room)
{
	return server->away == NULL ? 0 : away_look(server->away, server->router, ret_upstreams, room);
}

/* Blocks may share a cache over a reload, but not with each other. */
size_t server_caches(const struct server *server, struct serve_cache *ret_caches, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < server->router->block_count && count < room; i++) {
		const struct block *block = &server->router->blocks[i];
		if (block->forwardings == NULL || block->forwardings->cache == NULL)
			continue;
		ret_caches[count++] = (struct serve_cache){
			block->config,
			cache_figures(block->forwardings->cache),
		};
	}
	return count;
}
