#include "sanitizers/office/engine.h"

#include "base/banned.h"

static const struct {
	const char *kind;
	const char *reads;
	const char *output;
	const char *writes;
	const char *draws;
} engines[] = {
#define ENGINE(kind, reads, output, writes, draws)                             \
	{#kind, reads, output, writes, draws},
#include "sanitizers/office/engine.def"
#undef ENGINE
};

bool engine_route(const char *kind, enum mode mode,
		  struct engine_route *ret_route)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		bool pdf = mode == MODE_PDF;

		if (strcmp(engines[i].kind, kind) != 0)
			continue;
		if ((!pdf && mode != MODE_CONVERT) ||
		    (!pdf && engines[i].output[0] == '\0'))
			return false;
		*ret_route = (struct engine_route){
		    .kind = engines[i].kind,
		    .reads = engines[i].reads,
		    .output = pdf ? "pdf" : engines[i].output,
		    .writes = pdf ? engines[i].draws : engines[i].writes,
		};
		return true;
	}
	return false;
}
