/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs and CPU quota. More busy threads than the quota pays for are stopped together for the rest
 * of each period, up to 100 ms: that is worse for every client than one thread less. */
#include "cpus.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knamed/base.h"

static unsigned cpus_of_affinity(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1; /* more CPUs than the set has room for do not happen where quotas matter */
	int count = CPU_COUNT(&set);
	return count > 0 ? (unsigned)count : 1;
}

static bool read_small(const char *root, const char *directory, const char *group, const char *file,
		       struct text *ret_text)
{
	struct text path = { 0 };
	text_printf(&path, "%s%s%s/%s", root, directory, group, file);
	text_clear(ret_text);
	bool is_read = file_read(path.data, 4096, ret_text, NULL);
	text_done(&path);
	return is_read;
}

/* "max" and -1 say: no quota. */
static unsigned cpus_of_quota(const char *quota, const char *period)
{
	unsigned long long quota_us = strtoull(quota, NULL, 10),
			   period_us = strtoull(period, NULL, 10);
	if (quota[0] < '0' || quota[0] > '9' || quota_us == 0 || period_us == 0)
		return UINT32_MAX;
	unsigned long long cpus = (quota_us + period_us - 1) / period_us;
	return cpus < UINT32_MAX ? (unsigned)cpus : UINT32_MAX;
}

/* cgroup v2: cpu.max is "QUOTA PERIOD". */
static unsigned quota_v2(const char *root, const char *directory, const char *group)
{
	struct text text = { 0 };
	unsigned cpus = UINT32_MAX;
	if (read_small(root, directory, group, "cpu.max", &text)) {
		const char *space = strchr(text.data, ' ');
		if (space != NULL)
			cpus = cpus_of_quota(text.data, space + 1);
	}
	text_done(&text);
	return cpus;
}

static unsigned quota_v1(const char *root, const char *directory, const char *group)
{
	struct text quota = { 0 }, period = { 0 };
	unsigned cpus = UINT32_MAX;
	if (read_small(root, directory, group, "cpu.cfs_quota_us", &quota) &&
	    read_small(root, directory, group, "cpu.cfs_period_us", &period))
		cpus = cpus_of_quota(quota.data, period.data);
	text_done(&quota);
	text_done(&period);
	return cpus;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The group and all above it: each may have a quota. Inside a container the path may be the host's,
 * and then only its end, the mount itself, is there. */
static unsigned quota_of_group(const char *root, char *group, bool is_v2)
{
	unsigned cpus = UINT32_MAX;
	for (;;) {
		if (strcmp(group, "/") == 0)
			group[0] = '\0';
		if (is_v2)
			cpus = least(cpus, least(quota_v2(root, "/sys/fs/cgroup", group),
						 quota_v2(root, "/sys/fs/cgroup/unified", group)));
		else
			cpus = least(cpus, least(quota_v1(root, "/sys/fs/cgroup/cpu", group),
						 quota_v1(root, "/sys/fs/cgroup/cpu,cpuacct", group)));
		char *slash = strrchr(group, '/');
		if (slash == NULL)
			return cpus;
		*slash = '\0';
	}
}

static bool has_word(const char *list, const char *word)
{
	size_t size = strlen(word);
	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

/* A line of /proc/self/cgroup: "4:cpu,cpuacct:/path", version 2 "0::/path". */
static unsigned quota_of_line(const char *root, char *line)
{
	char *controllers = strchr(line, ':');
	char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
	if (group == NULL)
		return UINT32_MAX;
	*group++ = '\0';
	controllers++;
	if (*controllers != '\0' && !has_word(controllers, "cpu"))
		return UINT32_MAX;
	return quota_of_group(root, group, *controllers == '\0');
}

unsigned cpus_allowed(const char *root)
{
	unsigned cpus = cpus_of_affinity();
	struct text path = { 0 }, groups = { 0 };
	text_printf(&path, "%s/proc/self/cgroup", root);
	if (file_read(path.data, 65536, &groups, NULL)) {
		char *rest = groups.data;
		for (char *line; (line = strsep(&rest, "\n")) != NULL;)
			cpus = least(cpus, quota_of_line(root, line));
	}
	text_done(&path);
	text_done(&groups);
	return cpus > 0 ? cpus : 1;
}
