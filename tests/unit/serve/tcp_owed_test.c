/* SPDX-License-Identifier: Apache-2.0 */
/* Connections whose question is with others: what they wait for is not their fault. */
#include "tcp_client.h"

#include <arpa/inet.h>
#include <unistd.h>

/* A world that forwards what is not of test. to a resolver that answers when the test does. */
struct away_world {
	struct world *world;
	struct server *server;
	struct config_target target;
	struct config_forward forward;
	int resolver;
	struct sockaddr_in who;
	uint8_t question[512];
	size_t question_size;
};

static void serve(struct away_world *away, struct config_timeouts timeouts, struct serve_limits limits)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	away->resolver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(away->resolver, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(away->resolver, (struct sockaddr *)&address, &size), 0);
	away->target = (struct config_target){ .ip = ip_of_sockaddr((struct sockaddr *)&address),
					       .port = ntohs(address.sin_port) };
	away->forward = (struct config_forward){ .from = { (char[]){ "." } },
						 .targets = &away->target,
						 .target_count = 1,
						 .prefer_udp = true,
						 .expire_ms = 10000,
						 .read_timeout_ms = 4000 };
	away->world = tcp_world();
	struct config_block *block = world_block(away->world, "away.");
	world_add_word(&block->bind, "127.0.0.1");
	block->forwards = &away->forward;
	block->forward_count = 1;
	away->world->blocks[0].timeouts = timeouts;
	away->server = world_serve_alone(away->world, limits);
}

static void end(struct away_world *away)
{
	server_stop(away->server);
	away->world->blocks[1].forwards = NULL;
	away->world->blocks[1].forward_count = 0;
	world_free(away->world);
	close(away->resolver);
}

static void ask_away(int fd, uint16_t id)
{
	uint8_t framed[600];
	tcp_send_all(fd, framed, tcp_question(framed, id, "x.away."));
}

static void resolver_hears(struct away_world *away)
{
	socklen_t size = sizeof(away->who);
	ssize_t got = recvfrom(away->resolver, away->question, sizeof(away->question), 0,
			       (struct sockaddr *)&away->who, &size);
	assert_true(got > DNS_HEADER_SIZE);
	away->question_size = (size_t)got;
}

/* That there is nothing of the kind. */
static void resolver_answers(struct away_world *away)
{
	away->question[2] |= 0x80;
	assert_int_equal(sendto(away->resolver, away->question, away->question_size, 0,
				(struct sockaddr *)&away->who, sizeof(away->who)),
			 away->question_size);
}

static void assert_answered(int fd, uint16_t id)
{
	uint8_t reply[512];
	assert_true(client_receive_framed(fd, reply, sizeof(reply)) > 0);
	assert_int_equal(get_u16(reply), id);
	assert_int_equal(reply[3] & 15, RCODE_NOERROR);
}

static void who_waits_for_others_is_not_late(void **state)
{
	(void)state;
	struct away_world away;
	serve(&away, (struct config_timeouts){ .read_ms = 100, .idle_ms = 100 },
	      (struct serve_limits){ 0 });
	int silent = tcp_open(away.world), asking = tcp_open(away.world);
	ask_away(asking, 7);
	resolver_hears(&away);
	assert_true(client_sees_close(silent));
	silent = tcp_open(away.world);
	assert_true(client_sees_close(silent)); /* for twice the time that is allowed to be idle */
	resolver_answers(&away);
	assert_answered(asking, 7);
	assert_true(client_sees_close(asking)); /* it waits for nothing any more */
	close(silent);
	close(asking);
	end(&away);
}

static void who_waits_for_others_makes_no_room(void **state)
{
	(void)state;
	struct away_world away;
	serve(&away, (struct config_timeouts){ 0 }, (struct serve_limits){ .connections = 2 });
	int waiting = tcp_open(away.world);
	ask_away(waiting, 9);
	resolver_hears(&away);
	int idle = tcp_open(away.world);
	assert_true(tcp_asks(idle, 1));
	int late = tcp_open(away.world);
	assert_true(tcp_asks(late, 2));
	assert_true(client_sees_close(idle)); /* although it has waited for less long */
	resolver_answers(&away);
	assert_answered(waiting, 9);
	close(waiting);
	close(idle);
	close(late);
	end(&away);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_for_others_is_not_late),
		cmocka_unit_test(who_waits_for_others_makes_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
