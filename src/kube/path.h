/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs of what is asked: cluster-wide lists and watches of one kind, with the selectors of the configuration. */
#ifndef KNAMED_KUBE_PATH_H
#define KNAMED_KUBE_PATH_H

#include "knamed/config.h"
#include "knamed/model.h"

enum path_aim {
	PATH_STREAM, /* all objects as events, a bookmark behind them, then what happens (WatchList) */
	PATH_LIST,  /* a page of all objects */
	PATH_WATCH, /* what happened since a version */
	PATH_PROBE, /* one object: for the version that the server is at */
};
struct path {
	enum path_aim aim;
	enum object_kind kind;
	const struct config_kubernetes *config;
	const char *version; /* PATH_WATCH */
	const char *next;    /* PATH_LIST: where the page begins; "" or NULL: the first */
	bool is_whole;	     /* PATH_LIST: all in one page */
	unsigned timeout_s;  /* PATH_STREAM, PATH_WATCH: when the server ends it */
};
void path_print(const struct path *path, struct text *ret_text);

/* Media types to ask for, the best first. ServiceImports are JSON: custom resources have no message. */
enum accept_form { ACCEPT_LIST, ACCEPT_WATCH, ACCEPT_METADATA };
const char *path_accept(enum object_kind kind, enum accept_form form, bool is_json_only);

#endif
