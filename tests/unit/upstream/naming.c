/* SPDX-License-Identifier: Apache-2.0 */
#include "naming.h"

static void add_record(struct dns_writer *writer, const uint8_t *owner, uint16_t type, uint32_t ttl,
		       const void *bytes, size_t size)
{
	write_name(writer, owner);
	write_u16(writer, type);
	write_u16(writer, CLASS_IN);
	write_u32(writer, ttl);
	write_u16(writer, (uint16_t)size);
	write_bytes(writer, bytes, size);
}

static unsigned add_addresses(struct dns_writer *writer, const uint8_t *owner, uint16_t type,
			      const struct book *book)
{
	unsigned count = 0;
	char *words = mem_text(book->addresses), *rest = words;
	for (char *word = strtok_r(words, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		struct ip ip;
		assert_true(ip_parse(word, &ip));
		if (ip.family != (type == TYPE_A ? 4 : 6))
			continue;
		add_record(writer, owner, type, book->ttl, ip.bytes, ip.family == 4 ? 4 : 16);
		count++;
	}
	mem_free(words);
	return count;
}

void looks_up(struct stub *stub, struct stub_query *query)
{
	const struct book *book = stub->context;
	uint8_t bytes[4096], alias[DNS_NAME_MAX + 1], size;
	const uint8_t *owner = query->packet + DNS_HEADER_SIZE;
	unsigned count = 0;
	if (book->addresses == NULL || query->type == book->silent_type)
		return;
	struct dns_writer writer = { bytes, bytes + query->question_end, bytes + sizeof(bytes) };
	memcpy(bytes, query->packet, query->question_end);
	if (book->alias != NULL) {
		assert_true(name_parse(book->alias, alias, &size));
		add_record(&writer, owner, TYPE_CNAME, 60, alias, size);
		owner = alias;
		count++;
	}
	count += add_addresses(&writer, owner, query->type, book);
	put_u16(bytes + 2, FLAG_QR | FLAG_RA | book->flags);
	put_u16(bytes + 6, (uint16_t)count);
	memset(bytes + 8, 0, 4);
	stub_send(query, bytes, (size_t)(writer.at - bytes));
}

struct house *house_new(const char *addresses)
{
	static char name[] = "dns.example";
	struct house *house = mem_zalloc(sizeof(*house));
	struct world *world = house->world = world_new();
	house->book = (struct book){ .addresses = addresses, .ttl = 60 };
	house->stub = world_stub(world, stub_answers);
	world->targets[0].ip = (struct ip){ 0 };
	world->targets[0].host = name;
	house->resolver = stub_new(world->events, looks_up);
	house->resolver->context = &house->book;
	world->stubs[world->stub_count++] = house->resolver;
	house->resolvers[0].port = house->resolver->port;
	assert_true(ip_parse("127.0.0.1", &house->resolvers[0].ip));
	world->config.resolvers = house->resolvers;
	world->config.resolver_count = 1;
	world->config.lookup_least_ms = 50;
	world->config.hosts_file = house->hosts;
	world->config.resolver_file = house->nobody;
	snprintf(house->hosts, sizeof(house->hosts), "/dev/null");
	snprintf(house->nobody, sizeof(house->nobody), "/dev/null");
	return house;
}

void house_free(struct house *house)
{
	world_free(house->world);
	mem_free(house);
}

struct expectation {
	const struct upstream *upstream;
	const char *targets;
	char found[1024];
};

static bool are_targets(void *context)
{
	struct expectation *expectation = context;
	const struct upstream *upstream = expectation->upstream;
	char *at = expectation->found;
	*at = '\0';
	for (size_t i = 0; i < upstream->target_count; i++) {
		char ip[IP_TEXT_SIZE];
		ip_print(&upstream->targets[i]->address.ip, ip);
		at += snprintf(at, 64, i > 0 ? " %s" : "%s", ip);
	}
	return strcmp(expectation->found, expectation->targets) == 0;
}

void wait_targets(struct house *house, const char *expected)
{
	struct expectation expectation = { house->world->upstream, expected, "" };
	world_wait(house->world, are_targets, &expectation);
}

void assert_targets(struct house *house, const char *expected)
{
	struct expectation expectation = { house->world->upstream, expected, "" };
	are_targets(&expectation);
	assert_string_equal(expectation.found, expected);
}

void ask_good(struct house *house)
{
	struct asked asked;
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
}
