/* SPDX-License-Identifier: Apache-2.0 */
/* What pipeline.c and feed.c share: feeds, the setups that use them, and the pipeline that has one setup in force. */
#ifndef KNAMED_PIPELINE_PARTS_H
#define KNAMED_PIPELINE_PARTS_H

#include "knamed/observe.h"
#include "pipeline.h"

/* What feeds one catalog. Setups share it while their directives say the same. */
struct feed {
	struct pipeline *pipeline;
	struct config *config; /* held: the directive is in it */
	const struct config_said *said;
	struct catalog *catalog;
	struct catalog *external; /* of a `kubernetes` beside a `k8s_external` */
	struct cluster *cluster;  /* one of the three is set */
	struct zone_files *zone_files;
	struct secondary *secondary;
	struct map *zones; /* of files and primaries, by origin: &new_zone or &told_zone */
	unsigned users;
	const struct setup *taken_by; /* the newest of them */
};

struct setup {
	struct pipeline *pipeline;
	struct config *config; /* held */
	struct feed **feeds;
	size_t feed_count;
	struct serve_block *blocks;
	struct catalog **catalogs;	     /* of files and autos, block after block */
	struct serve_secondary *secondaries; /* the same */
	size_t secondary_count;
};

struct pipeline {
	struct pipeline_options options;
	struct answers *answers;
	struct setup *now;	 /* in force */
	struct notices *notices; /* NULL: nobody is told of changes */
	tally_cell *editions;	 /* published; NULL: not counted */
	bool is_started;	 /* changes are published one by one from then on */
};

/* A directive of a block: one of the four is set. */
struct source {
	const struct config_block *block;
	const struct config_kubernetes *kubernetes;
	const struct config_file *file;
	const struct config_auto *auto_;
	const struct config_secondary *secondary;
	const struct config_said *said;
};

void pipeline_publish(struct pipeline *pipeline);

/* feed.c. NULL and error if what it is fed by cannot be read at all. Nobody uses it yet. */
struct feed *feed_new(struct setup *setup, const struct source *source, struct error *error);
void feed_leave(struct feed *feed); /* by one of its users; the last one ends it */
bool feed_is_for(const struct feed *feed, const struct source *source); /* they say the same */
bool feed_is_ready(const struct feed *feed);
/* Others are told of its zones: of all, or of those that are new since they were told. */
void feed_tell_zones(struct feed *feed, bool only_new);

#endif
