/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KNAMED_SERVE_CPUS_H
#define KNAMED_SERVE_CPUS_H

/* How many threads can run at once: the CPUs we may use, but no more than the quota of our control
 * groups pays for; at least 1. `root` is "" but in tests: what /proc and /sys are read below. */
unsigned cpus_allowed(const char *root);

#endif
