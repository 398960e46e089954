/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a place. One client cannot have them all: a storm of its requests would keep the
 * kubelet's probes out, and the kubelet would end us. */
#include "http.h"

static unsigned places_of(const struct http *http, const struct ip *client)
{
	unsigned count = 0;
	for (const struct http_connection *one = http->oldest; one != NULL; one = one->newer)
		count += ip_equal(&one->client, client);
	return count;
}

/* Of that client, or of any (NULL): the one that says nothing for longest. */
static struct http_connection *find_idle(const struct http *http, const struct ip *client)
{
	struct http_connection *one = http->oldest;
	while (one != NULL && ((one->state != HTTP_READS && one->state != HTTP_LEAVES) ||
			       (client != NULL && !ip_equal(&one->client, client))))
		one = one->newer;
	return one;
}

bool http_evict(struct http *http)
{
	struct http_connection *connection = find_idle(http, NULL);
	if (connection == NULL)
		connection = http->oldest;
	if (connection == NULL)
		return false;
	http_connection_close(connection);
	return true;
}

bool http_admit(struct http *http, const struct ip *client)
{
	unsigned taken = (unsigned)http->connection_count;
	if (share_is_fair(HTTP_CONNECTIONS, taken, places_of(http, client))) {
		if (taken == HTTP_CONNECTIONS)
			http_evict(http);
		return true;
	}
	struct http_connection *own = find_idle(http, client);
	if (own == NULL)
		return false;
	http_connection_close(own);
	return true;
}
