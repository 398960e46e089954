/* SPDX-License-Identifier: Apache-2.0 */
/* `autopath`: which names a client would try next (names.md 15). The question alone decides, not
 * who asks: its first name of the search list says from which namespace it comes, so that all
 * replicas, and A and AAAA, are told the same. */
#include "policy.h"

#include <string.h>

#include "zone_list.h"

struct autopath {
	struct zone_list zones; /* questions in these */
	struct zone_list search;
	struct zone_list cluster; /* by_cluster: the zones of `kubernetes` */
	bool by_cluster;
	struct counts *walked;
};

/* Labels of NS.svc.ZONE in front of the zone; what a client must have looked for, or else it is the name of a Service. */
enum { SPACE_LABELS = 2, CLUSTER_BASE_LEAST = 2 };

static void take_forward(struct zone_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (!name_is_reverse(list->names[i]))
			memmove(list->names[kept++], list->names[i], sizeof(list->names[i]));
	list->count = kept;
}

static void write_labels(void *context, uint64_t what, const struct counts_place *place,
			 struct text *labels)
{
	(void)context;
	(void)what;
	metrics_label(labels, "server", place->server);
}

bool autopath_compile(const struct policy_options *options, struct autopath **ret_autopath,
		      struct error *error)
{
	const struct config_autopath *config = options->block->autopath;
	struct autopath *autopath = *ret_autopath = mem_zalloc(sizeof(*autopath));
	autopath->by_cluster = config->by_cluster;
	if (options->metrics != NULL)
		autopath->walked = metrics_counts(options->metrics, "coredns_autopath_success_total",
						  "Counter of requests that did autopath.",
						  write_labels, autopath);
	if (!zone_list_compile(&config->zones, &autopath->zones, error) ||
	    !zone_list_compile(&config->search, &autopath->search, error))
		return false;
	if (!config->by_cluster)
		return true;
	if (!zone_list_compile(&options->block->kubernetes->zones, &autopath->cluster, error))
		return false;
	take_forward(&autopath->cluster);
	return true;
}

void autopath_free(struct autopath *autopath)
{
	if (autopath == NULL)
		return;
	counts_free(autopath->walked);
	zone_list_done(&autopath->zones);
	zone_list_done(&autopath->search);
	zone_list_done(&autopath->cluster);
	mem_free(autopath);
}

/* Where its questions are: below the first name of a search list. */
static bool may_be_first(const struct autopath *autopath, const uint8_t *zone)
{
	const struct zone_list first = { autopath->search.names, autopath->search.count > 0 };
	return zone_list_meets(autopath->by_cluster ? &autopath->cluster : &first, zone);
}

bool autopath_touches(const struct autopath *autopath, const uint8_t *zone)
{
	return zone_list_meets(&autopath->zones, zone) && may_be_first(autopath, zone);
}

/* ---- the way ---- */

/* What stands behind the first labels of the question's name. */
static const uint8_t *name_behind(const struct dns_query *query, unsigned labels)
{
	unsigned at = labels < query->label_count ? query->labels[labels] : query->name_size - 1u;
	return query->lower + at;
}

static bool begin_in_cluster(const struct autopath *autopath, struct autopath_way *way)
{
	const struct dns_query *query = way->query;
	size_t index;
	if (!zone_list_find(&autopath->cluster, query->lower, &index))
		return false;
	way->zone_labels = (uint8_t)name_label_count(autopath->cluster.names[index]);
	if (query->label_count < way->zone_labels + SPACE_LABELS + CLUSTER_BASE_LEAST)
		return false;
	way->base_labels = (uint8_t)(query->label_count - way->zone_labels - SPACE_LABELS);
	return memcmp(name_behind(query, way->base_labels + 1u), "\3svc", 4) == 0;
}

static bool begin_in_list(const struct autopath *autopath, struct autopath_way *way)
{
	const struct dns_query *query = way->query;
	if (autopath->search.count == 0 || !name_is_under(query->lower, autopath->search.names[0]))
		return false;
	way->base_labels = (uint8_t)(query->label_count - name_label_count(autopath->search.names[0]));
	return way->base_labels > 0;
}

bool autopath_begin(const struct policy *policy, const struct dns_query *query,
		    struct autopath_way *ret_way)
{
	const struct autopath *autopath = policy->autopath;
	size_t index;
	if (autopath == NULL || query->class_ != CLASS_IN)
		return false;
	*ret_way = (struct autopath_way){ .policy = policy,
					  .query = query,
					  .by_cluster = autopath->by_cluster };
	return (autopath->by_cluster ? begin_in_cluster(autopath, ret_way)
				     : begin_in_list(autopath, ret_way)) &&
	       zone_list_find(&autopath->zones, query->lower, &index);
}

/* A name that the list of the cluster has already. */
static bool is_of_cluster(const struct autopath_way *way, const uint8_t *name)
{
	for (unsigned skipped = 0; way->by_cluster && skipped <= SPACE_LABELS; skipped++)
		if (name_equal_fold(name, name_behind(way->query, way->base_labels + skipped)))
			return true;
	return false;
}

/* The index-th name of the list; the empty one is behind the last. */
static enum autopath_verdict suffix_at(const struct autopath_way *way, unsigned index,
				       const uint8_t **ret_suffix)
{
	static const uint8_t root[] = { 0 };
	const struct zone_list *search = &way->policy->autopath->search;
	if (way->by_cluster && index <= SPACE_LABELS) {
		*ret_suffix = name_behind(way->query, way->base_labels + index);
		return AUTOPATH_NAME;
	}
	size_t at = way->by_cluster ? index - SPACE_LABELS - 1u : index;
	if (at > search->count)
		return AUTOPATH_END;
	*ret_suffix = at < search->count ? search->names[at] : root;
	return at < search->count && is_of_cluster(way, *ret_suffix) ? AUTOPATH_SKIP : AUTOPATH_NAME;
}

enum autopath_verdict autopath_next(const struct autopath_way *way, unsigned index,
				    uint8_t ret_name[DNS_NAME_MAX + 1])
{
	const uint8_t *suffix;
	enum autopath_verdict verdict = suffix_at(way, index, &suffix);
	if (verdict != AUTOPATH_NAME)
		return verdict;
	size_t base_size = way->query->labels[way->base_labels - 1u] + 1u +
			   way->query->lower[way->query->labels[way->base_labels - 1u]];
	if (base_size + name_size(suffix) > DNS_NAME_MAX)
		return AUTOPATH_SKIP;
	memcpy(ret_name, way->query->packet + DNS_HEADER_SIZE, base_size);
	memcpy(ret_name + base_size, suffix, name_size(suffix));
	return AUTOPATH_NAME;
}

/* ---- the reply ---- */

/* As CoreDNS: from the name asked for to that of the first record, and as long as that one. */
static bool write_alias(const struct autopath_way *way, const struct dns_message *found,
			struct dns_writer *writer)
{
	struct dns_walk walk = { 0 };
	struct dns_record first;
	uint8_t name[DNS_NAME_MAX + 1], size;
	if (!dns_message_next(found, &walk, &first) || first.section != 0)
		return false;
	dns_message_name(found, first.at, name, &size);
	if (name_equal_fold(name, way->query->packet + DNS_HEADER_SIZE))
		return false;
	return write_u16(writer, POINTER_TO_QUESTION) && write_u16(writer, TYPE_CNAME) &&
	       write_u16(writer, CLASS_IN) && write_u32(writer, first.ttl) &&
	       write_u16(writer, size) && write_name(writer, name);
}

size_t autopath_write(const struct autopath_way *way, const struct dns_message *found,
		      uint8_t *ret_packet)
{
	struct made_message made;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	made_begin(&made, way->query, found, FLAG_AA | FLAG_RA | FLAG_TC | FLAG_AD, ret_packet);
	made.counts[0] += write_alias(way, found, &made.writer);
	while (dns_message_next(found, &walk, &record)) {
		if (!dns_record_write(found, &record, record.ttl, &made.writer, &made.compress)) {
			made_cut(&made, record.section);
			break;
		}
		made.counts[record.section]++;
	}
	return made_end(&made);
}

void autopath_count(const struct policy *policy, unsigned meter)
{
	if (policy->autopath->walked != NULL && meter != METER_NONE)
		counts_add(policy->autopath->walked, meter, 0);
}
