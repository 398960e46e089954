/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of `knamectl node`. */
#include <net/if.h>
#include <string.h>

#include "command_words.h"
#include "node.h"

const char *node_usage(void)
{
	return "usage: knamectl node address ADDRESS... [--interface NAME]  put addresses on an "
	       "interface of type dummy\n"
	       "       knamectl node address --remove [--interface NAME]    take the interface "
	       "away, with its addresses\n"
	       "       knamectl node address ADDRESS... --remove [...]      take these away and "
	       "leave the interface\n"
	       "       knamectl node notrack ADDRESS...                     DNS to and from them "
	       "is not tracked, hence not\n"
	       "                                                            redirected: the nftables "
	       "table inet knamed\n"
	       "       knamectl node notrack --remove                       remove that table\n"
	       "  --interface NAME  default: knamed; lo where the kernel has no dummy interfaces\n"
	       "  --stay            when all is done, wait for SIGTERM\n"
	       "What is already so stays so: all may be run again. Needs the capability NET_ADMIN.\n";
}

static bool address_read(struct node_options *options, const char *word, struct error *error)
{
	if (options->address_count == NODE_ADDRESSES_MOST)
		return error_set(error, "%d addresses at most", NODE_ADDRESSES_MOST);
	if (!ip_parse(word, &options->addresses[options->address_count]))
		return error_set(error, "expected an address, not '%s'", word);
	options->address_count++;
	return true;
}

static bool interface_read(struct node_options *options, const char *name, struct error *error)
{
	if (name == NULL || *name == '\0' || strlen(name) >= IFNAMSIZ)
		return error_set(error, "expected a name of 1 to %d characters behind --interface",
				 IFNAMSIZ - 1);
	options->interface = name;
	return true;
}

static bool words_read(int argc, char **argv, struct node_options *options, struct error *error)
{
	for (int i = 1; i < argc; i++) {
		bool good = true;
		if (strcmp(option_word(argv[i]), "-remove") == 0)
			options->removes = true;
		else if (strcmp(option_word(argv[i]), "-stay") == 0)
			options->stays = true;
		else if (strcmp(option_word(argv[i]), "-interface") == 0)
			good = interface_read(options, argv[++i], error);
		else
			good = address_read(options, argv[i], error);
		if (!good)
			return false;
	}
	return true;
}

/* What no command can do. */
static bool fits(bool is_address, const struct node_options *options, struct error *error)
{
	if (options->address_count == 0 && !options->removes)
		return error_set(error, "which address?");
	if (!is_address && options->interface != NULL)
		return error_set(error, "rules are of addresses: --interface has no meaning here");
	if (!is_address && options->removes && options->address_count > 0)
		return error_set(error, "--remove takes all rules away: no addresses, please");
	return true;
}

enum node_verdict node_options_read(int argc, char **argv, struct node_options *ret_options,
				    struct error *error)
{
	*ret_options = (struct node_options){ 0 };
	if (argc < 1) {
		error_set(error, "address or notrack?");
		return NODE_BAD;
	}
	for (int i = 0; i < argc; i++)
		if (word_is_help(argv[i]))
			return NODE_HELP;
	bool is_address = strcmp(argv[0], "address") == 0;
	if (!is_address && strcmp(argv[0], "notrack") != 0) {
		error_set(error, "no command '%s'", argv[0]);
		return NODE_BAD;
	}
	if (!words_read(argc, argv, ret_options, error) || !fits(is_address, ret_options, error))
		return NODE_BAD;
	if (ret_options->interface == NULL)
		ret_options->interface = "knamed";
	return NODE_RUN;
}
