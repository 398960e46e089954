/* SPDX-License-Identifier: Apache-2.0 */
/* Equality by fields: what an API server sends again on a relist must not count as a change. */
#include "knamed/model.h"

#include <string.h>

static bool addresses_equal(const struct ip *a, size_t a_count, const struct ip *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!ip_equal(&a[i], &b[i]))
			return false;
	return true;
}

static bool ports_equal(const struct port *a, size_t a_count, const struct port *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].number != b[i].number || a[i].has_number != b[i].has_number ||
		    a[i].protocol != b[i].protocol || strcmp(a[i].name, b[i].name) != 0)
			return false;
	return true;
}

static bool externals_equal(const struct service *a, const struct service *b)
{
	if (a->external_count != b->external_count)
		return false;
	for (size_t i = 0; i < a->external_count; i++)
		if (!ip_equal(&a->externals[i].ip, &b->externals[i].ip) ||
		    strcmp(a->externals[i].hostname, b->externals[i].hostname) != 0)
			return false;
	return true;
}

static bool services_equal(const struct service *a, const struct service *b)
{
	return a->type == b->type && a->publish_not_ready == b->publish_not_ready &&
	       a->has_selector == b->has_selector &&
	       strcmp(a->external_name, b->external_name) == 0 && a->listed_count == b->listed_count &&
	       addresses_equal(a->addresses, a->address_count, b->addresses, b->address_count) &&
	       ports_equal(a->ports, a->port_count, b->ports, b->port_count) && externals_equal(a, b);
}

static bool imports_equal(const struct import *a, const struct import *b)
{
	return a->type == b->type && a->listed_count == b->listed_count &&
	       addresses_equal(a->addresses, a->address_count, b->addresses, b->address_count) &&
	       ports_equal(a->ports, a->port_count, b->ports, b->port_count);
}

static bool pods_equal(const struct pod *a, const struct pod *b)
{
	return addresses_equal(a->addresses, a->address_count, b->addresses, b->address_count);
}

static bool endpoints_equal(const struct slice *a, const struct slice *b)
{
	if (a->endpoint_count != b->endpoint_count)
		return false;
	for (uint32_t i = 0; i < a->endpoint_count; i++) {
		const struct endpoint *left = &a->endpoints[i], *right = &b->endpoints[i];
		if (left->ready != right->ready || left->terminating != right->terminating ||
		    !ip_equal(&left->address, &right->address) ||
		    strcmp(slice_string(a, left->hostname), slice_string(b, right->hostname)) != 0 ||
		    strcmp(slice_string(a, left->pod_name), slice_string(b, right->pod_name)) != 0 ||
		    strcmp(slice_string(a, left->zone), slice_string(b, right->zone)) != 0)
			return false;
	}
	return true;
}

static bool slices_equal(const struct slice *a, const struct slice *b)
{
	return a->address_type == b->address_type && strcmp(a->service, b->service) == 0 &&
	       strcmp(a->import, b->import) == 0 && strcmp(a->cluster, b->cluster) == 0 &&
	       ports_equal(a->ports, a->port_count, b->ports, b->port_count) && endpoints_equal(a, b);
}

bool object_equal(const struct object *a, const struct object *b)
{
	if (a->kind != b->kind || strcmp(a->namespace_, b->namespace_) != 0 ||
	    strcmp(a->name, b->name) != 0)
		return false;
	switch (a->kind) {
	case OBJECT_NAMESPACE:
		return true;
	case OBJECT_SERVICE:
		return services_equal((const struct service *)a, (const struct service *)b);
	case OBJECT_SLICE:
		return slices_equal((const struct slice *)a, (const struct slice *)b);
	case OBJECT_POD:
		return pods_equal((const struct pod *)a, (const struct pod *)b);
	case OBJECT_IMPORT:
		return imports_equal((const struct import *)a, (const struct import *)b);
	case OBJECT_KINDS:
		break;
	}
	return false;
}
