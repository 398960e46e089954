/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cpus.h"
#include "knamed/base.h"

/* A directory that stands for "/". */
static char root[64];

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/knamed-cpus-XXXXXX");
	return mkdtemp(root) == NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
	char full[512];
	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static unsigned affinity(void)
{
	cpu_set_t set;
	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return (unsigned)CPU_COUNT(&set);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void without_a_quota_the_affinity_decides(void **state)
{
	(void)state;
	assert_int_equal(cpus_allowed(root), affinity());
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/cpu.max", "max 100000\n");
	assert_int_equal(cpus_allowed(root), affinity());
}

static void a_part_of_a_cpu_counts_as_one(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
	assert_int_equal(cpus_allowed(root), 1);
	put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
	assert_int_equal(cpus_allowed(root), 1);
	put("/sys/fs/cgroup/cpu.max", "100001 100000\n");
	assert_int_equal(cpus_allowed(root), least(2, affinity()));
}

static void the_least_of_all_groups_above_decides(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "0::/kubepods/pod1/c1\n");
	put("/sys/fs/cgroup/kubepods/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/kubepods/pod1/cpu.max", "80000 100000\n");
	put("/sys/fs/cgroup/kubepods/pod1/c1/cpu.max", "900000 100000\n");
	assert_int_equal(cpus_allowed(root), 1);
}

static void version_1_has_two_files(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n");
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
	assert_int_equal(cpus_allowed(root), affinity());
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "20000\n");
	assert_int_equal(cpus_allowed(root), 1);
}

static void a_containers_own_mount_is_found_though_the_path_is_the_hosts(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "4:cpuset:/a\n3:cpu:/kubepods/burstable/pod1/c1\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	assert_int_equal(cpus_allowed(root), 1);
}

static void nonsense_is_no_quota(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "x\n\n0:\n0::\n1:cpuset:/\n");
	put("/sys/fs/cgroup/cpu.max", "0 0\n");
	assert_int_equal(cpus_allowed(root), affinity());
	put("/sys/fs/cgroup/cpu.max", "1000");
	assert_int_equal(cpus_allowed(root), affinity());
	put("/sys/fs/cgroup/cpu.max", "");
	assert_int_equal(cpus_allowed(root), affinity());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_quota_the_affinity_decides, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part_of_a_cpu_counts_as_one, setup, teardown),
		cmocka_unit_test_setup_teardown(the_least_of_all_groups_above_decides, setup, teardown),
		cmocka_unit_test_setup_teardown(version_1_has_two_files, setup, teardown),
		cmocka_unit_test_setup_teardown(a_containers_own_mount_is_found_though_the_path_is_the_hosts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_no_quota, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
