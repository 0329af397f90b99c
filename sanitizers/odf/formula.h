/*
 * Formulas of ODF (OpenFormula, ODF 1.3 part 4; the older ones of OpenOffice;
 * conditions of styles and validations): which may stay.
 */
#ifndef SEKISHO_SANITIZERS_ODF_FORMULA_H
#define SEKISHO_SANITIZERS_ODF_FORMULA_H

#include "base/policy.h"
#include "base/view.h"

enum odf_formula {
	ODF_FORMULA_CELL,      /* "of:=SUM([.A1:.B2])" */
	ODF_FORMULA_CONDITION, /* "cell-content-is-between(1,2)" */
	ODF_FORMULA_RANGE,     /* "Sheet1.A1:Sheet1.B2", several */
};

/*
 * Whether it stays: it can be read, calls only functions on the lists, and
 * refers to nothing outside the document. Of HYPERLINK, only with a target that
 * can be read here and that the policy lets pass.
 */
bool odf_formula_allowed(const struct policy *policy, struct view formula,
			 enum odf_formula form);

#endif
