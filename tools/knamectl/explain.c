/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl explain`: why a name has the answer that it has. */
#include "explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api_list.h"
#include "knamectl.h"
#include "knamed/observe.h"

enum { EXIT_DIFFERENT = 2 };

json_t *text_value(const char *text)
{
	json_t *value = json_string(text);
	return value != NULL ? value : json_string("(cannot be shown as text)");
}

json_t *explain_step(json_t *steps, const char *who, const struct config_at *at, const char *format, ...)
{
	char text[2048], place[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_t *step = json_pack("{s:s,s:o}", "who", who, "text", text_value(text));
	if (at != NULL && at->file != NULL) {
		snprintf(place, sizeof(place), "%s:%u", at->file, at->line);
		json_object_set_new(step, "at", json_string(place));
	}
	json_array_append_new(steps, step);
	return step;
}

json_t *cluster_list(const struct cluster_view *view, const struct config_kubernetes *kubernetes,
		     const char *path)
{
	if (kubernetes == NULL || kubernetes->manifests != NULL || view->trouble != NULL)
		return NULL;
	return api_list(kubernetes, view->wait_ms, path);
}

bool cluster_lists(const struct config_kubernetes *kubernetes, const char *namespace_)
{
	const struct words *listed = &kubernetes->namespaces;
	for (size_t i = 0; i < listed->count; i++)
		if (text_equal_fold(listed->words[i], namespace_))
			return true;
	return listed->count == 0;
}

/* The first block with a `kubernetes` says what the cluster is called. */
void cluster_view_begin(struct cluster_view *view, const struct config *config, unsigned wait_s)
{
	*view = (struct cluster_view){ .config = config, .wait_ms = wait_s * 1000 };
	for (size_t i = 0; i < config->block_count && view->block == NULL; i++)
		if (config->blocks[i].kubernetes != NULL)
			view->block = &config->blocks[i];
	const struct config_zones *zones =
		view->block != NULL ? &view->block->kubernetes->zones : NULL;
	for (size_t i = 0; zones != NULL && i < zones->count && view->zone == NULL; i++)
		if (!name_text_is_reverse(zones->zones[i].text))
			view->zone = zones->zones[i].text;
}

static bool explain(const struct explain_options *options, const struct config *config,
		    json_t **ret_explanation, struct error *error)
{
	struct cluster_view view;
	char type[16];
	dns_type_print(options->type, type);
	*ret_explanation = json_pack("{s:s,s:s}", "name", options->name, "type", type);
	cluster_view_begin(&view, config, options->wait_s);
	return explain_walk(&view, options, *ret_explanation, error);
}

/* Log lines of the server's own code go to stderr: stdout is for the explanation. */
FILE *explain_take_stdout(void)
{
	int fd = dup(STDOUT_FILENO);
	FILE *output = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (output != NULL)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	return output;
}

static int print(FILE *output, const struct explain_options *options, const json_t *explanation)
{
	if (options->is_json) {
		json_dumpf(explanation, output, JSON_INDENT(2));
		fputc('\n', output);
	} else {
		explain_print(output, explanation);
	}
	json_int_t differences = json_integer_value(json_object_get(explanation, "differences"));
	return differences > 0 ? EXIT_DIFFERENT : EXIT_SUCCESS;
}

int knamectl_explain(int argc, char **argv)
{
	struct explain_options options;
	struct error error = { 0 };
	json_t *explanation = NULL;
	switch (explain_options_read(argc, argv, &options, &error)) {
	case EXPLAIN_HELP:
		fputs(explain_usage(), stdout);
		return 0;
	case EXPLAIN_WRONG:
		fprintf(stderr, "knamectl explain: %s\n", error.text);
		return 1;
	case EXPLAIN_GO:
		break;
	}
	FILE *output = explain_take_stdout();
	struct config *config = config_load(&options.flags, &error);
	bool good =
		output != NULL && config != NULL && explain(&options, config, &explanation, &error);
	int code = good ? print(output, &options, explanation) : EXIT_FAILURE;
	if (!good)
		fprintf(stderr, "knamectl explain: %s\n", error.text);
	json_decref(explanation);
	if (config != NULL)
		config_free(config);
	if (output != NULL)
		fclose(output);
	return code;
}
