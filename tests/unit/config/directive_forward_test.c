/* SPDX-License-Identifier: Apache-2.0 */
/* forward. */
#include "directive_reading.h"

static struct reading *read_lines(const char *lines)
{
	return reading_of("forward", directive_forward_read, lines);
}

static struct reading *read_forward(const char *lines)
{
	return reading_that_is_good(read_lines(lines));
}

/* "tls 10.0.0.1 853 name", one behind the other; "@" stands before hosts. */
static void assert_list(const struct config_target *targets, size_t count, const char *expected)
{
	struct text text = { 0 };
	text_add(&text, "");
	for (size_t i = 0; i < count; i++) {
		const struct config_target *target = &targets[i];
		char ip[IP_TEXT_SIZE] = "@";
		if (target->file == NULL && target->host == NULL)
			ip_print(&target->ip, ip);
		text_printf(&text, "%s%s%s%s", i > 0 ? " | " : "", target->tls ? "tls " : "",
			    target->file != NULL ? target->file : ip,
			    target->host != NULL ? target->host : "");
		if (target->file == NULL)
			text_printf(&text, " %u", target->port);
		if (target->tls_name != NULL)
			text_printf(&text, " %s", target->tls_name);
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
}

static void assert_targets(const struct config_forward *forward, const char *expected)
{
	assert_list(forward->targets, forward->target_count, expected);
}

static void without_options_it_is_the_usual_one(void **state)
{
	(void)state;
	struct reading *reading = read_forward("forward . 10.0.0.1");
	const struct config_forward *forward = &reading->block.forwards[0];
	assert_int_equal(reading->block.forward_count, 1);
	assert_string_equal(forward->from.text, ".");
	assert_targets(forward, "10.0.0.1 53");
	assert_int_equal(forward->policy, FORWARD_RANDOM);
	assert_false(forward->force_tcp || forward->prefer_udp || forward->random_case ||
		     forward->next_on_no_data || forward->fails_fast);
	assert_int_equal(forward->max_fails, 2);
	assert_int_equal(forward->max_concurrent, 0);
	assert_int_equal(forward->max_connect_attempts, 0);
	assert_int_equal(forward->expire_ms, 10000);
	assert_int_equal(forward->max_age_ms, 0);
	assert_int_equal(forward->max_idle_connections, 0);
	assert_int_equal(forward->read_timeout_ms, 2000);
	assert_int_equal(forward->health_check_ms, 500);
	assert_true(forward->health_recursion);
	assert_string_equal(forward->health_domain, ".");
	assert_true(forward->tls_ca == NULL && forward->tls_certificate == NULL);
	assert_int_equal(forward->except.count + forward->next_count + forward->failover_count, 0);
	assert_int_equal(forward->source.family, 0);
	assert_int_equal(forward->resolver_count, 0);
	assert_string_equal(forward->hosts_file, "/etc/hosts");
	assert_string_equal(forward->resolver_file, "/etc/resolv.conf");
	assert_int_equal(forward->lookup_least_ms, 5000);
	done(reading);
}

static void targets_are_written_in_many_ways(void **state)
{
	(void)state;
	static const struct {
		const char *to, *expected;
	} table[] = {
		{ "10.0.0.1:5353 10.0.0.2", "10.0.0.1 5353 | 10.0.0.2 53" },
		{ "dns://10.0.0.1 dns://10.0.0.1:54", "10.0.0.1 53 | 10.0.0.1 54" },
		{ "::1 [::2] [::3]:54 fd00::1", "::1 53 | ::2 53 | ::3 54 | fd00::1 53" },
		{ "tls://9.9.9.9 tls://[2620:fe::fe]:8853", "tls 9.9.9.9 853 | tls 2620:fe::fe 8853" },
		{ "tls://9.9.9.9%dns.quad9.net tls://1.1.1.1%one.one:8853",
		  "tls 9.9.9.9 853 dns.quad9.net | tls 1.1.1.1 8853 one.one" },
		{ "tls://[2400::1%dns.example]:853 tls://fe80::1%example.com",
		  "tls 2400::1 853 dns.example | tls fe80::1 853 example.com" },
		{ "resolv.conf 10.0.0.1", "resolv.conf | 10.0.0.1 53" },
		{ "10.0.0.1 /dev/null", "10.0.0.1 53 | /dev/null" },
		{ "My-DNS.example. localhost:5353 dns://a_b.example:54",
		  "@my-dns.example 53 | @localhost 5353 | @a_b.example 54" },
		{ "tls://dns.example tls://dns.example%One.Two:8853 1dns.example",
		  "tls @dns.example 853 | tls @dns.example 8853 One.Two | @1dns.example 53" },
	};
	write_file("resolv.conf", "nameserver 10.0.0.9\n");
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text line = { 0 };
		text_printf(&line, "forward . %s", table[i].to);
		struct reading *reading = read_forward(line.data);
		assert_targets(&reading->block.forwards[0], table[i].expected);
		done(reading);
		text_done(&line);
	}
}

static void every_option_is_read(void **state)
{
	(void)state;
	write_file("ca.pem", "");
	write_file("cert.pem", "");
	write_file("key.pem", "");
	struct reading *reading =
		read_forward("forward Example.ORG tls://10.0.0.1 10.0.0.2 {\n"
			     "except a.example.org B.example.org. 10.0.0.0/8\n"
			     "except c.example.org\n"
			     "force_tcp\nprefer_udp\nexpire 20s\nmax_age 1m\n"
			     "max_idle_conns 7\nread_timeout 250ms\nmax_fails 0\n"
			     "max_connect_attempts 3\n"
			     "tls cert.pem key.pem ca.pem\ntls_servername dns.example\n"
			     "policy sequential\n"
			     "health_check 2s no_rec domain Health.example\n"
			     "max_concurrent 1000\nnext NXDOMAIN refused nxdomain badsig\n"
			     "next_on_nodata\nfailover SERVFAIL NOTIMPL\n"
			     "failfast_all_unhealthy_upstreams\n"
			     "source_address 127.0.0.9\nrandom_case\n}");
	const struct config_forward *forward = &reading->block.forwards[0];
	assert_string_equal(forward->from.text, "example.org.");
	assert_zones(&forward->except, "a.example.org. b.example.org. 10.in-addr.arpa. c.example.org.");
	assert_targets(forward, "tls 10.0.0.1 853 dns.example | 10.0.0.2 53");
	assert_true(forward->force_tcp && forward->prefer_udp && forward->random_case &&
		    forward->next_on_no_data && forward->fails_fast);
	assert_int_equal(forward->expire_ms, 20000);
	assert_int_equal(forward->max_age_ms, 60000);
	assert_int_equal(forward->max_idle_connections, 7);
	assert_int_equal(forward->read_timeout_ms, 250);
	assert_int_equal(forward->max_fails, 0);
	assert_int_equal(forward->max_connect_attempts, 3);
	assert_string_equal(forward->tls_certificate, "cert.pem");
	assert_string_equal(forward->tls_key, "key.pem");
	assert_string_equal(forward->tls_ca, "ca.pem");
	assert_int_equal(forward->policy, FORWARD_SEQUENTIAL);
	assert_int_equal(forward->health_check_ms, 2000);
	assert_false(forward->health_recursion);
	assert_string_equal(forward->health_domain, "health.example.");
	assert_int_equal(forward->max_concurrent, 1000);
	assert_int_equal(forward->next_count, 3);
	assert_int_equal(forward->next[0], 3);
	assert_int_equal(forward->next[1], 5);
	assert_int_equal(forward->next[2], 16);
	assert_int_equal(forward->failover_count, 2);
	assert_int_equal(forward->failover[0], 2);
	assert_int_equal(forward->failover[1], 4);
	assert_int_equal(forward->source.family, 4);
	assert_words(&reading->config.notes, "Corefile:6 - prefer_udp has no effect beside force_tcp");
	done(reading);
}

static void resolvers_are_addresses(void **state)
{
	(void)state;
	struct reading *reading = read_forward("forward . dns.example {\nresolver 10.0.0.9\n"
					       "resolver 10.0.0.1 10.0.0.2:5353 ::1 [::2]:54\n}");
	const struct config_forward *forward = &reading->block.forwards[0];
	assert_list(forward->resolvers, forward->resolver_count,
		    "10.0.0.1 53 | 10.0.0.2 5353 | ::1 53 | ::2 54");
	done(reading);
}

static void tls_takes_up_to_three_files(void **state)
{
	(void)state;
	write_file("a.pem", "");
	write_file("b.pem", "");
	struct reading *reading = read_forward("forward . tls://10.0.0.1 {\ntls\n}");
	assert_null(reading->block.forwards[0].tls_ca);
	done(reading);
	reading = read_forward("forward . tls://10.0.0.1 {\ntls a.pem\n}");
	assert_string_equal(reading->block.forwards[0].tls_ca, "a.pem");
	assert_null(reading->block.forwards[0].tls_certificate);
	done(reading);
	reading = read_forward("forward . tls://10.0.0.1 {\ntls a.pem b.pem\n}");
	assert_null(reading->block.forwards[0].tls_ca);
	assert_string_equal(reading->block.forwards[0].tls_certificate, "a.pem");
	assert_string_equal(reading->block.forwards[0].tls_key, "b.pem");
	done(reading);
}

static void a_block_may_forward_more_than_once(void **state)
{
	(void)state;
	struct reading *reading =
		read_forward("forward a.org 10.0.0.1 {\nmax_fails 5\n}\nforward . 10.0.0.2");
	assert_int_equal(reading->block.forward_count, 2);
	assert_string_equal(reading->block.forwards[0].from.text, "a.org.");
	assert_int_equal(reading->block.forwards[0].max_fails, 5);
	assert_string_equal(reading->block.forwards[1].from.text, ".");
	assert_int_equal(reading->block.forwards[1].max_fails, 2);
	done(reading);
}

static void what_is_odd_but_harmless_is_noted(void **state)
{
	(void)state;
	write_file("empty.conf", "# nameserver 10.0.0.1\n");
	struct reading *reading =
		read_forward("forward 10.9.3.0/18 10.0.0.1%eth0 empty.conf {\nexcept a..b c.org\n}");
	assert_string_equal(reading->block.forwards[0].from.text, "0.9.10.in-addr.arpa.");
	assert_zones(&reading->block.forwards[0].except, "c.org.");
	assert_int_equal(reading->config.notes.count, 4);
	done(reading);
	reading = read_forward("forward . tls://dns.example tls://dns.example%a {\n}");
	assert_int_equal(reading->config.notes.count, 1);
	assert_non_null(
		strstr(reading->config.notes.words[0], "its certificate must hold the address"));
	done(reading);
	reading = read_forward("forward . 10.0.0.1 {\nmax_connect_attempts 0\nexpire 0s\n"
			       "health_check 0s\n}");
	assert_int_equal(reading->block.forwards[0].max_connect_attempts, UINT32_MAX);
	assert_int_equal(reading->block.forwards[0].expire_ms, 0);
	assert_int_equal(reading->block.forwards[0].health_check_ms, 0);
	done(reading);
}

#define AT(line) "plugin/forward: Corefile:" line " - Error during parsing: "
#define ARGUMENTS "Wrong argument count or unexpected line ending after "
#define OPTION(text) "forward . 10.0.0.1 {\n" text "\n}"
static const struct bad bad_lines[] = {
	{ "forward", AT("2") ARGUMENTS "'forward'" },
	{ "forward .", AT("2") ARGUMENTS "'.'" },
	{ "forward a..b 10.0.0.1", AT("2") "unable to normalize 'a..b'" },
	{ "forward . https://1.1.1.1/q",
	  AT("2") "paths are not allowed in HTTPS upstream addresses (the /dns-query path is "
		  "used by default): https://1.1.1.1/q" },
	{ "forward . https://1.1.1.1", AT("2") "'https' is not built into knamed, which asks "
					       "over UDP, TCP and TLS: https://1.1.1.1" },
	{ "forward . quic://1.1.1.1", AT("2") "'quic' is not built into knamed, which asks "
					      "over UDP, TCP and TLS: quic://1.1.1.1" },
	{ "forward . grpc://1.1.1.1", AT("2") "'grpc' is not supported as a destination "
					      "protocol in forward: grpc://1.1.1.1" },
	{ "forward . unix:///run/dns", AT("2") "'unix' is not supported as a destination "
					       "protocol in forward: unix:///run/dns" },
	{ "forward . tls://", AT("2") "invalid address: \"tls://\"" },
	{ "forward . a..b", AT("2") "not an IP address, file, or valid domain: \"a..b\"" },
	{ "forward . a27.0.0.1", AT("2") "not an IP address, file, or valid domain: \"a27.0.0.1\"" },
	{ "forward . 10.0.0.2x", AT("2") "not an IP address, file, or valid domain: \"10.0.0.2x\"" },
	{ "forward . 10.0.0.256:53",
	  AT("2") "not an IP address, file, or valid domain: \"10.0.0.256:53\"" },
	{ "forward . .", AT("2") "not an IP address, file, or valid domain: \".\"" },
	{ "forward . tls://a/b", AT("2") "not an IP address, file, or valid domain: \"tls://a/b\"" },
	{ "forward . fe80::1::2", AT("2") "not an IP address, file, or valid domain: \"fe80::1::2\"" },
	{ "forward . dns.example:0", AT("2") "invalid port in \"dns.example:0\"" },
	{ "forward . tls://dns.example%a.org {\ntls_servername b.org\n}",
	  AT("2") "both forward ('b.org') and proxy level ('a.org') TLS servernames are set "
		  "for upstream proxy 'tls://dns.example%a.org'" },
	{ "forward . /none/resolv.conf",
	  AT("2") "not an IP address or file \"/none/resolv.conf\": open /none/resolv.conf: no "
		  "such file or directory" },
	{ "forward . 10.0.0.1:99999", AT("2") "invalid port in \"10.0.0.1:99999\"" },
	{ "forward . 10.0.0.1:", AT("2") "invalid port in \"10.0.0.1:\"" },
	{ "forward . /dev/null", AT("2") "no valid upstream addresses found" },
	{ "forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 "
	  "10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16",
	  AT("2") "more than 15 TOs configured: 16" },
	{ "forward . tls://10.0.0.1%a.org {\ntls_servername b.org\n}",
	  AT("2") "both forward ('b.org') and proxy level ('a.org') TLS servernames are set "
		  "for upstream proxy 'tls://10.0.0.1%a.org'" },
	{ OPTION("except"), AT("3") ARGUMENTS "'except'" },
	{ OPTION("max_fails"), AT("3") ARGUMENTS "'max_fails'" },
	{ OPTION("max_fails 3 4"), AT("3") "unknown property '4'" },
	{ OPTION("max_fails -1"), AT("3") "strconv.ParseUint: parsing \"-1\": invalid syntax" },
	{ OPTION("max_fails 4294967296"),
	  AT("3") "strconv.ParseUint: parsing \"4294967296\": value out of range" },
	{ OPTION("max_connect_attempts x"), AT("3") "strconv.ParseUint: parsing \"x\": invalid syntax" },
	{ OPTION("health_check"), AT("3") ARGUMENTS "'health_check'" },
	{ OPTION("health_check 5"), AT("3") "time: missing unit in duration \"5\"" },
	{ OPTION("health_check -5s"), AT("3") "health_check can't be negative: -5s" },
	{ OPTION("health_check 5s domain"), AT("3") ARGUMENTS "'domain'" },
	{ OPTION("health_check 5s domain a..b"), AT("3") "health_check: invalid domain name a..b" },
	{ OPTION("health_check 5s foo"), AT("3") "health_check: unknown option foo" },
	{ OPTION("force_tcp on"), AT("3") ARGUMENTS "'on'" },
	{ OPTION("prefer_udp on"), AT("3") ARGUMENTS "'on'" },
	{ OPTION("tls a b c d"), AT("3") ARGUMENTS "'d'" },
	{ OPTION("tls /none/ca.pem"),
	  AT("3") "error reading /none/ca.pem: open /none/ca.pem: no such file or directory" },
	{ OPTION("tls /none/cert.pem /none/key.pem"),
	  AT("3") "could not load TLS cert: open /none/cert.pem: no such file or directory" },
	{ OPTION("tls_servername"), AT("3") ARGUMENTS "'tls_servername'" },
	{ OPTION("expire -1m30s"), AT("3") "expire can't be negative: -1m30s" },
	{ OPTION("expire x"), AT("3") "time: invalid duration \"x\"" },
	{ OPTION("max_age -1s"), AT("3") "max_age can't be negative: -1s" },
	{ OPTION("max_age 5s"), AT("4") "max_age (5s) must not be less than expire (10s)" },
	{ OPTION("max_idle_conns -1"), AT("3") "max_idle_conns can't be negative: -1" },
	{ OPTION("max_idle_conns x"), AT("3") "strconv.Atoi: parsing \"x\": invalid syntax" },
	{ OPTION("read_timeout 0s"), AT("3") "read_timeout must be positive: 0s" },
	{ OPTION("read_timeout -2s"), AT("3") "read_timeout must be positive: -2s" },
	{ OPTION("policy"), AT("3") ARGUMENTS "'policy'" },
	{ OPTION("policy best"), AT("3") "unknown policy 'best'" },
	{ OPTION("max_concurrent many"), AT("3") "strconv.Atoi: parsing \"many\": invalid syntax" },
	{ OPTION("max_concurrent -4"), AT("3") "max_concurrent can't be negative: -4" },
	{ OPTION("next"), AT("3") ARGUMENTS "'next'" },
	{ OPTION("next FOO"), AT("3") "FOO is not a valid rcode" },
	{ OPTION("next_on_nodata x"), AT("3") ARGUMENTS "'x'" },
	{ OPTION("failover"), AT("3") ARGUMENTS "'failover'" },
	{ OPTION("failover FOO"), AT("3") "FOO is not a valid rcode" },
	{ OPTION("failover BADVERS"), AT("3") "BADVERS is not a valid rcode" },
	{ OPTION("failover RCODE5"), AT("3") "RCODE5 is not a valid rcode" },
	{ OPTION("failover NOERROR"), AT("3") "NoError cannot be used in failover" },
	{ OPTION("failfast_all_unhealthy_upstreams x"), AT("3") ARGUMENTS "'x'" },
	{ OPTION("source_address"), AT("3") ARGUMENTS "'source_address'" },
	{ OPTION("source_address x"), AT("3") "invalid IP address: x" },
	{ OPTION("doh_method PUT"), AT("3") "doh_method must be either POST or GET" },
	{ OPTION("doh_method POST"), AT("3") "doh_method is not built into knamed, which asks "
					     "over UDP, TCP and TLS" },
	{ OPTION("resolver"), AT("3") ARGUMENTS "'resolver'" },
	{ OPTION("resolver 10.0.0.1 dns.example"),
	  AT("3") "resolver must be an IP address or IP:port: \"dns.example\"" },
	{ OPTION("resolver dns.example:53"),
	  AT("3") "resolver must be an IP address or IP:port: \"dns.example:53\"" },
	{ OPTION("resolver [::1]"), AT("3") "resolver must be an IP address or IP:port: \"[::1]\"" },
	{ OPTION("resolver 10.0.0.1:x"),
	  AT("3") "resolver must be an IP address or IP:port: \"10.0.0.1:x\"" },
	{ OPTION("resolver 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 "
		 "1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1"),
	  AT("3") "more than 15 resolvers configured: 16" },
	{ OPTION("foo"), AT("3") "unknown property 'foo'" },
};

static void bad_lines_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_lines); i++) {
		struct reading *reading = read_lines(bad_lines[i].text);
		if (reading->is_good)
			fail_msg("was read: %s", bad_lines[i].text);
		assert_string_equal(reading->error.text, bad_lines[i].sentence);
		done(reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_it_is_the_usual_one),
		cmocka_unit_test(targets_are_written_in_many_ways),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(resolvers_are_addresses),
		cmocka_unit_test(tls_takes_up_to_three_files),
		cmocka_unit_test(a_block_may_forward_more_than_once),
		cmocka_unit_test(what_is_odd_but_harmless_is_noted),
		cmocka_unit_test(bad_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
