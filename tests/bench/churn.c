/* SPDX-License-Identifier: Apache-2.0 */
/* Changes EndpointSlices of an API server at a steady rate and asks a DNS server until it says so:
 * how long from the instant before each PATCH to the first right answer, and from the PATCH's
 * return.
 *
 *   churn --api URL --token T --ca FILE --dns ADDRESS:PORT --namespace N [--services N] [--slices
 * N] [--endpoints N]
 *         [--rate N] [--seconds N]
 *
 * Service svc-I has slices svc-I-J; every event gives endpoint 0 of the next slice an address that
 * no one had before, and the name that only this address has (10-1-2-3.svc-I...) is asked for. A
 * slice has one change under way at a time: when all are busy the event is late, and the time
 * counts from when it was due. Prints one line of JSON. */
#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MOST = 200000, POLL_NS = 100 * 1000, GIVE_UP_S = 30, REQUESTS_MOST = 64 };

struct options {
	const char *api, *token, *ca, *namespace_, *dns_address, *zone;
	int dns_port;
	unsigned services, slices, rate, seconds, first;
};

enum stage { STAGE_WAITING, STAGE_ASKED, STAGE_SEEN };

/* One change. The sender fills it and then moves `stage`; the poller answers by STAGE_SEEN. */
struct change {
	_Atomic int stage;
	unsigned target; /* which slice */
	uint32_t address;
	uint64_t due_ns, sent_ns;
	_Atomic uint64_t returned_ns, seen_ns;
	long status;
};

struct churn {
	struct options options;
	struct change *changes;
	unsigned change_count;
	_Atomic unsigned begun; /* changes before this one were sent */
	_Atomic bool over;
	_Atomic unsigned long polls;
	struct change **busy; /* per slice: the change under way */
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- asking ---- */

static size_t name_add(uint8_t *packet, size_t at, const char *label, size_t size)
{
	packet[at] = (uint8_t)size;
	memcpy(packet + at + 1, label, size);
	return at + 1 + size;
}

static size_t question_write(const struct churn *churn, const struct change *change, uint16_t id,
			     uint8_t packet[512])
{
	static const uint8_t head[12] = { 0, 0, 1, 0, 0, 1 };
	char text[256];
	uint32_t ip = change->address;
	memcpy(packet, head, sizeof(head));
	packet[0] = (uint8_t)(id >> 8);
	packet[1] = (uint8_t)id;
	snprintf(text, sizeof(text), "%u-%u-%u-%u.svc-%u.%s.svc.%s", ip >> 24, ip >> 16 & 255,
		 ip >> 8 & 255, ip & 255, change->target / churn->options.slices,
		 churn->options.namespace_, churn->options.zone);
	size_t at = sizeof(head);
	for (char *label = text; label != NULL && *label != '\0';) {
		char *dot = strchr(label, '.');
		at = name_add(packet, at, label, dot == NULL ? strlen(label) : (size_t)(dot - label));
		label = dot == NULL ? NULL : dot + 1;
	}
	memcpy(packet + at, "\0\0\1\0\1", 5);
	return at + 5;
}

static bool is_right(const uint8_t *reply, ssize_t size, uint32_t address)
{
	if (size < 28 || (reply[3] & 15) != 0 || reply[7] == 0)
		return false;
	uint32_t network = htonl(address);
	return memmem(reply + 12, (size_t)size - 12, &network, 4) != NULL;
}

/* Asks once for each change that is not seen yet; answers come in any order, the id says whose. */
static void poll_round(struct churn *churn, int udp, unsigned from, unsigned to)
{
	uint8_t packet[512];
	for (unsigned i = from; i < to; i++) {
		struct change *change = &churn->changes[i];
		if (atomic_load(&change->stage) != STAGE_ASKED)
			continue;
		size_t size = question_write(churn, change, (uint16_t)i, packet);
		if (send(udp, packet, size, 0) < 0 && errno != ECONNREFUSED)
			perror("send");
		atomic_fetch_add(&churn->polls, 1);
	}
}

static void take_replies(struct churn *churn, int udp, unsigned from, unsigned to)
{
	uint8_t reply[2048];
	for (ssize_t size; (size = recv(udp, reply, sizeof(reply), MSG_DONTWAIT)) >= 0;) {
		uint16_t id = (uint16_t)(reply[0] << 8 | reply[1]);
		unsigned index = (from & ~0xffffu) | id;
		if (index < from)
			index += 0x10000;
		if (size < 12 || index >= to)
			continue;
		struct change *change = &churn->changes[index];
		if (atomic_load(&change->stage) == STAGE_ASKED &&
		    is_right(reply, size, change->address)) {
			atomic_store(&change->seen_ns, now_ns());
			atomic_store(&change->stage, STAGE_SEEN);
		}
	}
}

static void *poll_all(void *context)
{
	struct churn *churn = context;
	struct sockaddr_in server = { .sin_family = AF_INET,
				      .sin_port = htons((uint16_t)churn->options.dns_port) };
	int udp = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
	inet_pton(AF_INET, churn->options.dns_address, &server.sin_addr);
	setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(udp, (struct sockaddr *)&server, sizeof(server)) != 0)
		perror("connect");
	prctl(PR_SET_TIMERSLACK, 1);
	unsigned from = 0;
	while (!atomic_load(&churn->over)) {
		unsigned to = atomic_load(&churn->begun);
		while (from < to && atomic_load(&churn->changes[from].stage) == STAGE_SEEN)
			from++;
		poll_round(churn, udp, from, to);
		for (uint64_t end = now_ns() + POLL_NS; now_ns() < end;) {
			take_replies(churn, udp, from, to);
			nanosleep(&(struct timespec){ 0, 20000 }, NULL);
		}
	}
	close(udp);
	return NULL;
}

/* ---- changing ---- */

struct request {
	CURL *easy;
	struct change *change;
	char body[160];
	bool is_busy;
};

static size_t drop_body(char *bytes, size_t one, size_t size, void *context)
{
	(void)bytes;
	(void)context;
	return one * size;
}

static void request_setup(struct request *request, const struct options *options,
			  struct curl_slist *headers)
{
	CURL *easy = request->easy = curl_easy_init();
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PATCH");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)GIVE_UP_S);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

static void request_send(struct request *request, struct churn *churn, CURLM *multi)
{
	const struct options *options = &churn->options;
	struct change *change = request->change;
	char url[512];
	uint32_t ip = change->address;
	snprintf(url, sizeof(url),
		 "%s/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices/svc-%u-%u", options->api,
		 options->namespace_, change->target / options->slices,
		 change->target % options->slices);
	snprintf(request->body, sizeof(request->body),
		 "[{\"op\":\"replace\",\"path\":\"/endpoints/0/addresses/0\",\"value\":\"%u.%u.%u.%u\"}]",
		 ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	curl_easy_setopt(request->easy, CURLOPT_URL, url);
	curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, request->body);
	request->is_busy = true;
	change->sent_ns = now_ns();
	atomic_store(&change->stage, STAGE_ASKED);
	atomic_store(&churn->begun, (unsigned)(change - churn->changes) + 1);
	curl_multi_add_handle(multi, request->easy);
}

static void finish_requests(CURLM *multi)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
		struct request *request = NULL;
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &request->change->status);
		atomic_store(&request->change->returned_ns, now_ns());
		if (code != CURLE_OK || request->change->status != 200)
			fprintf(stderr, "churn: PATCH: %s, status %ld\n", curl_easy_strerror(code),
				request->change->status);
		curl_multi_remove_handle(multi, easy);
		request->is_busy = false;
	}
}

static struct request *free_request(struct request *requests)
{
	for (unsigned i = 0; i < REQUESTS_MOST; i++)
		if (!requests[i].is_busy)
			return &requests[i];
	return NULL;
}

static bool is_idle(struct churn *churn, unsigned target)
{
	struct change *before = churn->busy[target];
	return before == NULL ||
	       (atomic_load(&before->stage) == STAGE_SEEN && atomic_load(&before->returned_ns) != 0);
}

/* Sends what is due. */
static unsigned send_due(struct churn *churn, CURLM *multi, struct request *requests, unsigned next)
{
	unsigned targets = churn->options.services * churn->options.slices;
	while (next < churn->change_count && churn->changes[next].due_ns <= now_ns()) {
		struct change *change = &churn->changes[next];
		change->target = next % targets;
		struct request *request = free_request(requests);
		if (request == NULL || !is_idle(churn, change->target))
			break;
		churn->busy[change->target] = change;
		request->change = change;
		request_send(request, churn, multi);
		next++;
	}
	return next;
}

static bool all_seen(struct churn *churn)
{
	for (unsigned i = 0; i < churn->change_count; i++)
		if (atomic_load(&churn->changes[i].stage) != STAGE_SEEN ||
		    atomic_load(&churn->changes[i].returned_ns) == 0)
			return false;
	return true;
}

static void change_all(struct churn *churn, struct curl_slist *headers)
{
	static struct request requests[REQUESTS_MOST];
	CURLM *multi = curl_multi_init();
	for (unsigned i = 0; i < REQUESTS_MOST; i++)
		request_setup(&requests[i], &churn->options, headers);
	prctl(PR_SET_TIMERSLACK, 1);
	uint64_t start = now_ns(), gap = 1000000000u / churn->options.rate;
	for (unsigned i = 0; i < churn->change_count; i++)
		churn->changes[i].due_ns = start + 500000000u + i * gap;
	uint64_t end = churn->changes[churn->change_count - 1].due_ns + GIVE_UP_S * 1000000000ull;
	int running;
	for (unsigned next = 0; now_ns() < end && (next < churn->change_count || !all_seen(churn));) {
		next = send_due(churn, multi, requests, next);
		curl_multi_perform(multi, &running);
		finish_requests(multi);
		struct timespec pause = { 0, 50000 };
		nanosleep(&pause, NULL);
	}
	for (unsigned i = 0; i < REQUESTS_MOST; i++)
		curl_easy_cleanup(requests[i].easy);
	curl_multi_cleanup(multi);
}

/* ---- report ---- */

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return left < right ? -1 : left > right;
}

static void print_percentiles(const char *what, double *list, size_t count)
{
	if (count == 0)
		return;
	qsort(list, count, sizeof(*list), compare_numbers);
	printf(", \"%s_ms\": {\"p50\": %.3f, \"p99\": %.3f, \"most\": %.3f}", what, list[count / 2],
	       list[count * 99 / 100], list[count - 1]);
}

static int print_report(struct churn *churn)
{
	double *before = calloc(churn->change_count, sizeof(double)),
	       *after = calloc(churn->change_count, sizeof(double)),
	       *patch = calloc(churn->change_count, sizeof(double));
	size_t seen = 0, late = 0;
	for (unsigned i = 0; i < churn->change_count; i++) {
		const struct change *change = &churn->changes[i];
		if (change->stage != STAGE_SEEN || change->status != 200)
			continue;
		late += change->sent_ns > change->due_ns + 100000000u;
		before[seen] = (double)(change->seen_ns - change->sent_ns) / 1e6;
		after[seen] = ((double)change->seen_ns - (double)change->returned_ns) / 1e6;
		patch[seen++] = (double)(change->returned_ns - change->sent_ns) / 1e6;
	}
	printf("{\"changes\": %u, \"seen\": %zu, \"late\": %zu, \"polls\": %lu",
	       churn->change_count, seen, late, (unsigned long)churn->polls);
	print_percentiles("patch_to_answer", before, seen);
	print_percentiles("return_to_answer", after, seen);
	print_percentiles("patch", patch, seen);
	printf("}\n");
	free(before);
	free(after);
	free(patch);
	return seen == churn->change_count ? 0 : 1;
}

/* ---- start ---- */

static void option_set(struct options *options, const char *name, char *value)
{
	if (strcmp(name, "--api") == 0)
		options->api = value;
	else if (strcmp(name, "--token") == 0)
		options->token = value;
	else if (strcmp(name, "--ca") == 0)
		options->ca = value;
	else if (strcmp(name, "--namespace") == 0)
		options->namespace_ = value;
	else if (strcmp(name, "--zone") == 0)
		options->zone = value;
	else if (strcmp(name, "--dns") == 0 && strchr(value, ':') != NULL) {
		options->dns_port = (int)strtol(strchr(value, ':') + 1, NULL, 10);
		*strchr(value, ':') = '\0';
		options->dns_address = value;
	} else if (strcmp(name, "--services") == 0)
		options->services = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--slices") == 0)
		options->slices = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--rate") == 0)
		options->rate = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--seconds") == 0)
		options->seconds = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--first") == 0)
		options->first = (unsigned)strtoul(value, NULL, 10);
	else {
		fprintf(stderr, "churn: unknown option %s\n", name);
		exit(2);
	}
}

static struct options options_read(int argc, char **argv)
{
	struct options options = { .namespace_ = "bench",
				   .zone = "cluster.local",
				   .services = 1,
				   .slices = 1,
				   .rate = 1,
				   .seconds = 10 };
	for (int i = 1; i + 1 < argc; i += 2)
		option_set(&options, argv[i], argv[i + 1]);
	if (options.api == NULL || options.token == NULL || options.ca == NULL ||
	    options.dns_address == NULL || options.rate == 0 || options.services == 0 ||
	    options.slices == 0 || (uint64_t)options.rate * options.seconds - 1 >= EVENTS_MOST) {
		fprintf(stderr, "usage: see the head of tests/bench/churn.c\n");
		exit(2);
	}
	return options;
}

int main(int argc, char **argv)
{
	static struct churn churn;
	char bearer[4096];
	pthread_t poller;
	churn.options = options_read(argc, argv);
	churn.change_count = churn.options.rate * churn.options.seconds;
	churn.changes = calloc(churn.change_count, sizeof(*churn.changes));
	churn.busy = calloc((size_t)churn.options.services * churn.options.slices,
			    sizeof(struct change *));
	assert(churn.changes != NULL && churn.busy != NULL);
	for (unsigned i = 0; i < churn.change_count;
	     i++) /* 11.0.0.0/8 is nobody's in the bench's cluster */
		churn.changes[i].address = 0x0b000000u + ((churn.options.first + i) & 0xffffffu);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", churn.options.token);
	struct curl_slist *headers = curl_slist_append(NULL, bearer);
	headers = curl_slist_append(headers, "Content-Type: application/json-patch+json");
	pthread_create(&poller, NULL, poll_all, &churn);
	change_all(&churn, headers);
	atomic_store(&churn.over, true);
	pthread_join(poller, NULL);
	curl_slist_free_all(headers);
	return print_report(&churn);
}
