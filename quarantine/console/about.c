/* What everybody may know. */
#include "quarantine/console/call.h"

#include "base/banned.h"

int console_about(struct call *call)
{
	const struct people_settings *settings = &call->store->options.people;
	json_t *value;
	int error = parameters_end(call);

	if (error != 0)
		return error;
	value = json_pack("{s:s, s:s, s:b}", "version", SEKISHO_VERSION,
			  "banner", settings->banner, "security_keys",
			  settings->origin[0] != '\0');
	error = json_object_update(call->answer, value) == 0 ? 0 : -ERR_MEMORY;
	json_decref(value);
	return error;
}
