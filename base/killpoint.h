/*
 * Fault injection: named points at which a program kills itself when the tests
 * ask for it, to show that a crash there loses nothing and doubles nothing.
 *
 * SEKISHO_KILL_AT=NAME@FILE kills at the point NAME if FILE can be removed, so
 * once for each time the file is made; *@FOLDER kills at any point whose name
 * is a file of FOLDER that can be removed. Without the variable a point costs a
 * look at the environment; threads may come by. Whoever can set a program's
 * environment can kill it anyway.
 */
#ifndef SEKISHO_BASE_KILLPOINT_H
#define SEKISHO_BASE_KILLPOINT_H

#include <stdbool.h>

void kill_point(const char *name);

/* Whether somebody asked for it: then what ends is restarted at once. */
bool kill_points_asked(void);

#endif
