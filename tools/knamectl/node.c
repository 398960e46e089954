/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl node`: makes a node ready for a DNS server of its own. The server itself holds no right
 * to change a network; an init container that may runs this, once, and is gone. */
#include "node.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "knamectl.h"

static void stay_until_told(void)
{
	sigset_t ends;
	int number;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	sigwait(&ends, &number);
}

static bool run(const char *task, const struct node_options *options, struct error *error)
{
	bool good = strcmp(task, "address") == 0 ? node_address(options, error)
						 : node_notrack(options, error);
	fflush(stdout);
	if (good && options->stays)
		stay_until_told();
	return good;
}

int knamectl_node(int argc, char **argv)
{
	struct node_options options;
	struct error error = { 0 };
	enum node_verdict verdict = node_options_read(argc - 1, argv + 1, &options, &error);
	if (verdict == NODE_HELP) {
		fputs(node_usage(), stdout);
		return 0;
	}
	if (verdict == NODE_RUN && run(argv[1], &options, &error))
		return 0;
	fprintf(stderr, "knamectl node: %s\n", error.text);
	if (verdict == NODE_BAD)
		fputs(node_usage(), stderr);
	return 1;
}
