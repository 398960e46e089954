/* SPDX-License-Identifier: Apache-2.0 */
/* knamectl -- asks a server, checks a Corefile, prints what would be served, makes a Corefile. One
 * function a command: argv[0] is the command's name, the result is the exit code. */
#ifndef KNAMECTL_H
#define KNAMECTL_H

int knamectl_query(int argc, char **argv);   /* query.c */
int knamectl_check(int argc, char **argv);   /* check.c */
int knamectl_dump(int argc, char **argv);    /* dump.c */
int knamectl_migrate(int argc, char **argv); /* migrate.c */

#endif
