/* SPDX-License-Identifier: Apache-2.0 */
/* All questions together, whatever server and zone they were for. */
#include <string.h>

#include "metrics.h"

void metrics_total(struct metrics *metrics, struct tally *ret_total)
{
	memset(ret_total, 0, sizeof(*ret_total));
	pthread_mutex_lock(&metrics->lock);
	for (size_t i = 0; i < metrics->meter_count; i++)
		if (metrics->meters[i].server != NULL)
			metrics_add_tally(ret_total, &metrics->ended[i]);
	for (const struct tally_row *row = metrics->rows; row != NULL; row = row->next)
		for (size_t i = 0; i < row->count; i++)
			if (metrics->meters[i].server != NULL)
				metrics_add_tally(ret_total, &row->tallies[i]);
	pthread_mutex_unlock(&metrics->lock);
}
