/* SPDX-License-Identifier: Apache-2.0 */
/* The server's process, as the kernel and it itself see it: ports, packets, memory, what it gave up. */
#include "doctor.h"
#include "doctor_judge.h"

enum { CAP_NET_BIND_SERVICE = 10, FILE_MOST = 16 << 20 };

static bool number_in(const char *path, const char *key, int base, uint64_t *ret_number)
{
	struct text text = { 0 };
	struct error ignored;
	bool is_found = file_read(path, FILE_MOST, &text, &ignored) && text.data != NULL &&
			read_number(text.data, key, base, ret_number);
	text_done(&text);
	return is_found;
}

static void look_at_memory(struct doctor *doctor)
{
	uint64_t limit = 0;
	const json_t *memory = json_object_get(doctor->state, "memory");
	uint64_t used = (uint64_t)json_number_value(json_object_get(memory, "resident_bytes"));
	if (!number_in("/sys/fs/cgroup/memory.max", "", 10, &limit))
		number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", "", 10, &limit);
	if (judge_memory(used, limit))
		doctor_find(doctor, SEVERITY_WARNING, "memory",
			    "raise the container's memory limit, or give `cache` less",
			    "%llu MiB of %llu MiB are in use", (unsigned long long)used >> 20,
			    (unsigned long long)limit >> 20);
}

static uint64_t drops_in(const char *path, unsigned port)
{
	struct text text = { 0 };
	struct error ignored;
	bool is_read = file_read(path, FILE_MOST, &text, &ignored) && text.data != NULL;
	uint64_t drops = is_read ? read_drops(text.data, port) : 0;
	text_done(&text);
	return drops;
}

/* The kernel had no room for what came. */
static void look_at_drops(struct doctor *doctor)
{
	uint64_t drops = drops_in("/proc/net/udp", doctor->server.port) +
			 drops_in("/proc/net/udp6", doctor->server.port);
	if (drops > 0)
		doctor_find(doctor, SEVERITY_WARNING, "drops",
			    "more replicas or more CPU; also raise net.core.rmem_default of the node",
			    "%llu packets to port %u were dropped since the server started: they "
			    "came faster than they were answered",
			    (unsigned long long)drops, (unsigned)doctor->server.port);
}

/* As whom a server would be started here. */
static void look_at_ports(struct doctor *doctor)
{
	uint64_t first = 1024, bounding = 0;
	bool serves = json_is_true(json_object_get(doctor->state, "serving"));
	number_in("/proc/sys/net/ipv4/ip_unprivileged_port_start", "", 10, &first);
	number_in("/proc/self/status", "CapBnd", 16, &bounding);
	bool may_bind = (bounding >> CAP_NET_BIND_SERVICE & 1) != 0;
	for (size_t i = 0; !serves && !may_bind && i < doctor->config->block_count; i++) {
		uint16_t port = doctor->config->blocks[i].addresses[0].port;
		if (port >= first)
			continue;
		doctor_find(doctor, SEVERITY_PROBLEM, "port",
			    "add the capability NET_BIND_SERVICE, or let it listen on another port",
			    "port %u cannot be bound here: CAP_NET_BIND_SERVICE is not among those that "
			    "this container may have",
			    (unsigned)port);
		return;
	}
}

static void look_at_sandbox(struct doctor *doctor)
{
	static const struct {
		const char *part, *what, *advice;
	} parts[] = {
		{ "seccomp", "the server runs without its filter of system calls",
		  "is $KNAMED_SANDBOX set? else the kernel has no seccomp filters" },
		{ "landlock", "the server runs without Landlock",
		  "is $KNAMED_SANDBOX set? else the kernel has no Landlock" },
		{ "capability", "the server has not given up its capabilities",
		  "is $KNAMED_SANDBOX set? drop ALL capabilities but NET_BIND_SERVICE" },
	};
	const json_t *sandbox = json_object_get(doctor->state, "sandbox");
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (json_is_false(json_object_get(sandbox, parts[i].part)))
			doctor_find(doctor, SEVERITY_WARNING, "sandbox", parts[i].advice, "%s",
				    parts[i].what);
}

/* Questions and answers since its start. */
static void look_at_questions(struct doctor *doctor)
{
	const json_t *totals = json_object_get(doctor->state, "totals");
	double answers = json_number_value(json_object_get(totals, "answers"));
	double denials = json_number_value(json_object_get(totals, "cluster_denials"));
	if (judge_waste(answers, denials))
		doctor_find(doctor, SEVERITY_WARNING, "ndots",
			    "set ndots 2 in dnsConfig of pods that ask for outside names, write such "
			    "names with a final dot, or use `autopath @kubernetes`",
			    "%.0f %% of %.0f questions were names that search lists make and that do "
			    "not exist",
			    denials * 100 / answers, answers);
}

void doctor_look_at_process(struct doctor *doctor)
{
	if (doctor->config != NULL) {
		look_at_ports(doctor);
		look_at_drops(doctor);
	}
	if (doctor->state == NULL)
		return;
	look_at_memory(doctor);
	look_at_sandbox(doctor);
	look_at_questions(doctor);
}
