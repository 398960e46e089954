/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_judge -- from figures to whether they are worth a finding, and from texts of the kernel to figures. */
#ifndef KNAMECTL_DOCTOR_JUDGE_H
#define KNAMECTL_DOCTOR_JUDGE_H

#include "knamed/base.h"

enum judgement { JUDGED_GOOD, JUDGED_WARNING, JUDGED_PROBLEM };
/* Two clocks, Unix time; 0: not known. */
enum judgement judge_clocks(uint64_t ours_s, uint64_t theirs_s);
/* What is good until end_s (0: nobody says) and should have been made anew least_s before. */
enum judgement judge_end(uint64_t end_s, uint64_t now_s, uint64_t least_s);
/* limit 0: none. */
bool judge_memory(uint64_t used, uint64_t limit);
/* Whether most questions of many were for names that search lists make. */
bool judge_waste(double answers, double denials);
/* Times as "2026-11-21T18:00:00Z": whether one who heard last then missed what another one has heard. */
bool judge_heard(const char *heard, const char *newest);

/* The number behind KEY, and behind colons and blanks; false: there is none. */
bool read_number(const char *text, const char *key, int base, uint64_t *ret_number);
/* The sum of column `drops` of /proc/net/udp or udp6, for sockets on this port. */
uint64_t read_drops(const char *table, unsigned port);

#endif
