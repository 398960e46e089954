/* SPDX-License-Identifier: Apache-2.0 */
/* Which line of a hosts file has a name. */
#include <string.h>

#include "explain_trace.h"

enum { FILE_MOST = 64 << 20 };

/* Whether a word of the line is the name, which has no final dot, or the address. */
static bool line_has(const char *line, size_t size, const char *name, const struct ip *ip)
{
	char word[NAME_TEXT_SIZE];
	struct ip found;
	size_t comment = 0;
	while (comment < size && line[comment] != '#')
		comment++;
	for (size_t at = 0, end; at < comment; at = end + 1) {
		for (end = at; end < comment && line[end] != ' ' && line[end] != '\t';)
			end++;
		if (end == at || end - at >= sizeof(word))
			continue;
		memcpy(word, line + at, end - at);
		word[end - at - (word[end - at - 1] == '.')] = '\0';
		if (text_equal_fold(word, name) ||
		    (ip != NULL && ip_parse(word, &found) && ip_equal(ip, &found)))
			return true;
	}
	return false;
}

/* 0: none. */
static unsigned find_line(const char *text, const char *name, const struct ip *ip)
{
	unsigned number = 1;
	for (const char *line = text; line != NULL && *line != '\0'; number++) {
		size_t size = strcspn(line, "\r\n");
		if (line_has(line, size, name, ip))
			return number;
		const char *end = strchr(line, '\n');
		line = end != NULL ? end + 1 : NULL;
	}
	return 0;
}

void explain_hosts_line(json_t *steps, const struct trace_step *step)
{
	const struct config_hosts *hosts = step->block->hosts;
	struct reverse_name reverse;
	struct text text = { 0 };
	struct error ignored;
	char name[NAME_TEXT_SIZE];
	name_print(step->query->lower, name);
	name[strlen(name) - 1] = '\0';
	bool is_reverse = name_read_reverse(step->query->lower, &reverse) && reverse.full;
	const struct ip *ip = is_reverse ? &reverse.ip : NULL;
	unsigned line = file_read(hosts->path, FILE_MOST, &text, &ignored) && text.data != NULL
				? find_line(text.data, name, ip)
				: 0;
	text_done(&text);
	if (line > 0)
		explain_step(steps, "hosts", step->at, "%s:%u has it", hosts->path, line);
	else if (hosts->lines != NULL && find_line(hosts->lines, name, ip) > 0)
		explain_step(steps, "hosts", step->at, "a line of the directive itself has it");
	else
		explain_step(steps, "hosts", step->at, "a wildcard of %s has it", hosts->path);
}
