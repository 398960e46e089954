/* SPDX-License-Identifier: Apache-2.0 */
/* What a change costs: CPU time from an EndpointSlice with one other endpoint to the published edition, for services
 * of growing size. Decoding is left out: it is the same for all. Prints a Markdown table. */
#include <stdio.h>
#include <time.h>

#include "knamed/answers.h"
#include "knamed/model.h"

enum { CHANGES = 2000, SLICE = 100 };

static double cpu_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Slice `number` of the service; a `turn` other than 0 gives its first endpoint an address of its own. */
static void put_slice(struct model *model, unsigned number, unsigned count, unsigned turn,
		      bool hostnames)
{
	static const struct port port = {
		.name = "http", .number = 80, .has_number = true, .protocol = PROTOCOL_TCP
	};
	struct endpoint_text endpoints[SLICE] = { 0 };
	char hosts[SLICE][16], name[16];
	for (unsigned i = 0; i < count; i++) {
		unsigned endpoint = number * SLICE + i;
		endpoints[i].ready = true;
		endpoints[i].address.family = 4;
		put_u32(endpoints[i].address.bytes,
			i == 0 && turn != 0 ? 0x0b000000u + turn : 0x0a000000u + endpoint);
		snprintf(hosts[i], sizeof(hosts[i]), "pod-%u", endpoint);
		endpoints[i].hostname = hostnames ? hosts[i] : NULL;
	}
	snprintf(name, sizeof(name), "big-%u", number);
	struct slice fields = { .head = { .namespace_ = "default", .name = name },
				.service = "big",
				.import = "",
				.cluster = "",
				.address_type = ADDRESS_IPV4,
				.ports = &port,
				.port_count = 1,
				.endpoint_count = count };
	model_put(model, slice_new(&fields, endpoints));
}

static double change_us(unsigned endpoints, bool hostnames)
{
	static const char *const zones[] = { "cluster.local.", "in-addr.arpa." };
	struct cluster_options options = {
		.zones = zones, .zone_count = 2, .ttl = 5, .denial_ttl = 5, .shorthand = true
	};
	struct answers *answers = answers_new();
	struct catalog *catalog = answers_add_cluster(answers, &options);
	struct model *model = model_new();
	unsigned slices = (endpoints + SLICE - 1) / SLICE,
		 each = endpoints < SLICE ? endpoints : SLICE;
	struct service service = { .head = { .namespace_ = "default", .name = "big" },
				   .type = SERVICE_HEADLESS,
				   .external_name = "" };
	model_listen(model, catalog_listener(catalog));
	model_put(model, namespace_new("default"));
	model_put(model, service_new(&service));
	for (unsigned i = 0; i < slices; i++)
		put_slice(model, i, each, 0, hostnames);
	answers_publish(answers);
	double began = cpu_us();
	for (unsigned turn = 1; turn <= CHANGES; turn++) {
		put_slice(model, turn % slices, each, turn, hostnames);
		answers_publish(answers);
	}
	double took = (cpu_us() - began) / CHANGES;
	model_free(model);
	answers_free(answers);
	return took;
}

int main(void)
{
	static const unsigned sizes[] = { 1, 10, 100, 1000, 10000 };
	printf("What one endpoint's change costs (slices of %d; object to published edition):\n\n",
	       SLICE);
	printf("| endpoints of the service | CPU us | with hostnames |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		printf("| %u | %.1f | %.1f |\n", sizes[i], change_us(sizes[i], false),
		       change_us(sizes[i], true));
	return 0;
}
