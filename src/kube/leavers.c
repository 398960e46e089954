/* SPDX-License-Identifier: Apache-2.0 */
/* Both versions are walked in step, which is all that most changes need; what is left of them where
 * they get out of step is told apart by maps. As many may come as leave: slices that are filled
 * anew exchange their endpoints. So only its own name at another address replaces an endpoint. */
#include "leavers.h"

#include <string.h>

struct walk {
	const struct slice *before, *after;
	uint32_t *left, *come; /* places in before and in after */
	uint32_t left_count, come_count;
};

/* What tells it from others, wherever it is; "": only its address does. */
static const char *name_of(const struct slice *slice, const struct endpoint *endpoint)
{
	const char *host = slice_string(slice, endpoint->hostname);
	return host[0] != '\0' ? host : slice_string(slice, endpoint->pod_name);
}

static bool is_same(const struct walk *walk, uint32_t i, uint32_t j)
{
	if (i >= walk->before->endpoint_count || j >= walk->after->endpoint_count)
		return false;
	const struct endpoint *before = &walk->before->endpoints[i],
			      *after = &walk->after->endpoints[j];
	return ip_equal(&before->address, &after->address) &&
	       strcmp(name_of(walk->before, before), name_of(walk->after, after)) == 0;
}

static void compare(struct walk *walk)
{
	uint32_t i = 0, j = 0;
	for (;;) {
		if (is_same(walk, i, j)) {
			i++;
			j++;
		} else if (is_same(walk, i + 1, j)) {
			walk->left[walk->left_count++] = i++;
		} else if (is_same(walk, i, j + 1)) {
			walk->come[walk->come_count++] = j++;
		} else {
			break;
		}
	}
	while (i < walk->before->endpoint_count)
		walk->left[walk->left_count++] = i++;
	while (j < walk->after->endpoint_count)
		walk->come[walk->come_count++] = j++;
}

/* A pod that ends says so before it leaves. */
static void leave_out_ended(struct walk *walk)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < walk->left_count; i++) {
		const struct endpoint *endpoint = &walk->before->endpoints[walk->left[i]];
		if (endpoint->ready && !endpoint->terminating)
			walk->left[kept++] = walk->left[i];
	}
	walk->left_count = kept;
}

/* ---- out of step ---- */

static const struct text *key_of(struct text *key, const struct slice *slice,
				 const struct endpoint *endpoint)
{
	text_clear(key);
	text_add_n(key, &endpoint->address, sizeof(endpoint->address));
	text_add(key, name_of(slice, endpoint));
	return key;
}

/* Those on both sides only stand in another place now. What is left of the other side, by key. */
static struct map *leave_out_stayers(struct walk *walk)
{
	struct text key = { 0 };
	struct map *come = map_new();
	uint32_t kept = 0;
	for (uint32_t i = 0; i < walk->come_count; i++) {
		const struct endpoint *endpoint = &walk->after->endpoints[walk->come[i]];
		key_of(&key, walk->after, endpoint);
		map_put(come, key.data, key.size, (void *)(uintptr_t)endpoint);
	}
	for (uint32_t i = 0; i < walk->left_count; i++) {
		key_of(&key, walk->before, &walk->before->endpoints[walk->left[i]]);
		if (map_remove(come, key.data, key.size) == NULL)
			walk->left[kept++] = walk->left[i];
	}
	walk->left_count = kept;
	text_done(&key);
	return come;
}

/* The names of those that come, but for what several bear: that tells nobody from others. */
static struct map *names_of(const struct slice *slice, const struct map *come)
{
	struct map *names = map_new();
	size_t position = 0, key_size;
	const void *key;
	void *endpoint;
	while (map_next(come, &position, &key, &key_size, &endpoint)) {
		const char *name = name_of(slice, endpoint);
		if (name[0] != '\0')
			map_put(names, name, strlen(name), endpoint);
	}
	for (uint32_t i = 0; i < slice->endpoint_count && map_count(names) > 0; i++) {
		const char *name = name_of(slice, &slice->endpoints[i]);
		void *bearer = map_get(names, name, strlen(name));
		if (bearer != NULL && bearer != &slice->endpoints[i])
			map_remove(names, name, strlen(name));
	}
	return names;
}

static void leave_out_replaced(struct walk *walk, const struct map *come)
{
	struct map *names = names_of(walk->after, come);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < walk->left_count; i++) {
		const char *name = name_of(walk->before, &walk->before->endpoints[walk->left[i]]);
		if (map_get(names, name, strlen(name)) == NULL)
			walk->left[kept++] = walk->left[i];
	}
	walk->left_count = kept;
	map_free(names);
}

/* ---- all of it ---- */

struct leavers leavers_find(const struct slice *before, const struct slice *after)
{
	static const struct slice nothing;
	struct walk walk = { .before = before, .after = after != NULL ? after : &nothing };
	walk.left = mem_alloc(before->endpoint_count * sizeof(*walk.left));
	walk.come = mem_alloc(walk.after->endpoint_count * sizeof(*walk.come));
	compare(&walk);
	if (walk.left_count > 0 && walk.come_count > 0) {
		struct map *come = leave_out_stayers(&walk);
		leave_out_ended(&walk);
		if (walk.left_count > 0)
			leave_out_replaced(&walk, come);
		map_free(come);
	} else {
		leave_out_ended(&walk);
	}
	mem_free(walk.come);
	return (struct leavers){ walk.left, walk.left_count };
}

void leavers_done(struct leavers *leavers)
{
	mem_free(leavers->at);
	*leavers = (struct leavers){ 0 };
}
