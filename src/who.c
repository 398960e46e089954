/* SPDX-License-Identifier: Apache-2.0 */
#include "who.h"

#include <string.h>

#include "knamed/model.h"

enum { WALKERS = 512 };

/* A zone of services, and the block that it is in. */
struct sight {
	size_t block;
	uint8_t size;
	uint8_t name[DNS_NAME_MAX];
};
/* Whose namespace was seen. Others take the place: what is remembered is bounded. */
struct walker {
	struct ip ip;
	char namespace_[NAMESPACE_SIZE];
};

struct who {
	const struct pipeline *pipeline;
	struct sight *sights;
	size_t sight_count;
	struct hash_key secret;
	struct walker *walkers; /* NULL: none so far */
};

/* ---- zones ---- */

static void add_sights(struct who *who, const struct config *config, size_t block)
{
	const struct config_zones *zones = &config->blocks[block].kubernetes->zones;
	for (size_t i = 0; i < zones->count; i++) {
		struct sight sight = { .block = block };
		if (!name_parse(zones->zones[i].text, sight.name, &sight.size))
			continue;
		name_lower(sight.name, sight.size);
		if (name_is_reverse(sight.name))
			continue;
		who->sights = mem_realloc(who->sights, (who->sight_count + 1) * sizeof(*who->sights));
		who->sights[who->sight_count++] = sight;
	}
}

void who_use(struct who *who, const struct config *config)
{
	mem_free(who->sights);
	who->sights = NULL;
	who->sight_count = 0;
	for (size_t i = 0; i < config->block_count; i++)
		if (config->blocks[i].kubernetes != NULL)
			add_sights(who, config, i);
}

struct who *who_new(const struct pipeline *pipeline, const struct config *config)
{
	struct who *who = mem_zalloc(sizeof(*who));
	who->pipeline = pipeline;
	who->secret = hash_key_random();
	who_use(who, config);
	return who;
}

void who_free(struct who *who)
{
	if (who == NULL)
		return;
	mem_free(who->sights);
	mem_free(who->walkers);
	mem_free(who);
}

/* ---- a name in a zone ---- */

/* Labels in front of the zone, the last one first. */
struct seen {
	const struct model *model;
	const uint8_t *labels[DNS_NAME_MAX / 2];
	size_t count;
};

static bool is_in_zone(const struct sample *sample, const struct sight *sight)
{
	return sample->name_size > sight->size &&
	       memcmp(sample->name + sample->name_size - sight->size, sight->name, sight->size) == 0;
}

/* False: the zone's octets are there, but do not begin with a label. */
static bool cut(const struct sample *sample, const struct sight *sight, struct seen *ret_seen)
{
	const uint8_t *labels[DNS_NAME_MAX / 2];
	const uint8_t *at = sample->name, *end = sample->name + sample->name_size - sight->size;
	size_t count = 0;
	while (at < end && *at != 0) {
		labels[count++] = at;
		at += *at + 1;
	}
	for (size_t i = 0; i < count; i++)
		ret_seen->labels[i] = labels[count - 1 - i];
	ret_seen->count = count;
	return at == end;
}

static bool see(const struct who *who, const struct sample *sample, struct seen *ret_seen)
{
	for (size_t i = 0; sample->name != NULL && i < who->sight_count; i++) {
		const struct sight *sight = &who->sights[i];
		if (!is_in_zone(sample, sight) || !cut(sample, sight, ret_seen))
			continue;
		ret_seen->model = pipeline_model(who->pipeline, sight->block);
		return ret_seen->model != NULL;
	}
	return false;
}

static bool is_label(const uint8_t *label, const char *word)
{
	return label[0] == strlen(word) && memcmp(label + 1, word, label[0]) == 0;
}

/* False: no object is called like that. */
static bool text_of(const uint8_t *label, char ret_text[NAMESPACE_SIZE])
{
	memcpy(ret_text, label + 1, label[0]);
	ret_text[label[0]] = '\0';
	return strlen(ret_text) == label[0];
}

static bool is_namespace(const struct model *model, const uint8_t *label,
			 char ret_namespace[NAMESPACE_SIZE])
{
	return text_of(label, ret_namespace) &&
	       model_get(model, OBJECT_NAMESPACE, "", ret_namespace) != NULL;
}

static bool is_service(const struct model *model, const char *namespace_, const uint8_t *label)
{
	char name[NAMESPACE_SIZE];
	return text_of(label, name) && model_get(model, OBJECT_SERVICE, namespace_, name) != NULL;
}

bool who_find_namespace(const struct who *who, const struct sample *sample,
			char ret_namespace[NAMESPACE_SIZE])
{
	struct seen seen;
	return see(who, sample, &seen) && seen.count >= 2 &&
	       (is_label(seen.labels[0], "svc") || is_label(seen.labels[0], "pod")) &&
	       text_of(seen.labels[1], ret_namespace);
}

/* ---- search lists ---- */

/* Of NAME.NAMESPACE.svc.ZONE: a name of one label may be a service that is meant, of two labels an
 * endpoint of a service that is there, and with a `_` it asks for ports. */
static bool is_meant(const struct seen *seen, const char *namespace_)
{
	size_t count = seen->count - 2;
	const uint8_t *first = seen->labels[seen->count - 1];
	return count < 2 || first[1] == '_' || is_service(seen->model, namespace_, seen->labels[2]);
}

enum verdict { VERDICT_MEANT, VERDICT_WASTED, VERDICT_WASTED_IN /* this namespace */ };

static enum verdict judge(const struct seen *seen, char ret_namespace[NAMESPACE_SIZE])
{
	if (seen->count == 0 || is_label(seen->labels[0], "pod"))
		return VERDICT_MEANT;
	if (!is_label(seen->labels[0], "svc")) /* NAME.ZONE */
		return VERDICT_WASTED;
	if (seen->count < 2)
		return VERDICT_MEANT;
	if (!is_namespace(seen->model, seen->labels[1], ret_namespace)) /* NAME.svc.ZONE */
		return VERDICT_WASTED;
	return is_meant(seen, ret_namespace) ? VERDICT_MEANT : VERDICT_WASTED_IN;
}

static struct walker *walker_of(struct who *who, const struct ip *ip)
{
	if (who->walkers == NULL)
		who->walkers = mem_zalloc(WALKERS * sizeof(*who->walkers));
	return &who->walkers[hash_bytes(&who->secret, ip, sizeof(*ip)) % WALKERS];
}

static void remember(struct who *who, const struct ip *ip, const char *namespace_)
{
	struct walker *walker = walker_of(who, ip);
	walker->ip = *ip;
	memcpy(walker->namespace_, namespace_, NAMESPACE_SIZE);
}

static void recall(struct who *who, const struct ip *ip, char ret_namespace[NAMESPACE_SIZE])
{
	const struct walker *walker = walker_of(who, ip);
	ret_namespace[0] = '\0';
	if (ip_equal(&walker->ip, ip))
		memcpy(ret_namespace, walker->namespace_, NAMESPACE_SIZE);
}

bool who_is_wasted(struct who *who, const struct sample *sample, char ret_namespace[NAMESPACE_SIZE])
{
	struct seen seen;
	char namespace_[NAMESPACE_SIZE] = "";
	if (!see(who, sample, &seen))
		return false;
	switch (judge(&seen, namespace_)) {
	case VERDICT_MEANT:
		return false;
	case VERDICT_WASTED_IN:
		remember(who, &sample->client, namespace_);
		memcpy(ret_namespace, namespace_, NAMESPACE_SIZE);
		return true;
	case VERDICT_WASTED:
		recall(who, &sample->client, ret_namespace);
		return true;
	}
	return false;
}

/* ---- pods ---- */

bool who_find_pod(const struct who *who, const struct ip *ip, struct text *ret_pod)
{
	size_t count;
	const struct serve_block *blocks = pipeline_blocks(who->pipeline, &count);
	for (size_t i = 0; i < count; i++) {
		struct catalog_pod pod;
		if (blocks[i].kubernetes == NULL || !catalog_pod_at(blocks[i].kubernetes, ip, &pod))
			continue;
		text_printf(ret_pod, "%s/%s", pod.namespace_, pod.name);
		return true;
	}
	return false;
}
