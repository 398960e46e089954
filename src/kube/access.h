/* SPDX-License-Identifier: Apache-2.0 */
/* How a server is reached, as somebody wrote it down: nothing that stands in another file is read yet. */
#ifndef KNAMED_KUBE_ACCESS_H
#define KNAMED_KUBE_ACCESS_H

#include <jansson.h>

#include "knamed/base.h"

/* Text given directly, or the absolute path of the file that has it; both NULL: not given. */
struct access_text {
	const char *path, *data;
	size_t size;
};
/* A program that prints credentials. */
struct access_exec {
	char *const *words;	/* the command and its arguments, then NULL */
	char *const *variables; /* "NAME=value", added to the environment, then NULL */
	const char *version;	/* apiVersion that both sides speak */
	const char *hint;	/* how to install it; NULL: none */
	bool wants_cluster;	/* provideClusterInfo */
	json_t *cluster_config; /* the cluster's extension for such programs; NULL: none */
};
struct access {
	struct arena *arena;	 /* holds all texts */
	const char *server;	 /* with scheme, without a final slash */
	const char *server_name; /* as which its certificate is checked; NULL: its host */
	const char *proxy;	 /* NULL: what the environment says */
	bool insecure;
	struct access_text ca, certificate, key, token;
	const char *user, *password;
	const char *const *headers; /* "Name: value", then NULL; NULL: none */
	struct access_exec *exec;   /* NULL: none */
};

/* The server as operators write it: without a scheme it is `scheme`://; final slashes go. False:
 * not http(s), no host, or a password in it. */
bool access_set_server(struct access *access, const char *server, const char *scheme,
		       struct error *error);
/* Where its host begins and ends, without its port; of [::1] with the brackets. */
const char *access_host(const char *server, size_t *ret_size);
void access_free(struct access *access);

#endif
