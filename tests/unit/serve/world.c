/* SPDX-License-Identifier: Apache-2.0 */
/* The world that tests of this stage ask. */
#include "world.h"

struct world *world_new(void)
{
	struct world *world = mem_zalloc(sizeof(*world));
	world->answers = answers_new();
	world->metrics = metrics_new();
	world->info = (struct packet_info){ .client_port = 4711,
					    .proto = PROTO_UDP,
					    .local_port = WORLD_PORT };
	ip_parse("192.0.2.7", &world->info.client);
	ip_parse("192.0.2.1", &world->info.local);
	return world;
}

void world_add_word(struct words *words, const char *word)
{
	words->words = mem_realloc(words->words, (words->count + 1) * sizeof(*words->words));
	words->words[words->count++] = mem_text(word);
}

void world_add_directive(struct config_block *block, const char *name)
{
	size_t size = (block->directive_count + 1) * sizeof(block->directives[0]);
	block->directives = mem_realloc(block->directives, size);
	block->directives[block->directive_count++] = (struct config_directive){ .name = name };
}

void world_add_zone(struct config_zones *zones, const char *zone)
{
	zones->zones = mem_realloc(zones->zones, (zones->count + 1) * sizeof(*zones->zones));
	zones->zones[zones->count++].text = mem_text(zone);
}

static size_t world_index(const struct world *world, const struct config_block *block)
{
	return (size_t)(block - world->blocks);
}

void world_add_address(struct config_block *block, const char *zone, uint16_t port)
{
	block->addresses =
		mem_realloc(block->addresses, (block->address_count + 1) * sizeof(*block->addresses));
	block->addresses[block->address_count++] =
		(struct config_address){ .zone = mem_text(zone), .port = port };
}

struct config_block *world_block(struct world *world, const char *zone)
{
	struct config_block *block = &world->blocks[world->block_count];
	struct serve_block *source = &world->sources[world->block_count];
	static struct config_prometheus counted;
	block->file = "Corefile";
	block->prometheus = &counted;
	block->line = (unsigned)++world->block_count;
	source->config = block;
	source->files = world->files[world_index(world, block)];
	source->autos = world->autos[world_index(world, block)];
	world_add_address(block, zone, WORLD_PORT);
	return block;
}

static void load_line(struct zone_load *load, const char *line)
{
	ldns_rr *rr = NULL;
	uint8_t data[4096];
	size_t size = 0;
	assert_int_equal(ldns_rr_new_frm_str(&rr, line, 60, NULL, NULL), LDNS_STATUS_OK);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		memcpy(data + size, ldns_rdf_data(field), ldns_rdf_size(field));
		size += ldns_rdf_size(field);
	}
	struct error error;
	if (!zone_load_add(load, ldns_rdf_data(ldns_rr_owner(rr)), (uint16_t)ldns_rr_get_type(rr),
			   ldns_rr_ttl(rr), data, (uint16_t)size, &error))
		fail_msg("%s: %s", line, error.text);
	ldns_rr_free(rr);
}

void world_load(struct catalog *catalog, const char *origin, const char *lines)
{
	struct zone_load *load = zone_load_begin(catalog, origin);
	char soa[1024], *copy = mem_text(lines), *rest = copy;
	snprintf(soa, sizeof(soa), "%s 300 IN SOA ns.%s host.%s 7 2 3 4 5", origin, origin, origin);
	load_line(load, soa);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0')
			load_line(load, line);
	mem_free(copy);
	struct error error;
	if (!zone_load_end(load, &error))
		fail_msg("%s: %s", origin, error.text);
}

struct catalog *world_file(struct world *world, struct config_block *block, const char *origin,
			   const char *lines)
{
	struct serve_block *source = &world->sources[world_index(world, block)];
	struct catalog *catalog = answers_add_static(world->answers);
	block->files = mem_realloc(block->files, (block->file_count + 1) * sizeof(*block->files));
	block->files[block->file_count] = (struct config_file){ 0 };
	world_add_zone(&block->files[block->file_count++].zones, origin);
	world->files[world_index(world, block)][source->file_count++] = catalog;
	if (lines != NULL)
		world_load(catalog, origin, lines);
	return catalog;
}

struct catalog *world_auto(struct world *world, struct config_block *block, const char *origin)
{
	struct serve_block *source = &world->sources[world_index(world, block)];
	struct catalog *catalog = answers_add_static(world->answers);
	block->autos = mem_realloc(block->autos, (block->auto_count + 1) * sizeof(*block->autos));
	block->autos[block->auto_count] = (struct config_auto){ 0 };
	world_add_zone(&block->autos[block->auto_count++].zones, origin);
	world->autos[world_index(world, block)][source->auto_count++] = catalog;
	return catalog;
}

struct catalog *world_kubernetes(struct world *world, struct config_block *block, const char *zone)
{
	const char *zones[] = { zone };
	struct cluster_options options = {
		.zones = zones, .zone_count = 1, .ttl = 5, .denial_ttl = 5, .shorthand = true
	};
	block->kubernetes = mem_zalloc(sizeof(*block->kubernetes));
	world_add_zone(&block->kubernetes->zones, zone);
	struct serve_block *source = &world->sources[world_index(world, block)];
	source->kubernetes = answers_add_cluster(world->answers, &options);
	catalog_set_synced(source->kubernetes, true);
	return source->kubernetes;
}

struct catalog *world_external(struct world *world, struct config_block *block, const char *zone)
{
	const char *zones[] = { zone };
	struct outside_options options = { .zones = zones, .zone_count = 1, .apex = "dns", .ttl = 5 };
	block->external = mem_zalloc(sizeof(*block->external));
	world_add_zone(&block->external->zones, zone);
	struct serve_block *source = &world->sources[world_index(world, block)];
	source->external = answers_add_outside(source->kubernetes, &options);
	return source->external;
}

void world_put(struct catalog *catalog, struct object *object)
{
	struct model_listener listener = catalog_listener(catalog);
	listener.changed(listener.context, NULL, object);
	object_drop(object);
}

struct serve_options world_options(const struct world *world)
{
	return (struct serve_options){
		.blocks = world->sources,
		.block_count = world->block_count,
		.answers = world->answers,
		.metrics = world->metrics,
		.version = "knamed-test",
	};
}

void world_start(struct world *world)
{
	struct serve_options options = world_options(world);
	struct error error;
	answers_publish(world->answers);
	answers_reader_start();
	world->router = router_new(&options, &error);
	if (world->router == NULL)
		fail_msg("%s", error.text);
	world->asker = asker_new(world->router);
}

void world_zones_done(struct config_zones *zones)
{
	for (size_t i = 0; i < zones->count; i++)
		mem_free(zones->zones[i].text);
	mem_free(zones->zones);
}

static void world_words_done(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		mem_free(words->words[i]);
	mem_free(words->words);
}

void world_block_done(struct config_block *block)
{
	for (size_t i = 0; i < block->address_count; i++)
		mem_free(block->addresses[i].zone);
	mem_free(block->addresses);
	for (size_t i = 0; i < block->file_count; i++) {
		world_zones_done(&block->files[i].zones);
		world_zones_done(&block->files[i].fallthrough);
	}
	mem_free(block->files);
	for (size_t i = 0; i < block->auto_count; i++)
		world_zones_done(&block->autos[i].zones);
	mem_free(block->autos);
	if (block->kubernetes != NULL) {
		world_zones_done(&block->kubernetes->zones);
		world_zones_done(&block->kubernetes->fallthrough);
	}
	mem_free(block->kubernetes);
	if (block->external != NULL) {
		world_zones_done(&block->external->zones);
		world_zones_done(&block->external->fallthrough);
	}
	mem_free(block->external);
	world_words_done(&block->bind);
	world_words_done(&block->bind_except);
	mem_free(block->directives);
}

void world_free(struct world *world)
{
	if (world->router != NULL) {
		asker_free(world->asker);
		router_free(world->router);
		answers_reader_end();
	}
	answers_free(world->answers);
	metrics_free(world->metrics);
	for (size_t i = 0; i < world->block_count; i++)
		world_block_done(&world->blocks[i]);
	mem_free(world);
}

/* ---- asking ---- */

void world_question(struct world *world, const char *name, ldns_rr_type type, ldns_rr_class class_)
{
	ldns_rdf *owner = NULL;
	assert_int_equal(ldns_str2rdf_dname(&owner, name), LDNS_STATUS_OK);
	uint8_t *packet = world->packet;
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet, 0x1234);
	put_u16(packet + 2, FLAG_RD);
	put_u16(packet + 4, 1);
	memcpy(packet + DNS_HEADER_SIZE, ldns_rdf_data(owner), ldns_rdf_size(owner));
	world->packet_size = DNS_HEADER_SIZE + ldns_rdf_size(owner);
	put_u16(packet + world->packet_size, (uint16_t)type);
	put_u16(packet + world->packet_size + 2, (uint16_t)class_);
	world->packet_size += 4;
	ldns_rdf_deep_free(owner);
}

void world_add_opt(struct world *world, uint16_t udp_size, uint8_t version, uint16_t flags,
		   const void *options, size_t size)
{
	uint8_t *at = world->packet + world->packet_size;
	at[0] = 0;
	put_u16(at + 1, TYPE_OPT);
	put_u16(at + 3, udp_size);
	put_u32(at + 5, (uint32_t)version << 16 | flags);
	put_u16(at + 9, (uint16_t)size);
	if (size > 0)
		memcpy(at + DNS_OPT_SIZE, options, size);
	world->packet_size += DNS_OPT_SIZE + size;
	put_u16(world->packet + 10, (uint16_t)(get_u16(world->packet + 10) + 1));
}

size_t world_exchange(struct world *world)
{
	uint8_t *exact = mem_copy(world->packet, world->packet_size);
	world->reply_size = router_answer(world->asker, &world->info, exact, world->packet_size,
					  world->reply, sizeof(world->reply));
	mem_free(exact);
	return world->reply_size;
}

ldns_pkt *world_send(struct world *world)
{
	ldns_pkt *reply = NULL;
	assert_true(world_exchange(world) > 0);
	assert_int_equal(ldns_wire2pkt(&reply, world->reply, world->reply_size), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(reply), get_u16(world->packet));
	assert_true(ldns_pkt_qr(reply));
	return reply;
}

ldns_pkt *world_ask(struct world *world, const char *name, ldns_rr_type type)
{
	world_question(world, name, type, LDNS_RR_CLASS_IN);
	return world_send(world);
}

static char *section_text(const ldns_pkt *reply, ldns_pkt_section section)
{
	ldns_rr_list *list = ldns_pkt_get_section_clone(reply, section);
	struct text text = { 0 };
	text_add(&text, "");
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		char *line = ldns_rr2str(ldns_rr_list_rr(list, i));
		line[strcspn(line, "\n")] = '\0';
		for (char *at = line; *at != '\0'; at++)
			if (*at == '\t')
				*at = ' ';
		text_printf(&text, "%s%s", i > 0 ? " | " : "", line);
		free(line);
	}
	ldns_rr_list_deep_free(list);
	return text.data;
}

void assert_section(const ldns_pkt *reply, ldns_pkt_section section, const char *expected)
{
	char *text = section_text(reply, section);
	assert_string_equal(text, expected);
	mem_free(text);
}
void assert_status(const ldns_pkt *reply, const char *expected)
{
	char text[64], rcode[16];
	dns_rcode_print((uint16_t)(ldns_pkt_get_rcode(reply) | ldns_pkt_edns_extended_rcode(reply)
								       << 4),
			rcode);
	snprintf(text, sizeof(text), "%s%s%s", rcode, ldns_pkt_aa(reply) ? " aa" : "",
		 ldns_pkt_tc(reply) ? " tc" : "");
	assert_string_equal(text, expected);
}
