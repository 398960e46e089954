/* SPDX-License-Identifier: Apache-2.0 */
/* Whose packets, and the program that the kernel runs for each: it looks at the sender in the IP header, and throws dice. */
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "relief.h"

enum { TIMES_AVERAGE = 4, LEAST = RELIEF_SAMPLE / 16 };

/* ---- whose ---- */

static int compare(const void *a, const void *b)
{
	return ip_compare(a, b);
}

static bool is_among(const struct ip *clients, unsigned count, const struct ip *client)
{
	for (unsigned i = 0; i < count; i++)
		if (ip_equal(&clients[i], client))
			return true;
	return false;
}

static unsigned run_length(const struct ip *sorted, unsigned start)
{
	unsigned end = start + 1;
	while (end < RELIEF_SAMPLE && ip_equal(&sorted[start], &sorted[end]))
		end++;
	return end - start;
}

static bool is_heavy(unsigned length, unsigned distinct)
{
	return length >= LEAST &&
	       (length > RELIEF_SAMPLE / 2 || length * distinct > TIMES_AVERAGE * RELIEF_SAMPLE);
}

/* What `packets` of so many clients of the sample are. */
static struct relief_shares weigh(unsigned packets, unsigned clients, unsigned distinct)
{
	struct relief_shares shares = { .held = (double)packets / RELIEF_SAMPLE };
	if (distinct > clients)
		shares.fair = (1 - shares.held) / (distinct - clients) * clients;
	return shares;
}

unsigned relief_choose(const struct ip sample[RELIEF_SAMPLE], struct ip clients[RELIEF_CLIENTS],
		       unsigned count, struct relief_shares *ret_shares)
{
	struct ip sorted[RELIEF_SAMPLE];
	unsigned distinct = 0, chosen = 0, packets = 0;
	memcpy(sorted, sample, sizeof(sorted));
	qsort(sorted, RELIEF_SAMPLE, sizeof(*sorted), compare);
	for (unsigned i = 0; i < RELIEF_SAMPLE; i += run_length(sorted, i))
		distinct++;
	for (unsigned i = 0, length; i < RELIEF_SAMPLE; i += length) {
		length = run_length(sorted, i);
		bool is_known = is_among(clients, count, &sorted[i]);
		if (!is_known && count < RELIEF_CLIENTS && is_heavy(length, distinct)) {
			clients[count++] = sorted[i];
			is_known = true;
		}
		chosen += is_known;
		packets += is_known ? length : 0;
	}
	*ret_shares = weigh(packets, chosen, distinct);
	return count;
}

/* ---- the program ---- */

enum { PROGRAM_MOST = 8 + 11 * RELIEF_CLIENTS, IPV4_SOURCE = 12, IPV6_SOURCE = 8 };

struct program {
	struct sock_filter code[PROGRAM_MOST];
	unsigned size;
	unsigned jumps[RELIEF_CLIENTS], jump_count; /* to the dice */
};

static void put(struct program *program, uint16_t code, uint32_t k)
{
	program->code[program->size++] = (struct sock_filter){ .code = code, .k = k };
}

static void put_load(struct program *program, uint32_t offset)
{
	put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + offset);
}

static uint32_t word_of(const struct ip *ip, unsigned i)
{
	const uint8_t *at = ip->bytes + 4 * i;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Goes to the dice if the sender is this one. */
static void put_client(struct program *program, const struct ip *client)
{
	unsigned words = client->family == 4 ? 1 : 4;
	for (unsigned i = 0; i < words; i++) {
		put_load(program, (client->family == 4 ? IPV4_SOURCE : IPV6_SOURCE) + 4 * i);
		put(program, BPF_JMP | BPF_JEQ | BPF_K, word_of(client, i));
		program->code[program->size - 1].jf = (uint8_t)(2 * (words - i - 1) + 1);
	}
	program->jumps[program->jump_count++] = program->size;
	put(program, BPF_JMP | BPF_JA, 0);
}

static void put_family(struct program *program, const struct ip *clients, unsigned count, uint8_t family)
{
	for (unsigned i = 0; i < count; i++)
		if (clients[i].family == family)
			put_client(program, &clients[i]);
	put(program, BPF_RET | BPF_K, UINT32_MAX);
}

static void put_dice(struct program *program, double pass)
{
	for (unsigned i = 0; i < program->jump_count; i++)
		program->code[program->jumps[i]].k = program->size - program->jumps[i] - 1;
	put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
	put(program, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)(pass * UINT32_MAX));
	program->code[program->size - 1].jf = 1;
	put(program, BPF_RET | BPF_K, 0);
	put(program, BPF_RET | BPF_K, UINT32_MAX);
}

bool relief_filter(int fd, const struct ip *clients, unsigned count, double pass)
{
	struct program program = { .size = 0 };
	if (count == 0)
		return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int)) == 0;
	put(&program, BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF);
	put(&program, BPF_JMP | BPF_JGE | BPF_K, 0x60); /* the version: else 4 */
	program.code[1].jt = 1;
	unsigned skip = program.size;
	put(&program, BPF_JMP | BPF_JA, 0);
	put_family(&program, clients, count, 6);
	program.code[skip].k = program.size - skip - 1;
	put_family(&program, clients, count, 4);
	put_dice(&program, pass);
	struct sock_fprog attached = { .len = (unsigned short)program.size, .filter = program.code };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached)) == 0;
}
