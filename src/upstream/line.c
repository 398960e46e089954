/* SPDX-License-Identifier: Apache-2.0 */
/* What sockets and connections have in common: the attempts under way on them, and their end. A line is freed by the
 * sweep alone, which the loop calls; so nobody who is at work on one loses it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "upstream_parts.h"

/* ---- coming and going ---- */

void line_init(struct line *line, struct target *target, int fd, bool is_tcp, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	line->target = target;
	line->fd = fd;
	line->is_tcp = is_tcp;
	line->is_kept = true;
	line->number = upstream->lines++;
	line->opened_ns = line->used_ns = now_ns;
	line->behind = target->lines;
	if (line->behind != NULL)
		line->behind->before = line;
	target->lines = line;
	target->open[is_tcp]++;
	target->idle[is_tcp]++;
	if (!event_pending(upstream->each_second, EV_TIMEOUT, NULL))
		event_add(upstream->each_second, &(struct timeval){ .tv_sec = 1 });
}

static void line_die(struct line *line)
{
	struct target *target = line->target;
	struct upstream *upstream = target->upstream;
	line->is_dead = true;
	if (line->before != NULL)
		line->before->behind = line->behind;
	else
		target->lines = line->behind;
	if (line->behind != NULL)
		line->behind->before = line->before;
	target->open[line->is_tcp]--;
	target->idle[line->is_tcp]--;
	event_del(&line->readable);
	line->behind = upstream->dead;
	upstream->dead = line;
	event_active(upstream->burial, EV_TIMEOUT, 0);
}

static void line_let_go(struct line *line)
{
	line->is_kept = false;
	if (line->slot != NULL)
		*line->slot = NULL;
	line->slot = NULL;
}

void line_retire(struct line *line)
{
	if (line->is_dead)
		return;
	line_let_go(line);
	if (line->under_way == 0)
		line_die(line);
}

void line_fail(struct line *line, const struct failure *failure, uint64_t now_ns)
{
	if (line->is_dead)
		return;
	line_let_go(line);
	if (line->under_way == 0)
		line_die(line);
	while (line->attempts != NULL)
		attempt_fail(line->attempts, failure, now_ns);
}

static void line_free(struct line *line)
{
	if (line->is_tcp)
		tcp_free(line);
	close(line->fd);
	mem_free(line);
}

void lines_bury(struct upstream *upstream)
{
	while (upstream->dead != NULL) {
		struct line *line = upstream->dead;
		upstream->dead = line->behind;
		line_free(line);
	}
}

/* ---- attempts ---- */

void line_put(struct line *line, struct attempt *attempt)
{
	attempt->before = NULL;
	attempt->behind = line->attempts;
	if (attempt->behind != NULL)
		attempt->behind->before = attempt;
	line->attempts = attempt;
	line->asked++;
	if (line->under_way++ == 0)
		line->target->idle[line->is_tcp]--;
}

void line_take_off(struct attempt *attempt)
{
	struct line *line = attempt->line;
	struct target *target = line->target;
	uint32_t most = target->upstream->config->max_idle_connections;
	if (attempt->before != NULL)
		attempt->before->behind = attempt->behind;
	else
		line->attempts = attempt->behind;
	if (attempt->behind != NULL)
		attempt->behind->before = attempt->before;
	if (--line->under_way > 0)
		return;
	target->idle[line->is_tcp]++;
	if (!line->is_kept || (most > 0 && target->idle[line->is_tcp] > most))
		line_retire(line);
}

/* ---- age ---- */

bool line_is_fresh(const struct line *line, uint64_t now_ns)
{
	const struct config_forward *config = line->target->upstream->config;
	if (config->max_age_ms > 0 && now_ns - line->opened_ns > config->max_age_ms * MS_NS)
		return false;
	return line->under_way > 0 || now_ns - line->used_ns <= config->expire_ms * MS_NS;
}

void lines_expire(struct target *target, uint64_t now_ns)
{
	for (struct line *line = target->lines, *behind; line != NULL; line = behind) {
		behind = line->behind;
		if (line->is_kept && !line_is_fresh(line, now_ns))
			line_retire(line);
	}
}

struct failure line_failure(const struct line *line, enum trouble trouble, int number)
{
	struct failure failure = { .trouble = trouble,
				   .is_tcp = line->is_tcp,
				   .number = number,
				   .remote = line->target->address };
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	memset(&address, 0, sizeof(address));
	if (getsockname(line->fd, (struct sockaddr *)&address, &size) != 0)
		return failure;
	failure.local.ip = ip_of_sockaddr((struct sockaddr *)&address);
	failure.local.port =
		ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						    : ((struct sockaddr_in *)&address)->sin_port);
	return failure;
}
