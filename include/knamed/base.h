/* SPDX-License-Identifier: Apache-2.0 */
/* base -- memory, text, maps, addresses, time and files: what every stage stands on.
 *
 * Nothing here knows DNS or Kubernetes. Allocation never fails: out of memory aborts.
 * Errors of the outside world are one ready sentence in a struct error. */
#ifndef KNAMED_BASE_H
#define KNAMED_BASE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* One sentence a user can act on, without a newline. Empty when nothing failed. */
struct error { char text[1024]; };
/* Fills the sentence; always gives false, so that `return error_set(...)` reads well. error may be NULL. */
#define error_set(...) (error_fill(__VA_ARGS__), error_is_false())
/* Puts "prefix" in front of the sentence that is there. Gives false. */
#define error_prefix(...) (error_fill_front(__VA_ARGS__), error_is_false())
void error_fill(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
void error_fill_front(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
/* In line, so that compilers and analysers see what becomes of outputs after a failure. */
static inline bool error_is_false(void)
{
	return false;
}

/* Memory: aborts when there is none left; mem_free(NULL) is fine. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *memory, size_t size);
void *mem_copy(const void *bytes, size_t size);
char *mem_text(const char *text);                 /* copy of a string; NULL gives NULL */
char *mem_text_n(const char *text, size_t size);  /* copy of size bytes and a NUL */
void mem_free(void *memory); /* also for memory that a library got from malloc and gave away */

/* Arena: allocations that go together, in 16-byte alignment. */
struct arena;
struct arena *arena_new(void);
void *arena_alloc(struct arena *arena, size_t size); /* zeroed */
char *arena_text(struct arena *arena, const char *text, size_t size);
void arena_free(struct arena *arena);

/* Text that grows; always NUL-terminated once something was added. */
struct text { char *data; size_t size, room; };
void text_add(struct text *text, const char *string);
void text_add_n(struct text *text, const void *bytes, size_t size);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_add_escaped(struct text *text, const char *value); /* in the query of a URL */
void text_add_duration(struct text *text, uint64_t ms); /* "1m30s", as Go prints it */
void text_clear(struct text *text); /* empties, keeps the room */
void text_done(struct text *text);  /* gives the memory back */

/* Whole-string number parsing: false on anything but digits that fit into [least, most]. */
bool text_to_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number);
bool text_to_integer(const char *text, int64_t *ret_number); /* with a sign or without, as Go's Atoi */
/* Go durations ("5s", "1h30m", "250ms", "0"); negative or malformed is false. */
bool text_to_duration_ms(const char *text, uint64_t *ret_ms);
bool text_equal(const char *a, const char *b); /* NULL equals NULL alone */
bool text_equal_fold(const char *a, const char *b); /* ASCII case folded */
int text_compare(const void *a, const void *b); /* for qsort(), of char * */

/* Hash map from bytes to pointers; keys are copied. Control thread use; flood-proof (keyed hash). */
struct map;
struct map *map_new(void);
void map_free(struct map *map);
void *map_get(const struct map *map, const void *key, size_t key_size);
void map_put(struct map *map, const void *key, size_t key_size, void *value); /* replaces */
void *map_remove(struct map *map, const void *key, size_t key_size); /* what was there, or NULL */
size_t map_count(const struct map *map);
/* Walks all pairs: start with *position = 0; removing the pair just returned is allowed, adding is not. */
bool map_next(const struct map *map, size_t *position, const void **ret_key, size_t *ret_key_size,
	      void **ret_value);

/* SipHash-1-3. hash_key_random() fills a key from the kernel. */
struct hash_key { uint64_t k0, k1; };
struct hash_key hash_key_random(void);
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t size);
void random_bytes(void *ret_bytes, size_t size);

/* An IP address. family is 0 (none), 4 or 6; IPv4 uses bytes[0..3], the rest is 0. */
struct ip { uint8_t family; uint8_t bytes[16]; };
#define IP_TEXT_SIZE 46
/* Kubernetes' reading: IPv4 groups may have leading zeros (decimal); IPv4-mapped IPv6 becomes IPv4; no zone ids. */
bool ip_parse(const char *text, struct ip *ret_ip);
void ip_print(const struct ip *ip, char ret_text[IP_TEXT_SIZE]); /* RFC 5952 */
bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip);
struct ip ip_of_sockaddr(const struct sockaddr *address);
/* Fills a sockaddr for bind/connect; returns its length. */
socklen_t ip_to_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *ret_address);
/* "10.0.0.0/8" or a bare address (full length prefix). */
bool ip_parse_cidr(const char *text, struct ip *ret_ip, unsigned *ret_bits);
bool ip_in_cidr(const struct ip *ip, const struct ip *net, unsigned bits);

/* Places that clients have at the same time, of a number that does not grow: one alone cannot take them all. Few places
 * (below SHARES_LEAST) are nobody's to share. One thread. */
enum { SHARES_BUCKETS = 1024, SHARES_LEAST = 64 };
struct shares { struct hash_key key; unsigned most, taken; uint16_t rows[2][SHARES_BUCKETS]; };
struct share { uint16_t at[2]; };
struct shares shares_of(unsigned most); /* 65,535 at most */
/* Whether who has `count` may have one more. When places become few, who has as many as are free has enough, unless that
 * is only a few of all. */
bool share_is_fair(unsigned most, unsigned taken, unsigned count);
/* False: this client has its share, or nobody has a place. */
bool shares_take(struct shares *shares, const struct ip *client, struct share *ret_share);
void shares_give_back(struct shares *shares, const struct share *share);

/* Regular expressions as Go writes them (RE2): its syntax, its sentences for errors, the leftmost match it finds. What RE2
 * refuses (backreferences, lookaround) is refused. A search is bounded in time and memory whatever the pattern and the
 * text; one that would pass the bounds finds nothing and is counted. Text is octets unless the pattern has letters
 * beyond ASCII or \p. One regex may be used by many threads at once. */
enum { REGEX_GROUPS = 32, REGEX_PATTERN_MAX = 10000 };
struct regex;
struct regex_match { uint32_t start[REGEX_GROUPS], end[REGEX_GROUPS]; }; /* group 0 is all; start UINT32_MAX: unset */
/* "error parsing regexp: missing closing ]: `[a`" */
struct regex *regex_new(const char *pattern, struct error *error);
void regex_free(struct regex *regex);
/* Anywhere in the text. ret_match may be NULL; groups that the pattern does not have are unset. */
bool regex_find(const struct regex *regex, const char *text, size_t size, struct regex_match *ret_match);
/* Searching needs memory of a thread's own (some pages; address space for more). A thread that must not allocate calls
 * this when it starts, others get it with their first search. It goes when the thread ends. */
void regex_prepare_thread(void);
unsigned regex_group_count(const struct regex *regex); /* with group 0 */
const char *regex_group_name(const struct regex *regex, unsigned group); /* "" when it has none */
/* The last group of that name, as Go's users take it. */
bool regex_group_index(const struct regex *regex, const char *name, unsigned *ret_group);
uint64_t regex_given_up(void); /* searches of this process that ended at a bound */

/* Time. clock_* may be set by tests; a set clock stands still until it is set again. */
uint64_t clock_now_ns(void);   /* monotonic */
uint64_t clock_unix_s(void);
struct timeval timeval_of_ms(uint64_t ms); /* as timers want it */
struct timeval timeval_of_ns(uint64_t ns); /* whole microseconds; the rest is cut off */
void clock_set(uint64_t now_ns, uint64_t unix_s);
void clock_release(void);

/* Reads a whole regular file or pipe of at most `most` bytes. ret_text gets a NUL behind the bytes. */
bool file_read(const char *path, size_t most, struct text *ret_text, struct error *error);
/* Joins: absolute names stay; others are put behind the directory `base_directory` (NULL: as they are). Caller frees. */
char *file_path(const char *base_directory, const char *name);

/* Abstract unix sockets, by names like "@knamed.control.<16 hex>"; "control" is the kind. */
enum { LOCAL_NAME_SIZE = 64 };
struct sockaddr_un;
void local_name_make(const char *kind, char ret_name[LOCAL_NAME_SIZE]); /* one that nobody has */
/* Fills an address for bind/connect; returns its length, or 0 if the name is too long. */
socklen_t local_name_address(const char *name, struct sockaddr_un *ret_address);
/* Calls with each name of the kind that somebody in this network namespace listens at. False: nobody can tell. */
typedef void (*local_name_call)(void *context, const char *name, uint64_t inode);
bool local_names_each(const char *kind, local_name_call call, void *context);
/* Whether the process at the other end is one of our user or root, who may do with us what they like anyway. */
bool local_peer_is_ours(int fd, pid_t *ret_pid);

/* Capabilities, by their numbers (CAP_...). One that this thread is permitted is in use only from raise, which returns what
 * was before, to restore, which leaves errno alone. */
uint64_t capability_raise(int capability);
void capability_restore(uint64_t effective);
/* This thread gives up all but those in `kept` (bits), for itself and what it starts, and has none in use. False: the
 * kernel would not. */
bool capability_limit(uint64_t kept);
/* Why a bind to a port failed with this errno, in brackets behind a blank; "" if no capability has to do with it. */
enum { CAPABILITY_HINT_SIZE = 256 };
const char *capability_hint(int number, uint16_t port, char room[CAPABILITY_HINT_SIZE]);

/* A thread beside the main one, which alone gets signals and keeps capabilities. stack_size 0: the usual. 0, or the errno of
 * why there is none. */
int thread_start(pthread_t *ret_thread, const char *name, size_t stack_size, void *(*run)(void *context), void *context);

/* Watches files and directories by path; survives replacement by rename and Kubernetes' ..data symlink swaps:
 * every parent directory on the way (symlinks followed) is watched. Calls back on the event loop, once per
 * burst of changes (debounced by settle_ms, at most 10 settle_ms after the first event). */
struct event_base;
struct file_watch;
typedef void (*file_watch_call)(void *context);
struct file_watch *file_watch_new(struct event_base *events, const char *path, unsigned settle_ms,
				  file_watch_call changed, void *context, struct error *error);
void file_watch_free(struct file_watch *watch);

#endif
