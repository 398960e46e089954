/* SPDX-License-Identifier: Apache-2.0 */
/* What templates count: matches, and records that could not be made. A key holds all but server and view. */
#include "template_parts.h"

/* From the lowest bits: type 16, class 8, zone 20, record and 1 the rest; zone and record are numbered over all templates. */
enum { CLASS_AT = 16, ZONE_AT = 24, RECORD_AT = 44, ZONE_MASK = (1 << 20) - 1 };

void template_count(struct counts *counts, const struct template *template, size_t zone, int record,
		    const struct template_data *data)
{
	if (counts == NULL || data->client->meter == METER_NONE)
		return;
	size_t which = template->first_zone + zone;
	size_t of = record == NO_RECORD ? 0 : template->first_record + (size_t)record + 1;
	uint64_t class_ = data->class_ < 256 ? data->class_ : 0;
	counts_add(counts, data->client->meter,
		   (uint64_t)of << RECORD_AT | (uint64_t)(which & ZONE_MASK) << ZONE_AT |
			   class_ << CLASS_AT | data->type);
}

static const struct template *template_of_zone(const struct templates *templates, size_t zone)
{
	const struct template *template = &templates->list[templates->count - 1];
	while (template->first_zone > zone)
		template --;
	return template;
}

static const struct config_template_record *record_at(const struct templates *templates, size_t record)
{
	const struct template *template = &templates->list[templates->count - 1];
	while (template->first_record > record)
		template --;
	return &template->config->records[record - template->first_record];
}

static void add_record_labels(const struct config_template_record *record, struct text *labels)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	metrics_label(labels, "section", sections[record->section]);
}

/* class, section, server, template, type, view, zone: labels in the order of the alphabet. */
static void write_labels(void *context, uint64_t what, const struct counts_place *place,
			 struct text *labels)
{
	const struct templates *templates = context;
	char class_[16], type[16];
	size_t of = what >> RECORD_AT, which = what >> ZONE_AT & ZONE_MASK;
	const struct template *template = template_of_zone(templates, which);
	const struct config_template_record *record = of == 0 ? NULL : record_at(templates, of - 1);
	template_print_class((uint16_t)(what >> CLASS_AT & 0xff), class_);
	template_print_type((uint16_t)what, type);
	metrics_label(labels, "class", class_);
	if (record != NULL)
		add_record_labels(record, labels);
	metrics_label(labels, "server", place->server);
	if (record != NULL)
		metrics_label(labels, "template", record->text.printed);
	metrics_label(labels, "type", type);
	metrics_label(labels, "view", place->view);
	metrics_label(labels, "zone", template->config->zones.zones[which - template->first_zone].text);
}

void templates_declare(struct templates *templates, struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	templates->matches =
		metrics_counts(metrics, "coredns_template_matches_total",
			       "Counter of template regex matches.", write_labels, templates);
	templates->text_failures =
		metrics_counts(metrics, "coredns_template_template_failures_total",
			       "Counter of go template failures.", write_labels, templates);
	templates->record_failures =
		metrics_counts(metrics, "coredns_template_rr_failures_total",
			       "Counter of mis-templated RRs.", write_labels, templates);
}
