/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this stage share.
 *
 *   question (what is asked, for all who want to know it) --> attempts (each at one target, over
 * one line) target (whom) --> lines (sockets and connections to it) --> attempts under way there
 *
 * Questions come from a pool and attempts lie in them, so nothing is allocated for a question. */
#ifndef KNAMED_UPSTREAM_UPSTREAM_PARTS_H
#define KNAMED_UPSTREAM_UPSTREAM_PARTS_H

#include <stdatomic.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "knamed/upstream.h"
#include "draw.h"
#include "wheel.h"

enum {
	QUESTIONS_MAX = 16384, /* under way at the same time */
	WAITERS_MAX = 32768,
	ATTEMPTS_MAX = 3, /* of one question at the same time */
	TARGETS_MAX = 32,

	NAME_LABELS = 64,
	DATAGRAM_MAX = 4096, /* what is longer is asked for again over TCP */
	DATAGRAMS = 8,	     /* taken at once */
	DEADLINE_MS = 5000,  /* of a question, whatever is tried */
	IDS_BUCKETS = 16384,
	HEDGES_MOST = 1000, /* what may be saved up for second attempts */
};
#define MS_NS ((uint64_t)1000000)

struct question;
struct line;

/* ---- failures ---- */

enum { ADDRESS_TEXT_SIZE = IP_TEXT_SIZE + 8, OWN_LABELS_SIZE = ADDRESS_TEXT_SIZE + 8 };
enum trouble {
	TROUBLE_NONE,
	TROUBLE_SILENT,	  /* nothing came in time */
	TROUBLE_READ,	  /* number says what */
	TROUBLE_ENDED,	  /* the connection was closed */
	TROUBLE_DIAL,	  /* number says what */
	TROUBLE_NO_DIAL,  /* no connection in time */
	TROUBLE_TLS,	  /* upstream->tls_problem */
	TROUBLE_GARBAGE,  /* what came was no answer */
	TROUBLE_ALL_DOWN, /* `failfast_all_unhealthy_upstreams` */
	TROUBLE_NOBODY,	  /* no target at all */
	TROUBLE_LOOP,	  /* remote leads back to us, and so does everybody else */
};
struct failure {
	enum trouble trouble;
	bool is_tcp;
	int number;
	struct upstream_address local, remote;
};

/* ---- questions and attempts ---- */

struct attempt {
	struct question *question;	 /* whose it is */
	struct line *line;		 /* NULL: not under way */
	struct attempt *before, *behind; /* on the line */
	struct attempt *next;		 /* of its bucket of ids */
	uint64_t sent_ns, expires_ns;
	uint16_t id;
	bool has_opt;
	bool is_late;  /* the target was blamed for it */
	bool is_again; /* the connection before was closed under it */
};

struct waiter {
	struct waiter *next;
	upstream_done done;
	void *context;
	struct share share; /* of its client */
};

struct question {
	struct wheel_entry wake; /* stands first */
	struct upstream *upstream;
	struct question *next;	/* of its bucket */
	struct question *spare; /* of those that are free */
	struct waiter *waiters, **last_waiter;
	struct target *probed; /* a health check of it; NULL: somebody waits */
	struct target *looped; /* it is seen whether this one leads back to us; NULL: not that */
	uint64_t hash;
	uint64_t deadline_ns, hedge_ns;
	uint32_t asked; /* bits of targets, this round */
	uint32_t turn;	/* of round_robin */
	uint32_t failed;
	struct failure failure;		  /* the last one */
	struct upstream_address answered; /* who gave the last reply */
	uint8_t *kept;			  /* the last reply that was not good enough; NULL: none */
	size_t kept_size;
	struct share share; /* of max_concurrent, of who asked first */
	bool is_live, is_tcp;
	bool is_plain; /* goes without OPT */
	bool is_last;  /* what is under way is the last that is tried */
	struct upstream_question wanted;
	struct attempt attempts[ATTEMPTS_MAX];
};

/* questions.c: the pool, and equal questions. */
struct questions;
struct questions *questions_new(struct upstream *upstream);
void questions_free(struct questions *questions);
/* One that asks the same; NULL: there is none. */
struct question *questions_find(struct questions *questions, const struct upstream_question *wanted,
				bool is_tcp, uint64_t *ret_hash);
/* NULL: there is no room, or the client has its share of max_concurrent. */
struct question *questions_take(struct questions *questions, const struct upstream_question *wanted,
				bool is_tcp, uint64_t hash);
/* Nobody finds it any more; it may still have waiters. */
void questions_hide(struct questions *questions, struct question *question);
void questions_give_back(struct questions *questions, struct question *question);
/* Any that is live; NULL: none is. */
struct question *questions_any(struct questions *questions);
/* Whether one more of this client may wait; leave: it does not after all. */
bool questions_admit(struct questions *questions, const struct ip *client, struct share *ret_share);
void questions_leave(struct questions *questions, const struct share *share);
/* One that was admitted; it is copied. */
void questions_add_waiter(struct questions *questions, struct question *question,
			  const struct waiter *added);
/* Takes the first one off. */
bool questions_next_waiter(struct questions *questions, struct question *question,
			   struct waiter *ret_waiter);
/* Those of which nothing is under way have waited for somebody to ask. */
void questions_go_on(struct questions *questions, uint64_t now_ns);

/* asking.c: the life of a question. */
void question_init(struct upstream *upstream, struct question *question);
void question_begin(struct question *question, uint64_t now_ns);
void question_wake(struct question *question, uint64_t now_ns);
/* Tells all who wait. */
void question_end(struct question *question, enum upstream_end end, const struct dns_message *message);
/* Asks somebody else. False: there is nobody left. */
bool question_ask_next(struct question *question, bool may_repeat, uint64_t now_ns);
/* Nothing is under way any more: somebody else is asked, or it ends. */
void question_go_on(struct question *question, uint64_t now_ns);
/* The line is of no use. */
void attempt_fail(struct attempt *attempt, const struct failure *failure, uint64_t now_ns);
void line_was_silent(struct line *line, uint64_t since_ns, uint64_t now_ns);

/* reply.c: something came. False: who says such things over a connection has lost its place. */
bool attempt_take(struct attempt *attempt, const uint8_t *packet, size_t size, uint64_t now_ns);
/* It came, but not whole. */
void attempt_take_oversize(struct attempt *attempt, uint64_t now_ns);

/* foreign.c: leaves answers out that do not belong to the question. What is left lies in the upstream's own memory. */
void foreign_leave_out(struct upstream *upstream, struct dns_message *message);

/* attempt.c: ids and messages. */
/* NULL: it could not be sent, question->failure says why. */
struct attempt *attempt_start(struct question *question, struct target *target, bool is_tcp,
			      uint64_t now_ns);
void attempt_stop(struct attempt *attempt);
struct attempt *attempt_find(struct upstream *upstream, const struct line *line, uint16_t id);
unsigned question_attempts(const struct question *question); /* under way */

/* ---- targets ---- */

enum proto_word { WORD_UDP, WORD_TCP, WORD_TLS, WORD_COUNT };
enum { RCODES_COUNTED = 24 };
struct target_meters {
	tally_cell *hits[WORD_COUNT], *misses[WORD_COUNT], *old_hits[WORD_COUNT],
		*old_misses[WORD_COUNT];
	tally_cell *health_failures, *old_health_failures, *old_requests;
	struct histogram *durations[RCODES_COUNTED], *old_durations[RCODES_COUNTED];
	tally_cell *old_responses[RCODES_COUNTED];
};

/* What is known of a target that may lead back to us. */
struct loop_slot;
struct loop {
	struct loop_slot *slot; /* NULL: it is not looked for */
	struct question question;
	uint64_t sent_ns, due_ns; /* the last one, the next one */
	uint64_t begun_ns;
	unsigned answered, missed; /* so far; in a row that did not come back */
	bool is_pending;	   /* what became of the last one was not looked at yet */
	_Atomic bool is_found;
	tally_cell *found;
};

enum { SOCKETS = 256, CONNECTIONS = 8 };
struct target {
	struct upstream *upstream;
	struct upstream_address address;
	bool is_tls;
	char *tls_name;	 /* NULL: its address */
	unsigned number; /* its bit */
	char text[ADDRESS_TEXT_SIZE];
	const char *label; /* as metrics name it: its text, unless there are too many */
	/* How it does. */
	uint32_t latency_us;	/* smoothed; 0: not measured */
	uint32_t silent;	/* attempts in a row that it left waiting */
	uint64_t silent_ns;	/* since when */
	_Atomic uint32_t fails; /* health checks in a row */
	bool is_probing, is_gone;
	struct question probe;
	struct loop loop;
	/* The ways to it. */
	struct line *lines;
	struct line *sockets[SOCKETS], *connections[CONNECTIONS]; /* to choose from; any may be NULL */
	unsigned open[2], idle[2]; /* sockets, connections; those that nothing is under way on */
	struct tls_target *tls;	   /* NULL: plain */
	struct target_meters meters;
};

/* targets.c */
bool targets_open(struct upstream *upstream, struct error *error);
void targets_close(struct upstream *upstream);
/* Files or names say something else. */
void targets_update(struct upstream *upstream);
/* names.c: targets that have a name, in the order of the configuration. */
struct names;
void names_declare(struct metrics *metrics); /* series that are there though nothing is counted */
bool names_open(struct upstream *upstream, struct error *error);
void names_close(struct upstream *upstream);
/* What is known of the addresses of one, at most so many. */
enum { NAME_ADDRESSES = 16 };
size_t name_addresses(const struct upstream *upstream, size_t number,
		      struct ip ret_ips[NAME_ADDRESSES]);
/* Some of them has not been looked up even once. */
bool names_are_awaited(const struct upstream *upstream);
/* One that has no address; NULL: all have one. */
const char *names_unknown(const struct upstream *upstream);
/* failure.c */
void address_print(const struct upstream_address *address, char ret_text[ADDRESS_TEXT_SIZE]);
/* A sentence in CoreDNS' words. */
const char *failure_print(const struct failure *failure, struct upstream *upstream);
/* choose.c: NULL: nobody is left to ask this question now. */
struct target *target_choose(struct question *question, uint64_t now_ns);
bool target_is_suspect(const struct target *target, uint64_t now_ns);
/* health.c */
bool target_is_down(const struct target *target);
void target_answered(struct target *target, uint64_t took_ns, bool is_good);
void target_was_late(struct target *target, uint64_t after_ns, uint64_t now_ns);
/* is_certain: it cannot be reached; else it only said nothing. */
void target_erred(struct target *target, bool is_certain, uint64_t now_ns);
void target_probe_ended(struct target *target, bool is_good, uint64_t now_ns);
void target_probe_wake(struct target *target, uint64_t now_ns);
/* loop.c */
void loop_begin(struct target *target, uint64_t now_ns);
void loop_end(struct target *target);
/* A question of ours has its answer, or it cannot be sent, or it is time. is_answered: the target can answer. */
void loop_question_ended(struct target *target, bool is_answered, uint64_t now_ns);
void loop_wake(struct target *target, uint64_t now_ns);
/* It looks as if there were one: the next question is sent soon. */
void loop_suspect(struct target *target, uint64_t now_ns);
static inline bool target_loops(const struct target *target)
{
	return atomic_load_explicit(&target->loop.is_found, memory_order_relaxed);
}
/* own.c: whether the block of the directive listens there itself. */
bool is_own_address(const struct config_forward *config, const struct ip *ip, uint16_t port);
/* meters.c */
void meters_open(struct target *target);
void meters_close(struct target *target);
/* The label `to` of series that are ours: that of the first few upstreams of all. */
void meters_label_own(const struct target *target, char ret_labels[static OWN_LABELS_SIZE]);
void meters_line(struct target *target, enum proto_word word, bool is_hit);
void meters_reply(struct target *target, uint16_t rcode, uint64_t took_ns);
void meters_health_failure(struct target *target);

/* ---- lines ---- */

struct line {
	struct target *target;
	struct line *before, *behind; /* of the target's, or of those to be freed */
	struct attempt *attempts;
	unsigned under_way, asked;
	uint32_t number; /* for ids */
	int fd;
	struct line **slot; /* where the target has it to choose from; NULL: nowhere */
	struct event readable;
	uint64_t opened_ns, used_ns;
	uint64_t heard_ns; /* when something came last; 0: never */
	bool is_tcp;
	bool is_kept; /* more may be asked over it */
	bool is_dead; /* to be freed */
};
/* line.c */
void line_init(struct line *line, struct target *target, int fd, bool is_tcp, uint64_t now_ns);
void line_put(struct line *line, struct attempt *attempt);
void line_take_off(struct attempt *attempt);
/* Closed as soon as nothing is under way on it. */
void line_retire(struct line *line);
/* Nothing comes over it any more: its attempts fail. Not from within attempt_start(). */
void line_fail(struct line *line, const struct failure *failure, uint64_t now_ns);
struct failure line_failure(const struct line *line, enum trouble trouble, int number);
/* Retires what was not used for long. */
void lines_expire(struct target *target, uint64_t now_ns);
/* Frees what is dead. From the loop, or when it has ended. */
void lines_bury(struct upstream *upstream);
/* udp.c, tcp.c: a way to the target, an old one or a new one; NULL and errno. */
struct line *udp_line(struct target *target, uint64_t now_ns);
struct line *tcp_line(struct target *target, uint64_t now_ns);
/* False and errno: it cannot be sent. */
bool udp_send(struct line *line, const uint8_t *packet, size_t size);
bool tcp_send(struct line *line, const uint8_t *packet, size_t size);
bool tcp_is_open(const struct line *line); /* connected */
void tcp_free(struct line *line);
/* As `expire` and `max_age` see it. */
bool line_is_fresh(const struct line *line, uint64_t now_ns);

/* ---- all of it ---- */

struct upstream {
	struct event_base *events;
	const struct config_forward *config;
	struct metrics *metrics;
	struct wheel *wheel;
	struct event *each_second, *burial;
	struct line *dead;
	bool is_closing;
	struct questions *questions;
	struct target *targets[TARGETS_MAX];
	size_t target_count;
	struct target_file *files; /* one for each file that the directive names */
	size_t file_count;
	struct names *names; /* NULL: no target has one */
	struct ip labelled[NAME_LABELS];
	size_t labelled_count; /* addresses of names that have had series of their own */
	uint32_t turn;	       /* of round_robin */
	uint32_t hedges;       /* what is saved up */
	uint32_t lines;	       /* numbers given */
	struct draw draw;
	tally_cell *all_down, *too_many;
	bool has_own; /* files name our own addresses, which are not asked */
	struct attempt *ids[IDS_BUCKETS];
	uint8_t datagrams[DATAGRAMS][DATAGRAM_MAX];
	uint8_t own_records[DNS_MESSAGE_MAX];
	char problem[512], tls_problem[256];
};

#endif
