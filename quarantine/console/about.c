/* What everybody may know. */
#include "quarantine/console/call.h"

#include "base/banned.h"

int console_about(struct call *call)
{
	int error = parameters_end(call);

	if (error != 0)
		return error;
	return json_object_set_new(call->answer, "version",
				   json_string(SEKISHO_VERSION)) == 0
		   ? 0
		   : -ERR_MEMORY;
}
