/*
 * What the office engine can be asked for: the table sanitizers/office/
 * engine.def, for the sanitizers, which decide, and for sekisho-office, which
 * does it. docs/office.md.
 */
#ifndef SEKISHO_SANITIZERS_OFFICE_ENGINE_H
#define SEKISHO_SANITIZERS_OFFICE_ENGINE_H

#include "base/policy.h"

struct engine_route {
	const char *kind;   /* name of the input's format */
	const char *reads;  /* import filter; "": LibreOffice chooses */
	const char *output; /* name of the output's format, and extension */
	const char *writes; /* export filter */
};

/*
 * How something of this kind is converted in MODE_CONVERT or MODE_PDF. False
 * where the engine cannot. The strings are static.
 */
bool engine_route(const char *kind, enum mode mode,
		  struct engine_route *ret_route);

#endif
