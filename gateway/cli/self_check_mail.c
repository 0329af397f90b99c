#include "gateway/cli/commands.h"
#include "base/banned.h"
int command_self_check_mail(const struct options *options)
{
	(void)options;
	return EXIT_COULD_NOT;
}
