/* SPDX-License-Identifier: Apache-2.0 */
/* The server in force: whether it answers, and what it says of itself. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "live.h"
#include "knamed/dns.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

/* ---- which server ---- */

static const char *fingerprint_of(const json_t *state)
{
	return text_of(json_object_get(state, "config"), "sha512");
}

/* With several, the one of this Corefile. */
static json_t *find_state(struct doctor *doctor)
{
	const struct doctor_options *options = doctor->options;
	struct live_sockets list;
	struct error ignored;
	json_t *found = NULL;
	unsigned equal = 0, all = 0;
	live_sockets(options->pid, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct live live = { .socket = list.names[i] };
		if (options->socket != NULL && strcmp(options->socket, list.names[i] + 1) != 0)
			continue;
		json_t *state = live_get(&live, "/api/state", &ignored);
		bool is_equal = state != NULL && doctor->config != NULL &&
				strcmp(fingerprint_of(state), doctor->config->sha512) == 0;
		all += state != NULL;
		equal += is_equal;
		if (is_equal || (state != NULL && equal == 0)) {
			json_decref(found);
			found = json_incref(state);
		}
		json_decref(state);
	}
	if (all > 1 && equal != 1) {
		doctor_find(doctor, SEVERITY_WARNING, "server", "choose one with --pid or --socket",
			    "%u servers have a control socket in this network namespace", all);
		json_decref(found);
		return NULL;
	}
	if (all == 0)
		doctor_find(doctor, SEVERITY_WARNING, "server",
			    "run it beside the server, as its user or root: kubectl exec ... -- knamectl "
			    "doctor",
			    "no server of this network namespace lets itself be looked into: what only "
			    "it knows is not in here");
	return found;
}

/* ---- what it says of itself ---- */

static void look_at_config(struct doctor *doctor)
{
	const json_t *config = json_object_get(doctor->state, "config");
	const char *trouble = text_of(config, "trouble");
	if (json_is_true(json_object_get(config, "built_in")))
		doctor_find(doctor, SEVERITY_PROBLEM, "config",
			    "correct the Corefile; it is read again by itself if it has `reload`",
			    "the built-in configuration serves, for the Corefile cannot be used: %s",
			    trouble);
	else if (trouble[0] != '\0')
		doctor_find(doctor, SEVERITY_PROBLEM, "config",
			    "correct the Corefile; the configuration before it serves until then",
			    "the Corefile that is there is not in force: %s", trouble);
	else if (doctor->config != NULL &&
		 strcmp(doctor->config->sha512, fingerprint_of(doctor->state)) != 0)
		doctor_find(doctor, SEVERITY_WARNING, "config",
			    "wait for `reload`, send SIGUSR1, or name the right file with -conf",
			    "the server serves another configuration than this file has");
}

static void look_at_watch(struct doctor *doctor, const json_t *watch)
{
	const char *kind = text_of(watch, "kind"), *trouble = text_of(watch, "trouble");
	if (!json_is_true(json_object_get(watch, "synced")))
		doctor_find(doctor, SEVERITY_PROBLEM, "unsynced",
			    "see what the API server says; names that need this kind are SERVFAIL",
			    "%s were not read yet%s%s", kind, trouble[0] != '\0' ? ": " : "", trouble);
	else if (!json_is_true(json_object_get(watch, "following")))
		doctor_find(doctor, SEVERITY_WARNING, "unsynced",
			    "look after the API server; what was known is served meanwhile",
			    "%s are not followed now%s%s", kind, trouble[0] != '\0' ? ": " : "",
			    trouble);
}

static void look_at_clusters(struct doctor *doctor)
{
	size_t i, j;
	json_t *cluster, *watch;
	json_array_foreach(json_object_get(doctor->state, "clusters"), i, cluster)
	{
		json_array_foreach(json_object_get(cluster, "watches"), j, watch)
			look_at_watch(doctor, watch);
		if (json_is_true(json_object_get(cluster, "stale")))
			doctor_find(doctor, SEVERITY_WARNING, "unsynced",
				    "look after the API server; answers say so with extended error 3",
				    "what is served is from a snapshot that the API server has not "
				    "confirmed");
	}
}

static void look_at_answers(struct doctor *doctor)
{
	struct text texts = { 0 };
	uint16_t rcode;
	char text[SERVER_ADDRESS_SIZE], name[NAME_TEXT_SIZE + 16];
	if (doctor->config == NULL)
		return;
	snprintf(name, sizeof(name), "dns-version.%s", doctor->zone != NULL ? doctor->zone : ".");
	server_address_print(&doctor->server, text);
	if (!doctor_ask_txt(&doctor->server, name, &rcode, &texts))
		doctor_find(doctor, SEVERITY_PROBLEM, "server",
			    "is it running, and does it listen there? --server names another address",
			    "%s does not answer", text);
	text_done(&texts);
}

static json_t *ask_admin(struct doctor *doctor)
{
	const struct live live = { .admin = doctor->options->admin };
	struct error error;
	json_t *state = live_get(&live, "/api/state", &error);
	if (state == NULL)
		doctor_find(doctor, SEVERITY_PROBLEM, "server",
			    "has its Corefile an `admin` there?", "%s", error.text);
	return state;
}

void doctor_look_at_server(struct doctor *doctor)
{
	doctor->state = doctor->options->admin != NULL ? ask_admin(doctor) : find_state(doctor);
	look_at_answers(doctor);
	if (doctor->state == NULL)
		return;
	look_at_config(doctor);
	look_at_clusters(doctor);
}
