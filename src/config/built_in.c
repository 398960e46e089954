/* SPDX-License-Identifier: Apache-2.0 */
/* A typo must not stop the DNS of a cluster: what serves while its Corefile cannot be used.
 *
 * The text is looked through word by word, without a grammar, for what is worth keeping: the zone, where queries,
 * probes and scrapes come in. What it restricts (acl, view) cannot be kept so, and then nothing serves. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "list.h"
#include "load.h"
#include "path.h"
#include "knamed/dns.h"
#include "zone.h"

enum { FILES_MOST = 1000, DEPTH_MOST = 8 };

struct findings {
	struct arena *arena;
	const char *port, *zone, *health, *ready, *prometheus; /* NULL: not told */
	struct words bind;
	size_t files_left;
	bool restricts, has_bind;
};

/* ---- words ---- */

enum { LINE_WORDS = 64 };
struct line_words {
	const char *words[LINE_WORDS];
	size_t count;
};

static const char *filled(struct findings *findings, const char *word)
{
	size_t budget = COREFILE_ENVIRONMENT_MAX;
	const char *text;
	return environment_fill(findings->arena, &budget, word, &text) ? text : word;
}

/* The words of a line without quotes, up to a comment; those behind the first 64 only as far as they restrict. */
static const char *read_line(struct findings *findings, const char *at, struct line_words *ret_line)
{
	static const char blanks[] = " \t\r\"`";
	ret_line->count = 0;
	while (*at != '\0' && *at != '\n') {
		size_t size = strcspn(at, " \t\r\"`\n");
		if (*at == '#') {
			at += strcspn(at, "\n");
			break;
		}
		if (size > 0) {
			const char *word = filled(findings, arena_text(findings->arena, at, size));
			findings->restricts |= strcmp(word, "acl") == 0 || strcmp(word, "view") == 0;
			if (ret_line->count < LINE_WORDS)
				ret_line->words[ret_line->count++] = word;
		}
		at += size;
		at += strspn(at, blanks);
	}
	return *at == '\n' ? at + 1 : at;
}

/* ---- lines ---- */

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void take_zone(struct findings *findings, const struct line_words *line)
{
	for (size_t i = 1; i < line->count && findings->zone == NULL; i++) {
		const char *zone = config_zone_text(findings->arena, line->words[i]);
		if (is(line->words[i], "{"))
			return;
		if (zone != NULL && !name_text_is_reverse(zone) && !is(zone, "."))
			findings->zone = zone;
	}
}

static void take_bind(struct findings *findings, const struct line_words *line)
{
	findings->has_bind = true;
	for (size_t i = 1; i < line->count && !is(line->words[i], "{"); i++) {
		struct ip ip;
		if (ip_parse(line->words[i], &ip) && !words_contain(&findings->bind, line->words[i]))
			words_add(findings->arena, &findings->bind, line->words[i]);
	}
}

/* "zone:port ... {" */
static void take_port(struct findings *findings, const struct line_words *line)
{
	if (findings->port != NULL || line->count < 2 || !is(line->words[line->count - 1], "{"))
		return;
	const char *colon = strrchr(line->words[0], ':');
	uint64_t port;
	if (colon != NULL && text_to_number(colon + 1, 1, UINT16_MAX, &port))
		findings->port = colon + 1;
}

static void take_place(const char **ret_place, const struct line_words *line)
{
	if (*ret_place == NULL && line->count > 1 && !is(line->words[1], "{"))
		*ret_place = line->words[1];
}

static void look_through(struct findings *findings, const char *name, const char *text, unsigned depth);

/* What is there and cannot be read may restrict, for all we know. */
static bool is_unread(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

static void look_into(struct findings *findings, const char *path, unsigned depth)
{
	struct text text = { 0 };
	if (findings->files_left == 0 || depth == DEPTH_MOST)
		findings->restricts = true;
	else if (file_read(path, COREFILE_SIZE_MAX, &text, NULL))
		look_through(findings, path, text.data, depth);
	else
		findings->restricts |= is_unread(path);
	findings->files_left -= findings->files_left > 0;
	text_done(&text);
}

/* A name that is no file, such as a snippet's, names nothing to look into. */
static void look_into_imports(struct findings *findings, const char *name, const char *pattern,
			      unsigned depth)
{
	struct arena *arena = findings->arena;
	const char *absolute = path_absolute(arena, name);
	if (absolute == NULL)
		return;
	glob_t found = { 0 };
	int verdict = glob(path_under(arena, path_directory(arena, absolute), pattern), GLOB_PERIOD,
			   NULL, &found);
	for (size_t i = 0; verdict == 0 && i < found.gl_pathc && !findings->restricts; i++)
		look_into(findings, found.gl_pathv[i], depth);
	globfree(&found);
}

static void take_line(struct findings *findings, const char *name, const struct line_words *line,
		      unsigned depth)
{
	const char *first = line->words[0];
	if (is(first, "kubernetes"))
		take_zone(findings, line);
	else if (is(first, "bind"))
		take_bind(findings, line);
	else if (is(first, "health"))
		take_place(&findings->health, line);
	else if (is(first, "ready"))
		take_place(&findings->ready, line);
	else if (is(first, "prometheus"))
		take_place(&findings->prometheus, line);
	else if (is(first, "import") && line->count > 1)
		look_into_imports(findings, name, line->words[1], depth + 1);
	else
		take_port(findings, line);
}

static void look_through(struct findings *findings, const char *name, const char *text, unsigned depth)
{
	struct line_words line;
	while (*text != '\0' && !findings->restricts) {
		text = read_line(findings, text, &line);
		if (line.count > 0)
			take_line(findings, name, &line, depth);
	}
}

/* ---- a config ---- */

static void add_place(struct text *text, const char *name, const char *place)
{
	text_printf(text, "%s %s\n", name, place != NULL ? place : "");
}

static void write_corefile(const struct findings *findings, const char *default_port, struct text *text)
{
	text_printf(text, ".:%s {\nerrors\n", findings->port != NULL ? findings->port : default_port);
	for (size_t i = 0; i < findings->bind.count; i++)
		text_printf(text, "bind %s\n", findings->bind.words[i]);
	add_place(text, "health", findings->health);
	add_place(text, "ready", findings->ready);
	text_printf(text,
		    "kubernetes %s in-addr.arpa ip6.arpa {\npods insecure\n"
		    "fallthrough in-addr.arpa ip6.arpa\n}\n",
		    findings->zone != NULL ? findings->zone : "cluster.local");
	add_place(text, "prometheus", findings->prometheus != NULL ? findings->prometheus : ":9153");
	text_add(text, "forward . /etc/resolv.conf\ncache 30\nreload\n}\n");
}

static struct config *read_findings(const struct findings *findings, const char *port)
{
	struct text text = { 0 };
	struct error error;
	write_corefile(findings, port, &text);
	struct config *config = config_read("built-in defaults", text.data, port, &error);
	text_done(&text);
	return config;
}

struct config *config_built_in(const struct flags *flags)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	if (host == NULL || host[0] == '\0')
		return NULL;
	struct findings findings = { .arena = arena_new(), .files_left = FILES_MOST };
	struct corefile_text corefile;
	struct error error;
	corefile_load(flags, true, &corefile, &error);
	if (corefile.text.data != NULL && strlen(corefile.text.data) == corefile.text.size)
		look_through(&findings, corefile.name, corefile.text.data, 0);
	else
		findings.restricts = corefile.name == NULL || is_unread(corefile.name);
	struct config *config = NULL;
	if (!findings.restricts && (!findings.has_bind || findings.bind.count > 0)) {
		config = read_findings(&findings, flags->port);
		/* They may be wrong. */
		findings.health = findings.ready = findings.prometheus = NULL;
		if (config == NULL)
			config = read_findings(&findings, flags->port);
	}
	text_done(&corefile.text);
	arena_free(findings.arena);
	return config;
}
