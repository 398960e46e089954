/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shadow.h"

enum { GROUPS_MOST = 256, EXAMPLES_MOST = 5, EXAMPLE_SIZE = 300 };

struct group {
	char what[DIFFERENCE_SIZE + SERVER_ADDRESS_SIZE + 8];
	uint64_t count;
	unsigned example_count;
	char examples[EXAMPLES_MOST][EXAMPLE_SIZE];
};
struct shadow_groups {
	size_t count;
	uint64_t others; /* of kinds for which there was no room */
	struct group list[GROUPS_MOST];
};

struct shadow_groups *shadow_groups_new(void)
{
	return mem_zalloc(sizeof(struct shadow_groups));
}

void shadow_groups_free(struct shadow_groups *groups)
{
	mem_free(groups);
}

static bool is_told(const struct group *group, const char *question)
{
	for (unsigned i = 0; i < group->example_count; i++)
		if (strncmp(group->examples[i], question, EXAMPLE_SIZE - 1) == 0)
			return true;
	return false;
}

void shadow_groups_add(struct shadow_groups *groups, const char *server, const char *difference,
		       const char *question)
{
	char what[sizeof(groups->list[0].what)];
	size_t i = 0;
	snprintf(what, sizeof(what), "%s: %s", server, difference);
	while (i < groups->count && strcmp(groups->list[i].what, what) != 0)
		i++;
	if (i == GROUPS_MOST) {
		groups->others++;
		return;
	}
	struct group *group = &groups->list[i];
	if (i == groups->count) {
		memcpy(group->what, what, sizeof(what));
		groups->count++;
	}
	group->count++;
	if (group->example_count < EXAMPLES_MOST && !is_told(group, question))
		snprintf(group->examples[group->example_count++], EXAMPLE_SIZE, "%s", question);
}

static int most_first(const void *a, const void *b)
{
	const struct group *first = *(const struct group *const *)a,
			   *second = *(const struct group *const *)b;
	return (first->count < second->count) - (first->count > second->count);
}

void shadow_groups_print(const struct shadow_groups *groups)
{
	const struct group *sorted[GROUPS_MOST];
	for (size_t i = 0; i < groups->count; i++)
		sorted[i] = &groups->list[i];
	qsort(sorted, groups->count, sizeof(sorted[0]), most_first);
	for (size_t i = 0; i < groups->count; i++) {
		printf("%6llu  %s\n", (unsigned long long)sorted[i]->count, sorted[i]->what);
		for (unsigned j = 0; j < sorted[i]->example_count; j++)
			printf("          %s\n", sorted[i]->examples[j]);
	}
	if (groups->others > 0)
		printf("%6llu  of other kinds\n", (unsigned long long)groups->others);
}
