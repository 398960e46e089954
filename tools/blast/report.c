/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "load.h"

#include <inttypes.h>

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static double quantile_us(const struct load *load, double wanted)
{
	return (double)latency_quantile(&load->tally.latency, wanted) / 1e3;
}

static const char *mode_word(const struct load *load)
{
	switch (load->options->mode) {
	case MODE_MAX:
		return "max";
	case MODE_RATE:
		return "rate";
	case MODE_BURST:
		return "burst";
	case MODE_HOLD:
		return "hold";
	}
	return "";
}

static const char *transport_word(const struct load *load)
{
	switch (load->options->transport) {
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_CONNECT:
		return "connect";
	}
	return "";
}

static void print_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++)
		fputc(*text < ' ' || *text > '~' || *text == '"' || *text == '\\' ? '?' : *text, out);
	fputc('"', out);
}

static void print_count(FILE *out, const char *name, uint64_t count)
{
	fprintf(out, ", \"%s\": %" PRIu64, name, count);
}

static void print_number(FILE *out, const char *name, double number)
{
	fprintf(out, ", \"%s\": %.3f", name, number);
}

void report_json(const struct load *load, FILE *out)
{
	const struct tally *tally = &load->tally;
	double seconds = (double)tally->window_ns / 1e9, answers = (double)tally->in_window;

	fprintf(out, "{\"mode\": \"%s\", \"transport\": \"%s\"", mode_word(load),
		transport_word(load));
	print_number(out, "seconds", seconds);
	print_number(out, "offered_qps", load->options->rate);
	print_count(out, "sent", tally->sent);
	print_count(out, "received", tally->received);
	print_count(out, "lost", tally->lost);
	print_count(out, "late", tally->late);
	print_count(out, "wrong", tally->wrong);
	print_count(out, "unexpected", tally->unexpected);
	print_count(out, "truncated", tally->truncated);
	print_count(out, "checked", tally->checked);
	print_count(out, "errors", tally->errors);
	print_count(out, "answers", tally->in_window);
	print_number(out, "qps", share(answers, seconds));
	print_number(out, "p50_us", quantile_us(load, 0.5));
	print_number(out, "p99_us", quantile_us(load, 0.99));
	print_number(out, "p999_us", quantile_us(load, 0.999));
	print_number(out, "max_us", (double)tally->latency.max_ns / 1e3);
	print_number(out, "query_bytes", share((double)tally->query_bytes, (double)tally->sent));
	print_number(out, "reply_bytes", share((double)tally->reply_bytes, (double)tally->received));
	print_number(out, "server_cpu_s", (double)load->server_cpu_ns / 1e9);
	print_number(out, "server_us_per_answer", share((double)load->server_cpu_ns / 1e3, answers));
	print_number(out, "own_cpu_s", (double)load->own_cpu_ns / 1e9);
	print_number(out, "lag_max_us", (double)tally->lag_max_ns / 1e3);
	print_count(out, "bursts", tally->bursts);
	print_number(out, "burst_us", (double)tally->burst_ns / 1e3);
	print_count(out, "idle_opened", tally->idle_opened);
	print_count(out, "idle_alive", tally->idle_alive);
	fputs(", \"fault\": ", out);
	print_quoted(tally->fault, out);
	fputs("}\n", out);
}

void report_human(const struct load *load, FILE *out)
{
	const struct tally *tally = &load->tally;
	double seconds = (double)tally->window_ns / 1e9;

	fprintf(out,
		"%s %s: sent %" PRIu64 ", received %" PRIu64 ", lost %" PRIu64 " (late %" PRIu64
		"), wrong %" PRIu64 ", unexpected %" PRIu64 "\n",
		transport_word(load), mode_word(load), tally->sent, tally->received, tally->lost,
		tally->late, tally->wrong, tally->unexpected);
	fprintf(out, "%.0f answers/s, p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us",
		share((double)tally->in_window, seconds), quantile_us(load, 0.5),
		quantile_us(load, 0.99), quantile_us(load, 0.999),
		(double)tally->latency.max_ns / 1e3);
	if (load->options->watched_count > 0)
		fprintf(out, ", server %.3f us CPU/answer",
			share((double)load->server_cpu_ns / 1e3, (double)tally->in_window));
	fprintf(out, "%s%s\n", tally->fault[0] != '\0' ? "\nfirst wrong answer: " : "", tally->fault);
}
