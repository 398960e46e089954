/* SPDX-License-Identifier: Apache-2.0 */
/* knamectl -- asks a server, checks a Corefile, prints what would be served, makes a Corefile, prepares a node. One
 * function a command: argv[0] is the command's name, the result is the exit code. */
#ifndef KNAMECTL_H
#define KNAMECTL_H

int knamectl_query(int argc, char **argv);   /* query.c */
int knamectl_check(int argc, char **argv);   /* check.c */
int knamectl_dump(int argc, char **argv);    /* dump.c */
int knamectl_migrate(int argc, char **argv); /* migrate.c */
int knamectl_node(int argc, char **argv);    /* node.c */
int knamectl_explain(int argc, char **argv); /* explain.c */
int knamectl_doctor(int argc, char **argv);  /* doctor.c */
int knamectl_top(int argc, char **argv);     /* top.c */
int knamectl_tail(int argc, char **argv);    /* tail.c */
int knamectl_shadow(int argc, char **argv);  /* shadow.c */

#endif
