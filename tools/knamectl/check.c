/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl check`: reads a Corefile, its manifests and its zone files by the very code that the
 * server runs, one source at a time, so that one fault does not hide the others. API servers are
 * not asked, but what is needed to reach them is read. */
#include <stdio.h>
#include <string.h>

#include "knamectl.h"
#include "knamed/kube.h"
#include "knamed/policy.h"
#include "knamed/source.h"
#include "pipeline.h"

static const char usage[] = "usage: knamectl check [-conf FILE] [-dns.port PORT]\n"
			    "Without -conf: ./Corefile. Exit: 0 and OK, or 1 and every fault.\n";

static void complain(unsigned *faults, const char *sentence)
{
	fprintf(stderr, "knamectl check: %s\n", sentence);
	(*faults)++;
}

/* Whether the server would serve a block with these sources alone. */
static void check_block(const struct config_block *block, unsigned *faults)
{
	struct config_block copy = *block;
	struct config config = { .blocks = &copy, .block_count = 1 };
	struct error error;
	struct pipeline *pipeline =
		pipeline_new(&(struct pipeline_options){ .config = &config }, &error);
	if (pipeline == NULL)
		complain(faults, error.text);
	pipeline_free(pipeline);
}

static struct config_block block_without_sources(const struct config_block *block)
{
	struct config_block bare = *block;
	bare.kubernetes = NULL;
	bare.file_count = 0;
	bare.auto_count = 0;
	return bare;
}

struct checking {
	const struct config_block *block;
	unsigned *faults;
};

/* A file that is read once must be there: the server would wait for it. */
static void check_file(const struct checking *checking, const struct config_file *file)
{
	struct config_block block = block_without_sources(checking->block);
	struct config_file once = *file;
	once.reload_ms = 0;
	block.files = &once;
	block.file_count = 1;
	check_block(&block, checking->faults);
}

static void check_found(void *context, const char *origin, const char *path)
{
	char *origin_copy = mem_text(origin), *path_copy = mem_text(path);
	struct config_zone zone = { .text = origin_copy };
	struct config_file file = { .path = path_copy, .zones = { .zones = &zone, .count = 1 } };
	check_file(context, &file);
	mem_free(origin_copy);
	mem_free(path_copy);
}

/* What a pod has to reach its own API server is only there in the pod. */
static void check_cluster(const struct config_block *block, unsigned *faults)
{
	const struct config_kubernetes *kubernetes = block->kubernetes;
	struct config_block cluster = block_without_sources(block);
	struct error error;
	cluster.kubernetes = block->kubernetes;
	check_block(&cluster, faults);
	if (kubernetes != NULL && (kubernetes->endpoint != NULL || kubernetes->kubeconfig != NULL) &&
	    !kube_check(kubernetes, &error))
		complain(faults, error.text);
}

static void check_sources(const struct config_block *block, unsigned *faults)
{
	struct checking checking = { .block = block, .faults = faults };
	struct error error;
	check_cluster(block, faults);
	for (size_t i = 0; i < block->file_count; i++)
		check_file(&checking, &block->files[i]);
	for (size_t i = 0; i < block->auto_count; i++)
		if (!zone_files_list(&block->autos[i], check_found, &checking, &error))
			complain(faults, error.text);
}

/* What a block asks beside its data: expressions, patterns, networks. */
static void check_policy(const struct config_block *block, unsigned *faults)
{
	struct metrics *metrics = metrics_new();
	const struct policy_options options = { .block = block, .version = "", .metrics = metrics };
	struct policy *policy = NULL;
	struct view *view = NULL;
	struct error error;
	if (!policy_compile(&options, &policy, &error) ||
	    (block->view != NULL && !view_compile(block->view, &view, &error)))
		complain(faults, error.text);
	view_free(view);
	policy_free(policy);
	metrics_free(metrics);
}

static void print_notes(const struct config *config)
{
	for (size_t i = 0; i < config->notes.count; i++)
		printf("note: %s\n", config->notes.words[i]);
}

static void print_seconds(const char *option, uint64_t duration_ms)
{
	printf(", %s %.16gs", option, (double)duration_ms / 1000);
}

static void print_server(const struct config_kubernetes *kubernetes)
{
	if (kubernetes->kubeconfig != NULL)
		printf("the API server of %s, %s%s", kubernetes->kubeconfig,
		       kubernetes->context != NULL ? "context " : "its current context",
		       kubernetes->context != NULL ? kubernetes->context : "");
	else if (kubernetes->endpoint != NULL)
		printf("the API server %s", kubernetes->endpoint);
	else
		printf("the pod's own API server");
	print_seconds("startup_timeout", kubernetes->startup_timeout_ms);
	if (kubernetes->audit_ms > 0)
		print_seconds("audit", kubernetes->audit_ms);
	else
		printf(", audit off");
	if (kubernetes->snapshot != NULL)
		printf(", snapshot %s", kubernetes->snapshot);
}

/* Where the objects of a block come from. */
static void print_objects(const struct config_block *block)
{
	const struct config_kubernetes *kubernetes = block->kubernetes;
	if (kubernetes == NULL)
		return;
	printf("objects: %s:%u - ", block->file, block->line);
	for (size_t i = 0; i < kubernetes->zones.count; i++)
		printf(i > 0 ? " %s" : "%s", kubernetes->zones.zones[i].text);
	printf(" from ");
	if (kubernetes->manifests != NULL)
		printf("the manifests in %s", kubernetes->manifests);
	else
		print_server(kubernetes);
	printf("\n");
}

static int check(const struct flags *flags)
{
	struct error error;
	unsigned faults = 0;
	struct config *config = config_load(flags, &error);
	if (config == NULL) {
		complain(&faults, error.text);
		return 1;
	}
	print_notes(config);
	for (size_t i = 0; i < config->block_count; i++)
		print_objects(&config->blocks[i]);
	for (size_t i = 0; i < config->block_count; i++) {
		check_policy(&config->blocks[i], &faults);
		check_sources(&config->blocks[i], &faults);
	}
	if (faults == 0)
		puts("OK");
	config_free(config);
	return faults == 0 ? 0 : 1;
}

int knamectl_check(int argc, char **argv)
{
	struct flags flags;
	struct error error;
	int status;
	switch (flags_read(argc, argv, &flags, &status, &error)) {
	case FLAGS_GOOD:
		return check(&flags);
	case FLAGS_HELP:
		fputs(usage, stdout);
		return 0;
	case FLAGS_BAD:
		break;
	}
	fprintf(stderr, "knamectl check: %s\n%s", error.text, usage);
	return 1;
}
