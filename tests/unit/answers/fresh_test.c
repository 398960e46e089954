/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever way a cluster came to be what it is, it answers as one that was read just now.
 * Random changes, a publish after each few, and then every name is asked of the catalog that heard the changes and of
 * one made from the model. SEED=n begins with that seed, SOAK_SECONDS=n goes on for as long. */
#include <time.h>

#include "random_cluster.h"
#include "replies.h"

enum { STEPS = 40, SAMPLE = 6, WIDE = 1 << 20 };

struct side {
	struct answers *answers;
	struct catalog *catalog;
};

struct run {
	uint64_t seed;
	unsigned step;
	struct random random;
	struct model *model;
	struct side old, fresh;
	struct names names, big_names;
};

static const char *const zones_asked[] = { "cluster.local.", "clusterset.local.", "second.example.",
					   "in-addr.arpa.", "ip6.arpa." };

static struct side side_of_model(const struct cluster_options *options, const struct model *model)
{
	struct side side = { .answers = answers_new() };
	side.catalog = answers_add_cluster(side.answers, options);
	struct model_listener listener = catalog_listener(side.catalog);
	for (int kind = 0; kind < OBJECT_KINDS; kind++) {
		size_t position = 0;
		const struct object *object;
		while ((object = model_next(model, (enum object_kind)kind, &position)) != NULL)
			listener.changed(listener.context, NULL, object);
	}
	answers_publish(side.answers);
	return side;
}

static void print_reply(const struct side *side, const char *who, const char *name, const char *type)
{
	struct asked asked = ask_with(side->answers, side->catalog, name, type, &(struct asking){ 0 });
	char *text = ldns_pkt2str(asked.packet);
	print_error("--- %s (kind %d)\n%.4000s\n", who, (int)asked.kind, text);
	free(text);
	ldns_pkt_free(asked.packet);
}

static void fail_on(const struct run *run, const struct question *question)
{
	char name[NAME_TEXT_SIZE], type[16];
	name_print(question->name, name);
	dns_type_print(question->type, type);
	print_reply(&run->old, "after changes", name, type);
	print_reply(&run->fresh, "made anew", name, type);
	fail_msg("seed %llu, step %u: %s %s differs", (unsigned long long)run->seed, run->step,
		 name, type);
}

/* Which records a cut reply holds is a matter of order: such a set is compared whole. */
static void compare_one(const struct run *run, const struct question *question, uint32_t limit)
{
	struct asking asking = { .limit = limit };
	struct octets old = ask_octets(run->old.answers, run->old.catalog, question, &asking);
	struct octets fresh = ask_octets(run->fresh.answers, run->fresh.catalog, question, &asking);
	if (old.reply.truncated && fresh.reply.truncated && limit != WIDE) {
		mem_free(old.bytes);
		mem_free(fresh.bytes);
		asking.limit = WIDE;
		old = ask_octets(run->old.answers, run->old.catalog, question, &asking);
		fresh = ask_octets(run->fresh.answers, run->fresh.catalog, question, &asking);
	}
	reply_hide_serial(&old);
	reply_hide_serial(&fresh);
	/* Of more servers than the apex tells, which ones it tells is a matter of order: see apex_test.c. */
	bool tells_servers = question->type == TYPE_NS || memcmp(question->name, "\2ns\3dns", 7) == 0;
	if (!tells_servers && !replies_equal(&old, &fresh))
		fail_on(run, question);
	mem_free(old.bytes);
	mem_free(fresh.bytes);
}

/* Asks one in `sample` of the names for every type there may be. */
static void compare(struct run *run, const struct names *names, unsigned sample, uint32_t limit)
{
	static const uint16_t types[] = { TYPE_A,  TYPE_AAAA, TYPE_SRV,	  TYPE_PTR, TYPE_TXT,
					  TYPE_NS, TYPE_SOA,  TYPE_CNAME, TYPE_ANY };
	for (size_t i = 0; i < names->count; i++) {
		if (sample > 1 && !random_once_in(&run->random, sample))
			continue;
		for (size_t t = 0; t < COUNT_OF(types); t++) {
			names->list[i].type = types[t];
			compare_one(run, &names->list[i], limit);
		}
	}
}

/* ---- serials ---- */

static uint32_t serial_of(const struct side *side, const char *zone)
{
	struct asked asked =
		ask_with(side->answers, side->catalog, zone, "SOA", &(struct asking){ 0 });
	uint32_t serial = ldns_rdf2native_int32(
		ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(asked.packet), 0), 2));
	ldns_pkt_free(asked.packet);
	return serial;
}

static unsigned zone_index(const struct question *question)
{
	for (unsigned i = 0; i < COUNT_OF(zones_asked); i++) {
		uint8_t name[DNS_NAME_MAX], size;
		assert_true(name_parse(zones_asked[i], name, &size));
		if (name_is_under(question->name, name))
			return i;
	}
	fail_msg("no zone");
	return 0;
}

/* A hash of all that a zone answers to, order and serial left out. */
static void hash_zones(const struct run *run, uint64_t ret_hashes[COUNT_OF(zones_asked)])
{
	static const struct hash_key key = { 1, 2 };
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA, TYPE_SRV, TYPE_PTR, TYPE_CNAME };
	memset(ret_hashes, 0, COUNT_OF(zones_asked) * sizeof *ret_hashes);
	for (size_t i = 0; i < run->names.count; i++) {
		struct question question = run->names.list[i];
		question.type = types[i % COUNT_OF(types)];
		struct octets octets = ask_octets(run->old.answers, run->old.catalog, &question,
						  &(struct asking){ 0 });
		if (octets.reply.truncated) { /* the window moves with every question */
			mem_free(octets.bytes);
			octets = ask_octets(run->old.answers, run->old.catalog, &question,
					    &(struct asking){ .limit = WIDE });
		}
		reply_hide_serial(&octets);
		ret_hashes[zone_index(&question)] ^= hash_bytes(&key, octets.bytes, octets.size);
		mem_free(octets.bytes);
	}
}

/* What is answered differently has another serial; what is not published answers as before. */
static void check_serials(struct run *run)
{
	uint64_t before[COUNT_OF(zones_asked)], after[COUNT_OF(zones_asked)];
	uint32_t serials[COUNT_OF(zones_asked)];
	hash_zones(run, before);
	for (size_t i = 0; i < COUNT_OF(zones_asked); i++)
		serials[i] = serial_of(&run->old, zones_asked[i]);
	bool published = answers_publish(run->old.answers);
	hash_zones(run, after);
	for (size_t i = 0; i < COUNT_OF(zones_asked); i++) {
		uint32_t serial = serial_of(&run->old, zones_asked[i]);
		bool moved = serial != serials[i];
		if ((after[i] != before[i] && !moved) || (moved && !published) ||
		    (int32_t)(serial - serials[i]) < 0)
			fail_msg("seed %llu, step %u: serial of %s %u -> %u",
				 (unsigned long long)run->seed, run->step, zones_asked[i],
				 serials[i], serial);
	}
}

/* ---- runs ---- */

static void run_seed(struct run *run)
{
	run->random.state = 0x9e3779b97f4a7c15ULL * (run->seed + 1);
	for (int i = 0; i < 10; i++)
		random_below(&run->random, 2);
	struct cluster_options options = random_options(&run->random);
	struct random_slices *slices = random_slices_new();
	run->model = model_new();
	run->old = side_of_model(&options, run->model);
	model_listen(run->model, catalog_listener(run->old.catalog));
	for (int i = 0; i < 3; i++)
		model_put(run->model, object_of_line(i == 0   ? "Namespace a"
						     : i == 1 ? "Namespace b"
							      : "Namespace db"));
	for (run->step = 1; run->step <= STEPS; run->step++) {
		for (unsigned changes = 1 + random_below(&run->random, 6); changes > 0; changes--)
			random_change(&run->random, slices, run->model);
		if (random_once_in(&run->random, 8))
			check_serials(run);
		else
			answers_publish(run->old.answers);
		bool is_last = run->step == STEPS;
		run->fresh = side_of_model(&options, run->model);
		compare(run, &run->names, is_last ? 1 : SAMPLE, 0);
		compare(run, &run->big_names, is_last ? 1 : SAMPLE, WIDE);
		assert_false(answers_publish(run->old.answers));
		answers_free(run->fresh.answers);
	}
	model_free(run->model);
	answers_free(run->old.answers);
	random_slices_free(slices);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	uint64_t number;
	const char *text = getenv(variable);
	return text != NULL && text_to_number(text, 0, UINT32_MAX, &number) ? number : otherwise;
}

static void changes_lead_where_a_fresh_start_leads(void **state)
{
	(void)state;
	struct run run = { .seed = number_of("SEED", 1),
			   .names = random_names(false),
			   .big_names = random_names(true) };
	uint64_t end = clock_now_ns() + number_of("SOAK_SECONDS", 3) * 1000000000;
	unsigned seeds = 0;
	do {
		run_seed(&run);
		run.seed++;
		seeds++;
	} while (clock_now_ns() < end);
	print_message("# %u seeds\n", seeds);
	names_free(&run.names);
	names_free(&run.big_names);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(changes_lead_where_a_fresh_start_leads) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
