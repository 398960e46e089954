/* SPDX-License-Identifier: Apache-2.0 */
#include "way_back.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* What was asked is told on sockets of all addresses alone. */
static struct ip local_of(const struct msghdr *message, const struct place *place)
{
	const struct cmsghdr *control = message->msg_control;
	if (message->msg_controllen == 0)
		return place->ip;
	if (control->cmsg_level == IPPROTO_IP) {
		const struct in_pktinfo *information = (const struct in_pktinfo *)CMSG_DATA(control);
		const struct sockaddr_in in = { .sin_family = AF_INET,
						.sin_addr = information->ipi_spec_dst };
		return ip_of_sockaddr((const struct sockaddr *)&in);
	}
	const struct in6_pktinfo *information = (const struct in6_pktinfo *)CMSG_DATA(control);
	const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
					  .sin6_addr = information->ipi6_addr };
	return ip_of_sockaddr((const struct sockaddr *)&in6);
}

void way_back_addresses(const struct msghdr *message, const struct place *place,
			struct packet_info *ret_info)
{
	const struct sockaddr *client = message->msg_name;
	ret_info->client = ip_of_sockaddr(client);
	/* Same place in sockaddr_in6. */
	ret_info->client_port = ntohs(((const struct sockaddr_in *)client)->sin_port);
	ret_info->local = local_of(message, place);
	ret_info->local_port = place->port;
}
