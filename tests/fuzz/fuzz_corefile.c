/* SPDX-License-Identifier: Apache-2.0 */
/* Corefiles. What is refused is refused with file and line; what is read keeps the promises of config.h, and reading
 * it again gives the same. Imports find a few files of this program and nothing else. */
#include "knamed/config.h"
#include "knamed/dns.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/knamed-fuzz-XXXXXX";
static char corefile[sizeof(directory) + 16];
static const char *const files[][2] = {
	{ "f1", "errors\nlog {\n class error\n}\n" },
	{ "f2", "b.org {\n whoami\n}\n" },
	{ "f3", "import f1\nnsid \"a b\"\n" },
	{ "f4", "ttl 30\nlabels a=b\n" },
};

/* Beside the Corefile, which is there by name only. The working directory stays: the corpus is relative to it. */
static const char *path_of(const char *name)
{
	static char path[sizeof(corefile)];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void remove_files(void)
{
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlink(path_of(files[i][0]));
	rmdir(directory);
}

static void prepare(void)
{
	static const char *const variables[][2] = {
		{ "A", "a.org" }, { "B", "{$A}:54" }, { "L", "x{$L}" },
		{ "O", "{" },	  { "N", "x\ny" },    { "I", "import" },
	};
	clearenv();
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		setenv(variables[i][0], variables[i][1], 1);
	assert(mkdtemp(directory) != NULL);
	snprintf(corefile, sizeof(corefile), "%s", path_of("Corefile"));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		FILE *file = fopen(path_of(files[i][0]), "w");
		assert(file != NULL && fputs(files[i][1], file) >= 0 && fclose(file) == 0);
	}
	atexit(remove_files);
}

/* ":<line> - " stands in it. */
static bool names_a_line(const char *sentence)
{
	for (const char *at = sentence; (at = strchr(at, ':')) != NULL; at++) {
		size_t digits = strspn(at + 1, "0123456789");
		if (digits > 0 && strncmp(at + 1 + digits, " - ", 3) == 0)
			return true;
	}
	return false;
}

/* In the one spelling that all stages use. */
static void check_zone(const char *zone)
{
	uint8_t name[DNS_NAME_MAX], size;
	char text[NAME_TEXT_SIZE];
	assert(name_parse(zone, name, &size));
	name_lower(name, size);
	name_print(name, text);
	assert(strcmp(text, zone) == 0);
}

static void check_zones(const struct config_zones *zones)
{
	assert(zones->count > 0);
	for (size_t i = 0; i < zones->count; i++) {
		check_zone(zones->zones[i].text);
		assert(i == 0 || strcmp(zones->zones[i].text, zones->zones[i - 1].text) != 0);
	}
}

static const char *get_label(const void *labels, const char *key)
{
	return strcmp(key, "a") == 0 ? labels : NULL;
}

/* A term and its opposite never match together. */
static void check_selector(const struct selector *selector)
{
	static const enum selector_op opposites[] = {
		[SELECT_IN] = SELECT_NOT_IN,
		[SELECT_NOT_IN] = SELECT_IN,
		[SELECT_EXISTS] = SELECT_NOT_EXISTS,
		[SELECT_NOT_EXISTS] = SELECT_EXISTS,
	};
	for (size_t i = 0; i < selector->count; i++) {
		const struct selector_term *term = &selector->terms[i];
		bool has_values = term->op == SELECT_IN || term->op == SELECT_NOT_IN;
		assert(term->key[0] != 0 && has_values == (term->values.count > 0));
		struct selector_term opposite = *term;
		opposite.op = opposites[term->op];
		struct selector one = { .terms = &selector->terms[i], .count = 1 },
				other = { .terms = &opposite, .count = 1 };
		assert(selector_matches(&one, get_label, "b") !=
		       selector_matches(&other, get_label, "b"));
	}
}

/* One source decides. */
static void check_source(const struct config_kubernetes *kubernetes)
{
	bool has_tls = kubernetes->tls_certificate != NULL;
	unsigned sources = (kubernetes->manifests != NULL) + (kubernetes->endpoint != NULL) +
			   (kubernetes->kubeconfig != NULL);
	assert(sources <= 1 && (kubernetes->manifests == NULL || kubernetes->snapshot == NULL));
	assert(has_tls == (kubernetes->tls_key != NULL) && has_tls == (kubernetes->tls_ca != NULL));
	assert(!has_tls || strncmp(kubernetes->endpoint, "https://", 8) == 0);
	assert(kubernetes->context == NULL || kubernetes->kubeconfig != NULL);
	assert(kubernetes->audit_ms == 0 || kubernetes->audit_ms >= 1000);
	if (kubernetes->endpoint == NULL)
		return;
	size_t size = strlen(kubernetes->endpoint);
	assert(strncmp(kubernetes->endpoint, "http", 4) == 0 && kubernetes->endpoint[size - 1] != '/');
	for (size_t i = 0; i < size; i++)
		assert(kubernetes->endpoint[i] > ' ' && kubernetes->endpoint[i] <= '~');
}

static void check_kubernetes(const struct config_kubernetes *kubernetes)
{
	check_zones(&kubernetes->zones);
	check_source(kubernetes);
	assert(kubernetes->ttl <= 3600 && kubernetes->denial_ttl <= 3600);
	assert(kubernetes->falls_through || kubernetes->fallthrough.count == 0);
	for (size_t i = 0; i < kubernetes->fallthrough.count; i++)
		check_zone(kubernetes->fallthrough.zones[i].text);
	assert(kubernetes->namespaces.count == 0 || kubernetes->namespace_labels.count == 0);
	assert(!kubernetes->zonal || !kubernetes->no_endpoints);
	check_selector(&kubernetes->labels);
	check_selector(&kubernetes->namespace_labels);
	for (size_t i = 0; i < kubernetes->multicluster.count; i++) {
		bool is_zone = false;
		for (size_t j = 0; j < kubernetes->zones.count; j++)
			is_zone |= strcmp(kubernetes->multicluster.zones[i].text,
					  kubernetes->zones.zones[j].text) == 0;
		assert(is_zone);
	}
}

static void check_files(const struct config_block *block)
{
	for (size_t i = 0; i < block->file_count; i++) {
		assert(block->files[i].path[0] != 0);
		check_zones(&block->files[i].zones);
	}
	for (size_t i = 0; i < block->auto_count; i++) {
		const struct config_auto *auto_ = &block->autos[i];
		assert(auto_->directory[0] != 0 && strchr(auto_->pattern, '(') != NULL &&
		       auto_->template_ != NULL);
		check_zones(&auto_->zones);
	}
}

/* An address in its one spelling, or all. */
static void check_place(const struct config_place *place)
{
	struct ip ip;
	char text[IP_TEXT_SIZE];
	assert(place->port > 0);
	if (place->address[0] == 0)
		return;
	assert(ip_parse(place->address, &ip));
	ip_print(&ip, text);
	assert(strcmp(text, place->address) == 0);
}

static void check_http(const struct config_block *block)
{
	if (block->health != NULL)
		check_place(&block->health->place);
	if (block->ready != NULL)
		check_place(&block->ready->place);
	if (block->prometheus != NULL)
		check_place(&block->prometheus->place);
}

/* What falls through has somewhere to fall. */
static void check_fallthrough(const struct config_block *block)
{
	bool falls = block->kubernetes != NULL && block->kubernetes->falls_through;
	assert(!falls || block->file_count > 0 || block->auto_count > 0 || block->whoami);
}

static void check_block(const struct config_block *block)
{
	assert(block->file != NULL && block->address_count > 0);
	for (size_t i = 0; i < block->address_count; i++)
		check_zone(block->addresses[i].zone);
	for (size_t i = 0; i < block->log_count; i++) {
		assert(block->logs[i].names.count > 0 && block->logs[i].format != NULL);
		assert(block->logs[i].classes != 0 &&
		       (block->logs[i].classes & ~(unsigned)LOG_CLASS_ALL) == 0);
	}
	assert(block->bind_except.count == 0 || block->bind.count > 0);
	assert(block->bufsize == 0 || (block->bufsize >= 512 && block->bufsize <= 4096));
	assert(block->multisocket <= 1024 && (block->nsid == NULL || strlen(block->nsid) <= 255));
	if (block->kubernetes != NULL)
		check_kubernetes(block->kubernetes);
	check_fallthrough(block);
	check_http(block);
	check_files(block);
}

static void check_again(const struct config *config, const char *text)
{
	struct error error = { 0 };
	struct config *again = config_read(corefile, text, "53", &error);
	assert(again != NULL && again->block_count == config->block_count &&
	       again->notes.count == config->notes.count);
	assert(strcmp(again->sha512, config->sha512) == 0);
	config_free(again);
}

/* Away from this program's files no name leads anywhere: imports could read devices. */
static void stay_here(char *text)
{
	if (strstr(text, "import") == NULL && strstr(text, "{$") == NULL && strstr(text, "{%") == NULL)
		return;
	for (char *at = text; *at != 0; at++)
		if (*at == '/')
			*at = '_';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_prepared;
	if (!is_prepared)
		prepare();
	is_prepared = true;

	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = 0;
	stay_here(text);
	struct error error = { 0 };
	struct config *config = config_read(corefile, text, "53", &error);
	if (config == NULL) {
		assert(names_a_line(error.text) && strchr(error.text, '\n') == NULL);
	} else {
		assert(config->block_count > 0 && strlen(config->sha512) == 128);
		for (size_t i = 0; i < config->block_count; i++)
			check_block(&config->blocks[i]);
		check_again(config, text);
	}
	config_free(config);
	free(text);
	return 0;
}
