/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor_judge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SKEW_WARNING_S = 5,
	SKEW_PROBLEM_S = 60,
	MEMORY_PERCENT = 85,
	WASTE_PERCENT = 50,
	WASTE_LEAST = 200, /* questions, before a share says something */
	/* In a quiet cluster bookmarks alone are heard, about once a minute and by each replica at
	 * its own time, and what is told of that is up to 30 s old: 90 s say nothing, and a
	 * connection that is dead stays so for longer. */
	LAG_S = 180,
};

enum judgement judge_clocks(uint64_t ours_s, uint64_t theirs_s)
{
	uint64_t skew = ours_s > theirs_s ? ours_s - theirs_s : theirs_s - ours_s;
	if (theirs_s == 0 || skew <= SKEW_WARNING_S)
		return JUDGED_GOOD;
	return skew > SKEW_PROBLEM_S ? JUDGED_PROBLEM : JUDGED_WARNING;
}

enum judgement judge_end(uint64_t end_s, uint64_t now_s, uint64_t least_s)
{
	if (end_s == 0 || end_s >= now_s + least_s)
		return JUDGED_GOOD;
	return end_s < now_s ? JUDGED_PROBLEM : JUDGED_WARNING;
}

/* Where there is no limit the kernel says a number that no machine has. */
bool judge_memory(uint64_t used, uint64_t limit)
{
	enum { NO_LIMIT_SHIFT = 50 };
	return limit > 0 && limit >> NO_LIMIT_SHIFT == 0 && used * 100 > limit * MEMORY_PERCENT;
}

bool judge_waste(double answers, double denials)
{
	return answers >= WASTE_LEAST && denials * 100 > answers * WASTE_PERCENT;
}

static bool read_time(const char *text, time_t *ret_time)
{
	struct tm parts = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	*ret_time = end != NULL ? timegm(&parts) : 0;
	return end != NULL;
}

bool judge_heard(const char *heard, const char *newest)
{
	time_t own, best;
	return read_time(heard, &own) && read_time(newest, &best) && best - own > LAG_S;
}

/* ---- texts of the kernel ---- */

bool read_number(const char *text, const char *key, int base, uint64_t *ret_number)
{
	const char *at = strstr(text, key);
	char *end = NULL;
	if (at == NULL)
		return false;
	at += strlen(key);
	at += strspn(at, ": \t");
	unsigned long long number = strtoull(at, &end, base);
	*ret_number = number;
	return end != at;
}

/* The last column of "  1: 0100007F:0035 00000000:0000 07 ... 12". */
static uint64_t drops_of_line(const char *line, size_t size, unsigned port)
{
	const char *colon = memchr(line, ':', size);
	size_t left = colon != NULL ? size - (size_t)(colon + 1 - line) : 0;
	colon = left > 0 ? memchr(colon + 1, ':', left) : NULL;
	if (colon == NULL || strtoul(colon + 1, NULL, 16) != port)
		return 0;
	while (size > 0 && line[size - 1] == ' ')
		size--;
	size_t at = size;
	while (at > 0 && line[at - 1] != ' ')
		at--;
	return line + at > colon ? strtoull(line + at, NULL, 10) : 0;
}

uint64_t read_drops(const char *table, unsigned port)
{
	uint64_t drops = 0;
	while (*table != '\0') {
		size_t size = strcspn(table, "\n");
		drops += drops_of_line(table, size, port);
		table += size + (table[size] == '\n');
	}
	return drops;
}
