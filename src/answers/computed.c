/* SPDX-License-Identifier: Apache-2.0 */
/* Answers computed from the question: pod names (names.md 7), dashed names of plain endpoints (4), PTR (8), and zonal
 * names without endpoints of their own (15). They are read from the small entry of an address. */
#include <assert.h>
#include <string.h>

#include "store.h"

/* Appends one RR whose owner is the name asked. False: no room, and the reply is marked cut. */
static bool add_record(struct reply *reply, uint16_t type, uint32_t ttl, const void *rdata, size_t size)
{
	if (12 + size > reply_room(reply)) {
		reply->truncated = true;
		return false;
	}
	uint8_t *at = reply->packet + reply->at;
	put_u16(at, (uint16_t)(0xc000 | reply->owner_at));
	put_u16(at + 2, type);
	put_u16(at + 4, CLASS_IN);
	put_u32(at + 6, ttl);
	put_u16(at + 10, (uint16_t)size);
	memcpy(at + 12, rdata, size);
	reply->at += (uint32_t)(12 + size);
	reply->answers++;
	return true;
}

static bool wants_address(const struct lookup *lookup, const struct ip *ip)
{
	return lookup->type == (ip->family == 4 ? TYPE_A : TYPE_AAAA) || lookup->type == TYPE_ANY;
}

static void add_address(const struct lookup *lookup, struct reply *reply, const struct ip *ip)
{
	add_record(reply, ip->family == 4 ? TYPE_A : TYPE_AAAA, lookup->catalog->ttl, ip->bytes,
		   ip->family == 4 ? 4 : 16);
}

unsigned dashed_label(const struct ip *ip, uint8_t ret_label[DNS_LABEL_MAX + 1])
{
	char text[IP_TEXT_SIZE + 1];
	ip_print(ip, text);
	size_t size = strlen(text);
	assert(size > 0);
	for (size_t i = 0; i < size; i++)
		ret_label[i + 1] = text[i] == '.' || text[i] == ':' ? '-' : (uint8_t)text[i];
	if (ret_label[size] == '-')
		ret_label[++size] = '0';
	ret_label[0] = (uint8_t)size;
	return (unsigned)size + 1;
}

/* Four decimal groups without leading zeros. */
static bool read_ipv4_label(const uint8_t *label, unsigned size, struct ip *ret_ip)
{
	struct ip ip = { .family = 4 };
	unsigned group = 0, value = 0, digits = 0;
	for (unsigned i = 0; i <= size; i++) {
		if (i == size || label[i] == '-') {
			if (digits == 0 || value > 255 || group == 4)
				return false;
			ip.bytes[group++] = (uint8_t)value;
			value = digits = 0;
			continue;
		}
		if (label[i] < '0' || label[i] > '9' || (digits == 1 && value == 0) || digits == 3)
			return false;
		value = value * 10 + (label[i] - '0');
		digits++;
	}
	*ret_ip = ip;
	return group == 4;
}

static bool is_decimal_groups(const uint8_t *label, unsigned size)
{
	unsigned dashes = 0;
	for (unsigned i = 0; i < size; i++) {
		if (label[i] == '-')
			dashes++;
		else if (label[i] < '0' || label[i] > '9')
			return false;
	}
	return dashes == 3;
}

bool pod_label_read(const uint8_t *label, unsigned size, struct ip *ret_ip)
{
	char text[DNS_LABEL_MAX + 1];
	if (is_decimal_groups(label, size) && label[0] != '-' && label[size - 1] != '-' &&
	    memmem(label, size, "--", 2) == NULL)
		return read_ipv4_label(label, size, ret_ip);
	if (size > IP_TEXT_SIZE || memchr(label, '-', size) == NULL)
		return false;
	for (unsigned i = 0, digits = 0; i < size; i++) {
		bool is_hex = (label[i] >= '0' && label[i] <= '9') ||
			      (label[i] >= 'a' && label[i] <= 'f');
		digits = is_hex ? digits + 1 : 0;
		if ((!is_hex && label[i] != '-') || digits > 4)
			return false;
		text[i] = label[i] == '-' ? ':' : (char)label[i];
	}
	text[size] = '\0';
	return ip_parse(text, ret_ip);
}

/* ---- pods ---- */

static bool pod_is_known(const struct lookup *lookup, const struct ip *ip)
{
	uint8_t key[24], key_size = address_key(KEY_POD, ip, key);
	const struct entry *entry = find_key(lookup, key, key_size);
	if (entry == NULL)
		return false;
	const struct owner *const *spaces = (const void *)entry_data(entry, &entry->sets[0]);
	const uint8_t *wanted = lookup->lower + lookup->labels[1];
	for (unsigned i = 0; i < entry->sets[0].count; i++)
		if (spaces[i]->size == wanted[0] + 1 &&
		    memcmp(spaces[i]->labels, wanted, spaces[i]->size) == 0)
			return true;
	return false;
}

/* IP.NS.pod.Z where NS.pod.Z exists. */
enum answer_kind write_pod(const struct lookup *lookup, struct reply *reply)
{
	struct ip ip;
	if (!pod_label_read(lookup->lower + 1, lookup->lower[0], &ip) ||
	    (lookup->catalog->pods == CLUSTER_PODS_VERIFIED && !pod_is_known(lookup, &ip)))
		return write_denial(lookup, reply, false, false);
	if (!wants_address(lookup, &ip))
		return write_denial(lookup, reply, true, false);
	add_address(lookup, reply, &ip);
	return ANSWER_FOUND;
}

/* ---- endpoints that are called by their address ---- */

struct dashed {
	uint16_t numbers[64];
	size_t count, pairs;
};

/* The ports of the references that make the name an endpoint of its service. There may be thousands
 * of references: who does not ask for ports is content with the first. */
static struct dashed dashed_ports(const struct lookup *lookup, const struct entry *entry)
{
	const struct ports *last = NULL;
	struct dashed dashed = { .count = 0 };
	const struct address_ref *refs = (const void *)entry_data(entry, &entry->sets[0]);
	const uint8_t *owner = lookup->lower + lookup->labels[1];
	size_t owner_size = lookup->labels[3] - lookup->labels[1];
	for (unsigned i = 0; i < entry->sets[0].count; i++) {
		const struct address_ref *ref = &refs[i];
		if (ref->ports == NULL || ref->host != NULL || ref->owner->size != owner_size ||
		    memcmp(ref->owner->labels, owner, owner_size) != 0)
			continue;
		dashed.pairs += ref->ports->pairs;
		if (lookup->type != TYPE_SRV)
			break;
		if (ref->ports == last)
			continue;
		last = ref->ports;
		for (unsigned p = 0;
		     p < ref->ports->count && dashed.count < COUNT_OF(dashed.numbers); p++) {
			bool known = false;
			for (size_t k = 0; k < dashed.count && !known; k++)
				known = dashed.numbers[k] == ref->ports->numbers[p];
			if (!known)
				dashed.numbers[dashed.count++] = ref->ports->numbers[p];
		}
	}
	return dashed;
}

/* The endpoint's own name is the target; its address follows as glue, pointing into the first record. */
static void add_srv(const struct lookup *lookup, struct reply *reply, const struct dashed *dashed,
		    const struct ip *ip)
{
	uint8_t rdata[6 + DNS_NAME_MAX] = { 0 };
	uint32_t target_at = reply->at + 18;
	put_u16(rdata + 2, dashed->pairs > 100 ? 1 : (uint16_t)(100 / dashed->pairs));
	memcpy(rdata + 6, lookup->lower, lookup->name_size);
	for (size_t i = 0; i < dashed->count; i++) {
		put_u16(rdata + 4, dashed->numbers[i]);
		if (!add_record(reply, TYPE_SRV, lookup->catalog->ttl, rdata, 6u + lookup->name_size))
			return;
	}
	size_t size = record_address_size(ip->family);
	if (reply->minimal || size > reply_room(reply) || target_at >= 0x4000)
		return;
	struct reply glue = *reply;
	glue.owner_at = (uint16_t)target_at;
	add_address(lookup, &glue, ip);
	reply->at = glue.at;
	reply->additionals++;
}

bool write_dashed(const struct lookup *lookup, struct reply *reply, enum answer_kind *ret_kind)
{
	if (lookup->label_count != lookup->zone->labels + 4u || !label_is(lookup, 3, "svc"))
		return false;
	const uint8_t *label = lookup->lower;
	struct ip ip;
	uint8_t canonical[DNS_LABEL_MAX + 1], key[24];
	if (!pod_label_read(label + 1, label[0], &ip))
		return false;
	unsigned size = dashed_label(&ip, canonical);
	if (size != label[0] + 1u || memcmp(canonical, label, size) != 0)
		return false;
	uint8_t key_size = address_key(KEY_ADDRESS, &ip, key);
	const struct entry *entry = find_key(lookup, key, key_size);
	if (entry == NULL)
		return false;
	struct dashed dashed = dashed_ports(lookup, entry);
	if (dashed.pairs == 0)
		return false;
	*ret_kind = ANSWER_FOUND;
	if (wants_address(lookup, &ip)) {
		add_address(lookup, reply, &ip);
	} else if (lookup->type == TYPE_SRV && dashed.count > 0) {
		add_srv(lookup, reply, &dashed, &ip);
	} else {
		const struct entry *service = find_suffix(lookup, 1);
		*ret_kind = write_denial(lookup, reply, true,
					 service != NULL && service->flags & ENTRY_SOON);
	}
	return true;
}

/* ---- PTR ---- */

/* What the targets at one address share. */
struct ptr_names {
	const struct catalog *catalog;
	uint8_t dashed[DNS_LABEL_MAX + 1];
	unsigned dashed_size;
};

/* The labels in front of the service's; none for a clusterIP. */
static unsigned ptr_host(const struct ptr_names *names, const struct address_ref *ref,
			 const uint8_t **ret_labels)
{
	bool is_dashed = ref->ports == NULL || ref->host == NULL;
	*ret_labels = is_dashed ? names->dashed : ref->host->labels;
	return ref->ports == NULL ? 0 : is_dashed ? names->dashed_size : ref->host->size;
}

static bool is_same_target(const struct ptr_names *names, const struct address_ref *a,
			   const struct address_ref *b)
{
	const uint8_t *host_a, *host_b;
	unsigned size = ptr_host(names, a, &host_a);
	return a->owner == b->owner && size == ptr_host(names, b, &host_b) &&
	       memcmp(host_a, host_b, size) == 0;
}

/* HOST.SVC.NS.svc.Z1, or SVC.NS.Z1 outside; 0 if it is too long for a name. */
static unsigned ptr_target(const struct ptr_names *names, const struct address_ref *ref,
			   uint8_t target[DNS_NAME_MAX])
{
	const struct catalog *catalog = names->catalog;
	const uint8_t *host;
	unsigned size = ptr_host(names, ref, &host);
	unsigned branch_size = catalog->is_outside ? 0 : 4;
	if (catalog->ptr_zone_size == 0 ||
	    size + ref->owner->size + branch_size + catalog->ptr_zone_size > DNS_NAME_MAX)
		return 0;
	memcpy(target, host, size);
	memcpy(target + size, ref->owner->labels, ref->owner->size);
	size += ref->owner->size;
	memcpy(target + size, "\3svc", branch_size);
	size += branch_size;
	memcpy(target + size, catalog->ptr_zone, catalog->ptr_zone_size);
	return size + catalog->ptr_zone_size;
}

/* The order in which references are told: clusterIPs alone where there are any; else hostnames
 * before addresses, for getnameinfo takes the first (names.md 8). */
enum ptr_rank { PTR_CLUSTER_IP, PTR_HOSTNAME, PTR_ADDRESS, PTR_RANKS };
static enum ptr_rank ptr_rank(const struct address_ref *ref)
{
	return ref->ports == NULL ? PTR_CLUSTER_IP : ref->host != NULL ? PTR_HOSTNAME : PTR_ADDRESS;
}

/* Whether another reference leads to the target of the i-th and comes before it. A hostname may spell the address. */
static bool is_told(const struct ptr_names *names, const struct address_ref *refs, unsigned count,
		    unsigned i)
{
	enum ptr_rank rank = ptr_rank(&refs[i]);
	for (unsigned k = 0; k < count; k++) {
		enum ptr_rank other = ptr_rank(&refs[k]);
		bool is_before = other < rank || (k < i && other == rank);
		if (is_before && is_same_target(names, &refs[k], &refs[i]))
			return true;
	}
	return false;
}

enum answer_kind write_ptr(const struct lookup *lookup, const struct entry *entry, struct reply *reply)
{
	const struct address_ref *refs = (const void *)entry_data(entry, &entry->sets[0]);
	struct ip ip = address_of_key(entry_key(entry));
	struct ptr_names names = { .catalog = lookup->catalog };
	names.dashed_size = dashed_label(&ip, names.dashed);
	bool wanted = lookup->type == TYPE_PTR || lookup->type == TYPE_ANY, exists = false;
	for (int rank = PTR_CLUSTER_IP; rank < PTR_RANKS; rank++) {
		for (unsigned i = 0; i < entry->sets[0].count; i++) {
			uint8_t target[DNS_NAME_MAX];
			bool is_known = ptr_rank(&refs[i]) != (enum ptr_rank)rank ||
					is_told(&names, refs, entry->sets[0].count, i);
			unsigned size = is_known ? 0 : ptr_target(&names, &refs[i], target);
			if (size == 0)
				continue;
			exists = true;
			if (!wanted) /* one is enough: the others would be compared with each other */
				return write_denial(lookup, reply, true, false);
			if (!add_record(reply, TYPE_PTR, lookup->catalog->ttl, target, size))
				return ANSWER_FOUND;
		}
		if (rank == PTR_CLUSTER_IP && exists)
			break;
	}
	return exists ? ANSWER_FOUND : write_denial(lookup, reply, false, false);
}

/* ---- zonal names that no endpoint has ---- */

bool write_zonal_default(const struct lookup *lookup, struct reply *reply, enum answer_kind *ret_kind)
{
	unsigned over = lookup->label_count - lookup->zone->labels; /* labels left of the zone */
	if (over < 4 || !label_is(lookup, over - 1, "svc") || !label_is(lookup, over - 4, "_zone"))
		return false;
	bool prefer = over > 4 && label_is(lookup, over - 5, "prefer");
	if (over > 4 && !prefer && !label_is(lookup, over - 5, "pin"))
		return false;
	const struct entry *service = find_suffix(lookup, over - 3);
	if (service == NULL || !(service->flags & ENTRY_SOON))
		return false;
	/* _zone and pin._zone themselves are empty names above the others (RFC 8020). */
	if (prefer && over > 5 && !(service->flags & ENTRY_ABSENT))
		*ret_kind = write_entry(lookup, service, reply);
	else
		*ret_kind = write_denial(lookup, reply, true, true);
	return true;
}
