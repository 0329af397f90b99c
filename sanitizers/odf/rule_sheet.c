#include "sanitizers/odf/formula.h"
#include "sanitizers/odf/rules.h"

#include "base/banned.h"

/* A cell keeps its value when its formula goes. */
ODF_ATTRIBUTE_RULE(odf_attribute_formula)
{
	if (odf_formula_allowed(filter->job->policy, attribute->value,
				ODF_FORMULA_CELL))
		return true;
	odf_attribute_drop(element, SPACE_TABLE,
			   "number-matrix-columns-spanned");
	odf_attribute_drop(element, SPACE_TABLE, "number-matrix-rows-spanned");
	return false;
}

ODF_ATTRIBUTE_RULE(odf_attribute_condition)
{
	return odf_formula_allowed(filter->job->policy, attribute->value,
				   ODF_FORMULA_CONDITION);
}

ODF_ATTRIBUTE_RULE(odf_attribute_range)
{
	return odf_formula_allowed(filter->job->policy, attribute->value,
				   ODF_FORMULA_RANGE);
}
