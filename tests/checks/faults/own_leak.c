/*
 * An early return forgets an arena: memory of our own functions, which
 * tests/checks/cppcheck.cfg tells of.
 *
 * cppcheck memleak
 */
#include "base/arena.h"

int main(int count, char **arguments)
{
	struct arena *arena = arena_new(1024);

	(void)arguments;
	if (arena == NULL)
		return 1;
	if (count > 1)
		return 2;
	arena_free(arena);
	return 0;
}
