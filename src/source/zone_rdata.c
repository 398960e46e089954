/* SPDX-License-Identifier: Apache-2.0 */
/* ldns reads the data of a record, so that every type it knows is known here. It is given one
 * record at a time, with placeholders for owner and TTL: those are read before, because ldns takes
 * the class only behind the TTL. */
#include "zone_rdata.h"

#include <string.h>

#include "knamed/dns.h"

enum { RDATA_MAX = 65535 };

void zone_rdata_init(struct zone_rdata *rdata)
{
	*rdata = (struct zone_rdata){ .buffer = ldns_buffer_new(RDATA_MAX) };
}

void zone_rdata_done(struct zone_rdata *rdata)
{
	text_done(&rdata->text);
	ldns_buffer_free(rdata->buffer);
	ldns_rdf_deep_free(rdata->origin);
}

void zone_rdata_set_origin(struct zone_rdata *rdata, const uint8_t *origin)
{
	ldns_rdf_deep_free(rdata->origin);
	rdata->origin = ldns_dname_new_frm_data((uint16_t)name_size(origin), origin);
}

/* Types that only exist in messages are no types of records. */
static bool read_type(const char *type, size_t size, uint16_t *ret_type, struct error *error)
{
	char name[32];
	unsigned number = 0;

	if (size < sizeof(name)) {
		memcpy(name, type, size);
		name[size] = '\0';
		number = ldns_get_rr_type_by_name(name);
	}
	if (number == 0 || number == TYPE_OPT || (number >= 128 && number <= 255) || number > UINT16_MAX)
		return error_set(error, "no type '%.*s'", (int)(size < 40 ? size : 40), type);
	*ret_type = (uint16_t)number;
	return true;
}

static ldns_status to_wire(struct zone_rdata *rdata)
{
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, rdata->text.data, 0, rdata->origin, NULL);

	if (status != LDNS_STATUS_OK)
		return status;
	ldns_buffer_clear(rdata->buffer);
	status = ldns_rr_rdata2buffer_wire(rdata->buffer, rr);
	ldns_rr_free(rr);
	return status;
}

bool zone_rdata_read(struct zone_rdata *rdata, const char *type, size_t type_size, const char *text,
		     struct error *error)
{
	if (!read_type(type, type_size, &rdata->type, error))
		return false;
	text_clear(&rdata->text);
	text_printf(&rdata->text, ". 0 IN %.*s %s", (int)type_size, type, text);
	ldns_status status = to_wire(rdata);
	if (status != LDNS_STATUS_OK)
		return error_set(error, "%.*s: %s", (int)type_size, type,
				 ldns_get_errorstr_by_id(status));
	if (ldns_buffer_position(rdata->buffer) > RDATA_MAX)
		return error_set(error, "%.*s: the data is too long", (int)type_size, type);
	rdata->wire = ldns_buffer_begin(rdata->buffer);
	rdata->size = (uint16_t)ldns_buffer_position(rdata->buffer);
	return true;
}
