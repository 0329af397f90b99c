/*
 * A zygote before its first child: what its libraries have written into their
 * own memory becomes pages of a file in memory, which children meet when they
 * use it, instead of pages that every fork copies (docs/decisions/0103).
 */
#ifndef SEKISHO_GATEWAY_SETTLE_H
#define SEKISHO_GATEWAY_SETTLE_H

#include <stddef.h>

/*
 * While the process has one thread; else, and where anything fails, it stays
 * as it is. Contents and rights are the same afterwards. How many mappings were
 * replaced.
 */
size_t settle_libraries(void);

#endif
