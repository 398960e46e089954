/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says about this process, under the names that dashboards of Go programs ask for. */
#include "knamed/observe.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics.h"

enum { MOST_BYTES = 1024 * 1024 };

void metrics_add_number(struct text *text, double number)
{
	char shortest[40];
	if (number == floor(number) && fabs(number) < 1e15) {
		text_printf(text, "%.0f", number);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(shortest, sizeof(shortest), "%.*g", digits, number);
		if (strtod(shortest, NULL) == number)
			break;
	}
	text_add(text, shortest);
}

void metrics_add_head(struct text *text, const char *name, const char *type, const char *help)
{
	text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct text *text, const char *name, const char *type, const char *help,
		      double value)
{
	metrics_add_head(text, name, type, help);
	text_printf(text, "%s ", name);
	metrics_add_number(text, value);
	text_add(text, "\n");
}

/* The numbers of /proc/self/stat behind the program's name, which may hold blanks and brackets. */
static bool read_stat(double ret_fields[static 25])
{
	struct text stat = { 0 };
	const char *at = NULL;
	size_t field = 3;
	if (file_read("/proc/self/stat", MOST_BYTES, &stat, NULL))
		at = strrchr(stat.data, ')');
	if (at != NULL)
		at = strchr(at + 2, ' '); /* field 3, the state, is a letter */
	while (at != NULL && ++field < 25) {
		char *end;
		ret_fields[field] = strtod(at, &end);
		at = end;
	}
	text_done(&stat);
	return field == 25;
}

static uint64_t read_line(const char *status, const char *name)
{
	const char *at = strstr(status, name);
	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

struct process_size process_size(void)
{
	struct process_size size = { 0 };
	struct text status = { 0 };
	if (file_read("/proc/self/status", MOST_BYTES, &status, NULL)) {
		size.resident = read_line(status.data, "\nVmRSS:") * 1024;
		size.anonymous = read_line(status.data, "\nRssAnon:") * 1024;
		size.threads = read_line(status.data, "\nThreads:");
	}
	text_done(&status);
	return size;
}

/* When the machine began, 0 if it does not say. A file that a big machine takes milliseconds to write: read once. */
static double boot_unix_s(struct metrics *metrics)
{
	static const char word[] = "\nbtime ";
	struct text file = { 0 };
	if (metrics->boot_unix_s == 0 &&
	    file_read("/proc/stat", 16 * (size_t)MOST_BYTES, &file, NULL)) {
		const char *at = strstr(file.data, word);
		if (at != NULL)
			metrics->boot_unix_s = strtod(at + strlen(word), NULL);
	}
	text_done(&file);
	return metrics->boot_unix_s;
}

/* Since Linux 6.2 the kernel says how many there are; before, thousands of connections are counted one by one. */
static double count_open_files(void)
{
	struct stat status;
	if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
		return (double)status.st_size;
	DIR *directory = opendir("/proc/self/fd");
	if (directory == NULL)
		return 0;
	double count = -1; /* the directory itself */
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

/* The column `name` of the two IpExt lines of netstat: one line of names, one of numbers. */
static double ip_counter(const char *netstat, const char *name)
{
	const char *names = strstr(netstat, "IpExt: ");
	const char *numbers = names != NULL ? strstr(names + 1, "IpExt: ") : NULL;
	while (numbers != NULL) {
		names = strchr(names, ' ');
		numbers = strchr(numbers, ' ');
		if (names == NULL || numbers == NULL)
			return 0;
		names++;
		numbers++;
		size_t size = strcspn(names, " \n");
		if (size == strlen(name) && strncmp(names, name, size) == 0)
			return strtod(numbers, NULL);
	}
	return 0;
}

static void add_network(struct text *text)
{
	struct text netstat = { 0 };
	if (file_read("/proc/self/net/netstat", MOST_BYTES, &netstat, NULL)) {
		add_value(text, "process_network_receive_bytes_total", "counter",
			  "Bytes that the network namespace received.",
			  ip_counter(netstat.data, "InOctets"));
		add_value(text, "process_network_transmit_bytes_total", "counter",
			  "Bytes that the network namespace sent.",
			  ip_counter(netstat.data, "OutOctets"));
	}
	text_done(&netstat);
}

static double limit_of(__rlimit_resource_t resource)
{
	struct rlimit limit;
	return getrlimit(resource, &limit) == 0 ? (double)limit.rlim_cur : 0;
}

void metrics_add_process(struct metrics *metrics, struct text *text)
{
	enum {
		USER_TICKS = 14,
		SYSTEM_TICKS = 15,
		THREADS = 20,
		START_TICKS = 22,
		VIRTUAL_BYTES = 23,
		PAGES = 24
	};
	double fields[25] = { 0 };
	if (!read_stat(fields))
		return;
	double ticks_per_second = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
	add_value(text, "go_goroutines", "gauge", "Threads of the process.", fields[THREADS]);
	add_value(text, "process_cpu_seconds_total", "counter", "Seconds of CPU, user and system.",
		  (fields[USER_TICKS] + fields[SYSTEM_TICKS]) / ticks_per_second);
	add_value(text, "process_max_fds", "gauge", "Most files that may be open.",
		  limit_of(RLIMIT_NOFILE));
	add_network(text);
	add_value(text, "process_open_fds", "gauge", "Open files.", count_open_files());
	add_value(text, "process_resident_memory_bytes", "gauge", "Bytes of memory in use.",
		  fields[PAGES] * page);
	add_value(text, "process_start_time_seconds", "gauge", "Unix time at which the process began.",
		  boot_unix_s(metrics) + fields[START_TICKS] / ticks_per_second);
	add_value(text, "process_virtual_memory_bytes", "gauge", "Bytes of address space.",
		  fields[VIRTUAL_BYTES]);
	add_value(text, "process_virtual_memory_max_bytes", "gauge", "Most bytes of address space.",
		  limit_of(RLIMIT_AS));
}
