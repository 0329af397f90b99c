#include "sanitizers/detect/claims.h"

#include "sanitizers/detect/kind.h"
#include "sanitizers/ole/compound.h"

#include "base/banned.h"

static enum claim is_named(struct kind kind, const char *name)
{
	return kind.name != NULL && kind.refusal == ERR_NONE &&
		       strcmp(kind.name, name) == 0
		   ? CLAIM_EXACT
		   : CLAIM_NONE;
}

enum claim claim_compound(struct view input, const char *kind)
{
	return compound_probe(input) ? is_named(kind_of_cfb(input), kind)
				     : CLAIM_NONE;
}

enum claim claim_package(struct view input, const char *kind)
{
	return view_starts_with(input, "PK\x03\x04")
		   ? is_named(kind_of_zip(input), kind)
		   : CLAIM_NONE;
}

enum claim claim_head(struct view input, const char *kind)
{
	return is_named(kind_by_structure(input), kind);
}
