/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: the search list and ndots of a pod, as a kubelet writes them into its resolv.conf. */
#include <string.h>

#include "explain.h"

enum { NDOTS = 5, NDOTS_MOST = 15, SENTENCE_SIZE = 768 };

struct finding {
	const struct cluster_view *view;
	struct asking_pod *pod;
	char namespace_[256], name[256];
	char how[SENTENCE_SIZE]; /* a sentence: where this is known from, and what is not */
};

static void add_search(struct asking_pod *pod, const char *text)
{
	uint8_t wire[DNS_NAME_MAX], size;
	if (pod->search_count == SEARCH_MOST || !name_parse(text, wire, &size))
		return;
	name_print(wire, pod->search[pod->search_count++]);
}

/* What `clusterDNS` and `clusterDomain` of a kubelet make. */
static void search_as_cluster(const struct finding *finding)
{
	const char *zone = finding->view->zone;
	char text[NAME_TEXT_SIZE + 300];
	if (zone == NULL)
		return;
	snprintf(text, sizeof(text), "%s.svc.%s", finding->namespace_, zone);
	add_search(finding->pod, text);
	snprintf(text, sizeof(text), "svc.%s", zone);
	add_search(finding->pod, text);
	add_search(finding->pod, zone);
}

static void take_option(const struct finding *finding, const json_t *option)
{
	const char *name = json_string_value(json_object_get(option, "name"));
	const char *value = json_string_value(json_object_get(option, "value"));
	uint64_t ndots;
	if (name != NULL && value != NULL && strcmp(name, "ndots") == 0 &&
	    text_to_number(value, 0, UINT32_MAX, &ndots))
		finding->pod->ndots = ndots > NDOTS_MOST ? NDOTS_MOST : (unsigned)ndots;
}

static void take_dns_config(const struct finding *finding, const json_t *config)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(config, "searches"), i, item) if (json_is_string(item))
		add_search(finding->pod, json_string_value(item));
	json_array_foreach(json_object_get(config, "options"), i, item) take_option(finding, item);
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : otherwise;
}

static void take_pod(struct finding *finding, const json_t *pod)
{
	const json_t *metadata = json_object_get(pod, "metadata"),
		     *spec = json_object_get(pod, "spec");
	const char *policy = text_of(spec, "dnsPolicy", "ClusterFirst");
	bool is_on_host = json_is_true(json_object_get(spec, "hostNetwork"));
	snprintf(finding->namespace_, sizeof(finding->namespace_), "%s",
		 text_of(metadata, "namespace", "default"));
	snprintf(finding->name, sizeof(finding->name), "%s", text_of(metadata, "name", ""));
	ip_parse(text_of(json_object_get(pod, "status"), "podIP", ""), &finding->pod->ip);
	bool asks_node = strcmp(policy, "Default") == 0 ||
			 (is_on_host && strcmp(policy, "ClusterFirst") == 0);
	snprintf(finding->how, sizeof(finding->how), "dnsPolicy %s%s%s", policy,
		 is_on_host ? ", hostNetwork" : "",
		 asks_node ? ": it asks the resolvers of its node, not this server; the cluster's "
			     "names are not in its search list"
			   : "");
	bool is_of_cluster = !asks_node && strcmp(policy, "None") != 0;
	if (is_of_cluster)
		search_as_cluster(finding);
	else
		finding->pod->ndots = 1;
	take_dns_config(finding, json_object_get(spec, "dnsConfig"));
}

/* The one pod that a list has. */
static bool find_pod(struct finding *finding, const char *path)
{
	const struct cluster_view *view = finding->view;
	json_t *pods = cluster_list(view, view->block != NULL ? view->block->kubernetes : NULL, path);
	bool is_found = json_array_size(pods) > 0;
	if (is_found)
		take_pod(finding, json_array_get(pods, 0));
	json_decref(pods);
	return is_found;
}

static bool is_word(const char *text, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	return size > 0 && size <= 253 && strspn(text, letters) >= size;
}

static void assume(struct finding *finding, const char *namespace_, const char *why)
{
	snprintf(finding->namespace_, sizeof(finding->namespace_), "%s", namespace_);
	snprintf(finding->how, sizeof(finding->how), "%s", why);
	search_as_cluster(finding);
}

static void from_address(struct finding *finding)
{
	char path[256], text[IP_TEXT_SIZE];
	struct ip ip = finding->pod->ip;
	ip_print(&ip, text);
	snprintf(path, sizeof(path), "/api/v1/pods?fieldSelector=status.podIP%%3D%s&limit=2", text);
	if (!find_pod(finding, path))
		assume(finding, "default",
		       "no pod with this address is known: taken as one of namespace default");
	finding->pod->ip = ip;
}

static void from_pod(struct finding *finding, const char *from, size_t size)
{
	char path[1024];
	snprintf(finding->name, sizeof(finding->name), "%s", from + size + 1);
	snprintf(path, sizeof(path),
		 "/api/v1/pods?fieldSelector=metadata.namespace%%3D%.*s%%2Cmetadata.name%%3D%s&limit=1",
		 (int)size, from, from + size + 1);
	if (find_pod(finding, path))
		return;
	char namespace_[256];
	snprintf(namespace_, sizeof(namespace_), "%.*s", (int)size, from);
	assume(finding, namespace_, "this pod is not known: taken as any of its namespace");
}

bool explain_from(const struct cluster_view *view, const struct explain_options *options,
		  json_t *explanation, struct asking_pod *ret_pod, struct error *error)
{
	const char *from = options->from;
	struct finding finding = { .view = view, .pod = ret_pod };
	*ret_pod = (struct asking_pod){ .ndots = NDOTS };
	size_t size = from != NULL ? strcspn(from, "/") : 0;
	if (from == NULL)
		assume(&finding, "default", "no --from: taken as a pod of namespace default");
	else if (ip_parse(from, &ret_pod->ip))
		from_address(&finding);
	else if (!is_word(from, size) ||
		 (from[size] == '/' && !is_word(from + size + 1, strlen(from + size + 1))))
		return error_set(error, "expected NAMESPACE/POD, NAMESPACE or an address, not '%s'",
				 from);
	else if (from[size] == '/')
		from_pod(&finding, from, size);
	else
		assume(&finding, from, "a pod of this namespace");
	json_t *who = json_pack("{s:s,s:s,s:i}", "namespace", finding.namespace_, "how",
				finding.how, "ndots", (int)ret_pod->ndots);
	json_t *search = json_array();
	for (size_t i = 0; i < ret_pod->search_count; i++)
		json_array_append_new(search, json_string(ret_pod->search[i]));
	json_object_set_new(who, "search", search);
	if (finding.name[0] != '\0')
		json_object_set_new(who, "pod", json_string(finding.name));
	char ip[IP_TEXT_SIZE];
	if (ret_pod->ip.family != 0) {
		ip_print(&ret_pod->ip, ip);
		json_object_set_new(who, "address", json_string(ip));
	}
	json_object_set_new(explanation, "from", who);
	return true;
}
