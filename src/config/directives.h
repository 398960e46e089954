/* SPDX-License-Identifier: Apache-2.0 */
/* directives -- every directive by name, in the order in which they are set up and asked. */
#ifndef KNAMED_CONFIG_DIRECTIVES_H
#define KNAMED_CONFIG_DIRECTIVES_H

#include "directive.h"
#include "parser.h"

bool directive_is_known(const char *name);

/* Block i of the Corefile becomes block i of the config, which has its addresses already. All
 * blocks are done for a directive before the next directive. */
bool directives_read(const struct corefile *corefile, struct config *config, size_t *zones_left,
		     struct error *error);

/* Whether the block has the directive `name` as well. */
bool directive_is_beside(const struct directive *directive, const char *name);
/* Whether some block of the Corefile has it. */
bool directive_is_anywhere(const struct directive *directive, const char *name);
/* Zones of the directive `name` of the same block, as it names them; none: it is not there. */
struct config_zones directive_zones_beside(const struct directive *directive, const char *name);

/* fallthrough [ZONES...]: the current token is the option's name. Noted where no handler stands behind. */
bool directive_fallthrough(struct directive *directive, struct config_zones *ret_zones,
			   struct error *error);

bool directive_acl_read(struct directive *directive, struct error *error);
bool directive_admin_read(struct directive *directive, struct error *error);
bool directive_any_read(struct directive *directive, struct error *error);
bool directive_auto_read(struct directive *directive, struct error *error);
bool directive_autopath_read(struct directive *directive, struct error *error);
bool directive_bind_read(struct directive *directive, struct error *error);
bool directive_bufsize_read(struct directive *directive, struct error *error);
bool directive_cache_read(struct directive *directive, struct error *error);
bool directive_cancel_read(struct directive *directive, struct error *error);
bool directive_chaos_read(struct directive *directive, struct error *error);
bool directive_debug_read(struct directive *directive, struct error *error);
bool directive_dns64_read(struct directive *directive, struct error *error);
bool directive_errors_read(struct directive *directive, struct error *error);
bool directive_file_read(struct directive *directive, struct error *error);
bool directive_forward_read(struct directive *directive, struct error *error);
bool directive_header_read(struct directive *directive, struct error *error);
bool directive_health_read(struct directive *directive, struct error *error);
bool directive_hosts_read(struct directive *directive, struct error *error);
bool directive_k8s_external_read(struct directive *directive, struct error *error);
bool directive_kubernetes_read(struct directive *directive, struct error *error);
bool directive_loadbalance_read(struct directive *directive, struct error *error);
bool directive_local_read(struct directive *directive, struct error *error);
bool directive_log_read(struct directive *directive, struct error *error);
bool directive_loop_read(struct directive *directive, struct error *error);
bool directive_metadata_read(struct directive *directive, struct error *error);
bool directive_minimal_read(struct directive *directive, struct error *error);
bool directive_multisocket_read(struct directive *directive, struct error *error);
bool directive_nsid_read(struct directive *directive, struct error *error);
bool directive_prometheus_read(struct directive *directive, struct error *error);
bool directive_ready_read(struct directive *directive, struct error *error);
bool directive_reload_read(struct directive *directive, struct error *error);
bool directive_rewrite_read(struct directive *directive, struct error *error);
bool directive_root_read(struct directive *directive, struct error *error);
bool directive_secondary_read(struct directive *directive, struct error *error);
bool directive_template_read(struct directive *directive, struct error *error);
bool directive_timeouts_read(struct directive *directive, struct error *error);
bool directive_view_read(struct directive *directive, struct error *error);
bool directive_transfer_read(struct directive *directive, struct error *error);
bool directive_whoami_read(struct directive *directive, struct error *error);

#endif
