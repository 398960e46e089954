/* SPDX-License-Identifier: Apache-2.0 */
#include "api_list.h"

#include "knamed/kube.h"

json_t *api_list(const struct config_kubernetes *kubernetes, unsigned wait_ms, const char *path)
{
	struct kube_fetched fetched;
	struct error ignored;
	if (!kube_fetch(kubernetes, path, wait_ms, &fetched, &ignored))
		return NULL;
	json_t *root = fetched.status == 200
			       ? json_loadb(fetched.body.data, fetched.body.size, 0, NULL)
			       : NULL;
	json_t *items = json_incref(json_object_get(root, "items"));
	json_decref(root);
	text_done(&fetched.body);
	if (items == NULL || json_is_array(items))
		return items;
	json_decref(items);
	return json_array(); /* null: none */
}
