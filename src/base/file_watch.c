/* SPDX-License-Identifier: Apache-2.0 */
/* Watches what a path stands for, not an inode: every directory that is passed on the way to it,
 * through symlinks too, is watched for the one entry that the way takes. So a file that is written,
 * replaced by rename, reached through another link than before (Kubernetes swaps `..data`), deleted
 * or created later is seen alike.
 *
 * After each burst the way is walked again. A directory is watched before its entry is looked at,
 * so that no change falls between the two. */
#include "knamed/base.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MOST_LINKS = 40,    /* as the kernel's limit on symlinks in one path */
	LONGEST_DELAY = 10, /* times settle_ms */
	ENTRY_CHANGES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
			IN_DELETE_SELF | IN_MOVE_SELF,
	CONTENT_CHANGES = ENTRY_CHANGES | IN_MODIFY | IN_CLOSE_WRITE,
};

/* Interest in one entry of a watched directory, or in all that happens to a watched object (name NULL). */
struct interest {
	int watch;
	char *name;
};

struct file_watch {
	char *path;
	struct event *readable, *timer;
	int inotify;
	unsigned settle_ms;
	bool is_pending;
	uint64_t burst_began_ns;
	file_watch_call changed;
	void *context;
	struct interest *interests;
	size_t count, room;
};

static void add_interest(struct file_watch *watch, const char *path, const char *name, uint32_t changes)
{
	/* What cannot be watched (gone by now, or not readable) is covered as far as its parent is. */
	int number = inotify_add_watch(watch->inotify, path, changes | IN_MASK_ADD);
	if (number < 0)
		return;
	if (watch->count == watch->room) {
		watch->room = watch->room == 0 ? 16 : watch->room * 2;
		watch->interests =
			mem_realloc(watch->interests, watch->room * sizeof(*watch->interests));
	}
	watch->interests[watch->count++] = (struct interest){ number, mem_text(name) };
}

/* Takes the first component off `rest`; false when there is none. The result lies in `rest`. */
static bool next_component(char **rest, char **ret_name)
{
	char *name = *rest + strspn(*rest, "/");
	if (*name == '\0')
		return false;
	size_t size = strcspn(name, "/");
	*rest = name + size + (name[size] != '\0');
	name[size] = '\0';
	*ret_name = name;
	return true;
}

static void go_up(struct text *at)
{
	while (at->size > 0 && at->data[--at->size] != '/')
		;
	at->data[at->size] = '\0';
}

/* Puts a link's target in front of what is left of the way. */
static char *detour(const char *target, const char *rest)
{
	struct text way = { 0 };
	text_printf(&way, "%s/%s", target, rest);
	return way.data;
}

enum step { STEP_TAKEN, STEP_DETOUR, STEP_NOWHERE };

/* One step of the way: `at` ("" is the root) becomes its entry `name`, or, if that is a link, *way
 * becomes the detour it asks for. */
static enum step take_step(struct file_watch *watch, struct text *at, const char *name, char **way,
			   char **rest)
{
	char target[4096];
	add_interest(watch, at->size > 0 ? at->data : "/", name, ENTRY_CHANGES);
	size_t parent_size = at->size;
	text_printf(at, "/%s", name);
	ssize_t size = readlink(at->data, target, sizeof(target) - 1);
	if (size < 0)
		return errno == EINVAL ? STEP_TAKEN : STEP_NOWHERE; /* there, and no link */
	target[size] = '\0';
	at->size = target[0] == '/' ? 0 : parent_size;
	at->data[at->size] = '\0';
	char *detoured = detour(target, *rest);
	mem_free(*way);
	*way = *rest = detoured;
	return STEP_DETOUR;
}

/* Watches the way to `path` (absolute) and, if it exists, its end. */
static void watch_way(struct file_watch *watch, const char *path)
{
	struct text at = { 0 };
	text_add(&at, "");
	char *way = mem_text(path), *rest = way, *name;
	bool arrives = true;
	for (unsigned links = 0; arrives && next_component(&rest, &name);) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			go_up(&at);
			continue;
		}
		enum step step = take_step(watch, &at, name, &way, &rest);
		arrives = step == STEP_TAKEN || (step == STEP_DETOUR && ++links <= MOST_LINKS);
	}
	if (arrives)
		add_interest(watch, at.size > 0 ? at.data : "/", NULL, CONTENT_CHANGES);
	mem_free(way);
	text_done(&at);
}

/* The links in a directory: what they stand for belongs to its contents. */
static void watch_links_in(struct file_watch *watch, const char *path)
{
	DIR *directory = opendir(path);
	if (directory == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		struct stat status;
		if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISLNK(status.st_mode))
			continue;
		char *link = file_path(path, entry->d_name);
		watch_way(watch, link);
		mem_free(link);
	}
	closedir(directory);
}

static bool is_interest(const struct file_watch *watch, int number)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->interests[i].watch == number)
			return true;
	return false;
}

static void free_interests(struct interest *interests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mem_free(interests[i].name);
	mem_free(interests);
}

/* Walks the way anew, then lets go of what is no longer on it. */
static void rewatch(struct file_watch *watch)
{
	struct interest *old = watch->interests;
	size_t old_count = watch->count;
	watch->interests = NULL;
	watch->count = watch->room = 0;
	watch_way(watch, watch->path);
	watch_links_in(watch, watch->path);
	for (size_t i = 0; i < old_count; i++)
		if (!is_interest(watch, old[i].watch))
			inotify_rm_watch(watch->inotify, old[i].watch); /* or it is gone already */
	free_interests(old, old_count);
}

static void on_settled(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct file_watch *watch = context;
	watch->is_pending = false;
	rewatch(watch);
	watch->changed(watch->context); /* last: it may free the watch */
}

static void postpone(struct file_watch *watch)
{
	uint64_t now = clock_now_ns();
	if (!watch->is_pending) {
		watch->is_pending = true;
		watch->burst_began_ns = now;
	}
	uint64_t delay_ms = watch->settle_ms, longest_ms = (uint64_t)watch->settle_ms * LONGEST_DELAY;
	uint64_t waited_ms = (now - watch->burst_began_ns) / 1000000;
	if (waited_ms + delay_ms > longest_ms)
		delay_ms = waited_ms < longest_ms ? longest_ms - waited_ms : 0;
	struct timeval delay = timeval_of_ms(delay_ms);
	evtimer_add(watch->timer, &delay);
}

static bool is_relevant(const struct file_watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	if (event->mask & IN_IGNORED)
		return false;
	for (size_t i = 0; i < watch->count; i++) {
		const struct interest *interest = &watch->interests[i];
		if (interest->watch != event->wd)
			continue;
		if (interest->name == NULL || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) ||
		    (event->len > 0 && strcmp(event->name, interest->name) == 0))
			return true;
	}
	return false;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	struct file_watch *watch = context;
	char room[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool is_any_relevant = false;
	for (ssize_t size; (size = read(fd, room, sizeof(room))) > 0;) {
		for (char *at = room; at < room + size;) {
			const struct inotify_event *event = (const struct inotify_event *)(void *)at;
			is_any_relevant |= is_relevant(watch, event);
			at += sizeof(*event) + event->len;
		}
	}
	if (is_any_relevant)
		postpone(watch);
}

static char *absolute_path(const char *path)
{
	char directory[4096];
	if (path[0] == '/' || getcwd(directory, sizeof(directory)) == NULL)
		return mem_text(path);
	return file_path(directory, path);
}

struct file_watch *file_watch_new(struct event_base *events, const char *path, unsigned settle_ms,
				  file_watch_call changed, void *context, struct error *error)
{
	int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify < 0) {
		error_set(error, "cannot watch %s: %s (fs.inotify.max_user_instances may be too low)",
			  path, strerrordesc_np(errno));
		return NULL;
	}
	struct file_watch *watch = mem_zalloc(sizeof(*watch));
	watch->path = absolute_path(path);
	watch->inotify = inotify;
	watch->settle_ms = settle_ms;
	watch->changed = changed;
	watch->context = context;
	watch->readable = event_new(events, inotify, EV_READ | EV_PERSIST, on_readable, watch);
	watch->timer = evtimer_new(events, on_settled, watch);
	event_add(watch->readable, NULL);
	rewatch(watch);
	return watch;
}

void file_watch_free(struct file_watch *watch)
{
	if (watch == NULL)
		return;
	event_free(watch->readable);
	event_free(watch->timer);
	close(watch->inotify);
	free_interests(watch->interests, watch->count);
	mem_free(watch->path);
	mem_free(watch);
}
