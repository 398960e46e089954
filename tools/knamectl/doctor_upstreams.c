/* SPDX-License-Identifier: Apache-2.0 */
/* Each upstream is asked alone: whether it answers, and whether it leads back here. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "knamed/dns.h"
#include "upstream_ask.h"

enum { GLIBC_NAMESERVERS = 3 };

/* Whoever is a DNS server of this cluster says which version of its schema it speaks: then
 * questions for others come back to where they began. */
static bool leads_back(struct doctor *doctor, const struct config_forward *forward)
{
	static uint8_t packet[DNS_MESSAGE_MAX];
	struct upstream_asked asked = { 0 };
	struct dns_message message;
	uint8_t name[DNS_NAME_MAX], size;
	char text[NAME_TEXT_SIZE + 16];
	const struct dns_query query = { .type = TYPE_TXT, .class_ = CLASS_IN };
	if (doctor->zone == NULL)
		return false;
	snprintf(text, sizeof(text), "dns-version.%s", doctor->zone);
	if (!name_parse(text, name, &size))
		return false;
	upstream_ask_once(forward, doctor->metrics, name, &query, packet, &asked);
	return asked.size > 0 && dns_message_read(packet, asked.size, &message) &&
	       message.rcode == RCODE_NOERROR && message.counts[0] > 0;
}

static void look_at_target(struct doctor *doctor, const struct config_forward *forward,
			   const struct config_target *target)
{
	static uint8_t packet[DNS_MESSAGE_MAX];
	static const uint8_t root[] = { 0 };
	const struct dns_query query = { .type = TYPE_NS, .class_ = CLASS_IN };
	struct config_forward alone = *forward;
	struct config_target one = *target;
	struct upstream_asked asked = { 0 };
	struct server_address address = { target->ip, target->port };
	char text[SERVER_ADDRESS_SIZE];
	server_address_print(&address, text);
	alone.targets = &one;
	alone.target_count = 1;
	alone.loop_zone = NULL;
	upstream_ask_once(&alone, doctor->metrics, root, &query, packet, &asked);
	const char *who = target->host != NULL ? target->host : text;
	if (asked.size == 0)
		doctor_find(doctor, SEVERITY_PROBLEM, "upstream",
			    "correct `forward`, or see to that resolver and the way to it "
			    "(NetworkPolicy, firewall)",
			    "%s does not answer (%s:%u): %s", who, forward->said.at.file,
			    forward->said.at.line, asked.problem.text);
	else if (leads_back(doctor, &alone))
		doctor_find(doctor, SEVERITY_PROBLEM, "loop",
			    "name resolvers outside of the cluster in `forward`, or set the kubelet's "
			    "--resolv-conf to a file that has such",
			    "the upstream %s leads back to this cluster's DNS (%s:%u)", who,
			    forward->said.at.file, forward->said.at.line);
}

static void look_at_file(struct doctor *doctor, const struct config_forward *forward,
			 const struct config_target *target)
{
	struct resolv_conf conf;
	struct error error;
	char text[IP_TEXT_SIZE];
	if (!resolv_conf_read(target->file, &conf, &error)) {
		doctor_find(doctor, SEVERITY_PROBLEM, "resolv.conf", "name resolvers in `forward`",
			    "%s", error.text);
		return;
	}
	if (conf.count > GLIBC_NAMESERVERS)
		doctor_find(doctor, SEVERITY_WARNING, "resolv.conf",
			    "keep three: programs of the C library do not look at more",
			    "%s has %zu nameservers", target->file, conf.count);
	for (size_t i = 0; i < conf.count; i++) {
		struct config_target one = { .ip = conf.nameservers[i], .port = 53 };
		ip_print(&one.ip, text);
		if (ip_is_loopback(&one.ip))
			doctor_find(doctor, SEVERITY_WARNING, "resolv.conf",
				    "set the kubelet's --resolv-conf to the file of the real resolvers "
				    "(/run/systemd/resolve/resolv.conf)",
				    "%s names %s: in a pod that is the pod itself", target->file,
				    text);
		look_at_target(doctor, forward, &one);
	}
}

void doctor_look_at_upstreams(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->config->block_count; i++) {
		const struct config_block *block = &doctor->config->blocks[i];
		for (size_t j = 0; j < block->forward_count; j++)
			for (size_t k = 0; k < block->forwards[j].target_count; k++) {
				const struct config_target *target = &block->forwards[j].targets[k];
				if (target->file != NULL)
					look_at_file(doctor, &block->forwards[j], target);
				else
					look_at_target(doctor, &block->forwards[j], target);
			}
	}
}
