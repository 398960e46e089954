/* SPDX-License-Identifier: Apache-2.0 */
/* A `secondary` directive: its zones, and how query threads reach them. */
#include "secondary.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

enum { SETTLED_AFTER_S = 5 };

static void on_bell(evutil_socket_t fd, short what, void *context)
{
	struct secondary *secondary = context;
	eventfd_t count;
	(void)what;
	eventfd_read(fd, &count);
	for (size_t i = 0; i < secondary->zone_count; i++)
		secondary_zone_hear(&secondary->zones[i]);
}

static bool open_bell(struct secondary *secondary, struct error *error)
{
	secondary->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (secondary->bell < 0)
		return error_set(error, "cannot make an eventfd: %s", strerrordesc_np(errno));
	secondary->wake = event_new(secondary->events, secondary->bell, EV_READ | EV_PERSIST,
				    on_bell, secondary);
	event_add(secondary->wake, NULL);
	return true;
}

struct secondary *secondary_open(struct event_base *events, const struct config_secondary *config,
				 const struct secondary_calls *calls, struct error *error)
{
	struct secondary *secondary = mem_zalloc(sizeof(*secondary));
	secondary->events = events;
	secondary->config = config;
	secondary->calls = *calls;
	secondary->bell = -1;
	secondary->opened_ns = clock_now_ns();
	if (events == NULL)
		return secondary;
	if (!open_bell(secondary, error)) {
		secondary_close(secondary);
		return NULL;
	}
	secondary->zones = mem_zalloc((config->zones.count + 1) * sizeof(*secondary->zones));
	for (; secondary->zone_count < config->zones.count; secondary->zone_count++)
		secondary_zone_open(&secondary->zones[secondary->zone_count], secondary,
				    config->zones.zones[secondary->zone_count].text);
	return secondary;
}

void secondary_close(struct secondary *secondary)
{
	if (secondary == NULL)
		return;
	for (size_t i = 0; i < secondary->zone_count; i++)
		secondary_zone_close(&secondary->zones[i]);
	if (secondary->wake != NULL)
		event_free(secondary->wake);
	if (secondary->bell >= 0)
		close(secondary->bell);
	mem_free(secondary->zones);
	mem_free(secondary);
}

bool secondary_is_settled(const struct secondary *secondary)
{
	uint64_t age_ns = clock_now_ns() - secondary->opened_ns;
	for (size_t i = 0; i < secondary->zone_count; i++)
		if (!secondary->zones[i].is_loaded && secondary->zones[i].failures == 0)
			return age_ns > SETTLED_AFTER_S * UINT64_C(1000000000);
	return true;
}

/* The bell rings once, however often a zone is notified of before it is heard. */
bool secondary_notify(struct secondary *secondary, const uint8_t *zone, const struct ip *from)
{
	const struct config_secondary *config = secondary->config;
	uint64_t who = 0;
	for (unsigned i = 0; i < config->primaries.count; i++)
		if (ip_equal(&config->primaries.list[i].ip, from))
			who |= UINT64_C(1) << i;
	if (who == 0)
		return false;
	for (size_t i = 0; i < secondary->zone_count; i++) {
		struct secondary_zone *told = &secondary->zones[i];
		if (name_equal_fold(told->name, zone) && atomic_fetch_or(&told->notified, who) == 0)
			eventfd_write(secondary->bell, 1);
	}
	return true;
}
