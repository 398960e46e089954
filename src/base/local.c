/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of this network namespace that have no file. Their names are drawn: nobody can take one
 * before us, and whoever has found it in the kernel's list asks the right one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "knamed/base.h"

#define NAME_START "@knamed."

void local_name_make(const char *kind, char ret_name[LOCAL_NAME_SIZE])
{
	uint64_t chance;
	random_bytes(&chance, sizeof(chance));
	snprintf(ret_name, LOCAL_NAME_SIZE, NAME_START "%s.%016llx", kind, (unsigned long long)chance);
}

socklen_t local_name_address(const char *name, struct sockaddr_un *ret_address)
{
	size_t size = strlen(name);
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (size == 0 || size > sizeof(ret_address->sun_path))
		return 0;
	memcpy(ret_address->sun_path + 1, name + 1, size - 1); /* the first octet is 0 */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

/* The words of a line of /proc/net/unix; an unnamed socket has no last one. */
static const char *word_of(const char *line, unsigned number)
{
	for (; number > 0; number--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return line;
}

/* Connections bear the name of the socket that they came in by; the listening one is marked. */
static bool read_listening(const char *line, const char *start, char ret_name[LOCAL_NAME_SIZE],
			   uint64_t *ret_inode)
{
	enum { FLAGS = 3, INODE = 6, NAME = 7, ACCEPTS = 0x10000 };
	const char *name = word_of(line, NAME);
	snprintf(ret_name, LOCAL_NAME_SIZE, "%.*s", (int)strcspn(name, " \n"), name);
	*ret_inode = strtoull(word_of(line, INODE), NULL, 10);
	return (strtoul(word_of(line, FLAGS), NULL, 16) & ACCEPTS) != 0 &&
	       strncmp(ret_name, start, strlen(start)) == 0;
}

bool local_names_each(const char *kind, local_name_call call, void *context)
{
	char start[LOCAL_NAME_SIZE], name[LOCAL_NAME_SIZE], line[512];
	uint64_t inode;
	FILE *sockets = fopen("/proc/net/unix", "re");
	if (sockets == NULL)
		return false;
	snprintf(start, sizeof(start), NAME_START "%s.", kind);
	while (fgets(line, sizeof(line), sockets) != NULL)
		if (read_listening(line, start, name, &inode))
			call(context, name, inode);
	fclose(sockets);
	return true;
}

bool local_peer_is_ours(int fd, pid_t *ret_pid)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	*ret_pid = peer.pid;
	return peer.uid == geteuid() || peer.uid == 0;
}
