/* SPDX-License-Identifier: Apache-2.0 */
/* watch -- the CPU time that the server and blast itself have used. */
#ifndef BLAST_WATCH_H
#define BLAST_WATCH_H

#include <stdint.h>
#include <sys/types.h>

uint64_t watch_now_ns(void);
/* All threads of all `count` processes; one that is gone counts nothing. */
uint64_t watch_processes_ns(const pid_t *pids, uint32_t count);
uint64_t watch_own_ns(void);

#endif
