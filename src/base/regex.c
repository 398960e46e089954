/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions on PCRE2. It searches by trying, so time is bounded by a count of tries and
 * memory by a room that each thread has: PCRE2 is given an allocator that hands out parts of it and
 * nothing else. Compiled to machine code where the system allows; what needs more stack than that
 * has is searched again without. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "regex_syntax.h"

enum {
	TRIES_MAX = 100000,	/* about half a millisecond */
	FRAMES_MAX_KIB = 512,	/* what PCRE2 remembers of tries */
	ROOM_SIZE = 1200 << 10, /* the sizes it doubles up to that, and what is always there */
};

struct regex {
	pcre2_code *code;
	struct regex_syntax syntax;
};

struct room {
	size_t used, first; /* first: the size of what is never given back */
	unsigned blocks;    /* handed out behind that */
	pcre2_match_data *data;
	pcre2_match_context *limits;
	_Alignas(16) uint8_t bytes[ROOM_SIZE];
};

static _Thread_local struct room *own_room;
static pthread_key_t room_key; /* frees it when the thread ends */
static pthread_once_t room_key_made = PTHREAD_ONCE_INIT;
static _Atomic uint64_t given_up;

static void *room_take(PCRE2_SIZE size, void *context)
{
	struct room *room = context;
	size_t rounded = (size + 15) & ~(size_t)15;
	if (rounded > ROOM_SIZE - room->used)
		return NULL;
	void *block = room->bytes + room->used;
	room->used += rounded;
	room->blocks++;
	return block;
}

/* PCRE2 holds one block at a time, two while it moves to a larger one. */
static void room_give_back(void *block, void *context)
{
	struct room *room = context;
	if (block != NULL && --room->blocks == 0)
		room->used = room->first;
}

static void make_room_key(void)
{
	if (pthread_key_create(&room_key, mem_free) != 0)
		abort(); /* more than a thousand keys */
}

void regex_prepare_thread(void)
{
	if (own_room != NULL)
		return;
	struct room *room = mem_alloc(sizeof *room); /* pages are touched when they are needed */
	room->used = room->first = 0;
	room->blocks = 0;
	pcre2_general_context *memory = pcre2_general_context_create(room_take, room_give_back, room);
	room->data = pcre2_match_data_create(REGEX_GROUPS, memory);
	room->limits = pcre2_match_context_create(memory);
	pcre2_set_match_limit(room->limits, TRIES_MAX);
	pcre2_set_depth_limit(room->limits, TRIES_MAX);
	pcre2_set_heap_limit(room->limits, FRAMES_MAX_KIB);
	room->first = room->used;
	room->blocks = 0;
	pthread_once(&room_key_made, make_room_key);
	pthread_setspecific(room_key, room);
	own_room = room;
}

/* The sentence of PCRE2, for the few things that only it finds. */
static bool refuse(const char *pattern, int code, struct error *error)
{
	char sentence[128] = "";
	pcre2_get_error_message(code, (uint8_t *)sentence, sizeof sentence);
	return error_set(error, "error parsing regexp: %s: `%s`", sentence, pattern);
}

static pcre2_code *compile(const struct regex_syntax *syntax, int *ret_code)
{
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_NEVER_UCP;
	if (syntax->utf)
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (context == NULL)
		abort();
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((const uint8_t *)syntax->pattern.data,
					 syntax->pattern.size, options, ret_code, &at, context);
	pcre2_compile_context_free(context);
	return code;
}

struct regex *regex_new(const char *pattern, struct error *error)
{
	if (strlen(pattern) > REGEX_PATTERN_MAX) {
		error_fill(error, "regex pattern too long: %zu > %d", strlen(pattern),
			   REGEX_PATTERN_MAX);
		return NULL;
	}
	struct regex_syntax syntax;
	int code = 0;
	if (!regex_syntax_read(pattern, &syntax, error))
		return NULL;
	struct regex *regex = mem_zalloc(sizeof *regex);
	regex->syntax = syntax;
	regex->code = compile(&regex->syntax, &code);
	if (regex->code == NULL) {
		refuse(pattern, code, error);
		regex_free(regex);
		return NULL;
	}
	pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without it, it is slower */
	return regex;
}

void regex_free(struct regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_code_free(regex->code);
	regex_syntax_done(&regex->syntax);
	mem_free(regex);
}

static void take_groups(const struct room *room, unsigned count, struct regex_match *ret_match)
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(room->data);
	memset(ret_match, 0xff, sizeof *ret_match);
	for (unsigned i = 0; i < count; i++) {
		if (ends[2 * i] == PCRE2_UNSET)
			continue;
		ret_match->start[i] = (uint32_t)ends[2 * i];
		ret_match->end[i] = (uint32_t)ends[2 * i + 1];
	}
}

bool regex_find(const struct regex *regex, const char *text, size_t size, struct regex_match *ret_match)
{
	regex_prepare_thread();
	struct room *room = own_room;
	const uint8_t *subject = (const uint8_t *)text;
	int found = pcre2_match(regex->code, subject, size, 0, 0, room->data, room->limits);
	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2_match(regex->code, subject, size, 0, PCRE2_NO_JIT, room->data,
				    room->limits);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		atomic_fetch_add_explicit(&given_up, 1, memory_order_relaxed);
	if (found <= 0)
		return false;
	if (ret_match != NULL)
		take_groups(room, (unsigned)found, ret_match);
	return true;
}

unsigned regex_group_count(const struct regex *regex)
{
	return regex->syntax.groups;
}

const char *regex_group_name(const struct regex *regex, unsigned group)
{
	const char *name = group < regex->syntax.groups ? regex->syntax.names[group] : NULL;
	return name == NULL ? "" : name;
}

bool regex_group_index(const struct regex *regex, const char *name, unsigned *ret_group)
{
	for (unsigned i = regex->syntax.groups; i-- > 1;) {
		if (strcmp(regex_group_name(regex, i), name) == 0 && *name != 0) {
			*ret_group = i;
			return true;
		}
	}
	return false;
}

uint64_t regex_given_up(void)
{
	return atomic_load_explicit(&given_up, memory_order_relaxed);
}
