/*
 * Dates of mail (RFC 5322 sections 3.3 and 4.3).
 */
#ifndef SEKISHO_SANITIZERS_MAIL_DATE_H
#define SEKISHO_SANITIZERS_MAIL_DATE_H

#include "base/view.h"

enum { DATE_SIZE = 48 };

/* Reads a date as mailers write it and writes it as the standard has it, with
 * the right day of the week. False: it is none. */
bool date_normalise(struct view value, char ret_date[DATE_SIZE]);

#endif
