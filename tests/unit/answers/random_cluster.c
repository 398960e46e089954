/* SPDX-License-Identifier: Apache-2.0 */
#include "random_cluster.h"

enum { SPACES = 3, SERVICES = 4, SLICES = 6, BIG_SLICES = 4, PODS = 4 };

static const char *const spaces[SPACES] = { "a", "b", "db" };
static const char *const services[SERVICES] = { "db", "web", "x", "a" };
static const char *const addresses[] = { "10.0.0.1", "10.0.0.2",  "10.0.0.3",
					 "10.0.1.1", "10.96.0.1", "192.0.2.7",
					 "fd00::1",  "fd00::2",	  "fd00:0:0:1::" };
static const char *const hosts[] = { "h", "i", "10-0-0-2", "c", "fd00--1" };
static const char *const clusters[] = { "c", "east", "h.c", "a.b.c" };
static const char *const topologies[] = { "z1", "z2" };
static const char *const ports[] = { "http=1/TCP", "http=2/TCP", "http=1/UDP", "dns=53/UDP",
				     "=9/TCP",	   "dns=-/UDP",	 "rare=7/SCTP" };
static const char *const big_ports[] = { "http=1/TCP", "http=1/TCP dns=53/UDP",
					 "dns=53/UDP http=1/UDP http=2/TCP", "",
					 "http=1/TCP rare=7/SCTP" };
static const unsigned big_counts[] = { 0, 1, 60, 170, 256, 300, 511, 512, 513, 700 };

unsigned random_below(struct random *random, unsigned bound)
{
	uint64_t x = random->state;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	random->state = x;
	return (unsigned)((x * 0x2545f4914f6cdd1dULL >> 33) % bound);
}

bool random_once_in(struct random *random, unsigned times)
{
	return random_below(random, times) == 0;
}

#define PICK(random, array) ((array)[random_below(random, COUNT_OF(array))])

static const char *const zones[] = { "cluster.local.", "in-addr.arpa.", "ip6.arpa.",
				     "clusterset.local.", "second.example." };

struct cluster_options random_options(struct random *random)
{
	static const char *const listed[] = { "a", "db" };
	static const struct ip local[] = { { 4, { 10, 0, 0, 1 } }, { 6, { 0xfd, [15] = 1 } } };
	struct cluster_options options = house_options();
	options.zones = zones;
	options.zone_count = COUNT_OF(zones);
	options.multicluster = zones + 3;
	options.multicluster_count = 1;
	options.namespaces = listed;
	options.namespace_count = random_once_in(random, 4) ? COUNT_OF(listed) : 0;
	options.pods = (enum cluster_pods)random_below(random, 3);
	options.denial_ttl = random_below(random, 3) * 5;
	options.endpoint_pod_names = random_once_in(random, 2);
	options.no_endpoints = random_once_in(random, 12);
	options.ignore_empty_service = random_once_in(random, 3);
	options.shorthand = !random_once_in(random, 3);
	options.zonal = random_once_in(random, 2);
	options.local_addresses = local;
	options.local_address_count = random_below(random, 3);
	options.port = random_once_in(random, 2) ? 1 : 53;
	return options;
}

/* ---- changes ---- */

static void put_or_take(struct random *random, struct model *model, const struct text *line)
{
	struct object *object = object_of_line(line->data);
	if (!random_once_in(random, 4)) {
		model_put(model, object);
		return;
	}
	model_remove(model, object->kind, object->namespace_, object->name);
	object_drop(object);
}

static void add_some(struct random *random, struct text *line, const char *const *words,
		     unsigned count, unsigned most)
{
	for (unsigned left = random_below(random, most + 1); left > 0; left--)
		text_printf(line, " %s", words[random_below(random, count)]);
}

/* clusterIPs meet the addresses of endpoints now and then. */
static void add_service_addresses(struct random *random, struct text *line)
{
	for (unsigned left = random_below(random, 4); left > 0; left--) {
		if (random_once_in(random, 5))
			text_printf(line, " %s", PICK(random, addresses));
		else
			text_printf(line, random_once_in(random, 3) ? " fd00:96::%u" : " 10.96.0.%u",
				    1 + random_below(random, 4));
	}
}

static void change_service(struct random *random, struct model *model)
{
	static const char *const targets[] = { "far.example.", "db.a.svc.cluster.local.",
					       "10.0.0.1", "Web.b.svc.cluster.local", "a..b" };
	struct text line = { 0 };
	bool is_big = random_once_in(random, 4);
	text_printf(&line, "Service %s", is_big ? "db/db" : "");
	if (!is_big)
		text_printf(&line, "%s/%s", PICK(random, spaces), PICK(random, services));
	switch (random_below(random, is_big ? 8 : 4)) {
	case 0:
		text_printf(&line, " ExternalName %s", PICK(random, targets));
		break;
	case 1:
		text_add(&line, " ClusterIP");
		add_service_addresses(random, &line);
		add_some(random, &line, ports, COUNT_OF(ports), 3);
		break;
	default:
		text_add(&line, " Headless");
		add_some(random, &line, ports, COUNT_OF(ports), 2);
	}
	if (random_once_in(random, 3))
		text_add(&line, " unready");
	put_or_take(random, model, &line);
	text_done(&line);
}

static void change_import(struct random *random, struct model *model)
{
	struct text line = { 0 };
	text_printf(&line, "Import %s/%s", PICK(random, spaces), PICK(random, services));
	if (random_once_in(random, 3)) {
		text_add(&line, " ClusterSetIP");
		add_service_addresses(random, &line);
		add_some(random, &line, ports, COUNT_OF(ports), 3);
	} else {
		text_add(&line, " Headless");
	}
	put_or_take(random, model, &line);
	text_done(&line);
}

/* The parts of a slice; each of them may change alone. */
enum part { PART_SERVICE, PART_IMPORT, PART_CLUSTER, PART_TYPE, PART_PORTS, PART_ENDPOINTS, PARTS };
struct random_slices {
	struct text parts[SPACES][SLICES][PARTS];
};

struct random_slices *random_slices_new(void)
{
	return mem_zalloc(sizeof(struct random_slices));
}

void random_slices_free(struct random_slices *slices)
{
	for (unsigned i = 0; i < SPACES * SLICES * PARTS; i++)
		text_done(&slices->parts[i / PARTS / SLICES][i / PARTS % SLICES][i % PARTS]);
	mem_free(slices);
}

static void add_endpoint(struct random *random, struct text *line)
{
	text_printf(line, " %s", random_once_in(random, 5) ? "!" : "");
	if (random_once_in(random, 2))
		text_printf(line, "%s@", PICK(random, hosts));
	text_add(line, PICK(random, addresses));
	if (random_once_in(random, 3))
		text_printf(line, "#%s", PICK(random, hosts));
	if (random_once_in(random, 3))
		text_printf(line, "%%%s", PICK(random, topologies));
}

static void change_part(struct random *random, enum part part, struct text *text)
{
	static const char *const types[] = { " IPv4", " IPv6", " IPv4", " IPv6", " FQDN" };
	text_clear(text);
	text_add(text, "");
	switch (part) {
	case PART_SERVICE:
		if (!random_once_in(random, 5))
			text_printf(text, " of=%s", PICK(random, services));
		break;
	case PART_IMPORT:
		if (random_once_in(random, 2))
			text_printf(text, " import=%s", PICK(random, services));
		break;
	case PART_CLUSTER:
		if (!random_once_in(random, 4))
			text_printf(text, " cluster=%s", PICK(random, clusters));
		break;
	case PART_TYPE:
		text_add(text, PICK(random, types));
		break;
	case PART_PORTS:
		add_some(random, text, ports, COUNT_OF(ports), 3);
		break;
	case PART_ENDPOINTS:
		for (unsigned left = random_below(random, 5); left > 0; left--)
			add_endpoint(random, text);
		break;
	case PARTS:
		break;
	}
}

static void change_slice(struct random *random, struct random_slices *slices, struct model *model)
{
	unsigned space = random_below(random, SPACES), number = random_below(random, SLICES);
	struct text *parts = slices->parts[space][number], line = { 0 };
	bool anew = parts[PART_SERVICE].data == NULL || random_once_in(random, 6);
	for (unsigned part = 0; anew && part < PARTS; part++)
		change_part(random, (enum part)part, &parts[part]);
	unsigned part = random_below(random, PARTS);
	change_part(random, (enum part)part, &parts[part]);
	text_printf(&line, "Slice %s/s%u", spaces[space], number);
	for (part = 0; part < PARTS; part++)
		text_add(&line, parts[part].data);
	put_or_take(random, model, &line);
	text_done(&line);
}

/* Slices of db/db that overlap, and together are about as many as make a service big. */
static void change_big_slice(struct random *random, struct model *model)
{
	struct text line = { 0 };
	text_printf(&line, "Slice db/big%u of=db %s", random_below(random, BIG_SLICES),
		    PICK(random, big_ports));
	if (random_once_in(random, 3))
		text_printf(&line, " import=db cluster=%s", PICK(random, clusters));
	unsigned from = 100 * random_below(random, 5), count = PICK(random, big_counts);
	bool has_hosts = random_once_in(random, 2);
	for (unsigned i = from; i < from + count; i++) {
		text_add(&line, i % 50 == 7 ? " !" : " ");
		if (has_hosts && i % 3 != 0)
			text_printf(&line, "n%u@", i);
		text_printf(&line, "10.1.%u.%u%s", i >> 8, i & 255, i % 100 == 1 ? "%z1" : "");
	}
	put_or_take(random, model, &line);
	text_done(&line);
}

static void change_pod(struct random *random, struct model *model)
{
	struct text line = { 0 };
	text_printf(&line, "Pod %s/p%u", PICK(random, spaces), random_below(random, PODS));
	add_some(random, &line, addresses, COUNT_OF(addresses), 2);
	put_or_take(random, model, &line);
	text_done(&line);
}

static void change_namespace(struct random *random, struct model *model)
{
	struct text line = { 0 };
	text_printf(&line, "Namespace %s", PICK(random, spaces));
	put_or_take(random, model, &line);
	text_done(&line);
}

void random_change(struct random *random, struct random_slices *slices, struct model *model)
{
	unsigned what = random_below(random, 40);
	if (what < 18)
		change_slice(random, slices, model);
	else if (what < 28)
		change_service(random, model);
	else if (what < 32)
		change_import(random, model);
	else if (what < 35)
		change_pod(random, model);
	else if (what < 37)
		change_namespace(random, model);
	else
		change_big_slice(random, model);
}

/* ---- names ---- */

static void name_add(struct names *names, const char *format, ...) PRINTF_LIKE(2, 3);
static void name_add(struct names *names, const char *format, ...)
{
	char text[NAME_TEXT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	names->list = mem_realloc(names->list, (names->count + 1) * sizeof *names->list);
	struct question *question = &names->list[names->count++];
	assert_true(name_parse(text, question->name, &question->size));
}

/* "10.0.0.1" -> "10-0-0-1" */
static void dash(const char *address, char ret_text[IP_TEXT_SIZE + 1])
{
	struct ip ip;
	assert_true(ip_parse(address, &ip));
	ip_print(&ip, ret_text);
	for (char *at = ret_text; *at != '\0'; at++)
		*at = *at == '.' || *at == ':' ? '-' : *at;
	if (ret_text[strlen(ret_text) - 1] == '-')
		strncat(ret_text, "0", 2);
}

static void add_hosts(struct names *names, const char *base)
{
	char dashed[IP_TEXT_SIZE + 1];
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		name_add(names, "%s.%s", hosts[i], base);
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		dash(addresses[i], dashed);
		name_add(names, "%s.%s", dashed, base);
	}
}

static void add_ports(struct names *names, const char *base)
{
	static const char *const labels[] = { "_http", "_dns", "_rare", "_none" };
	static const char *const protocols[] = { "_tcp", "_udp", "_sctp" };
	for (size_t p = 0; p < COUNT_OF(protocols); p++) {
		name_add(names, "%s.%s", protocols[p], base);
		for (size_t i = 0; i < COUNT_OF(labels); i++)
			name_add(names, "%s.%s.%s", labels[i], protocols[p], base);
	}
}

static void add_service(struct names *names, const char *zone, const char *space, const char *service)
{
	char base[200], below[250];
	bool is_import = strcmp(zone, zones[3]) == 0;
	snprintf(base, sizeof base, "%s.%s.svc.%s", service, space, zone);
	name_add(names, "%s", base);
	add_ports(names, base);
	add_hosts(names, base);
	if (!is_import) {
		for (size_t i = 0; i < COUNT_OF(topologies); i++) {
			name_add(names, "%s.pin._zone.%s", topologies[i], base);
			name_add(names, "%s.prefer._zone.%s", topologies[i], base);
		}
		name_add(names, "z9.prefer._zone.%s", base);
		name_add(names, "z9.pin._zone.%s", base);
		return;
	}
	static const char *const more[] = { "b.c", "a.c", "h" };
	for (size_t i = 0; i < COUNT_OF(clusters) + COUNT_OF(more); i++) {
		snprintf(below, sizeof below, "%s.%s",
			 i < COUNT_OF(clusters) ? clusters[i] : more[i - COUNT_OF(clusters)], base);
		name_add(names, "%s", below);
		add_hosts(names, below);
	}
}

static void add_zone(struct names *names, const char *zone)
{
	char base[200];
	static const char *const fixed[] = { "svc.",	     "pod.",	 "dns.", "ns.dns.",
					     "dns-version.", "nothing.", "" };
	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		name_add(names, "%s%s", fixed[i], zone);
	for (size_t s = 0; s < SPACES; s++) {
		snprintf(base, sizeof base, "%s.svc.%s", spaces[s], zone);
		name_add(names, "%s", base);
		add_ports(names, base);
		snprintf(base, sizeof base, "%s.pod.%s", spaces[s], zone);
		name_add(names, "%s", base);
		add_hosts(names, base);
		for (size_t i = 0; i < SERVICES; i++)
			add_service(names, zone, spaces[s], services[i]);
	}
}

/* The name of an address's PTR, and all that are above it. */
static void add_reverse(struct names *names, const char *address)
{
	struct ip ip;
	uint8_t name[DNS_NAME_MAX], size;
	assert_true(ip_parse(address, &ip));
	name_of_ptr(&ip, name, &size);
	for (const uint8_t *at = name; *at != 0; at += 1 + *at) {
		char text[NAME_TEXT_SIZE];
		name_print(at, text);
		if (name_is_under(at, (const uint8_t *)"\7in-addr\4arpa") ||
		    name_is_under(at, (const uint8_t *)"\3ip6\4arpa"))
			name_add(names, "%s", text);
	}
}

static void add_big_service(struct names *names)
{
	static const char *const some[] = { "zone.db.db.svc",
					    "n1.db.db.svc",
					    "n100.db.db.svc",
					    "n401.db.db.svc",
					    "10-1-0-0.db.db.svc",
					    "10-1-0-7.db.db.svc",
					    "10-1-1-44.db.db.svc",
					    "10-1-3-232.db.db.svc",
					    "n301.db.db.svc",
					    "db.db.svc",
					    "_http._tcp.db.db.svc",
					    "_dns._udp.db.db.svc",
					    "_http._udp.db.db.svc",
					    "_rare._sctp.db.db.svc",
					    "_tcp.db.db.svc",
					    "_udp.db.db.svc",
					    "_sctp.db.db.svc",
					    "_http._tcp.db.svc",
					    "_dns._udp.db.svc",
					    "_rare._sctp.db.svc",
					    "_tcp.db.svc",
					    "z1.pin._zone.db.db.svc",
					    "z1.prefer._zone.db.db.svc",
					    "n1.c.db.db.svc",
					    "n100.h.c.db.db.svc",
					    "c.db.db.svc",
					    "h.c.db.db.svc" };
	static const size_t zone_of_name[] = { 0, 3, 4 };
	for (size_t z = 0; z < COUNT_OF(zone_of_name); z++)
		for (size_t i = 0; i < COUNT_OF(some); i++)
			name_add(names, "%s.%s", some[i], zones[zone_of_name[z]]);
	add_reverse(names, "10.1.0.1");
	add_reverse(names, "10.1.1.44");
	add_reverse(names, "10.1.3.232");
}

struct names random_names(bool of_big_service)
{
	struct names names = { 0 };
	if (of_big_service) {
		add_big_service(&names);
		return names;
	}
	add_zone(&names, zones[0]);
	add_zone(&names, zones[3]);
	add_zone(&names, zones[4]);
	for (size_t i = 0; i < COUNT_OF(addresses); i++)
		add_reverse(&names, addresses[i]);
	for (unsigned i = 1; i <= 4; i++) {
		char text[32];
		snprintf(text, sizeof text, "10.96.0.%u", i);
		add_reverse(&names, text);
		snprintf(text, sizeof text, "fd00:96::%u", i);
		add_reverse(&names, text);
	}
	return names;
}

void names_free(struct names *names)
{
	mem_free(names->list);
}
