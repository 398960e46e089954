/* SPDX-License-Identifier: Apache-2.0 */
/* The whole server in process: packets in, replies out, of a world with everything in it
 * (tests/fuzz/world). Readers of its own, and ldns, see that each reply is sound and fits, that it
 * says over UDP what it says over TCP or that it is cut, and that nothing was written where the
 * client can take nothing.
 *
 * An input is a row of questions. Each begins with an octet of enum how: a packet as it is behind
 * its size, or a few octets that choose the words of a name, a type and an OPT. */
#include "../../src/pipeline.h"
#include "../support/wire_rules.h"
#include "knamed/observe.h"

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum how { HOW_TCP = 1, HOW_IPV6 = 2, HOW_WORDS = 4, HOW_JSON = 8, HOW_OTHER_PORT = 16 };
enum { QUESTIONS_MOST = 32, ROOM_UDP = 4096, ROOM_TCP = 65535, POISON = 0xa5 };

/* ---- the world ---- */

static struct pipeline *pipeline;
static struct asker *asker;
static uint8_t *room_udp,
	*room_tcp; /* blocks of just that size: a write too far is seen by the sanitizer */

static void set_late(const struct serve_block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(blocks[i].config->addresses[0].zone, "late.local.") == 0)
			catalog_set_synced(blocks[i].kubernetes, false);
}

/* Lines of `log` are made but not seen. */
static void be_silent(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert(nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0);
	close(nowhere);
}

static struct router *open_router(struct error *error)
{
	struct serve_options options = { .answers = pipeline_answers(pipeline),
					 .metrics = metrics_new(),
					 .version = "fuzzed" };
	options.blocks = pipeline_blocks(pipeline, &options.block_count);
	set_late(options.blocks, options.block_count);
	assert(answers_publish(options.answers));
	answers_reader_start();
	return router_new(&options, error);
}

static bool open_world(struct error *error)
{
	static const char path[] = "tests/fuzz/world/Corefile";
	struct text corefile = { 0 };
	struct ip local[2];
	struct pipeline_options options = { .local_addresses = local,
					    .local_address_count = COUNT_OF(local) };
	assert(ip_parse("10.0.0.1", &local[0]) && ip_parse("fd00::53", &local[1]));
	if (!file_read(path, 1 << 20, &corefile, error))
		return false;
	options.config = config_read(path, corefile.data, "53", error);
	text_done(&corefile);
	pipeline = options.config == NULL ? NULL : pipeline_new(&options, error);
	struct router *router = pipeline == NULL ? NULL : open_router(error);
	asker = router == NULL ? NULL : asker_new(router);
	return asker != NULL;
}

static void prepare(void)
{
	struct error error = { .text = "" };
	be_silent();
	if (!open_world(&error))
		fprintf(stderr, "%s\n", error.text);
	assert(asker != NULL);
	room_udp = malloc(ROOM_UDP);
	room_tcp = malloc(ROOM_TCP);
}

/* ---- asking ---- */

static struct packet_info info_of(uint8_t how, enum proto proto)
{
	struct packet_info info = { .client_port = 4711,
				    .proto = proto,
				    .local_port = how & HOW_OTHER_PORT ? 54 : 53 };
	assert(ip_parse(how & HOW_IPV6 ? "2001:db8::9" : "192.0.2.9", &info.client));
	assert(ip_parse(how & HOW_IPV6 ? "2001:db8::53" : "192.0.2.53", &info.local));
	return info;
}

/* Records that are taken back, for ANY and where a denial falls through, lie behind the reply, but
 * never where none may be. */
static void check_untouched(const uint8_t *room, size_t from, size_t room_size)
{
	for (; from < room_size; from++)
		assert(room[from] == POISON);
}

static struct view ask(const struct packet *query, const struct judged *judged, uint8_t how,
		       enum proto proto)
{
	struct packet_info info = info_of(how, proto);
	bool is_udp = proto == PROTO_UDP;
	uint8_t *room = is_udp ? room_udp : room_tcp;
	size_t room_size = is_udp ? ROOM_UDP : ROOM_TCP, limit = room_size;
	memset(room, POISON, room_size);
	struct packet reply = { room, router_answer(asker, &info, query->bytes, query->size, room,
						    room_size) };
	assert((reply.size == 0) == (judged->outcome == OUT_NOTHING) && reply.size <= room_size);
	struct view view = { 0 };
	if (reply.size > 0)
		view = wire_check(query, judged, &reply);
	if (is_udp && reply.size > 0)
		limit = view.opt && view.opt_size < judged->udp_size ? view.opt_size
								     : judged->udp_size;
	assert(reply.size <= limit);
	bool may_take_back = judged->type == TYPE_ANY || (how & HOW_OTHER_PORT) != 0;
	check_untouched(room, may_take_back ? limit : reply.size, room_size);
	return view;
}

static void ask_both(const uint8_t *bytes, size_t size, uint8_t how)
{
	struct packet query = { mem_copy(bytes, size), size };
	struct judged judged = wire_judge(&query);
	struct view tcp = ask(&query, &judged, how, PROTO_TCP);
	if (!(how & HOW_TCP) && size <= ROOM_UDP) {
		struct view udp = ask(&query, &judged, how, PROTO_UDP);
		wire_check_same(&udp, &tcp);
	}
	mem_free((void *)query.bytes);
}

/* ---- inputs ---- */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t next(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

static const char *const words[] = {
	"",
	"a",
	"b",
	"web",
	"etcd",
	"shop",
	"db",
	"empty",
	"bare",
	"ext",
	"ext-db",
	"ext-self",
	"ext-none",
	"crowd",
	"twins",
	"masks",
	"doors",
	"db-0",
	"db-pod",
	"etcd-0",
	"twin",
	"same",
	"10-0-0-1",
	"10-0-0-4",
	"10-1-0-1",
	"fd00--1",
	"2001-db8--0",
	"_http",
	"_dns",
	"_etcd-client",
	"_p0",
	"_door-1",
	"_tcp",
	"_udp",
	"_sctp",
	"_zone",
	"pin",
	"prefer",
	"east",
	"1",
	"c1",
	"svc",
	"pod",
	"dns",
	"ns",
	"dns-version",
	"0",
	"10",
	"3",
	"97",
	"sub",
	"hidden",
	"many",
	"wild",
	"inner",
	"*",
	"alias",
	"tree",
	"growing",
	"deep",
	"below",
	"open",
	"safe",
	"localhost",
	"bind",
	"version",
	"authors",
	"web.svc",
	"web.svc",
	"web.pod",
	"_http._tcp",
	"db.web.svc",
	"10.in-addr.arpa",
	"012345678901234567890123456789012345678901234567890123456789012",
};
static const char *const zones[] = {
	"cluster.local",
	"clusterset.local",
	"bare.local",
	"late.local",
	"10.in-addr.arpa",
	"0.0.10.in-addr.arpa",
	"10.96.10.in-addr.arpa",
	"9.10.in-addr.arpa",
	"ip6.arpa",
	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
	"example",
	"signed.example",
	"other",
	"localhost",
	"127.in-addr.arpa",
	"bind",
	"nobody",
	"",
};
static const uint16_t types[] = {
	TYPE_A,	    TYPE_AAAA, TYPE_SRV,   TYPE_PTR,  TYPE_CNAME, TYPE_TXT,
	TYPE_SOA,   TYPE_NS,   TYPE_ANY,   TYPE_DS,   TYPE_MX,	  TYPE_DNAME,
	TYPE_RRSIG, TYPE_NSEC, TYPE_HTTPS, TYPE_AXFR, TYPE_OPT,	  0,
};
static const uint16_t classes[] = { CLASS_IN, CLASS_IN, CLASS_IN, CLASS_CH, CLASS_ANY };
static const uint16_t sizes[] = { 0, 512, 513, 700, 1232, 1233, 2000, 4096, 65535 };

static size_t write_name_of_words(struct input *input, uint8_t *ret_name)
{
	char text[600] = "";
	uint8_t size;
	for (unsigned count = next(input) % 8; count > 0; count--) {
		const char *word = words[next(input) % COUNT_OF(words)];
		if (word[0] != '\0' && strlen(text) + strlen(word) < 300)
			strcat(strcat(text, word), ".");
	}
	strcat(strcat(text, zones[next(input) % COUNT_OF(zones)]), ".");
	return name_parse(text, ret_name, &size) ? size : name_parse(".", ret_name, &size);
}

enum opt { OPT_THERE = 1, OPT_IS_DO = 2, OPT_NSID = 4, OPT_VERSION = 8 };

static size_t write_opt(struct input *input, uint8_t *at)
{
	uint8_t opt = next(input), nsid = opt & OPT_NSID ? 4 : 0;
	memset(at, 0, DNS_OPT_SIZE + 4);
	put_u16(at + 1, TYPE_OPT);
	put_u16(at + 3, sizes[(opt >> 4) % COUNT_OF(sizes)]);
	at[6] = opt & OPT_VERSION ? 1 : 0;
	at[7] = opt & OPT_IS_DO ? 0x80 : 0;
	at[10] = nsid;
	at[DNS_OPT_SIZE + 1] = 3;
	return opt & OPT_THERE ? (size_t)DNS_OPT_SIZE + nsid : 0;
}

static void ask_words(struct input *input, uint8_t how)
{
	uint8_t packet[600] = { 0x12, 0x34, 0x01, 0x00, 0, 1 };
	size_t at = DNS_HEADER_SIZE + write_name_of_words(input, packet + DNS_HEADER_SIZE);
	put_u16(packet + at, types[next(input) % COUNT_OF(types)]);
	put_u16(packet + at + 2, classes[next(input) % COUNT_OF(classes)]);
	size_t opt = write_opt(input, packet + at + 4);
	packet[11] = opt > 0;
	ask_both(packet, at + 4 + opt, how);
}

static void ask_packet(struct input *input, uint8_t how)
{
	size_t size = next(input);
	size = size << 8 | next(input);
	if (size > input->left)
		size = input->left;
	ask_both(input->at, size, how);
	input->at += size;
	input->left -= size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	if (asker == NULL)
		prepare();
	for (unsigned i = 0; i < QUESTIONS_MOST && input.left > 0; i++) {
		uint8_t how = next(&input);
		log_set_form(how & HOW_JSON ? LOG_FORM_JSON : LOG_FORM_TEXT);
		(how & HOW_WORDS ? ask_words : ask_packet)(&input, how);
	}
	return 0;
}
