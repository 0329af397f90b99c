/*
 * Hands out the address of what is gone.
 *
 * cppcheck returnDanglingLifetime
 * tidy clang-analyzer-core.StackAddressEscape
 */
#include <stdio.h>

static const char *name_of(int number)
{
	char name[16];
	const char *shown = name;

	(void)snprintf(name, sizeof(name), "%d", number);
	return shown;
}

int main(int count, char **arguments)
{
	(void)arguments;
	return name_of(count)[0] == '1' ? 0 : 1;
}
