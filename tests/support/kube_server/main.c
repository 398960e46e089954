/* SPDX-License-Identifier: Apache-2.0 */
/* An API server for tests: kube_api.py starts it and speaks with it by lines of JSON on standard
 * input and output. It ends with its input. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "control.h"

struct talk {
	struct control control;
	struct event_base *events;
	struct evbuffer *input;
};

static void reply(json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT);
	puts(dump);
	fflush(stdout);
	mem_free(dump);
	json_decref(value);
}

static void on_input(evutil_socket_t fd, short what, void *context)
{
	struct talk *talk = context;
	(void)what;
	if (evbuffer_read(talk->input, fd, 1 << 20) <= 0) {
		event_base_loopbreak(talk->events);
		return;
	}
	for (char *line; (line = evbuffer_readln(talk->input, NULL, EVBUFFER_EOL_LF)) != NULL;
	     mem_free(line))
		reply(control_do(&talk->control, line));
}

int main(void)
{
	struct talk talk = { .events = event_base_new(), .input = evbuffer_new() };
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* of the terminal: whoever started us ends us */
	control_init(&talk.control, talk.events);
	struct event *input =
		event_new(talk.events, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &talk);
	event_add(input, NULL);
	event_base_dispatch(talk.events);
	event_free(input);
	control_done(&talk.control);
	evbuffer_free(talk.input);
	event_base_free(talk.events);
	return 0;
}
