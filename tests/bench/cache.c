/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache costs and keeps: time of a hit, memory of a million names, and the share of hits
 * on a trace with Zipf's popularity, beside the evictions of others (LRU; at random in 256 pieces)
 * with as many entries. Prints Markdown. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "knamed/cache.h"

enum { HITS = 4000000, NAME_SIZE = 30, REQUESTS = 4000000, PIECES = 256 };

static uint64_t random_state = 88172645463325252;
static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}
static uint64_t random_below(uint64_t most)
{
	return (uint64_t)((unsigned __int128)random_next() * most >> 64);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double resident(void)
{
	unsigned long pages = 0, ignored;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%lu %lu", &ignored, &pages) != 2)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct config_cache config_of(uint32_t entries)
{
	static char dot[] = ".";
	static struct config_zone root = { dot };
	return (struct config_cache){
		.zones = { &root, 1 },
		.success = { .capacity = entries, .most_s = 3600, .least_s = 5 },
		.denial = { .capacity = 1024, .most_s = 1800, .least_s = 5 },
		.serves_stale = true,
		.stale_ms = 86400000,
	};
}

/* Names of 30 octets: three labels of which the first is the number. */
static void question_set(struct dns_query *query, uint64_t number)
{
	char label[16];
	snprintf(label, sizeof(label), "%013llu", (unsigned long long)number);
	query->lower[0] = 13;
	memcpy(query->lower + 1, label, 13);
	memcpy(query->lower + 14, "\7example\6domain", 16);
	query->lower[29] = 0;
	query->name_size = NAME_SIZE;
	query->type = TYPE_A;
	query->class_ = CLASS_IN;
}

/* An answer with two addresses. */
static void put_answer(struct cache *cache, struct dns_query *query)
{
	static const uint8_t record[16] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1 };
	uint8_t packet[256] = { 0, 0, 0x81, 0x80, 0, 1, 0, 2 };
	struct dns_message message;
	memcpy(packet + 12, query->lower, NAME_SIZE);
	memcpy(packet + 12 + NAME_SIZE, "\0\1\0\1", 4);
	memcpy(packet + 16 + NAME_SIZE, record, 16);
	memcpy(packet + 32 + NAME_SIZE, record, 16);
	if (dns_message_read(packet, 48 + NAME_SIZE, &message))
		cache_put(cache, query, &message, clock_now_ns());
}

static bool has(struct cache *cache, const struct dns_query *query)
{
	uint8_t records[512];
	struct cached cached;
	return cache_find(cache, query, clock_now_ns(), records, sizeof(records), &cached) !=
	       CACHE_MISS;
}

/* ---- time and memory ---- */

static void measure_size(uint32_t names)
{
	struct config_cache config = config_of(names);
	double before = resident();
	struct cache *cache = cache_new(&config);
	struct dns_query query = { 0 };
	double began = seconds();
	for (uint32_t i = 0; i < names; i++) {
		question_set(&query, i);
		put_answer(cache, &query);
	}
	double put_ns = (seconds() - began) / names * 1e9, octets = (resident() - before) / names;
	clock_set(clock_now_ns(), clock_unix_s()); /* a query thread reads the clock once in a batch */
	double times[2];
	uint64_t found = 0;
	for (unsigned with = 0; with < 2; with++) {
		began = seconds();
		for (unsigned i = 0; i < HITS; i++) {
			question_set(&query, random_below(names));
			found += with == 1 ? has(cache, &query) : query.lower[13] & 1;
		}
		times[with] = (seconds() - began) / HITS * 1e9;
	}
	clock_release();
	printf("| %u | %.0f | %.0f | %.0f | %.4f |\n", names, times[1] - times[0], put_ns, octets,
	       (double)cache_figures(cache).entries[0] / names);
	if (found == 0)
		printf("nothing was found\n");
	cache_free(cache);
}

/* ---- others' evictions ---- */

/* Entries of a hash map with chains, in one list for each piece or in the order of use. */
struct other {
	uint64_t *names;
	uint32_t *heads, *nexts, *olders, *newers;
	uint32_t bucket_count, count, most, oldest, newest;
};
enum { NONE = UINT32_MAX };

static struct other other_new(uint32_t most)
{
	struct other other = {
		.bucket_count = 2 * most + 1, .most = most, .oldest = NONE, .newest = NONE
	};
	other.names = mem_zalloc(most * sizeof(uint64_t));
	other.nexts = mem_zalloc(most * sizeof(uint32_t));
	other.olders = mem_zalloc(most * sizeof(uint32_t));
	other.newers = mem_zalloc(most * sizeof(uint32_t));
	other.heads = mem_alloc(other.bucket_count * sizeof(uint32_t));
	memset(other.heads, 0xff, other.bucket_count * sizeof(uint32_t));
	return other;
}

static void other_free(struct other *other)
{
	mem_free(other->names);
	mem_free(other->nexts);
	mem_free(other->olders);
	mem_free(other->newers);
	mem_free(other->heads);
}

static uint32_t *link_of(struct other *other, uint64_t name)
{
	uint64_t mixed = name * 0x9e3779b97f4a7c15;
	uint32_t *link = &other->heads[(mixed >> 32) * other->bucket_count >> 32];
	while (*link != NONE && other->names[*link] != name)
		link = &other->nexts[*link];
	return link;
}

static void list_remove(struct other *other, uint32_t i)
{
	uint32_t older = other->olders[i], newer = other->newers[i];
	*(older == NONE ? &other->oldest : &other->newers[older]) = newer;
	*(newer == NONE ? &other->newest : &other->olders[newer]) = older;
}

static void list_add(struct other *other, uint32_t i)
{
	other->olders[i] = other->newest;
	other->newers[i] = NONE;
	*(other->newest == NONE ? &other->oldest : &other->newers[other->newest]) = i;
	other->newest = i;
}

/* Whether it was there; it is afterwards. */
static bool other_ask(struct other *other, uint64_t name, bool is_lru)
{
	uint32_t *link = link_of(other, name), i = *link;
	if (i != NONE) {
		if (is_lru) {
			list_remove(other, i);
			list_add(other, i);
		}
		return true;
	}
	if (other->count < other->most) {
		i = other->count++;
	} else {
		i = is_lru ? other->oldest : (uint32_t)random_below(other->most);
		uint32_t *old = link_of(other, other->names[i]);
		*old = other->nexts[i];
		list_remove(other, i);
	}
	other->names[i] = name;
	link = link_of(other, name);
	other->nexts[i] = NONE;
	*link = i;
	list_add(other, i);
	return false;
}

/* ---- the trace ---- */

static double *zipf_table(uint32_t names, double exponent)
{
	double *table = mem_zalloc(names * sizeof(double)), sum = 0;
	for (uint32_t i = 0; i < names; i++)
		table[i] = sum += pow(i + 1, -exponent);
	return table;
}

/* Every tenth request is for a name that nobody asks for again. */
static uint64_t trace_next(const double *table, uint32_t names)
{
	static uint64_t once;
	if (random_below(10) == 0)
		return 1000000000 + once++;
	double at = (double)(random_next() >> 11) / 9007199254740992.0 * table[names - 1];
	uint32_t low = 0, high = names - 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (table[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void measure_trace(uint32_t names, uint32_t entries, double exponent)
{
	struct config_cache config = config_of(entries);
	struct cache *cache = cache_new(&config);
	struct other lru = other_new(entries), pieces[PIECES];
	struct dns_query query = { 0 };
	double *table = zipf_table(names, exponent);
	uint64_t hits[3] = { 0 };
	for (unsigned i = 0; i < PIECES; i++)
		pieces[i] = other_new(entries / PIECES);
	for (uint32_t i = 0; i < REQUESTS; i++) {
		uint64_t name = trace_next(table, names);
		question_set(&query, name);
		bool found = has(cache, &query);
		if (!found)
			put_answer(cache, &query);
		hits[0] += found;
		hits[1] += other_ask(&lru, name, true);
		hits[2] += other_ask(&pieces[name * 0x9e3779b97f4a7c15 >> 56], name, false);
	}
	printf("| %u | %u | %.1f | %.1f %% | %.1f %% | %.1f %% |\n", names, entries, exponent,
	       100.0 * (double)hits[0] / REQUESTS, 100.0 * (double)hits[1] / REQUESTS,
	       100.0 * (double)hits[2] / REQUESTS);
	for (unsigned i = 0; i < PIECES; i++)
		other_free(&pieces[i]);
	other_free(&lru);
	mem_free(table);
	cache_free(cache);
}

int main(void)
{
	static const uint32_t sizes[] = { 1000, 10000, 100000, 1000000 };
	printf("What the cache costs (names of %d octets, two addresses; questions at random):\n\n",
	       NAME_SIZE);
	printf("| names | hit, ns | put, ns | octets per entry | kept |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		measure_size(sizes[i]);
	printf("\nHits on a trace (Zipf; one request in ten is for a name of its own):\n\n"
	       "| names | entries | exponent | knamed | LRU | at random |\n|---|---|---|---|---|---|\n");
	measure_trace(100000, 9984, 0.9);
	measure_trace(1000000, 9984, 1.0);
	measure_trace(1000000, 99840, 0.9);
	measure_trace(1000000, 99840, 1.1);
	return 0;
}
