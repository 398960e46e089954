/* SPDX-License-Identifier: Apache-2.0 */
/* The explanation as text: a paragraph for each name of the search list. */
#include <string.h>

#include "explain.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static void print_from(FILE *output, const json_t *explanation)
{
	const json_t *from = json_object_get(explanation, "from");
	const char *pod = text_of(from, "pod"), *address = text_of(from, "address");
	size_t i;
	json_t *zone;
	fprintf(output, "%s %s, asked by %s%s%s%s%s\n  search", text_of(explanation, "name"),
		text_of(explanation, "type"), text_of(from, "namespace"), *pod != '\0' ? "/" : "",
		pod, *address != '\0' ? " at " : "", address);
	json_array_foreach(json_object_get(from, "search"), i, zone)
		fprintf(output, " %s", json_string_value(zone));
	fprintf(output, "; ndots %d (%s)\n",
		(int)json_integer_value(json_object_get(from, "ndots")), text_of(from, "how"));
	if (json_object_get(explanation, "trouble") != NULL)
		fprintf(output, "  the cluster was not read: %s\n", text_of(explanation, "trouble"));
}

static void print_steps(FILE *output, const json_t *steps)
{
	size_t i;
	json_t *step;
	json_array_foreach(steps, i, step)
	{
		const char *at = text_of(step, "at");
		fprintf(output, "  %-13s %s%s%s%s\n", text_of(step, "who"), text_of(step, "text"),
			*at != '\0' ? "  [" : "", at, *at != '\0' ? "]" : "");
	}
}

static void print_message(FILE *output, const char *title, const json_t *message)
{
	const json_t *ede = json_object_get(message, "ede");
	size_t i;
	json_t *record;
	if (!json_is_object(message)) {
		fprintf(output, "  %-13s no reply\n", title);
		return;
	}
	if (json_object_get(message, "problem") != NULL) {
		fprintf(output, "  %-13s %s\n", title, text_of(message, "problem"));
		return;
	}
	fprintf(output, "  %-13s %s", title, text_of(message, "rcode"));
	if (json_object_get(message, "server") != NULL)
		fprintf(output, " from %s after %.1f ms", text_of(message, "server"),
			(double)json_integer_value(json_object_get(message, "took_us")) / 1000);
	if (ede != NULL)
		fprintf(output, ", extended error %d%s%s",
			(int)json_integer_value(json_object_get(ede, "code")),
			text_of(ede, "text")[0] != '\0' ? ": " : "", text_of(ede, "text"));
	fputc('\n', output);
	json_array_foreach(json_object_get(message, "answer"), i, record)
		fprintf(output, "  %-13s   %s\n", "", json_string_value(record));
}

void explain_print(FILE *output, const json_t *explanation)
{
	size_t i;
	json_t *candidate;
	print_from(output, explanation);
	json_array_foreach(json_object_get(explanation, "candidates"), i, candidate)
	{
		const json_t *live = json_object_get(candidate, "live");
		bool differs = json_object_get(candidate, "different") != NULL;
		fprintf(output, "\n%zu. %s\n", i + 1, text_of(candidate, "name"));
		print_steps(output, json_object_get(candidate, "steps"));
		if (live != NULL)
			print_message(output, "live", live);
		if (live == NULL || differs)
			print_message(output, live == NULL ? "answer" : "expected",
				      json_object_get(candidate, "expected"));
		if (live != NULL)
			fprintf(output, "  %-13s %s\n", "compared", text_of(candidate, "verdict"));
	}
	const char *found = text_of(explanation, "found");
	fprintf(output, "\n%s%s\n",
		*found != '\0' ? "The resolver takes " : "No name of the search list has an answer.",
		found);
}
