/*
 * Large pages for a process that holds the definitions and forks for every
 * object: a fork copies the page tables, and with hundreds of megabytes in
 * 4 kB pages that takes longer than the scan.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_PAGES_H
#define SEKISHO_GATEWAY_SCANNER_PAGES_H

#include <stddef.h>

/*
 * Makes large pages of the process's own anonymous memory, piece by piece,
 * and gives the number of pieces of 2 MB. Where the kernel has none (before
 * 6.1, or turned off) nothing happens but slower forks.
 */
size_t pages_collapse(void);

#endif
