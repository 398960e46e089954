/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of a directive: addresses as they are written, those of names, and the nameservers of
 * files, which are read again when they change. Who is in the new list and was in the old one stays
 * as it is; a file that has no nameserver any more changes nothing. */
#include <stdio.h>
#include <string.h>

#include "tls.h"
#include "upstream_parts.h"

enum { SETTLE_MS = 100, DNS_PORT = 53 };

struct target_file {
	struct upstream *upstream;
	const char *path;
	struct file_watch *watch; /* NULL: not yet */
	struct resolv_conf conf;  /* as it was when it last had something */
};

/* ---- one target ---- */

/* Series do not go any more, and whoever looks names up may tell others all day. */
static const char *target_label(struct target *target, const char *host)
{
	struct upstream *upstream = target->upstream;
	size_t count = upstream->labelled_count;
	if (host == NULL)
		return target->text;
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&upstream->labelled[i], &target->address.ip))
			return target->text;
	if (count == NAME_LABELS)
		return "others";
	upstream->labelled[upstream->labelled_count++] = target->address.ip;
	return target->text;
}

static struct target *target_new(struct upstream *upstream, const struct config_target *config,
				 struct error *error)
{
	struct target *target = mem_zalloc(sizeof(*target));
	target->upstream = upstream;
	target->address = (struct upstream_address){ config->ip, config->port };
	target->is_tls = config->tls;
	target->tls_name = mem_text(config->tls_name);
	address_print(&target->address, target->text);
	target->label = target_label(target, config->host);
	if (config->tls) {
		target->tls = tls_target_new(upstream->config, &config->ip, config->tls_name, error);
		if (target->tls == NULL) {
			mem_free(target->tls_name);
			mem_free(target);
			return NULL;
		}
	}
	meters_open(target);
	loop_begin(target, clock_now_ns());
	return target;
}

/* Its questions go elsewhere. */
static void target_free(struct target *target, uint64_t now_ns)
{
	struct upstream *upstream = target->upstream;
	target->is_gone = true;
	meters_close(target);
	loop_end(target);
	wheel_take(upstream->wheel, &target->probe.wake);
	if (target->probe.attempts[0].line != NULL)
		attempt_stop(&target->probe.attempts[0]);
	while (target->lines != NULL) {
		struct failure failure = line_failure(target->lines, TROUBLE_ENDED, 0);
		line_fail(target->lines, &failure, now_ns);
	}
	lines_bury(upstream);
	tls_target_free(target->tls);
	mem_free(target->tls_name);
	mem_free(target);
}

static bool is_same(const struct target *target, const struct config_target *config)
{
	bool has_name = target->tls_name != NULL && config->tls_name != NULL;
	return ip_equal(&target->address.ip, &config->ip) && target->address.port == config->port &&
	       target->is_tls == config->tls &&
	       (has_name ? strcmp(target->tls_name, config->tls_name) == 0
			 : target->tls_name == config->tls_name);
}

/* ---- the list ---- */

/* What is to be asked now: no files, none twice. */
struct wanted {
	struct config_target targets[TARGETS_MAX];
	size_t count;
	bool is_cut;
};

static void wanted_add(struct wanted *wanted, const struct config_target *target)
{
	for (size_t i = 0; i < wanted->count; i++) {
		struct target other = { .address = { wanted->targets[i].ip, wanted->targets[i].port },
					.is_tls = wanted->targets[i].tls,
					.tls_name = wanted->targets[i].tls_name };
		if (is_same(&other, target))
			return;
	}
	if (wanted->count == TARGETS_MAX)
		wanted->is_cut = true;
	else
		wanted->targets[wanted->count++] = *target;
}

/* `from` is where it was found. */
static void wanted_add_unless_own(struct upstream *upstream, struct wanted *wanted,
				  const struct config_target *target, const char *from)
{
	char text[IP_TEXT_SIZE];
	if (!is_own_address(upstream->config, &target->ip, target->port)) {
		wanted_add(wanted, target);
		return;
	}
	ip_print(&target->ip, text);
	upstream->has_own = true;
	log_line(LOG_WARNING, "loop",
		 "%s names %s, where this server itself listens: it is not asked", from, text);
}

static void wanted_add_file(struct wanted *wanted, struct target_file *file)
{
	struct error error;
	struct resolv_conf conf;
	if (resolv_conf_read(file->path, &conf, &error) && conf.count > 0)
		file->conf = conf;
	else
		log_line(LOG_WARNING, "forward", "%s has no nameservers, those it had are kept",
			 file->path);
	for (size_t i = 0; i < file->conf.count; i++) {
		struct config_target target = { .ip = file->conf.nameservers[i], .port = DNS_PORT };
		wanted_add_unless_own(file->upstream, wanted, &target, file->path);
	}
}

static void wanted_add_name(struct upstream *upstream, struct wanted *wanted,
			    const struct config_target *config, size_t number)
{
	struct ip ips[NAME_ADDRESSES];
	size_t count = name_addresses(upstream, number, ips);
	for (size_t i = 0; i < count; i++) {
		struct config_target target = *config;
		target.ip = ips[i];
		wanted_add_unless_own(upstream, wanted, &target, config->host);
	}
}

static void wanted_collect(struct upstream *upstream, struct wanted *ret_wanted)
{
	const struct config_forward *config = upstream->config;
	size_t files = 0, names = 0;
	ret_wanted->count = 0;
	ret_wanted->is_cut = false;
	upstream->has_own = false;
	for (size_t i = 0; i < config->target_count; i++) {
		const struct config_target *target = &config->targets[i];
		if (target->file != NULL)
			wanted_add_file(ret_wanted, &upstream->files[files++]);
		else if (target->host != NULL)
			wanted_add_name(upstream, ret_wanted, target, names++);
		else
			wanted_add(ret_wanted, target);
	}
	if (ret_wanted->is_cut)
		log_line(LOG_WARNING, "forward",
			 "more than %d addresses to forward %s to, the rest is left out",
			 TARGETS_MAX, config->from.text);
}

/* Takes it out of the list. */
static struct target *take_same(struct upstream *upstream, const struct config_target *config)
{
	for (size_t i = 0; i < upstream->target_count; i++) {
		struct target *target = upstream->targets[i];
		if (!is_same(target, config))
			continue;
		upstream->targets[i] = upstream->targets[--upstream->target_count];
		return target;
	}
	return NULL;
}

static void give_numbers(struct target *const *targets, size_t count, const bool *is_new)
{
	uint32_t taken = 0;
	for (size_t i = 0; i < count; i++)
		taken |= is_new[i] ? 0 : 1u << targets[i]->number;
	for (size_t i = 0; i < count; i++) {
		if (!is_new[i])
			continue;
		targets[i]->number = (unsigned)__builtin_ctz(~taken);
		taken |= 1u << targets[i]->number;
	}
}

/* Makes the list what is wanted now. False: a new one cannot be made; the list is then partly made. */
static bool update(struct upstream *upstream, struct error *error)
{
	struct wanted wanted;
	struct target *targets[TARGETS_MAX], *gone[TARGETS_MAX];
	bool is_new[TARGETS_MAX], good = true;
	size_t count = 0;
	wanted_collect(upstream, &wanted);
	for (size_t i = 0; i < wanted.count && good; i++) {
		targets[count] = take_same(upstream, &wanted.targets[i]);
		is_new[count] = targets[count] == NULL;
		if (is_new[count])
			targets[count] = target_new(upstream, &wanted.targets[i], error);
		good = targets[count] != NULL;
		count += good;
	}
	give_numbers(targets, count, is_new);
	size_t gone_count = upstream->target_count;
	memcpy(gone, upstream->targets, gone_count * sizeof(gone[0]));
	memcpy(upstream->targets, targets, count * sizeof(targets[0]));
	upstream->target_count = count;
	for (size_t i = 0; i < gone_count; i++)
		target_free(gone[i], clock_now_ns());
	return good;
}

void targets_update(struct upstream *upstream)
{
	struct error error;
	if (!update(upstream, &error))
		log_line(LOG_ERROR, "forward", "%s", error.text);
}

static void on_change(void *context)
{
	targets_update(((struct target_file *)context)->upstream);
}

/* ---- opening and closing ---- */

bool targets_open(struct upstream *upstream, struct error *error)
{
	const struct config_forward *config = upstream->config;
	upstream->files = mem_zalloc(config->target_count * sizeof(*upstream->files));
	for (size_t i = 0; i < config->target_count; i++)
		if (config->targets[i].file != NULL)
			upstream->files[upstream->file_count++] = (struct target_file){
				.upstream = upstream,
				.path = config->targets[i].file,
			};
	for (size_t i = 0; i < upstream->file_count; i++) {
		struct target_file *file = &upstream->files[i];
		file->watch = file_watch_new(upstream->events, file->path, SETTLE_MS, on_change,
					     file, error);
		if (file->watch == NULL)
			return false;
	}
	return names_open(upstream, error) && update(upstream, error);
}

void targets_close(struct upstream *upstream)
{
	names_close(upstream);
	for (size_t i = 0; i < upstream->file_count; i++)
		file_watch_free(upstream->files[i].watch);
	mem_free(upstream->files);
	while (upstream->target_count > 0)
		target_free(upstream->targets[--upstream->target_count], clock_now_ns());
}
