/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl migrate`: what kube-dns was told, as a Corefile. */
#include "migrate.h"

#include <stdio.h>
#include <string.h>

#include "command_words.h"
#include "knamectl.h"
#include "knamed/config.h"

enum { MAP_MOST = 1 << 20 };

static const char usage[] =
	"usage: knamectl migrate [FILE|-] [-- FLAG...]\n"
	"Prints the Corefile that stands for the ConfigMap kube-dns in FILE (YAML or JSON, as kubectl\n"
	"prints it; - is stdin) and for flags of dnsmasq and kubedns (--server=/domain/ip#port,\n"
	"--cache-size=N, --no-negcache, --address=/domain/ip, --domain=...). Exit: 1 at a fault.\n";

static bool read_file(struct migrate_plan *plan, const char *path, struct error *error)
{
	struct text text = { 0 };
	bool is_stdin = strcmp(path, "-") == 0;
	bool good = file_read(is_stdin ? "/dev/stdin" : path, MAP_MOST, &text, error) &&
		    migrate_map_read(plan, is_stdin ? "stdin" : path, text.data, text.size, error);
	text_done(&text);
	return good;
}

/* The domain is known before servers are: some of them stand for kubedns itself. */
static bool read_flags(struct migrate_plan *plan, char **flags, int count, struct error *error)
{
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < count; i++) {
			const char *name = flags[i] + strspn(flags[i], "-");
			bool is_domain = strncmp(name, "domain=", 7) == 0;
			if (is_domain == (pass == 0) && !migrate_flag_read(plan, flags[i], error))
				return false;
		}
	}
	return true;
}

static bool read_all(struct migrate_plan *plan, int argc, char **argv, struct error *error)
{
	int at = 1;
	if (at < argc && strcmp(argv[at], "--") != 0 && !read_file(plan, argv[at++], error))
		return false;
	if (at < argc && strcmp(argv[at++], "--") != 0)
		return error_set(error, "one file at most; flags stand behind --");
	return read_flags(plan, argv + at, argc - at, error);
}

/* What we print, the server must read. */
static bool is_good(const char *corefile, struct error *error)
{
	struct config *config = config_read("the new Corefile", corefile, "53", error);
	config_free(config);
	return config != NULL;
}

int knamectl_migrate(int argc, char **argv)
{
	struct migrate_plan plan;
	struct text corefile = { 0 };
	struct error error;
	if (argc == 1 || word_is_help(argv[1])) {
		fputs(usage, argc == 1 ? stderr : stdout);
		return argc == 1;
	}
	migrate_plan_init(&plan);
	bool good = read_all(&plan, argc, argv, &error);
	if (good) {
		migrate_print(&plan, &corefile);
		good = is_good(corefile.data, &error);
	}
	if (good)
		fputs(corefile.data, stdout);
	else
		fprintf(stderr, "knamectl migrate: %s\n", error.text);
	text_done(&corefile);
	migrate_plan_done(&plan);
	return !good;
}
