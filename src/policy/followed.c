/* SPDX-License-Identifier: Apache-2.0 */
/* Changes are seen by a watch on the way to the file, symlinks included, and by a look at it after each period. */
#include "followed.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/stat.h>

#include "knamed/observe.h"

enum { SETTLE_MS = 50 };

/* What of a file changes when it does. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct followed {
	struct followed_options options;
	char *path;
	struct file_watch *watch;
	struct event *timer;
	struct stamp seen;
	char *told; /* the last trouble; NULL: none */
};

static struct stamp stamp_of(const struct stat *status)
{
	struct stamp stamp;
	memset(&stamp, 0, sizeof(stamp)); /* they are compared as octets */
	stamp.device = status->st_dev;
	stamp.inode = status->st_ino;
	stamp.size = status->st_size;
	stamp.modified = status->st_mtim;
	stamp.changed = status->st_ctim;
	return stamp;
}

static bool look(const struct followed *followed, struct stat *status, struct error *error)
{
	if (stat(followed->path, status) != 0)
		return error_set(error, "open %s: %s", followed->path, strerrordesc_np(errno));
	return S_ISREG(status->st_mode) || error_set(error, "%s: not a regular file", followed->path);
}

static bool take(const struct followed *followed, const struct stat *status, struct error *error)
{
	const struct followed_options *options = &followed->options;
	uint64_t modified_ns =
		(uint64_t)status->st_mtim.tv_sec * 1000000000u + (uint64_t)status->st_mtim.tv_nsec;
	struct text text = { 0 };
	bool good = file_read(followed->path, options->size_most, &text, error) &&
		    options->take(options->context, text.data, text.size, modified_ns, error);
	text_done(&text);
	return good;
}

/* Once, however often it is looked at. */
static void tell(struct followed *followed, const struct error *error)
{
	if (followed->told != NULL && strcmp(followed->told, error->text) == 0)
		return;
	mem_free(followed->told);
	followed->told = mem_text(error->text);
	log_line(LOG_WARNING, followed->options.plugin, "%s: what was read before stays", error->text);
}

static void refresh(struct followed *followed)
{
	struct stat status;
	struct error error;
	bool good = look(followed, &status, &error);
	if (good) {
		struct stamp stamp = stamp_of(&status);
		if (memcmp(&stamp, &followed->seen, sizeof(stamp)) == 0)
			return;
		followed->seen = stamp;
		good = take(followed, &status, &error);
	} else {
		memset(&followed->seen, 0, sizeof(followed->seen));
	}
	if (!good) {
		tell(followed, &error);
		return;
	}
	mem_free(followed->told);
	followed->told = NULL;
}

static void on_change(void *context)
{
	refresh(context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	refresh(context);
}

static void follow(struct followed *followed)
{
	const struct followed_options *options = &followed->options;
	struct timeval period = timeval_of_ms(options->period_ms);
	struct error error;
	if (options->events == NULL || options->period_ms == 0)
		return;
	followed->watch = file_watch_new(options->events, followed->path, SETTLE_MS, on_change,
					 followed, &error);
	if (followed->watch == NULL) /* the period covers it */
		log_line(LOG_WARNING, options->plugin, "%s", error.text);
	followed->timer = event_new(options->events, -1, EV_PERSIST, on_timer, followed);
	event_add(followed->timer, &period);
}

struct followed *followed_open(const struct followed_options *options,
			       enum followed_first *ret_first, struct error *error)
{
	struct followed *followed = mem_zalloc(sizeof(*followed));
	struct stat status;
	followed->options = *options;
	followed->path = mem_text(options->path);
	follow(followed); /* before it is read: no change falls between the two */
	*ret_first = FOLLOWED_TAKEN;
	if (!look(followed, &status, error)) {
		*ret_first = FOLLOWED_MISSING;
	} else {
		followed->seen = stamp_of(&status);
		if (!take(followed, &status, error))
			*ret_first = FOLLOWED_BAD;
	}
	if (*ret_first != FOLLOWED_TAKEN)
		followed->told = mem_text(error->text);
	return followed;
}

void followed_close(struct followed *followed)
{
	if (followed == NULL)
		return;
	file_watch_free(followed->watch);
	if (followed->timer != NULL)
		event_free(followed->timer);
	mem_free(followed->path);
	mem_free(followed->told);
	mem_free(followed);
}
