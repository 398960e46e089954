/* SPDX-License-Identifier: Apache-2.0 */
/* Threads beside the main one. A signal goes to any thread that does not block it, and one that
 * sleeps for long would keep it; so they block all. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "knamed/base.h"

/* What a thread begins with. */
struct beginning {
	void *(*run)(void *context);
	void *context;
	char name[16];
};

/* A thread names itself: to name another one is to write to a file, which a sandbox may deny. */
static void *begin(void *context)
{
	struct beginning beginning = *(const struct beginning *)context;
	mem_free(context);
	capability_limit(0); /* sockets are opened by the main thread */
	pthread_setname_np(pthread_self(), beginning.name);
	return beginning.run(beginning.context);
}

int thread_start(pthread_t *ret_thread, const char *name, size_t stack_size,
		 void *(*run)(void *context), void *context)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	struct beginning *beginning = mem_alloc(sizeof(*beginning));
	*beginning = (struct beginning){ .run = run, .context = context };
	snprintf(beginning->name, sizeof(beginning->name), "%s", name);
	sigfillset(&all);
	pthread_attr_init(&attributes);
	if (stack_size > 0)
		pthread_attr_setstacksize(&attributes, stack_size);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(ret_thread, &attributes, begin, beginning);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (failure != 0)
		mem_free(beginning);
	return failure;
}
