/*
 * What a spreadsheet takes for a formula.
 */
#ifndef SEKISHO_SANITIZERS_PLAIN_FORMULA_H
#define SEKISHO_SANITIZERS_PLAIN_FORMULA_H

#include "sanitizers/plain/encoding.h"

/* What ends an unquoted cell: spreadsheets go by the comma or, with a name
 * that says so, the tab; people by what the table uses. 0: none. */
struct separators {
	uint32_t values[3];
};

bool is_separator(const struct separators *separators, uint32_t value);

/*
 * Whether the cell whose content begins at the decoder is a formula: it begins
 * with = + - @, their full-width forms, TAB or CR, behind blanks and quotes,
 * and is no number, date, telephone number or dash. `quoted`: it ends with a
 * quote instead of a separator.
 */
bool cell_is_formula(struct decoder decoder, bool quoted,
		     const struct separators *separators);

/*
 * The same for a place where only another reading would begin a cell: behind
 * a line end within quotes, or a separator that is not this table's. Only what
 * can do harm counts there: a function, another sheet's or program's cell.
 */
bool rest_is_formula(struct decoder decoder);

#endif
