/* SPDX-License-Identifier: Apache-2.0 */
#include "top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heavy.h"

enum {
	NAMES = 2048, /* with the longest names all sketches together take less than 1.1 MB */
	DENIED = 1024,
	CLIENTS = 1024,
	NAMESPACES = 256,
	NAMESPACE_MOST = 63,
	FADE_S = 60,
	LIST_MOST = 100,
};

/* By number: a small set of them is all that comes. */
struct tallied {
	uint64_t rcodes[RCODE_SLOTS], types[TYPE_SLOTS];
};

struct top {
	struct heavy *names, *denied, *clients, *namespaces;
	struct tallied tallied;
	uint64_t total, wasted;
	uint64_t begun_ns, faded_ns;
	double before_s; /* what counts from before the last halving stand for */
};

struct top *top_new(uint64_t now_ns)
{
	struct top *top = mem_zalloc(sizeof(*top));
	top->names = heavy_new(NAMES, DNS_NAME_MAX);
	top->denied = heavy_new(DENIED, DNS_NAME_MAX);
	top->clients = heavy_new(CLIENTS, sizeof(struct ip));
	top->namespaces = heavy_new(NAMESPACES, NAMESPACE_MOST);
	top->begun_ns = top->faded_ns = now_ns;
	return top;
}

void top_free(struct top *top)
{
	if (top == NULL)
		return;
	heavy_free(top->names);
	heavy_free(top->denied);
	heavy_free(top->clients);
	heavy_free(top->namespaces);
	mem_free(top);
}

/* ---- counting ---- */

static void add_denied(struct top *top, const struct sample *sample, const struct traffic_calls *calls)
{
	char namespace_[NAMESPACE_MOST + 1] = "";
	heavy_add(top->denied, sample->name, sample->name_size, sample->weight);
	if (calls == NULL || !calls->is_wasted(calls->context, sample, namespace_))
		return;
	top->wasted += sample->weight;
	heavy_add(top->namespaces, namespace_, strlen(namespace_), sample->weight);
}

void top_add(struct top *top, const struct sample *sample, const struct traffic_calls *calls)
{
	unsigned rcode = sample->rcode < RCODE_SLOTS ? sample->rcode : RCODE_SLOTS - 1;
	top->total += sample->weight;
	top->tallied.rcodes[rcode] += sample->weight;
	if (sample->client.family != 0)
		heavy_add(top->clients, &sample->client, sizeof(sample->client), sample->weight);
	if (sample->name == NULL)
		return;
	top->tallied.types[tally_type_slot(sample->type)] += sample->weight;
	heavy_add(top->names, sample->name, sample->name_size, sample->weight);
	if (sample->rcode == RCODE_NXDOMAIN)
		add_denied(top, sample, calls);
}

/* ---- fading ---- */

static double seconds_between(uint64_t from_ns, uint64_t to_ns)
{
	return (double)(to_ns - from_ns) / 1e9;
}

double top_span_s(const struct top *top, uint64_t now_ns)
{
	return top->before_s + seconds_between(top->faded_ns, now_ns);
}

static void halve(uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		numbers[i] /= 2;
}

void top_fade(struct top *top, uint64_t now_ns)
{
	if (now_ns - top->faded_ns < FADE_S * UINT64_C(1000000000))
		return;
	top->before_s = top_span_s(top, now_ns) / 2;
	top->faded_ns = now_ns;
	heavy_halve(top->names);
	heavy_halve(top->denied);
	heavy_halve(top->clients);
	heavy_halve(top->namespaces);
	halve(top->tallied.rcodes, RCODE_SLOTS);
	halve(top->tallied.types, TYPE_SLOTS);
	top->total /= 2;
	top->wasted /= 2;
}

/* ---- as JSON ---- */

struct printing {
	const struct top *top;
	const struct traffic_calls *calls;
	double span_s;
	struct text *text;
};

static void add_string(struct text *text, const char *string)
{
	char json[6 * NAME_TEXT_SIZE + 3];
	text_add_n(text, json, log_json_string(json, sizeof(json), string, strlen(string)));
}

static void add_figures(const struct printing *printing, uint64_t count, uint64_t error)
{
	double span = printing->span_s > 0.1 ? printing->span_s : 0.1;
	double share = printing->top->total > 0 ? (double)count / (double)printing->top->total : 0;
	text_printf(printing->text, ",\"count\":%llu,\"error\":%llu,\"qps\":%.3f,\"share\":%.5f}",
		    (unsigned long long)count, (unsigned long long)error, (double)count / span,
		    share < 1 ? share : 1);
}

static void add_name(const struct printing *printing, const struct heavy_item *item)
{
	char name[NAME_TEXT_SIZE];
	name_print(item->key, name);
	text_add(printing->text, "{\"name\":");
	add_string(printing->text, name);
}

static void add_client(const struct printing *printing, const struct heavy_item *item)
{
	struct ip ip;
	char client[IP_TEXT_SIZE];
	struct text pod = { 0 };
	memcpy(&ip, item->key, sizeof(ip));
	ip_print(&ip, client);
	text_printf(printing->text, "{\"client\":\"%s\"", client);
	if (printing->calls != NULL && printing->calls->find_pod(printing->calls->context, &ip, &pod)) {
		text_add(printing->text, ",\"pod\":");
		add_string(printing->text, pod.data);
	}
	text_done(&pod);
}

static void add_namespace(const struct printing *printing, const struct heavy_item *item)
{
	char namespace_[NAMESPACE_MOST + 1] = "";
	memcpy(namespace_, item->key, item->key_size);
	text_add(printing->text, "{\"namespace\":");
	add_string(printing->text, namespace_);
}

static void add_list(const struct printing *printing, const char *title, const struct heavy *heavy,
		     size_t most, void (*add)(const struct printing *, const struct heavy_item *))
{
	struct heavy_item items[LIST_MOST];
	size_t count = heavy_list(heavy, items, most < LIST_MOST ? most : LIST_MOST);
	text_printf(printing->text, "\"%s\":[", title);
	for (size_t i = 0; i < count; i++) {
		text_add(printing->text, i > 0 ? "," : "");
		add(printing, &items[i]);
		add_figures(printing, items[i].count, items[i].error);
	}
	text_add(printing->text, "],");
}

static void add_rcodes(const struct printing *printing)
{
	bool is_first = true;
	text_add(printing->text, "\"rcodes\":[");
	for (unsigned i = 0; i < RCODE_SLOTS; i++) {
		char rcode[16] = "other";
		if (printing->top->tallied.rcodes[i] == 0)
			continue;
		if (i + 1 < RCODE_SLOTS)
			dns_rcode_print((uint16_t)i, rcode);
		text_printf(printing->text, "%s{\"rcode\":\"%s\"", is_first ? "" : ",", rcode);
		add_figures(printing, printing->top->tallied.rcodes[i], 0);
		is_first = false;
	}
	text_add(printing->text, "],");
}

static void add_types(const struct printing *printing)
{
	bool is_first = true;
	text_add(printing->text, "\"types\":[");
	for (unsigned i = 0; i < TYPE_SLOTS; i++) {
		if (printing->top->tallied.types[i] == 0)
			continue;
		text_printf(printing->text, "%s{\"type\":\"%s\"", is_first ? "" : ",",
			    tally_type_name(i));
		add_figures(printing, printing->top->tallied.types[i], 0);
		is_first = false;
	}
	text_add(printing->text, "]");
}

void top_print(const struct top *top, const struct traffic_calls *calls, size_t most,
	       uint64_t now_ns, struct text *text)
{
	const struct printing printing = {
		.top = top,
		.calls = calls,
		.span_s = top_span_s(top, now_ns),
		.text = text,
	};
	add_list(&printing, "names", top->names, most, add_name);
	add_list(&printing, "clients", top->clients, most, add_client);
	add_list(&printing, "denied", top->denied, most, add_name);
	add_list(&printing, "wasted", top->namespaces, most, add_namespace);
	text_add(text, "\"wasted_all\":{\"of\":\"all\"");
	add_figures(&printing, top->wasted, 0);
	text_add(text, ",");
	add_rcodes(&printing);
	add_types(&printing);
}
