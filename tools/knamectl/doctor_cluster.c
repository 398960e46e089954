/* SPDX-License-Identifier: Apache-2.0 */
/* The API server: what it lets us do, how long, and by which clock; and the other replicas. */
#include <stdio.h>
#include <string.h>

#include "api_list.h"
#include "doctor.h"
#include "doctor_judge.h"
#include "explain.h"
#include "knamed/dns.h"
#include "knamed/kube.h"
#include "knamed/model.h"
#include "pipeline.h"

enum { CERTIFICATE_LEAST_S = 7 * 86400, TOKEN_LEAST_S = 300 };

/* ---- what we may do ---- */

static void look_at_clock(struct doctor *doctor, uint64_t now_s, uint64_t server_s)
{
	enum judgement judgement = judge_clocks(now_s, server_s);
	uint64_t skew = now_s > server_s ? now_s - server_s : server_s - now_s;
	if (judgement != JUDGED_GOOD)
		doctor_find(doctor, judgement == JUDGED_PROBLEM ? SEVERITY_PROBLEM : SEVERITY_WARNING,
			    "clock", "see to the time service of the nodes",
			    "our clock and the API server's are %llu s apart",
			    (unsigned long long)skew);
}

/* Credentials that have run out are the reason of what the API server says, or why it hangs up. */
static void look_at_credentials(struct doctor *doctor, uint64_t now_s,
				const struct kube_fetched *fetched)
{
	uint64_t certificate_s = fetched->certificate_s, token_s = fetched->token_s;
	switch (judge_end(certificate_s, now_s, CERTIFICATE_LEAST_S)) {
	case JUDGED_GOOD:
		break;
	case JUDGED_WARNING:
		doctor_find(doctor, SEVERITY_WARNING, "certificate", "renew it",
			    "our certificate for the API server ends in %llu hours",
			    (unsigned long long)(certificate_s - now_s) / 3600);
		break;
	case JUDGED_PROBLEM:
		doctor_find(doctor, SEVERITY_PROBLEM, "certificate", "renew it",
			    "our certificate for the API server ended %llu hours ago",
			    (unsigned long long)(now_s - certificate_s) / 3600);
		break;
	}
	switch (judge_end(token_s, now_s, TOKEN_LEAST_S)) {
	case JUDGED_GOOD:
		break;
	case JUDGED_WARNING:
		doctor_find(doctor, SEVERITY_WARNING, "token",
			    "see to the kubelet, which writes tokens anew",
			    "our token ends in %llu s and was not renewed",
			    (unsigned long long)(token_s - now_s));
		break;
	case JUDGED_PROBLEM:
		doctor_find(doctor, SEVERITY_PROBLEM, "token",
			    "see to the kubelet, which writes tokens anew",
			    "our token ended %llu s ago", (unsigned long long)(now_s - token_s));
		break;
	}
}

static bool is_refused(struct doctor *doctor, const struct kube_fetched *fetched, const char *verb,
		       const char *kind)
{
	if (fetched->status == 200)
		return false;
	if (fetched->status == 401)
		doctor_find(doctor, SEVERITY_PROBLEM, "rbac",
			    "see to the service account and its token, or the kubeconfig",
			    "the API server does not know us (401)");
	else if (fetched->status == 403)
		doctor_find(doctor, SEVERITY_PROBLEM, "rbac",
			    "add the verb to the ClusterRole system:coredns", "we may not %s %s",
			    verb, kind);
	else
		doctor_find(doctor, SEVERITY_PROBLEM, "api", "see to the API server",
			    "%s %s: status %d", verb, kind, fetched->status);
	return true;
}

/* A watch that ends by itself at once: whether it is allowed is all that is wanted. */
static void try_watch(struct doctor *doctor, const struct config_kubernetes *config,
		      enum object_kind kind, const struct kube_fetched *list)
{
	struct kube_fetched fetched;
	struct error ignored;
	char path[256];
	json_t *root = json_loadb(list->body.data, list->body.size, 0, NULL);
	const char *version = json_string_value(
		json_object_get(json_object_get(root, "metadata"), "resourceVersion"));
	snprintf(path, sizeof(path), "%s?watch=true&timeoutSeconds=1&resourceVersion=%.32s",
		 kube_path(kind), version != NULL ? version : "0");
	json_decref(root);
	if (!kube_fetch(config, path, doctor->options->wait_ms, &fetched, &ignored))
		return;
	is_refused(doctor, &fetched, "watch", kube_resource(kind));
	text_done(&fetched.body);
}

/* False: there is no API server to be asked. */
static bool try_kind(struct doctor *doctor, const struct config_kubernetes *config,
		     enum object_kind kind, bool is_first)
{
	struct kube_fetched fetched;
	struct error error;
	char path[256];
	snprintf(path, sizeof(path), "%s?limit=1", kube_path(kind));
	bool is_heard = kube_fetch(config, path, doctor->options->wait_ms, &fetched, &error);
	if (is_first)
		look_at_credentials(doctor, clock_unix_s(), &fetched);
	if (!is_heard) {
		doctor_find(doctor, SEVERITY_PROBLEM, "api",
			    "see to the API server and the way to it; what was known is served "
			    "meanwhile",
			    "%s", error.text);
		return false;
	}
	if (is_first)
		look_at_clock(doctor, clock_unix_s(), fetched.server_s);
	if (!is_refused(doctor, &fetched, "list", kube_resource(kind)))
		try_watch(doctor, config, kind, &fetched);
	bool is_known = fetched.status != 401;
	text_done(&fetched.body);
	return is_known;
}

void doctor_look_at_cluster(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->config->block_count; i++) {
		const struct config_kubernetes *config = doctor->config->blocks[i].kubernetes;
		if (config == NULL || config->manifests != NULL)
			continue;
		bool is_first = true;
		for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
			if (!kube_needs(config, kind))
				continue;
			if (!try_kind(doctor, config, kind, is_first))
				break;
			is_first = false;
		}
	}
}

/* ---- namespaces ---- */

static void look_at_namespace(struct doctor *doctor, const struct config_kubernetes *config,
			      const char *name)
{
	if (!cluster_lists(config, name))
		return;
	bool is_ours = strcmp(name, "svc") == 0 || strcmp(name, "pod") == 0 ||
		       strcmp(name, "cluster") == 0;
	if (is_ours)
		doctor_find(doctor, SEVERITY_WARNING, "namespace",
			    "give it another name, or show only others with `namespaces`",
			    "namespace %s is called as a part of the cluster's own names: search lists "
			    "may lead to its Services in place of others' (CVE-2022-2835)",
			    name);
	else if (is_top_level_domain(name))
		doctor_find(doctor, SEVERITY_WARNING, "namespace",
			    "give it another name, show only others with `namespaces`, or let pods ask "
			    "for outside names with a final dot",
			    "namespace %s is called as a top-level domain: search lists lead to a "
			    "Service x of it in place of the outside name x.%s (CVE-2022-2837)",
			    name, name);
}

static void look_at_manifests(struct doctor *doctor)
{
	struct pipeline_options options = { .config = (struct config *)(uintptr_t)doctor->config };
	struct error ignored;
	struct pipeline *pipeline = pipeline_new(&options, &ignored);
	for (size_t i = 0; pipeline != NULL && i < doctor->config->block_count; i++) {
		const struct model *model = pipeline_model(pipeline, i);
		const struct object *object;
		size_t position = 0;
		while (model != NULL &&
		       (object = model_next(model, OBJECT_NAMESPACE, &position)) != NULL)
			look_at_namespace(doctor, doctor->config->blocks[i].kubernetes, object->name);
	}
	pipeline_free(pipeline);
}

/* Its name is a label, too, as the API server sees to. */
static const char *label_of(const void *metadata, const char *key)
{
	bool is_name = strcmp(key, "kubernetes.io/metadata.name") == 0;
	const json_t *labels = is_name ? metadata : json_object_get(metadata, "labels");
	return json_string_value(json_object_get(labels, is_name ? "name" : key));
}

void doctor_look_at_namespaces(struct doctor *doctor)
{
	size_t i;
	json_t *item;
	if (doctor->block == NULL)
		return;
	const struct config_kubernetes *config = doctor->block->kubernetes;
	if (config->manifests != NULL) {
		look_at_manifests(doctor);
		return;
	}
	json_t *items = api_list(config, doctor->options->wait_ms, kube_path(OBJECT_NAMESPACE));
	json_array_foreach(items, i, item)
	{
		const json_t *metadata = json_object_get(item, "metadata");
		const char *name = json_string_value(json_object_get(metadata, "name"));
		if (name != NULL && selector_matches(&config->namespace_labels, label_of, metadata))
			look_at_namespace(doctor, config, name);
	}
	json_decref(items);
}

/* ---- replicas ---- */

struct replica {
	struct server_address address;
	char config[64], state[32], heard[32]; /* of its own word; "" unknown */
	bool answers;
};

/* The word behind `key` in the lines of sync._knamed. */
static void take_word(const char *lines, const char *key, char *ret_word, size_t room)
{
	const char *at = strstr(lines, key);
	size_t size = at != NULL ? strcspn(at + strlen(key), " \n") : 0;
	snprintf(ret_word, room, "%.*s", (int)size, at != NULL ? at + strlen(key) : "");
}

static void ask_replica(struct doctor *doctor, struct replica *replica)
{
	struct text lines = { 0 };
	uint16_t rcode = 0;
	char name[NAME_TEXT_SIZE + 16];
	snprintf(name, sizeof(name), "sync._knamed.%s", doctor->zone);
	replica->answers = doctor_ask_txt(&replica->address, name, &rcode, &lines);
	take_word(lines.data, "config=", replica->config, sizeof(replica->config));
	take_word(lines.data, "state=", replica->state, sizeof(replica->state));
	const char *service = strstr(lines.data, "Service ");
	take_word(service != NULL ? service : "", "heard=", replica->heard, sizeof(replica->heard));
	text_done(&lines);
}

/* The Service of a cluster's DNS is called kube-dns wherever it comes from. */
static size_t find_replicas(struct doctor *doctor, struct replica *replicas)
{
	size_t count = 0, i, j;
	json_t *slice, *endpoint;
	json_t *slices = api_list(doctor->block->kubernetes, doctor->options->wait_ms,
				  "/apis/discovery.k8s.io/v1/endpointslices"
				  "?labelSelector=kubernetes.io%2Fservice-name%3Dkube-dns"
				  "&fieldSelector=metadata.namespace%3Dkube-system");
	json_array_foreach(slices, i, slice)
	{
		json_array_foreach(json_object_get(slice, "endpoints"), j, endpoint)
		{
			const char *text = json_string_value(
				json_array_get(json_object_get(endpoint, "addresses"), 0));
			struct server_address address = { .port = 53 };
			size_t k;
			json_t *port;
			json_array_foreach(json_object_get(slice, "ports"), k, port)
			{
				const char *protocol =
					json_string_value(json_object_get(port, "protocol"));
				if (protocol != NULL && strcmp(protocol, "UDP") == 0)
					address.port = (uint16_t)json_integer_value(
						json_object_get(port, "port"));
			}
			if (text != NULL && count < REPLICAS_MOST && ip_parse(text, &address.ip))
				replicas[count++].address = address;
		}
	}
	json_decref(slices);
	return count;
}

static void judge(struct doctor *doctor, const struct replica *replica, const struct replica *best)
{
	char text[SERVER_ADDRESS_SIZE];
	server_address_print(&replica->address, text);
	if (!replica->answers)
		doctor_find(doctor, SEVERITY_PROBLEM, "replica", "see to that pod and the way to it",
			    "the replica %s does not answer", text);
	else if (strcmp(replica->state, "unsynced") == 0)
		doctor_find(doctor, SEVERITY_PROBLEM, "replica",
			    "run doctor beside it: kubectl exec ... -- knamectl doctor",
			    "the replica %s has not read the cluster", text);
	else if (replica->config[0] != '\0' && strcmp(replica->config, best->config) != 0)
		doctor_find(doctor, SEVERITY_WARNING, "skew",
			    "wait for `reload` (a ConfigMap takes a minute to arrive), or see why it "
			    "is refused there",
			    "the replica %s serves another configuration (%s, others %s)", text,
			    replica->config, best->config);
	else if (judge_heard(replica->heard, best->heard))
		doctor_find(doctor, SEVERITY_WARNING, "skew",
			    "see to its connection to the API server",
			    "the replica %s has heard nothing since %s, others have until %s", text,
			    replica->heard, best->heard);
}

void doctor_look_at_replicas(struct doctor *doctor)
{
	struct replica replicas[REPLICAS_MOST] = { 0 };
	const struct doctor_options *options = doctor->options;
	size_t count = options->replica_count;
	if (doctor->block == NULL || doctor->zone == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		replicas[i].address = options->replicas[i];
	if (count == 0 && doctor->block->kubernetes->manifests == NULL)
		count = find_replicas(doctor, replicas);
	struct replica best = { .address = doctor->server };
	ask_replica(doctor, &best);
	for (size_t i = 0; i < count; i++) {
		ask_replica(doctor, &replicas[i]);
		if (best.config[0] == '\0')
			best = replicas[i];
		if (strcmp(replicas[i].heard, best.heard) > 0 && replicas[i].heard[0] == '2')
			memcpy(best.heard, replicas[i].heard, sizeof(best.heard));
	}
	for (size_t i = 0; i < count; i++)
		judge(doctor, &replicas[i], &best);
}
