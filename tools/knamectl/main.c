/* SPDX-License-Identifier: Apache-2.0 */
/* knamectl: finds the command and runs it. */
#include "knamectl.h"

#include <stdio.h>
#include <string.h>

#include "command_words.h"
#include "knamed/base.h"

static const char usage[] =
	"usage: knamectl COMMAND ...\n"
	"  query [@SERVER[:PORT]] NAME [TYPE] [OPTION...]  ask a DNS server "
	"(`knamectl query --help`)\n"
	"  check [-conf FILE] [-dns.port PORT]             read a Corefile and "
	"its files; exit 1 at a fault\n"
	"  migrate [FILE|-] [-- FLAG...]                   print the Corefile "
	"that does what kube-dns was told\n"
	"  dump  [-conf FILE] [NAMESPACE/SERVICE]          print what the "
	"Corefile's files would serve, as a zone file\n"
	"  node  address|notrack ADDRESS... [--remove]     make a node ready for "
	"a DNS server of its own\n"
	"  explain NAME [TYPE] [--from NS/POD|ADDRESS]     why a name has the "
	"answer that it has (`knamectl explain --help`)\n"
	"  doctor [-conf FILE] [--server ADDRESS[:PORT]]   what is wrong, and "
	"what to do about it\n"
	"  top   [--once] [--json] [OPTION...]             what a running server "
	"is asked most (`knamectl top --help`)\n"
	"  tail  [OPTION...]                               questions as it "
	"answers them (`knamectl tail --help`)\n"
	"  shadow --to SERVER --pcap|--names FILE|--live   ask another server "
	"the same, and compare\n";

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "query", knamectl_query },   { "check", knamectl_check },
		{ "dump", knamectl_dump },     { "migrate", knamectl_migrate },
		{ "node", knamectl_node },     { "explain", knamectl_explain },
		{ "doctor", knamectl_doctor }, { "top", knamectl_top },
		{ "tail", knamectl_tail },     { "shadow", knamectl_shadow },
	};
	for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	bool asked = argc > 1 && (strcmp(argv[1], "help") == 0 || word_is_help(argv[1]));
	if (argc > 1 && !asked)
		fprintf(stderr, "knamectl: no command '%s'\n", argv[1]);
	fputs(usage, asked ? stdout : stderr);
	return asked ? 0 : 1;
}
