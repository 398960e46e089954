/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of lines of words; house.h tells how they read. */
#include "house.h"

struct line {
	char *copy;
	char **words;
	size_t count;
	const char *namespace_, *name;
	struct port *ports;
	size_t port_count;
	struct ip *addresses;
	size_t address_count, listed;
	struct endpoint_text *endpoints;
	struct external *externals;
	size_t external_count;
};

static void line_read(struct line *line, const char *text)
{
	size_t room = strlen(text) / 2 + 2;
	*line = (struct line){ .copy = mem_text(text), .namespace_ = "" };
	line->words = mem_zalloc(room * sizeof *line->words);
	line->ports = mem_zalloc(room * sizeof *line->ports);
	line->addresses = mem_zalloc(room * sizeof *line->addresses);
	line->endpoints = mem_zalloc(room * sizeof *line->endpoints);
	line->externals = mem_zalloc(room * sizeof *line->externals);
	char *rest = line->copy, *word;
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			line->words[line->count++] = word;
	assert_true(line->count >= 2);
	char *slash = strchr(line->words[1], '/');
	line->name = line->words[1];
	if (slash == NULL)
		return;
	*slash = '\0';
	line->namespace_ = line->words[1];
	line->name = slash + 1;
}

static void line_done(struct line *line)
{
	mem_free(line->copy);
	mem_free(line->words);
	mem_free(line->ports);
	mem_free(line->addresses);
	mem_free(line->endpoints);
	mem_free(line->externals);
}

static bool line_has(const struct line *line, const char *word)
{
	for (size_t i = 2; i < line->count; i++)
		if (strcmp(line->words[i], word) == 0)
			return true;
	return false;
}

/* "of=db" -> "db" */
static const char *line_value(const struct line *line, const char *key)
{
	for (size_t i = 2; i < line->count; i++)
		if (strncmp(line->words[i], key, strlen(key)) == 0)
			return line->words[i] + strlen(key);
	return "";
}

/* NAME=NUMBER/PROTOCOL */
static bool port_read(char *word, struct port *ret_port)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", "OTHER" };
	char *equals = strrchr(word, '='), *slash = strrchr(word, '/');
	if (equals == NULL || slash == NULL || slash < equals)
		return false;
	*ret_port = (struct port){ .name = word, .has_number = equals[1] != '-' };
	*equals = *slash = '\0';
	if (ret_port->has_number)
		ret_port->number = (uint16_t)strtoul(equals + 1, NULL, 10);
	while (strcmp(protocols[ret_port->protocol], slash + 1) != 0)
		ret_port->protocol++;
	return true;
}

static void line_read_ports(struct line *line)
{
	for (size_t i = 2; i < line->count; i++) {
		if (strncmp(line->words[i], "of=", 3) != 0 &&
		    strncmp(line->words[i], "import=", 7) != 0 &&
		    strncmp(line->words[i], "cluster=", 8) != 0)
			line->port_count += port_read(line->words[i], &line->ports[line->port_count]);
	}
}

static void line_read_addresses(struct line *line)
{
	for (size_t i = 2; i < line->count; i++) {
		struct ip ip;
		bool known = false;
		if (!ip_parse(line->words[i], &ip))
			continue;
		for (size_t k = 0; k < line->address_count; k++)
			known |= ip_equal(&line->addresses[k], &ip);
		line->listed++;
		if (!known)
			line->addresses[line->address_count++] = ip;
	}
}

static void line_read_externals(struct line *line)
{
	for (size_t i = 2; i < line->count; i++) {
		struct external *external = &line->externals[line->external_count];
		if (strncmp(line->words[i], "out=", 4) != 0)
			continue;
		*external = (struct external){ .hostname = "" };
		if (!ip_parse(line->words[i] + 4, &external->ip))
			external->hostname = line->words[i] + 4;
		line->external_count++;
	}
}

static struct object *service_of_line(struct line *line)
{
	line_read_externals(line);
	struct service fields = { .head = { .namespace_ = line->namespace_, .name = line->name },
				  .publish_not_ready = line_has(line, "unready"),
				  .external_name = "",
				  .address_count = (uint8_t)line->address_count,
				  .addresses = line->addresses,
				  .listed_count = (uint8_t)line->listed,
				  .port_count = (uint16_t)line->port_count,
				  .ports = line->ports,
				  .external_count = (uint16_t)line->external_count,
				  .externals = line->externals };
	fields.type = line_has(line, "Headless")       ? SERVICE_HEADLESS
		      : line_has(line, "ExternalName") ? SERVICE_EXTERNAL_NAME
						       : SERVICE_CLUSTER_IP;
	if (fields.type == SERVICE_EXTERNAL_NAME) {
		fields.external_name = line->count > 3 ? line->words[3] : "";
		fields.address_count = fields.listed_count = 0;
	}
	return service_new(&fields);
}

static struct object *import_of_line(struct line *line)
{
	struct import fields = { .head = { .namespace_ = line->namespace_, .name = line->name },
				 .type = line_has(line, "Headless") ? IMPORT_HEADLESS
								    : IMPORT_CLUSTER_SET_IP,
				 .address_count = (uint8_t)line->address_count,
				 .addresses = line->addresses,
				 .listed_count = (uint8_t)line->listed,
				 .port_count = (uint16_t)line->port_count,
				 .ports = line->ports };
	return import_new(&fields);
}

/* [!][HOST@]ADDRESS[#POD][%ZONE] */
static bool endpoint_read(char *word, struct endpoint_text *ret_endpoint)
{
	struct endpoint_text endpoint = { .ready = *word != '!' };
	word += *word == '!';
	char *zone = strchr(word, '%'), *pod = strchr(word, '#'), *at = strrchr(word, '@');
	struct ip ip;
	if (zone != NULL)
		*zone++ = '\0';
	if (pod != NULL)
		*pod++ = '\0';
	if (at != NULL)
		*at++ = '\0';
	if (!ip_parse(at == NULL ? word : at, &ip))
		return false;
	endpoint.address = ip;
	endpoint.hostname = at == NULL ? NULL : word;
	endpoint.pod_name = pod;
	endpoint.zone = zone;
	*ret_endpoint = endpoint;
	return true;
}

static struct object *slice_of_line(struct line *line)
{
	struct slice fields = { .head = { .namespace_ = line->namespace_, .name = line->name },
				.service = line_value(line, "of="),
				.import = line_value(line, "import="),
				.cluster = line_value(line, "cluster="),
				.address_type = ADDRESS_IPV4,
				.ports = line->ports,
				.port_count = (uint16_t)line->port_count };
	if (line_has(line, "IPv6"))
		fields.address_type = ADDRESS_IPV6;
	if (line_has(line, "FQDN"))
		fields.address_type = ADDRESS_OTHER;
	for (size_t i = 2; i < line->count; i++)
		if (strpbrk(line->words[i], ".:") != NULL && strchr(line->words[i], '=') == NULL)
			fields.endpoint_count +=
				endpoint_read(line->words[i], &line->endpoints[fields.endpoint_count]);
	return slice_new(&fields, line->endpoints);
}

static struct object *object_of_words(struct line *line)
{
	const char *kind = line->words[0];
	line_read_ports(line);
	line_read_addresses(line);
	if (strcmp(kind, "Namespace") == 0)
		return namespace_new(line->name);
	if (strcmp(kind, "Service") == 0)
		return service_of_line(line);
	if (strcmp(kind, "Import") == 0)
		return import_of_line(line);
	if (strcmp(kind, "Slice") == 0)
		return slice_of_line(line);
	assert_string_equal(kind, "Pod");
	return pod_new(&(struct pod){ .head = { .namespace_ = line->namespace_, .name = line->name },
				      .address_count = (uint8_t)line->address_count,
				      .addresses = line->addresses });
}

struct object *object_of_line(const char *text)
{
	struct line line;
	line_read(&line, text);
	struct object *object = object_of_words(&line);
	line_done(&line);
	return object;
}
