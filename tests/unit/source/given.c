/* SPDX-License-Identifier: Apache-2.0 */
/* Throws random objects: mostly what an API server would hold, sometimes what it would not. */
#include "given.h"

#include <string.h>

uint32_t dice_throw(struct dice *dice, uint32_t most)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (uint32_t)((dice->state >> 16) % most);
}

static bool often(struct dice *dice)
{
	return dice_throw(dice, 4) > 0;
}

#define PICK(dice, list) ((list)[dice_throw(dice, COUNT_OF(list))])

static const char *throw_name(struct dice *dice)
{
	static const char *const names[] = { "a",
					     "etcd-0",
					     "web",
					     "x",
					     "kubernetes",
					     "a-name-of-some-length-that-no-short-buffer-would-hold-whole",
					     "n\xc3\xa4me",
					     "\xe2\x82\xac",
					     "\xf0\x9f\x90\xb3" };
	return PICK(dice, names);
}

static const char *throw_address(struct dice *dice)
{
	static const char *const addresses[] = {
		"10.0.0.1",	   "10.0.0.2",	      "010.0.0.1",    "fd00::1",
		"FD00:0::1",	   "::ffff:10.0.0.7", "None",	      "",
		"x.example",	   "10.0.0",	      "fe80::1%eth0", "::",
		"255.255.255.255",
	};
	return PICK(dice, addresses);
}

static struct given_texts throw_addresses(struct dice *dice)
{
	struct given_texts texts = { .count = dice_throw(dice, 4) };

	for (size_t i = 0; i < texts.count; i++)
		texts.list[i] = throw_address(dice);
	return texts;
}

static struct given_pairs throw_pairs(struct dice *dice, const char *const *keys, size_t count)
{
	static const char *const values[] = { "a",
					      "",
					      "web",
					      "true",
					      "\xc3\xa9",
					      "2024-02-29T23:59:59.5Z",
					      "2026-11-21T04:59:00.123456789+02:00",
					      "2024-02-30T00:00:00Z" };
	struct given_pairs pairs = { 0 };

	/* keys differ: which of two equal ones counts is told by tests of its own */
	for (size_t i = 0; i < count && pairs.count < GIVEN_MOST; i++)
		if (dice_throw(dice, 2) == 0)
			pairs.list[pairs.count++] = (struct given_pair){ keys[i], PICK(dice, values) };
	return pairs;
}

static void throw_metadata(struct dice *dice, struct given *given)
{
	static const char *const labels[] = { "app",
					      "team",
					      "kubernetes.io/service-name",
					      "multicluster.kubernetes.io/service-name",
					      "multicluster.kubernetes.io/source-cluster",
					      "" };
	static const char *const annotations[] = {
		"endpoints.kubernetes.io/last-change-trigger-time",
		"k8s.io/initial-events-end",
		"service.alpha.kubernetes.io/tolerate-unready-endpoints",
		"kubectl.kubernetes.io/last-applied-configuration",
	};
	static const char *const versions[] = { "1",
						"18446744073709551615",
						"18446744073709551616",
						"",
						"x7",
						"0123456789012345678901234567890",
						"01234567890123456789012345678901" };

	given->name = throw_name(dice);
	given->namespace_ = often(dice) ? throw_name(dice) : NULL;
	given->uid = often(dice) ? "6f2d1c54-0000-4000-8000-0123456789ab" : NULL;
	given->version = often(dice) ? PICK(dice, versions) : NULL;
	given->labels = throw_pairs(dice, labels, COUNT_OF(labels));
	given->annotations = throw_pairs(dice, annotations, COUNT_OF(annotations));
	given->is_deleted = !often(dice);
}

static void throw_ports(struct dice *dice, struct given *given)
{
	static const char *const names[] = { "http", "HTTPS", "", NULL };
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", "udp", "", "QUIC", NULL };
	static const int64_t numbers[] = { 0, 1, 53, 80, 127, 128, 65535 };

	given->port_count = dice_throw(dice, GIVEN_MOST);
	for (size_t i = 0; i < given->port_count; i++) {
		given->ports[i] = (struct given_port){ PICK(dice, names), PICK(dice, protocols),
						       PICK(dice, numbers) };
		if (given->kind == OBJECT_SLICE && !often(dice))
			given->ports[i].number = -1;
	}
}

static void throw_externals(struct dice *dice, struct given *given)
{
	static const char *const hostnames[] = { "lb.example.com", "", NULL, "LB.\xc3\xa9" };

	given->external_ips = throw_addresses(dice);
	given->ingress_count = dice_throw(dice, 4);
	for (size_t i = 0; i < given->ingress_count; i++)
		given->ingress[i] = (struct given_ingress){ often(dice) ? NULL : throw_address(dice),
							    PICK(dice, hostnames) };
}

static void throw_service(struct dice *dice, struct given *given)
{
	static const char *const types[] = { "ClusterIP", "NodePort", "ExternalName", "", NULL };
	static const char *const labels[] = { "app", "team" };

	given->type = PICK(dice, types);
	given->external_name = often(dice) ? NULL : "db.Example.com";
	given->cluster_ip = often(dice) ? throw_address(dice) : NULL;
	given->cluster_ips = throw_addresses(dice);
	given->selector = throw_pairs(dice, labels, COUNT_OF(labels));
	given->publish = (int)dice_throw(dice, 3) - 1;
	throw_externals(dice, given);
	throw_ports(dice, given);
}

static void throw_slice(struct dice *dice, struct given *given)
{
	static const char *const types[] = { "IPv4", "IPv6", "FQDN", "IPv4" };

	given->address_type = PICK(dice, types);
	given->endpoint_count = dice_throw(dice, GIVEN_MOST);
	for (size_t i = 0; i < given->endpoint_count; i++)
		given->endpoints[i] = (struct given_endpoint){
			.addresses = throw_addresses(dice),
			.has_conditions = often(dice),
			.ready = (int)dice_throw(dice, 3) - 1,
			.terminating = (int)dice_throw(dice, 3) - 1,
			.hostname = often(dice) ? throw_name(dice) : NULL,
			.pod_name = often(dice) ? throw_name(dice) : NULL,
			.zone = often(dice) ? throw_name(dice) : NULL,
		};
	throw_ports(dice, given);
}

static void throw_pod(struct dice *dice, struct given *given)
{
	static const char *const phases[] = { "Running", "Pending", "Succeeded", "Failed",
					      "Unknown", "",	    NULL };

	given->phase = PICK(dice, phases);
	given->pod_ip = often(dice) ? throw_address(dice) : NULL;
	given->pod_ips = throw_addresses(dice);
}

void given_throw(struct dice *dice, struct given *ret_given)
{
	*ret_given = (struct given){ .kind = (enum object_kind)dice_throw(dice, OBJECT_IMPORT) };

	throw_metadata(dice, ret_given);
	if (ret_given->kind == OBJECT_SERVICE)
		throw_service(dice, ret_given);
	if (ret_given->kind == OBJECT_SLICE)
		throw_slice(dice, ret_given);
	if (ret_given->kind == OBJECT_POD)
		throw_pod(dice, ret_given);
}

bool given_spoil(struct dice *dice, struct given *given)
{
	static const int64_t numbers[] = { 65536, 70000, INT32_MAX };

	switch (dice_throw(dice, 4)) {
	case 0:
		given->name = often(dice) ? NULL : "";
		return true;
	case 1:
		given->address_type = often(dice) ? NULL : "";
		return given->kind == OBJECT_SLICE;
	case 2:
		given->ports[dice_throw(dice, GIVEN_MOST)].number = PICK(dice, numbers);
		return false; /* may be one behind the last */
	}
	if (given->port_count == 0 || given->kind != OBJECT_SERVICE)
		return false;
	given->ports[0].number = -1;
	return true;
}
