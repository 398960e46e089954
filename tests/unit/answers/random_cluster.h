/* SPDX-License-Identifier: Apache-2.0 */
/* Random changes of a small cluster, whose names meet each other often, and all names that could be asked of it. */
#ifndef KNAMED_TESTS_RANDOM_CLUSTER_H
#define KNAMED_TESTS_RANDOM_CLUSTER_H

#include "house.h"

struct random {
	uint64_t state;
};
unsigned random_below(struct random *random, unsigned bound);
bool random_once_in(struct random *random, unsigned times);

/* Options that a seed gives; the arrays are static. */
struct cluster_options random_options(struct random *random);
/* Changes one object of the model, or takes it away. */
struct random_slices; /* what slices look like now, so that they can be changed in one part */
struct random_slices *random_slices_new(void);
void random_slices_free(struct random_slices *slices);
void random_change(struct random *random, struct random_slices *slices, struct model *model);

/* Every name that such a cluster can have, and near misses. Names of the one big service stand apart. */
struct names {
	struct question *list;
	size_t count;
};
struct names random_names(bool of_big_service);
void names_free(struct names *names);

#endif
