/* SPDX-License-Identifier: Apache-2.0 */
/* The warm start: what was known is served, told to be stale, until the API server has said it all;
 * what is known is written now and then, and at the end. */
#include <errno.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "knamed/observe.h"
#include "kube_parts.h"
#include "path.h"

enum { PERIOD_MS = 30 * 1000, FIRST_MS = 2000 };

/* ---- which objects were kept ---- */

static void add_options(const struct kube *kube, struct text *text)
{
	const struct decode_options *decode = &kube->decode;

	for (int i = 0; i < OBJECT_KINDS; i++) {
		struct text path = { 0 };
		if (!kind_is_watched(&kube->kinds[i]))
			continue;
		path_print(&(struct path){ .aim = PATH_LIST,
					   .kind = (enum object_kind)i,
					   .config = kube->options.config },
			   &path);
		text_printf(text, "%s\n", path.data);
		text_done(&path);
	}
	text_printf(text, "%d%d%d%d\n", decode->keep_pod_names, decode->keep_zones,
		    decode->keep_imports, decode->keep_externals);
}

static void print_digest(const struct text *text, char ret_hex[65])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t size = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, text->data, text->size, digest, &size) != 1)
		size = 0;
	ret_hex[0] = '\0';
	for (size_t i = 0; i < size && i < 32; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
}

static void fill_head(struct kube *kube)
{
	struct text text = { 0 };

	add_options(kube, &text);
	print_digest(&text, kube->snapshot.options);
	text_done(&text);
	snprintf(kube->snapshot.key, sizeof(kube->snapshot.key), "%s", identity_key(kube->identity));
}

/* ---- reading ---- */

static void set_trust(struct kube *kube, bool trust)
{
	for (int i = 0; i < OBJECT_KINDS; i++)
		if (kind_is_watched(&kube->kinds[i]))
			watch_trust(kube->kinds[i].watch, trust);
}

static void read_snapshot(struct kube *kube)
{
	const char *path = kube->options.config->snapshot;
	struct snapshot_head head;
	struct error error = { 0 };

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		log_line(LOG_INFO, "kubernetes", "no warm start: there is no snapshot %s yet", path);
		return;
	}
	if (!snapshot_read(path, &kube->snapshot, kube->options.model, &head, &error)) {
		log_line(LOG_WARNING, "kubernetes", "no warm start: %s", error.text);
		return;
	}
	uint64_t now_s = clock_unix_s();
	log_line(LOG_INFO, "kubernetes",
		 "serving from snapshot %s, %.0f s old, until the API server has told its state",
		 path, now_s > head.unix_s ? (double)(now_s - head.unix_s) : 0.0);
	memcpy(kube->snapshot.cluster, head.cluster, sizeof(head.cluster));
	set_trust(kube, true);
	kube_changed(kube);
}

/* The same address and CA, but another cluster behind them: what was read is wrong, not only old. */
void kube_snapshot_note_cluster(struct kube *kube, const struct api_object *object)
{
	const char *expected = kube->snapshot.cluster;

	if (strcmp(object->name, "kube-system") != 0 || object->uid[0] == '\0')
		return;
	snprintf(kube->cluster, sizeof(kube->cluster), "%s", object->uid);
	if (!kube_is_stale(kube) || expected[0] == '\0' || strcmp(expected, kube->cluster) == 0)
		return;
	log_line(LOG_WARNING, "kubernetes",
		 "the snapshot is of another cluster: it is not served any more");
	set_trust(kube, false);
	kube_changed(kube);
}

/* ---- writing ---- */

/* A disk that stays full is told once, not at each try. */
static void on_written(void *context, const char *trouble)
{
	struct kube *kube = context;
	bool was_failing = kube->snapshot_trouble[0] != '\0';

	kube->snapshot_job = NULL;
	kube->is_changed |= trouble != NULL;
	if (trouble == NULL && was_failing)
		log_line(LOG_INFO, "kubernetes", "snapshot %s is written again",
			 kube->options.config->snapshot);
	else if (trouble != NULL && strcmp(kube->snapshot_trouble, trouble) != 0)
		log_line(LOG_WARNING, "kubernetes", "%s", trouble);
	snprintf(kube->snapshot_trouble, sizeof(kube->snapshot_trouble), "%s",
		 trouble != NULL ? trouble : "");
}

static void start_to_write(struct kube *kube)
{
	const struct snapshot_job_options job = { .events = kube->options.events,
						  .path = kube->options.config->snapshot,
						  .done = on_written,
						  .context = kube };
	struct error error = { 0 };

	if (kube->snapshot_job != NULL || !kube->is_changed || !kube->is_confirmed ||
	    !kube_all(kube, watch_is_whole))
		return;
	kube->is_changed = false;
	kube->snapshot.unix_s = clock_unix_s();
	snprintf(kube->snapshot.cluster, sizeof(kube->snapshot.cluster), "%s", kube->cluster);
	kube->snapshot_job =
		snapshot_job_start(&job, snapshot_take(&kube->snapshot, kube->options.model), &error);
	if (kube->snapshot_job == NULL)
		on_written(kube, error.text);
}

static void wait_until_written(struct kube *kube)
{
	if (kube->snapshot_job != NULL)
		snapshot_job_wait(kube->snapshot_job);
}

static void wait_ms(struct kube *kube, uint32_t ms)
{
	const struct timeval time = timeval_of_ms(ms);

	evtimer_add(kube->snapshot_timer, &time);
}

static void wait_for_next(struct kube *kube)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	wait_ms(kube, PERIOD_MS + random % (PERIOD_MS / 5));
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	start_to_write(context);
	wait_for_next(context);
}

void kube_snapshot_soon(struct kube *kube)
{
	if (kube->snapshot_timer != NULL)
		wait_ms(kube, FIRST_MS);
}

void kube_snapshot_open(struct kube *kube)
{
	/* It is the server's: who only looks wants what is now. */
	if (kube->options.config->snapshot == NULL || kube->options.metrics == NULL)
		return;
	kube->snapshot_timer = evtimer_new(kube->options.events, on_timer, kube);
	fill_head(kube);
	read_snapshot(kube);
	wait_for_next(kube);
}

void kube_snapshot_close(struct kube *kube)
{
	if (kube->snapshot_timer == NULL)
		return;
	wait_until_written(kube);
	start_to_write(kube);
	wait_until_written(kube);
	event_free(kube->snapshot_timer);
}
